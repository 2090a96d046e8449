// Evaluates a graph again, step by step, on the reference: at the recorded point, at another point, or with any
// intermediate step held at a given value. Differences, cells and the ledger are built on that last freedom.

import type { Graph } from './graph.ts';
import { runPrimitive } from './recorder.ts';
import type { Value } from './value.ts';

/** Values of steps that are given rather than computed, by step id. */
export type Bindings = ReadonlyMap<number, Value>;

/** The value of every step the outputs need; a bound step is not computed, nor is what only it needs. */
export function evaluate(graph: Graph, outputs: readonly number[], bindings: Bindings = new Map()): (Value | undefined)[] {
  const needed = graph.live(outputs, bindings);
  const values: (Value | undefined)[] = new Array<Value | undefined>(graph.steps.length);
  for (const step of graph.steps) {
    if (!needed[step.id]) continue;
    values[step.id] = bindings.get(step.id)
      ?? runPrimitive(step.primitive, step.inputs.map((id) => values[id]!), step.params);
  }
  return values;
}
