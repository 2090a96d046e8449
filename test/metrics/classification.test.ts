// Accuracy by hand.

import { describe, expect, it } from 'vitest';
import { DomainError, ShapeError } from '../../src/base/errors.ts';
import { closedSetAccuracy } from '../../src/metrics/index.ts';

describe('closedSetAccuracy', () => {
  it('takes the first of the highest scores', () => {
    expect(closedSetAccuracy([0, 2, 1, 5, 5, 5, 1, 1, 3], 3, [1, 0, 2])).toBe(1);
    expect(closedSetAccuracy([5, 5, 5, 5], 2, [1, 0])).toBe(0.5);
    expect(closedSetAccuracy([-Infinity, -1], 2, [1])).toBe(1);
  });

  it('refuses NaN, labels out of range, and lists that do not fit', () => {
    expect(() => closedSetAccuracy([NaN, 1], 2, [0])).toThrow(DomainError);
    expect(() => closedSetAccuracy([0, 1], 2, [2])).toThrow(/label 2 at position 0/);
    expect(() => closedSetAccuracy([0, 1], 2, [0, 1])).toThrow(ShapeError);
    expect(() => closedSetAccuracy([], 2, [])).toThrow(DomainError);
  });
});
