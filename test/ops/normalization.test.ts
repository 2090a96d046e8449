// batchNorm and layerNorm against their formula in plain numbers.

import { describe, expect, it } from 'vitest';
import { DomainError, DTypeError, ShapeError } from '../../src/base/errors.ts';
import type { Tensor } from '../../src/graph/index.ts';
import { add, batchNorm, layerNorm, mean, mul, ones, transpose, variance, zeros } from '../../src/ops/index.ts';
import { expectBits, f32, f64, i32 } from '../values.ts';
import { at, build, expectClose, expectGradients, gradientOf, sample } from './numeric.ts';

/** Mean and variance of the entries of x that share these coordinates on the kept axes. */
function statistics(x: Tensor, axes: readonly number[], index: readonly number[]): { m: number; v: number } {
  const values: number[] = [];
  build(x.shape, (other) => {
    if (other.every((i, axis) => axes.includes(axis) || i === index[axis])) values.push(at(x, other));
    return 0;
  });
  const m = values.reduce((a, b) => a + b, 0) / values.length;
  return { m, v: values.reduce((a, b) => a + (b - m) ** 2, 0) / values.length };
}

describe('batchNorm', () => {
  const x = sample(1, [3, 2, 2, 2]);
  const [scale, shift] = [sample(2, [2]), sample(3, [2])];

  it('normalises every channel over the batch and hands its statistics on', () => {
    const { y, mean: m, variance: v } = batchNorm(x, { scale, shift, epsilon: 1e-3 });
    expectClose(y, build(x.shape, (index) => {
      const s = statistics(x, [0, 2, 3], index);
      return (at(x, index) - s.m) / Math.sqrt(s.v + 1e-3) * at(scale, [index[1]!]) + at(shift, [index[1]!]);
    }));
    expectClose(m, mean(x, { axis: [0, 2, 3] }));
    expectClose(v, variance(x, { axis: [0, 2, 3] }));
    for (const left of mean(batchNorm(x).y, { axis: [0, 2, 3] }).data) expect(Math.abs(left)).toBeLessThan(1e-15);
  });

  it('uses remembered statistics when they are given', () => {
    const [m, v] = [f64([0.5, -1]), f64([4, 0.25])];
    const inference = batchNorm(x, { scale, shift, mean: m, variance: v, epsilon: 1e-3 });
    expectClose(inference.y, build(x.shape, (index) => {
      const c = [index[1]!];
      return (at(x, index) - at(m, c)) / Math.sqrt(at(v, c) + 1e-3) * at(scale, c) + at(shift, c);
    }));
    expectBits(inference.mean, m.toArray());
    expectBits(inference.variance, v.toArray());
  });

  it('may have its channels on any axis', () => {
    const flat = sample(4, [4, 3]);
    expectClose(batchNorm(transpose(flat), { axis: 0 }).y, transpose(batchNorm(flat, { axis: -1 }).y));
  });

  it('gives shift for a constant channel, and finite gradients', () => {
    const constant = build([4, 2], ([n, c]) => (c === 0 ? 7 : n!));
    const { y } = batchNorm(constant, { shift: f64([5, 0]), scale: f64([2, 1]) });
    expect(Array.from({ length: 4 }, (_, n) => at(y, [n, 0]))).toEqual([5, 5, 5, 5]);
    expect(Array.from(gradientOf((z) => batchNorm(z).y, constant).data).every(Number.isFinite)).toBe(true);
  });

  it('has the derivatives that differences show, statistics included', () => {
    expectGradients((a, b, c) => batchNorm(a, { scale: b, shift: c }).y, [sample(5, [3, 2, 2]), sample(6, [2]), sample(7, [2])]);
    expectGradients((a) => batchNorm(a).variance, [sample(8, [3, 2])]);
    const remembered = [sample(9, [2, 2]), sample(10, [2]), sample(11, [2], 1, 2)];
    expectGradients((a, m, v) => batchNorm(a, { mean: m, variance: v }).y, remembered);
  });

  it('refuses parameters of another shape, half the statistics and an ε that is none', () => {
    expect(() => batchNorm(x, { scale: ones([3]) })).toThrow(/batchNorm: scale \[3\] for x \[3, 2, 2, 2\]/);
    expect(() => batchNorm(x, { mean: f64([1, 1]) })).toThrow(/mean alone/);
    expect(() => batchNorm(x, { variance: f64([1, 1]) })).toThrow(DomainError);
    for (const epsilon of [0, -1, NaN, Infinity]) expect(() => batchNorm(x, { epsilon })).toThrow(DomainError);
    expect(() => batchNorm(x, { scale: f32([1, 1]) })).toThrow(DTypeError);
    expect(() => batchNorm(x, { momentum: 0.1 } as never)).toThrow(/'momentum'/);
    expect(() => batchNorm(zeros([0, 2]))).toThrow(/batchNorm.*at least one/);
    expect(() => batchNorm(f64([1]))).toThrow(ShapeError);
    expect(() => batchNorm(i32([[1]]))).toThrow(DTypeError);
    expect(() => batchNorm(x, { scale: [1, 1] as never })).toThrow(DTypeError);
  });
});

describe('layerNorm', () => {
  const x = sample(12, [2, 3, 4]);

  it('normalises the features of every sample', () => {
    const [scale, shift] = [sample(13, [4]), sample(14, [4])];
    expectClose(layerNorm(x, { scale, shift }), build(x.shape, (index) => {
      const s = statistics(x, [2], index);
      return (at(x, index) - s.m) / Math.sqrt(s.v + 1e-5) * at(scale, [index[2]!]) + at(shift, [index[2]!]);
    }));
  });

  it('takes several axes, with parameters of their shape', () => {
    const scale = sample(15, [2, 4]);
    expectClose(layerNorm(x, { axis: [0, -1], scale, epsilon: 0.1 }), build(x.shape, (index) => {
      const s = statistics(x, [0, 2], index);
      return (at(x, index) - s.m) / Math.sqrt(s.v + 0.1) * at(scale, [index[0]!, index[2]!]);
    }));
  });

  it('does not feel a constant added or a factor, up to ε', () => {
    const moved = add(mul(x, 3), 1e3);
    expectClose(layerNorm(moved, { epsilon: 9e-12 }), layerNorm(x, { epsilon: 1e-12 }), 1e-9);
  });

  it('gives shift for constant features', () => {
    expectBits(layerNorm(f64([[2, 2, 2]]), { shift: f64([1, 2, 3]) }), [[1, 2, 3]]);
  });

  it('has the derivatives that differences show', () => {
    expectGradients((a, b, c) => layerNorm(a, { scale: b, shift: c }), [sample(16, [2, 3]), sample(17, [3]), sample(18, [3])]);
  });

  it('refuses parameters of another shape and strange options', () => {
    expect(() => layerNorm(x, { scale: ones([3]) })).toThrow(/layerNorm: scale \[3\]/);
    expect(() => layerNorm(x, { axis: 3 })).toThrow(ShapeError);
    expect(() => layerNorm(x, { epsilon: 0 })).toThrow(DomainError);
    expect(() => layerNorm(x, { eps: 1 } as never)).toThrow(DomainError);
    expect(() => layerNorm(zeros([2, 0]))).toThrow(/layerNorm.*at least one/);
    expect(() => layerNorm(i32([[1]]))).toThrow(DTypeError);
  });
});
