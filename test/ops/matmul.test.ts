// Matrix products against three plain loops, for every way batches can broadcast; what the gradient is made of.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.ts';
import { DTypeError, ShapeError } from '../../src/base/errors.ts';
import { type Tensor, trace } from '../../src/graph/index.ts';
import { matmul, ones, square, sum, zeros } from '../../src/ops/index.ts';
import { expectBits, f32, f64, i32, runs } from '../values.ts';
import { at, build, expectClose, expectGradients, sample } from './numeric.ts';

/** Two batch shapes that broadcast: axes of both or of one, leading ones left out. */
const axis = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom('both', 'a', 'b'));
const batches = fc.array(axis, { maxLength: 3 }).chain((axes) =>
  fc.tuple(fc.nat({ max: axes.length }), fc.nat({ max: axes.length })).map(([cutA, cutB]) => ({
    ofA: axes.map(([n, who]) => (who === 'b' ? 1 : n)).slice(cutA),
    ofB: axes.map(([n, who]) => (who === 'a' ? 1 : n)).slice(cutB),
  })));

function plainProduct(a: Tensor, b: Tensor): Tensor {
  const [K, N] = b.shape.slice(-2) as [number, number];
  const M = a.shape.at(-2)!;
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const rank = Math.max(batchA.length, batchB.length);
  const batch = Array.from({ length: rank }, (_, i) => {
    const [m, n] = [batchA[i - rank + batchA.length] ?? 1, batchB[i - rank + batchB.length] ?? 1];
    return m === 1 ? n : m;
  });
  const own = (index: readonly number[], shape: readonly number[]): number[] =>
    shape.map((n, i) => (n === 1 ? 0 : index[i + rank - shape.length]!));
  return build([...batch, M, N], (index) => {
    let total = 0;
    for (let k = 0; k < K; k++) {
      total += at(a, [...own(index, batchA), index[rank]!, k]) * at(b, [...own(index, batchB), k, index[rank + 1]!]);
    }
    return total;
  });
}

describe('matmul', () => {
  it('law: equals three plain loops for any sizes and any broadcast of batches', () => {
    const size = fc.integer({ min: 1, max: 6 });
    fc.assert(fc.property(batches, size, size, size, fc.integer(), ({ ofA, ofB }, M, K, N, seed) => {
      const a = sample(seed, [...ofA, M, K]);
      const b = sample(seed + 1, [...ofB, K, N]);
      expectClose(matmul(a, b), plainProduct(a, b));
    }), runs);
  });

  it('takes a vector as a row on the left and as a column on the right', () => {
    const [v, m] = [f64([1, 2]), f64([[1, 0, 2], [0, 3, 1]])];
    expectBits(matmul(v, m), [1, 6, 4]);
    expectBits(matmul(f64([[1, 2], [3, 4]]), v), [5, 11]);
    expectBits(matmul(v, v), 5);
    expect(matmul(zeros([4, 3, 2]), zeros([2])).shape).toEqual([4, 3]);
    expect(matmul(zeros([2]), zeros([4, 2, 3])).shape).toEqual([4, 3]);
  });

  it('sums nothing to 0, and gives nothing for no rows', () => {
    expectBits(matmul(zeros([2, 0]), zeros([0, 2])), [[0, 0], [0, 0]]);
    expect(matmul(zeros([0, 3]), zeros([3, 2])).shape).toEqual([0, 2]);
    expect(matmul(zeros([0, 2, 3]), zeros([3, 2])).shape).toEqual([0, 2, 2]);
  });

  it('never skips 0·∞ or NaN', () => {
    expectBits(matmul(f64([[0, 1]]), f64([[Infinity], [1]])), [[NaN]]);
    expectBits(matmul(f64([[0, 0]]), f64([[NaN], [1]])), [[NaN]]);
  });

  it('has the derivatives that differences show, for every kind of broadcast', () => {
    const shapes = [
      [[2, 3], [3, 2]], [[3], [3]], [[2, 2, 3], [3, 2]], [[2, 3], [2, 3, 2]], [[2, 1, 2, 2], [3, 2, 2]], [[3], [2, 3, 1]],
    ];
    for (const [a, b] of shapes) {
      expectGradients((x, y) => matmul(x, y), [sample(1, a!), sample(2, b!)]);
    }
  });

  it('is one contraction, its gradient two more, and nothing is expanded', () => {
    const primitives = (f: (a: Tensor, b: Tensor) => unknown, a: Tensor, b: Tensor): string[] =>
      trace(f as never, [a, b]).graph.steps.map((step) => step.primitive.name).filter((name) => /contract|expand/.test(name));
    const shared = [ones([5, 2, 3]), ones([3, 4])] as const;
    expect(primitives(matmul, ...shared)).toEqual(['contract']);
    expect(primitives(matmul, ones([5, 1, 2, 3]), ones([6, 3, 4]))).toEqual(['contract']);
    const loss = (a: Tensor, b: Tensor): Tensor => sum(square(matmul(a, b)));
    const both = (a: Tensor, b: Tensor): unknown => grad(loss, { wrt: [0, 1] })(a, b);
    expect(primitives(both, ...shared).filter((name) => name === 'contract')).toHaveLength(3);
  });

  it('names both shapes when they do not fit', () => {
    expect(() => matmul(zeros([2, 3]), zeros([2, 3]))).toThrow(/matmul: shapes \[2, 3\] and \[2, 3\].*transpose/);
    expect(() => matmul(zeros([2, 2, 3]), zeros([4, 3, 2]))).toThrow(/matmul: shapes \[2, 2, 3\] and \[4, 3, 2\]/);
    expect(() => matmul(zeros([]), zeros([2, 2]))).toThrow(ShapeError);
    expect(() => matmul(f32([[1]]), f64([[1]]))).toThrow(/f32\[1, 1\] and f64\[1, 1\]/);
    expect(() => matmul(i32([[1]]), i32([[1]]))).toThrow(DTypeError);
    expect(() => matmul([[1]] as never, f32([[1]]))).toThrow(DTypeError);
  });
});
