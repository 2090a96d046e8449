import { describe, expect, it } from 'vitest';
import { DomainError, DTypeError, ShapeError } from '../../src/base/errors.ts';
import { gatherAxis, mul, permute, scatterAddAxis } from '../../src/primitives/index.ts';
import { expectBits, f32, f64, i32, slopes } from '../values.ts';

const x = f64([[1, 2, 3], [4, 5, 6]]);

describe('gather', () => {
  it("has PyTorch's meaning: out[i, j] = x[i, index[i, j]]", () => {
    expectBits(gatherAxis(x, i32([[2, 0], [1, 1]]), 1), [[3, 1], [5, 5]]);
    expectBits(gatherAxis(x, i32([[1, 0, 1]]), 0), [[4, 2, 6]]);
    expectBits(gatherAxis(permute(x, [1, 0]), i32([[1, 0]]), 0), [[2, 4]]);
  });

  it('may be shorter than x on the other axes, and longer on its own', () => {
    expectBits(gatherAxis(x, i32([[2, 2, 2, 0]]), 1), [[3, 3, 3, 1]]);
    expect(gatherAxis(x, i32([[], []]), 1).shape).toEqual([2, 0]);
  });

  it.each([-1, 3, 2 ** 31 - 1])('refuses the index %d and says where it stands', (bad) => {
    expect(() => gatherAxis(x, i32([[0, 1], [0, bad]]), 1)).toThrow(DomainError);
    expect(() => gatherAxis(x, i32([[0, 1], [0, bad]]), 1)).toThrow(`gather: index ${bad} at [1, 1]. An index along axis 1 of [2, 3] lies in 0 … 2`);
  });

  it('refuses an index that is no i32, or has another rank, or is longer beside its axis', () => {
    expect(() => gatherAxis(x, f64([[0]]), 1)).toThrow(DTypeError);
    expect(() => gatherAxis(x, i32([0]), 1)).toThrow(ShapeError);
    expect(() => gatherAxis(x, i32([[0], [0], [0]]), 1)).toThrow(ShapeError);
  });

  it('adds up the cotangents of an entry that was read twice', () => {
    expectBits(slopes((y) => mul(gatherAxis(y, i32([[2, 0], [1, 1]]), 1), f64([[1, 2], [3, 4]])), x)[0]!, [[2, 0, 1], [0, 7, 0]]);
  });
});

describe('scatterAdd', () => {
  it('adds every source entry at its place', () => {
    expectBits(scatterAddAxis(x, i32([[0, 0], [2, 1]]), f64([[10, 20], [30, 40]]), 1), [[31, 2, 3], [4, 45, 36]]);
    expectBits(scatterAddAxis(x, i32([[1, 0, 1]]), f64([[1, 1, 1]]), 0), [[1, 3, 3], [5, 5, 7]]);
  });

  it('rounds an f32 sum once, and reads x through a view', () => {
    expectBits(scatterAddAxis(f32([[1]]), i32([[0, 0]]), f32([[1e8, -1e8]]), 1), [[1]]);
    expectBits(scatterAddAxis(f64([[0.1, 0.7]]), i32([[0]]), f64([[0.2]]), 1), [[0.1 + 0.2, 0.7]]);
    expectBits(scatterAddAxis(permute(x, [1, 0]), i32([[0]]), f64([[100]]), 1), [[101, 4], [2, 5], [3, 6]]);
  });

  it('leaves x alone', () => {
    scatterAddAxis(x, i32([[0]]), f64([[100]]), 1);
    expectBits(x, [[1, 2, 3], [4, 5, 6]]);
  });

  it('refuses an index out of range, another shape or another type of the source', () => {
    expect(() => scatterAddAxis(x, i32([[3]]), f64([[1]]), 1)).toThrow(DomainError);
    expect(() => scatterAddAxis(x, i32([[0, 0]]), f64([[1]]), 1)).toThrow(ShapeError);
    expect(() => scatterAddAxis(x, i32([[0]]), f32([[1]]), 1)).toThrow(DTypeError);
  });

  it('has for its gradients the cotangent, and the cotangent gathered', () => {
    const weights = f64([[1, 2, 3], [4, 5, 6]]);
    const [gx, gs] = slopes((a, s) => mul(scatterAddAxis(a, i32([[0, 0], [2, 1]]), s, 1), weights), x, f64([[0, 0], [0, 0]]));
    expectBits(gx!, weights.toArray());
    expectBits(gs!, [[1, 1], [6, 5]]);
  });
});
