import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broadcastShapes } from '../../../src/base/shape.ts';
import { broadcastPairs, classification, labels, shapes, tensors, unitRows } from '../../../src/check/testing/index.ts';

const runs = { seed: 1, numRuns: Number(process.env['RUNS'] ?? 30) };
const many = { seed: 1, numRuns: 300 };

describe('arbitraries made from a fast-check that is handed in', () => {
  it('shapes reach every rank and side and no others', () => {
    const ranks = new Set<number>();
    const sides = new Set<number>();
    for (const shape of fc.sample(shapes(fc, { maxRank: 2, maxSide: 3 }), many)) {
      ranks.add(shape.length);
      shape.forEach((n) => sides.add(n));
    }
    expect([...ranks].sort()).toEqual([0, 1, 2]);
    expect([...sides].sort()).toEqual([1, 2, 3]);
  });

  it('law: broadcast pairs broadcast, in both orders, and stretch at times', () => {
    let stretched = 0;
    let ranks = 0;
    fc.assert(fc.property(broadcastPairs(fc), ([a, b]) => {
      expect(broadcastShapes(a, b, 'test')).toEqual(broadcastShapes(b, a, 'test'));
      if (a.length !== b.length) ranks++;
      else if (a.some((n, i) => n !== b[i])) stretched++;
    }), many);
    expect(stretched).toBeGreaterThan(20);
    expect(ranks).toBeGreaterThan(20);
  });

  it('law: tensors have the shape and type asked for, and numbers of the grid', () => {
    fc.assert(fc.property(tensors(fc, { shape: [2, 3], dtype: 'f64', from: -1, to: 1, decimals: 2 }), (x) => {
      expect([x.shape, x.dtype]).toEqual([[2, 3], 'f64']);
      for (const v of x.data) expect(Math.abs(v) <= 1 && Number(v.toFixed(2)) === v).toBe(true);
    }), runs);
    const whole = tensors(fc, { dtype: 'i32' });
    fc.assert(fc.property(whole, (x) => x.dtype === 'i32' && x.data.every((v) => Math.abs(v) <= 3)), runs);
    fc.assert(fc.property(tensors(fc, { dtype: 'f32', extremes: 'finite' }), (x) => x.data.every(Number.isFinite)), many);
  });

  it('extremes occur when asked for, and not otherwise', () => {
    const numbers = (extremes: 'none' | 'finite' | 'all'): number[] =>
      fc.sample(tensors(fc, { shape: [10], extremes }), many).flatMap((x) => Array.from(x.data));
    expect(numbers('none').every((x) => Math.abs(x) <= 3)).toBe(true);
    expect(numbers('finite').some((x) => Object.is(x, -0))).toBe(true);
    expect(numbers('finite').some((x) => x === 1e300)).toBe(true);
    expect(numbers('finite').every(Number.isFinite)).toBe(true);
    expect(numbers('all').some(Number.isNaN)).toBe(true);
    expect(numbers('all').some((x) => x === -Infinity)).toBe(true);
  });

  it('numbers shrink to round ones', () => {
    const found = fc.check(fc.property(tensors(fc, { shape: [3] }), (x) => x.data[1]! < 1.5), { seed: 3, numRuns: 1000 });
    expect(Array.from(found.counterexample![0].data)).toEqual([0, 1.5, 0]);
    const extreme = fc.check(
      fc.property(tensors(fc, { shape: [2], extremes: 'all' }), (x) => x.data.every(Number.isFinite)),
      { seed: 3, numRuns: 1000 }
    );
    expect(Array.from(extreme.counterexample![0].data).filter(Number.isFinite)).toEqual([0]);
  });

  it('replays by seed', () => {
    const list = (seed: number) => fc.sample(tensors(fc), { seed, numRuns: 5 }).map((x) => x.toArray());
    expect(list(9)).toEqual(list(9));
    expect(list(9)).not.toEqual(list(8));
  });

  it('law: unit rows have length 1', () => {
    fc.assert(fc.property(unitRows(fc, { rows: 3, columns: 2 }), (x) => {
      for (let i = 0; i < 3; i++) expect(Math.hypot(x.data[2 * i]!, x.data[2 * i + 1]!)).toBeCloseTo(1, 14);
    }), runs);
  });

  it('labels lie in range, with absent and repeated classes', () => {
    const samples = fc.sample(labels(fc, { N: 4, C: 3 }), many).map((x) => Array.from(x.data));
    expect(samples.flat().every((k) => k >= 0 && k < 3)).toBe(true);
    expect(samples.some((list) => new Set(list).size === 1)).toBe(true);
    expect(samples.some((list) => new Set(list).size === 3)).toBe(true);
  });
});

describe('classification problems', () => {
  const cosines = (
    {
      features, weights, labels: y,
    }: { features: { data: ArrayLike<number> }; weights: { data: ArrayLike<number> }; labels: { data: ArrayLike<number> } }
  ): number[][] => {
    const row = (a: ArrayLike<number>, i: number): number[] => [0, 1, 2].map((d) => a[3 * i + d]!);
    const unit = (v: number[]): number[] => v.map((x) => x / Math.hypot(...v));
    return Array.from(y.data).map((_, i) => [0, 1, 2, 3].map((k) => {
      const [x, w] = [unit(row(features.data, i)), unit(row(weights.data, k))];
      return x.reduce((sum, v, d) => sum + v * w[d]!, 0);
    }));
  };
  const samples = fc.sample(classification(fc), many);

  it('have the shapes asked for, and no weight is zero', () => {
    const [one] = fc.sample(classification(fc, { N: 2, C: 5, D: 4, dtype: 'f32' }), { seed: 1, numRuns: 1 });
    expect([one!.features.shape, one!.weights.shape, one!.labels.shape]).toEqual([[2, 4], [5, 4], [2]]);
    expect([one!.features.dtype, one!.labels.dtype]).toEqual(['f32', 'i32']);
    for (const { weights } of samples) {
      for (let k = 0; k < 4; k++) expect(Math.hypot(...weights.data.slice(3 * k, 3 * k + 3))).toBeGreaterThan(0);
    }
  });

  it('come near the borders of decisions, on both sides', () => {
    const gaps = samples.flatMap((s) => cosines(s).map((c, i) => {
      const own = c[s.labels.data[i]!]!;
      return Math.max(...c.filter((_, k) => k !== s.labels.data[i])) - own;
    }));
    expect(gaps.filter((g) => g > 0 && g < 0.02).length).toBeGreaterThan(20);
    expect(gaps.filter((g) => g < 0 && g > -0.02).length).toBeGreaterThan(20);
  });

  it('come near their own class; on it, opposite to it and at zero only when edges are asked for', () => {
    const own = (list: typeof samples): number[] => list.flatMap((s) => cosines(s).map((c, i) => c[s.labels.data[i]!]!));
    const plain = own(samples);
    // A third of the samples, up to 1 % away; by chance alone it would be a handful.
    expect(plain.filter((c) => c > 0.999).length).toBeGreaterThan(100);
    const edged = own(fc.sample(classification(fc, { edges: true }), many));
    expect(edged.filter((c) => c < -1 + 1e-12).length).toBeGreaterThan(20);
    expect(edged.some(Number.isNaN)).toBe(true);
  });
});
