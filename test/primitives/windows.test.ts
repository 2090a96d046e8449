import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/base/errors.ts';
import { fold, mul, sumTo, unfold, windowCount, type Window } from '../../src/primitives/index.ts';
import { expectBits, f32, f64, slopes } from '../values.ts';

const x = f64([[1, 2, 3], [4, 5, 6], [7, 8, 9]]);
const pairs: Window = { kernel: [2, 2], stride: [1, 1], dilation: [1, 1] };

describe('unfold', () => {
  it('shows every window of the last two axes, without copying', () => {
    expectBits(unfold(x, pairs), [
      [[[1, 2], [4, 5]], [[2, 3], [5, 6]]],
      [[[4, 5], [7, 8]], [[5, 6], [8, 9]]],
    ]);
    expect(unfold(x, pairs).read().array).toBe(x.read().array);
  });

  it('knows strides, dilation and leading axes', () => {
    expectBits(unfold(x, { kernel: [1, 2], stride: [2, 1], dilation: [1, 2] }), [[[[1, 3]]], [[[7, 9]]]]);
    expect(unfold(f64([[[1, 2], [3, 4]]]), pairs).shape).toEqual([1, 1, 1, 2, 2]);
    expect([windowCount(5, 3, 1, 1), windowCount(5, 3, 2, 1), windowCount(5, 3, 1, 2), windowCount(4, 3, 2, 1)]).toEqual([3, 2, 1, 1]);
  });

  it('refuses windows that do not fit, and tensors without two axes', () => {
    expect(() => unfold(x, { ...pairs, kernel: [4, 1] })).toThrow(/^unfold: windows \[4, 1\] .* over \[3, 3\]/);
    expect(() => unfold(f64([1, 2]), pairs)).toThrow(ShapeError);
  });

  it('counts in its gradient how many windows saw an entry', () => {
    expectBits(slopes((y) => unfold(y, pairs), x)[0]!, [[1, 2, 1], [2, 4, 2], [1, 2, 1]]);
  });
});

describe('fold', () => {
  it('adds overlapping windows back', () => {
    expectBits(fold(unfold(x, pairs), { ...pairs, size: [3, 3] }), [[1, 4, 3], [8, 20, 12], [7, 16, 9]]);
  });

  it('rounds an f32 sum of windows once', () => {
    const row = { kernel: [1, 3], stride: [1, 1], dilation: [1, 1] } as const;
    const y = f32([[[[1e8, 0, 0]], [[0, 0, 0]]]]);
    expect(fold(y, { ...row, size: [1, 4] }).dtype).toBe('f32');
    expectBits(fold(f32([[[[0, 0, 1e8]], [[0, 1, 0]], [[-1e8, 0, 0]]]]), { ...row, size: [1, 5] }), [[0, 0, 1, 0, 0]]);
  });

  it('refuses a size that has other windows', () => {
    expect(() => fold(unfold(x, pairs), { ...pairs, size: [3, 4] })).toThrow(/^fold: windows .* into \[3, 4\]/);
  });

  it('is the adjoint of unfold: ⟨unfold x, y⟩ = ⟨x, fold y⟩', () => {
    const y = mul(unfold(x, pairs), unfold(x, pairs));
    const left = sumTo(mul(unfold(x, pairs), y), []).item();
    expect(left).toBe(sumTo(mul(x, fold(y, { ...pairs, size: [3, 3] })), []).item());
  });

  it('has the windows of the cotangent for its gradient', () => {
    const [g] = slopes((y) => mul(fold(y, { ...pairs, size: [3, 3] }), x), unfold(x, pairs));
    expectBits(g!, unfold(x, pairs).toArray());
  });
});
