// The folds against trying every threshold, and a case worked by hand.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError, ShapeError } from '../../src/base/errors.ts';
import { foldAccuracy } from '../../src/metrics/index.ts';
import { runs } from './samples.ts';

/** By the definition: all scores of the other folds and +∞ as thresholds, the most accurate, the smallest of equals. */
function byDefinition(scores: readonly number[], same: readonly number[], fold: readonly number[]): { mean: number; standardError: number; thresholds: number[] } {
  const accuracy = (t: number, rows: readonly number[]): number => rows.filter((i) => (scores[i]! >= t) === (same[i] === 1)).length / rows.length;
  const all = scores.map((_, i) => i);
  const ids = [...new Set(fold)].sort((a, b) => a - b);
  const thresholds = ids.map((id) => {
    const others = all.filter((i) => fold[i] !== id);
    const candidates = [...others.map((i) => scores[i]!), Infinity].sort((a, b) => a - b);
    const best = Math.max(...candidates.map((t) => accuracy(t, others)));
    return candidates.find((t) => accuracy(t, others) === best)!;
  });
  const results = ids.map((id, k) => accuracy(thresholds[k]!, all.filter((i) => fold[i] === id)));
  const mean = results.reduce((a, b) => a + b) / ids.length;
  return { thresholds, mean, standardError: Math.sqrt(results.reduce((sum, a) => sum + (a - mean) ** 2, 0) / (ids.length - 1)) / Math.sqrt(ids.length) };
}

describe('foldAccuracy', () => {
  it('law: equals trying every threshold', () => {
    const pair = fc.tuple(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -3, max: 3, noNaN: true })), fc.nat(1), fc.nat(4));
    fc.assert(fc.property(fc.array(pair, { minLength: 2, maxLength: 40 }).filter((list) => new Set(list.map(([, , fold]) => fold)).size > 1), (list) => {
      const [scores, same, fold] = [list.map(([s]) => s + 0), list.map(([, k]) => k), list.map(([, , f]) => f)];
      const [actual, wanted] = [foldAccuracy(scores, same, fold), byDefinition(scores, same, fold)];
      expect(actual.folds.map(({ threshold }) => threshold)).toEqual(wanted.thresholds);
      expect(actual.mean).toBeCloseTo(wanted.mean, 12);
      expect(actual.standardError).toBeCloseTo(wanted.standardError, 12);
    }), runs);
  });

  it('worked by hand: the smallest of equally good thresholds, equal scores together, +∞ when nothing should be accepted', () => {
    // Fold 1 chooses on fold 0: at 0.8 and at 0.6 three of four are right; the smaller is taken.
    const { folds } = foldAccuracy([0.8, 0.7, 0.6, 0.1, 0.65, 0.5], [1, 0, 1, 0, 1, 0], [0, 0, 0, 0, 1, 1]);
    expect(folds[1]).toEqual({ threshold: 0.6, accuracy: 1, pairs: 2 });
    expect(folds[0]).toEqual({ threshold: 0.65, accuracy: 0.5, pairs: 4 });
    // Two impostors and a genuine pair with one score cannot be told apart: accepting none is best.
    expect(foldAccuracy([0.5, 0.5, 0.5, 1], [1, 0, 0, 0], [0, 0, 0, 1]).folds[1]).toEqual({ threshold: Infinity, accuracy: 1, pairs: 1 });
  });

  it('refuses NaN, one fold and lists that do not fit', () => {
    expect(() => foldAccuracy([NaN, 1], [1, 0], [0, 1])).toThrow(DomainError);
    expect(() => foldAccuracy([0, 1], [1, 0], [3, 3])).toThrow(/1 fold/);
    expect(() => foldAccuracy([0, 1], [1], [0, 1])).toThrow(ShapeError);
  });
});
