// Misuse: sizes that are none are found where a layer is made, wrong inputs where it is applied, both with the numbers.

import { describe, expect, it } from 'vitest';
import { DomainError, ShapeError } from '../../src/base/errors.ts';
import {
  avgPool2d, batchNorm, constant, conv2d, dropout, flatten, globalAveragePool, glorotNormal, heUniform, type Layer, layerNorm,
  lenetSmall, linear, maxPool2d, mlp, orthogonal, prelu, residual, residualFaces, sequential,
} from '../../src/nn/index.ts';
import { key, zeros } from '../../src/ops/index.ts';
import { thrown } from '../values.ts';

const affine = linear({ inputs: 3, outputs: 2 });
const apply = (layer: Layer, shape: readonly number[], options: object = { train: true }) =>
  () => layer.apply(layer.init(key(1)), zeros(shape), options as { train: boolean });

describe('making a layer', () => {
  it.each([
    ['linear: inputs = 0', () => linear({ inputs: 0, outputs: 2 })],
    ['linear: outputs = 2.5', () => linear({ inputs: 1, outputs: 2.5 })],
    ['linear: inputs = undefined', () => linear({ outputs: 2 } as never)],
    ["linear: the option 'in'", () => linear({ in: 1, outputs: 2 } as never)],
    ['conv2d: kernel height = NaN', () => conv2d({ inputs: 1, outputs: 2, kernel: NaN })],
    ['conv2d: kernel width = undefined', () => conv2d({ inputs: 1, outputs: 2, kernel: [3] as never })],
    ['conv2d: groups 2 for 3 → 4 channels', () => conv2d({ inputs: 3, outputs: 4, kernel: 1, groups: 2 })],
    ['conv2d: groups 2 for 4 → 3 channels', () => conv2d({ inputs: 4, outputs: 3, kernel: 1, groups: 2 })],
    ['prelu: channels = -1', () => prelu({ channels: -1 })],
    ['constant: NaN', () => prelu({ slope: NaN })],
    ['dropout: rate 1', () => dropout({ rate: 1 })],
    ['dropout: rate NaN', () => dropout({ rate: NaN })],
    ['batchNorm: channels = 0', () => batchNorm({ channels: 0 })],
    ['batchNorm: momentum 1.1', () => batchNorm({ channels: 1, momentum: 1.1 })],
    ['batchNorm: epsilon 0', () => batchNorm({ channels: 1, epsilon: 0 })],
    ['layerNorm: axes = 0', () => layerNorm({ shape: [] })],
    ['layerNorm: size of axis -2 = 0', () => layerNorm({ shape: [0, 3] })],
    ['layerNorm: epsilon NaN', () => layerNorm({ shape: 3, epsilon: NaN })],
    ["maxPool2d: the option 'size'", () => maxPool2d({ size: 2 } as never)],
    ["avgPool2d: the option 'size'", () => avgPool2d({ size: 2 } as never)],
    ['flatten: from = 0', () => flatten({ from: 0 })],
    ['mlp: sizes [4]', () => mlp({ sizes: [4] })],
    ['lenetSmall: side 7', () => lenetSmall({ side: 7 })],
    ['lenetSmall: embedding = 0', () => lenetSmall({ embedding: 0 })],
    ["residualFaces: size 'medium'", () => residualFaces({ size: 'medium' as never })],
    ["residualFaces: size 'toString'", () => residualFaces({ size: 'toString' as never })],
    ['constant: Infinity', () => constant(Infinity)],
    ['orthogonal: gain NaN', () => orthogonal({ gain: NaN })],
    ['heUniform: slope NaN', () => heUniform({ slope: NaN })],
    ["heUniform: slope 0, fan 'both'", () => heUniform({ fan: 'both' as never })],
  ])('refuses %s', (start, make) => {
    const error = thrown(make);
    expect(error).toBeInstanceOf(DomainError);
    expect((error as Error).message.startsWith(start)).toBe(true);
  });

  it('refuses to spread a weight without inputs', () => {
    expect(thrown(() => glorotNormal()(key(1), [3]))).toBeInstanceOf(ShapeError);
    expect(thrown(() => orthogonal()(key(1), [3, 0]))).toBeInstanceOf(ShapeError);
  });
});

describe('applying a layer', () => {
  it.each([
    ['linear: x [4, 2]', apply(affine, [4, 2])],
    ['linear: x []', apply(affine, [])],
    ['conv2d: x [1, 2, 4, 4]', apply(conv2d({ inputs: 3, outputs: 1, kernel: 1 }), [1, 2, 4, 4])],
    ['conv2d: windows [5, 5]', apply(conv2d({ inputs: 1, outputs: 1, kernel: 5 }), [1, 1, 4, 4])],
    ['prelu: x [2, 3]', apply(prelu({ channels: 2 }), [2, 3])],
    ['batchNorm: x [2, 3]', apply(batchNorm({ channels: 2 }), [2, 3])],
    ['batchNorm: training on x [1, 2]', apply(batchNorm({ channels: 2 }), [1, 2])],
    ['layerNorm: x [2, 3]', apply(layerNorm({ shape: [3, 2] }), [2, 3])],
    ['layerNorm: x [2]', apply(layerNorm({ shape: [3, 2] }), [2])],
    ['globalAveragePool: x [2, 3]', apply(globalAveragePool(), [2, 3])],
    ['flatten: x [2]', apply(flatten({ from: 2 }), [2])],
    ['residual: the branch gives [4, 2], the shortcut [4, 3]', apply(residual(affine), [4, 3])],
    ['linear: x [1, 576]', apply(sequential([flatten(), linear({ inputs: 9, outputs: 1 })]), [1, 64, 3, 3])],
  ])('refuses %s', (start, call) => {
    const error = thrown(call);
    expect(error).toBeInstanceOf(ShapeError);
    expect((error as Error).message.startsWith(start)).toBe(true);
  });

  it('never broadcasts a shortcut over a branch', () => {
    expect(thrown(apply(residual(linear({ inputs: 3, outputs: 1 })), [4, 3]))).toBeInstanceOf(ShapeError);
  });

  it('refuses to train at random without a key, and asks nothing of a layer that draws nothing', () => {
    const drops = sequential([affine, dropout({ rate: 0.5 })]);
    expect(String(thrown(apply(drops, [4, 3])))).toContain('dropout: training at rate 0.5 without a key');
    expect(thrown(apply(drops, [4, 3]))).toBeInstanceOf(DomainError);
    expect(thrown(apply(drops, [4, 3], { train: false }))).toBe(undefined);
    expect(thrown(apply(dropout({ rate: 0 }), [4, 3]))).toBe(undefined);
  });

  it('refuses a call that does not say whether it trains', () => {
    for (const layer of [batchNorm({ channels: 3 }), dropout({ rate: 0.5 }), sequential([]), residual(linear({ inputs: 3, outputs: 3 }))]) {
      for (const options of [null, {}, { train: 'false' }]) expect(thrown(apply(layer, [4, 3], options as object))).toBeInstanceOf(DomainError);
    }
  });

  it('refuses the variables of another network, naming the layer', () => {
    const [two, three] = [sequential([affine, prelu()]), sequential([affine, prelu(), prelu()])];
    expect(String(thrown(() => three.apply(two.init(key(1)), zeros([1, 3]), { train: false })))).toContain("sequential: no parameters for the layer '2'");
    const { params } = three.init(key(1));
    expect(String(thrown(() => three.apply({ params, state: [] }, zeros([1, 3]), { train: false })))).toContain("no state for the layer '0'");
    expect(thrown(() => residual(affine).apply({ params: {}, state: {} }, zeros([1, 3]), { train: false }))).toBeInstanceOf(DomainError);
  });
});
