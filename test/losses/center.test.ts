import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.ts';
import { DomainError, ShapeError } from '../../src/base/errors.ts';
import { type Tensor, tensor } from '../../src/graph/index.ts';
import { centerLoss, gradientCenterDelta, movedCenters, paperCenterDelta } from '../../src/losses/center.ts';
import { softmaxLoss } from '../../src/losses/softmax.ts';

const f64 = (values: number[][]): Tensor => tensor(values, { dtype: 'f64' });
const x = f64([[1, 2], [3, -4], [0, 1]]);
const w = f64([[1, 0], [0.5, 0.5], [0, -1]]);
const centers = f64([[0, 0], [1, 1], [5, 5]]);
const y = tensor([1, 0, 1], { dtype: 'i32' });

describe('centerLoss', () => {
  it('adds λ/2 of the squared distance to the centre of the class', () => {
    const [total, softmax] = [centerLoss({ lambda: 0.1, reduction: 'none' })(x, w, centers, y), softmaxLoss({ reduction: 'none' })(x, w, y)];
    [1, 25, 1].forEach((d, i) => expect(total.data[i]).toBeCloseTo(softmax.data[i]! + 0.05 * d, 14));
  });

  it('pulls features by λ·(x − c_y) beside the softmax', () => {
    const [a, b] = [0.1, 0].map((lambda) => grad(centerLoss({ lambda, reduction: 'sum' }))(x, w, centers, y).data);
    [[0, 1], [3, -4], [-1, 0]].flat().forEach((pull, i) => expect(a![i]! - b![i]!).toBeCloseTo(0.1 * pull, 13));
  });

  it('lets a gradient through to the centres only in the reading that moves them by it', () => {
    const byCenters = (centerUpdate: 'paper' | 'gradient'): number[] =>
      Array.from(grad(centerLoss({ lambda: 0.1, centerUpdate, reduction: 'sum' }), { wrt: 2 })(x, w, centers, y).data);
    expect(byCenters('paper')).toEqual([0, 0, 0, 0, 0, 0]);
    const delta = gradientCenterDelta(x, centers, y, 0.1).data;
    byCenters('gradient').forEach((g, i) => expect(g).toBeCloseTo(delta[i]!, 15));
  });

  it('refuses centres that do not fit', () => {
    expect(() => centerLoss()(x, w, f64([[0, 0]]), y)).toThrow(ShapeError);
    expect(() => centerLoss()(x, w, f64([[0], [0], [0]]), y)).toThrow(ShapeError);
    expect(() => centerLoss({ lambda: -1 })).toThrow(DomainError);
    expect(() => centerLoss({ centerUpdate: 'both' as 'paper' })).toThrow(DomainError);
    expect(() => centerLoss({ lambda: f64([[1], [1]]) })(x, w, centers, y)).toThrow(ShapeError);
  });
});

describe('the two rules for the centres', () => {
  it('the paper averages over one sample more than there are, whatever λ is', () => {
    expect(paperCenterDelta(x, centers, y).toArray()).toEqual([[-3 / 2, 4 / 2], [1 / 3, -1 / 3], [0, 0]]);
  });

  it('the gradient adds up, so it is λ·(1 + count) times the step of the paper', () => {
    const [paper, gradient] = [paperCenterDelta(x, centers, y).data, gradientCenterDelta(x, centers, y, 0.003).data];
    expect(gradientCenterDelta(x, centers, y).data).toEqual(gradient);
    [2, 2, 3, 3, 1, 1].forEach((count, i) => expect(gradient[i]).toBeCloseTo(0.003 * count * paper[i]!, 16));
  });

  it('a step moves the centres against the delta', () => {
    expect(movedCenters(centers, paperCenterDelta(x, centers, y)).toArray()).toEqual([[0.75, -1], [1 - 1 / 6, 1 + 1 / 6], [5, 5]]);
    expect(movedCenters(centers, paperCenterDelta(x, centers, y), 0).toArray()).toEqual(centers.toArray());
  });

  it('refuse labels out of range, λ < 0 and rates that are no share', () => {
    expect(() => paperCenterDelta(x, centers, tensor([0, 3, 0], { dtype: 'i32' }))).toThrow('paperCenterDelta: label 3 at position 1');
    expect(() => gradientCenterDelta(x, centers, y, -1)).toThrow(DomainError);
    expect(() => movedCenters(centers, centers, 2)).toThrow(DomainError);
  });
});
