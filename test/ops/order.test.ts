// Order along an axis: stable both ways, NaN the largest, gradients back to where values came from.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError, DTypeError, ShapeError } from '../../src/base/errors.ts';
import { argsort, cumsum, gather, sort, topK, zeros } from '../../src/ops/index.ts';
import { expectBits, f64, i32, runs } from '../values.ts';
import { at, build, expectClose, expectGradients, gradientOf, sample } from './numeric.ts';

/** NaN above everything, otherwise by value. */
const compare = (a: number, b: number): number =>
  Number.isNaN(a) || Number.isNaN(b) ? Number(Number.isNaN(a)) - Number(Number.isNaN(b)) : a < b ? -1 : a > b ? 1 : 0;

describe('argsort and sort', () => {
  it('law: order any list stably, in both directions, with NaN as the largest', () => {
    const number = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(NaN, Infinity, -Infinity));
    fc.assert(fc.property(fc.array(number, { minLength: 1, maxLength: 12 }), (values) => {
      const places = values.map((_, i) => i);
      const up = places.toSorted((i, j) => compare(values[i]!, values[j]!) || i - j);
      const down = places.toSorted((i, j) => compare(values[j]!, values[i]!) || i - j);
      expectBits(argsort(f64(values)), up);
      expectBits(argsort(f64(values), { descending: true }), down);
      expectBits(sort(f64(values)), up.map((i) => values[i]!));
      expectBits(sort(f64(values), { descending: true }), down.map((i) => values[i]!));
    }), runs);
  });

  it('work along any axis and on integers', () => {
    const x = i32([[3, -2147483648], [1, 5], [2, 2147483647]]);
    expectBits(sort(x, { axis: 0 }), [[1, -2147483648], [2, 5], [3, 2147483647]]);
    expectBits(sort(x, { axis: -2, descending: true }), [[3, 2147483647], [2, 5], [1, -2147483648]]);
    expectBits(argsort(x), [[1, 0], [0, 1], [0, 1]]);
    expect(argsort(sample(1, [2, 2])).dtype).toBe('i32');
    expect(sort(zeros([2, 0])).shape).toEqual([2, 0]);
  });

  it('a rank is the argsort of an argsort', () => {
    expectBits(argsort(argsort(f64([30, 10, 20]))), [2, 0, 1]);
  });

  it('give the cotangent back to where a value came from', () => {
    expectGradients((x) => sort(x, { axis: 0, descending: true }), [sample(2, [4, 2])]);
  });

  it('refuse wrong axes and options', () => {
    for (const op of [argsort, sort, cumsum]) {
      expect(() => op(f64([1]), { axis: 1 })).toThrow(new RegExp(op.name));
      expect(() => op(f64(1))).toThrow(ShapeError);
      expect(() => op(f64([1]), 0 as never)).toThrow(DTypeError);
      expect(() => op(f64([1]), { dim: 0 } as never)).toThrow(DomainError);
      expect(() => op([1] as never)).toThrow(DTypeError);
    }
  });
});

describe('topK', () => {
  it('gives the largest first, and where they were', () => {
    const { values, indices } = topK(f64([[1, 4, 4, 2], [NaN, 0, 7, 7]]), 2);
    expectBits(values, [[4, 4], [NaN, 7]]);
    expectBits(indices, [[1, 2], [0, 2]]);
    const least = topK(f64([[5], [3], [4]]), 2, { axis: 0, largest: false });
    expectBits(least.values, [[3], [4]]);
    expectBits(least.indices, [[1], [2]]);
    expectBits(topK(f64([1, 2]), 0).values, []);
    expectBits(topK(i32([-2147483648, 3]), 1).values, [3]);
  });

  it('law: the values are what the indices point to', () => {
    fc.assert(fc.property(fc.integer(), fc.integer({ min: 0, max: 6 }), (seed, k) => {
      const x = sample(seed, [3, 6]);
      const { values, indices } = topK(x, k);
      expectBits(gather(x, indices, 1), values.toArray());
    }), runs);
  });

  it('gives each value its cotangent back', () => {
    expectBits(gradientOf((x) => topK(x, 2).values, f64([3, 9, 1, 7])), [0, 1, 0, 1]);
    expectGradients((x) => topK(x, 2, { axis: 0 }).values, [sample(3, [4, 2])]);
  });

  it('refuses a k that the axis does not have', () => {
    for (const k of [4, -1, 1.5, NaN]) expect(() => topK(zeros([3]), k)).toThrow(/topK: k = .* of \[3\]/);
  });
});

describe('cumsum', () => {
  it('adds up along any axis', () => {
    const x = sample(4, [3, 4]);
    const running = (axis: number) => build(x.shape, (index) => {
      let total = 0;
      for (let i = 0; i <= index[axis]!; i++) total += at(x, index.with(axis, i));
      return total;
    });
    expectClose(cumsum(x), running(1));
    expectClose(cumsum(x, { axis: 0 }), running(0));
    expectBits(cumsum(i32([1, 2, 3])), [1, 3, 6]);
    expect(cumsum(zeros([0])).shape).toEqual([0]);
    expectGradients((y) => cumsum(y, { axis: 0 }), [x]);
  });
});
