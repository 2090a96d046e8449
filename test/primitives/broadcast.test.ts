import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/base/errors.ts';
import { bits } from '../../src/base/random.ts';
import { filled, tensor } from '../../src/graph/index.ts';
import { expand, mul, permute, sumAxes, sumTo } from '../../src/primitives/index.ts';
import { expectBits, f32, f64, i32, runs, slopes } from '../values.ts';

describe('expand', () => {
  it('stretches axes of size 1 and adds leading ones, without copying', () => {
    const x = f64([[1], [2]]);
    expectBits(expand(x, [2, 3]), [[1, 1, 1], [2, 2, 2]]);
    expectBits(expand(f64([1, 2]), [2, 2]), [[1, 2], [1, 2]]);
    expect(expand(x, [5, 2, 3]).read().array).toBe(x.read().array);
    expect(expand(x, [2, 1])).toBe(x);
    expect(expand(x, [2, 0]).shape).toEqual([2, 0]);
  });

  it.each([[[3, 1]], [[2]], [[2, 1, 3]]])('refuses %j for [2, 1]', (shape) => {
    expect(() => expand(f64([[1], [2]]), shape)).toThrow(ShapeError);
  });

  it('sums the cotangent over what was stretched', () => {
    expectBits(slopes((x) => mul(expand(x, [2, 3]), f64([[1, 2, 3], [4, 5, 6]])), f64([[1], [2]]))[0]!, [[6], [15]]);
    expectBits(slopes((x) => mul(expand(x, [2, 3]), f64([[1, 2, 3], [4, 5, 6]])), f64(1))[0]!, 21);
  });
});

describe('sum', () => {
  const x = f64([[1, 2, 3], [4, 5, 6]]);

  it('keeps the summed axes with size 1', () => {
    expectBits(sumAxes(x, [1]), [[6], [15]]);
    expectBits(sumAxes(x, [0]), [[5, 7, 9]]);
    expectBits(sumAxes(x, [0, 1]), [[21]]);
    expect(sumAxes(x, [])).toBe(x);
  });

  it('is 0 over nothing, and passes a NaN and an infinity on', () => {
    expectBits(sumAxes(f64([[], []]), [1]), [[0], [0]]);
    expect(sumAxes(f64([[], []]), [0]).shape).toEqual([1, 0]);
    expectBits(sumAxes(f64([1, NaN]), [0]), [NaN]);
    expectBits(sumAxes(f64([Infinity, -Infinity]), [0]), [NaN]);
  });

  it('wraps 32-bit integers around', () => {
    expectBits(sumAxes(i32([2 ** 31 - 1, 1]), [0]), [-(2 ** 31)]);
    expectBits(sumAxes(i32([[2 ** 31 - 1], [2 ** 31 - 1]]), [0, 1]), [[-2]]);
  });

  it('rounds a Float32 sum once, however long it is', () => {
    const n = 100_000;
    expectBits(sumAxes(filled(Math.fround(0.1), [n], 'f32'), [0]), [Math.fround(Math.fround(0.1) * n)]);
    expectBits(sumAxes(f32([1e8, 1, -1e8]), [0]), [1]);
  });

  it('loses far fewer digits over a million terms than a running sum', () => {
    const terms = Float64Array.from(bits(3, 4, 2 ** 20), (word) => word / 3e9);
    let sum = 0;
    let compensation = 0;
    let naive = 0;
    for (const term of terms) {
      const y = term - compensation;
      const t = sum + y;
      compensation = t - sum - y;
      sum = t;
      naive += term;
    }
    const error = Math.abs(sumAxes(tensor(terms), [0]).item() - sum);
    expect(error).toBeLessThan(Math.abs(naive - sum) / 4);
    expect(error).toBeLessThan(4 * 2 ** -52 * Math.abs(sum));
  });

  it('law: gives a view and its dense copy the same bits, because the order follows from the shape alone', () => {
    const axes = fc.subarray([0, 1, 2], { minLength: 1 });
    fc.assert(fc.property(axes, fc.constantFrom([0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1]), fc.nat(), (summed, order, seed) => {
      const numbers = Float64Array.from(bits(seed, 1, 3 * 5 * 67), (word) => word / 3e9);
      const view = permute(tensor(numbers, { shape: [3, 5, 67] }), order);
      const copy = tensor(view.read().dense().data(), { shape: view.shape });
      expect(sumAxes(view, summed).data).toEqual(sumAxes(copy, summed).data);
    }), runs);
    expect(sumAxes(filled(0.1, [3, 5, 7], 'f64'), [0, 2]).data).toEqual(sumAxes(f64(filled(0.1, [3, 5, 7], 'f64').toArray()), [0, 2]).data);
  });

  it('spreads the cotangent over what was summed', () => {
    expectBits(slopes((y) => mul(sumAxes(y, [1]), f64([[2], [3]])), x)[0]!, [[2, 2, 2], [3, 3, 3]]);
  });
});

describe('sumTo', () => {
  it('is the adjoint of stretching', () => {
    const x = f64([[1, 2, 3], [4, 5, 6]]);
    expectBits(sumTo(x, [2, 1]), [[6], [15]]);
    expectBits(sumTo(x, [3]), [5, 7, 9]);
    expectBits(sumTo(x, []), 21);
    expect(sumTo(x, [2, 3])).toBe(x);
    expectBits(sumTo(f64([[7]]), []), 7);
  });
});
