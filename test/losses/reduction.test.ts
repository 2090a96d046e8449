import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import { tensor } from '../../src/graph/index.ts';
import { checkReduction, reduced, reductions, type Reduction } from '../../src/losses/reduction.ts';

const losses = tensor([1, 2, 6]);

describe('reduced', () => {
  it('gives the mean, the sum, or the losses themselves', () => {
    expect(reduced(losses, 'mean').item()).toBe(3);
    expect(reduced(losses, 'sum').item()).toBe(9);
    expect(reduced(losses, 'none')).toBe(losses);
  });

  it('divides a mean, and only a mean, by another count when it is given one', () => {
    expect(reduced(losses, 'mean', 2).item()).toBe(4.5);
    expect(reduced(losses, 'sum', 2).item()).toBe(9);
  });

  it('refuses a name it does not know', () => {
    expect(() => checkReduction('aLoss', 'average' as Reduction)).toThrow(DomainError);
    for (const name of reductions) expect(() => checkReduction('aLoss', name)).not.toThrow();
  });
});
