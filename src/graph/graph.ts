// The program as data: an append-only list of steps in SSA order. A step's inputs always stand before it, so every
// interpreter (evaluate, differentiate, check, print) is one loop over the list, and nothing needs sorting.

import type { Params, Primitive, Typed } from './primitive.ts';
import type { DType } from '../base/dtype.ts';
import type { Shape } from '../base/shape.ts';

/** Where an adjoint step comes from: the forward step it differentiates and the input its rule was asked for. */
export interface Origin {
  readonly step: number;
  readonly input: number;
}

export interface Step extends Typed {
  readonly id: number;
  readonly primitive: Primitive;
  readonly inputs: readonly number[];
  readonly params: Params;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly origin?: Origin;
  /** The paper's symbol for this quantity, and the part it plays (`target`, `support`, …). */
  label?: string;
  role?: string;
  scope?: string;
  /** The line of the user's file, or of a loss of this package; taken only under explain and check. */
  source?: string;
}

export class Graph {
  readonly steps: Step[] = [];

  append(primitive: Primitive, inputs: readonly number[], params: Params, typed: Typed, origin?: Origin): Step {
    const plain: Step = { id: this.steps.length, primitive, inputs, params, shape: typed.shape, dtype: typed.dtype };
    const step = origin === undefined ? plain : { ...plain, origin };
    this.steps.push(step);
    return step;
  }

  /** The steps that some output needs, as a flag per step. A given step is flagged, what it was made from is not. */
  live(outputs: readonly number[], given?: { has(id: number): boolean }): boolean[] {
    const needed = new Array<boolean>(this.steps.length).fill(false);
    for (const id of outputs) needed[id] = true;
    for (let id = this.steps.length - 1; id >= 0; id--) {
      if (needed[id] && !given?.has(id)) for (const input of this.steps[id]!.inputs) needed[input] = true;
    }
    return needed;
  }

  /** The steps that change when one of these changes, as a flag per step. */
  dependents(sources: readonly number[]): boolean[] {
    const touched = new Array<boolean>(this.steps.length).fill(false);
    for (const id of sources) touched[id] = true;
    for (const step of this.steps) {
      if (step.inputs.some((input) => touched[input])) touched[step.id] = true;
    }
    return touched;
  }

  /** The first step with this label. */
  labelled(label: string): Step | undefined {
    return this.steps.find((step) => step.label === label);
  }
}

/** A program with its boundary: what goes in, what comes out. */
export interface Fragment {
  readonly graph: Graph;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}
