// The language users write in: the primitives under their own names, and the composites of this folder. Functions
// only, no fluent twin; a composite has no derivative rule of its own.

export {
  abs, acos, add, cast, cos, div, equal, exp, expand, expm1, floor, less, lessEqual, log, log1p, maximum, minimum, mul, neg,
  permute, pow, randomBits, type Range, reshape, roundTo, sigmoid, sign, sin, slice, softplus, sqrt, stopGradient, sub,
  surrogate, tanh, where,
} from '../primitives/index.ts';
export { arange, type CreateOptions, eye, full, ones, zeros } from './create.ts';
export {
  type Bounds, clamp, dropout, type DropoutOptions, greater, greaterEqual, isFinite, notEqual, prelu, reciprocal, relu, square,
} from './elementwise.ts';
export { einsum } from './einsum.ts';
export { matmul } from './matmul.ts';
export {
  type AffineOptions, batchNorm, type BatchNormOptions, layerNorm, type LayerNormOptions,
} from './normalization.ts';
export { cosineSimilarity, norm, normalize, safeSqrt } from './norm.ts';
export type { AxisOptions } from './operands.ts';
export { argsort, cumsum, type OrderOptions, sort, topK, type TopKOptions } from './order.ts';
export { foldIn, key, normal, type NormalOptions, type Rng, rng, uniform, type UniformOptions } from './random.ts';
export {
  type ArgOptions, argmax, argmin, logSumExp, max, mean, min, prod, type ReduceOptions, sum, variance,
} from './reduce.ts';
export { concat, flip, gather, oneHot, pad, scatterAdd, squeeze, stack, take, transpose, unsqueeze } from './shape.ts';
export { logSoftmax, softmax } from './softmax.ts';
export {
  avgPool2d, type AveragePoolOptions, conv2d, type ConvOptions, fold, maxPool2d, type Pair, type StepOptions, unfold,
  type WindowOptions,
} from './window.ts';
