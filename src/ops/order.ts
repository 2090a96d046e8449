// Order along one axis. Everything is read off the stable argsort: sorting gathers by it, the k largest are the
// beginning of it, and a rank is the argsort of an argsort.

import { DomainError, message } from '../base/errors.ts';
import { shapeText } from '../base/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { argsortAxis, cumsumAxis, flipAxes, gatherAxis, slice, sub } from '../primitives/index.ts';
import { type AxisOptions, axisOf, demandTensor } from './operands.ts';

export interface OrderOptions extends AxisOptions {
  /** Largest first. Default false. */
  readonly descending?: boolean;
}

function orderAlong(x: Tensor, axis: number, descending: boolean): Tensor {
  if (!descending) return argsortAxis(x, axis);
  // Read backwards twice, so that tied elements keep their order; negating would fail for NaN and the smallest i32.
  return sub(x.shape[axis]! - 1, flipAxes(argsortAxis(flipAxes(x, [axis]), axis), [axis]));
}

/**
 * The positions that sort an axis.
 *
 * Shapes    [..., n, ...] → the same, of i32; along the last axis by default
 * Gradient  none: a position is piecewise constant
 * Edges     stable (tied elements keep their order); NaN counts as the largest
 * Throws    ShapeError for an axis out of range
 */
export function argsort(x: Tensor, options: OrderOptions = {}): Tensor {
  demandTensor(x, 'argsort');
  return orderAlong(x, axisOf(x, options, 'argsort', ['descending']), options.descending ?? false);
}

/**
 * The elements of an axis in ascending (or descending) order.
 *
 * Shapes    [..., n, ...] → the same; along the last axis by default
 * Gradient  the cotangent of each element goes back to where it came from
 * Edges     stable; NaN counts as the largest: last, or first when descending
 * Throws    ShapeError for an axis out of range
 */
export function sort(x: Tensor, options: OrderOptions = {}): Tensor {
  demandTensor(x, 'sort');
  const at = axisOf(x, options, 'sort', ['descending']);
  return gatherAxis(x, orderAlong(x, at, options.descending ?? false), at);
}

export interface TopKOptions extends AxisOptions {
  /** The largest (default) or the smallest k. */
  readonly largest?: boolean;
}

/**
 * The k largest elements of an axis, largest first, and where they were.
 *
 * Shapes    [..., n, ...] → values and indices (i32) [..., k, ...]; along the last axis by default
 * Gradient  the cotangent of each value goes back to where it came from; none for the indices
 * Edges     tied elements in their own order; NaN counts as the largest
 * Throws    ShapeError for an axis out of range; DomainError for k outside 0 … n
 */
export function topK(x: Tensor, k: number, options: TopKOptions = {}): { values: Tensor; indices: Tensor } {
  demandTensor(x, 'topK');
  const at = axisOf(x, options, 'topK', ['largest']);
  if (!Number.isInteger(k) || k < 0 || k > x.shape[at]!) {
    throw new DomainError(message(
      `topK: k = ${k} of ${shapeText(x.shape)}, axis ${at}`, `k is a whole number in 0 … ${x.shape[at]}`, 'Choose another k'));
  }
  const indices = slice(orderAlong(x, at, options.largest ?? true), x.shape.map((_, a) => (a === at ? [0, k] : null)));
  return { values: gatherAxis(x, indices, at), indices };
}

/**
 * Running sums along an axis.
 *
 * Equation  cumsum(x)_i = Σ_{j ≤ i} x_j
 * Shapes    [..., n, ...] → the same; along the last axis by default
 * Gradient  the running sum of the cotangent from the other end
 * Edges     accumulated in double; i32 wraps at 32 bits
 * Throws    ShapeError for an axis out of range
 */
export function cumsum(x: Tensor, options: AxisOptions = {}): Tensor {
  demandTensor(x, 'cumsum');
  return cumsumAxis(x, axisOf(x, options, 'cumsum'));
}
