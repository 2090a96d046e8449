// The Jacobian between any two steps of a graph, two ways that share nothing with the engine's rules nor with each other:
// dual numbers and differences. The step differentiated by is held at its value and becomes an independent variable, so
// ∂L/∂v means every path from v to L and none through what v was computed from.

import { sizeOf } from '../base/shape.ts';
import { type Bindings, evaluate } from '../graph/evaluate.ts';
import type { Graph } from '../graph/graph.ts';
import { Value } from '../graph/value.ts';
import type { Border } from './borders.ts';
import { decisionsOf } from './cells.ts';
import { differences, roundingOf, sizeOfNumbers, stepsFor } from './differences.ts';
import { dualProgram, forwardDual } from './dual.ts';
import { basis } from './order.ts';

/** ∂(step of)/∂(step by), row-major [size(of), size(by)]. */
export interface Partials {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

export interface DualPartials extends Partials {
  /** μ of every entry: an error below 64·eps·μ is rounding. */
  readonly spread: Float64Array;
}

export interface DifferencePartials extends Partials {
  /** The method's own error estimate and the rounding floor 64·eps·μ(of)/h, per entry. */
  readonly error: Float64Array;
  readonly floor: Float64Array;
  /** Columns at whose base point a border lies; their entries are the slope inside the cell, or NaN. */
  readonly borders: ReadonlyMap<number, Border>;
}

/** The bindings with `by` among them: a step already bound keeps its value, another one is evaluated. */
function holding(graph: Graph, by: number, bindings: Bindings): Bindings {
  if (bindings.has(by)) return bindings;
  return new Map([...bindings, [by, evaluate(graph, [by], bindings)[by]!]]);
}

/** The same, and every step held that does not move with `by`: it would come out alike, rounding included, at every point. */
function holdingStill(graph: Graph, of: number, by: number, bindings: Bindings): Bindings {
  const held = holding(graph, by, bindings);
  const moving = graph.dependents([by]);
  const still = evaluate(graph, [of], held)
    .flatMap((value, id): [number, Value][] => (value === undefined || moving[id] ? [] : [[id, value]]));
  return new Map([...still, ...held]);
}

/** By dual numbers: one forward pass per entry of `by`. */
export function partialsByDual(graph: Graph, of: number, by: number, bindings: Bindings = new Map()): DualPartials {
  const push = dualProgram(graph, [of], holding(graph, by, bindings));
  const [rows, columns] = [sizeOf(graph.steps[of]!.shape), sizeOf(graph.steps[by]!.shape)];
  const values = new Float64Array(rows * columns);
  const spread = new Float64Array(rows * columns);
  for (let column = 0; column < columns; column++) {
    const moved = push(new Map([[by, basis(columns, column)]]))[0]!;
    setColumn(values, columns, column, moved.tangent);
    setColumn(spread, columns, column, moved.spread);
  }
  return { rows, columns, values, spread };
}

/** By differences inside the cell: `by` is moved entry by entry and everything after it evaluated again. */
export function partialsByDifferences(graph: Graph, of: number, by: number, bindings: Bindings = new Map()): DifferencePartials {
  const held = holdingStill(graph, of, by, bindings);
  const at = held.get(by)!;
  const base = Float64Array.from(at.data());
  const [rows, columns] = [sizeOf(graph.steps[of]!.shape), base.length];
  const values = new Float64Array(rows * columns);
  const error = new Float64Array(rows * columns);
  const floor = new Float64Array(rows * columns);
  const borders = new Map<number, Border>();
  const scale = sizeOfNumbers(base);
  const roundingAt = (bindings: Bindings): Float64Array =>
    forwardDual(graph, [of], { bindings, tangents: new Map(), rounding: true })[0]!.spread;
  const spread = roundingAt(new Map([...held, [by, new Value('f64', at.shape, base)]]));
  for (let column = 0; column < columns; column++) {
    const boundAt = (h: number): Bindings => {
      const moved = base.slice();
      moved[column]! += h;
      return new Map([...held, [by, new Value('f64', at.shape, moved)]]);
    };
    const found = differences((h) => {
      const bound = boundAt(h);
      const all = evaluate(graph, [of], bound);
      return { values: Float64Array.from(all[of]!.data()), decisions: decisionsOf(graph, [of], all, bound) };
    }, { ...stepsFor(scale, base[column]!), spread });
    setColumn(values, columns, column, found.derivative);
    setColumn(error, columns, column, found.error);
    setColumn(floor, columns, column, roundingOf(found, spread, (h) => roundingAt(boundAt(h))));
    if (found.border !== undefined) borders.set(column, found.border);
  }
  return { rows, columns, values, error, floor, borders };
}

function setColumn(matrix: Float64Array, columns: number, column: number, entries: Float64Array): void {
  for (let row = 0; row < entries.length; row++) matrix[row * columns + column] = entries[row]!;
}
