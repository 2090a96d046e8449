import { expect, it } from 'vitest';
import { cumsumAxis, mul, permute } from '../../src/primitives/index.ts';
import { expectBits, f32, f64, i32, slopes } from '../values.ts';

const x = f64([[1, 2, 3], [4, 5, 6]]);

it('sums up along any axis, also through a view', () => {
  expectBits(cumsumAxis(x, 1), [[1, 3, 6], [4, 9, 15]]);
  expectBits(cumsumAxis(x, 0), [[1, 2, 3], [5, 7, 9]]);
  expectBits(cumsumAxis(permute(x, [1, 0]), 1), [[1, 5], [2, 7], [3, 9]]);
  expect(cumsumAxis(f64([[], []]), 1).shape).toEqual([2, 0]);
});

it('passes a NaN on to everything behind it and to nothing before', () => {
  expectBits(cumsumAxis(f64([1, NaN, 2]), 0), [1, NaN, NaN]);
});

it('keeps the running sum in double and rounds each entry once', () => {
  expectBits(cumsumAxis(f32([2 ** 24, 1, 1]), 0), [2 ** 24, 2 ** 24, 2 ** 24 + 2]);
});

it('sums integers', () => {
  expectBits(cumsumAxis(i32([1, 2, 3]), 0), [1, 3, 6]);
});

it('has the running sum from the other end for its gradient', () => {
  expectBits(slopes((y) => mul(cumsumAxis(y, 1), f64([[1, 10, 100], [1, 10, 100]])), x)[0]!, [[111, 110, 100], [111, 110, 100]]);
});
