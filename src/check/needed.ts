// Which steps a computation visits when some steps are given instead of computed. (`Graph.live` is the same question
// with nothing given.)

import type { Graph } from '../graph/graph.ts';

/** A flag per step: the outputs need it, on a path that no given step cuts. A needed given step is flagged itself. */
export function neededSteps(graph: Graph, outputs: readonly number[], given: { has(id: number): boolean }): boolean[] {
  const needed = new Array<boolean>(graph.steps.length).fill(false);
  for (const id of outputs) needed[id] = true;
  for (let id = graph.steps.length - 1; id >= 0; id--) {
    if (needed[id] && !given.has(id)) for (const input of graph.steps[id]!.inputs) needed[input] = true;
  }
  return needed;
}
