// Optimisers and schedules against PyTorch: twenty updates of a small problem in Float64, from golden/optim.json. The
// gradients are the engine's own, so the whole path from loss to parameter is compared.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.ts';
import { worstError } from '../../src/base/compare.ts';
import type { Tensor } from '../../src/graph/index.ts';
import { add, matmul, mean, square, sub, tanh } from '../../src/ops/index.ts';
import {
  adam, adamW, clipByGlobalNorm, clipByValue, cosineSchedule, multiStepSchedule, oneCycleSchedule, type Optimizer,
  polynomialSchedule, rmsprop, type Schedule, sgd, stepSchedule, constantSchedule, warmUp,
} from '../../src/optim/index.ts';
import { f64 } from '../values.ts';

interface Golden {
  readonly meta: { readonly y: number[]; readonly start: number[] };
  readonly trajectories: readonly { readonly name: string; readonly trajectory: number[][] }[];
  readonly schedules: readonly { readonly name: string; readonly rates: number[] }[];
}

const golden = JSON.parse(readFileSync(new URL('../golden/optim.json', import.meta.url), 'utf8')) as Golden;

type Params = { readonly layer: { readonly weight: Tensor; readonly bias: Tensor } };
const x = f64(Array.from({ length: 5 }, (_, i) => Array.from({ length: 3 }, (_, j) => Math.sin(0.7 * (3 * i + j) + 1))));
const y = f64(golden.meta.y);
const loss = ({ layer }: Params): Tensor => mean(square(sub(tanh(add(matmul(x, layer.weight), layer.bias)), y)));

interface Case {
  readonly optimizer: Optimizer;
  readonly clip?: (gradients: Params) => Params;
  readonly schedule?: Schedule;
}

const clipped = sgd({ lr: 0.3, momentum: 0.5 });
const cases: Readonly<Record<string, Case>> = {
  'sgd': { optimizer: sgd({ lr: 0.3 }) },
  'sgd decay': { optimizer: sgd({ lr: 0.3, weightDecay: 0.05 }) },
  'sgd momentum': { optimizer: sgd({ lr: 0.1, momentum: 0.9 }) },
  'sgd dampening': { optimizer: sgd({ lr: 0.2, momentum: 0.9, dampening: 0.5 }) },
  'sgd nesterov': { optimizer: sgd({ lr: 0.1, momentum: 0.9, nesterov: true }) },
  'sgd everything': { optimizer: sgd({ lr: 0.1, momentum: 0.8, dampening: 0.3, weightDecay: 0.02 }) },
  'sgd nesterov decay': { optimizer: sgd({ lr: 0.1, momentum: 0.8, nesterov: true, weightDecay: 0.02 }) },
  'adam': { optimizer: adam() },
  'adam fast': { optimizer: adam({ lr: 0.05, betas: [0.8, 0.95], epsilon: 1e-3 }) },
  'adam decay': { optimizer: adam({ lr: 0.05, weightDecay: 0.1 }) },
  'adamW': { optimizer: adamW({ lr: 0.05 }) },
  'adamW decay': { optimizer: adamW({ lr: 0.05, betas: [0.7, 0.9], weightDecay: 0.3 }) },
  'rmsprop': { optimizer: rmsprop() },
  'rmsprop momentum': { optimizer: rmsprop({ lr: 0.005, alpha: 0.9, momentum: 0.8 }) },
  'rmsprop centered': { optimizer: rmsprop({ lr: 0.005, alpha: 0.9, centered: true, epsilon: 1e-4 }) },
  'rmsprop everything': {
    optimizer: rmsprop({ lr: 0.005, alpha: 0.9, centered: true, momentum: 0.5, weightDecay: 0.1, epsilon: 1e-4 }),
  },
  'clip by value': { optimizer: clipped, clip: (g) => clipByValue(g, 0.05) },
  'clip by global norm': { optimizer: clipped, clip: (g) => clipByGlobalNorm(g, 0.1).gradients },
  'adam scheduled': { optimizer: adam(), schedule: multiStepSchedule({ lr: 0.1, milestones: [5, 12], factor: 0.3 }) },
};

function trajectory({ optimizer, clip = (g) => g, schedule }: Case): number[] {
  let params: Params = { layer: { weight: f64(golden.meta.start.slice(0, 3)), bias: f64(golden.meta.start[3]!) } };
  let state = optimizer.init(params);
  return Array.from({ length: 20 }, (_, step) => {
    const gradients = clip(grad(loss)(params) as unknown as Params);
    ({ params, state } = optimizer.update(gradients, state, params, schedule && { lr: schedule(step) }));
    return [...params.layer.weight.data, params.layer.bias.item()];
  }).flat();
}

describe('twenty updates', () => {
  it('are compared for every stored trajectory', () => {
    expect(golden.trajectories.map(({ name }) => name)).toEqual(Object.keys(cases));
  });

  it.each(golden.trajectories)('of $name are those of PyTorch to 1e-9', ({ name, trajectory: expected }) => {
    expect(worstError(trajectory(cases[name]!), expected.flat()).error).toBeLessThan(1e-9);
  });
});

describe('learning rates', () => {
  const schedules: Readonly<Record<string, Schedule>> = {
    'step': stepSchedule({ lr: 0.4, every: 5, factor: 0.3 }),
    'multistep': multiStepSchedule({ lr: 0.4, milestones: [3, 4, 15], factor: 0.2 }),
    'cosine': cosineSchedule({ lr: 0.4, steps: 20, final: 0.01 }),
    'polynomial': polynomialSchedule({ lr: 0.4, steps: 18, power: 2.5 }),
    'warm-up': warmUp(constantSchedule(0.4), { steps: 8, start: 0.25 }),
    'one cycle': oneCycleSchedule({ peak: 0.4, steps: 24 }),
    'one cycle steep': oneCycleSchedule({ peak: 0.4, steps: 20, rise: 0.45, startDivisor: 10, endDivisor: 100 }),
  };

  it('are compared for every stored schedule', () => {
    expect(golden.schedules.map(({ name }) => name)).toEqual(Object.keys(schedules));
  });

  it.each(golden.schedules)('of the $name schedule are those of PyTorch', ({ name, rates }) => {
    // PyTorch steps some of its schedules by recursion, which gathers rounding errors.
    rates.forEach((rate, step) => expect(Math.abs(schedules[name]!(step) - rate)).toBeLessThan(1e-14));
  });
});
