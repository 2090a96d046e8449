// The ready networks: their shapes, sizes and arithmetic, worked out by hand from the papers, and that they learn.

import { describe, expect, it } from 'vitest';
import { customGradient, valueAndGrad } from '../../src/autodiff/index.ts';
import type { Shape } from '../../src/base/shape.ts';
import { flatten } from '../../src/base/tree.ts';
import { isTensor, type Tensor, trace } from '../../src/graph/index.ts';
import {
  batchNorm, conv2d, countParameters, dropout, flatten as toVector, flops, type Layer, lenetPlusPlus, lenetSmall, linear, maxPool2d, mlp,
  orthogonal, type ParameterTree, prelu, residualFaces, sequential, stateless, type Variables,
} from '../../src/nn/index.ts';
import { add, foldIn, gather, key, logSoftmax, matmul, mean, mul, neg, normal, reshape, transpose, zeros } from '../../src/ops/index.ts';
import { adam, type Optimizer, sgd } from '../../src/optim/index.ts';
import { f32, i32 } from '../values.ts';

/** A network without numbers: its parameters and the shape of its output. */
function planOf(network: Layer, input: Shape): { readonly parameters: number; readonly output: Shape } {
  let parameters = 0;
  const { result } = trace((seed: Tensor, x: Tensor) => {
    const fresh = network.init(seed);
    parameters = countParameters(fresh.params);
    return network.apply(fresh, x, { train: false }).y;
  }, [key(1), zeros(input)], { mode: 'abstract' });
  return { parameters, output: [...result.leaves[0]!.shape] };
}

describe('mlp', () => {
  it('has a linear layer between every two sizes and an activation between these', () => {
    const network = mlp({ sizes: [7, 5, 3, 2], activation: () => prelu() });
    expect(planOf(network, [4, 7])).toEqual({ parameters: 7 * 5 + 5 + 1 + 5 * 3 + 3 + 1 + 3 * 2 + 2, output: [4, 2] });
    expect(flatten(network.init(key(1)).params, isTensor).paths.at(-1)).toBe('[4].bias');
    expect(flops(network, [4, 7])).toBe(4 * 2 * (35 + 15 + 6));
  });

  it('is linear when it has two sizes', () => {
    expect(countParameters(mlp({ sizes: [3, 2] }).init(key(1)).params)).toBe(8);
  });
});

describe('lenetSmall', () => {
  const network = lenetSmall();
  it('has three 3×3 convolutions with 16, 32 and 64 channels and a linear layer to a plane', () => {
    const parameters = (9 * 16 + 16) + (9 * 16 * 32 + 32) + (9 * 32 * 64 + 64) + (64 * 9 * 2 + 2);
    expect(planOf(network, [2, 1, 28, 28])).toEqual({ parameters, output: [2, 2] });
    expect(planOf(lenetSmall({ channels: 3, side: 32, embedding: 5 }), [1, 3, 32, 32]).output).toEqual([1, 5]);
  });

  it('takes 11.5 MFLOP for an image in training, a third of it forward', () => {
    expect(flops(network, [1, 1, 28, 28])).toBe(2 * (784 * 9 * 16 + 196 * 9 * 16 * 32 + 49 * 9 * 32 * 64 + 576 * 2));
    expect(3 * flops(network, [1, 1, 28, 28]) / 1e6).toBeCloseTo(11.5, 1);
  });
});

describe('lenetPlusPlus', () => {
  const network = lenetPlusPlus();
  it('is the network of the center-loss paper: pairs of 5×5 convolutions with 32, 64 and 128 channels', () => {
    const pair = (inputs: number, n: number): number => 25 * inputs * n + n + 25 * n * n + n + 2 * n;
    const parameters = pair(1, 32) + pair(32, 64) + pair(64, 128) + 128 * 9 * 2 + 2;
    expect(planOf(network, [1, 1, 28, 28])).toEqual({ parameters, output: [1, 2] });
  });

  it('takes 48.5 TFLOP for ten epochs of 10,000 digits in training', () => {
    expect(3 * 1e5 * flops(network, [1, 1, 28, 28]) / 1e12).toBeCloseTo(48.5, 1);
  });
});

describe('residualFaces', () => {
  it('embeds a face of 32 × 32 with at most 5 MFLOP, in grey and in colour', () => {
    for (const channels of [1, 3]) {
      const network = residualFaces({ channels });
      expect(flops(network, [1, channels, 32, 32])).toBeLessThanOrEqual(5e6);
      expect(flops(network, [1, channels, 32, 32])).toBeGreaterThan(3e6);
      expect(planOf(network, [2, channels, 32, 32]).output).toEqual([2, 128]);
    }
  });

  it('has batchNorm in the place of biases, and a shortcut of 1×1 where the size changes', () => {
    const normed = (inputs: number, outputs: number, kernel: number): number => kernel ** 2 * inputs * outputs + 2 * outputs;
    const block = (inputs: number, n: number): number => normed(inputs, n, 3) + n + normed(n, n, 3) + normed(inputs, n, 1) + n;
    const parameters = normed(1, 16, 3) + 16 + block(16, 32) + block(32, 64) + 64 * 16 * 128 + 128;
    expect(planOf(residualFaces(), [1, 1, 32, 32]).parameters).toBe(parameters);
  });

  it('takes images of any side', () => {
    for (const size of ['small', 'large'] as const) {
      for (const side of [8, 9, 20, 29, 33]) expect(planOf(residualFaces({ size, side, embedding: 3 }), [1, 1, side, side]).output).toEqual([1, 3]);
    }
  });

  it('is about ten times as large by option', () => {
    const network = residualFaces({ size: 'large', embedding: 64 });
    const factor = flops(network, [1, 1, 32, 32]) / flops(residualFaces(), [1, 1, 32, 32]);
    expect(factor).toBeGreaterThan(8);
    expect(factor).toBeLessThan(15);
    expect(planOf(network, [1, 1, 32, 32]).output).toEqual([1, 64]);
  });

  it('passes gradients to every parameter', () => {
    const network = residualFaces({ embedding: 4 });
    const fresh = network.init(key(1));
    const x = normal(key(2), [3, 1, 32, 32]);
    const { gradient } = valueAndGrad((params: ParameterTree) => {
      const { y } = network.apply({ params, state: fresh.state }, x, { train: true });
      return mean(mul(y, normal(key(3), y.shape)));
    })(fresh.params);
    for (const g of flatten(gradient, isTensor).leaves) expect(g.data.some((v) => v !== 0 && Number.isFinite(v))).toBe(true);
  });
});

describe('flops', () => {
  it('counts two per multiply-add of what the input passes through, and nothing for where weights come from', () => {
    expect(flops(linear({ inputs: 4, outputs: 3, weight: orthogonal() }), [5, 4])).toBe(2 * 5 * 4 * 3);
    expect(flops(stateless((x) => add(x, 1)), [100])).toBe(0);
  });

  it('looks into steps that hold a program of their own', () => {
    const square = customGradient((x) => matmul(x, transpose(x, 0, 1)), ({ grad, inputs }) => [mul(2, matmul(grad, inputs[0]!))]);
    expect(flops(stateless((x) => square(x)), [3, 4])).toBe(2 * 3 * 4 * 3);
  });
});

/** Two noisy rings of points, which no linear layer separates. */
function rings(): { x: Tensor; labels: Tensor } {
  const noise = normal(key(8), [64, 2]).data;
  const points = Array.from({ length: 64 }, (_, i) => {
    const radius = i % 2 === 0 ? 0.5 : 1.5;
    return [radius * Math.cos(i) + 0.1 * noise[2 * i]!, radius * Math.sin(i) + 0.1 * noise[2 * i + 1]!];
  });
  return { x: f32(points), labels: i32(points.map((_, i) => i % 2)) };
}

const crossEntropy = (scores: Tensor, labels: Tensor): Tensor =>
  neg(mean(gather(logSoftmax(scores), reshape(labels, [labels.size, 1]), 1)));

/** Trains on one batch and gives the loss before every step, and the parameters at the end. */
function train(network: Layer, optimizer: Optimizer, x: Tensor, labels: Tensor, steps: number) {
  let { params, state } = network.init(key(1));
  let memory = optimizer.init(params);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    let next = state;
    const objective = (p: ParameterTree): Tensor => {
      const result = network.apply({ params: p, state }, x, { train: true, key: foldIn(key(2), step) });
      next = result.state;
      return crossEntropy(result.y, labels);
    };
    const { value, gradient } = valueAndGrad(objective)(params);
    losses.push(value.item());
    ({ params, state: memory } = optimizer.update(gradient, memory, params));
    state = next;
  }
  return { losses, trained: { params, state } as Variables };
}

describe('training', () => {
  it('separates two rings to a loss below 0.05, twice with the same bits', () => {
    const { x, labels } = rings();
    const network = mlp({ sizes: [2, 16, 16, 2] });
    const [first, second] = [0, 1].map(() => train(network, adam({ lr: 0.03 }), x, labels, 60)) as [ReturnType<typeof train>, ReturnType<typeof train>];
    expect(first.losses[0]).toBeGreaterThan(0.4);
    expect(first.losses.at(-1)).toBeLessThan(0.05);
    expect(second.losses).toStrictEqual(first.losses);
    const numbers = ({ trained }: typeof first): number[] => flatten(trained, isTensor).leaves.flatMap((p) => Array.from(p.data));
    expect(numbers(second)).toStrictEqual(numbers(first));
  });

  it('learns six images by heart with batch statistics and dropout, and then knows them without the batch', () => {
    const labels = i32([0, 1, 2, 0, 1, 2]);
    const x = normal(key(5), [6, 1, 8, 8]);
    const network = sequential([
      conv2d({ inputs: 1, outputs: 8, kernel: 3, bias: false }), batchNorm({ channels: 8, momentum: 0.5 }), prelu({ channels: 8 }),
      maxPool2d({ kernel: 2 }), toVector(), dropout({ rate: 0.2 }), linear({ inputs: 72, outputs: 3 }),
    ]);
    const { losses, trained } = train(network, sgd({ lr: 0.1, momentum: 0.9 }), x, labels, 40);
    expect(losses.at(-1)).toBeLessThan(0.05);
    expect(crossEntropy(network.apply(trained, x, { train: false }).y, labels).item()).toBeLessThan(0.05);
  });
});
