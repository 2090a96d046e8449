// What a lane can do: the operations of a 32-bit WebAssembly lane, abstractly, and the scalar algebra of the
// primitives' bodies read in them. Elementary functions are polynomials over the same operations (`elementary.ts`),
// so what a kernel computes is written once, run as vector instructions (`lane-code.ts`), and judged as plain numbers, bit
// for bit the same (`test/compile/lane-numbers.ts`).

import type { Algebra } from '../../graph/primitive.ts';
import { elementary } from './elementary.ts';

/** Functions the host computes where the lanes' own polynomials do not reach. */
export const hostFunctions = { sin: Math.sin, cos: Math.cos } as const;
export type HostFunction = keyof typeof hostFunctions;

/**
 * T is a lane: 32 bits, read as a Float32 or as a word. W is the same lane widened to Float64 (a vector of lanes
 * widens to a pair). A comparison gives a mask: all ones or all zeros.
 */
export interface Lanes<T, W> {
  constant(x: number): T;
  word(bits: number): T;

  add(a: T, b: T): T;
  sub(a: T, b: T): T;
  mul(a: T, b: T): T;
  div(a: T, b: T): T;
  sqrt(a: T): T;
  abs(a: T): T;
  neg(a: T): T;
  floor(a: T): T;
  /** NaN when either is NaN; −0 below +0. */
  min(a: T, b: T): T;
  max(a: T, b: T): T;
  /** Cheaper bounds for a number that cannot be swallowed: a NaN in `a` passes. */
  atMost(a: T, bound: T): T;
  atLeast(a: T, bound: T): T;

  less(a: T, b: T): T;
  lessEqual(a: T, b: T): T;
  equal(a: T, b: T): T;
  differs(a: T, b: T): T;
  select(mask: T, a: T, b: T): T;
  and(a: T, b: T): T;
  /** a where b has zeros. */
  andNot(a: T, b: T): T;
  or(a: T, b: T): T;
  xor(a: T, b: T): T;

  addWords(a: T, b: T): T;
  subWords(a: T, b: T): T;
  mulWords(a: T, b: T): T;
  minWords(a: T, b: T): T;
  maxWords(a: T, b: T): T;
  equalWords(a: T, b: T): T;
  /** Compares signed words. */
  greaterWords(a: T, b: T): T;
  shiftLeft(a: T, bits: number): T;
  /** Keeps the sign. */
  shiftRight(a: T, bits: number): T;
  shiftRightUnsigned(a: T, bits: number): T;
  /** The Float32 nearest to a signed word. */
  fromWord(a: T): T;

  widen(a: T): W;
  wide(x: number): W;
  addWide(a: W, b: W): W;
  subWide(a: W, b: W): W;
  mulWide(a: W, b: W): W;
  divWide(a: W, b: W): W;
  narrow(a: W): T;
  /** The low word of each Float64. */
  lowWord(a: W): T;

  /** The host's function of x; slow. */
  host(name: HostFunction, x: T): T;
  /**
   * `usual` where the mask is clear; where it is set, what `outside` makes of the inputs. Vector code computes
   * `outside` only when some lane needs it, so special values cost nothing while there are none.
   */
  rarely(mask: T, usual: T, inputs: readonly T[], outside: Outside): T;
}

/** Written apart from the lanes around it, because it becomes a branch of its own. */
export type Outside = <U, V>(lanes: Lanes<U, V>, ...inputs: U[]) => U;

/** A body that asks for something no lane does; the reference computes it. */
export class Unreadable extends Error {}

/**
 * A number of a body. An exponential can also be had as high + low, and so can what is added to it: in 1/(1 + e^x)
 * the roundings of e^x and of the sum would cost 2.3 units in the last place. Parts nobody divides by are not written.
 */
interface Lane<T> {
  readonly value: T;
  readonly parts?: { readonly high: T; readonly low: T };
}

export type Body = <T>(algebra: Algebra<T>, ...inputs: T[]) => T;

/** What a body makes of some lanes. Throws Unreadable where no lane can do it. */
export function readBody<T, W>(L: Lanes<T, W>, body: Body, inputs: readonly T[]): T {
  return body(laneAlgebra(L), ...inputs.map((value): Lane<T> => ({ value }))).value;
}

/** The algebra of the primitives' bodies, read in lanes. */
function laneAlgebra<T, W>(L: Lanes<T, W>): Algebra<Lane<T>> {
  const E = elementary(L);
  const zero = L.constant(0);
  const unary = (f: (a: T) => T) => (a: Lane<T>): Lane<T> => ({ value: f(a.value) });
  const binary = (f: (a: T, b: T) => T) => (a: Lane<T>, b: Lane<T>): Lane<T> => ({ value: f(a.value, b.value) });
  const truth = (f: (a: T, b: T) => T) => binary((a, b) => L.and(f(a, b), L.constant(1)));
  const high = (a: Lane<T>): T => a.parts?.high ?? a.value;
  const low = (a: Lane<T>): T => a.parts?.low ?? zero;
  return {
    constant: (x) => ({ value: L.constant(x) }),
    add: (a, b) => {
      const value = L.add(a.value, b.value);
      if (a.parts === undefined && b.parts === undefined) return { value };
      const sum = L.add(high(a), high(b));
      const back = L.sub(sum, high(a));
      const lost = L.add(L.sub(high(a), L.sub(sum, back)), L.sub(high(b), back));
      return { value, parts: { high: sum, low: L.add(lost, L.add(low(a), low(b))) } };
    },
    sub: binary((a, b) => L.sub(a, b)),
    mul: binary((a, b) => L.mul(a, b)),
    div: (a, b) => {
      if (b.parts === undefined) return { value: L.div(a.value, b.value) };
      const quotient = L.div(high(a), high(b));
      const correction = L.div(L.sub(low(a), L.mul(quotient, low(b))), high(b));
      return { value: L.add(quotient, L.and(correction, L.equal(correction, correction))) };
    },
    neg: unary((a) => L.neg(a)),
    chain: binary((g, slope) => L.andNot(L.mul(g, slope), L.equal(g, zero))),
    pow: binary(E.pow),
    exp: ({ value }) => ({ value: E.exp(value), parts: E.expParts(value) }),
    log: unary(E.log),
    log1p: unary(E.log1p),
    expm1: unary(E.expm1),
    sqrt: unary((a) => L.sqrt(a)),
    sin: unary(E.sin),
    cos: unary(E.cos),
    acos: unary(E.acos),
    tanh: unary(E.tanh),
    abs: unary((a) => L.abs(a)),
    // ±0 and NaN are their own sign
    sign: unary((a) => L.select(L.less(zero, L.abs(a)), L.or(L.constant(1), L.and(a, L.word(signBit))), a)),
    floor: unary((a) => L.floor(a)),
    round: ({ value }, bits) => ({ value: rounded(L, value, bits) }),
    max: binary((a, b) => L.max(a, b)),
    min: binary((a, b) => L.min(a, b)),
    less: truth((a, b) => L.less(a, b)),
    lessEqual: truth((a, b) => L.lessEqual(a, b)),
    equal: truth((a, b) => L.equal(a, b)),
    select: (condition, a, b) => {
      const mask = L.differs(condition.value, zero);
      const value = L.select(mask, a.value, b.value);
      if (a.parts === undefined && b.parts === undefined) return { value };
      return { value, parts: { high: L.select(mask, high(a), high(b)), low: L.select(mask, low(a), low(b)) } };
    },
  };
}

const signBit = 0x80000000 | 0;

/** Rounds to `bits` bits of significand, ties to even, on the word: adds just under half a unit and cuts. */
function rounded<T, W>(L: Lanes<T, W>, x: T, bits: number): T {
  if (bits >= 24) return x;
  // With one bit the last bit kept is implicit, and its parity does not stand in the word.
  if (!(bits >= 2)) throw new Unreadable(`round to ${bits} bits`);
  const cut = 24 - bits;
  const nearest = (a: T): T => {
    const parity = L.and(L.shiftRightUnsigned(a, cut), L.word(1));
    const up = L.addWords(L.addWords(a, L.word((1 << (cut - 1)) - 1)), parity);
    return L.and(up, L.word(-(1 << cut)));
  };
  // A subnormal has its leading bit anywhere, so it is rounded where it is normal.
  const subnormal = L.less(L.abs(x), L.constant(2 ** -126));
  const scaled = L.mul(nearest(L.mul(x, L.constant(2 ** 24))), L.constant(2 ** -24));
  const finite = L.less(L.abs(x), L.constant(Infinity));
  return L.select(finite, L.select(subnormal, scaled, nearest(x)), x);
}
