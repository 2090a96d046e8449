// Reductions against plain loops over the fibres they reduce.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError, DTypeError, ShapeError } from '../../src/base/errors.ts';
import type { Tensor } from '../../src/graph/index.ts';
import {
  argmax, argmin, full, logSumExp, max, mean, min, norm, prod, type ReduceOptions, sum, variance, zeros,
} from '../../src/ops/index.ts';
import { expectBits, f32, f64, i32, runs } from '../values.ts';
import { at, build, expectClose, expectGradients, gradientOf, sample } from './numeric.ts';

const meanOf = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;
const plain: Record<string, { op: (x: Tensor, options?: ReduceOptions) => Tensor; loop: (xs: readonly number[]) => number }> = {
  sum: { op: sum, loop: (xs) => xs.reduce((a, b) => a + b, 0) },
  mean: { op: mean, loop: meanOf },
  max: { op: max, loop: (xs) => Math.max(...xs) },
  min: { op: min, loop: (xs) => Math.min(...xs) },
  prod: { op: prod, loop: (xs) => xs.reduce((a, b) => a * b, 1) },
  variance: { op: variance, loop: (xs) => meanOf(xs.map((x) => (x - meanOf(xs)) ** 2)) },
  logSumExp: { op: logSumExp, loop: (xs) => Math.log(xs.reduce((a, b) => a + Math.exp(b), 0)) },
  norm: { op: norm, loop: (xs) => Math.hypot(...xs) },
};

/** The numbers of x whose kept coordinates are these. */
function fibre(x: Tensor, axes: readonly number[], kept: readonly number[]): number[] {
  const found: number[] = [];
  build(x.shape, (index) => {
    if (index.every((i, axis) => axes.includes(axis) || i === kept[axis])) found.push(at(x, index));
    return 0;
  });
  return found;
}

const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 });
const choices = fc.array(fc.boolean(), { minLength: 4, maxLength: 4 });

describe('reductions', () => {
  for (const [name, { op, loop }] of Object.entries(plain)) {
    it(`law: ${name} equals a plain loop over any axes of any shape`, () => {
      fc.assert(fc.property(shapes, choices, fc.integer(), (shape, chosen, seed) => {
        const x = sample(seed, shape);
        const axes = shape.flatMap((_, axis) => (chosen[axis] ? [axis] : []));
        const expected = build(shape.map((n, axis) => (axes.includes(axis) ? 1 : n)), (index) => loop(fibre(x, axes, index)));
        expectClose(op(x, { axis: axes, keepDims: true }), expected);
        const dropped = op(x, { axis: axes.map((axis) => axis - shape.length) });
        expect([...dropped.shape]).toEqual(shape.filter((_, axis) => !axes.includes(axis)));
        expect(Array.from(dropped.data)).toEqual(Array.from(op(x, { axis: axes, keepDims: true }).data));
      }), runs);
    });

    it(`${name} reduces everything when no axis is named`, () => {
      const x = sample(1, [2, 3]);
      const all = op(x);
      expect(all.shape).toEqual([]);
      expect(all.item()).toBeCloseTo(loop(Array.from(x.data)), 12);
      expect(op(x, { keepDims: true }).shape).toEqual([1, 1]);
    });

    it(`${name} has the derivatives that differences show`, () => {
      expectGradients((x) => op(x, { axis: 1 }), [sample(2, [2, 3, 2])]);
      expectGradients((x) => op(x), [sample(3, [5])]);
    });

    it(`${name} passes NaN on`, () => {
      expect(op(f64([1, NaN, 2])).item()).toBeNaN();
      expect(op(f64([NaN, 1, 2])).item()).toBeNaN();
    });

    it(`${name} refuses wrong axes, strange options and what is no tensor`, () => {
      const x = zeros([2, 3]);
      expect(() => op(x, { axis: 2 })).toThrow(ShapeError);
      expect(() => op(x, { axis: [0, -2] })).toThrow(ShapeError);
      expect(() => op(x, { axis: 0.5 })).toThrow(ShapeError);
      expect(() => op(x, { axis: 'rows' as never })).toThrow(ShapeError);
      expect(() => op(x, 1 as never)).toThrow(DTypeError);
      expect(() => op(x, { dim: 1 } as never)).toThrow(DomainError);
      expect(() => op([1, 2] as never)).toThrow(DTypeError);
      expect(() => op(x, { axis: 7 })).toThrow(name);
    });
  }

  it('give the neutral element for nothing where there is one, and refuse where there is none', () => {
    const nothing = zeros([2, 0], { dtype: 'f64' });
    expectBits(sum(nothing, { axis: 1 }), [0, 0]);
    expectBits(prod(nothing, { axis: 1 }), [1, 1]);
    expectBits(logSumExp(nothing, { axis: 1 }), [-Infinity, -Infinity]);
    expectBits(norm(nothing, { axis: 1 }), [0, 0]);
    for (const op of [mean, max, min, variance]) {
      expect(() => op(nothing, { axis: 1 })).toThrow(/at least one element/);
      expect(() => op(nothing)).toThrow(ShapeError);
      expect(op(nothing, { axis: 0 }).shape).toEqual([0]);
    }
    expect(() => argmax(nothing)).toThrow(ShapeError);
    expect(() => argmin(nothing, { axis: 1 })).toThrow(ShapeError);
  });

  it('know i32 where whole numbers stay whole', () => {
    const x = i32([[3, -7, 2], [-2147483648, 5, 2147483647]]);
    expectBits(sum(x, { axis: 1 }), [-2, 4]);
    expectBits(max(x, { axis: 1 }), [3, 2147483647]);
    expectBits(min(x, { axis: 1 }), [-7, -2147483648]);
    expectBits(prod(i32([3, -7, 2])), -42);
    for (const op of [mean, variance, logSumExp, norm]) expect(() => op(x)).toThrow(DTypeError);
    expect(() => argmax(x)).toThrow(DTypeError);
  });
});

describe('sum and mean', () => {
  it('round a Float32 result once: a million times 0.1', () => {
    const tenth = Math.fround(0.1);
    const x = full([2 ** 20], 0.1);
    expect(sum(x).item()).toBe(Math.fround(tenth * 2 ** 20));
    expect(mean(x).item()).toBe(tenth);
  });
});

describe('max and min', () => {
  it('share the gradient evenly between ties', () => {
    expectBits(gradientOf((x) => max(x), f64([2, 5, 5, 1])), [0, 0.5, 0.5, 0]);
    expectClose(gradientOf((x) => min(x), f64([4, 1, 1, 1])), f64([0, 1 / 3, 1 / 3, 1 / 3]));
  });
});

describe('prod', () => {
  it('has exact gradients with zeros: the product of the others', () => {
    expectBits(gradientOf((x) => prod(x), f64([3, 0, 2])), [0, 6, 0]);
    expectBits(gradientOf((x) => prod(x), f64([0, 4, 0])), [0, 0, 0]);
    expectGradients((x) => prod(x), [f64([0, 4, 0, 2, -1])]);
  });

  it('multiplies several axes', () => {
    expectBits(prod(f64([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]), { axis: [0, 2] }), [60, 1 * 2 * 0 + 3 * 4 * 7 * 8]);
  });
});

describe('variance', () => {
  it('keeps its digits far from 0, where E[x²] − E[x]² has none', () => {
    expect(variance(f64([1e8 + 1, 1e8 + 2, 1e8 + 3])).item()).toBeCloseTo(2 / 3, 12);
    expect(variance(f32([4097, 4098, 4099])).item()).toBe(Math.fround(2 / 3));
  });

  it('is 0 with gradient 0 for a constant', () => {
    expectBits(variance(f64([0.1, 0.1, 0.1, 0.1])), 0);
    expectBits(gradientOf((x) => variance(x), f64([2, 2])), [0, 0]);
  });

  it('divides by n − 1 with correction 1, and then needs two elements', () => {
    expectBits(variance(f64([1, 2, 3, 6]), { correction: 1 }), 14 / 3);
    expect(() => variance(f64([1]), { correction: 1 })).toThrow(/two elements/);
    expectBits(variance(f64([1])), 0);
  });
});

describe('logSumExp', () => {
  it('neither overflows nor underflows', () => {
    expectBits(logSumExp(f64([1000, 1000])), 1000 + Math.log(2));
    expectBits(logSumExp(f64([-1000, -1000])), -1000 + Math.log(2));
    expectBits(logSumExp(f32([88.8, 0])), Math.fround(88.8));
  });

  it('counts −∞ as nothing: all −∞ gives −∞ with gradient 0, at order 2 as well', () => {
    expectBits(logSumExp(f64([-Infinity, 3])), 3);
    const masked = f64([[-Infinity, -Infinity], [0, -Infinity]]);
    expectBits(logSumExp(masked, { axis: 1 }), [-Infinity, 0]);
    expectBits(gradientOf((x) => logSumExp(x, { axis: 1 }), masked), [[0, 0], [1, 0]]);
    expectBits(gradientOf((x) => gradientOf((y) => logSumExp(y, { axis: 1 }), x), masked), [[0, 0], [0, 0]]);
  });

  it('gives +∞ for +∞', () => {
    expectBits(logSumExp(f64([Infinity, 1])), Infinity);
    expectBits(logSumExp(f64([Infinity, -Infinity])), Infinity);
  });

  it('has the softmax as its gradient', () => {
    const e = [1, 2, 4].map(Math.exp);
    const total = e[0]! + e[1]! + e[2]!;
    expectClose(gradientOf((x) => logSumExp(x), f64([1, 2, 4])), f64(e.map((y) => y / total)));
  });
});

describe('argmax and argmin', () => {
  it('take the first of tied elements, and a NaN before all others', () => {
    expectBits(argmax(f64([[1, 3, 3], [2, NaN, 9]]), { axis: 1 }), [1, 1]);
    expectBits(argmin(f64([[3, 1, 1], [2, NaN, -9]]), { axis: 1 }), [1, 1]);
    expect(argmax(f64([1, 2])).dtype).toBe('i32');
  });

  it('count in row-major order over the whole tensor when no axis is named', () => {
    const x = f64([[1, 5, 2], [7, 0, 3]]);
    expectBits(argmax(x), 3);
    expectBits(argmin(x), 4);
    expectBits(argmax(x, { keepDims: true }), [[3]]);
    expectBits(argmax(x, { axis: -2, keepDims: true }), [[1, 0, 1]]);
  });

  it('have no gradient and refuse misuse', () => {
    expect(() => argmax(f64([1]), { axis: 1 })).toThrow(ShapeError);
    expect(() => argmax(f64([1]), 0 as never)).toThrow(DTypeError);
    expect(() => argmin(f64([1]), { axes: 0 } as never)).toThrow(DomainError);
  });
});
