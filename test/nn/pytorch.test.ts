// Layers against PyTorch: results, gradients and running statistics in Float64, from golden/nn.json.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.ts';
import { worstError } from '../../src/base/compare.ts';
import { type Shape, sizeOf } from '../../src/base/shape.ts';
import { flatten } from '../../src/base/tree.ts';
import { isTensor, tensor, type Tensor } from '../../src/graph/index.ts';
import { batchNorm, conv2d, type Layer, layerNorm, linear, type ParameterTree, prelu } from '../../src/nn/index.ts';
import { key, mul, sum } from '../../src/ops/index.ts';

interface Golden {
  readonly name: string;
  readonly shape: number[];
  readonly train: number[];
  readonly dx: number[];
  readonly dparams: number[][];
  readonly running?: number[][];
  readonly eval?: number[];
}

const { layers: rows } = JSON.parse(readFileSync(new URL('../golden/nn.json', import.meta.url), 'utf8')) as { layers: Golden[] };

const layers: Readonly<Record<string, readonly [layer: Layer, passes: number]>> = {
  'linear': [linear({ inputs: 3, outputs: 2 }), 1],
  'conv2d': [conv2d({ inputs: 4, outputs: 6, kernel: [3, 2], stride: [2, 1], padding: [1, 0], dilation: [1, 2], groups: 2 }), 1],
  'batchNorm': [batchNorm({ channels: 3 }), 2],
  'batchNorm slow': [batchNorm({ channels: 2, momentum: 0.25, epsilon: 0.01, affine: false }), 3],
  'layerNorm': [layerNorm({ shape: [2, 3] }), 1],
  'prelu': [prelu({ channels: 2 }), 1],
  'prelu shared': [prelu(), 1],
};

/** The numbers the golden file was made with. */
function fill(shape: Shape, seed: number): Tensor {
  return tensor(Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(0.7 * i + seed) + 0.3 * Math.cos(0.31 * i * i)), { shape });
}

const expectNumbers = (actual: Tensor, expected: readonly number[]): void =>
  expect(worstError(actual.data, expected).error).toBeLessThan(1e-12);

describe('layers', () => {
  it('are compared for every stored row', () => {
    expect(rows.map(({ name }) => name)).toEqual(Object.keys(layers));
  });

  it.each(rows)('$name has the results, gradients and running statistics of PyTorch', (row) => {
    const [layer, passes] = layers[row.name]!;
    const fresh = layer.init(key(1), { dtype: 'f64' });
    const flat = flatten(fresh.params, isTensor);
    const params = flat.rebuild(flat.leaves.map((p, k) => fill(p.shape, 2 + k))) as ParameterTree;
    let state = fresh.state;
    for (let pass = 0; pass < passes; pass++) ({ state } = layer.apply({ params, state }, fill(row.shape, 1 + pass), { train: true }));
    const loss = (p: ParameterTree, x: Tensor): Tensor => {
      const { y } = layer.apply({ params: p, state }, x, { train: true });
      expectNumbers(y, row.train);
      return sum(mul(y, fill(y.shape, 9)));
    };
    const [dparams, dx] = grad(loss, { wrt: [0, 1] })(params, fill(row.shape, passes)) as unknown as [ParameterTree, Tensor];
    expectNumbers(dx, row.dx);
    const slopes = flatten(dparams, isTensor).leaves;
    expect(slopes.length).toBe(row.dparams.length);
    slopes.forEach((g, i) => expectNumbers(g, row.dparams[i]!));
    flatten(state, isTensor).leaves.forEach((running, i) => expectNumbers(running, row.running![i]!));
    if (row.eval !== undefined) {
      const again = layer.apply({ params, state }, fill(row.shape, 5), { train: false });
      expectNumbers(again.y, row.eval);
      expect(again.state).toBe(state);
    }
  });
});
