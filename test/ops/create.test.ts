// Tensors made from a shape.

import { describe, expect, it } from 'vitest';
import { DomainError, DTypeError, ShapeError } from '../../src/base/errors.ts';
import { arange, eye, full, ones, zeros } from '../../src/ops/index.ts';
import { expectBits } from '../values.ts';

describe('zeros, ones and full', () => {
  it('fill a shape with one number, f32 unless told otherwise', () => {
    expectBits(zeros([2, 2]), [[0, 0], [0, 0]]);
    expectBits(ones([3], { dtype: 'i32' }), [1, 1, 1]);
    expectBits(full([2], -0.5, { dtype: 'f64' }), [-0.5, -0.5]);
    expectBits(full([], Infinity), Infinity);
    expect(zeros([2, 0]).size).toBe(0);
    expect([zeros([1]).dtype, ones([1], { dtype: 'f64' }).dtype]).toEqual(['f32', 'f64']);
  });

  it('keep one number in memory until somebody asks for all', () => {
    expect(zeros([1000, 1000]).read().array.length).toBe(1);
  });

  it('refuse shapes that are none, before allocating anything', () => {
    expect(() => zeros([2, -1])).toThrow(ShapeError);
    expect(() => zeros([1.5])).toThrow(ShapeError);
    expect(() => zeros(3 as never)).toThrow(ShapeError);
    expect(() => ones([2 ** 16, 2 ** 16 + 1])).toThrow(/4295032832 elements/);
    expect(() => full([1], 0.5, { dtype: 'i32' })).toThrow(DTypeError);
    expect(() => full([1], 2 ** 31, { dtype: 'i32' })).toThrow(DTypeError);
    expect(() => zeros([1], { dtype: 'float32' as never })).toThrow(DTypeError);
    expect(() => zeros([1], 'f64' as never)).toThrow(DTypeError);
  });
});

describe('arange', () => {
  it('counts from start to stop, without the stop', () => {
    expectBits(arange(4), [0, 1, 2, 3]);
    expectBits(arange(2, 5, { dtype: 'i32' }), [2, 3, 4]);
    expectBits(arange(10, 4, -3), [10, 7]);
    expectBits(arange(0, 1, 0.25, { dtype: 'f64' }), [0, 0.25, 0.5, 0.75]);
    expect(arange(3, 3).shape).toEqual([0]);
    expect(arange(3, 0).shape).toEqual([0]);
    expect(arange(0).shape).toEqual([0]);
    expect(arange(3, { dtype: 'i32' }).dtype).toBe('i32');
  });

  it('refuses a step of 0, infinite bounds and fractions as i32', () => {
    expect(() => arange(0, 5, 0)).toThrow(DomainError);
    expect(() => arange(Infinity)).toThrow(DomainError);
    expect(() => arange(NaN)).toThrow(DomainError);
    expect(() => arange(0, 1, 0.5, { dtype: 'i32' })).toThrow(DTypeError);
    expect(() => arange(3, { type: 'i32' } as never)).toThrow(DomainError);
  });
});

describe('eye', () => {
  it('is 1 on the diagonal and 0 elsewhere', () => {
    expectBits(eye(3), [[1, 0, 0], [0, 1, 0], [0, 0, 1]]);
    expect(eye(2, { dtype: 'i32' }).dtype).toBe('i32');
    expect(eye(0).shape).toEqual([0, 0]);
    expect(() => eye(-1)).toThrow(ShapeError);
    expect(() => eye(2, { dtype: 'bool' as never })).toThrow(DTypeError);
  });
});
