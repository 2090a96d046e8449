// Random networks of images for the tests of compiled programs: a list of layers over [N, C, H, W], with a penalty of the
// activations in between, so that convolutions, pools and padded copies stand beside reductions over any axes of what they read.
// A layer that does not fit is skipped, so every shorter list is a network too.

import * as fc from 'fast-check';
import { MarginaliaError } from '../../src/base/errors.ts';
import { type Tensor, tensor } from '../../src/graph/index.ts';
import {
  add, avgPool2d, concat, conv2d, div, flip, fold, matmul, maxPool2d, mean, mul, pad, permute, relu, reshape, sigmoid, slice, softmax, sqrt,
  square, sub, sum, tanh, unfold,
} from '../../src/ops/index.ts';

export interface LayerRecipe {
  readonly kind: string;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** Which axes, channels or variant. */
  readonly n: number;
}

export interface NetworkRecipe {
  readonly shape: readonly number[];
  readonly layers: readonly LayerRecipe[];
}

const axesOf = (n: number): number[] => [0, 1, 2, 3].filter((axis) => ((n >> axis) & 1) === 1);
const numbers = (shape: readonly number[], phase: number): Tensor =>
  tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(1.7 * i + phase)), { shape, dtype: 'f32' });

/** What a layer makes of images; its weights, if any, are constants of the network. */
const layers: Readonly<Record<string, (x: Tensor, layer: LayerRecipe) => Tensor>> = {
  convolution: (x, { kernel, stride, padding, dilation, n }) => {
    const groups = x.shape[1]! % 2 === 0 && n % 3 === 0 ? 2 : 1;
    const y = conv2d(x, weights(x, [groups * (1 + (n % 2)), x.shape[1]! / groups, ...kernel], n), { stride, padding, dilation, groups });
    return n % 4 < 2 ? y : add(y, weights(x, [y.shape[1]!, 1, 1], n));
  },
  maxPool: (x, { kernel, stride, dilation, padding }) => maxPool2d(x, { kernel, stride, dilation, padding: within(padding, kernel) }),
  avgPool: (x, { kernel, stride, padding }) => avgPool2d(x, { kernel, stride, padding: within(padding, kernel) }),
  activation: (x, { n }) => [relu, tanh, sigmoid, (y: Tensor) => mul(y, sigmoid(y))][n % 4]!(x),
  norm: (x, { n }) => {
    const over = { axis: axesOf(n), keepDims: true };
    const centred = sub(x, mean(x, over));
    return div(centred, sqrt(add(mean(square(centred), over), 0.1)));
  },
  residual: (x) => add(x, tanh(mul(x, 0.5))),
  twice: (x, { n }) => concat([x, relu(x)], n % 4),
  excite: (x, { n }) => mul(x, reshape(sigmoid(matmul(mean(x, { axis: [2, 3] }), weights(x, [x.shape[1]!, x.shape[1]!], n))), [...x.shape.slice(0, 2), 1, 1])),
  attention: (x) => mul(x, add(1, reshape(softmax(reshape(x, [...x.shape.slice(0, 2), -1])), x.shape))),
  slice: (x, { n }) => slice(x, [null, null, [n % 2, x.shape[2]!, 2], null]),
  pad: (x, { padding: [h, w], n }) => pad(x, [[0, 0], [0, n % 2], [h, 1], [w, h]], n % 3 === 0 ? 0.25 : 0),
  flip: (x, { n }) => flip(x, [n % 4]),
  turn: (x) => permute(x, [0, 1, 3, 2]),
  fold: (x, { kernel, stride }) => fold(mul(unfold(x, { kernel, stride }), 0.5), { kernel, stride, size: [x.shape[2]!, x.shape[3]!] }),
};

/** A pool sees at least one number of the image. */
const within = ([h, w]: readonly [number, number], [a, b]: readonly [number, number]): [number, number] => [Math.min(h, a >> 1), Math.min(w, b >> 1)];
const weights = (x: Tensor, shape: readonly number[], phase: number): Tensor => {
  const y = numbers(shape, phase);
  return x.dtype === 'f32' ? y : tensor(Float64Array.from(y.data), { shape });
};

/** The penalties of a network and the images that come out of it. */
export function networkOf({ shape, layers: recipes }: NetworkRecipe): { f: (x: Tensor) => [penalty: Tensor, images: Tensor]; x: Tensor } {
  const f = (x: Tensor): [Tensor, Tensor] => {
    let [y, total]: [Tensor, Tensor] = [x, mul(0, sum(x))];
    for (const recipe of recipes) {
      if (recipe.kind === 'penalty') {
        const over = axesOf(recipe.n);
        total = add(total, mul(0.1, mean(square(over.length === 0 ? y : mean(y, { axis: over })))));
        continue;
      }
      try {
        const made = layers[recipe.kind]!(y, recipe);
        if (made.size > 0 && made.size <= 2000) y = made;
      } catch (error) {
        if (!(error instanceof MarginaliaError)) throw error;
      }
    }
    return [total, y];
  };
  return { f, x: numbers(shape, 0.3) };
}

const pairs = (least: number, most: number): fc.Arbitrary<[number, number]> => fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }));

/** Penalties, norms and windows come more often: their meetings are what networks are drawn for. */
const kinds = ['penalty', 'penalty', 'norm', 'norm', 'convolution', 'convolution', 'maxPool', 'pad', ...Object.keys(layers)];

export const networks: fc.Arbitrary<NetworkRecipe> = fc.record({
  shape: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 9 }), fc.integer({ min: 2, max: 9 })),
  layers: fc.array(fc.record({
    kind: fc.constantFrom(...kinds), kernel: pairs(1, 3), stride: pairs(1, 2), padding: pairs(0, 2), dilation: pairs(1, 2), n: fc.nat(15),
  }), { minLength: 1, maxLength: 7 }),
});
