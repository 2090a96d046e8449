import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/base/errors.ts';
import { mul, permute, reshape } from '../../src/primitives/index.ts';
import { expectBits, f64, slopes } from '../values.ts';

const x = f64([[1, 2, 3], [4, 5, 6]]);

describe('reshape', () => {
  it('reads in row-major order and works out one axis', () => {
    expectBits(reshape(x, [3, 2]), [[1, 2], [3, 4], [5, 6]]);
    expect(reshape(x, [-1]).shape).toEqual([6]);
    expect(reshape(x, [1, -1, 2]).shape).toEqual([1, 3, 2]);
    expectBits(reshape(f64([7]), []), 7);
  });

  it('shares the numbers where strides can express the shape, and copies where they cannot', () => {
    expect(reshape(x, [6]).read().array).toBe(x.read().array);
    const turned = permute(x, [1, 0]);
    expect(reshape(turned, [3, 1, 2]).read().array).toBe(x.read().array);
    expect(reshape(turned, [6]).read().array).not.toBe(x.read().array);
    expectBits(reshape(turned, [6]), [1, 4, 2, 5, 3, 6]);
    expectBits(reshape(turned, [2, 3]), [[1, 4, 2], [5, 3, 6]]);
  });

  it('takes tensors without elements', () => {
    expect(reshape(f64([[], []]), [0, 5]).shape).toEqual([0, 5]);
  });

  it.each([[[4]], [[-1, 4]], [[-1, -1]], [[0, -1]], [[-2, -3]], [[2.5, 2.4]]])('refuses %j', (shape) => {
    expect(() => reshape(x, shape)).toThrow(ShapeError);
  });

  it('has the cotangent reshaped back for its gradient', () => {
    expectBits(slopes((y) => mul(reshape(y, [3, 2]), f64([[1, 2], [3, 4], [5, 6]])), x)[0]!, [[1, 2, 3], [4, 5, 6]]);
  });
});

describe('permute', () => {
  it('puts axis order[i] in place i, without copying', () => {
    const y = reshape(f64([0, 1, 2, 3, 4, 5]), [1, 2, 3]);
    expectBits(permute(y, [2, 0, 1]), [[[0, 3]], [[1, 4]], [[2, 5]]]);
    expect(permute(y, [2, 0, 1]).read().array).toBe(y.read().array);
    expectBits(permute(y, [-1, 0, 1]), [[[0, 3]], [[1, 4]], [[2, 5]]]);
  });

  it('returns x itself for the order it has', () => {
    expect(permute(x, [0, 1])).toBe(x);
  });

  it.each([[[0]], [[0, 0]], [[0, 2]], [[0, 1, 2]], [[1, 0.5]]])('refuses the order %j', (order) => {
    expect(() => permute(x, order)).toThrow(ShapeError);
  });

  it('has the cotangent permuted back for its gradient', () => {
    expectBits(slopes((y) => mul(permute(y, [1, 0]), f64([[1, 2], [3, 4], [5, 6]])), x)[0]!, [[1, 3, 5], [2, 4, 6]]);
  });
});
