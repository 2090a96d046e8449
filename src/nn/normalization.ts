// Layers that normalise: batchNorm, whose state is the running mean and variance handed in and out, and layerNorm, which
// remembers nothing. The formulas are those of the ops; here are the parameters, the memory and the two modes.

import { demandSort } from '../base/demand.ts';
import { DomainError, message, ShapeError } from '../base/errors.ts';
import { type Shape, shapeText, sameShape } from '../base/shape.ts';
import type { Tensor } from '../graph/index.ts';
import { add, batchNorm as overBatch, layerNorm as overFeatures, mul, stopGradient } from '../ops/index.ts';
import { demandFloat, demandOptions } from '../ops/operands.ts';
import { allOnes, allZeros } from './initializers.ts';
import { demandAxis, demandMode, demandSizes, demandType, demandVariables, type InitOptions, type Layer, type Nothing } from './layer.ts';

export type NormParams = { readonly scale?: Tensor; readonly shift?: Tensor };
export type BatchNormState = { readonly mean: Tensor; readonly variance: Tensor };

interface NormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Whether a scale (starting at 1) and a shift (at 0) are learned. Default true. */
  readonly affine?: boolean;
}

export interface BatchNormLayerOptions extends NormOptions {
  readonly channels: number;
  /** The share of the new batch in the running statistics. Default 0.1. */
  readonly momentum?: number;
}

export interface LayerNormLayerOptions extends NormOptions {
  /** The sizes of the last axes, which are normalised together; one number for one axis. */
  readonly shape: number | readonly number[];
}

const start = (shape: Shape, affine: boolean, key: Tensor, own: InitOptions): NormParams =>
  (affine ? { scale: allOnes(key, shape, own), shift: allZeros(key, shape, own) } : {});

function demandEpsilon(who: string, epsilon: number): void {
  if (epsilon > 0 && epsilon < Infinity) return;
  throw new DomainError(message(`${who}: epsilon ${epsilon}`, 'epsilon is a positive number', 'Use 1e-5'));
}

/**
 * Every channel brought to mean 0 and variance 1, over the batch in training and by the running statistics otherwise.
 *
 * Equation  y = (x − mean)/√(variance + epsilon)·scale + shift                       (Ioffe & Szegedy 2015)
 *           training: mean and variance (divided by n) of the batch; running ← (1 − momentum)·running + momentum·batch,
 *           the variance in it divided by n − 1, as in PyTorch
 * Shapes    x [N, channels, ...] → the same; scale, shift, mean, variance [channels]
 * Gradient  exact, through the statistics of the batch in training; the running ones are constants
 * Edges     a constant channel gives shift; the running statistics start at mean 0, variance 1
 * Throws    DomainError for options out of range or a call that does not say whether it trains; ShapeError for another
 *           number of channels or training on one number per channel; DTypeError for i32 or mixed types
 */
export function batchNorm(layer: BatchNormLayerOptions): Layer<NormParams, BatchNormState> {
  demandOptions(layer, ['channels', 'momentum', 'epsilon', 'affine'], 'batchNorm');
  const { channels, momentum = 0.1, epsilon = 1e-5, affine = true } = layer;
  demandSizes('batchNorm', { channels });
  demandEpsilon('batchNorm', epsilon);
  if (!(momentum >= 0 && momentum <= 1)) {
    throw new DomainError(message(
      `batchNorm: momentum ${momentum}`,
      'The share of the new batch lies in [0, 1]', 'Use 0.1 (it is 1 minus the share of the old)'));
  }
  const blend = (old: Tensor, fresh: Tensor, correction: number): Tensor =>
    stopGradient(add(mul(old, 1 - momentum), mul(fresh, momentum * correction)));
  return {
    init: (key, own = {}) => ({
      params: start([channels], affine, key, own),
      state: { mean: allZeros(key, [channels], own), variance: allOnes(key, [channels], own) },
    }),
    apply: (variables, x, options) => {
      demandVariables(variables, 'batchNorm');
      const { params, state } = variables;
      demandMode(options, 'batchNorm');
      demandAxis('batchNorm', x, 1, 'channels', channels);
      demandType('batchNorm', x, state.mean);
      if (!options.train) return { y: overBatch(x, { ...params, ...state, epsilon }).y, state };
      const n = x.size / channels;
      if (n < 2) {
        throw new ShapeError(message(
          `batchNorm: training on x ${shapeText(x.shape)}`,
          'A variance needs at least two numbers per channel', 'Use a larger batch'));
      }
      const { y, mean, variance } = overBatch(x, { ...params, epsilon });
      return { y, state: { mean: blend(state.mean, mean, 1), variance: blend(state.variance, variance, n / (n - 1)) } };
    },
  };
}

/**
 * The features of every sample brought to mean 0 and variance 1.
 *
 * Equation  y = (x − mean)/√(variance + epsilon)·scale + shift, variance divided by n          (Ba et al. 2016)
 * Shapes    x [..., shape] → the same; scale, shift of the given shape
 * Gradient  exact, through mean and variance
 * Edges     constant features give shift; the same in training and otherwise
 * Throws    DomainError for options out of range; ShapeError for other last axes; DTypeError for i32 or mixed types
 */
export function layerNorm(options: LayerNormLayerOptions): Layer<NormParams, Nothing> {
  demandOptions(options, ['shape', 'epsilon', 'affine'], 'layerNorm');
  const { epsilon = 1e-5, affine = true } = options;
  const shape: Shape = typeof options.shape === 'number' ? [options.shape] : options.shape;
  demandSort('list', { shape }, 'layerNorm');
  const axis = shape.map((_, i) => i - shape.length);
  demandSizes('layerNorm', { axes: shape.length, ...Object.fromEntries(shape.map((n, i) => [`size of axis ${axis[i]!}`, n])) });
  demandEpsilon('layerNorm', epsilon);
  return {
    init: (key, own = {}) => ({ params: start(shape, affine, key, own), state: {} }),
    apply: (variables, x) => {
      demandVariables(variables, 'layerNorm');
      const { params, state } = variables;
      demandFloat(x, 'layerNorm');
      if (x.rank < shape.length || !sameShape(x.shape.slice(x.rank - shape.length), shape)) {
        throw new ShapeError(message(
          `layerNorm: x ${shapeText(x.shape)}`,
          `Its last axes are ${shapeText(shape)}`, 'Check the layer before, or the options of this one'));
      }
      if (params.scale !== undefined) demandType('layerNorm', x, params.scale);
      return { y: overFeatures(x, { ...params, epsilon, axis }), state };
    },
  };
}
