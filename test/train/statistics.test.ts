// Statistics against the printed tables of Student's t and against sums by hand.

import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import { estimate, pairedDifference } from '../../src/train/index.ts';
import { studentQuantile, studentWithin } from '../../src/train/statistics.ts';

describe("Student's t", () => {
  it.each([[1, 12.706], [2, 4.303], [3, 3.182], [4, 2.776], [5, 2.571], [9, 2.262], [10, 2.228], [29, 2.045], [120, 1.98]])(
    'with %i degrees of freedom stays within ±%f in 95 of 100 cases, as the tables say', (degrees, t) => {
      expect(studentQuantile(0.95, degrees)).toBeCloseTo(t, 3);
      expect(studentWithin(t, degrees)).toBeCloseTo(0.95, 4);
    });

  it('of one degree is the arc tangent, and of many nearly the normal distribution', () => {
    expect(studentWithin(1, 1)).toBeCloseTo(0.5, 12);
    expect(studentWithin(1.959964, 100_000)).toBeCloseTo(0.95, 4);
  });
});

describe('an estimate', () => {
  it('is the mean with σ/√n, and of one value has no error', () => {
    expect(estimate([1, 2, 3, 6])).toEqual({ mean: 3, standardError: Math.sqrt((4 + 1 + 0 + 9) / 3 / 4), count: 4 });
    expect(estimate([5])).toEqual({ mean: 5, count: 1 });
    expect(() => estimate([])).toThrow(DomainError);
  });
});

describe('a paired difference', () => {
  it('is judged by its own spread, not by that of the values', () => {
    const reference = [10, 20, 30, 40, 50];
    const better = pairedDifference(reference.map((x, i) => x + 1 + 0.1 * i), reference);
    expect(better).toMatchObject({ mean: expect.closeTo(1.2, 10) as number, verdict: 'better', count: 5 });
    expect(better.high! - better.mean).toBeCloseTo(2.776 * better.standardError!, 3);
    expect(pairedDifference(reference.map((x, i) => x + (i % 2 === 0 ? 1 : -1)), reference).verdict).toBe('within noise');
    expect(pairedDifference(reference.map((x, i) => x - 1 - 0.1 * i), reference).verdict).toBe('worse');
  });

  it('of one pair says no more than its mean, and without spread is exact', () => {
    expect(pairedDifference([3], [1])).toEqual({ mean: 2, count: 1 });
    expect(pairedDifference([1, 2], [1, 2])).toMatchObject({ low: 0, high: 0, verdict: 'within noise' });
    expect(() => pairedDifference([1, 2], [1])).toThrow(DomainError);
  });
});
