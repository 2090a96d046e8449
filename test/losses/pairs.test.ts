import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.ts';
import { worstError } from '../../src/base/compare.ts';
import { DomainError, DTypeError, ShapeError } from '../../src/base/errors.ts';
import { type Tensor, tensor } from '../../src/graph/index.ts';
import { lossRow } from '../../src/losses/catalogue.ts';
import { contrastiveLoss, contrastivePairs, meanOverOthers, sameClass, squaredDistances, tripletLoss } from '../../src/losses/pairs.ts';
import { slice, sum } from '../../src/ops/index.ts';
import { evaluated, uniforms, type World } from './samples.ts';

const f64 = (values: number[][]): Tensor => tensor(values, { dtype: 'f64' });
const labels = (values: number[]): Tensor => tensor(values, { dtype: 'i32' });
const x = f64([[0, 0], [0.3, 0.4], [0, 2], [0.6, 0]]);
const y = labels([7, 7, -1, -1]);

describe('the parts of a pair loss', () => {
  it('know distances and classes of all pairs', () => {
    expect(squaredDistances(f64([[0, 0], [3, 4]])).toArray()).toEqual([[0, 25], [25, 0]]);
    expect(sameClass(labels([2, 5, 2]), 'f32').toArray()).toEqual([[1, 0, 1], [0, 1, 0], [1, 0, 1]]);
  });

  it('lose no digits between close samples, where products would', () => {
    expect(squaredDistances(f64([[1, 1], [1 + 1e-9, 1]])).data[1]! / (1 + 1e-9 - 1) ** 2).toBe(1);
  });

  it('leave a sample out of its own mean', () => {
    expect(meanOverOthers(f64([[9, 1, 3], [2, 9, 4], [5, 7, 9]])).toArray()).toEqual([2, 3, 6]);
  });

  it('have slope 0 between two classes at distance 0 and at the margin, and ½ per squared distance within a class', () => {
    const slope = grad((squared: Tensor) => sum(contrastivePairs(squared, f64([[1, 0], [0, 1]]), 1)));
    for (const distance of [0, 1]) expect(slope(f64([[0, distance], [distance, 4]])).toArray()).toEqual([[0.5, 0], [0, 0.5]]);
  });
});

/** The world of one pair or triplet: points by name, each one sample. */
function worldOf(points: Readonly<Record<string, readonly number[]>>, numbers: Readonly<Record<string, number>>): World {
  return {
    declare: [...Object.keys(points).map((name) => `${name}: n d`), ...Object.keys(numbers).map((name) => `${name}: scalar`)],
    sizes: { n: 1, d: 2 },
    values: {
      ...Object.fromEntries(Object.entries(points).map(([name, p]) => [name, f64([[...p]])])),
      ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, tensor(value, { dtype: 'f64' })])),
    },
  };
}

describe('contrastiveLoss', () => {
  it('is, for a sample, the mean over its pairs', () => {
    const losses = contrastiveLoss({ reduction: 'none' })(x, y).data;
    const far = (d: number): number => 0.5 * Math.max(1 - d, 0) ** 2;
    expect(losses[0]).toBeCloseTo((0.5 * 0.25 + far(2) + far(0.6)) / 3, 15);
    expect(losses[3]).toBeCloseTo((0.5 * 4.36 + far(0.6) + far(0.5)) / 3, 15);
  });

  it.each([1, 0])('is the printed equation, with the hand-derived gradient, for a pair with same = %i', (same) => {
    for (let seed = 0; seed < 10; seed++) {
      const [a, b] = [uniforms(seed, 4).slice(0, 2), uniforms(seed, 4).slice(2)];
      const text = evaluated(lossRow('contrastive').text(), worldOf({ a, b }, { m: 1.5, same }));
      const loss = lossRow('contrastive').create({ m: 1.5 });
      const pair = f64([a, b]);
      const two = labels([0, same === 1 ? 0 : 1]);
      expect(worstError(loss(pair, two).data, text.losses).error).toBeLessThan(1e-11);
      const slope = (grad(loss)(pair, two) as Tensor).data;
      expect(worstError(slope.slice(0, 2), text.right).error).toBeLessThan(1e-11);
      expect(worstError(text.left, text.right).error).toBeLessThan(1e-11);
    }
  });

  it('counts only equality of labels, so any whole numbers will do', () => {
    expect(contrastiveLoss()(x, y).item()).toBe(contrastiveLoss()(x, labels([0, 0, 1, 1])).item());
  });

  it('refuses a batch without a pair, odd labels and m ≤ 0', () => {
    expect(() => contrastiveLoss()(f64([[1, 2]]), labels([0]))).toThrow(DomainError);
    expect(() => contrastiveLoss()(x, labels([0]))).toThrow(ShapeError);
    expect(() => contrastiveLoss()(x, tensor([0, 0, 1, 1]))).toThrow(DTypeError);
    expect(() => contrastiveLoss({ m: 0 })).toThrow(DomainError);
    expect(() => contrastiveLoss({ m: f64([[1], [1]]) })(x, y)).toThrow(ShapeError);
  });
});

describe('tripletLoss', () => {
  const distance = (a: number, b: number): number => squaredDistances(x).data[a * 4 + b]!;
  const hinge = (a: number, p: number, q: number): number => Math.max(distance(a, p) - distance(a, q) + 0.2, 0);

  it('is, for an anchor, the mean over its triplets', () => {
    const losses = tripletLoss({ reduction: 'none' })(x, y).data;
    expect(losses[0]).toBeCloseTo((hinge(0, 1, 2) + hinge(0, 1, 3)) / 2, 15);
    expect(losses[2]).toBeCloseTo((hinge(2, 3, 0) + hinge(2, 3, 1)) / 2, 15);
  });

  it('is the printed equation, with the hand-derived gradient', () => {
    for (let seed = 0; seed < 10; seed++) {
      const numbers = uniforms(seed, 6);
      const [a, p, q] = [numbers.slice(0, 2), numbers.slice(2, 4), numbers.slice(4)];
      const text = evaluated(lossRow('triplet').text(), worldOf({ a, p, q }, { m: 0.5 }));
      const loss = lossRow('triplet').create({ m: 0.5, reduction: 'none' });
      // The second sample anchors the mirrored triplet, the third none.
      const losses = loss(f64([a, p, q]), labels([3, 3, 4])).data;
      expect(worstError([losses[0]!], text.losses).error).toBeLessThan(1e-11);
      expect(losses[2]).toBe(0);
      expect(worstError(text.left, text.right).error).toBeLessThan(1e-11);
      // The mirrored triplet moves p as well, so the gradient of the anchor is taken of its own loss alone.
      const own = (v: Tensor): Tensor => slice(loss(v, labels([3, 3, 4])), [[0, 1]]);
      const slope = grad((v: Tensor) => sum(own(v)))(f64([a, p, q])).data.slice(0, 2);
      expect(worstError(slope, text.right).error).toBeLessThan(1e-11);
    }
  });

  it('keeps to negatives that are farther than the positive and within the margin when asked for semi-hard ones', () => {
    const line = f64([[0, 0], [0.5, 0], [0.6, 0], [0.1, 0], [2, 0]]);
    const classes = labels([1, 1, 2, 2, 2]);
    const [loss] = tripletLoss({ selection: 'semiHard', reduction: 'none' })(line, classes).data;
    expect(loss).toBeCloseTo(0.25 - 0.36 + 0.2, 15);
  });

  it('keeps to the farthest positive and the nearest negative of an anchor when asked for the hardest, and to all that tie', () => {
    const line = f64([[0, 0], [0.5, 0], [-0.2, 0], [0.6, 0], [0, 0.6], [3, 0]]);
    const losses = tripletLoss({ selection: 'batchHard', reduction: 'none' })(line, labels([1, 1, 1, 2, 3, 4])).data;
    expect(losses[0]).toBeCloseTo(0.25 - 0.36 + 0.2, 15);
    expect(losses[2]).toBeCloseTo(0.49 - 0.4 + 0.2, 15);
    expect(losses[5]).toBe(0);
    const own = (v: Tensor): Tensor => slice(tripletLoss({ selection: 'batchHard', reduction: 'none' })(v, labels([1, 1, 1, 2, 3, 4])), [[0, 1]]);
    // Of the two nearest negatives each has half: 2(q − p) = 2([0.3, 0.3] − [0.5, 0]).
    expect(worstError(grad((v: Tensor) => sum(own(v)))(line).data.slice(0, 2), [-0.4, 0.6]).error).toBeLessThan(1e-14);
  });

  it.each(['all', 'semiHard', 'batchHard'] as const)('is 0 for a batch of one class, and no number where a sample is none (%s)', (selection) => {
    expect(tripletLoss({ selection })(x, labels([1, 1, 1, 1])).item()).toBe(0);
    expect(tripletLoss({ selection })(f64([[0, 0], [NaN, 0], [0, 2], [0.6, 0]]), y).item()).toBeNaN();
  });

  it('takes a margin per anchor', () => {
    const m = f64([[0.2], [0.2], [0.2], [0.2]]);
    expect(tripletLoss({ m })(x, y).item()).toBe(tripletLoss()(x, y).item());
  });

  it('refuses what it does not know', () => {
    expect(() => tripletLoss({ selection: 'hard' as 'all' })).toThrow(DomainError);
    expect(() => tripletLoss({ m: -1 })).toThrow(DomainError);
  });
});
