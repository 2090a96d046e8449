import { expect, it } from 'vitest';
import { DTypeError } from '../../src/base/errors.ts';
import { acos, cos, mul, sin } from '../../src/primitives/index.ts';
import { expectBits, f64, i32, slopes } from '../values.ts';

it('counts angles in radians', () => {
  expectBits(sin(f64([0, Math.PI / 2])), [0, 1]);
  expectBits(cos(f64([0, Math.PI])), [1, -1]);
  expectBits(acos(f64([1, 0, -1])), [0, Math.PI / 2, Math.PI]);
});

it('is IEEE at the special values', () => {
  expectBits(sin(f64([-0, Infinity, NaN])), [-0, NaN, NaN]);
  expectBits(cos(f64([-0, -Infinity, NaN])), [1, NaN, NaN]);
  expectBits(acos(f64([1 + 2 ** -52, -2, NaN])), [NaN, NaN, NaN]);
});

it('has the slopes of the textbook', () => {
  expectBits(slopes(sin, f64([0]))[0]!, [1]);
  expectBits(slopes(cos, f64([Math.PI / 2]))[0]!, [-1]);
  expectBits(slopes(acos, f64([0]))[0]!, [-1]);
});

it('keeps the digits of the slope of acos beside 1, where 1 − x² loses them', () => {
  const x = 1 - 2 ** -50;
  const exact = -1 / Math.sqrt(2 ** -50 * (2 - 2 ** -50));
  expect(slopes(acos, f64([x]))[0]!.item() / exact).toBeCloseTo(1, 14);
});

it('has an infinite slope at ±1, which a dead branch does not see', () => {
  expectBits(slopes(acos, f64([1, -1]))[0]!, [-Infinity, -Infinity]);
  expectBits(slopes((x) => mul(acos(x), 0), f64([1, -1]))[0]!, [0, 0]);
});

it('is not defined on integers', () => {
  for (const f of [sin, cos, acos]) expect(() => f(i32([0]))).toThrow(DTypeError);
});
