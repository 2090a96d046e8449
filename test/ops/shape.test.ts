// Axes renamed, added, removed and joined; elements picked and put back.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError, DTypeError, ShapeError } from '../../src/base/errors.ts';
import { type Tensor, trace } from '../../src/graph/index.ts';
import {
  concat, expand, flip, gather, oneHot, pad, permute, reshape, scatterAdd, slice, squeeze, stack, sum, take, transpose,
  unsqueeze, zeros,
} from '../../src/ops/index.ts';
import { expectBits, f32, f64, i32, runs } from '../values.ts';
import { at, build, expectClose, expectGradients, gradientOf, sample } from './numeric.ts';

describe('transpose', () => {
  it('exchanges two axes, the last two by default', () => {
    const x = sample(1, [2, 3, 4]);
    expectBits(transpose(x), build([2, 4, 3], ([i, j, k]) => at(x, [i!, k!, j!])).toArray());
    expectBits(transpose(x, 0, -1), build([4, 3, 2], ([i, j, k]) => at(x, [k!, j!, i!])).toArray());
    expect(transpose(x, 1, 1)).toBe(x);
    expectGradients((y) => transpose(y, 0, 2), [x]);
    expect(() => transpose(f64([1]))).toThrow(ShapeError);
    expect(() => transpose(x, 0, 3)).toThrow(/transpose: axis 3/);
    expect(() => transpose([[1]] as never)).toThrow(DTypeError);
  });
});

describe('squeeze and unsqueeze', () => {
  it('remove and add axes of size 1', () => {
    const x = zeros([1, 2, 1, 3]);
    expect(squeeze(x).shape).toEqual([2, 3]);
    expect(squeeze(x, 0).shape).toEqual([2, 1, 3]);
    expect(squeeze(x, [-2, 0]).shape).toEqual([2, 3]);
    expect(() => squeeze(x, 1)).toThrow(/axis 1 of \[1, 2, 1, 3\]/);
    expect(unsqueeze(zeros([2, 3]), 0).shape).toEqual([1, 2, 3]);
    expect(unsqueeze(zeros([2, 3]), -1).shape).toEqual([2, 3, 1]);
    expect(unsqueeze(zeros([2, 3]), [0, 2, -1]).shape).toEqual([1, 2, 1, 3, 1]);
    expect(() => unsqueeze(zeros([2]), 2)).toThrow(ShapeError);
    expect(() => unsqueeze(zeros([2]), [0, 0])).toThrow(ShapeError);
  });

  it('law: undo each other', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }), fc.nat({ max: 3 }), (shape, place) => {
      const x = sample(2, shape);
      const axis = place % (shape.length + 1);
      expectBits(squeeze(unsqueeze(x, axis), axis), x.toArray());
    }), runs);
    expectGradients((x) => unsqueeze(squeeze(x, 1), 0), [sample(3, [2, 1, 2])]);
  });
});

describe('flip', () => {
  it('reverses the axes named, all when none is', () => {
    const x = f64([[1, 2], [3, 4]]);
    expectBits(flip(x), [[4, 3], [2, 1]]);
    expectBits(flip(x, -1), [[2, 1], [4, 3]]);
    expectBits(flip(x, [0]), [[3, 4], [1, 2]]);
    expectBits(flip(f64(1)), 1);
    expect(flip(zeros([0, 2])).shape).toEqual([0, 2]);
    expectGradients((y) => flip(y, 0), [sample(4, [3, 2])]);
    expect(() => flip(x, 2)).toThrow(/flip/);
  });
});

describe('concat and stack', () => {
  it('join along an old or a new axis', () => {
    const [a, b] = [f64([[1, 2]]), f64([[3, 4]])];
    expectBits(concat([a, b]), [[1, 2], [3, 4]]);
    expectBits(concat([a, b], -1), [[1, 2, 3, 4]]);
    expectBits(concat([a, zeros([0, 2], { dtype: 'f64' }), b]), [[1, 2], [3, 4]]);
    expectBits(stack([a, b]), [[[1, 2]], [[3, 4]]]);
    expectBits(stack([a, b], -1), [[[1, 3], [2, 4]]]);
    expectBits(stack([f64(1), f64(2)]), [1, 2]);
    expect(concat([a])).toBe(a);
    expectGradients((x, y) => concat([x, y, x], 1), [sample(5, [2, 1]), sample(6, [2, 2])]);
    expectGradients((x, y) => stack([x, y], 1), [sample(7, [2, 2]), sample(8, [2, 2])]);
  });

  it('refuse an empty list, parts that do not fit and mixed types, naming both', () => {
    expect(() => concat([])).toThrow(ShapeError);
    expect(() => stack([])).toThrow(ShapeError);
    expect(() => concat(f64([1]) as never)).toThrow(ShapeError);
    expect(() => concat([f64([1]), [2] as never])).toThrow(DTypeError);
    expect(() => concat([f64([[1, 2]]), f64([[1]])])).toThrow(/\[1, 2\] and \[1, 1\]/);
    expect(() => stack([f64([1, 2]), f64([1])])).toThrow(/\[2\] and \[1\]/);
    expect(() => concat([f64([1]), f32([1])])).toThrow(DTypeError);
    expect(() => concat([f64(1), f64(2)])).toThrow(ShapeError);
    expect(() => stack([f64(1)], 1)).toThrow(ShapeError);
  });
});

describe('pad', () => {
  it('adds a border of one value', () => {
    expectBits(pad(f64([[1, 2]]), [[1, 0], [0, 2]], -1), [[-1, -1, -1, -1], [1, 2, -1, -1]]);
    expectBits(pad(i32([7]), [[1, 1]]), [0, 7, 0]);
    expectBits(pad(zeros([0]), [[1, 1]], 3), [3, 3]);
    expectGradients((x) => pad(x, [[1, 2], [0, 1]], 5), [sample(9, [2, 2])]);
  });

  it('refuses widths that are none', () => {
    const x = zeros([2, 2]);
    for (const widths of [[[1, 1]], [[1, 1], [-1, 0]], [[1, 1], [0.5, 0]], [1, 1], 2, undefined]) {
      expect(() => pad(x, widths as never)).toThrow(/pad: widths/);
    }
    expect(() => pad(i32([1]), [[1, 1]], -Infinity)).toThrow(DTypeError);
  });
});

describe('gather and scatterAdd', () => {
  it('pick and add along any axis, as PyTorch does', () => {
    const x = f64([[1, 2, 3], [4, 5, 6]]);
    expectBits(gather(x, i32([[2, 0], [1, 1]]), 1), [[3, 1], [5, 5]]);
    expectBits(gather(x, i32([[1, 0, 1]]), 0), [[4, 2, 6]]);
    expectBits(gather(x, i32([[0], [2]]), -1), [[1], [6]]);
    expectBits(scatterAdd(x, i32([[0, 0], [2, 1]]), f64([[10, 20], [30, 40]]), -1), [[31, 2, 3], [4, 45, 36]]);
  });

  it('are adjoints: differences agree, also where an index is named twice', () => {
    const index = i32([[2, 2], [0, 1]]);
    expectGradients((x) => gather(x, index, 1), [sample(10, [2, 3])]);
    expectGradients((x, y) => scatterAdd(x, index, y, 1), [sample(11, [2, 3]), sample(12, [2, 2])]);
  });

  it('refuse indices out of range, of another type or another rank', () => {
    const x = f64([[1, 2, 3]]);
    expect(() => gather(x, i32([[3]]), 1)).toThrow(DomainError);
    expect(() => gather(x, i32([[-1]]), 1)).toThrow(/index -1 at \[0, 0\]/);
    expect(() => gather(x, f64([[0]]), 1)).toThrow(/gather: an index f64/);
    expect(() => scatterAdd(x, f32([[0]]), x, 1)).toThrow(/scatterAdd: an index f32/);
    expect(() => gather(x, i32([0]), 1)).toThrow(ShapeError);
    expect(() => gather(x, i32([[0]]), 2)).toThrow(ShapeError);
    expect(() => scatterAdd(x, i32([[0]]), f64([[1, 2]]), 1)).toThrow(ShapeError);
    expect(() => scatterAdd(x, i32([[0]]), f32([[1]]), 1)).toThrow(DTypeError);
  });
});

describe('take', () => {
  it('picks rows by number, in the shape of the index', () => {
    const x = f64([[1, 2], [3, 4], [5, 6]]);
    expectBits(take(x, i32([2, 0, 2])), [[5, 6], [1, 2], [5, 6]]);
    expectBits(take(x, i32([[1], [0]])), [[[3, 4]], [[1, 2]]]);
    expectBits(take(x, i32(1)), [3, 4]);
    expectBits(take(f64([7, 8]), i32([1, 1])), [8, 8]);
    expectBits(take(sample(13, [2, 2, 2]), i32([1])), slice(sample(13, [2, 2, 2]), [[1, 2]]).toArray());
    expect(take(x, tensorOfNothing()).shape).toEqual([0, 2]);
  });

  it('adds the gradients of a row up as often as it was taken', () => {
    expectBits(gradientOf((x) => take(x, i32([1, 1, 0])), f64([[1], [2], [3]])), [[1], [2], [0]]);
    expectGradients((x) => take(x, i32([[2, 1], [2, 2]])), [sample(14, [3, 2])]);
  });

  it('refuses rows that do not exist', () => {
    expect(() => take(f64([[1]]), i32([1]))).toThrow(DomainError);
    expect(() => take(f64([[1]]), f64([0]))).toThrow(/take: an index/);
    expect(() => take(f64(1), i32([0]))).toThrow(ShapeError);
  });
});

const tensorOfNothing = (): Tensor => slice(i32([0]), [[0, 0]]);

describe('oneHot', () => {
  it('is 1 at the class and 0 elsewhere', () => {
    expectBits(oneHot(i32([2, 0]), 3), [[0, 0, 1], [1, 0, 0]]);
    expectBits(oneHot(i32(1), 2, { dtype: 'i32' }), [0, 1]);
    expectBits(sum(oneHot(i32([[0, 1], [1, 1]]), 2, { dtype: 'f64' }), { axis: [0, 1] }), [1, 3]);
    expect(oneHot(tensorOfNothing(), 4).shape).toEqual([0, 4]);
  });

  it('refuses a label out of range instead of giving a row of zeros', () => {
    expect(() => oneHot(i32([0, 3]), 3)).toThrow(DomainError);
    expect(() => oneHot(i32([[0, 3]]), 3)).toThrow(/^oneHot: index 3 at \[0, 1\]. An index lies in 0 … 2/);
    expect(() => trace((k: Tensor) => oneHot(k, 3), [i32([3])], { mode: 'abstract' })).not.toThrow();
    expect(() => take(f64([[1], [2]]), i32([2]))).toThrow(/^take: index 2 at \[0\]/);
    expect(() => oneHot(i32([-1]), 3)).toThrow(DomainError);
    expect(() => oneHot(f64([1]), 3)).toThrow(/oneHot: an index/);
    expect(() => oneHot(i32([0]), 2.5)).toThrow(ShapeError);
    expect(() => unsqueeze(f64([1]), undefined as never)).toThrow(/^unsqueeze: the axis undefined/);
    expect(() => oneHot(i32([0]), 2, 'f64' as never)).toThrow(DTypeError);
  });
});

describe('the views that are primitives', () => {
  it('refuse what is no tensor, no shape and no range', () => {
    const x = f64([[1, 2, 3]]);
    for (const op of [reshape, expand, permute]) {
      expect(() => op([1, 2] as never, [2])).toThrow(DTypeError);
      expect(() => op(x, 3 as never)).toThrow(ShapeError);
    }
    expect(() => slice([1] as never, [])).toThrow(DTypeError);
    for (const ranges of [[1], [[0.5, 2]], [[0, 1, 0]], [[NaN]], ['0:1']]) {
      expect(() => slice(x, ranges as never)).toThrow(/slice: the range/);
    }
    expect(() => slice(x, 1 as never)).toThrow(ShapeError);
    expectClose(slice(x, [null, [-2, null]]), f64([[2, 3]]));
  });
});
