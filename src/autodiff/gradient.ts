// Reverse mode in one loop: walk the steps backwards, hand each cotangent to the step's rule, add what arrives. The
// rules are written in primitives, so the adjoints are appended to the same graph as ordinary steps: they print,
// compile and differentiate again, and each knows which forward step it came from.

import { isFloat } from '../base/dtype.ts';
import type { Origin, Step } from '../graph/graph.ts';
import type { Primitive, Rule } from '../graph/primitive.ts';
import type { Recorder } from '../graph/recorder.ts';
import { filled, type Tensor } from '../graph/tensor.ts';
import { add, sumTo } from '../primitives/index.ts';

export interface Seed {
  readonly step: number;
  readonly cotangent: Tensor;
}

export interface GradientOptions {
  /** Drop a forward value once no rule reads it again: only where nobody else holds the trace. */
  readonly release?: boolean;
  /** Told what each use of a step sends it: the step that used it and as which input, and the cotangent. */
  readonly observe?: (use: Origin, cotangent: Tensor) => void;
}

/**
 * The cotangents of `wrt` for the given seeds; `null` where there is no path. Appends to the open trace.
 * Only steps between `wrt` and the seeds are visited, and only rules whose result is needed are run.
 */
export function gradient(recorder: Recorder, seeds: readonly Seed[], wrt: readonly number[], options: GradientOptions = {}): (Tensor | null)[] {
  const { steps } = recorder.graph;
  const last = seeds.reduce((latest, { step }) => Math.max(latest, step), 0);
  const first = wrt.reduce((earliest, id) => Math.min(earliest, id), last);
  const reaches = paths(steps, wrt, last);
  const cotangents = new Array<Tensor | undefined>(last + 1).fill(undefined);
  for (const { step, cotangent } of seeds) if (reaches[step]) accumulate(cotangents, step, cotangent);
  const asked = new Array<boolean>(last + 1).fill(false);
  for (const id of wrt) asked[id] = true;

  for (let id = last; id >= first; id--) {
    const step = steps[id]!;
    const grad = cotangents[id];
    if (grad === undefined) continue;
    if (!asked[id]) cotangents[id] = undefined;
    for (let index = 0; index < step.inputs.length; index++) {
      const input = step.inputs[index]!;
      const rule = ruleOf(step.primitive, index);
      if (!reaches[input] || rule === null) continue;
      const use = { step: id, input: index };
      const cotangent = recorder.from(use, () => applyRule(recorder, step, rule, grad, index));
      options.observe?.(use, cotangent);
      accumulate(cotangents, input, cotangent);
    }
    if (options.release && step.label === undefined && !asked[id]) recorder.release(id);
  }
  return wrt.map((id) => cotangents[id] ?? null);
}

/** The rule of an input; the last one serves all further inputs. */
export function ruleOf(primitive: Primitive, index: number): Rule | null {
  return primitive.vjp[Math.min(index, primitive.vjp.length - 1)] ?? null;
}

function applyRule(recorder: Recorder, step: Step, rule: Rule, grad: Tensor, index: number): Tensor {
  const inputs = step.inputs.map((id) => recorder.tensors[id]!);
  const cotangent = rule({ out: recorder.tensors[step.id]!, grad, params: step.params, index }, ...inputs);
  // A broadcast operand was used many times: its cotangent is the sum over the uses.
  return step.primitive.kind === 'map' ? sumTo(cotangent, inputs[index]!.shape) : cotangent;
}

function accumulate(cotangents: (Tensor | undefined)[], step: number, cotangent: Tensor): void {
  const before = cotangents[step];
  cotangents[step] = before === undefined ? cotangent : add(before, cotangent);
}

/** Which steps depend on `wrt` through differentiable paths, up to and including `last`. */
function paths(steps: readonly Step[], wrt: readonly number[], last: number): boolean[] {
  const reaches = new Array<boolean>(last + 1).fill(false);
  for (const id of wrt) reaches[id] = true;
  for (let id = 0; id <= last; id++) {
    const step = steps[id]!;
    if (reaches[id] || !isFloat(step.dtype)) continue;
    reaches[id] = step.inputs.some((input, index) => reaches[input] && ruleOf(step.primitive, index) !== null);
  }
  return reaches;
}

/** The tensor of zeros a missing path stands for. */
export function zerosLike(x: Tensor): Tensor {
  return filled(0, x.shape, x.dtype);
}
