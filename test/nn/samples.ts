// What the tests of nn share: seeded inputs and a layer of every kind at a small size.

import type { Shape } from '../../src/base/shape.ts';
import type { Tensor } from '../../src/graph/index.ts';
import {
  avgPool2d, batchNorm, conv2d, dropout, flatten, globalAveragePool, type Layer, layerNorm, linear, maxPool2d, prelu, relu, residual,
  sequential, stateless,
} from '../../src/nn/index.ts';
import { key, normal, tanh } from '../../src/ops/index.ts';

/** Float64 numbers, the same for the same seed. */
export const sample = (seed: number, shape: Shape): Tensor => normal(key(seed), shape, { dtype: 'f64' });

export interface LayerCase {
  readonly layer: Layer;
  readonly input: Shape;
  readonly output: Shape;
}

const affine = linear({ inputs: 3, outputs: 3 });

export const layerCases: Readonly<Record<string, LayerCase>> = {
  'linear': { layer: linear({ inputs: 3, outputs: 2 }), input: [4, 3], output: [4, 2] },
  'linear over more axes, no bias': { layer: linear({ inputs: 3, outputs: 2, bias: false }), input: [2, 2, 3], output: [2, 2, 2] },
  'conv2d': { layer: conv2d({ inputs: 2, outputs: 3, kernel: 2 }), input: [2, 2, 3, 4], output: [2, 3, 2, 3] },
  'conv2d, strided groups': {
    layer: conv2d({ inputs: 2, outputs: 2, kernel: [3, 1], stride: 2, padding: [1, 0], groups: 2, bias: false }),
    input: [2, 2, 4, 3], output: [2, 2, 2, 2],
  },
  'batchNorm': { layer: batchNorm({ channels: 2 }), input: [3, 2, 2], output: [3, 2, 2] },
  'batchNorm, not affine': { layer: batchNorm({ channels: 2, affine: false }), input: [4, 2], output: [4, 2] },
  'layerNorm': { layer: layerNorm({ shape: 4 }), input: [2, 3, 4], output: [2, 3, 4] },
  'layerNorm, not affine': { layer: layerNorm({ shape: [2, 2], affine: false }), input: [2, 2, 2], output: [2, 2, 2] },
  'relu': { layer: relu(), input: [2, 5], output: [2, 5] },
  'prelu': { layer: prelu(), input: [2, 5], output: [2, 5] },
  'prelu by channel': { layer: prelu({ channels: 2, slope: 0.1 }), input: [2, 2, 2, 2], output: [2, 2, 2, 2] },
  'dropout': { layer: dropout({ rate: 0.4 }), input: [3, 4], output: [3, 4] },
  'maxPool2d': { layer: maxPool2d({ kernel: 2 }), input: [2, 1, 4, 4], output: [2, 1, 2, 2] },
  'avgPool2d': { layer: avgPool2d({ kernel: 2, stride: 1, padding: 1, countPadding: false }), input: [1, 2, 2, 2], output: [1, 2, 3, 3] },
  'globalAveragePool': { layer: globalAveragePool(), input: [2, 3, 2, 2], output: [2, 3] },
  'flatten': { layer: flatten(), input: [2, 3, 2], output: [2, 6] },
  'flatten from axis 2': { layer: flatten({ from: 2 }), input: [2, 3, 2, 2], output: [2, 3, 4] },
  'stateless': { layer: stateless(tanh), input: [2, 3], output: [2, 3] },
  'residual': { layer: residual(affine), input: [2, 3], output: [2, 3] },
  'residual with a shortcut': { layer: residual(linear({ inputs: 3, outputs: 2 }), linear({ inputs: 3, outputs: 2 })), input: [2, 3], output: [2, 2] },
  'sequential': {
    layer: sequential([affine, batchNorm({ channels: 3 }), prelu(), dropout({ rate: 0.5 }), linear({ inputs: 3, outputs: 1 })]),
    input: [4, 3], output: [4, 1],
  },
  'sequential by name': { layer: sequential({ up: affine, bend: prelu({ channels: 3 }) }), input: [4, 3], output: [4, 3] },
  'sequential of nothing': { layer: sequential([]), input: [2, 2], output: [2, 2] },
};
