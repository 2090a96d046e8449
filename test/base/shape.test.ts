// Shapes and the rule of broadcasting, with the case that other libraries let pass: [N] against [N, 1].

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/base/errors.ts';
import {
  broadcastShapes, checkSize, coordinates, denseStrides, isDense, maxSize, normalizeAxes, normalizeAxis, sameShape, shapeText, sizeOf,
} from '../../src/base/shape.ts';
import { runs } from '../values.ts';

describe('broadcastShapes', () => {
  it.each([
    [[2, 3], [2, 3], [2, 3]],
    [[], [2, 3], [2, 3]],
    [[3], [2, 3], [2, 3]],
    [[2, 1], [2, 3], [2, 3]],
    [[2, 1], [1, 3], [2, 3]],
    [[1], [1, 1], [1, 1]],
    [[0, 3], [1, 3], [0, 3]],
    [[1], [0], [0]],
  ])('fits %j and %j into %j', (a, b, shape) => {
    expect(broadcastShapes(a, b, 'add')).toEqual(shape);
    expect(broadcastShapes(b, a, 'add')).toEqual(shape);
  });

  it('refuses to stretch both of two operands of different rank, which makes [N, N] of a loss', () => {
    expect(() => broadcastShapes([4], [4, 1], 'sub')).toThrow(/^sub: shapes \[4\] and \[4, 1\] do not fit\. Operands of different rank/);
    expect(() => broadcastShapes([4, 1], [4], 'sub')).toThrow(ShapeError);
    expect(() => broadcastShapes([4, 1, 3], [2, 1], 'sub')).toThrow(ShapeError);
    expect(broadcastShapes([1, 4], [4, 1], 'sub')).toEqual([4, 4]);
  });

  it('names both shapes and the op when an axis does not fit', () => {
    expect(() => broadcastShapes([2, 3], [2, 4], 'mul')).toThrow('mul: shapes [2, 3] and [2, 4] do not fit');
    expect(() => broadcastShapes([0], [2], 'mul')).toThrow(ShapeError);
  });

  const axes = fc.array(fc.constantFrom(0, 1, 2, 3), { maxLength: 4 });
  it('law: the result does not depend on the order, and holds both operands', () => {
    fc.assert(fc.property(axes, axes, (a, b) => {
      const attempt = (x: number[], y: number[]): readonly number[] | undefined => {
        try {
          return broadcastShapes(x, y, 'op');
        } catch {
          return undefined;
        }
      };
      const shape = attempt(a, b);
      expect(attempt(b, a)).toEqual(shape);
      if (shape !== undefined) {
        expect(broadcastShapes(shape, a, 'op')).toEqual(shape);
        expect(broadcastShapes(shape, b, 'op')).toEqual(shape);
      }
    }), runs);
  });
});

describe('checkSize', () => {
  it.each([[[65536, 65536]], [[2 ** 31]], [[2 ** 16, 2 ** 16 + 1]], [[1e9, 1e9, 1e9]]])('refuses %j before anything is allocated', (shape) => {
    expect(() => checkSize(shape, 'f32', 'zeros')).toThrow(/^zeros: shape .* elements \(.* bytes\)\. A tensor holds at most 2\^31 − 1/);
  });

  it('names the elements and the bytes of a product that wraps around in 32 bits', () => {
    expect(() => checkSize([65537, 65536], 'f64', 'zeros')).toThrow('has 4295032832 elements (34360262656 bytes)');
  });

  it.each([[[-1]], [[1.5]], [[NaN]], [[Infinity]]])('refuses the axis in %j', (shape) => {
    expect(() => checkSize(shape, 'f32', 'zeros')).toThrow(/whole numbers/);
  });

  it('lets the largest tensor and the empty one pass', () => {
    expect(() => checkSize([maxSize], 'f32', 'zeros')).not.toThrow();
    expect(() => checkSize([0, 2 ** 31], 'f32', 'zeros')).not.toThrow();
  });
});

describe('axes', () => {
  it('counts negative axes from the end', () => {
    expect([normalizeAxis(0, 3, 'sum'), normalizeAxis(-1, 3, 'sum'), normalizeAxis(-3, 3, 'sum')]).toEqual([0, 2, 0]);
  });

  it.each([[3, 3], [-4, 3], [0.5, 3], [NaN, 3], [0, 0]])('refuses axis %d of %d', (axis, rank) => {
    expect(() => normalizeAxis(axis, rank, 'sum')).toThrow(ShapeError);
  });

  it('sorts a list, takes a number for a list of one and nothing for all', () => {
    expect(normalizeAxes([-1, 0], 3, 'sum')).toEqual([0, 2]);
    expect(normalizeAxes(1, 3, 'sum')).toEqual([1]);
    expect(normalizeAxes(undefined, 3, 'sum')).toEqual([0, 1, 2]);
    expect(normalizeAxes([], 3, 'sum')).toEqual([]);
  });

  it('refuses an axis that is named twice, also under two names', () => {
    expect(() => normalizeAxes([2, -1], 3, 'sum')).toThrow(/named once/);
  });
});

describe('layout', () => {
  it('gives row-major strides, and one element for no axes', () => {
    expect(denseStrides([2, 3, 4])).toEqual([12, 4, 1]);
    expect(denseStrides([])).toEqual([]);
    expect(sizeOf([])).toBe(1);
    expect(sizeOf([3, 0])).toBe(0);
  });

  it('sees through axes of size 1 when it asks for gaps', () => {
    expect(isDense([2, 1, 3], [3, 99, 1])).toBe(true);
    expect(isDense([2, 3], [1, 2])).toBe(false);
    expect(isDense([2, 3], [4, 1])).toBe(false);
    expect(isDense([2], [0])).toBe(false);
  });

  it('tells shapes apart and writes them', () => {
    expect(sameShape([2, 3], [2, 3])).toBe(true);
    expect(sameShape([2], [2, 1])).toBe(false);
    expect(sameShape([], [])).toBe(true);
    expect(shapeText([2, 3])).toBe('[2, 3]');
  });

  it('finds the coordinates of a position', () => {
    expect(coordinates(23, [2, 3, 4])).toEqual([1, 2, 3]);
    expect(coordinates(5, [2, 3])).toEqual([1, 2]);
    expect(coordinates(0, [])).toEqual([]);
  });
});
