// The public names, grouped as in the documentation: tensors, ops, transforms. Losses, formulas, explanations and
// checks have entries of their own, so that a program pays only for what it uses.

import { compiledEngine } from './compile/index.ts';
import { useEngine } from './graph/index.ts';

// Tensors
export type { DType, FloatDType, TypedArray } from './base/dtype.ts';
export {
  DomainError, DTypeError, FormatError, MarginaliaError, PoolError, ShapeError, StaleError, TraceError,
} from './base/errors.ts';
export type { Shape } from './base/shape.ts';
export { isTensor, type Nested, type Operand, Tensor, tensor, type TensorOptions } from './graph/index.ts';
export {
  arange, type CreateOptions, eye, foldIn, full, key, normal, type NormalOptions, ones, randomBits, type Rng, rng, uniform,
  type UniformOptions, zeros,
} from './ops/index.ts';

// Ops: elementwise
export {
  abs, acos, add, type Bounds, cast, clamp, cos, div, dropout, type DropoutOptions, equal, exp, expm1, floor, greater,
  greaterEqual, isFinite, less, lessEqual, log, log1p, maximum, minimum, mul, neg, notEqual, pow, prelu, reciprocal, relu,
  roundTo, sigmoid, sign, sin, softplus, sqrt, square, sub, tanh, where,
} from './ops/index.ts';
// Ops: shape, order and index
export {
  argsort, concat, cumsum, expand, flip, gather, oneHot, type OrderOptions, pad, permute, type Range, reshape, scatterAdd,
  slice, sort, squeeze, stack, take, topK, type TopKOptions, transpose, unsqueeze,
} from './ops/index.ts';
// Ops: reductions, norms and softmax
export {
  type ArgOptions, argmax, argmin, type AxisOptions, cosineSimilarity, logSoftmax, logSumExp, max, mean, min, norm, normalize,
  prod, type ReduceOptions, safeSqrt, softmax, sum, variance,
} from './ops/index.ts';
// Ops: products, windows and normalisation
export {
  type AffineOptions, avgPool2d, type AveragePoolOptions, batchNorm, type BatchNormOptions, conv2d, type ConvOptions, einsum,
  fold, layerNorm, type LayerNormOptions, matmul, maxPool2d, type Pair, type StepOptions, unfold, type WindowOptions,
} from './ops/index.ts';
// Ops: what a derivative sees
export { stopGradient, surrogate } from './ops/index.ts';

// Transforms
export {
  customGradient, type CustomRule, type Differentiable, grad, type GradientOf, type GradientTree, type GradOptions, hessian, hvp,
  jacobian, jvp, type TensorTree, valueAndGrad, vjp,
} from './autodiff/index.ts';
export { type Engine, label, scope, type Trace, trace, type TraceOptions, useEngine } from './graph/index.ts';

// Large eager Float32 steps run on compiled kernels where the host has them
export {
  compile, type Compiled, type CompiledProgram, compiledEngine, type CompileOptions, engineStatus, useWideKernels,
} from './compile/index.ts';

useEngine(compiledEngine);
