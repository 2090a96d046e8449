// Tensors made from nothing but a shape. `zeros`, `ones` and `full` keep a single number in memory however large the
// shape. (`tensor`, which copies numbers in, is in graph/tensor; random tensors are in random.)

import type { DType } from '../base/dtype.ts';
import { DomainError, DTypeError, message } from '../base/errors.ts';
import type { Shape } from '../base/shape.ts';
import { filled, type Tensor } from '../graph/tensor.ts';
import { add, cast, equal, iota, mul, reshape } from '../primitives/index.ts';
import { demandOptions } from './operands.ts';

export interface CreateOptions {
  /** Default f32. */
  readonly dtype?: DType;
}

/**
 * A tensor of zeros.
 *
 * Shapes    → shape
 * Gradient  none: a constant
 * Throws    ShapeError for sizes that are no whole numbers ≥ 0
 */
export function zeros(shape: Shape, options: CreateOptions = {}): Tensor {
  return full(shape, 0, options);
}

/**
 * A tensor of ones.
 *
 * Shapes    → shape
 * Gradient  none: a constant
 * Throws    ShapeError for sizes that are no whole numbers ≥ 0
 */
export function ones(shape: Shape, options: CreateOptions = {}): Tensor {
  return full(shape, 1, options);
}

/**
 * One number everywhere.
 *
 * Shapes    → shape
 * Gradient  none: a constant
 * Throws    ShapeError for sizes that are no whole numbers ≥ 0; DTypeError for an i32 that is no 32-bit integer
 */
export function full(shape: Shape, value: number, options: CreateOptions = {}): Tensor {
  demandOptions(options, ['dtype'], 'full');
  const { dtype = 'f32' } = options;
  if (dtype === 'i32' && value !== (value | 0)) {
    throw new DTypeError(message(
      `full: the value ${value} as i32`, 'i32 holds whole numbers from −2^31 to 2^31 − 1', "Use dtype 'f32' or 'f64'"));
  }
  return filled(value, shape, dtype);
}

/**
 * Equally spaced numbers: `arange(stop)`, `arange(start, stop)` or `arange(start, stop, step)`, options last.
 *
 * Equation  arange(a, b, h)_i = a + i·h,  i = 0 … ⌈(b − a)/h⌉ − 1
 * Shapes    → [n], without the stop
 * Gradient  none: a constant
 * Edges     empty when the stop does not lie ahead
 * Throws    DomainError for a step of 0 or a bound that is not finite; DTypeError for fractions as i32
 */
export function arange(stop: number, options?: CreateOptions): Tensor;
export function arange(start: number, stop: number, options?: CreateOptions): Tensor;
export function arange(start: number, stop: number, step: number, options?: CreateOptions): Tensor;
export function arange(...args: readonly (number | CreateOptions | undefined)[]): Tensor {
  const numbers = args.filter((arg) => typeof arg === 'number');
  const options = args.find((arg) => typeof arg === 'object') ?? {};
  demandOptions(options, ['dtype'], 'arange');
  const { dtype = 'f32' } = options;
  const [start, stop, step = 1] = numbers.length === 1 ? [0, ...numbers] : numbers;
  const count = Math.max(0, Math.ceil((stop! - start!) / step));
  if (!Number.isFinite(count) || step === 0) {
    throw new DomainError(message(
      `arange: ${numbers.join(', ')}`,
      'Bounds are finite and the step is not 0', 'Write arange(stop), arange(start, stop) or arange(start, stop, step)'));
  }
  const places = iota(count, dtype);
  const scaled = step === 1 ? places : mul(places, step);
  return start === 0 ? scaled : add(scaled, start!);
}

/**
 * The identity matrix.
 *
 * Shapes    → [n, n]
 * Gradient  none: a constant
 * Throws    ShapeError for a size that is no whole number ≥ 0
 */
export function eye(n: number, options: CreateOptions = {}): Tensor {
  demandOptions(options, ['dtype'], 'eye');
  const places = iota(n, 'i32');
  return cast(equal(reshape(places, [n, 1]), reshape(places, [1, n])), options.dtype ?? 'f32');
}
