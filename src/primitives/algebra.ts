// Two readings of the scalar algebra: numbers (the reference) and text (the formula that is printed). Dual numbers
// are in `check/dual`. IEEE 754 where JavaScript departs from it: pow(1, NaN) and pow(±1, ±∞) are 1.

import type { Algebra } from '../graph/primitive.ts';

const scratch = new DataView(new ArrayBuffer(8));

/** Rounds a number to `bits` bits of significand, ties to even; NaN and infinities pass. */
function roundBits(x: number, bits: number): number {
  if (!Number.isFinite(x) || x === 0) return x;
  scratch.setFloat64(0, x);
  const exponent = ((scratch.getUint16(0) >>> 4) & 0x7ff) - 1023;
  const unit = 2 ** (exponent - bits + 1);
  if (unit === 0) return x;
  const scaled = x / unit;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  return (up ? floor + 1 : floor) * unit;
}

export const numbers: Algebra<number> = {
  constant: (x) => x,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  neg: (a) => -a,
  chain: (g, slope) => (g === 0 ? 0 : g * slope),
  pow: (a, b) => (a === 1 || (a === -1 && (b === Infinity || b === -Infinity)) ? 1 : a ** b),
  exp: Math.exp,
  log: Math.log,
  log1p: Math.log1p,
  expm1: Math.expm1,
  sqrt: Math.sqrt,
  sin: Math.sin,
  cos: Math.cos,
  acos: Math.acos,
  tanh: Math.tanh,
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  round: roundBits,
  max: Math.max,
  min: Math.min,
  less: (a, b) => (a < b ? 1 : 0),
  lessEqual: (a, b) => (a <= b ? 1 : 0),
  equal: (a, b) => (a === b ? 1 : 0),
  select: (condition, a, b) => (condition !== 0 ? a : b),
};

/** Numbers of 32-bit integer steps: a product of two 32-bit integers does not fit a double. */
export const integers: Algebra<number> = { ...numbers, mul: Math.imul, add: (a, b) => (a + b) | 0, sub: (a, b) => (a - b) | 0 };

/** Text with precedence: 1 sum, 2 product, 3 negation, 4 power, 5 atom. */
interface Text {
  readonly text: string;
  readonly level: number;
}

const call = (name: string) => (...args: Text[]): Text => ({ text: `${name}(${args.map((a) => a.text).join(', ')})`, level: 5 });
const wrap = (x: Text, level: number): string => (x.level < level ? `(${x.text})` : x.text);
const infix = (sign: string, level: number, rightLevel: number) => (a: Text, b: Text): Text =>
  ({ text: `${wrap(a, level)} ${sign} ${wrap(b, rightLevel)}`, level });

const texts: Algebra<Text> = {
  constant: (x) => ({ text: String(x), level: x < 0 ? 3 : 5 }),
  add: infix('+', 1, 1),
  sub: infix('−', 1, 2),
  mul: infix('·', 2, 2),
  div: infix('/', 2, 3),
  neg: (a) => ({ text: `−${wrap(a, 3)}`, level: 3 }),
  chain: infix('·', 2, 2),
  pow: (a, b) => ({ text: `${wrap(a, 5)}^${wrap(b, 5)}`, level: 4 }),
  exp: call('exp'),
  log: call('log'),
  log1p: call('log1p'),
  expm1: call('expm1'),
  sqrt: call('sqrt'),
  sin: call('sin'),
  cos: call('cos'),
  acos: call('acos'),
  tanh: call('tanh'),
  abs: (a) => ({ text: `|${a.text}|`, level: 5 }),
  sign: call('sign'),
  floor: (a) => ({ text: `⌊${a.text}⌋`, level: 5 }),
  round: (a, bits) => ({ text: `round(${a.text}, ${bits} bits)`, level: 5 }),
  max: call('max'),
  min: call('min'),
  less: infix('<', 0, 1),
  lessEqual: infix('≤', 0, 1),
  equal: infix('=', 0, 1),
  select: (c, a, b) => ({ text: `${wrap(a, 1)} if ${c.text} else ${b.text}`, level: -1 }),
};

/** Held together by itself: a name, a number, a call; no sign stands outside its brackets. */
function isAtom(text: string): boolean {
  let depth = 0;
  for (const char of text) {
    if (depth === 0 && ' +−·/^'.includes(char)) return false;
    depth += '([{'.includes(char) ? 1 : ')]}'.includes(char) ? -1 : 0;
  }
  return !text.startsWith('-');
}

/** The formula of a map body, given the text of its operands. */
export function bodyText(body: (algebra: Algebra<Text>, ...inputs: Text[]) => Text, inputs: readonly string[]): string {
  return body(texts, ...inputs.map((text) => ({ text, level: isAtom(text) ? 5 : 0 }))).text;
}
