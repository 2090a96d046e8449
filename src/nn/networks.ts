// Networks ready to use: a multilayer perceptron, the two LeNets of the pictures of embeddings, and a residual network
// for small faces. They are plain compositions of layers, to be read as recipes and changed by writing another one.

import { DomainError, message } from '../base/errors.ts';
import { demandOptions } from '../ops/operands.ts';
import { prelu, relu } from './activation.ts';
import { residual, sequential } from './compose.ts';
import { heNormal } from './initializers.ts';
import { demandSizes, type Layer } from './layer.ts';
import { conv2d, linear } from './linear.ts';
import { batchNorm } from './normalization.ts';
import { flatten, maxPool2d } from './pooling.ts';

export interface MlpOptions {
  /** From the number of features to the number of outputs, hidden layers between. */
  readonly sizes: readonly number[];
  /** What stands between two linear layers. Default relu. */
  readonly activation?: () => Layer;
}

/**
 * A multilayer perceptron.
 *
 * Shapes    x [..., sizes[0]] → [..., sizes[last]]
 * Gradient  through all layers
 * Edges     hidden layers start He normal, the last one Glorot uniform; nothing follows the last one
 * Throws    DomainError for fewer than two sizes, or sizes that are no whole numbers ≥ 1
 */
export function mlp(options: MlpOptions): Layer {
  demandOptions(options, ['sizes', 'activation'], 'mlp');
  const { sizes, activation = relu } = options;
  if (!Array.isArray(sizes) || sizes.length < 2) {
    throw new DomainError(message(
      `mlp: sizes [${String(sizes)}]`, 'There are at least two sizes, input and output', 'Write [784, 128, 10]'));
  }
  return sequential(sizes.slice(1).flatMap((outputs: number, i) => (i === sizes.length - 2
    ? [linear({ inputs: sizes[i]!, outputs })]
    : [linear({ inputs: sizes[i]!, outputs, weight: heNormal() }), activation()])));
}

export interface LenetOptions {
  /** Channels of the image. Default 1. */
  readonly channels?: number;
  /** Height and width of the image. Default 28. */
  readonly side?: number;
  /** Size of the embedding. Default 2. */
  readonly embedding?: number;
}

/** The options of a LeNet, and its side after three pools that halve it. */
function lenet(options: LenetOptions, who: string) {
  demandOptions(options, ['channels', 'side', 'embedding'], who);
  const { channels = 1, side = 28, embedding = 2 } = options;
  demandSizes(who, { channels, embedding });
  if (!Number.isInteger(side) || side < 8) {
    throw new DomainError(message(`${who}: side ${side}`, 'Three pools halve an image of at least 8 × 8', 'Use larger images'));
  }
  return { channels, embedding, places: (side >> 3) ** 2 };
}

/**
 * A small LeNet: three 3×3 convolutions with 16, 32 and 64 channels, each with ReLU and a 2×2 max pool, and a linear
 * layer to the embedding. 3.8 MFLOP for a digit of 28 × 28, 11.5 in training.
 *
 * Shapes    x [N, channels, side, side] → [N, embedding]
 * Gradient  through all layers
 * Throws    DomainError for sizes that are no whole numbers ≥ 1 or a side below 8; ShapeError for another image
 */
export function lenetSmall(options: LenetOptions = {}): Layer {
  const { channels, embedding, places } = lenet(options, 'lenetSmall');
  const stage = (inputs: number, outputs: number): Layer[] =>
    [conv2d({ inputs, outputs, kernel: 3, padding: 1 }), relu(), maxPool2d({ kernel: 2 })];
  return sequential([
    ...stage(channels, 16), ...stage(16, 32), ...stage(32, 64), flatten(), linear({ inputs: 64 * places, outputs: embedding }),
  ]);
}

/**
 * LeNets++, the network of the center-loss picture (Wen et al. 2016, table 1): pairs of 5×5 convolutions with 32, 64 and
 * 128 channels, each with PReLU, a 2×2 max pool after every pair, and a linear layer to a plane. 162 MFLOP for a digit.
 *
 * Shapes    x [N, channels, side, side] → [N, embedding]
 * Gradient  through all layers
 * Throws    DomainError for sizes that are no whole numbers ≥ 1 or a side below 8; ShapeError for another image
 */
export function lenetPlusPlus(options: LenetOptions = {}): Layer {
  const { channels, embedding, places } = lenet(options, 'lenetPlusPlus');
  const weight = heNormal({ slope: 0.25 });
  const half = (inputs: number, outputs: number): Layer[] =>
    [conv2d({ inputs, outputs, kernel: 5, padding: 2, weight }), prelu({ channels: outputs })];
  const stage = (inputs: number, outputs: number): Layer[] =>
    [...half(inputs, outputs), ...half(outputs, outputs), maxPool2d({ kernel: 2 })];
  return sequential([
    ...stage(channels, 32), ...stage(32, 64), ...stage(64, 128), flatten(), linear({ inputs: 128 * places, outputs: embedding }),
  ]);
}

export interface ResidualFacesOptions {
  /** Channels of the image. Default 1. */
  readonly channels?: number;
  /** Height and width of the image. Default 32. */
  readonly side?: number;
  /** Size of the embedding. Default 128. */
  readonly embedding?: number;
  /** 'small' takes at most 5 MFLOP for a face, 'large' about ten times that. Default 'small'. */
  readonly size?: 'small' | 'large';
}

/** Channels after the stem and after every halving, and how many residual blocks stand at each size. */
const plans = {
  small: { widths: [16, 32, 64], blocks: 1 },
  large: { widths: [32, 64, 128, 256], blocks: 2 },
} as const;

/**
 * A residual network for small faces: a convolution that halves the image, of 32 × 32 to 16 × 16, residual blocks that each
 * time halve it again and double the channels, and a linear layer to the embedding. Convolutions are followed by batchNorm
 * and PReLU.
 *
 * Shapes    x [N, channels, side, side] → [N, embedding]
 * Gradient  through all layers
 * Edges     the embedding is not normalised: the losses over cosines do that; the half of an odd side is rounded up
 * Throws    DomainError for options out of range; ShapeError for another image
 */
export function residualFaces(options: ResidualFacesOptions = {}): Layer {
  demandOptions(options, ['channels', 'side', 'embedding', 'size'], 'residualFaces');
  const { channels = 1, side = 32, embedding = 128, size = 'small' } = options;
  demandSizes('residualFaces', { channels, side, embedding });
  if (!Object.hasOwn(plans, size)) {
    throw new DomainError(message(`residualFaces: size '${size}'`, "The size is 'small' or 'large'", 'Choose one of them'));
  }
  const { widths, blocks } = plans[size];
  const stages = widths.slice(1).flatMap((outputs, i) => [
    ...block(widths[i]!, outputs, 2), ...Array.from({ length: blocks - 1 }, () => block(outputs, outputs, 1)).flat(),
  ]);
  const left = Math.ceil(side / 2 ** widths.length);
  return sequential([
    ...convolution(channels, widths[0], 3, 2), prelu({ channels: widths[0] }), ...stages,
    flatten(), linear({ inputs: widths.at(-1)! * left * left, outputs: embedding }),
  ]);
}

/** A convolution without a bias, which the batchNorm behind it would take out again. */
function convolution(inputs: number, outputs: number, kernel: number, stride: number): Layer[] {
  const weight = heNormal({ slope: 0.25 });
  const padding = (kernel - 1) / 2;
  return [conv2d({ inputs, outputs, kernel, stride, padding, bias: false, weight }), batchNorm({ channels: outputs })];
}

/** Two convolutions around a shortcut, which is x itself where nothing changes its shape, and PReLU behind the sum. */
function block(inputs: number, outputs: number, stride: number): Layer[] {
  const branch = sequential([
    ...convolution(inputs, outputs, 3, stride), prelu({ channels: outputs }), ...convolution(outputs, outputs, 3, 1),
  ]);
  const whole = stride === 1 ? residual(branch) : residual(branch, sequential(convolution(inputs, outputs, 1, stride)));
  return [whole, prelu({ channels: outputs })];
}
