// Schedules: their corners, what they do after the end, and what they refuse. (PyTorch's numbers are in pytorch.test.)

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import {
  constantSchedule, cosineSchedule, multiStepSchedule, oneCycleSchedule, piecewiseSchedule, polynomialSchedule, type Schedule,
  stepSchedule, svSoftmaxSchedule, svSoftmaxSteps, warmUp,
} from '../../src/optim/index.ts';
import { runs, thrown } from '../values.ts';

describe('the SV-Softmax schedule', () => {
  it('is 0.1, divided by 10 at 100k, 160k and 220k steps, and nothing moves from 240k on', () => {
    const steps = [0, 99_999, 100_000, 159_999, 160_000, 219_999, 220_000, 239_999, 240_000, 1e6];
    expect(steps.map(svSoftmaxSchedule)).toEqual([0.1, 0.1, 0.01, 0.01, 0.001, 0.001, 0.0001, 0.0001, 0, 0]);
    expect(svSoftmaxSteps).toBe(240_000);
  });
});

describe('schedules', () => {
  it('change at their milestones, which belong to the new rate', () => {
    const rates = (schedule: Schedule, ...steps: number[]): number[] => steps.map(schedule);
    expect(rates(constantSchedule(0.3), 0, 1e9)).toEqual([0.3, 0.3]);
    expect(rates(stepSchedule({ lr: 8, every: 3, factor: 0.5 }), 0, 2, 3, 5, 6)).toEqual([8, 8, 4, 4, 2]);
    expect(rates(multiStepSchedule({ lr: 8, milestones: [2, 5], factor: 0.5 }), 1, 2, 4, 5, 99)).toEqual([8, 4, 4, 2, 2]);
    expect(rates(piecewiseSchedule({ rates: [1, 7, 3], milestones: [0, 4] }), 0, 3, 4)).toEqual([7, 7, 3]);
  });

  it('stay at their last rate after the end', () => {
    for (const step of [10, 11, 1e6]) {
      expect(cosineSchedule({ lr: 1, steps: 10, final: 0.25 })(step)).toBe(0.25);
      expect(polynomialSchedule({ lr: 1, steps: 10, final: 0.25 })(step)).toBe(0.25);
      expect(oneCycleSchedule({ peak: 1, steps: 10 })(step)).toBe(1 / 25 / 1e4);
    }
  });

  it('warm up from a share of the other schedule, which is not shifted', () => {
    const warmed = warmUp(stepSchedule({ lr: 1, every: 2, factor: 0.5 }), { steps: 4 });
    expect([0, 1, 2, 3, 4, 6].map(warmed)).toEqual([0.25, 0.4375, 0.3125, 0.40625, 0.25, 0.125]);
    expect(warmUp(constantSchedule(1), { steps: 4, start: 0 })(0)).toBe(0);
  });

  it('law: one cycle rises to its peak and falls from there', () => {
    fc.assert(fc.property(fc.integer({ min: 10, max: 200 }), fc.double({ min: 0.25, max: 0.75, noNaN: true }), (steps, rise) => {
      const rates = Array.from({ length: steps }, (_, k) => oneCycleSchedule({ peak: 2, steps, rise })(k));
      const top = rise * steps - 1;
      rates.slice(1).forEach((rate, k) => {
        if (k + 1 <= top) expect(rate).toBeGreaterThan(rates[k]!);
        if (k >= top) expect(rate).toBeLessThan(rates[k]!);
      });
      expect(Math.max(...rates)).toBeLessThanOrEqual(2);
    }), runs);
  });

  it.each([
    ['constantSchedule: lr = NaN', () => constantSchedule(NaN)],
    ['constantSchedule: step = -1', () => constantSchedule(1)(-1)],
    ['cosineSchedule: step = NaN', () => cosineSchedule({ lr: 1, steps: 2 })(NaN)],
    ['stepSchedule: every = 0', () => stepSchedule({ lr: 1, every: 0 })],
    ['multiStepSchedule: milestones [5,3]', () => multiStepSchedule({ lr: 1, milestones: [5, 3] })],
    ['piecewiseSchedule: number of rates = 2', () => piecewiseSchedule({ rates: [1, 2], milestones: [1, 2] })],
    ['piecewiseSchedule: lr = -1', () => piecewiseSchedule({ rates: [1, -1], milestones: [1] })],
    ['cosineSchedule: lr = -1', () => cosineSchedule({ lr: -1, steps: 2 })],
    ['polynomialSchedule: power = -2', () => polynomialSchedule({ lr: 1, steps: 2, power: -2 })],
    ['polynomialSchedule: steps = Infinity', () => polynomialSchedule({ lr: 1, steps: Infinity })],
    ['warmUp: start = 2', () => warmUp(constantSchedule(1), { steps: 2, start: 2 })],
    ['warmUp: steps = 0', () => warmUp(constantSchedule(1), { steps: 0 })],
    ['oneCycleSchedule: rise = 0.1', () => oneCycleSchedule({ peak: 1, steps: 10, rise: 0.1 })],
    ['oneCycleSchedule: rise = 1', () => oneCycleSchedule({ peak: 1, steps: 10, rise: 1 })],
    ['oneCycleSchedule: endDivisor = 0', () => oneCycleSchedule({ peak: 1, steps: 10, endDivisor: 0 })],
    ["stepSchedule: the option 'gamma'", () => stepSchedule({ lr: 1, every: 1, gamma: 1 } as never)],
  ])('refuse %s', (start, call) => {
    const error = thrown(call);
    expect(error).toBeInstanceOf(DomainError);
    expect((error as Error).message.startsWith(start)).toBe(true);
  });
});
