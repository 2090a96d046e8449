import { describe, expect, it } from 'vitest';
import { DTypeError, ShapeError } from '../../src/base/errors.ts';
import { add, chain, div, mul, neg, sub } from '../../src/primitives/index.ts';
import { expectBits, f32, f64, i32, slopes } from '../values.ts';

const a = f64([6, -2]);
const b = f64([3, 4]);

describe('values', () => {
  it('adds, subtracts, multiplies, divides, negates', () => {
    expectBits(add(a, b), [9, 2]);
    expectBits(sub(a, b), [3, -6]);
    expectBits(mul(a, b), [18, -8]);
    expectBits(div(a, b), [2, -0.5]);
    expectBits(neg(a), [-6, 2]);
  });

  it('rounds f32 results once', () => {
    expectBits(add(f32([0.1]), f32([0.2])), [Math.fround(Math.fround(0.1) + Math.fround(0.2))]);
    expectBits(div(f32([1]), f32([3])), [Math.fround(1 / 3)]);
    expectBits(mul(f32([3e38]), 2), [Infinity]);
  });

  it('broadcasts, and reads through views', () => {
    expectBits(add(f64([[1], [2]]), f64([[10, 20, 30]])), [[11, 21, 31], [12, 22, 32]]);
    expectBits(sub(f64([[1, 2], [3, 4]]), f64([1, 2])), [[0, 0], [2, 2]]);
  });

  it('keeps the signs of zero', () => {
    expectBits(neg(f64([0, -0])), [-0, 0]);
    expectBits(add(f64([-0, -0, 0]), f64([-0, 0, -0])), [-0, 0, 0]);
    expectBits(sub(f64([-0, 0]), f64([0, 0])), [-0, 0]);
    expectBits(mul(f64([-0, -0, 0]), f64([1, -1, -1])), [-0, 0, -0]);
    expectBits(div(f64([1, 1, -0]), f64([-0, 0, 5])), [-Infinity, Infinity, -0]);
  });

  it('lets no NaN and no 0·∞ go by', () => {
    expectBits(mul(f64([0, NaN, Infinity]), f64([Infinity, 0, 0])), [NaN, NaN, NaN]);
    expectBits(add(f64([Infinity, NaN]), f64([-Infinity, 1])), [NaN, NaN]);
    expectBits(div(f64([0, Infinity]), f64([0, Infinity])), [NaN, NaN]);
  });

  it('wraps 32-bit integers around, exactly', () => {
    expectBits(mul(i32([46341, 2 ** 31 - 1]), i32([46341, 2 ** 31 - 1])), [-2147479015, 1]);
    expectBits(add(i32([2 ** 31 - 1]), i32([1])), [-(2 ** 31)]);
    expectBits(sub(i32([-(2 ** 31)]), i32([1])), [2 ** 31 - 1]);
    expectBits(neg(i32([5])), [-5]);
  });

  it('has no division of integers and no mixing of types', () => {
    expect(() => div(i32([4]), i32([2]))).toThrow(/div: an operand of type i32/);
    expect(() => add(f32([1]), f64([1]))).toThrow('add: operands of type f32 and f64');
    expect(() => add(f64([1]), i32([1]))).toThrow(DTypeError);
    expect(() => add(i32([1]), 0.5)).toThrow(DTypeError);
    expect(() => add(f64([1, 2]), f64([1, 2, 3]))).toThrow(ShapeError);
  });
});

describe('gradients', () => {
  it('follow the textbook', () => {
    expect(slopes(sub, a, b).map((g) => g.toArray())).toEqual([[1, 1], [-1, -1]]);
    expect(slopes(mul, a, b).map((g) => g.toArray())).toEqual([[3, 4], [6, -2]]);
    expect(slopes(div, a, b).map((g) => g.toArray())).toEqual([[1 / 3, 0.25], [-2 / 3, 0.125]]);
    expect(slopes(neg, a).map((g) => g.toArray())).toEqual([[-1, -1]]);
  });

  it('are summed over the uses of a broadcast operand', () => {
    const [gx, gy] = slopes(mul, f64([[1, 2, 3], [4, 5, 6]]), f64([[10], [20]]));
    expectBits(gx!, [[10, 10, 10], [20, 20, 20]]);
    expectBits(gy!, [[6], [15]]);
    expectBits(slopes(mul, f64([[1, 2], [3, 4]]), f64(2))[1]!, 10);
  });
});

describe('chain', () => {
  it('is a product in which an exact 0 on the left wins over any slope', () => {
    expectBits(chain(f64([0, -0, 0, 2, 0]), f64([Infinity, -Infinity, NaN, 3, 5])), [0, 0, 0, 6, 0]);
    expectBits(chain(f64([2, NaN]), f64([NaN, 0])), [NaN, NaN]);
  });

  it('has the gradients of a product, chained once more towards its left operand', () => {
    const [g, slope] = slopes(chain, f64([2, 0]), f64([3, Infinity]));
    expectBits(g!, [3, Infinity]);
    expectBits(slope!, [2, 0]);
  });

  it('keeps a division by zero in a dead branch out of the gradient', () => {
    const [ga, gb] = slopes((x, y) => mul(div(x, y), 0), f64([1]), f64([0]));
    expectBits(ga!, [0]);
    expectBits(gb!, [0]);
  });
});
