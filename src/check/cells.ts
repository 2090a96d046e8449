// Cells: the region around a point inside which a program takes the same decisions. Every comparison, floor, sign,
// rounding and integer cast decides by its output; abs, maximum, minimum and max by the operand they take; argmax and
// argsort by the places they give. Which primitives decide, and how, they declare themselves.
// A shift that only feeds a stopGradient (log-sum-exp subtracts a maximum whose value cancels) is a constant of the
// frozen program, so it decides nothing here; no rule of its own is needed.

import type { Shape } from '../base/shape.ts';
import { evaluate } from '../graph/evaluate.ts';
import type { Fragment, Graph, Step } from '../graph/graph.ts';
import { Value } from '../graph/value.ts';
import { stretched } from '../primitives/loops.ts';

export interface Decision {
  readonly step: number;
  /** The step inside a custom step that decides. */
  readonly inside?: number;
  /** One number per entry: the output, the operands taken, or the place. */
  readonly taken: ArrayLike<number>;
}

export type Decisions = readonly Decision[];

/** The first entry at which two points of one program decide differently. */
export interface Flip {
  readonly step: number;
  readonly inside?: number;
  readonly entry: number;
  readonly before: number;
  readonly after: number;
}

/** The decisions of the steps the outputs need; what only a bound step needs decides nothing. */
export function decisionsOf(
  graph: Graph, outputs: readonly number[], values: readonly (Value | undefined)[],
  bound: { has(id: number): boolean } = new Set<number>(),
): Decisions {
  const needed = graph.live(outputs, bound);
  return graph.steps.flatMap((step) => (needed[step.id] && !bound.has(step.id) ? decisionsOfStep(step, values) : []));
}

function decisionsOfStep(step: Step, values: readonly (Value | undefined)[]): Decision[] {
  const { primitive } = step;
  const out = values[step.id]!;
  const inputs = step.inputs.map((id) => values[id]!);
  switch (primitive.kind) {
    case 'map':
      if (primitive.decides === 'output') return [{ step: step.id, taken: out.data() }];
      return primitive.decides === 'operand' ? [{ step: step.id, taken: operandTaken(inputs, out) }] : [];
    case 'reduce':
      if (primitive.combine === 'sum') return [];
      return [{ step: step.id, taken: primitive.combine === 'argmax' ? out.data() : tied(inputs[0]!, out) }];
    case 'order':
      return [{ step: step.id, taken: out.data() }];
    case 'control': {
      if (primitive.control !== 'custom') return [];
      const { graph, inputs: ids, outputs } = step.params['forward'] as Fragment;
      const bindings = new Map(ids.map((id, i) => [id, inputs[i]!]));
      const within = decisionsOf(graph, outputs, evaluate(graph, outputs, bindings), bindings);
      return within.map(({ step: inside, taken }) => ({ step: step.id, inside, taken }));
    }
    default:
      return [];
  }
}

/** A bit per operand that equals the result; for a single operand its sign. */
function operandTaken(inputs: readonly Value[], out: Value): Int32Array {
  const result = out.data();
  if (inputs.length === 1) return Int32Array.from(inputs[0]!.data(), Math.sign);
  const operands = inputs.map((x) => over(x, out.shape));
  return Int32Array.from(result, (y, i) => operands.reduce((bits, x, k) => bits | (x[i] === y ? 1 << k : 0), 0));
}

/** 1 for every element that equals the maximum of its group. */
function tied(x: Value, out: Value): Int32Array {
  const largest = over(out, x.shape);
  return Int32Array.from(x.data(), (y, i) => (y === largest[i] ? 1 : 0));
}

function over(x: Value, shape: Shape): ArrayLike<number> {
  return new Value(x.dtype, shape, x.array, x.offset, stretched(x, shape)).data();
}

/** The first difference between the decisions of two points; undefined when they lie in one cell. */
export function firstFlip(a: Decisions, b: Decisions): Flip | undefined {
  for (let d = 0; d < a.length; d++) {
    const { step, inside, taken } = a[d]!;
    const other = b[d]!.taken;
    for (let entry = 0; entry < taken.length; entry++) {
      const [before, after] = [taken[entry]!, other[entry]!];
      // NaN decides like NaN: what matters is whether the two points differ.
      if (before !== after && !(Number.isNaN(before) && Number.isNaN(after))) {
        return { step, ...(inside !== undefined && { inside }), entry, before, after };
      }
    }
  }
  return undefined;
}
