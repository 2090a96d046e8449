// The scalar algebra read as dual numbers: a value, its tangent, and the spread μ (the tangent with every sign made
// +). The derivative of each function is written here from the textbook, independently of the rules in `primitives/`;
// a test holds each one against its closed form. An exact 0 in a tangent wins over an infinite slope: what does not
// move contributes nothing.

import type { Algebra } from '../graph/primitive.ts';
import { numbers } from '../primitives/algebra.ts';

export interface Dual {
  readonly value: number;
  readonly tangent: number;
  readonly spread: number;
}

const times = (tangent: number, slope: number): number => (tangent === 0 ? 0 : tangent * slope);

const constant = (value: number): Dual => ({ value, tangent: 0, spread: 0 });

/** f(a) with slope f′(a); `size` is |f′| unless the slope is itself a difference of larger numbers. */
const along = (value: number, slope: number, a: Dual, size = Math.abs(slope)): Dual =>
  ({ value, tangent: times(a.tangent, slope), spread: times(a.spread, size) });

/** f(a, b) with both partial derivatives. */
const along2 = (value: number, slopeA: number, a: Dual, slopeB: number, b: Dual): Dual => ({
  value,
  tangent: times(a.tangent, slopeA) + times(b.tangent, slopeB),
  spread: times(a.spread, Math.abs(slopeA)) + times(b.spread, Math.abs(slopeB)),
});

/** 1 for the side that is taken, ½ for both at a tie, NaN where a comparison with NaN takes neither. */
const share = (mine: number, other: number): number => (mine > other ? 1 : mine === other ? 0.5 : mine < other ? 0 : NaN);

export const duals: Algebra<Dual> = {
  constant,
  add: (a, b) => along2(a.value + b.value, 1, a, 1, b),
  sub: (a, b) => along2(a.value - b.value, 1, a, -1, b),
  mul: (a, b) => along2(a.value * b.value, b.value, a, a.value, b),
  div: (a, b) => along2(a.value / b.value, 1 / b.value, a, -a.value / b.value / b.value, b),
  neg: (a) => along(-a.value, -1, a),
  // g is a factor that wins with an exact 0: the slope's own motion then counts for nothing either.
  chain: (g, s) => ({
    value: numbers.chain(g.value, s.value),
    tangent: times(g.tangent, s.value) + times(g.value, s.tangent),
    spread: times(g.spread, Math.abs(s.value)) + times(Math.abs(g.value), s.spread),
  }),
  pow: (a, b) => {
    const value = numbers.pow(a.value, b.value);
    const slopeA = b.value === 0 ? 0 : b.value * numbers.pow(a.value, b.value - 1);
    const slopeB = (base: number): number => (value === 0 ? 0 : value * Math.log(base));
    // A negative base has no slope by the exponent, but the rounding of a whole exponent has a size.
    const spread = times(a.spread, Math.abs(slopeA)) + times(b.spread, Math.abs(slopeB(Math.abs(a.value))));
    return { ...along2(value, slopeA, a, slopeB(a.value), b), spread };
  },
  exp: (a) => along(Math.exp(a.value), Math.exp(a.value), a),
  log: (a) => along(Math.log(a.value), 1 / a.value, a),
  log1p: (a) => along(Math.log1p(a.value), 1 / (1 + a.value), a),
  expm1: (a) => along(Math.expm1(a.value), Math.exp(a.value), a),
  sqrt: (a) => along(Math.sqrt(a.value), 0.5 / Math.sqrt(a.value), a),
  sin: (a) => along(Math.sin(a.value), Math.cos(a.value), a),
  cos: (a) => along(Math.cos(a.value), -Math.sin(a.value), a),
  acos: (a) => along(Math.acos(a.value), -1 / Math.sqrt((1 - a.value) * (1 + a.value)), a),
  // 1/cosh² equals 1 − tanh², a difference of two numbers near 1 for large x: those two are what was added.
  tanh: (a) => along(Math.tanh(a.value), 1 / Math.cosh(a.value) ** 2, a, 1 + Math.tanh(a.value) ** 2),
  abs: (a) => along(Math.abs(a.value), Math.sign(a.value), a),
  sign: (a) => constant(Math.sign(a.value)),
  floor: (a) => constant(Math.floor(a.value)),
  round: (a, bits) => constant(numbers.round(a.value, bits)),
  max: (a, b) => along2(Math.max(a.value, b.value), share(a.value, b.value), a, share(b.value, a.value), b),
  min: (a, b) => along2(Math.min(a.value, b.value), share(b.value, a.value), a, share(a.value, b.value), b),
  less: (a, b) => constant(numbers.less(a.value, b.value)),
  lessEqual: (a, b) => constant(numbers.lessEqual(a.value, b.value)),
  equal: (a, b) => constant(numbers.equal(a.value, b.value)),
  select: (condition, a, b) => (condition.value !== 0 ? a : b),
};
