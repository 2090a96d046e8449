// Layers and networks: plain functions from parameters, state and input to output and state, and where weights start.

export { dropout, prelu, type PreluOptions, type PreluParams, relu } from './activation.ts';
export { type Layers, residual, sequential } from './compose.ts';
export { countParameters, flops } from './count.ts';
export {
  allOnes, allZeros, constant, type GainOptions, glorotNormal, glorotUniform, heNormal, type HeOptions, heUniform,
  type Initializer, lecunNormal, lecunUniform, orthogonal,
} from './initializers.ts';
export {
  type ApplyOptions, type InitOptions, type Layer, type Nothing, type ParameterTree, stateless, type Variables,
} from './layer.ts';
export { type AffineLayer, type AffineParams, conv2d, type ConvLayerOptions, linear, type LinearOptions } from './linear.ts';
export {
  type LenetOptions, lenetPlusPlus, lenetSmall, mlp, type MlpOptions, residualFaces, type ResidualFacesOptions,
} from './networks.ts';
export {
  batchNorm, type BatchNormLayerOptions, type BatchNormState, layerNorm, type LayerNormLayerOptions, type NormParams,
} from './normalization.ts';
export { avgPool2d, flatten, globalAveragePool, maxPool2d } from './pooling.ts';
