import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.ts';
import { DomainError, DTypeError, ShapeError } from '../../src/base/errors.ts';
import { type Tensor, tensor } from '../../src/graph/index.ts';
import { l2Softmax, scoreLosses, softmaxLoss } from '../../src/losses/softmax.ts';
import type { Reduction } from '../../src/losses/reduction.ts';

const f64 = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'f64' });
const x = f64([[1, 2], [3, -4]]);
const w = f64([[1, 0], [0.5, 0.5], [0, -1]]);
const y = tensor([1, 2], { dtype: 'i32' });
const loss = (scores: number[], label: number): number => Math.log(scores.reduce((sum, z) => sum + Math.exp(z), 0)) - scores[label]!;

describe('softmaxLoss', () => {
  it('takes the products of features and weights as they are', () => {
    const losses = softmaxLoss({ reduction: 'none' })(x, w, y).data;
    [loss([1, 1.5, -2], 1), loss([3, -0.5, 4], 2)].forEach((l, i) => expect(losses[i]).toBeCloseTo(l, 14));
  });

  it('keeps scores apart by thousands, below the label and above it', () => {
    const [far, one] = [f64([[1000, 1]]), tensor([0], { dtype: 'i32' })];
    const value = (a: number, b: number): number => softmaxLoss()(far, f64([[a, 0], [b, 0]]), one).item();
    expect([value(-2, -1), value(1, 2), value(2, 1), value(-1, -2)]).toEqual([1000, 1000, 0, 0]);
  });

  it('has a finite gradient where the label leads by so much that 1 over e^−lead is infinite', () => {
    const [ahead, one] = [f64([[720, 0]]), tensor([0], { dtype: 'i32' })];
    const slopes = grad((v: Tensor) => softmaxLoss()(v, f64([[1, 0], [0, 0]]), one))(ahead);
    expect([...slopes.data]).toEqual([-Math.exp(-720), 0]);
  });

  it('is the loss of scores', () => {
    expect(scoreLosses(f64([[1, 1.5, -2]]), tensor([1], { dtype: 'i32' })).item()).toBe(softmaxLoss({ reduction: 'none' })(x, w, y).data[0]);
  });
});

describe('l2Softmax', () => {
  it('puts features on a sphere of radius s, and leaves weights and biases free', () => {
    const bias = f64([0.1, -0.2, 0.3]);
    const losses = l2Softmax({ s: 5, reduction: 'none' })(x, w, bias, y).data;
    const scores = (v: number[]): number[] => [[1, 0], [0.5, 0.5], [0, -1]].map((row, k) =>
      (5 * (row[0]! * v[0]! + row[1]! * v[1]!)) / Math.hypot(...v) + [0.1, -0.2, 0.3][k]!);
    [loss(scores([1, 2]), 1), loss(scores([3, -4]), 2)].forEach((l, i) => expect(losses[i]).toBeCloseTo(l, 14));
  });

  it('can learn its radius', () => {
    const slope = grad((s: Tensor) => l2Softmax({ s })(x, w, f64([0, 0, 0]), y))(tensor(5, { dtype: 'f64' }));
    expect(Number.isFinite(slope.item())).toBe(true);
    expect(slope.item()).not.toBe(0);
  });

  it('refuses biases and radii that do not fit', () => {
    expect(() => l2Softmax()(x, w, f64([0, 0]), y)).toThrow(ShapeError);
    expect(() => l2Softmax()(x, w, tensor([0, 0, 0]), y)).toThrow(DTypeError);
    expect(() => l2Softmax({ s: 0 })).toThrow('l2Softmax: s = 0. s > 0');
    expect(() => l2Softmax({ s: f64([[1], [1], [1]]) })(x, w, f64([0, 0, 0]), y)).toThrow(ShapeError);
    expect(() => softmaxLoss({ reduction: 'avg' as Reduction })).toThrow(DomainError);
  });
});
