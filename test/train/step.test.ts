// What a step says of itself, on a model of one number.

import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/graph/index.ts';
import { clamp, sqrt, sub, sum } from '../../src/ops/index.ts';
import type { Optimizer } from '../../src/optim/index.ts';
import { type Model, type TrainState, trainStep } from '../../src/train/index.ts';
import { expectBits, f32, i32 } from '../values.ts';

describe('a step', () => {
  const model = {
    network: { apply: (_: unknown, x: Tensor) => ({ y: x, state: {} }) }, loss: ({ head }: TrainState['params']) => sum(sqrt(head['w']!)), remember: () => ({}),
  } as unknown as Model;
  /** Down the gradient, by 1 at most: an infinite slope gives a finite update. */
  const optimizer = {
    update: (slopes: { head: { w: Tensor } }, state: unknown, params: { network: object; head: { w: Tensor } }) =>
      ({ params: { network: {}, head: { w: sub(params.head.w, clamp(slopes.head.w, { min: -1, max: 1 })) } }, state }),
  } as unknown as Optimizer;
  const stepFrom = (w: number[]): readonly [TrainState, { loss: Tensor; healthy: Tensor }] => trainStep(model, optimizer)(
    { params: { network: {}, head: { w: f32(w) } }, memory: { network: {}, head: {} }, optimizer: { step: i32(0) } }, f32([[1]]), i32([0]), 0.1, i32([0, 1]));

  it('is done where loss, gradient and state are finite', () => {
    const [{ params }, { healthy }] = stepFrom([0.25, 4]);
    expectBits(params.head['w']!, [-0.75, 3.75]);
    expect(healthy.item()).toBe(1);
  });

  it('is not done where the gradient alone is not finite', () => {
    const [{ params }, { healthy, loss }] = stepFrom([0, 4]);
    expect(loss.item()).toBe(2);
    expectBits(params.head['w']!, [0, 4]);
    expect(healthy.item()).toBe(0);
  });
});
