import { describe, expect, it } from 'vitest';
import { type Dual, duals } from '../../src/check/dualNumbers.ts';
import type { Algebra } from '../../src/graph/index.ts';
import { numbers } from '../../src/primitives/algebra.ts';

const dual = (value: number, tangent = 1, spread = Math.abs(tangent)): Dual => ({ value, tangent, spread });

/** Closed forms, written without the functions under test wherever there is another way. */
const slopes: Record<string, (x: number) => number> = {
  neg: () => -1, exp: (x) => Math.E ** x, log: (x) => 1 / x, log1p: (x) => 1 / (1 + x), expm1: (x) => Math.E ** x,
  sqrt: (x) => 0.5 * x ** -0.5, sin: (x) => Math.sin(x + Math.PI / 2), cos: (x) => Math.cos(x + Math.PI / 2),
  acos: (x) => -1 / Math.sqrt(1 - x * x), tanh: (x) => 4 / (Math.E ** x + Math.E ** -x) ** 2,
  abs: (x) => (x < 0 ? -1 : 1), sign: () => 0, floor: () => 0,
};

const points: Record<string, readonly number[]> = {
  acos: [-0.9, 0.1, 0.8], log: [0.2, 1, 7], sqrt: [0.2, 1, 7], log1p: [-0.5, 0.3, 4], default: [-1.3, 0.4, 2.1],
};

describe('functions of one number', () => {
  it.each(Object.keys(slopes))('%s has the slope of its closed form', (name) => {
    const f = duals[name as keyof Algebra<Dual>] as (a: Dual) => Dual;
    for (const x of points[name] ?? points['default']!) {
      const found = f(dual(x, 3));
      expect(found.value).toBe((numbers[name as keyof Algebra<number>] as (a: number) => number)(x));
      expect(found.tangent).toBeCloseTo(3 * slopes[name]!(x), 12);
      expect(found.spread).toBeGreaterThanOrEqual(Math.abs(found.tangent) * (1 - 1e-15));
    }
  });

  it('every function of the algebra is covered here or below', () => {
    const below = [
      'constant', 'add', 'sub', 'mul', 'div', 'chain', 'pow', 'max', 'min', 'less', 'lessEqual', 'equal', 'select', 'round',
    ];
    expect([...Object.keys(slopes), ...below].sort()).toEqual(Object.keys(duals).sort());
  });
});

describe('functions of two numbers', () => {
  const [a, b] = [dual(1.7, 2), dual(-0.6, 5)];
  it('sum, difference, product and quotient have the textbook tangents', () => {
    expect(duals.add(a, b)).toEqual({ value: 1.7 + -0.6, tangent: 7, spread: 7 });
    expect(duals.sub(a, b)).toEqual({ value: 1.7 - -0.6, tangent: -3, spread: 7 });
    expect(duals.mul(a, b).tangent).toBeCloseTo(2 * -0.6 + 1.7 * 5, 14);
    expect(duals.mul(a, b).spread).toBeCloseTo(2 * 0.6 + 1.7 * 5, 14);
    expect(duals.div(a, b).tangent).toBeCloseTo((2 * -0.6 - 1.7 * 5) / 0.36, 12);
  });

  it('pow moves with base and exponent, and has slope 0 in the base at exponent 0, also at base 0', () => {
    expect(duals.pow(dual(1.7, 2), dual(2.5, 3)).tangent).toBeCloseTo(2 * 2.5 * 1.7 ** 1.5 + 3 * 1.7 ** 2.5 * Math.log(1.7), 12);
    expect(duals.pow(dual(0, 1), dual(0, 0))).toEqual({ value: 1, tangent: 0, spread: 0 });
    expect(duals.pow(dual(0, 0), dual(2, 1)).tangent).toBe(0);
    expect(duals.pow(dual(-2, 1), dual(3, 0)).tangent).toBe(12);
  });

  it('max and min pass the operand taken and share a tie in halves', () => {
    expect(duals.max(dual(1, 2), dual(3, 5)).tangent).toBe(5);
    expect(duals.min(dual(1, 2), dual(3, 5)).tangent).toBe(2);
    expect(duals.max(dual(1, 2), dual(1, 5)).tangent).toBe(3.5);
    expect(duals.min(dual(1, 2), dual(1, 5)).tangent).toBe(3.5);
    expect(duals.max(dual(NaN, 1), dual(1, 1)).tangent).toBeNaN();
  });
});

describe('conventions', () => {
  it('an exact 0 in a tangent wins over an infinite slope', () => {
    expect(duals.sqrt(dual(0, 0)).tangent).toBe(0);
    expect(duals.log(dual(0, 0)).tangent).toBe(0);
    expect(duals.acos(dual(1, 0)).tangent).toBe(0);
    expect(duals.sqrt(dual(0, 1)).tangent).toBe(Infinity);
  });

  it('chain: an exact 0 in g wins over slope and over the motion of the slope', () => {
    expect(duals.chain(dual(2, 3), dual(5, 7)).tangent).toBe(3 * 5 + 2 * 7);
    expect(duals.chain(dual(0, 0), dual(Infinity, NaN))).toEqual({ value: 0, tangent: 0, spread: 0 });
    expect(duals.chain(dual(0, 3), dual(5, NaN)).tangent).toBe(15);
  });

  it('abs has slope 0 at 0; comparisons, sign, floor and round do not move', () => {
    expect(duals.abs(dual(0)).tangent).toBe(0);
    expect(duals.abs(dual(-2)).tangent).toBe(-1);
    for (const still of [
      duals.less(dual(1), dual(2)), duals.lessEqual(dual(2), dual(2)), duals.equal(dual(2), dual(2)), duals.sign(dual(3)),
    ]) {
      expect(still).toEqual({ value: 1, tangent: 0, spread: 0 });
    }
    expect(duals.round(dual(1.0001), 11)).toEqual({ value: 1, tangent: 0, spread: 0 });
    expect(duals.constant(4)).toEqual({ value: 4, tangent: 0, spread: 0 });
  });

  it('select picks a branch whole, and the other one may be NaN', () => {
    expect(duals.select(dual(1), dual(2, 3), dual(NaN, NaN))).toEqual(dual(2, 3));
    expect(duals.select(dual(0), dual(NaN, NaN), dual(2, 3))).toEqual(dual(2, 3));
  });

  it('pow of a negative base: no slope by the exponent, but a size of its rounding', () => {
    // Differences judge by this size; when it was NaN, (c − 1)² had no accurate difference at all.
    const { tangent, spread } = duals.pow({ value: -3, tangent: 5, spread: 1 }, { value: 2, tangent: 0, spread: 2 });
    expect(tangent).toBe(-30);
    expect(spread).toBeCloseTo(6 + 2 * 9 * Math.log(3), 12);
    expect(duals.pow(dual(-3), dual(2, 1)).tangent).toBeNaN();
  });

  it('the spread of tanh counts the two numbers its slope is a difference of', () => {
    const { tangent, spread } = duals.tanh(dual(10));
    expect(tangent).toBeCloseTo(1 / Math.cosh(10) ** 2, 20);
    expect(spread).toBeCloseTo(2, 6);
  });
});
