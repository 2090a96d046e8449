// Elementwise composites: the comparisons and choices that need no primitive of their own. They are built from
// `where`, which selects, so a branch that is not taken never disturbs a gradient, and from comparisons a NaN fails,
// so a NaN is passed on rather than replaced.

import { DomainError, message } from '../base/errors.ts';
import { isTensor, lift, type Operand, type Tensor } from '../graph/tensor.ts';
import { abs, div, equal, less, lessEqual, mul, sub, where } from '../primitives/index.ts';
import { demandFit, demandFloat, demandOptions, demandTensor } from './operands.ts';
import { uniform } from './random.ts';

/**
 * 1 where a > b, else 0.
 *
 * Shapes    a, b broadcast → their common shape, in their type
 * Gradient  none: piecewise constant
 * Edges     0 beside a NaN
 */
export function greater(a: Operand, b: Operand): Tensor {
  demandFit(a, b, 'greater');
  return less(b, a);
}

/**
 * 1 where a ≥ b, else 0.
 *
 * Shapes    a, b broadcast → their common shape, in their type
 * Gradient  none: piecewise constant
 * Edges     0 beside a NaN
 */
export function greaterEqual(a: Operand, b: Operand): Tensor {
  demandFit(a, b, 'greaterEqual');
  return lessEqual(b, a);
}

/**
 * 1 where a ≠ b, else 0.
 *
 * Shapes    a, b broadcast → their common shape, in their type
 * Gradient  none: piecewise constant
 * Edges     1 beside a NaN, which equals nothing
 */
export function notEqual(a: Operand, b: Operand): Tensor {
  demandFit(a, b, 'notEqual');
  return sub(1, equal(a, b));
}

/**
 * 1 where x is a finite number, 0 at ±∞ and NaN.
 *
 * Shapes    any → the same, in the type of x
 * Gradient  none: piecewise constant
 * Edges     every i32 is finite
 */
export function isFinite(x: Tensor): Tensor {
  demandTensor(x, 'isFinite');
  return x.dtype === 'i32' ? equal(x, x) : less(abs(x), Infinity);
}

/**
 * x·x.
 *
 * Equation  square(x) = x²
 * Shapes    any → the same
 * Gradient  2x times the cotangent
 */
export function square(x: Operand): Tensor {
  return mul(x, x);
}

/**
 * 1/x.
 *
 * Equation  reciprocal(x) = 1 / x
 * Shapes    any → the same
 * Gradient  −1/x² times the cotangent
 * Edges     ±∞ at ±0
 * Throws    DTypeError for i32
 */
export function reciprocal(x: Operand): Tensor {
  return div(1, x);
}

/**
 * The positive part.
 *
 * Equation  relu(x) = x if x > 0, else 0
 * Shapes    any → the same
 * Gradient  1 for x > 0, 0 for x ≤ 0 (also at 0)
 * Edges     NaN gives NaN
 */
export function relu(x: Operand): Tensor {
  // A comparison that NaN fails must choose x, or the NaN would become 0.
  return where(lessEqual(x, 0), 0, x);
}

/**
 * The positive part, and a learned multiple of the negative part.
 *
 * Equation  prelu(x) = x if x > 0, slope·x if x < 0, 0 at 0
 * Shapes    x any, slope broadcasts against it → their common shape
 * Gradient  1 for x > 0, slope for x < 0, 0 at 0; of the slope: x for x < 0, else 0
 * Edges     NaN gives NaN
 */
export function prelu(x: Operand, slope: Operand): Tensor {
  demandFit(x, slope, 'prelu');
  return where(less(x, 0), mul(slope, x), relu(x));
}

export interface Bounds {
  readonly min?: Operand;
  readonly max?: Operand;
}

/**
 * x, or the bound it lies beyond.
 *
 * Equation  clamp(x) = min if x < min, max if x > max, else x
 * Shapes    x any, the bounds broadcast against it → their common shape
 * Gradient  1 inside and at both bounds, 0 beyond; a bound that is a tensor receives the cotangent where it is taken
 * Edges     NaN gives NaN; where min > max the result is max
 * Throws    DomainError for a bound that is NaN
 */
export function clamp(x: Operand, bounds: Bounds): Tensor {
  demandOptions(bounds, ['min', 'max'], 'clamp');
  const { min, max } = bounds;
  for (const bound of [min, max]) {
    if (typeof bound === 'number' && Number.isNaN(bound)) {
      throw new DomainError(message(
        `clamp: min ${boundText(min)}, max ${boundText(max)}`,
        'A bound is a number, not NaN', 'Leave a bound out when there is none'));
    }
  }
  const above = min === undefined ? x : where(less(x, min), min, x);
  return lift(max === undefined ? above : where(less(max, above), max, above), 'f32');
}

const boundText = (bound: Operand | undefined): string => (isTensor(bound) ? String(bound) : String(bound ?? 'none'));

export interface DropoutOptions {
  /** The fraction of elements set to 0, in [0, 1). */
  readonly rate: number;
  /** Where the randomness comes from; the same key drops the same elements. */
  readonly key: Tensor;
}

/**
 * Sets a random fraction of the elements to 0 and scales up the rest, so that the expectation stays.
 *
 * Equation  dropout(x) = x/(1 − rate) where u ≥ rate, else 0, with u uniform in [0, 1)
 * Shapes    any → the same
 * Gradient  1/(1 − rate) where the element was kept, else 0
 * Edges     rate 0 returns x itself
 * Throws    DomainError for a rate outside [0, 1); DTypeError for i32 or a key that is none
 */
export function dropout(x: Tensor, options: DropoutOptions): Tensor {
  demandFloat(x, 'dropout');
  demandOptions(options, ['rate', 'key'], 'dropout');
  const { rate, key } = options;
  if (!(rate >= 0 && rate < 1)) {
    throw new DomainError(message(`dropout: rate ${rate}`, 'The rate lies in [0, 1)', 'Use 0 to drop nothing'));
  }
  if (rate === 0) return x;
  const dropped = less(uniform(key, x.shape, { dtype: x.dtype }), rate);
  return where(dropped, 0, mul(x, 1 / (1 - rate)));
}
