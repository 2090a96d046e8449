// Reductions: axes that disappear (or stay with size 1). Only sum, max and argmax are primitives; the others are
// written in them, so their derivatives of any order come from three rules.
// The axes default to all of them; `axis` takes one or several, counted from the end when negative.

import { message, ShapeError } from '../base/errors.ts';
import { normalizeAxes, normalizeAxis, shapeText } from '../base/shape.ts';
import { filled, type Tensor } from '../graph/tensor.ts';
import {
  add, argmaxAxis, div, equal, exp, log, maxAxes, mul, neg, padEdges, reshape, slice, stopGradient, sub, sumAxes, where,
} from '../primitives/index.ts';
import { isFinite, square } from './elementwise.ts';
import { demandElements, demandFloat, demandOptions, demandTensor } from './operands.ts';

export interface ReduceOptions {
  /** The axes to reduce; all of them when left out. */
  readonly axis?: number | readonly number[];
  /** Keep reduced axes with size 1. Default false. */
  readonly keepDims?: boolean;
}

/** The axes to reduce, counted from the front in ascending order; `more` are the other options an op knows. */
export function axesOf(x: Tensor, options: ReduceOptions, who: string, more: readonly string[] = []): number[] {
  demandOptions(options, ['axis', 'keepDims', ...more], who);
  return normalizeAxes(options.axis, x.rank, who);
}

/** Removes the reduced axes (which have size 1 by now) unless they are to be kept. */
function drop(x: Tensor, axes: readonly number[], keepDims = false): Tensor {
  return keepDims ? x : reshape(x, x.shape.filter((_, axis) => !axes.includes(axis)));
}

/**
 * The sum over some axes.
 *
 * Equation  sum(x) = Σ x
 * Shapes    [..., n, ...] → [..., ...], or [..., 1, ...] with keepDims
 * Gradient  the cotangent expanded over the summed axes
 * Edges     the sum of nothing is 0; accumulated in double and pairwise, rounded once; i32 wraps at 32 bits
 * Throws    ShapeError for an axis out of range or named twice
 */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  demandTensor(x, 'sum');
  const axes = axesOf(x, options, 'sum');
  return drop(sumAxes(x, axes), axes, options.keepDims);
}

/**
 * The arithmetic mean over some axes.
 *
 * Equation  mean(x) = Σ x / n
 * Shapes    [..., n, ...] → [..., ...], or [..., 1, ...] with keepDims
 * Gradient  the cotangent divided by n, expanded
 * Throws    ShapeError for an axis out of range or of size 0; DTypeError for i32
 */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  demandFloat(x, 'mean');
  const axes = axesOf(x, options, 'mean');
  demandElements(x, axes, 'mean');
  return div(drop(sumAxes(x, axes), axes, options.keepDims), countOf(x, axes));
}

function countOf(x: Tensor, axes: readonly number[]): number {
  return axes.reduce((count, axis) => count * x.shape[axis]!, 1);
}

/**
 * The largest element over some axes.
 *
 * Shapes    [..., n, ...] → [..., ...], or [..., 1, ...] with keepDims
 * Gradient  shared evenly by all elements tied for the maximum
 * Edges     a NaN counts as the maximum
 * Throws    ShapeError for an axis out of range or of size 0
 */
export function max(x: Tensor, options: ReduceOptions = {}): Tensor {
  demandTensor(x, 'max');
  const axes = axesOf(x, options, 'max');
  demandElements(x, axes, 'max');
  return drop(maxAxes(x, axes), axes, options.keepDims);
}

/**
 * The smallest element over some axes.
 *
 * Equation  min(x) = −max(−x)
 * Shapes    [..., n, ...] → [..., ...], or [..., 1, ...] with keepDims
 * Gradient  shared evenly by all elements tied for the minimum
 * Edges     a NaN counts as the minimum
 * Throws    ShapeError for an axis out of range or of size 0
 */
export function min(x: Tensor, options: ReduceOptions = {}): Tensor {
  demandTensor(x, 'min');
  demandElements(x, axesOf(x, options, 'min'), 'min');
  // −x overflows at the smallest 32-bit integer; −1 − x never does and turns the order round as well.
  const mirror = (y: Tensor): Tensor => (y.dtype === 'i32' ? sub(-1, y) : neg(y));
  return mirror(max(mirror(x), options));
}

/**
 * The product over some axes.
 *
 * Equation  prod(x) = Π x
 * Shapes    [..., n, ...] → [..., ...], or [..., 1, ...] with keepDims
 * Gradient  for each element the product of the others, never the product divided by the element: exact with zeros
 * Edges     the product of nothing is 1; multiplied as a balanced tree
 * Throws    ShapeError for an axis out of range or named twice
 */
export function prod(x: Tensor, options: ReduceOptions = {}): Tensor {
  demandTensor(x, 'prod');
  const axes = axesOf(x, options, 'prod');
  return drop(axes.reduce(halve, x), axes, options.keepDims);
}

/** Multiplies the two halves of an axis until one element is left; an odd half is filled up with 1. */
function halve(x: Tensor, axis: number): Tensor {
  if (x.shape[axis] === 0) return filled(1, x.shape.map((n, a) => (a === axis ? 1 : n)), x.dtype);
  let product = x;
  for (let n = x.shape[axis]!; n > 1; n = Math.ceil(n / 2)) {
    const half = Math.ceil(n / 2);
    const part = (from: number, to: number): Tensor => slice(product, x.shape.map((_, a) => (a === axis ? [from, to] : null)));
    const edges = x.shape.map((_, a) => [0, a === axis ? 2 * half - n : 0, 0] as const);
    product = mul(part(0, half), padEdges(part(half, n), edges, 1));
  }
  return product;
}

/**
 * The variance over some axes, in two passes: the mean first, then the mean square of what is left.
 *
 * Equation  variance(x) = Σ (x − mean(x))² / (n − correction)
 * Shapes    [..., n, ...] → [..., ...], or [..., 1, ...] with keepDims
 * Gradient  exact; 2·(x − mean(x)) / (n − correction) times the cotangent
 * Edges     correction 0 (the default) is the population's variance, 1 the unbiased estimate; a constant gives 0
 * Throws    ShapeError for an axis out of range, or for no more than `correction` elements; DTypeError for i32
 */
export function variance(x: Tensor, options: ReduceOptions & { readonly correction?: 0 | 1 } = {}): Tensor {
  demandFloat(x, 'variance');
  const axes = axesOf(x, options, 'variance', ['correction']);
  demandElements(x, axes, 'variance');
  const freedom = countOf(x, axes) - (options.correction ?? 0);
  if (freedom < 1) {
    throw new ShapeError(message(
      `variance: one element along axes ${shapeText(axes)} of ${shapeText(x.shape)}, correction 1`,
      'An unbiased estimate needs two elements', 'Use correction 0'));
  }
  const rest = sub(x, mean(x, { axis: axes, keepDims: true }));
  return div(drop(sumAxes(square(rest), axes), axes, options.keepDims), freedom);
}

export interface ArgOptions {
  /** One axis; the row-major position in the whole tensor when left out. */
  readonly axis?: number;
  readonly keepDims?: boolean;
}

/**
 * The position of the first largest element.
 *
 * Shapes    [..., n, ...] → [..., ...] of i32, or [..., 1, ...] with keepDims
 * Gradient  none: a position is piecewise constant
 * Edges     the first of tied elements; a NaN counts as the maximum
 * Throws    ShapeError for an axis out of range or of size 0; DTypeError for i32
 */
export function argmax(x: Tensor, options: ArgOptions = {}): Tensor {
  return place(x, options, 'argmax', (y) => y);
}

/**
 * The position of the first smallest element.
 *
 * Shapes    [..., n, ...] → [..., ...] of i32, or [..., 1, ...] with keepDims
 * Gradient  none: a position is piecewise constant
 * Edges     the first of tied elements; a NaN counts as the minimum
 * Throws    ShapeError for an axis out of range or of size 0; DTypeError for i32
 */
export function argmin(x: Tensor, options: ArgOptions = {}): Tensor {
  return place(x, options, 'argmin', neg);
}

function place(x: Tensor, options: ArgOptions, who: string, order: (x: Tensor) => Tensor): Tensor {
  demandFloat(x, who);
  demandOptions(options, ['axis', 'keepDims'], who);
  const { axis, keepDims = false } = options;
  if (axis === undefined) {
    const flat = reshape(x, [x.size]);
    demandElements(flat, [0], who);
    return reshape(argmaxAxis(order(flat), 0), keepDims ? x.shape.map(() => 1) : []);
  }
  const at = normalizeAxis(axis, x.rank, who);
  demandElements(x, [at], who);
  return drop(argmaxAxis(order(x), at), [at], keepDims);
}

/**
 * What is subtracted before exponentials so that none overflows: the maximum, or 0 where that is not finite. Its
 * value cancels, so it is a constant to every derivative. Kept with size 1.
 */
export function exponentShift(x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  if (axes.some((axis) => x.shape[axis] === 0)) return filled(0, kept, x.dtype);
  const largest = maxAxes(x, axes);
  return stopGradient(where(isFinite(largest), largest, 0));
}

/**
 * The logarithm of a sum of exponentials, without overflow.
 *
 * Equation  logSumExp(x) = log Σ e^x = m + log Σ e^(x − m),  m = max(x)
 * Shapes    [..., n, ...] → [..., ...], or [..., 1, ...] with keepDims; all axes by default, as for every reduction
 * Gradient  softmax(x) times the cotangent; the shift m is a constant (stopped)
 * Edges     m is 0 where the maximum is not finite: all −∞ (or nothing) gives −∞ with gradient 0, +∞ gives +∞ and NaN
 *           gives NaN
 * Throws    ShapeError for an axis out of range; DTypeError for i32
 */
export function logSumExp(x: Tensor, options: ReduceOptions = {}): Tensor {
  demandFloat(x, 'logSumExp');
  const axes = axesOf(x, options, 'logSumExp');
  const shift = exponentShift(x, axes);
  const total = sumAxes(exp(sub(x, shift)), axes);
  // The total is at least 1 unless everything was −∞; selecting there keeps the infinite slope of log(0) out.
  return drop(add(where(equal(total, 0), -Infinity, log(total)), shift), axes, options.keepDims);
}
