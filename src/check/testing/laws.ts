// Laws that need no expected numbers: what a pull-back, a linear map or a loss over cosines must obey at any point.
// Each throws an Error that says what differs, so it can stand as a property in any test runner.

import { vjp } from '../../autodiff/index.ts';
import { epsilon } from '../../base/dtype.ts';
import { MarginaliaError } from '../../base/errors.ts';
import { flatten } from '../../base/tree.ts';
import { isTensor, type Tensor, tensor } from '../../graph/tensor.ts';
import { normals, seeded } from '../seeded.ts';
import { agreement, type Numbers } from './agreement.ts';

export interface LawOptions {
  readonly seed?: number;
  /** Default 9. */
  readonly digits?: number;
}

function demand(what: string, actual: Numbers, expected: Numbers, digits = 9): void {
  const found = agreement(actual, expected, { digits });
  if (!found.ok) throw new MarginaliaError(`${what}: ${found.message}`);
}

const like = ({ shape, dtype }: Tensor, numbers: ArrayLike<number>): Tensor => tensor(Float64Array.from(numbers), { shape, dtype });
const randomLike = (x: Tensor, seed: number, purpose: number): Tensor => like(x, normals(seeded(seed, purpose), x.size));
const leavesOf = (tree: unknown): readonly Tensor[] => flatten(tree, isTensor).leaves;

/** A pull-back maps 0 to 0 and 2g to exactly twice what it maps g to, and gives the same bits when called again. */
export function cotangentLinearity(
  f: (...inputs: never[]) => unknown, inputs: readonly unknown[], { seed = 1 }: LawOptions = {}
): void {
  const { value, pullback } = vjp(f, inputs);
  const flat = flatten(value, isTensor);
  const pulled = (scale: number): number[] => {
    const cotangents = flat.leaves.map((y, i) => like(y, randomLike(y, seed, i).data.map((x) => scale * x)));
    return leavesOf(pullback(flat.rebuild(cotangents))).flatMap((x) => Array.from(x.data));
  };
  const once = pulled(1);
  type Same = (a: number, b: number) => boolean;
  const check = (what: string, actual: readonly number[], expected: readonly number[], same: Same): void => {
    const at = actual.findIndex((x, i) => !same(x, expected[i]!));
    if (at >= 0) throw new MarginaliaError(`${what}: entry ${at} is ${actual[at]!}, not ${expected[at]!}`);
  };
  check('two calls of a pull-back', pulled(1), once, Object.is);
  check('a cotangent of 0', pulled(0), once.map(() => 0), (a, b) => a === b);
  check('twice the cotangent', pulled(2), once.map((x) => 2 * x), (a, b) => a === b || Math.abs(b) < 1e-290);
}

/** ⟨A x, y⟩ = ⟨x, Aᵀ y⟩ for a linear map and its adjoint, to the rounding of the products. */
export function adjointness(map: (x: Tensor) => Tensor, adjoint: (y: Tensor) => Tensor, x: Tensor, y: Tensor): void {
  const [forward, back] = [map(x).data, adjoint(y).data];
  const [a, b] = [products(forward, y.data), products(x.data, back)];
  if (!(Math.abs(a.sum - b.sum) <= 64 * epsilon[x.dtype === 'f32' ? 'f32' : 'f64'] * Math.max(a.size, b.size))) {
    throw new MarginaliaError(`⟨A x, y⟩ is ${a.sum}, ⟨x, Aᵀ y⟩ is ${b.sum}`);
  }
}

function products(a: ArrayLike<number>, b: ArrayLike<number>): { sum: number; size: number } {
  let [sum, size] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    sum += a[i]! * b[i]!;
    size += Math.abs(a[i]! * b[i]!);
  }
  return { sum, size };
}

/** The pull-back of a linear map is its adjoint. */
export function linearTranspose(map: (x: Tensor) => Tensor, x: Tensor, { seed = 1 }: LawOptions = {}): void {
  const { value, pullback } = vjp(map as (...inputs: never[]) => unknown, [x]);
  adjointness(map, (y) => pullback(y)[0] as Tensor, x, randomLike(value as Tensor, seed, 0));
}

/** A loss of features [N, D], class weights [C, D] and labels [N]; one number. */
export type Loss = (features: Tensor, weights: Tensor, labels: Tensor) => Tensor;

export interface Problem {
  readonly features: Tensor;
  readonly weights: Tensor;
  readonly labels: Tensor;
}

function valueAndSlopes(
  loss: Loss, { features, weights, labels }: Problem
): { value: Tensor; features: Tensor; weights: Tensor } {
  const { value, pullback } = vjp((x: Tensor, w: Tensor) => loss(x, w, labels), [features, weights]);
  const [x, w] = pullback();
  return { value, features: x, weights: w };
}

const rowsOf = (x: Tensor): number[][] => {
  const columns = x.size / Math.max(1, x.shape[0]!);
  return Array.from({ length: x.shape[0]! }, (_, i) => Array.from(x.data.subarray(i * columns, (i + 1) * columns)));
};
const withRows = (x: Tensor, rows: readonly (readonly number[])[]): Tensor => like(x, rows.flat());

/** An order other than the given one, when there is another. */
function shuffled(n: number, seed: number): number[] {
  const stream = seeded(seed, 7);
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = stream.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order.every((k, i) => k === i) ? order.map((k) => (k + 1) % n) : order;
}

/** The order of the samples does not matter: same loss, gradients in the new order. */
export function samplePermutation(loss: Loss, problem: Problem, { seed = 1, digits }: LawOptions = {}): void {
  const order = shuffled(problem.features.shape[0]!, seed);
  const turn = (x: Tensor): Tensor => withRows(x, order.map((i) => rowsOf(x)[i]!));
  const before = valueAndSlopes(loss, problem);
  const after = valueAndSlopes(loss, { ...problem, features: turn(problem.features), labels: turn(problem.labels) });
  demand('loss of permuted samples', after.value, before.value, digits);
  demand('gradient of permuted samples', after.features, turn(before.features), digits);
  demand('gradient of the weights for permuted samples', after.weights, before.weights, digits);
}

/** The names of the classes do not matter: same loss, weight gradients in the new order. */
export function classPermutation(loss: Loss, problem: Problem, { seed = 1, digits }: LawOptions = {}): void {
  const order = shuffled(problem.weights.shape[0]!, seed);
  const turn = (x: Tensor): Tensor => withRows(x, order.map((k) => rowsOf(x)[k]!));
  const labels = like(problem.labels, Array.from(problem.labels.data, (k) => order.indexOf(k)));
  const before = valueAndSlopes(loss, problem);
  const after = valueAndSlopes(loss, { ...problem, weights: turn(problem.weights), labels });
  demand('loss of permuted classes', after.value, before.value, digits);
  demand('gradient of the features for permuted classes', after.features, before.features, digits);
  demand('gradient of permuted classes', after.weights, turn(before.weights), digits);
}

/** Only angles matter: features and weights turned alike give the same loss and turned gradients. */
export function rotationInvariance(loss: Loss, problem: Problem, { seed = 1, digits }: LawOptions = {}): void {
  const rotation = orthogonal(problem.features.shape[1]!, seed);
  const turn = (x: Tensor): Tensor => withRows(x, rowsOf(x).map((row) => rotation.map((q) => products(q, row).sum)));
  const before = valueAndSlopes(loss, problem);
  const after = valueAndSlopes(loss, { ...problem, features: turn(problem.features), weights: turn(problem.weights) });
  demand('loss after a rotation', after.value, before.value, digits);
  demand('gradient of the features after a rotation', after.features, turn(before.features), digits);
  demand('gradient of the weights after a rotation', after.weights, turn(before.weights), digits);
}

/** A random orthogonal matrix, by Gram–Schmidt (twice, for orthogonality to rounding). */
function orthogonal(size: number, seed: number): number[][] {
  const stream = seeded(seed, 8);
  const rows: number[][] = [];
  while (rows.length < size) {
    let row = Array.from(normals(stream, size));
    for (const _ of [1, 2]) for (const other of rows) row = row.map((x, i) => x - products(row, other).sum * other[i]!);
    const length = Math.hypot(...row);
    if (length > 1e-3) rows.push(row.map((x) => x / length));
  }
  return rows;
}
