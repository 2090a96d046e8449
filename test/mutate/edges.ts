// The points where rules go wrong: ties, zeros, borders of domains, overflow. A map is seen at every combination of
// special numbers; the few other primitives with borders say theirs here.

import { tensor, type Primitive, type Tensor } from '../../src/graph/index.ts';
import type { Sample } from '../laws/samples.ts';

export interface Edge extends Sample {
  /** Instead of a seeded one. */
  readonly cotangent?: readonly number[];
  /** The derivative of the rule is not asked for here. */
  readonly firstOrder?: true;
}

const special = [-2, -1, -0.5, 0, 0.5, 1, 2, 40, 800];
const f64 = (values: number[]): Tensor => tensor(values, { dtype: 'f64' });

export function edgesOf(primitive: Primitive): Edge[] {
  const own = edges[primitive.name] ?? [];
  if (primitive.kind !== 'map') return [...own];
  const arity = primitive.vjp.length;
  const numbers = arity === 3 ? special.slice(1, 6) : special;
  let points: number[][] = [[]];
  for (let i = 0; i < arity; i++) points = points.flatMap((point) => numbers.map((x) => [...point, x]));
  points = points.filter(outside[primitive.name] ?? (() => true));
  const inputs = Array.from({ length: arity }, (_, i) => f64(points.map((point) => point[i]!)));
  const params = primitive.name === 'cast' ? { dtype: 'f64' } : {};
  return [{ inputs, params }, ...own];
}

const edges: Readonly<Record<string, readonly Edge[]>> = {
  max: [
    { inputs: [tensor([[1, 1, 0], [2, 2, 2]], { dtype: 'f64' })], params: { axes: [1] } },
    { inputs: [tensor([[1, 2, 0], [2, 2, 2]], { dtype: 'f64' })], params: { axes: [0, 1] } },
  ],
  // A factor, or the whole operand, is NaN or infinite in a branch that was not taken.
  mul: [{ inputs: [f64([NaN, Infinity, 1, 2]), f64([1, 2, NaN, Infinity])], params: {}, cotangent: [0, 0, 0, 0], firstOrder: true }],
  ...Object.fromEntries(['tanh', 'sigmoid', 'softplus', 'sin', 'cos', 'abs'].map((name) =>
    [name, [{ inputs: [f64([NaN])], params: {}, cotangent: [0], firstOrder: true }]])),
  // A cotangent that is NaN already, where the other factor is exactly 0: what order 3 meets in a branch not taken.
  chain: [
    { inputs: [f64([0, 0, 0]), f64([1, 2, 0])], params: {}, cotangent: [NaN, Infinity, 1], firstOrder: true },
    { inputs: [f64([1, 2]), f64([Infinity, NaN])], params: {}, cotangent: [0, 0], firstOrder: true },
  ],
  pow: [
    { inputs: [f64([0, 0, 0, 0, -2, 0]), f64([0, 0.5, 1, 2, 0.5, -1])], params: {}, firstOrder: true },
    // a^b is NaN in a branch that was not taken.
    { inputs: [f64([-2, -0.5]), f64([0.5, 1.3])], params: {}, cotangent: [0, 0] },
  ],
};

/** Points left out of a grid. */
const outside: Readonly<Record<string, (point: number[]) => boolean>> = {
  // Where a^b is no finite number, and at a = 0, its derivative by b and then by a is NaN.
  pow: ([a, b]) => a !== 0 && Number.isFinite(a! ** b!),
};
