import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.ts';
import { DomainError } from '../../src/base/errors.ts';
import { type Tensor, tensor } from '../../src/graph/index.ts';
import { focal, hardMining, type Mining, noMining } from '../../src/losses/mining.ts';
import { mul, sum } from '../../src/ops/index.ts';

const f64 = (values: number[]): Tensor => tensor(values, { dtype: 'f64' });
const unasked = (): Tensor => { throw new Error('asked for plain losses'); };
const factors = ({ factor }: Mining, losses: number[], plainLoss: () => Tensor = unasked): number[] => Array.from(factor!({ loss: f64(losses), plainLoss }).data);

describe('focal', () => {
  const losses = [0.1, 1, 3];

  it('weighs by α·(1 − p)^γ of the probability it is told to use', () => {
    const expected = losses.map((l) => 0.25 * (1 - Math.exp(-l)) ** 2);
    factors(focal({ alpha: 0.25, probability: 'margin' }), losses).forEach((g, i) => expect(g).toBeCloseTo(expected[i]!, 15));
    factors(focal({ alpha: 0.25 }), [9, 9, 9], () => f64(losses)).forEach((g, i) => expect(g).toBeCloseTo(expected[i]!, 15));
  });

  it('has no cancellation for a sample that is all but certain', () => {
    expect(factors(focal({ gamma: 1, probability: 'margin' }), [1e-20])).toEqual([1e-20]);
  });

  it('is differentiated through g unless it is detached', () => {
    const slope = (detach: boolean): number => {
      const mining = focal({ gamma: 2, detach, probability: 'margin' });
      return (grad((loss: Tensor) => sum(mul(mining.factor!({ loss, plainLoss: unasked }), loss)))(f64([0.7]))).item();
    };
    const p = Math.exp(-0.7);
    expect(slope(true)).toBeCloseTo((1 - p) ** 2, 14);
    expect(slope(false)).toBeCloseTo((1 - p) ** 2 + 2 * (1 - p) * p * 0.7, 14);
  });

  it('is 1 with gradient 0 at γ = 0, also for p = 1', () => {
    const mining = focal({ gamma: 0, probability: 'margin' });
    expect(factors(mining, [0, 2])).toEqual([1, 1]);
    const slope = grad((loss: Tensor) => sum(mining.factor!({ loss, plainLoss: unasked })))(f64([0, 2]));
    expect(Array.from(slope.data).map(Math.abs)).toEqual([0, 0]);
  });

  it('has a finite gradient for γ < 1 at p = 1, where its own slope is infinite', () => {
    const { factor } = focal({ gamma: 0.5, probability: 'margin' });
    const slope = grad((loss: Tensor) => sum(mul(factor!({ loss, plainLoss: unasked }), loss)))(f64([0, 1]));
    expect(Array.from(slope.data).every(Number.isFinite)).toBe(true);
  });

  it('refuses parameters outside their ranges', () => {
    expect(() => focal({ gamma: -1 })).toThrow('focal: gamma = -1. gamma ≥ 0');
    expect(() => focal({ alpha: 0 })).toThrow(DomainError);
    expect(() => focal({ probability: 'own' as 'plain' })).toThrow(DomainError);
    expect(() => focal({ detach: 'false' as unknown as boolean })).toThrow(DomainError);
  });
});

describe('hardMining', () => {
  it('keeps the share with the largest losses', () => {
    expect(factors(hardMining({ saveRate: 0.6 }), [1, 5, 2, 4, 3])).toEqual([0, 1, 0, 1, 1]);
  });

  it('of equal losses keeps the earlier, and at least one sample', () => {
    expect(factors(hardMining({ saveRate: 0.5 }), [2, 2, 2, 2])).toEqual([1, 1, 0, 0]);
    expect(factors(hardMining({ saveRate: 0 }), [1, 3, 2])).toEqual([0, 1, 0]);
  });

  it('is not one short by rounding: 0.29 of 100 samples are 29, though 0.29·100 is 28.999…', () => {
    const kept = factors(hardMining({ saveRate: 0.29 }), Array.from({ length: 100 }, (_, i) => i));
    expect(kept.reduce((a, b) => a + b, 0)).toBe(29);
  });

  it('divides a mean by the samples kept only when asked to', () => {
    expect(hardMining({ saveRate: 0.7 }).count).toBeUndefined();
    expect(hardMining({ saveRate: 0.7, hardReduction: 'kept' }).count!(3)).toBe(2);
    expect(hardMining({ saveRate: 0.399, hardReduction: 'kept' }).count!(5)).toBe(1);
  });

  it('passes no gradient to the selection', () => {
    const { factor } = hardMining({ saveRate: 0.5 });
    const slope = grad((loss: Tensor) => sum(mul(factor!({ loss, plainLoss: unasked }), loss)))(f64([1, 4]));
    expect(Array.from(slope.data)).toEqual([0, 1]);
  });

  it('refuses a rate that is no share', () => {
    for (const saveRate of [-0.1, 1.1, NaN]) expect(() => hardMining({ saveRate })).toThrow(DomainError);
    expect(() => hardMining({ hardReduction: 'all' as 'kept' })).toThrow(DomainError);
  });
});

describe('noMining', () => {
  it('has no factor to apply', () => expect(noMining.factor).toBeNull());
});

describe('a focal factor with a power below 1', () => {
  it('sends nothing back from a sample whose probability has reached 1', () => {
    const f = (plain: Tensor): Tensor => sum(mul(focal({ gamma: 0.5 }).factor!({ loss: f64([0.3, 0.3]), plainLoss: () => plain }), f64([1, 1])));
    const slope = Array.from(grad(f)(f64([0, 0.5])).data);
    expect(Math.abs(slope[0]!)).toBe(0);
    expect(slope[1]).toBeGreaterThan(0);
  });
});
