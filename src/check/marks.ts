// Whether two equal numbers are the same number or were rounded to it. A mark goes with every value: 0 where nothing was
// rounded on the way, else a hash of the step that rounded and of its operands with their marks. Steps that are exact at
// their operands (2 · 3, x + 0, a maximum, a selection) pass marks on as dual numbers pass tangents. So equal values
// with equal marks were made by the same roundings, or by none. What is not known to be exact counts as rounded.

import { threefry, uniformFromBits } from '../base/random.ts';
import type { Algebra } from '../graph/primitive.ts';
import { Value } from '../graph/value.ts';
import { numbers } from '../primitives/algebra.ts';
import { type Dual, duals } from './dualNumbers.ts';

const pair = new Float64Array(2);
const bits = new Int32Array(pair.buffer);
const words = new Int32Array(2);

/** A number in [½, 1) that stands for a value and its mark. */
function hash(value: number, mark: number): number {
  // −0 is 0.
  [pair[0], pair[1]] = [value + 0, mark + 0];
  threefry(bits[0]!, bits[1]!, bits[2]!, bits[3]!, words, 0);
  return 0.5 + uniformFromBits(words[0]!) / 2;
}

const fits = (x: number, significant: number): boolean => numbers.round(x, significant) === x;

function exactSum(a: number, b: number): boolean {
  const sum = a + b;
  const added = sum - a;
  return a - (sum - added) + (b - added) === 0;
}

/** 53 bits hold the product, and it is not too small for them. */
const exactProduct = (a: number, b: number): boolean =>
  a === 0 || b === 0 || (Math.abs(a * b) > 1e-290 && [[1, 53], [26, 27], [27, 26], [53, 1]].some(([m, n]) => fits(a, m!) && fits(b, n!)));

type Exact = (result: number, ...operands: Dual[]) => boolean;

/** Exact at one number that is itself exact: exp 0 = 1. */
const only = (at: number): Exact => (_, a) => a!.value === at && a!.tangent === 0;

/** Where the functions that round are exact; all others are everywhere. */
const exactness: Partial<Record<keyof Algebra<Dual>, Exact>> = {
  add: (_, a, b) => exactSum(a!.value, b!.value),
  sub: (_, a, b) => exactSum(a!.value, -b!.value),
  mul: (_, a, b) => exactProduct(a!.value, b!.value),
  chain: (_, a, b) => exactProduct(a!.value, b!.value),
  div: (result, a, b) => exactProduct(result, b!.value) && result * b!.value === a!.value,
  pow: (_, a, b) => b!.tangent === 0 && (b!.value === 0 || b!.value === 1
    || (a!.tangent === 0 && Number.isInteger(b!.value) && b!.value > 0 && fits(a!.value, Math.floor(53 / b!.value)))),
  sqrt: (result, a) => a!.tangent === 0 && exactProduct(result, result) && result * result === a!.value,
  exp: only(0), expm1: only(0), log: only(1), log1p: only(0), sin: only(0), cos: only(0), acos: only(1), tanh: only(0),
};

type Operation<T> = (...operands: T[]) => T;
const [pushed, plain] = [duals, numbers] as unknown as [Record<string, Operation<Dual>>, Record<string, Operation<number>>];

function marking(name: string, exact: Exact): Operation<Dual> {
  return (...operands) => {
    const result = pushed[name]!(...operands);
    if (exact(result.value, ...operands)) return result;
    return { ...result, tangent: plain[name]!(...operands.map(({ value, tangent }) => hash(value, tangent))) };
  };
}

/** Dual numbers with marks for tangents. */
export const marked: Algebra<Dual> =
  { ...duals, ...Object.fromEntries(Object.entries(exactness).map(([name, exact]) => [name, marking(name, exact)])) };

/**
 * The marks of sums: those passed on where one term or whole numbers are added, else the same step taken of hashes.
 * `operands` are those the step is linear in, `run` takes it of others, `passed` is what it makes of their marks.
 */
export function marksOfSums(
  operands: readonly { readonly value: Value; readonly tangent?: Value | undefined }[], isProduct: boolean,
  run: (operands: readonly Value[]) => Value, passed: Value | undefined,
): Value {
  const each = (f: (value: number, mark: number) => number): Value => run(operands.map(({ value, tangent }) => {
    const marks = tangent?.data();
    return new Value('f64', value.shape, Float64Array.from(value.data(), (x, i) => f(x, marks?.[i] ?? 0)));
  }));
  const whole = operands.every(({ value }) => value.data().every((x: number) => Number.isInteger(x) && Math.abs(x) < 2 ** 20));
  const terms = each((x, mark) => (x === 0 && mark === 0 ? 0 : 1)).data();
  const marks = each(hash);
  const before = passed?.data();
  const exact = (i: number): boolean => whole || (!isProduct && terms[i]! <= 1);
  return new Value('f64', marks.shape, Float64Array.from(marks.data(), (mark, i) => (exact(i) ? before?.[i] ?? 0 : mark)));
}
