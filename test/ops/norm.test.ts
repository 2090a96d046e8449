// Lengths, directions and cosines; most of all at the zero vector, where careless forms give NaN.

import { describe, expect, it } from 'vitest';
import { grad, hessian } from '../../src/autodiff/index.ts';
import { DTypeError, ShapeError } from '../../src/base/errors.ts';
import { type Tensor, trace } from '../../src/graph/index.ts';
import { cosineSimilarity, norm, normalize, safeSqrt, slice, sum } from '../../src/ops/index.ts';
import { mul } from '../../src/primitives/index.ts';
import { expectBits, f32, f64, i32 } from '../values.ts';
import { at, build, expectClose, expectGradients, gradientOf, sample } from './numeric.ts';

const finite = (x: Tensor): boolean => Array.from(x.data).every(Number.isFinite);

describe('safeSqrt', () => {
  it('is the root above 0, and 0 with gradient 0 from 0 on down', () => {
    expectBits(safeSqrt(f64([4, 0, -1e-17, -0, NaN, Infinity])), [2, 0, 0, 0, NaN, Infinity]);
    expectBits(gradientOf(safeSqrt, f64([4, 0, -1e-17])), [0.25, 0, 0]);
    expectBits(gradientOf((q) => gradientOf(safeSqrt, q), f64([4, 0, -1])), [-1 / 32, 0, 0]);
    expectGradients(safeSqrt, [sample(1, [4], 0.5, 3)]);
  });

  it('refuses integers', () => {
    expect(() => safeSqrt(i32([4]))).toThrow(DTypeError);
  });
});

describe('norm', () => {
  it('of the zero vector is 0, with gradient and Hessian 0', () => {
    const zero = f64([0, 0, 0]);
    expectBits(norm(zero), 0);
    expectBits(gradientOf((x) => norm(x), zero), [0, 0, 0]);
    expectClose(hessian((x) => norm(x))(zero), build([3, 3], () => 0));
  });

  it('disturbs no other row', () => {
    const x = f64([[3, 4], [0, 0]]);
    expectBits(norm(x, { axis: 1 }), [5, 0]);
    expectClose(gradientOf((y) => norm(y, { axis: 1 }), x), f64([[0.6, 0.8], [0, 0]]), 1e-15);
  });
});

describe('normalize', () => {
  it('divides by the length along any axis', () => {
    const x = sample(2, [2, 3, 2]);
    for (const axis of [0, 1, 2]) {
      const lengthAt = (index: readonly number[]): number =>
        Math.hypot(...Array.from({ length: x.shape[axis]! }, (_, i) => at(x, index.with(axis, i))));
      const expected = build(x.shape, (index) => at(x, index) / lengthAt(index));
      expectClose(normalize(x, { axis }), expected);
      expectClose(normalize(x, { axis: axis - 3 }), expected);
    }
    expectBits(normalize(x), normalize(x, { axis: 2 }).toArray());
  });

  it('of the zero vector is the zero vector with gradient 0, at order 2 as well', () => {
    const x = f64([[0, 0], [3, 4]]);
    expectBits(slice(normalize(x), [[0, 1]]), [[0, 0]]);
    const along = (y: Tensor): Tensor => sum(slice(normalize(y), [null, [0, 1]]));
    const first = grad(along)(x);
    expectClose(first, f64([[0, 0], [0.128, -0.096]]), 1e-14);
    const second = hessian(along)(x);
    expect(finite(second)).toBe(true);
    expectClose(slice(second, [[0, 1]]), build([1, 2, 2, 2], () => 0));
  });

  it('makes its choice at 0 on lengths only, never on the whole tensor', () => {
    const { graph } = trace((x: Tensor) => normalize(x), [sample(3, [7, 5])]);
    const choices = graph.steps.filter((step) => step.primitive.name === 'where').map((step) => step.shape);
    expect(choices).toEqual([[7, 1], [7, 1]]);
  });

  it('keeps Float32 vectors within an ulp of length 1', () => {
    expect(Math.abs(norm(normalize(f32([1, 2, 3, 4, 5]))).item() - 1)).toBeLessThan(2 ** -22);
  });

  it('is exact from 1e-18 to 1e19 in Float32; beyond, squares vanish or overflow and the vector counts as zero', () => {
    const weights = f32([1, 2]);
    const slope = (x: Tensor): number[] => Array.from(gradientOf((y) => sum(mul(normalize(y), weights)), x).data);
    for (const size of [2e-19, 1, 3e18]) {
      const x = f32([3 * size, 4 * size]);
      for (const [i, u] of [0.6, 0.8].entries()) expect(Math.abs(normalize(x).data[i]! - u)).toBeLessThan(2 ** -22);
      for (const [i, d] of [-0.32, 0.24].entries()) expect(slope(x)[i]! * (5 * size)).toBeCloseTo(d, 5);
    }
    for (const size of [1e-24, 1e20]) {
      expectBits(normalize(f32([3 * size, 4 * size])), [0, 0]);
      expect(slope(f32([3 * size, 4 * size])).map(Math.abs)).toEqual([0, 0]);
    }
  });

  it('has the derivatives that differences show', () => {
    expectGradients((x) => normalize(x), [sample(4, [2, 3])]);
  });

  it('refuses an axis in the place of the options', () => {
    expect(() => normalize(f64([[1]]), 1 as never)).toThrow(DTypeError);
    expect(() => normalize(f64([[1]]), { axis: 2 })).toThrow(/normalize/);
  });
});

describe('cosineSimilarity', () => {
  it('is the cosine between vectors, also broadcast', () => {
    const a = sample(5, [4, 3]);
    const b = sample(6, [3]);
    const cosine = (i: number): number => {
      const dot = (f: (k: number) => number, g: (k: number) => number): number => f(0) * g(0) + f(1) * g(1) + f(2) * g(2);
      const [p, q] = [(k: number): number => at(a, [i, k]), (k: number): number => at(b, [k])];
      return dot(p, q) / Math.sqrt(dot(p, p) * dot(q, q));
    };
    expectClose(cosineSimilarity(a, b), build([4], ([i]) => cosine(i!)));
    expectClose(cosineSimilarity(b, a, { axis: 1 }), build([4], ([i]) => cosine(i!)));
    expectBits(cosineSimilarity(f64([[1, 0]]), f64([[0, 2]])), [0]);
    expectClose(cosineSimilarity(f64([[3], [4]]), f64([[6], [8]]), { axis: 0 }), f64([1]));
  });

  it('beside a zero vector is 0 with gradient 0', () => {
    const other = f64([1, 2]);
    expectBits(cosineSimilarity(f64([0, 0]), other), 0);
    expectBits(gradientOf((x) => cosineSimilarity(x, other), f64([0, 0])), [0, 0]);
    expectClose(gradientOf((x) => cosineSimilarity(f64([0, 0]), x), other), f64([0, 0]));
  });

  it('has the derivatives that differences show', () => {
    expectGradients((a, b) => cosineSimilarity(a, b), [sample(7, [2, 3]), sample(8, [2, 3])]);
  });

  it('names itself and both shapes when they do not fit', () => {
    expect(() => cosineSimilarity(f64([1, 2]), f64([1, 2, 3]))).toThrow(/cosineSimilarity.*\[2\].*\[3\]/);
    expect(() => cosineSimilarity(f64([1]), f32([1]))).toThrow(DTypeError);
    expect(() => cosineSimilarity(f64([1]), f64([1]), { axis: 3 })).toThrow(ShapeError);
  });
});
