// The elementary functions of a lane: argument reduction and a minimax polynomial each, over the operations of
// `lanes.ts`. The coefficients were fitted for these intervals by weighted least squares (Lawson's iteration) in
// multiple precision, each rounded to Float32 before the next was fitted. What they reach stands above `elementary`.
// NaN, infinities, subnormals and the sign of zero are the reference's. sqrt and division are the processor's, exact
// to half a unit. Nothing here is fused: fused arithmetic would change bits from machine to machine.

import type { Lanes, Outside } from './lanes.ts';

// e^r = 1 + r + r²·P(r), |r| ≤ log(2)/2
const expTerms = [1.9576788e-4, 1.3935801e-3, 8.333889e-3, 4.1666456e-2, 1.6666664e-1, 0.5];
// log(1 + f) = f − f²/2 + f³·P(f), √½ ≤ 1 + f ≤ √2
const logTerms = [
  6.7330286e-2, -1.1660669e-1, 1.18862025e-1, -1.2408196e-1, 1.4220233e-1, -1.6667855e-1, 2.0002073e-1, -2.5000012e-1,
  3.3333313e-1,
];
// sin r = r + r³·P(r²), cos r = 1 − r²/2 + r⁴·P(r²), |r| ≤ π/4
const sinTerms = [2.8042064e-6, -1.9850286e-4, 8.333373e-3, -1.6666667e-1];
const cosTerms = [2.443234e-5, -1.388731e-3, 4.1666646e-2];
// asin s = s + s³·P(s²), |s| ≤ 1/2
const asinTerms = [3.7576683e-2, 1.4391256e-2, 3.182182e-2, 4.4514995e-2, 7.5005166e-2, 1.666666e-1];
// log2((1 + s)/(1 − s)) = s·P(s²) in Float64, |s| ≤ 0.1716, to 2^−37
const log2Terms = [0.34073711768045856, 0.4116723572620685, 0.5770835906843303, 0.9617966733136385, 2.885390081790106];

// log 2 in two parts; the first has ten bits, so that a multiple by an exponent is exact.
const log2High = 0.693359375;
const log2Low = -2.12194440e-4;
// π/2 in two parts; the first has 33 bits, so that its multiples up to 2^20 are exact in Float64.
const halfPiHigh = 1.57079632673412561417;
const halfPiLow = 6.07710050650619224932e-11;
/** Beyond it the host reduces the argument. */
const largestAngle = 8192;

// Adding 1.5·2^23 (1.5·2^52 in Float64) rounds to a whole number, which then stands in the low bits of the word.
const rounder = 1.5 * 2 ** 23;
const wideRounder = 1.5 * 2 ** 52;
const quarterTurn = Math.fround(Math.PI / 2);
const largestFinite = (2 - 2 ** -23) * 2 ** 127;
const signBit = 0x80000000 | 0;

/** The outer branches, one per function; what lies there is computed without regard to speed. */
const outside = {
  pow: (L, x, y) => elementary(L).powAnywhere(x!, y!),
  sin: (L, x) => L.host('sin', x!),
  cos: (L, x) => L.host('cos', x!),
} satisfies Record<string, Outside>;

/**
 * The functions over some lanes. Largest error in units in the last place of the true value, over 2^28 arguments of all
 * exponents (pow: 4·10^7 pairs with |y·log x| ≤ 88; sin and cos: |x| ≤ 8192, the host computes the rest):
 *
 *   exp 0.95   expm1 1.52   sin 1.50   acos 1.10   sigmoid 1.15   pow 1.00
 *   log 0.80   log1p 0.85   cos 1.50   tanh 1.93   softplus 1.65
 */
export function elementary<T, W>(L: Lanes<T, W>) {
  const { constant, word, add, sub, mul, div, select, less, equal, and, or, abs } = L;

  const polynomial = (x: T, terms: readonly number[]): T =>
    terms.slice(1).reduce((p, c) => add(mul(p, x), constant(c)), constant(terms[0]!));

  /** Gives a result the sign of x; for functions that are 0 only at 0, where a sum loses the sign. */
  const signed = (y: T, x: T): T => or(y, and(x, word(signBit)));

  /** Set where |x| > limit or x is NaN. */
  const beyond = (x: T, limit: number): T => L.greaterWords(abs(x), constant(limit));

  /** Set where x is not a positive, normal, finite number: one comparison of words turned by 2^31. */
  const irregular = (x: T): T => L.greaterWords(L.addWords(x, word(0x7f800000)), word(-0x01000001));

  /** 2^n for the whole number n in the low bits of a word; the result is a normal number. */
  const power = (n: T): T => L.addWords(L.shiftLeft(n, 23), constant(1));

  /** x = n·log 2 + r + rest, with n as a number and in the low bits of `rounded`. */
  function reduceExp(x: T): { n: T; rounded: T; r: T; rest: T } {
    const rounded = add(mul(x, constant(Math.LOG2E)), constant(rounder));
    const n = sub(rounded, constant(rounder));
    const high = sub(x, mul(n, constant(log2High)));
    const low = mul(n, constant(log2Low));
    const r = sub(high, low);
    return { n, rounded, r, rest: sub(sub(high, r), low) };
  }

  const expCurve = (r: T): T => mul(mul(r, r), polynomial(r, expTerms));

  /** e^r, |r| ≤ log(2)/2 */
  const expNear = (r: T): T => add(add(expCurve(r), r), constant(1));

  /** The argument and the result of e^x are infinite or 0 beyond these bounds; a NaN passes. */
  const bounded = (x: T): T => L.atLeast(L.atMost(x, constant(89)), constant(-104));

  /** y·2^n in two steps, because 2^n may be no normal number; n in the low 16 bits of a word. A result is rounded once. */
  function scale(y: T, n: T): T {
    const top = L.shiftLeft(n, 16);
    const half = L.shiftRight(top, 17);
    return mul(mul(y, power(half)), power(L.subWords(L.shiftRight(top, 16), half)));
  }

  function exp(x: T): T {
    const { rounded, r } = reduceExp(bounded(x));
    return scale(expNear(r), rounded);
  }

  /** e^x as a sum of two numbers, good to 2^−26, for a body that adds to it and divides: 1/(1 + e^x). */
  function expParts(x: T): { high: T; low: T } {
    const { rounded, r, rest } = reduceExp(bounded(x));
    const sum = add(r, constant(1));
    const part = add(add(sub(r, sub(sum, constant(1))), rest), expCurve(r));
    const high = add(sum, part);
    return { high: scale(high, rounded), low: scale(sub(part, sub(high, sum)), rounded) };
  }

  // e^x − 1 = 2^n·(e^r − 1) + (2^n − 1), at half the scale because 2^128 is no number
  function expm1(x: T): T {
    const { n, rounded, r, rest } = reduceExp(L.atLeast(L.atMost(x, constant(89)), constant(-18)));
    const curve = add(add(expCurve(r), rest), r);
    const half = L.addWords(L.shiftLeft(rounded, 23), constant(0.5));
    const scaled = add(mul(curve, half), sub(half, constant(0.5)));
    return signed(select(equal(n, constant(0)), curve, add(scaled, scaled)), x);
  }

  /** x = 2^n·(1 + f) for regular x, √½ ≤ 1 + f ≤ √2. */
  function split(x: T): { n: T; f: T } {
    const turned = L.subWords(x, constant(Math.SQRT1_2));
    const m = L.addWords(and(turned, word(0x7fffff)), constant(Math.SQRT1_2));
    return { n: L.fromWord(L.shiftRight(turned, 23)), f: sub(m, constant(1)) };
  }

  /** The same for subnormal x too. */
  function splitAnywhere(x: T): { n: T; f: T } {
    const subnormal = less(x, constant(2 ** -126));
    const { n, f } = split(select(subnormal, mul(x, constant(2 ** 23)), x));
    return { n: sub(n, and(subnormal, constant(23))), f };
  }

  /** n·log 2 + log(1 + f) + rest */
  function logCurve({ n, f }: { n: T; f: T }, rest?: T): T {
    const square = mul(f, f);
    let low = add(mul(mul(square, f), polynomial(f, logTerms)), mul(n, constant(log2Low)));
    if (rest !== undefined) low = add(low, rest);
    return add(add(sub(low, mul(square, constant(0.5))), f), mul(n, constant(log2High)));
  }

  const log = (x: T): T => logEnds(x, logCurve(splitAnywhere(x)));

  /** log u where u is 0, negative, infinite or NaN (a square root knows the last three); `inside` elsewhere. */
  function logEnds(u: T, inside: T): T {
    const ends = select(equal(u, constant(0)), constant(-Infinity), L.sqrt(u));
    return select(and(less(constant(0), u), less(u, constant(Infinity))), inside, ends);
  }

  // log(1 + x) = log u + lost/u, with u = 1 + x rounded and `lost` what the rounding lost
  function log1p(x: T): T {
    const u = add(x, constant(1));
    const back = sub(u, constant(1));
    const lost = add(sub(x, back), sub(constant(1), sub(u, back)));
    return logEnds(u, signed(logCurve(split(u), div(lost, u)), x));
  }

  /** sin (turn 0) or cos (turn 1): x = n·π/2 + r; odd n swaps the two curves, n & 2 turns the sign. */
  function circular(x: T, turn: 0 | 1): T {
    const w = L.widen(x);
    const rounded = L.addWide(L.mulWide(w, L.wide(2 / Math.PI)), L.wide(wideRounder));
    const n = L.subWide(rounded, L.wide(wideRounder));
    const r = L.narrow(L.subWide(L.subWide(w, L.mulWide(n, L.wide(halfPiHigh))), L.mulWide(n, L.wide(halfPiLow))));
    const z = mul(r, r);
    const sine = signed(add(mul(mul(r, z), polynomial(z, sinTerms)), r), r);
    const cosine = sub(constant(1), sub(mul(z, constant(0.5)), mul(mul(z, z), polynomial(z, cosTerms))));
    const quadrant = turn === 0 ? L.lowWord(rounded) : L.addWords(L.lowWord(rounded), word(1));
    const odd = L.shiftRight(L.shiftLeft(quadrant, 31), 31);
    const turned = L.shiftLeft(L.shiftRightUnsigned(quadrant, 1), 31);
    const y = L.xor(select(odd, cosine, sine), turned);
    return L.rarely(beyond(x, largestAngle), y, [x], turn === 0 ? outside.sin : outside.cos);
  }

  // |x| ≤ ½: π/2 − asin x; beyond, with s = √((1 − |x|)/2): 2·asin s, or π less that
  function acos(x: T): T {
    const size = abs(x);
    const outer = less(constant(0.5), size);
    const z = select(outer, mul(sub(constant(1), size), constant(0.5)), mul(x, x));
    const s = select(outer, L.sqrt(z), x);
    const bend = mul(mul(s, z), polynomial(z, asinTerms));
    const rest = sub(constant(quarterTurn), add(s, sub(bend, constant(Math.PI / 2 - quarterTurn))));
    const arc = add(s, bend);
    const positive = select(outer, add(arc, arc), rest);
    return select(less(x, constant(-0.5)), add(rest, rest), positive);
  }

  // q = v/(v + 1) with v = (e^2|x| − 1)/2 = 2^(n−1)·(e^r − 1) + (2^n − 1)/2; what the rounding of v + 1 lost is put
  // right by 1/(v + 1) = 1 − q
  function tanh(x: T): T {
    const size = abs(x);
    const { rounded, r } = reduceExp(L.atMost(add(size, size), constant(20)));
    const half = L.addWords(L.shiftLeft(rounded, 23), constant(0.5));
    const v = add(mul(add(expCurve(r), r), half), sub(half, constant(0.5)));
    const sum = add(v, constant(1));
    const lost = sub(L.atMost(v, constant(1)), sub(sum, L.atLeast(v, constant(1))));
    const q = div(v, sum);
    return signed(sub(q, mul(mul(q, lost), sub(constant(1), q))), x);
  }

  /** y·log2 x in Float64, which is shorter and better than a compensated logarithm in Float32; 2 to the power of it. */
  function powCurve({ n, f }: { n: T; f: T }, y: T): { exponent: T; rounded: T; fraction: T } {
    const m = L.widen(f);
    const s = L.divWide(m, L.addWide(m, L.wide(2)));
    const z = L.mulWide(s, s);
    const curve = log2Terms.slice(1).reduce((p, c) => L.addWide(L.mulWide(p, z), L.wide(c)), L.wide(log2Terms[0]!));
    const exponent = L.mulWide(L.widen(y), L.addWide(L.mulWide(curve, s), L.widen(n)));
    const rounded = L.addWide(exponent, L.wide(wideRounder));
    const part = L.subWide(exponent, L.subWide(rounded, L.wide(wideRounder)));
    const fraction = expNear(L.narrow(L.mulWide(part, L.wide(Math.LN2))));
    return { exponent: L.narrow(exponent), rounded: L.lowWord(rounded), fraction };
  }

  function pow(x: T, y: T): T {
    const { exponent, rounded, fraction } = powCurve(split(x), y);
    const exact = or(or(equal(y, constant(0)), equal(y, constant(1))), equal(y, constant(2)));
    const special = or(or(irregular(x), exact), or(beyond(exponent, 126), beyond(y, largestFinite)));
    return L.rarely(special, mul(fraction, power(rounded)), [x, y], outside.pow);
  }

  function powAnywhere(x: T, y: T): T {
    const [zero, one, infinity] = [constant(0), constant(1), constant(Infinity)];
    const size = abs(x);
    const { exponent, rounded, fraction } = powCurve(splitAnywhere(size), y);
    // Where x is 0 or infinite, or y is: infinite or 0, by the side of 1 and the sign of y.
    const endless = or(or(equal(size, zero), equal(size, infinity)), L.andNot(equal(abs(y), infinity), equal(size, one)));
    const upward = L.xor(less(one, size), L.shiftRight(y, 31));
    const large = select(endless, upward, less(constant(129), exponent));
    const small = select(endless, L.xor(upward, word(-1)), less(exponent, constant(-151)));
    const inside = select(equal(size, one), one, scale(fraction, rounded));
    const whole = select(large, infinity, L.andNot(inside, small));
    // Below 0 only whole exponents have a value, and odd ones turn the sign.
    const isWhole = equal(L.floor(y), y);
    const halfY = mul(y, constant(0.5));
    const odd = L.andNot(isWhole, equal(L.floor(halfY), halfY));
    const directed = or(whole, and(and(x, odd), word(signBit)));
    const undefinedPower = L.andNot(and(less(x, zero), less(size, infinity)), isWhole);
    const known = L.andNot(and(equal(x, x), equal(y, y)), undefinedPower);
    const value = select(equal(y, constant(2)), mul(x, x), select(equal(y, one), x, select(known, directed, constant(NaN))));
    return select(or(equal(y, zero), equal(x, one)), one, value);
  }

  return {
    exp, expParts, expm1, log, log1p, acos, tanh, pow, powAnywhere,
    sin: (x: T): T => circular(x, 0), cos: (x: T): T => circular(x, 1),
  };
}
