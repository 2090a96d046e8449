// What single layers do by their own: masks from keys, running statistics, slopes, and how parts of a network get theirs.

import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.ts';
import { trace, type Tensor } from '../../src/graph/index.ts';
import {
  batchNorm, constant, dropout, layerNorm, linear, prelu, relu, residual, sequential, type Variables,
} from '../../src/nn/index.ts';
import { foldIn, key, mean, ones, variance } from '../../src/ops/index.ts';
import { expectBits, f64 } from '../values.ts';
import { sample } from './samples.ts';

describe('dropout', () => {
  const layer = dropout({ rate: 0.3 });
  const run = (seed: number, x: Tensor): Tensor => layer.apply(layer.init(key(1)), x, { train: true, key: key(seed) }).y;
  const x = ones([50, 40], { dtype: 'f64' });

  it('drops its share and scales up the rest', () => {
    const y = run(1, x);
    const kept = y.data.filter((v) => v !== 0);
    expect(new Set(kept)).toEqual(new Set([1 / 0.7]));
    expect(Math.abs(kept.length / 2000 - 0.7)).toBeLessThan(4 * Math.sqrt(0.21 / 2000));
  });

  it('draws the same mask for the same key and another one for another', () => {
    expectBits(run(2, x), run(2, x).toArray());
    expect(Array.from(run(3, x).data)).not.toEqual(Array.from(run(2, x).data));
  });

  it('lets gradients through where numbers pass', () => {
    const slope = grad((z: Tensor) => mean(run(4, z)))(x);
    expect(Array.from(slope.data, (g) => g !== 0)).toEqual(Array.from(run(4, x).data, (v) => v !== 0));
  });

  it('passes x itself on outside training and at rate 0', () => {
    expect(layer.apply(layer.init(key(1)), x, { train: false, key: key(1) }).y).toBe(x);
    expect(dropout({ rate: 0 }).apply({ params: {}, state: {} }, x, { train: true }).y).toBe(x);
  });
});

describe('batchNorm', () => {
  it('brings every channel of a training batch to mean 0 and variance 1 and blends its statistics in', () => {
    const layer = batchNorm({ channels: 2, momentum: 0.25, epsilon: 1e-12 });
    const fresh = layer.init(key(1), { dtype: 'f64' });
    const x = sample(1, [4, 2, 3]);
    const { y, state } = layer.apply(fresh, x, { train: true });
    for (let c = 0; c < 2; c++) {
      expect(mean(y, { axis: [0, 2] }).data[c]).toBeCloseTo(0, 12);
      expect(variance(y, { axis: [0, 2] }).data[c]).toBeCloseTo(1, 10);
      expect(state.mean.data[c]).toBeCloseTo(0.25 * mean(x, { axis: [0, 2] }).data[c]!, 14);
      expect(state.variance.data[c]).toBeCloseTo(0.75 + 0.25 * variance(x, { axis: [0, 2] }).data[c]! * 12 / 11, 14);
    }
  });

  it('forgets at once with momentum 1 and learns nothing with momentum 0', () => {
    const x = f64([[1], [3]]);
    const state = (momentum: number) => {
      const layer = batchNorm({ channels: 1, momentum });
      return layer.apply(layer.init(key(1), { dtype: 'f64' }), x, { train: true }).state;
    };
    expectBits(state(1).mean, [2]);
    expectBits(state(1).variance, [2]);
    expectBits(state(0).mean, [0]);
    expectBits(state(0).variance, [1]);
  });

  it('gives its running statistics no gradient', () => {
    const layer = batchNorm({ channels: 1 });
    const fresh = layer.init(key(1), { dtype: 'f64' });
    const slope = grad((x: Tensor) => mean(layer.apply(fresh, x, { train: true }).state.variance))(f64([[1], [3]]));
    expectBits(slope, [[0], [0]]);
  });

  it('does not use the batch outside training', () => {
    const layer = batchNorm({ channels: 1 });
    const fresh = layer.init(key(1), { dtype: 'f64' });
    const one = (x: number): number => layer.apply(fresh, f64([[x]]), { train: false }).y.item();
    expect(one(3)).toBeCloseTo(3 / Math.sqrt(1 + 1e-5), 14);
  });
});

describe('layerNorm', () => {
  it('starts as the plain normalisation', () => {
    const [affine, plain] = [layerNorm({ shape: 3 }), layerNorm({ shape: 3, affine: false })];
    const x = sample(2, [4, 3]);
    expectBits(affine.apply(affine.init(key(1), { dtype: 'f64' }), x, { train: true }).y, plain.apply(plain.init(key(1)), x, { train: true }).y.toArray());
  });
});

describe('activations', () => {
  it('are 0 at 0, and PReLU starts with the slope of its paper', () => {
    const x = f64([-2, 0, 3]);
    const run = (layer: ReturnType<typeof prelu> | ReturnType<typeof relu>): Tensor =>
      layer.apply(layer.init(key(1), { dtype: 'f64' }) as Variables<never, never>, x, { train: false }).y;
    expectBits(run(relu()), [0, 0, 3]);
    expectBits(run(prelu()), [-0.5, 0, 3]);
  });
});

describe('sequential', () => {
  const network = sequential({
    first: linear({ inputs: 2, outputs: 2, bias: false, weight: constant(2) }),
    drop: dropout({ rate: 0.5 }),
    norm: batchNorm({ channels: 2 }),
  });
  const fresh = network.init(key(3), { dtype: 'f64' }) as Variables<{ readonly first: { readonly weight: Tensor } }, { readonly norm: { readonly mean: Tensor } }>;

  it('keeps parameters and state by the names of its layers', () => {
    expectBits(fresh.params.first.weight, [[2, 2], [2, 2]]);
    expectBits(fresh.state.norm.mean, [0, 0]);
    const { state } = network.apply(fresh, sample(3, [3, 2]), { train: true, key: key(1) });
    expect(Object.keys(state)).toEqual(['first', 'drop', 'norm']);
    expect((state as typeof fresh.state).norm.mean.data[0]).not.toBe(0);
  });

  it('gives every layer a key of its own', () => {
    const twice = sequential([linear({ inputs: 9, outputs: 9 }), linear({ inputs: 9, outputs: 9 })]).init(key(1)).params as { weight: Tensor }[];
    expect(Array.from(twice[0]!.weight.data)).not.toEqual(Array.from(twice[1]!.weight.data));
    const drops = sequential([dropout({ rate: 0.5 }), dropout({ rate: 0.5 })]);
    const x = ones([64]);
    const y = drops.apply(drops.init(key(1)), x, { train: true, key: key(7) }).y;
    const first = dropout({ rate: 0.5 }).apply({ params: {}, state: {} }, x, { train: true, key: foldIn(key(7), 0) }).y;
    // Two equal masks would keep half of the numbers, two of their own keep a quarter.
    const both = Array.from(y.data).filter((v) => v !== 0).length;
    expect(both).toBeLessThan(Array.from(first.data).filter((v) => v !== 0).length);
  });

  it('names its layers in the scopes of a trace', () => {
    const { graph } = trace((x: Tensor) => network.apply(fresh, x, { train: false }).y, [sample(3, [3, 2])]);
    expect(new Set(graph.steps.map(({ scope }) => scope))).toEqual(new Set([undefined, 'first', 'norm']));
  });
});

describe('residual', () => {
  it('adds the shortcut, x itself when there is none', () => {
    const x = f64([[1, 2]]);
    const double = linear({ inputs: 2, outputs: 2, bias: false, weight: constant(1) });
    const run = (layer: ReturnType<typeof residual>): Tensor => layer.apply(layer.init(key(1), { dtype: 'f64' }), x, { train: false }).y;
    expectBits(run(residual(double)), [[4, 5]]);
    expectBits(run(residual(double, double)), [[6, 6]]);
  });

  it('hands on the state of both ways', () => {
    const layer = residual(batchNorm({ channels: 1 }), batchNorm({ channels: 1, momentum: 0.5 }));
    const { state } = layer.apply(layer.init(key(1), { dtype: 'f64' }), f64([[1], [3]]), { train: true });
    expectBits((state as { branch: { mean: Tensor } }).branch.mean, [0.2]);
    expectBits((state as { shortcut: { mean: Tensor } }).shortcut.mean, [1]);
  });
});
