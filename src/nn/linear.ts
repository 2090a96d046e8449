// The two layers that multiply by a weight: linear, over the last axis, and conv2d, over windows of an image. Both are
// one contraction and a bias; a weight is [outputs, inputs, ...] and a bias starts at 0.

import { demandSort } from '../base/demand.ts';
import { DomainError, message } from '../base/errors.ts';
import type { Shape } from '../base/shape.ts';
import type { Tensor } from '../graph/index.ts';
import { add, conv2d as convolve, type ConvOptions, matmul, type Pair, reshape, transpose } from '../ops/index.ts';
import { demandOptions } from '../ops/operands.ts';
import { allZeros, glorotUniform, heNormal, type Initializer } from './initializers.ts';
import { demandAxis, demandSizes, demandType, demandVariables, type InitOptions, type Layer, type Nothing, type Variables } from './layer.ts';

export type AffineParams = { readonly weight: Tensor; readonly bias?: Tensor };
export type AffineLayer = Layer<AffineParams, Nothing>;

interface WeightOptions {
  /** Size of the input's axis. */
  readonly inputs: number;
  /** Size of the result's axis. */
  readonly outputs: number;
  /** Whether a learned number is added to every output. Default true. */
  readonly bias?: boolean;
  /** Where the weight starts. */
  readonly weight?: Initializer;
}

/** Glorot uniform by default. */
export type LinearOptions = WeightOptions;

/** He normal by default. */
export interface ConvLayerOptions extends WeightOptions, ConvOptions {
  readonly kernel: Pair;
}

/** The parameters of a weight of this shape. */
function initial(
  key: Tensor, shape: Shape, weight: Initializer, bias: boolean, options: InitOptions,
): Variables<AffineParams, Nothing> {
  const params = { weight: weight(key, shape, options), ...(bias && { bias: allZeros(key, [shape[0]!], options) }) };
  return { params, state: {} };
}

/**
 * A linear map of the last axis.
 *
 * Equation  y = x·weightᵀ + bias
 * Shapes    x [..., inputs] → [..., outputs]; weight [outputs, inputs], bias [outputs]
 * Gradient  of x: grad·weight; of the weight: gradᵀ·x; of the bias: grad summed over all but the last axis
 * Throws    DomainError for sizes that are no whole numbers ≥ 1; ShapeError for another last axis; DTypeError for i32 or
 *           mixed types
 */
export function linear(options: LinearOptions): AffineLayer {
  demandOptions(options, ['inputs', 'outputs', 'bias', 'weight'], 'linear');
  const { inputs, outputs, bias = true, weight = glorotUniform() } = options;
  demandSizes('linear', { inputs, outputs });
  return {
    init: (key, own = {}) => initial(key, [outputs, inputs], weight, bias, own),
    apply: (variables, x) => {
      demandVariables(variables, 'linear');
      const { params, state } = variables;
      demandAxis('linear', x, -1, 'features', inputs);
      demandType('linear', x, params.weight);
      const product = matmul(x, transpose(params.weight, 0, 1));
      return { y: params.bias === undefined ? product : add(product, params.bias), state };
    },
  };
}

/**
 * A two-dimensional convolution (cross-correlation).
 *
 * Equation  y_no = Σ_c weight_oc ⋆ x_nc + bias_o; see the op conv2d
 * Shapes    x [N, inputs, H, W] → [N, outputs, OH, OW]; weight [outputs, inputs/groups, KH, KW], bias [outputs]
 * Gradient  of the weight: the windows contracted with grad; of x: that contraction folded back; of the bias: grad
 *           summed over samples and places
 * Edges     the padding is 0
 * Throws    DomainError for sizes that are no whole numbers ≥ 1 or groups that do not divide the channels; ShapeError for
 *           another number of channels or an image no window fits; DTypeError for i32 or mixed types
 */
export function conv2d(options: ConvLayerOptions): AffineLayer {
  demandOptions(options, ['inputs', 'outputs', 'bias', 'weight', 'kernel', 'stride', 'padding', 'dilation', 'groups'], 'conv2d');
  const { inputs, outputs, kernel, bias = true, weight = heNormal(), ...steps } = options;
  const { groups = 1 } = steps;
  if (typeof kernel !== 'number') demandSort('list', { kernel }, 'conv2d');
  const [height, width] = typeof kernel === 'number' ? [kernel, kernel] : kernel;
  demandSizes('conv2d', { inputs, outputs, groups, 'kernel height': height, 'kernel width': width });
  if (inputs % groups !== 0 || outputs % groups !== 0) {
    throw new DomainError(message(
      `conv2d: groups ${groups} for ${inputs} → ${outputs} channels`,
      'The groups divide both numbers of channels', 'Check the options'));
  }
  return {
    init: (key, own = {}) => initial(key, [outputs, inputs / groups, height, width], weight, bias, own),
    apply: (variables, x) => {
      demandVariables(variables, 'conv2d');
      const { params, state } = variables;
      demandAxis('conv2d', x, 1, 'channels', inputs);
      demandType('conv2d', x, params.weight);
      const y = convolve(x, params.weight, steps);
      return { y: params.bias === undefined ? y : add(y, reshape(params.bias, [outputs, 1, 1])), state };
    },
  };
}
