import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError, DTypeError } from '../../src/base/errors.ts';
import {
  abs, cast, equal, floor, less, lessEqual, maximum, minimum, roundTo, sign, sqrt, where,
} from '../../src/primitives/index.ts';
import { expectBits, f32, f64, i32, runs, slopes } from '../values.ts';

describe('comparisons', () => {
  const a = f64([1, 2, 2, NaN, 1, NaN, -0, Infinity]);
  const b = f64([2, 1, 2, 1, NaN, NaN, 0, Infinity]);

  it('give 1 and 0, and 0 beside a NaN', () => {
    expectBits(less(a, b), [1, 0, 0, 0, 0, 0, 0, 0]);
    expectBits(lessEqual(a, b), [1, 0, 1, 0, 0, 0, 1, 1]);
    expectBits(equal(a, b), [0, 0, 1, 0, 0, 0, 1, 1]);
  });

  it('have the type of their operands', () => {
    expect([less(f32([1]), 2).dtype, equal(i32([1]), 1).dtype, lessEqual(f64([1]), 2).dtype]).toEqual(['f32', 'i32', 'f64']);
    expect(() => equal(f32([1]), f64([1]))).toThrow(DTypeError);
  });

  it('have no gradient', () => {
    expectBits(slopes(less, f64([1, 2]), f64([2, 2]))[0]!, [0, 0]);
  });
});

describe('where', () => {
  it('selects, and a NaN in the other branch is not seen', () => {
    expectBits(where(f64([1, 0, -3]), f64([5, NaN, 7]), f64([NaN, 6, NaN])), [5, 6, 7]);
    expectBits(where(i32([1, 0]), i32([5, 6]), 0), [5, 0]);
  });

  it('gives the whole cotangent to the branch it took and exactly 0 to the other', () => {
    const [, a, b] = slopes((c, x, y) => where(c, sqrt(x), sqrt(y)), f64([1, 0]), f64([4, 0]), f64([0, 4]));
    expectBits(a!, [0.25, 0]);
    expectBits(b!, [0, 0.25]);
  });

  it('wants the condition in the type of the branches', () => {
    expect(() => where(i32([1]), f64([1]), f64([2]))).toThrow(DTypeError);
  });
});

describe('abs, sign, floor', () => {
  const x = f64([-1.5, -0.5, -0, 0, 0.5, 1.5, -Infinity, NaN]);

  it('keep the sign of zero as IEEE does', () => {
    expectBits(abs(x), [1.5, 0.5, 0, 0, 0.5, 1.5, Infinity, NaN]);
    expectBits(sign(x), [-1, -1, -0, 0, 1, 1, -1, NaN]);
    expectBits(floor(x), [-2, -1, -0, 0, 0, 1, -Infinity, NaN]);
  });

  it('have the slopes −1, 0, 1 of abs, with 0 at 0, and none of sign and floor', () => {
    expectBits(slopes(abs, f64([-2, 0, 2]))[0]!, [-1, 0, 1]);
    expectBits(slopes(sign, f64([-2, 0]))[0]!, [0, 0]);
    expectBits(slopes(floor, f64([1, 1.5]))[0]!, [0, 0]);
  });
});

describe('maximum and minimum', () => {
  const a = f64([1, 3, NaN, 1, 0, -0]);
  const b = f64([2, 2, 1, NaN, -0, 0]);

  it('pass a NaN on, and know that −0 is the smaller zero', () => {
    expectBits(maximum(a, b), [2, 3, NaN, NaN, 0, 0]);
    expectBits(minimum(a, b), [1, 2, NaN, NaN, -0, -0]);
    expectBits(maximum(i32([1, 3]), 2), [2, 3]);
  });

  it('split a tie in halves', () => {
    for (const f of [maximum, minimum]) {
      const [ga, gb] = slopes(f, f64([2, 0]), f64([2, -0]));
      expectBits(ga!, [0.5, 0.5]);
      expectBits(gb!, [0.5, 0.5]);
    }
    expectBits(slopes(maximum, f64([1, 3]), f64([2, 2]))[0]!, [0, 1]);
    expectBits(slopes(minimum, f64([1, 3]), f64([2, 2]))[0]!, [1, 0]);
  });
});

describe('cast', () => {
  it('drops the fraction towards zero', () => {
    expectBits(cast(f64([1.9, -1.9, -0.5, 2147483647.9, -2147483648.9]), 'i32'), [1, -1, 0, 2147483647, -2147483648]);
  });

  it.each([NaN, Infinity, 2147483648, -2147483649, 1e300])('refuses %d as i32', (x) => {
    expect(() => cast(f64([0, x]), 'i32')).toThrow(DomainError);
    expect(() => cast(f64([0, x]), 'i32')).toThrow(`cast: the value ${x} to i32`);
  });

  it('rounds f64 to f32 once, and widens exactly', () => {
    expectBits(cast(f64([0.1, 1e300, 1e-300]), 'f32'), [Math.fround(0.1), Infinity, 0]);
    expectBits(cast(f32([0.1]), 'f64'), [Math.fround(0.1)]);
    expectBits(cast(i32([2 ** 31 - 1]), 'f64'), [2147483647]);
    expectBits(cast(i32([2 ** 24 + 1]), 'f32'), [2 ** 24]);
  });

  it('returns x itself for its own type, and refuses an unknown one', () => {
    const x = f64([1]);
    expect(cast(x, 'f64')).toBe(x);
    expect(() => cast(x, 'f16' as never)).toThrow('cast: the type f16');
  });

  it('casts the cotangent back, and has no path through i32', () => {
    const [g] = slopes((x) => cast(x, 'f32'), f64([1, 2]));
    expect(g!.dtype).toBe('f64');
    expectBits(g!, [1, 1]);
    expectBits(slopes((x) => cast(cast(x, 'i32'), 'f64'), f64([1.5]))[0]!, [0]);
  });
});

describe('roundTo', () => {
  it('rounds to 8 and 11 bits, ties to even, on both sides of zero', () => {
    expectBits(roundTo(f64([1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -8 + 2 ** -40]), 'bf16'), [1, 1 + 2 ** -6, 1 + 2 ** -7]);
    expectBits(roundTo(f64([2049, 2051, -2049, -2051]), 'f16'), [2048, 2052, -2048, -2052]);
    expectBits(roundTo(f64([1.99999]), 'bf16'), [2]);
    expectBits(roundTo(f64([0, -0, Infinity, NaN]), 'f16'), [0, -0, Infinity, NaN]);
  });

  it('law: agrees with the rounding of the machine where that keeps 24 bits', () => {
    fc.assert(fc.property(fc.double({ min: 1e-30, max: 1e30, noNaN: true }), fc.boolean(), (x, negative) => {
      const signed = negative ? -x : x;
      expectBits(roundTo(f64([signed]), 'f32'), [Math.fround(signed)]);
    }), runs);
  });

  it('has no gradient and no other formats', () => {
    expectBits(slopes((x) => roundTo(x, 'bf16'), f64([1.1]))[0]!, [0]);
    expect(() => roundTo(f64([1]), 'f8' as never)).toThrow(DomainError);
  });
});
