// What the tests of ops share: seeded inputs, plain nested arrays to compute with, and derivatives by differences.
// Order 1 is compared with differences of values, order 2 (Hessian times a vector) with differences of gradients.

import { expect } from 'vitest';
import { grad, hvp } from '../../src/autodiff/index.ts';
import { worstError } from '../../src/base/compare.ts';
import { coordinates, type Shape } from '../../src/base/shape.ts';
import { tensor, type Tensor } from '../../src/graph/index.ts';
import { key, uniform } from '../../src/ops/index.ts';
import { mul, sumTo } from '../../src/primitives/index.ts';

/** Float64 numbers between low and high, the same for the same seed. */
export function sample(seed: number, shape: Shape, low = -2, high = 2): Tensor {
  return uniform(key(seed), shape, { low, high, dtype: 'f64' });
}

/** A tensor computed entry by entry from its coordinates. */
export function build(shape: Shape, entry: (index: readonly number[]) => number, dtype: 'f32' | 'f64' | 'i32' = 'f64'): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(Float64Array.from({ length: size }, (_, i) => entry(coordinates(i, shape))), { shape, dtype });
}

/** The entry of a tensor at some coordinates. */
export function at(x: Tensor, index: readonly number[]): number {
  return x.data[index.reduce((position, i, axis) => position * x.shape[axis]! + i, 0)]!;
}

/** Equal shapes, and every entry within `tolerance` by the project's error norm. */
export function expectClose(actual: Tensor, expected: Tensor, tolerance = 1e-12): void {
  expect([...actual.shape]).toEqual([...expected.shape]);
  const { error, at: where } = worstError(actual.data, expected.data);
  const seen = `entry ${where}: ${actual.data[where]} against ${expected.data[where]}`;
  expect(error <= tolerance ? 'close' : seen).toBe('close');
}

/** One number from a result of any shape: its entries weighted, so that no two of them can stand for each other. */
function weighted(f: (...xs: Tensor[]) => Tensor): (...xs: Tensor[]) => Tensor {
  return (...xs) => {
    const y = f(...xs);
    return sumTo(mul(y, build(y.shape, (index) => Math.sin(1 + index.reduce((sum, i) => 3 * sum + i, 0)))), []);
  };
}

const step = 1e-3;

/** d/dt of g along a direction at t = 0: central differences at h and h/2, extrapolated. */
function along(g: (t: number) => Float64Array): Float64Array {
  const central = (h: number): Float64Array => {
    const [up, down] = [g(h), g(-h)];
    return up.map((y, i) => (y - down[i]!) / (2 * h));
  };
  const [wide, narrow] = [central(step), central(step / 2)];
  return narrow.map((y, i) => (4 * y - wide[i]!) / 3);
}

const moved = (x: Tensor, direction: ArrayLike<number>, t: number): Tensor =>
  tensor(Float64Array.from(x.data, (value, i) => value + t * direction[i]!), { shape: x.shape });

/** Checks the gradient of every input against differences, and for order 2 the Hessian too. */
export function expectGradients(f: (...xs: Tensor[]) => Tensor, inputs: readonly Tensor[], order: 1 | 2 = 2): void {
  const scalar = weighted(f);
  const all = inputs.map((_, i) => i);
  const gradientsAt = (xs: readonly Tensor[]): Tensor[] => grad(scalar, { wrt: all })(...xs);
  const found = gradientsAt(inputs);
  inputs.forEach((x, k) => {
    const differences = Float64Array.from({ length: x.size }, (_, i) => {
      const unit = Float64Array.from({ length: x.size }, (_, j) => (i === j ? 1 : 0));
      return along((t) => Float64Array.of(scalar(...inputs.with(k, moved(x, unit, t))).item()))[0]!;
    });
    expectClose(found[k]!, tensor(differences, { shape: x.shape }), 1e-7);
  });
  if (order === 1) return;
  const directions = inputs.map((x, k) => build(x.shape, (index) => Math.cos(k + index.reduce((sum, i) => 2 * sum + i, 1))));
  const second = hvp(scalar, inputs, directions);
  const differences = along((t) => Float64Array.from(
    gradientsAt(inputs.map((x, k) => moved(x, directions[k]!.data, t))).flatMap((g) => Array.from(g.data))));
  const flat = Float64Array.from(second.flatMap((x) => Array.from(x.data)));
  expectClose(tensor(flat), tensor(differences), 1e-6);
}

/** The gradient of a sum of f's entries, for points where differences do not exist. */
export function gradientOf(f: (x: Tensor) => Tensor, x: Tensor): Tensor {
  return grad((y: Tensor) => sumTo(f(y), []))(x);
}
