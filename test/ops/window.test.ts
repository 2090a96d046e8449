// Windows, convolutions and pools against plain loops over the places of a window.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.ts';
import { DomainError, DTypeError, ShapeError } from '../../src/base/errors.ts';
import { type Tensor, trace } from '../../src/graph/index.ts';
import { avgPool2d, conv2d, fold, maxPool2d, mul, ones, square, sum, unfold, zeros } from '../../src/ops/index.ts';
import { expectBits, f32, f64, i32, runs } from '../values.ts';
import { at, build, expectClose, expectGradients, gradientOf, sample } from './numeric.ts';

interface Geometry {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
}

const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
const geometries = fc.record({ kernel: pair(1, 3), stride: pair(1, 3), padding: pair(0, 1), dilation: pair(1, 2) });

const count = (size: number, g: Geometry, i: 0 | 1): number =>
  Math.floor((size + 2 * g.padding[i] - g.dilation[i] * (g.kernel[i] - 1) - 1) / g.stride[i]) + 1;

/** The element of x under place (a, b) of window (i, j), or undefined in the padding. */
function under(x: Tensor, lead: readonly number[], [i, j, a, b]: readonly number[], g: Geometry): number | undefined {
  const row = i! * g.stride[0] + a! * g.dilation[0] - g.padding[0];
  const column = j! * g.stride[1] + b! * g.dilation[1] - g.padding[1];
  return row < 0 || column < 0 || row >= x.shape.at(-2)! || column >= x.shape.at(-1)! ? undefined : at(x, [...lead, row, column]);
}

/** All places of a window of an image. */
function seen(x: Tensor, lead: readonly number[], i: number, j: number, g: Geometry): (number | undefined)[] {
  return Array.from({ length: g.kernel[0] * g.kernel[1] }, (_, n) =>
    under(x, lead, [i, j, Math.floor(n / g.kernel[1]), n % g.kernel[1]], g));
}

describe('unfold and fold', () => {
  it('law: unfold shows every window, padding as 0', () => {
    fc.assert(fc.property(geometries, fc.integer(), (g, seed) => {
      const x = sample(seed, [2, 6, 7]);
      const expected = build([2, count(6, g, 0), count(7, g, 1), ...g.kernel], ([n, ...index]) => under(x, [n!], index, g) ?? 0);
      expectBits(unfold(x, g), expected.toArray());
    }), runs);
  });

  it('law: fold is the adjoint of unfold', () => {
    fc.assert(fc.property(geometries, fc.integer(), (g, seed) => {
      const x = sample(seed, [6, 5]);
      const windows = unfold(x, g);
      const other = sample(seed + 1, windows.shape);
      expect(sum(mul(windows, other)).item()).toBeCloseTo(sum(mul(x, fold(other, { ...g, size: [6, 5] }))).item(), 10);
    }), runs);
  });

  it('take one number for both axes', () => {
    const x = sample(1, [5, 5]);
    expectBits(unfold(x, { kernel: 2, stride: 2, padding: 1, dilation: 2 }),
      unfold(x, { kernel: [2, 2], stride: [2, 2], padding: [1, 1], dilation: [2, 2] }).toArray());
    expectBits(fold(ones([2, 2, 2, 2]), { kernel: 2, size: 3 }), [[1, 2, 1], [2, 4, 2], [1, 2, 1]]);
    expectBits(unfold(i32([[1, 2, 3]]), { kernel: [1, 2] }), [[[[1, 2]], [[2, 3]]]]);
  });

  it('have the derivatives that differences show', () => {
    expectGradients((x) => unfold(x, { kernel: 2, padding: 1, stride: 2 }), [sample(2, [3, 4])]);
    expectGradients((x) => fold(x, { kernel: 2, size: [3, 3], padding: 1 }), [sample(3, [4, 4, 2, 2])], 1);
  });

  it('refuse windows that do not fit and sizes that are none', () => {
    expect(() => unfold(zeros([2, 3]), { kernel: 3 })).toThrow(/unfold: windows \[3, 3\].*\[2, 3\]/);
    expect(() => unfold(zeros([3]), { kernel: 1 })).toThrow(ShapeError);
    for (const bad of [0, 1.5, -1, [1], [1, 2, 3], '2', NaN]) {
      expect(() => unfold(zeros([9, 9]), { kernel: bad as never })).toThrow(DomainError);
    }
    expect(() => unfold(zeros([3, 3]), { kernel: 2, stride: 0 })).toThrow(/stride 0/);
    expect(() => unfold(zeros([3, 3]), { kernel: 2, padding: -1 })).toThrow(/padding -1/);
    expect(() => unfold(zeros([3, 3]), undefined as never)).toThrow(DTypeError);
    expect(() => unfold(zeros([3, 3]), { kernel: 2, strides: 1 } as never)).toThrow(/'strides'/);
    expect(() => fold(zeros([2, 2, 2, 2]), { kernel: 2, size: 4 })).toThrow(ShapeError);
    expect(() => fold(i32([[[[1]]]]), { kernel: 1, size: 1 })).toThrow(DTypeError);
  });
});

describe('conv2d', () => {
  it('law: equals plain loops for any stride, padding, dilation and groups', () => {
    fc.assert(fc.property(geometries, fc.constantFrom(1, 2, 4), fc.integer(), (g, groups, seed) => {
      const perGroup = 4 / groups;
      const x = sample(seed, [2, 4, 6, 5]);
      const w = sample(seed + 1, [4, perGroup, ...g.kernel]);
      const expected = build([2, 4, count(6, g, 0), count(5, g, 1)], ([n, o, i, j]) => {
        let total = 0;
        for (let c = 0; c < perGroup; c++) {
          const channel = Math.floor(o! / (4 / groups)) * perGroup + c;
          const places = seen(x, [n!, channel], i!, j!, g);
          places.forEach((value, p) => (total += (value ?? 0) * at(w, [o!, c, Math.floor(p / g.kernel[1]), p % g.kernel[1]])));
        }
        return total;
      });
      const { kernel: _, ...steps } = g;
      expectClose(conv2d(x, w, { ...steps, groups }), expected);
    }), runs);
  });

  it('does not turn the kernel round', () => {
    expectBits(conv2d(f64([[[[1, 2, 3]]]]), f64([[[[1, 10]]]])), [[[[21, 32]]]]);
  });

  it('has the derivatives that differences show', () => {
    expectGradients((x, w) => conv2d(x, w, { padding: 1, stride: 2 }), [sample(1, [1, 2, 3, 3]), sample(2, [2, 2, 2, 2])]);
    expectGradients((x, w) => conv2d(x, w, { groups: 2, dilation: 2 }), [sample(3, [2, 2, 3, 3]), sample(4, [2, 1, 2, 2])]);
  });

  it('is one contraction of a view: the windows are never built', () => {
    const { graph } = trace((x: Tensor, w: Tensor) => conv2d(x, w), [ones([1, 3, 8, 8]), ones([4, 3, 3, 3])]);
    const kinds = graph.steps.map((step) => step.primitive.kind).filter((kind) => kind !== 'source');
    expect(kinds.filter((kind) => kind !== 'view')).toEqual(['contract']);
    const loss = (x: Tensor, w: Tensor): Tensor => sum(square(conv2d(x, w)));
    const both = trace(grad(loss as never, { wrt: [0, 1] }) as never, [ones([1, 3, 8, 8]), ones([4, 3, 3, 3])]);
    expect(both.graph.steps.filter((step) => step.primitive.kind === 'contract')).toHaveLength(3);
  });

  it('names both shapes when they do not fit', () => {
    const [x, w] = [zeros([1, 3, 5, 5]), zeros([2, 3, 3, 3])];
    expect(() => conv2d(zeros([3, 5, 5]), w)).toThrow(/conv2d: x \[3, 5, 5\], w \[2, 3, 3, 3\]/);
    expect(() => conv2d(x, zeros([2, 2, 3, 3]))).toThrow(ShapeError);
    expect(() => conv2d(x, w, { groups: 3 })).toThrow(ShapeError);
    expect(() => conv2d(x, zeros([2, 1, 3, 3]), { groups: 3 })).toThrow(ShapeError);
    for (const groups of [0, -1, 1.5, NaN]) expect(() => conv2d(x, w, { groups })).toThrow(ShapeError);
    expect(() => conv2d(x, zeros([2, 3, 7, 7]))).toThrow(/conv2d: windows/);
    expect(() => conv2d(x, f64([[[[1]]]]))).toThrow(DTypeError);
    expect(() => conv2d(x, w, { pad: 1 } as never)).toThrow(DomainError);
    expect(() => conv2d(x, w, 2 as never)).toThrow(DTypeError);
  });
});

describe('pools', () => {
  const half = fc.record({ kernel: pair(2, 3), stride: pair(1, 3), padding: pair(0, 1), dilation: pair(1, 1) });

  it('law: equal plain loops over the windows', () => {
    fc.assert(fc.property(half, fc.integer(), (g, seed) => {
      const x = sample(seed, [2, 6, 5]);
      const pooled = (f: (values: (number | undefined)[]) => number): Tensor =>
        build([2, count(6, g, 0), count(5, g, 1)], ([n, i, j]) => f(seen(x, [n!], i!, j!, g)));
      const real = (values: (number | undefined)[]): number[] => values.filter((value) => value !== undefined);
      const total = (values: number[]): number => values.reduce((a, b) => a + b, 0);
      expectClose(maxPool2d(x, g), pooled((values) => Math.max(...real(values))));
      expectClose(avgPool2d(x, g), pooled((values) => total(real(values)) / values.length));
      expectClose(avgPool2d(x, { ...g, countPadding: false }), pooled((values) => total(real(values)) / real(values).length));
    }), runs);
  });

  it('step by their kernel unless told otherwise', () => {
    const x = f32([[1, 2, 3, 4], [5, 6, 7, 8]]);
    expectBits(maxPool2d(x, { kernel: 2 }), [[6, 8]]);
    expectBits(avgPool2d(x, { kernel: 2 }), [[3.5, 5.5]]);
    expectBits(maxPool2d(x, { kernel: 2, stride: 1 }), [[6, 7, 8]]);
  });

  it('share the gradient: evenly between tied maxima, evenly over an average', () => {
    const x = f64([[1, 7], [7, 0]]);
    expectBits(gradientOf((y) => maxPool2d(y, { kernel: 2 }), x), [[0, 0.5], [0.5, 0]]);
    expectBits(gradientOf((y) => avgPool2d(y, { kernel: 2 }), x), [[0.25, 0.25], [0.25, 0.25]]);
    expectGradients((y) => maxPool2d(y, { kernel: 2, padding: 1, stride: 1 }), [sample(1, [3, 3])]);
    expectGradients((y) => avgPool2d(y, { kernel: 2, padding: 1, countPadding: false }), [sample(2, [3, 3])]);
  });

  it('let no padding win and no NaN be lost', () => {
    expectBits(maxPool2d(f64([[-5]]), { kernel: 2, padding: 1, stride: 1 }), [[-5, -5], [-5, -5]]);
    expectBits(maxPool2d(f64([[1, NaN]]), { kernel: [1, 2] }), [[NaN]]);
  });

  it('refuse padding beyond half the window, integers and strange options', () => {
    const x = zeros([1, 4, 4]);
    for (const pool of [maxPool2d, avgPool2d]) {
      expect(() => pool(x, { kernel: 2, padding: 2 })).toThrow(DomainError);
      expect(() => pool(x, { kernel: 5 })).toThrow(new RegExp(pool.name));
      expect(() => pool(i32([[1]]), { kernel: 1 })).toThrow(DTypeError);
      expect(() => pool(x, 2 as never)).toThrow(DTypeError);
      expect(() => pool(x, {} as never)).toThrow(/kernel undefined/);
    }
    expect(() => maxPool2d(x, { kernel: 2, countPadding: false } as never)).toThrow(DomainError);
  });
});
