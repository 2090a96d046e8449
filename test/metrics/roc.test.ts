// Rates against counting by the definitions, threshold by threshold.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import { areaUnderRoc, equalErrorRate, rocCurve, tarAtFar, tarOverTrials } from '../../src/metrics/index.ts';
import { runs, twoLists } from './samples.ts';

const share = (scores: readonly number[], threshold: number): number => scores.filter((s) => s >= threshold).length / scores.length;

describe('rocCurve', () => {
  it('law: every point is the two shares at its threshold, one point a score', () => {
    fc.assert(fc.property(twoLists, ([genuine, impostor]) => {
      const { thresholds, far, tar } = rocCurve(genuine, impostor);
      expect([...thresholds]).toEqual([Infinity, ...[...new Set([...genuine, ...impostor].map((s) => s + 0))].sort((a, b) => b - a)]);
      thresholds.forEach((threshold, i) => expect([far[i], tar[i]]).toEqual([share(impostor, threshold), share(genuine, threshold)]));
    }), runs);
  });

  it('goes through a tie by the diagonal', () => {
    const { far, tar } = rocCurve([0.5, 0.9], [0.5]);
    expect([[...far], [...tar]]).toEqual([[0, 0, 1], [0, 0.5, 1]]);
  });
});

describe('areaUnderRoc', () => {
  it('law: is the share of pairs in order, ties by half', () => {
    fc.assert(fc.property(twoLists, ([genuine, impostor]) => {
      let wins = 0;
      for (const g of genuine) for (const f of impostor) wins += g > f ? 1 : g === f ? 0.5 : 0;
      expect(areaUnderRoc(genuine, impostor)).toBeCloseTo(wins / genuine.length / impostor.length, 12);
    }), runs);
  });

  it('is 1 for separated, 0 for reversed and 1/2 for equal scores', () => {
    expect([areaUnderRoc([2, 3], [0, 1]), areaUnderRoc([0, 1], [2, 3]), areaUnderRoc([1, 1], [1])]).toEqual([1, 0, 0.5]);
  });
});

describe('equalErrorRate', () => {
  it('is read from the straight line between two points', () => {
    // Points (0, 0), (0, 1/2), (1/2, 1/2), (1/2, 1), (1, 1): FAR = 1 − TAR = 1/2 at the third.
    expect(equalErrorRate([0.9, 0.3], [0.5, 0.1])).toEqual({ rate: 0.5, threshold: 0.5 });
    // Points (0, 0), (0, 2/3), (1/4, 2/3), (1/2, 1) …: between the last two, FAR = 1/3 + … solved by hand: 2/7.
    expect(equalErrorRate([0.9, 0.8, 0.3], [0.5, 0.3, 0.2, 0.1]).rate).toBeCloseTo(2 / 7, 14);
    expect(equalErrorRate([2], [1]).rate).toBe(0);
    expect(equalErrorRate([1], [2]).rate).toBe(1);
    expect(equalErrorRate([1], [1]).rate).toBe(0.5);
  });

  it('law: changing sides and signs changes nothing', () => {
    fc.assert(fc.property(twoLists, ([genuine, impostor]) => {
      const minus = (list: readonly number[]): number[] => list.map((s) => -s);
      expect(equalErrorRate(genuine, impostor).rate).toBeCloseTo(equalErrorRate(minus(impostor), minus(genuine)).rate, 12);
    }), runs);
  });
});

/** The definition: the lowest of all candidate thresholds, among them values between the scores, at which FAR is kept. */
function tarByDefinition(genuine: readonly number[], impostor: readonly number[], far: number): number {
  const all = [...new Set([...genuine, ...impostor])].sort((a, b) => a - b);
  const candidates = all.flatMap((s, i) => [s, i + 1 < all.length ? (s + all[i + 1]!) / 2 : s + 1]);
  return Math.max(...candidates.filter((t) => share(impostor, t) <= far).map((t) => share(genuine, t)));
}

describe('tarAtFar', () => {
  it('law: is the share at the lowest threshold that keeps the rate', () => {
    fc.assert(fc.property(twoLists, fc.integer({ min: 1, max: 30 }), ([genuine, impostor], n) => {
      const far = Math.min(1, n / impostor.length);
      const point = tarAtFar(genuine, impostor, far);
      expect(point.defined).toBe(true);
      if (!point.defined) return;
      expect(point.tar).toBeCloseTo(tarByDefinition(genuine, impostor, far), 12);
      expect(point.tar).toBe(share(genuine, point.threshold));
      expect(point.falseAccepts / impostor.length).toBe(share(impostor, point.threshold));
      expect(point.falseAccepts).toBeLessThanOrEqual(n);
    }), runs);
  });

  it('worked by hand: a tie of impostors at the limit lets neither in', () => {
    const impostor = [0.9, 0.5, 0.5, 0.1];
    expect(tarAtFar([0.95, 0.6, 0.5, 0.2], impostor, 0.5)).toEqual({ far: 0.5, genuine: 4, impostors: 4, defined: true, tar: 0.5, threshold: 0.6, falseAccepts: 1 });
    expect(tarAtFar([0.95, 0.6, 0.5, 0.2], impostor, 0.75)).toMatchObject({ tar: 1, threshold: 0.2, falseAccepts: 3 });
    expect(tarAtFar([0.2], [0.5, 0.5], 0.5)).toMatchObject({ tar: 0, threshold: Infinity, falseAccepts: 0 });
    expect(tarAtFar([-1], [0.5, 0.5], 1)).toMatchObject({ tar: 1, threshold: -1, falseAccepts: 2 });
  });

  it('is undefined below one over the number of impostors, and says how many it takes', () => {
    const impostor = Array.from({ length: 999 }, (_, i) => i / 999);
    expect(tarAtFar([1], impostor, 1e-3)).toEqual({
      far: 1e-3, genuine: 1, impostors: 999, defined: false, reason: 'a false accept rate of 0.001 takes at least 1000 impostor scores; there are 999' });
    expect(tarAtFar([1], [...impostor, 0], 1e-3).defined).toBe(true);
  });

  it('counts a rate times a number that is a whole number but for rounding', () => {
    // 0.29 · 100 is 28.999999999999996 in floating point.
    const impostor = Array.from({ length: 100 }, (_, i) => i);
    expect(tarAtFar([71, 70], impostor, 0.29)).toMatchObject({ tar: 0.5, falseAccepts: 29 });
  });

  it('refuses NaN, empty lists and rates that are none', () => {
    expect(() => tarAtFar([NaN], [0], 1)).toThrow(/score at position 0 is NaN/);
    // Compared with itself as a number, such a score was never passed: the curve had no end.
    for (const wrong of [[null], ['1'], 'x', [[1]]]) expect(() => rocCurve(wrong as never, [0])).toThrow(/score at position 0 is/);
    for (const wrong of [null, undefined, {}, 3]) expect(() => rocCurve(wrong as never, [0])).toThrow(/no genuine scores/);
    expect(() => tarAtFar([0], [0, NaN], 1)).toThrow(DomainError);
    expect(() => tarAtFar([], [0], 1)).toThrow(/no genuine scores/);
    expect(() => tarAtFar([0], [], 1)).toThrow(/no impostor scores/);
    for (const far of [0, -1, 1.1, NaN]) expect(() => tarAtFar([0], [0], far)).toThrow(DomainError);
  });
});

describe('tarOverTrials', () => {
  it('gives mean, deviation and their difference, by hand', () => {
    const impostor = [0, 1, 2, 3];
    // Above 2: two of four, then four of four.
    const [point] = tarOverTrials([{ genuine: [5, 5, 0, 0], impostor }, { genuine: [5, 5, 5, 5], impostor }], [0.25]);
    expect(point).toMatchObject({ far: 0.25, mean: 0.75, deviation: Math.sqrt(0.125), meanMinusDeviation: 0.75 - Math.sqrt(0.125) });
  });

  it('says why when a trial is too small, has no deviation for one trial, and refuses none', () => {
    const [small] = tarOverTrials([{ genuine: [1], impostor: [0] }], [1e-3]);
    expect(small!.reason).toMatch(/takes at least 1000/);
    expect(small!.mean).toBeUndefined();
    const [single] = tarOverTrials([{ genuine: [1], impostor: [0] }], [1]);
    expect(single).toMatchObject({ mean: 1 });
    expect(single!.deviation).toBeUndefined();
    expect(() => tarOverTrials([])).toThrow(DomainError);
  });
});
