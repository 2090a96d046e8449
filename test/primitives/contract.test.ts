import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DTypeError, ShapeError } from '../../src/base/errors.ts';
import { bits } from '../../src/base/random.ts';
import { tensor, type Tensor } from '../../src/graph/index.ts';
import { contract, expand, mul, permute } from '../../src/primitives/index.ts';
import { expectBits, f32, f64, i32, runs, slopes } from '../values.ts';

const matmul = (a: Tensor, b: Tensor): Tensor => contract(a, b, { batch: [], sum: [[1, 0]] });
const whole = (seed: number, shape: number[]): Tensor =>
  tensor(Float64Array.from(bits(seed, 0, shape.reduce((x, y) => x * y, 1)), (word) => word % 10), { shape });

describe('contract', () => {
  it('is the matrix product, the inner product and the outer product', () => {
    expectBits(matmul(f64([[1, 2], [3, 4]]), f64([[5, 6], [7, 8]])), [[19, 22], [43, 50]]);
    expectBits(contract(f64([1, 2]), f64([3, 4]), { batch: [], sum: [[0, 0]] }), 11);
    expectBits(contract(f64([1, 2]), f64([3, 4]), { batch: [], sum: [] }), [[3, 4], [6, 8]]);
  });

  it('puts batch axes first, then the free axes of a, then those of b', () => {
    const a = whole(1, [2, 3, 4]);
    const b = whole(2, [4, 5, 2]);
    const c = contract(a, b, { batch: [[0, 2]], sum: [[2, 0]] });
    expect(c.shape).toEqual([2, 3, 5]);
    let expected = 0;
    for (let k = 0; k < 4; k++) expected += a.data[1 * 12 + 2 * 4 + k]! * b.data[k * 10 + 3 * 2 + 1]!;
    expect(c.data[1 * 15 + 2 * 5 + 3]).toBe(expected);
  });

  it('does not skip 0·∞, and lets no NaN go by', () => {
    expectBits(matmul(f64([[0, 1]]), f64([[Infinity], [1]])), [[NaN]]);
    expectBits(matmul(f64([[0, 1]]), f64([[NaN], [1]])), [[NaN]]);
  });

  it('rounds f32 once', () => {
    expectBits(contract(f32([1e8, 1, -1e8]), f32([1, 1, 1]), { batch: [], sum: [[0, 0]] }), 1);
  });

  it('sums nothing to 0', () => {
    expectBits(contract(f64([[], []]), tensor([], { shape: [0, 2], dtype: 'f64' }), { batch: [], sum: [[1, 0]] }), [[0, 0], [0, 0]]);
  });

  it('law: agrees with the sum over three plain loops at every size around its tiles, through any strides', () => {
    const size = fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 9, 257);
    fc.assert(fc.property(fc.constantFrom(1, 3, 4, 5), size, fc.constantFrom(1, 2, 4, 6), fc.boolean(), (m, n, k, turned) => {
      const a = turned ? permute(whole(3, [k, m]), [1, 0]) : whole(3, [m, k]);
      const b = turned ? permute(whole(4, [n, k]), [1, 0]) : whole(4, [k, n]);
      const expected = new Float64Array(m * n);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) for (let q = 0; q < k; q++) expected[i * n + j]! += a.data[i * k + q]! * b.data[q * n + j]!;
      }
      expect(matmul(a, b).data).toEqual(expected);
    }), runs);
  });

  it('reads an expanded operand without expanding it', () => {
    expectBits(matmul(expand(f64([[1, 2]]), [3, 2]), f64([[1], [1]])), [[3], [3], [3]]);
  });

  it('refuses sizes that differ, types that differ, and integers', () => {
    expect(() => matmul(f64([[1, 2]]), f64([[1, 2]]))).toThrow('contract: shapes [1, 2] and [1, 2]. Axis 1 of the first and axis 0 of the second have one size');
    expect(() => matmul(f64([[1]]), f32([[1]]))).toThrow(DTypeError);
    expect(() => matmul(i32([[1]]), i32([[1]]))).toThrow(DTypeError);
    expect(() => contract(f64([1]), f64([1, 2]), { batch: [[0, 0]], sum: [] })).toThrow(ShapeError);
  });

  it('has the gradients G·Bᵀ and Aᵀ·G', () => {
    const [ga, gb] = slopes((a, b) => mul(matmul(a, b), f64([[1, 10], [100, 1000]])), f64([[1, 2], [3, 4]]), f64([[5, 6], [7, 8]]));
    expectBits(ga!, [[65, 87], [6500, 8700]]);
    expectBits(gb!, [[301, 3010], [402, 4020]]);
  });

  it('has gradients of the shape of the operands for every choice of axes', () => {
    // The cotangent is all ones, so an entry's gradient is the sum of what it was multiplied with.
    const a = whole(5, [2, 3, 4, 5]);
    const b = whole(6, [5, 2, 4, 6]);
    const axes = { batch: [[0, 1]], sum: [[3, 0], [2, 2]] } as const;
    const [ga, gb] = slopes((x, y) => contract(x, y, axes), a, b);
    const sumB = (n: number, d: number, c: number): number => [0, 1, 2, 3, 4, 5].reduce((s, f) => s + b.data[((d * 2 + n) * 4 + c) * 6 + f]!, 0);
    const sumA = (n: number, d: number, c: number): number => [0, 1, 2].reduce((s, m) => s + a.data[((n * 3 + m) * 4 + c) * 5 + d]!, 0);
    expect(ga!.shape).toEqual(a.shape);
    expect(gb!.shape).toEqual(b.shape);
    for (let n = 0; n < 2; n++) {
      for (let c = 0; c < 4; c++) {
        for (let d = 0; d < 5; d++) {
          expect(ga!.data[((n * 3 + 1) * 4 + c) * 5 + d]).toBe(sumB(n, d, c));
          expect(gb!.data[((d * 2 + n) * 4 + c) * 6 + 2]).toBe(sumA(n, d, c));
        }
      }
    }
  });
});
