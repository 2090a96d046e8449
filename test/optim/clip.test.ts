// Clipping of gradient trees, by number and by length.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gradcheck } from '../../src/check/index.ts';
import { DomainError, DTypeError } from '../../src/base/errors.ts';
import type { Tensor } from '../../src/graph/index.ts';
import { clipByGlobalNorm, clipByValue } from '../../src/optim/index.ts';
import { expectBits, f32, f64, runs, thrown } from '../values.ts';

describe('clipByValue', () => {
  it('holds every number within the limit and leaves the others, and null, alone', () => {
    const clipped = clipByValue({ a: f64([-3, -0.5, 0, 2]), b: [null, f64(7)] }, 1.5);
    expectBits(clipped.a, [-1.5, -0.5, 0, 1.5]);
    expect(clipped.b[0]).toBe(null);
    expectBits(clipped.b[1] as Tensor, 1.5);
  });

  it('lets a NaN be seen', () => {
    expectBits(clipByValue(f64([NaN, Infinity]), 1), [NaN, 1]);
  });

  it('refuses a limit that is none', () => {
    for (const limit of [-1, NaN]) expect(thrown(() => clipByValue(f64([1]), limit))).toBeInstanceOf(DomainError);
  });
});

describe('clipByGlobalNorm', () => {
  it('takes the tree as one vector and tells its length', () => {
    const { gradients, norm } = clipByGlobalNorm({ a: f64([3, 0]), b: f64([[4]]), c: null }, 1, { epsilon: 0 });
    expectBits(norm, 5);
    expect(Array.from(gradients.a.data)[0]).toBeCloseTo(0.6, 15);
    expect(gradients.b.item()).toBeCloseTo(0.8, 15);
    expect(gradients.c).toBe(null);
  });

  it('leaves a shorter tree as it is, bit for bit', () => {
    expectBits(clipByGlobalNorm([f64([0.3, -0.4])], 0.5001).gradients[0]!, [0.3, -0.4]);
  });

  it('keeps zero at zero, also without an epsilon', () => {
    expectBits(clipByGlobalNorm(f64([0, 0]), 1, { epsilon: 0 }).gradients, [0, 0]);
  });

  it('lets numbers that are not finite be seen', () => {
    expectBits(clipByGlobalNorm(f64([NaN, 1]), 1).gradients, [NaN, NaN]);
    expectBits(clipByGlobalNorm(f64([Infinity, 1]), 1).gradients, [NaN, 0]);
  });

  it('law: never longer than the limit, never turned', () => {
    const numbers = fc.array(fc.double({ noNaN: true, min: -1e3, max: 1e3 }), { minLength: 1, maxLength: 8 });
    fc.assert(fc.property(numbers, fc.double({ noNaN: true, min: 1e-3, max: 1e3 }), (values, limit) => {
      const { gradients, norm } = clipByGlobalNorm(f64(values), limit);
      const after = Math.hypot(...gradients.data);
      expect(after).toBeLessThanOrEqual(limit * (1 + 1e-12));
      expect(norm.item()).toBeCloseTo(Math.hypot(...values), 9);
      const share = after / (norm.item() || 1);
      gradients.data.forEach((g, i) => expect(g).toBeCloseTo(values[i]! * share, 9));
    }), runs);
  });

  it('has the derivative that duals and differences show, beyond the limit', () => {
    expect(gradcheck((g: Tensor) => clipByGlobalNorm(g, 1).gradients, [f64([1.5, -0.7, 0.2])]).ok).toBe(true);
  });

  it('refuses a limit that is none, a tree of nothing and mixed types', () => {
    for (const limit of [0, -1, NaN]) expect(thrown(() => clipByGlobalNorm(f64([1]), limit))).toBeInstanceOf(DomainError);
    expect(thrown(() => clipByGlobalNorm([null], 1))).toBeInstanceOf(DomainError);
    expect(thrown(() => clipByGlobalNorm(f64([1]), 1, { epsilon: -1 }))).toBeInstanceOf(DomainError);
    expect(thrown(() => clipByGlobalNorm([f64([1]), f32([1])], 1))).toBeInstanceOf(DTypeError);
  });
});
