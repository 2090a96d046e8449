// Which step is at fault. A wrong gradient is traced to a rule by checking every step on its own: the engine's rule
// against dual numbers, with the step's inputs held at their values. A NaN is traced to the first step that made it.

import { gradient } from '../autodiff/index.ts';
import { isFloat } from '../base/dtype.ts';
import { coordinates, sizeOf } from '../base/shape.ts';
import { evaluate } from '../graph/evaluate.ts';
import type { Fragment, Graph, Step } from '../graph/graph.ts';
import { tensor } from '../graph/tensor.ts';
import type { Value } from '../graph/value.ts';
import { forwardDual } from './dual.ts';
import { cutAt } from './freeze.ts';
import { normals, type Seeded } from './seeded.ts';

/** The first step on the way from inputs to outputs whose rule is not its derivative at this point. */
export function wrongRule(fragment: Fragment, bindings: ReadonlyMap<number, Value>, stream: Seeded): number | undefined {
  const { graph, inputs, outputs } = fragment;
  const values = evaluate(graph, outputs, bindings);
  const moving = graph.dependents(inputs);
  const suspect = graph.steps.find((step) => moving[step.id] && values[step.id] !== undefined && isFloat(step.dtype)
    && step.inputs.length > 0 && !ruleHolds(graph, step, values, stream));
  return suspect?.id;
}

/** ⟨rule(u), v⟩ = ⟨u, J·v⟩ for a few random u and v, one input of the step at a time. */
function ruleHolds(graph: Graph, step: Step, values: readonly (Value | undefined)[], stream: Seeded): boolean {
  const bindings = new Map(step.inputs.map((id) => [id, values[id]!]));
  const { recorder, steps } = cutAt(graph, [step.id], bindings);
  const floats = [...new Set(step.inputs)].filter((id) => isFloat(graph.steps[id]!.dtype));
  return floats.every((id) => [0, 1, 2].every(() => {
    const u = normals(stream, sizeOf(step.shape));
    const v = normals(stream, sizeOf(graph.steps[id]!.shape));
    const seed = { step: steps[step.id]!, cotangent: tensor(u, { shape: step.shape, dtype: step.dtype }) };
    const slopes = gradient(recorder, [seed], [steps[id]!])[0]?.data;
    const moved = forwardDual(recorder.graph, [steps[step.id]!], { tangents: new Map([[steps[id]!, v]]) })[0]!;
    const byRule = v.reduce((sum, x, i) => sum + x * (slopes?.[i] ?? 0), 0);
    const byDual = u.reduce((sum, x, i) => sum + x * moved.tangent[i]!, 0);
    const size = u.reduce((sum, x, i) => sum + Math.abs(x) * moved.spread[i]!, 0);
    return (slopes === undefined || slopes.length === v.length) && Math.abs(byRule - byDual) <= 1e-9 * size + Number.MIN_VALUE;
  }));
}

export interface NonFinite {
  readonly step: number;
  readonly entry: readonly number[];
  readonly value: number;
}

/** Where a NaN or infinity in one of these steps began: a step whose inputs are still finite. */
export function firstNonFinite(
  graph: Graph, ids: readonly number[], valueOf: (id: number) => Value | undefined
): NonFinite | undefined {
  const bad = (id: number): NonFinite | undefined => {
    const value = valueOf(id);
    if (value === undefined) return undefined;
    const data = value.data();
    const at = data.findIndex((x) => !Number.isFinite(x));
    return at < 0 ? undefined : { step: id, entry: coordinates(at, value.shape), value: data[at]! };
  };
  let found = ids.map(bad).find((x) => x !== undefined);
  while (found !== undefined) {
    const earlier = graph.steps[found.step]!.inputs.map(bad).find((x) => x !== undefined);
    if (earlier === undefined) return found;
    found = earlier;
  }
  return undefined;
}
