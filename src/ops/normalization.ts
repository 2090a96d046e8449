// Normalisation over a batch or over the features of a sample: subtract a mean, divide by a deviation, then scale and
// shift. Both are plain functions; what is learned and what is remembered between steps belongs to the layers.
// The variance takes two passes (never E[x²] − E[x]²), and ε is part of the definition, not a patch.

import { DomainError, message, ShapeError } from '../base/errors.ts';
import { normalizeAxes, normalizeAxis, type Shape, shapeText } from '../base/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add, div, mul, reshape, sqrt, sub } from '../primitives/index.ts';
import { square } from './elementwise.ts';
import { demandElements, demandFloat, demandOptions, demandTensor } from './operands.ts';
import { mean as meanOf } from './reduce.ts';

export interface AffineOptions {
  /** What the normalised numbers are multiplied by. */
  readonly scale?: Tensor;
  /** What is added afterwards. */
  readonly shift?: Tensor;
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
}

export interface BatchNormOptions extends AffineOptions {
  /** Statistics to use instead of those of the batch; both or neither. */
  readonly mean?: Tensor;
  readonly variance?: Tensor;
  /** The axis of the channels. Default 1. */
  readonly axis?: number;
}

/** A parameter with one number per entry of some axes, laid out to broadcast against x. */
function along(x: Tensor, axes: readonly number[], parameter: Tensor, name: string, who: string): Tensor {
  demandTensor(parameter, who);
  const own: Shape = axes.map((axis) => x.shape[axis]!);
  if (shapeText(parameter.shape) !== shapeText(own)) {
    throw new ShapeError(message(
      `${who}: ${name} ${shapeText(parameter.shape)} for x ${shapeText(x.shape)}`,
      `It has the shape ${shapeText(own)}`, 'Check the axis'));
  }
  return reshape(parameter, x.shape.map((n, axis) => (axes.includes(axis) ? n : 1)));
}

function checkEpsilon(epsilon: number, who: string): void {
  if (!(epsilon > 0 && epsilon < Infinity)) {
    throw new DomainError(message(`${who}: epsilon ${epsilon}`, 'epsilon is a positive number', 'Use 1e-5'));
  }
}

/**
 * Every channel brought to mean 0 and variance 1 over the batch.
 *
 * Equation  y = (x − mean)/√(variance + epsilon)·scale + shift
 * Shapes    x [N, C, ...], scale, shift, mean, variance [C] → y like x, mean and variance [C]
 * Gradient  exact, through mean and variance too when they are those of the batch
 * Edges     the variance is the population's (divided by n); without mean and variance those of the batch are used and
 *           returned, for a layer to remember; a constant channel gives shift
 * Throws    ShapeError for parameters that are not [C] or an empty batch; DomainError for only one of mean and variance
 *           or an epsilon that is not positive; DTypeError for i32 or mixed types
 */
export function batchNorm(x: Tensor, options: BatchNormOptions = {}): { y: Tensor; mean: Tensor; variance: Tensor } {
  demandFloat(x, 'batchNorm');
  demandOptions(options, ['scale', 'shift', 'epsilon', 'mean', 'variance', 'axis'], 'batchNorm');
  const { scale, shift, epsilon = 1e-5 } = options;
  checkEpsilon(epsilon, 'batchNorm');
  const channel = normalizeAxis(options.axis ?? 1, x.rank, 'batchNorm');
  const others = x.shape.map((_, axis) => axis).filter((axis) => axis !== channel);
  if (options.mean === undefined) demandElements(x, others, 'batchNorm');
  if ((options.mean === undefined) !== (options.variance === undefined)) {
    throw new DomainError(message(
      `batchNorm: ${options.mean === undefined ? 'variance' : 'mean'} alone`,
      'mean and variance come together', 'Give both, or none to use those of the batch'));
  }
  const place = (parameter: Tensor, name: string): Tensor => along(x, [channel], parameter, name, 'batchNorm');
  const over = (z: Tensor): Tensor => meanOf(z, { axis: others, keepDims: true });
  const mean = options.mean === undefined ? over(x) : place(options.mean, 'mean');
  const rest = sub(x, mean);
  const variance = options.variance === undefined ? over(square(rest)) : place(options.variance, 'variance');
  const slope = div(scale === undefined ? 1 : place(scale, 'scale'), sqrt(add(variance, epsilon)));
  const scaled = mul(rest, slope);
  const size = [x.shape[channel]!];
  return {
    y: shift === undefined ? scaled : add(scaled, place(shift, 'shift')),
    mean: reshape(mean, size),
    variance: reshape(variance, size),
  };
}

export interface LayerNormOptions extends AffineOptions {
  /** The axes of one sample's features; the last one when left out. */
  readonly axis?: number | readonly number[];
}

/**
 * The features of every sample brought to mean 0 and variance 1.
 *
 * Equation  y = (x − mean)/√(variance + epsilon)·scale + shift
 * Shapes    x [..., D], scale and shift [D] (the sizes of the named axes) → like x
 * Gradient  exact, through mean and variance
 * Edges     the variance is the population's (divided by n); constant features give shift
 * Throws    ShapeError for parameters of another shape or axes of size 0; DomainError for an epsilon that is not
 *           positive; DTypeError for i32 or mixed types
 */
export function layerNorm(x: Tensor, options: LayerNormOptions = {}): Tensor {
  demandFloat(x, 'layerNorm');
  demandOptions(options, ['scale', 'shift', 'epsilon', 'axis'], 'layerNorm');
  const { scale, shift, epsilon = 1e-5 } = options;
  checkEpsilon(epsilon, 'layerNorm');
  const axes = normalizeAxes(options.axis ?? -1, x.rank, 'layerNorm');
  demandElements(x, axes, 'layerNorm');
  const rest = sub(x, meanOf(x, { axis: axes, keepDims: true }));
  const variance = meanOf(square(rest), { axis: axes, keepDims: true });
  const unit = mul(rest, div(1, sqrt(add(variance, epsilon))));
  const scaled = scale === undefined ? unit : mul(unit, along(x, axes, scale, 'scale', 'layerNorm'));
  return shift === undefined ? scaled : add(scaled, along(x, axes, shift, 'shift', 'layerNorm'));
}
