import { describe, expect, it } from 'vitest';
import { DTypeError, ShapeError } from '../../src/base/errors.ts';
import { argmaxAxis, maxAxes, mul } from '../../src/primitives/index.ts';
import { expectBits, f64, i32, slopes } from '../values.ts';

const x = f64([[1, 5, 5], [7, 2, 3]]);

describe('max', () => {
  it('keeps the reduced axes with size 1', () => {
    expectBits(maxAxes(x, [1]), [[5], [7]]);
    expectBits(maxAxes(x, [0]), [[7, 5, 5]]);
    expectBits(maxAxes(x, [0, 1]), [[7]]);
    expect(maxAxes(x, [])).toBe(x);
    expectBits(maxAxes(i32([[3, -4]]), [1]), [[3]]);
  });

  it('never swallows a NaN, wherever it stands', () => {
    for (const row of [[NaN, 1, 2], [1, NaN, 2], [1, 2, NaN], [Infinity, NaN, 0]]) expectBits(maxAxes(f64(row), [0]), [NaN]);
    expectBits(maxAxes(f64([[NaN, 1], [2, 3]]), [0, 1]), [[NaN]]);
    expectBits(maxAxes(f64([-Infinity, -Infinity]), [0]), [-Infinity]);
  });

  it('splits its cotangent evenly over all tied elements', () => {
    expectBits(slopes((y) => mul(maxAxes(y, [1]), f64([[2], [3]])), x)[0]!, [[0, 1, 1], [3, 0, 0]]);
    expectBits(slopes((y) => maxAxes(y, [0, 1]), f64([[4, 4], [4, 4]]))[0]!, [[0.25, 0.25], [0.25, 0.25]]);
  });

  it('refuses to choose among nothing', () => {
    expect(() => maxAxes(f64([[], []]), [1])).toThrow('max: an axis of size 0 in [2, 0]');
    expect(maxAxes(f64([[], []]), [0]).shape).toEqual([1, 0]);
  });
});

describe('argmax', () => {
  it('takes the first of several, and a NaN for the maximum', () => {
    expectBits(argmaxAxis(x, 1), [[1], [0]]);
    expectBits(argmaxAxis(x, 0), [[1, 0, 0]]);
    expectBits(argmaxAxis(f64([1, NaN, 5, NaN]), 0), [1]);
    expectBits(argmaxAxis(f64([0, -0]), 0), [0]);
    expectBits(argmaxAxis(f64([-Infinity]), 0), [0]);
    expect(argmaxAxis(x, 1).dtype).toBe('i32');
  });

  it('refuses integers and empty axes, and has no gradient', () => {
    expect(() => argmaxAxis(i32([1, 2]), 0)).toThrow(DTypeError);
    expect(() => argmaxAxis(f64([]), 0)).toThrow(ShapeError);
  });
});
