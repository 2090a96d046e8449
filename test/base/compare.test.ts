// The one error norm of the project: |a − b| / max(|b|, 1e-3·max|b|), 0 when a = b.

import { describe, expect, it } from 'vitest';
import { digits, entryError, floorOf, worstError } from '../../src/base/compare.ts';

describe('the error norm', () => {
  it('is relative to the entry, and to a thousandth of the largest entry below that', () => {
    expect(worstError([1.01, 100], [1, 100])).toEqual({ error: expect.closeTo(0.01, 15), at: 0 });
    expect(worstError([2e-3, 100], [1e-3, 100])).toEqual({ error: expect.closeTo(0.01, 15), at: 0 });
    expect(worstError([1, 2, 3], [1, 2, 4])).toEqual({ error: 0.25, at: 2 });
  });

  it('is 0 for equal entries, also zeros, infinities and NaN', () => {
    expect(worstError([0, -0, Infinity, NaN], [0, 0, Infinity, NaN])).toEqual({ error: 0, at: 0 });
  });

  it.each([[NaN, 1], [1, NaN], [Infinity, 1], [1, Infinity], [Infinity, -Infinity], [1, 0]])('is infinite for %d against %d', (a, b) => {
    expect(worstError([a], [b]).error).toBe(Infinity);
  });

  it('is infinite for another length', () => {
    expect(worstError([1], [1, 2]).error).toBe(Infinity);
  });

  it('takes no infinity for the largest entry', () => {
    expect(floorOf([1, -2000, Infinity, NaN])).toBe(2);
    expect(floorOf([])).toBe(0);
  });

  it('judges an entry by the floor it is given', () => {
    expect(entryError(0.5, 0, 1)).toBe(0.5);
    expect(entryError(3, 4, 1)).toBe(0.25);
  });

  it('counts digits from 0 to 17', () => {
    expect([digits(0), digits(1e-11), digits(10), digits(1e-30), digits(Infinity), digits(0, 8)]).toEqual([17, 11, 0, 17, 0, 8]);
  });
});
