// The softmax family: both are shifted by the maximum first, so no exponential overflows, and the shift is a constant
// to every derivative because its value cancels.

import type { Tensor } from '../graph/tensor.ts';
import { div, exp, log, sub, sumAxes } from '../primitives/index.ts';
import { type AxisOptions, axisOf, demandFloat } from './operands.ts';
import { exponentShift } from './reduce.ts';

/** x minus its largest element along one axis. */
function shifted(x: Tensor, options: AxisOptions, who: string): { readonly rest: Tensor; readonly at: number } {
  demandFloat(x, who);
  const at = axisOf(x, options, who);
  return { rest: sub(x, exponentShift(x, [at])), at };
}

/**
 * Scores to probabilities.
 *
 * Equation  softmax(x)_k = e^(x_k) / Σ_j e^(x_j)
 * Shapes    [..., n, ...] → the same; along the last axis by default
 * Gradient  p·(grad − Σ p·grad) with p = softmax(x)
 * Edges     −∞ gives probability 0; an axis of only −∞, or with +∞ or NaN, has no distribution and gives NaN
 * Throws    ShapeError for an axis out of range; DTypeError for i32
 */
export function softmax(x: Tensor, options: AxisOptions = {}): Tensor {
  const { rest, at } = shifted(x, options, 'softmax');
  const parts = exp(rest);
  return div(parts, sumAxes(parts, [at]));
}

/**
 * Scores to logarithms of probabilities; finite where softmax itself has underflowed to 0.
 *
 * Equation  logSoftmax(x)_k = x_k − log Σ_j e^(x_j)
 * Shapes    [..., n, ...] → the same; along the last axis by default
 * Gradient  grad − softmax(x)·Σ grad
 * Edges     −∞ stays −∞; an axis of only −∞, or with +∞ or NaN, has no distribution and gives NaN
 * Throws    ShapeError for an axis out of range; DTypeError for i32
 */
export function logSoftmax(x: Tensor, options: AxisOptions = {}): Tensor {
  const { rest, at } = shifted(x, options, 'logSoftmax');
  return sub(rest, log(sumAxes(exp(rest), [at])));
}
