// Guarded updates: a program that is about to write a number that is not finite over a resident argument writes nothing,
// and the step that made it is named by running the program again on the reference. The check is part of the program,
// y − y summed, which is 0 or NaN; so it costs an addition in loops that run anyway.

import { isFloat } from '../base/dtype.ts';
import { coordinates, shapeText } from '../base/shape.ts';
import { evaluate, type Fragment, record, type Recorder, type Step, type Value } from '../graph/index.ts';
import { sub, sumTo } from '../primitives/index.ts';

/** Appends one step for every float output that is 0 where all of it is finite, else NaN; gives their ids. */
export function appendGuards(recorder: Recorder, outputs: readonly number[]): number[] {
  return record(recorder, () => outputs.flatMap((id) => {
    const { dtype } = recorder.graph.steps[id]!;
    const x = recorder.tensors[id]!;
    return isFloat(dtype) ? [recorder.stepOf(sumTo(sub(x, x), [])).id] : [];
  }));
}

/** The first step of a program that makes something that is not finite out of finite numbers, in words. */
export function blame({ graph, inputs, outputs }: Fragment, given: readonly Value[]): string {
  const values = evaluate(graph, outputs, new Map(inputs.map((id, i) => [id, given[i]!])));
  const bad = (id: number, isBad: (x: number) => boolean): number => Array.from(values[id]?.data() ?? []).findIndex(isBad);
  const isInfinite = (x: number): boolean => !Number.isFinite(x);
  // An infinity may be meant, as in a mask; a NaN never is. Only where nothing else remains is it that of a constant.
  for (const [isBad, excused] of [[Number.isNaN, true], [isInfinite, true], [isInfinite, false]] as const) {
    for (const step of graph.steps) {
      const at = values[step.id] === undefined || isConstant(step) ? -1 : bad(step.id, isBad);
      if (at < 0 || step.inputs.some((id) => (excused || !isConstant(graph.steps[id]!)) && bad(id, isBad) >= 0)) continue;
      return `${nameOf(step)} is ${values[step.id]!.data()[at]} at ${placeOf(step, at)}`;
    }
  }
  return 'on the reference every step is finite';
}

const isConstant = (step: Step): boolean => step.primitive.kind === 'source' && 'value' in step.params;
const nameOf = ({ id, label, primitive }: Step): string =>
  `step %${id} (${primitive.name}${label === undefined ? '' : `, '${label}'`})`;
const placeOf = ({ shape }: Step, at: number): string => shapeText(coordinates(at, shape));
