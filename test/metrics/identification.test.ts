// Ranks against sorting a gallery for every trial, as the protocol is told; ties on purpose.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError, ShapeError } from '../../src/base/errors.ts';
import { cmc, distractorScores, type Features, mateRanks, tarAtFar, topOneAtFar } from '../../src/metrics/index.ts';
import { people, runs } from './samples.ts';

/** The rows at length 1. */
const rows = ({ values, dims }: Features): number[][] => Array.from({ length: values.length / dims }, (_, n) => {
  const row = Array.from({ length: dims }, (_, d) => values[n * dims + d]!);
  return row.map((x) => x / Math.sqrt(dot(row, row)));
});
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, d) => sum + x * b[d]!, 0);
const plane = (...points: readonly (readonly [number, number])[]): Features => ({ values: points.flat(), dims: 2 });

describe('mateRanks', () => {
  it('law: the mate joins the distractors, and its place in the sorted gallery is the rank', () => {
    fc.assert(fc.property(people(2, 12), people(0, 15), ({ features, labels }, { features: distractors }) => {
      const [own, others] = [rows(features), rows(distractors)];
      const wanted: number[] = [];
      let ties = 0;
      own.forEach((query, j) => own.forEach((mate, i) => {
        if (i === j || labels[i] !== labels[j]) return;
        // Stable sorting with the mate first puts it before those it ties with.
        const gallery = [mate, ...others].sort((a, b) => dot(query, b) - dot(query, a));
        wanted.push(1 + gallery.indexOf(mate));
        if (others.some((d) => dot(query, d) === dot(query, mate))) ties++;
      }));
      if (wanted.length === 0) expect(() => mateRanks(features, labels, distractors)).toThrow(DomainError);
      else expect(mateRanks(features, labels, distractors)).toEqual({ ranks: Int32Array.from(wanted), ties });
    }), runs);
  });

  it('uses directions, not lengths, and reports a collapsed network by its ties', () => {
    expect(mateRanks(plane([1, 0], [5, 0.1]), [7, 7], plane([0, 9], [100, 50])).ranks).toEqual(Int32Array.of(1, 1));
    expect(mateRanks(plane([1, 1], [1, 1]), [0, 0], plane([1, 1]))).toEqual({ ranks: Int32Array.of(1, 1), ties: 2 });
  });

  it('refuses features of two networks, NaN, and labels that do not fit', () => {
    expect(() => mateRanks(plane([1, 0], [1, 0]), [0, 0], { values: [1, 2, 3], dims: 3 })).toThrow(ShapeError);
    expect(() => mateRanks(plane([NaN, 0], [1, 0]), [0, 0], plane([1, 0]))).toThrow(/row 0 holds NaN/);
    expect(() => mateRanks(plane([1, 0], [1, 0]), [0], plane([1, 0]))).toThrow(ShapeError);
    expect(() => mateRanks({ values: [1, 2, 3], dims: 2 }, [0], plane([1, 0]))).toThrow(/3 values as rows of 2/);
  });
});

describe('cmc', () => {
  it('is the share of trials up to a rank, by hand', () => {
    expect([...cmc([1, 3, 1, 9], 4)]).toEqual([0.5, 0.5, 0.75, 0.75]);
    expect(cmc([2], 1)[0]).toBe(0);
    expect(() => cmc([], 3)).toThrow(DomainError);
    expect(() => cmc([0], 3)).toThrow(DomainError);
  });
});

describe('distractorScores', () => {
  it('pairs every probe with every distractor and every two pictures of a person once', () => {
    const { genuine, impostor } = distractorScores(plane([1, 0], [0, 2], [3, 0]), [4, 4, 4], plane([0, 1], [1, 0]));
    expect([...genuine]).toEqual([0, 1, 0]);
    expect([...impostor]).toEqual([0, 1, 1, 0, 0, 1]);
    expect(tarAtFar(genuine, impostor, 0.5)).toMatchObject({ tar: 1 / 3, falseAccepts: 0 + 3 });
  });
});

describe('topOneAtFar', () => {
  it('law: only the best match of a query counts', () => {
    fc.assert(fc.property(people(1, 10), people(1, 12), fc.integer({ min: 1, max: 5 }), (queries, gallery, allowed) => {
      const [asked, known] = [rows(queries.features), rows(gallery.features)];
      // Non-mates first, so that a tie goes against the method.
      const best = asked.map((query, q) => known.map((face, m) => ({ score: dot(query, face), mate: gallery.labels[m] === queries.labels[q] }))
        .sort((a, b) => b.score - a.score || Number(a.mate) - Number(b.mate))[0]!);
      const wrong = best.filter(({ mate }) => !mate).map(({ score }) => score);
      const far = Math.min(1, allowed / Math.max(1, wrong.length));
      const { point, rank1 } = topOneAtFar(queries.features, queries.labels, gallery.features, gallery.labels, far);
      expect(rank1).toBe(best.filter(({ mate }) => mate).length / best.length);
      expect(point).toMatchObject({ defined: wrong.length > 0, genuine: best.length, impostors: wrong.length });
      if (!point.defined) return;
      const limit = [...wrong].sort((a, b) => b - a)[allowed] ?? -2;
      expect(point.tar).toBeCloseTo(best.filter(({ mate, score }) => mate && score > limit).length / best.length, 12);
    }), runs);
  });

  it('counts a query without a mate in the gallery as an impostor trial', () => {
    const { point, rank1 } = topOneAtFar(plane([1, 0], [0, 1]), [0, 5], plane([1, 0], [0, 1]), [0, 1], 1);
    expect(rank1).toBe(0.5);
    expect(point).toMatchObject({ tar: 0.5, impostors: 1, genuine: 2 });
  });

  it('is undefined where the gallery is too small to say', () => {
    expect(topOneAtFar(plane([1, 0], [0, 1]), [0, 5], plane([1, 0], [0, 1]), [0, 1]).point).toMatchObject({ defined: false, genuine: 2, reason: expect.stringMatching(/at least 1000/) });
    expect(() => topOneAtFar(plane([1, 0]), [0], { values: [], dims: 2 }, [])).toThrow(/no gallery/);
  });
});
