// Randomness is a function of a key: the same key gives the same bits on every platform, in any order, traced or not.
// `foldIn` derives further keys, so nothing has a state. Uniform and normal numbers are composites of the bits.
// `rng` is the convenience for scripts: it counts its calls, and therefore refuses to be recorded without numbers.

import type { FloatDType } from '../base/dtype.ts';
import { DomainError, message, TraceError } from '../base/errors.ts';
import { threefry } from '../base/random.ts';
import { checkList, type Shape } from '../base/shape.ts';
import { currentRecorder } from '../graph/recorder.ts';
import { type Operand, type Tensor, tensor } from '../graph/tensor.ts';
import {
  add, argsortAxis, cast, cos, less, log, mul, neg, padEdges, randomBits, reshape, slice, sqrt, sub, where,
} from '../primitives/index.ts';
import { demandOptions, demandTensor } from './operands.ts';

/**
 * A key from a seed.
 *
 * Shapes    → [2] of i32
 * Gradient  none
 * Edges     the seed is hashed, so neighbouring seeds have unrelated keys
 * Throws    DomainError for a seed that is not a whole number within ±(2^53 − 1)
 */
export function key(seed: number): Tensor {
  if (!Number.isSafeInteger(seed)) {
    throw new DomainError(message(`key: seed ${seed}`, 'A seed is a whole number within ±(2^53 − 1)', 'Use any such number'));
  }
  const words = new Int32Array(2);
  threefry(0, 0, seed | 0, Math.floor(seed / 2 ** 32) | 0, words, 0);
  return tensor(words);
}

/** A constant no caller chooses: a key derived with n = 0 is not the first two words of its parent. */
const derived = 0x5bd1e995;

/**
 * The n-th key derived from a key.
 *
 * Equation  foldIn(key, n) = randomBits(key + [n, 0x5bd1e995], [2])
 * Shapes    key [2], n one element → [2] of i32
 * Gradient  none
 * Edges     n may be a tensor (a step counter in a compiled program); a float one is cast to i32
 * Throws    DomainError for a number that is no 32-bit integer
 */
export function foldIn(key: Tensor, n: Operand): Tensor {
  demandTensor(key, 'foldIn');
  if (typeof n === 'number' && n !== (n | 0)) {
    throw new DomainError(message(`foldIn: n = ${n}`, 'n is a 32-bit integer', 'Fold in large numbers in two steps'));
  }
  const offset = typeof n === 'number'
    ? tensor(Int32Array.of(n, derived))
    : padEdges(reshape(cast(n, 'i32'), [1]), [[0, 1, 0]], derived);
  return randomBits(add(key, offset), [2]);
}

export interface UniformOptions {
  readonly low?: number;
  readonly high?: number;
  readonly dtype?: FloatDType;
}

/**
 * Uniform random numbers in [low, high).
 *
 * Equation  uniform = low + (high − low)·⌊b / 2^8⌋ / 2^24, with b the unsigned 32 random bits
 * Shapes    → shape; [0, 1) by default
 * Gradient  none
 * Edges     2^24 equally spaced values, the same in f32 and f64; beside a large low, rounding may reach high
 * Throws    DTypeError or ShapeError for a key that is none
 */
export function uniform(key: Tensor, shape: Shape, options: UniformOptions = {}): Tensor {
  demandOptions(options, ['low', 'high', 'dtype'], 'uniform');
  checkList(shape, 'uniform');
  const { low = 0, high = 1, dtype = 'f32' } = options;
  const unit = unitFromBits(randomBits(key, shape), dtype);
  return low === 0 && high === 1 ? unit : add(mul(unit, high - low), low);
}

/**
 * ⌊b / 2^8⌋ / 2^24 exactly, in Float32 as in Float64. A Float32 cast of b itself would round its 32 bits to 24, up to
 * 1 in the worst case. So the low byte goes first: shifted to the top by a wrapping product it survives the cast.
 */
function unitFromBits(bits: Tensor, dtype: FloatDType): Tensor {
  const signed = mul(cast(mul(bits, 2 ** 24), dtype), 2 ** -24);
  const low = cast(where(less(signed, 0), add(signed, 256), signed), 'i32');
  const unit = mul(cast(sub(bits, low), dtype), 2 ** -32);
  return where(less(unit, 0), add(unit, 1), unit);
}

export interface NormalOptions {
  readonly mean?: number;
  readonly std?: number;
  readonly dtype?: FloatDType;
}

/**
 * Normal random numbers (Box and Muller 1958).
 *
 * Equation  normal = mean + std·√(−2 log u)·cos(2πv), with u in (0, 1] and v in [0, 1) uniform
 * Shapes    → shape; mean 0 and standard deviation 1 by default
 * Gradient  none
 * Edges     u has 24 bits, so no value is farther than 5.77 standard deviations from the mean
 * Throws    DTypeError or ShapeError for a key that is none
 */
export function normal(key: Tensor, shape: Shape, options: NormalOptions = {}): Tensor {
  demandOptions(options, ['mean', 'std', 'dtype'], 'normal');
  checkList(shape, 'normal');
  const { mean = 0, std = 1, dtype = 'f32' } = options;
  const pairs = uniform(key, [2, ...shape], { dtype });
  const part = (i: number): Tensor => reshape(slice(pairs, [[i, i + 1]]), shape);
  const radius = sqrt(mul(neg(log(sub(1, part(0)))), 2));
  const unit = mul(radius, cos(mul(part(1), 2 * Math.PI)));
  return mean === 0 && std === 1 ? unit : add(mul(unit, std), mean);
}

/** A source of random tensors that remembers how often it was asked. */
export interface Rng {
  uniform(shape: Shape, options?: UniformOptions): Tensor;
  normal(shape: Shape, options?: NormalOptions): Tensor;
  /** 0 … n − 1 in random order; i32. */
  permutation(n: number): Tensor;
}

/**
 * Random tensors one after the other, for scripts: the k-th call uses foldIn(key(seed), k).
 *
 * Shapes    as asked for in each call
 * Gradient  none
 * Throws    TraceError when asked while a program is only being recorded (use a key there); DomainError for a bad seed
 */
export function rng(seed: number): Rng {
  const root = key(seed);
  let calls = 0;
  const next = (): Tensor => {
    if (currentRecorder()?.mode === 'abstract') {
      throw new TraceError(message(
        'rng: called while the program is only being recorded',
        'A recorded program would repeat the same numbers at every run',
        'Pass a key as an argument and use uniform, normal or dropout with it'));
    }
    return foldIn(root, calls++);
  };
  return {
    uniform: (shape, options) => uniform(next(), shape, options),
    normal: (shape, options) => normal(next(), shape, options),
    permutation: (n) => argsortAxis(randomBits(next(), [n]), 0),
  };
}
