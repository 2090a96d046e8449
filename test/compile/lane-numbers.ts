// Lanes read as plain numbers: a lane is the 32-bit word it holds, a widened lane a double. Every operation does what
// one lane of the vector instruction does, rounding with Math.fround, so the error of a polynomial can be found
// without assembling anything. NaNs are kept as words because a mask is a NaN when it is read as a number.

import { hostFunctions, type Lanes } from '../../src/compile/wasm/lanes.ts';
import { toWord } from '../../src/compile/wasm/writing.ts';

const words = new Int32Array(1);
const floats = new Float32Array(words.buffer);
const doubles = new Float64Array(1);
const halves = new Int32Array(doubles.buffer);

export function fromWord(word: number): number {
  words[0] = word;
  return floats[0]!;
}

const unary = (f: (a: number) => number) => (a: number): number => toWord(f(fromWord(a)));
const binary = (f: (a: number, b: number) => number) => (a: number, b: number): number => toWord(f(fromWord(a), fromWord(b)));
const compare = (f: (a: number, b: number) => boolean) => (a: number, b: number): number =>
  (f(fromWord(a), fromWord(b)) ? -1 : 0);

export const laneNumbers: Lanes<number, number> = {
  constant: toWord,
  word: (bits) => bits | 0,
  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b),
  div: binary((a, b) => a / b),
  sqrt: unary(Math.sqrt),
  abs: (a) => a & 0x7fffffff,
  neg: (a) => a ^ 0x80000000,
  floor: unary(Math.floor),
  min: binary(Math.min),
  max: binary(Math.max),
  atMost: (a, bound) => (fromWord(bound) < fromWord(a) ? bound : a),
  atLeast: (a, bound) => (fromWord(a) < fromWord(bound) ? bound : a),
  less: compare((a, b) => a < b),
  lessEqual: compare((a, b) => a <= b),
  equal: compare((a, b) => a === b),
  differs: compare((a, b) => a !== b),
  select: (mask, a, b) => (mask & a) | (~mask & b),
  and: (a, b) => a & b,
  andNot: (a, b) => a & ~b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  addWords: (a, b) => (a + b) | 0,
  subWords: (a, b) => (a - b) | 0,
  mulWords: Math.imul,
  minWords: Math.min,
  maxWords: Math.max,
  equalWords: (a, b) => (a === b ? -1 : 0),
  greaterWords: (a, b) => (a > b ? -1 : 0),
  shiftLeft: (a, bits) => a << bits,
  shiftRight: (a, bits) => a >> bits,
  shiftRightUnsigned: (a, bits) => (a >>> bits) | 0,
  fromWord: (a) => toWord(a),
  widen: fromWord,
  wide: (x) => x,
  addWide: (a, b) => a + b,
  subWide: (a, b) => a - b,
  mulWide: (a, b) => a * b,
  divWide: (a, b) => a / b,
  narrow: toWord,
  lowWord: (a) => {
    doubles[0] = a;
    return halves[0]!;
  },
  host: (name, x) => toWord(hostFunctions[name](fromWord(x))),
  rarely: (mask, usual, inputs, outside) => (mask !== 0 ? outside(laneNumbers, ...inputs) : usual),
};
