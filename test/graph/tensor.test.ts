// Making tensors and reading them: shapes from nesting, types that never change silently, copies at the border.

import { describe, expect, it } from 'vitest';
import { DTypeError, ShapeError } from '../../src/base/errors.ts';
import { filled, floatTypeOf, fromValue, isTensor, lift, tensor, Value } from '../../src/graph/index.ts';
import { expectBits, f64, i32 } from '../values.ts';

describe('tensor', () => {
  it('takes its shape from the nesting and f32 for numbers', () => {
    const x = tensor([[1, 2, 3], [4, 5, 6]]);
    expect([x.shape, x.dtype, x.rank, x.size]).toEqual([[2, 3], 'f32', 2, 6]);
    expect(x.toArray()).toEqual([[1, 2, 3], [4, 5, 6]]);
    expect(`${x}`).toBe('f32[2, 3]');
    expect(tensor(5).shape).toEqual([]);
    expect(tensor([[], []]).shape).toEqual([2, 0]);
  });

  it('keeps the type of a typed array unless told otherwise', () => {
    expect(tensor(new Float64Array([0.1])).data[0]).toBe(0.1);
    expect(tensor(new Int32Array([7])).dtype).toBe('i32');
    expect(tensor(new Float64Array([0.1]), { dtype: 'f32' }).data[0]).toBe(Math.fround(0.1));
    expect(tensor(new Float32Array(6), { shape: [2, 3] }).shape).toEqual([2, 3]);
  });

  it('copies, so a later write to the source is not seen', () => {
    const source = new Float64Array([1, 2]);
    const shape = [2];
    const x = tensor(source, { shape });
    source[0] = 99;
    shape[0] = 1;
    expectBits(x, [1, 2]);
  });

  it.each([[[[1, 2], [3]]], [[1, [2]]], [[[1], 2]], [[[], [1]]]])('refuses the ragged %j', (values) => {
    expect(() => tensor(values)).toThrow(/ragged/);
    expect(() => tensor(values)).toThrow(ShapeError);
  });

  it.each([['1'], [null], [undefined], [{}], [[1, '2']], [[null]], [true], [new Uint8Array(2)]])('refuses %j, which is no number', (values) => {
    expect(() => tensor(values as never)).toThrow(DTypeError);
  });

  it.each([0.5, NaN, Infinity, 2 ** 31, -(2 ** 31) - 1])('refuses %d as i32 and says where it stands', (x) => {
    expect(() => tensor([0, x], { dtype: 'i32' })).toThrow(`tensor: ${x} at position 1 as i32`);
  });

  it('refuses a shape of another size', () => {
    expect(() => tensor([1, 2, 3], { shape: [2, 2] })).toThrow('tensor: 3 values for shape [2, 2]. The shape asks for 4');
    expect(() => tensor([], { shape: [2 ** 16, 2 ** 16] })).toThrow(/4294967296 elements/);
  });

  it('keeps NaN, infinities and the sign of zero', () => {
    expectBits(f64([NaN, Infinity, -Infinity, -0]), [NaN, Infinity, -Infinity, -0]);
  });
});

describe('reading', () => {
  it('gives the only element, and refuses to choose among several or none', () => {
    expect(f64([[0.5]]).item()).toBe(0.5);
    expect(() => f64([1, 2]).item()).toThrow('item: a tensor of shape [2]');
    expect(() => f64([]).item()).toThrow(ShapeError);
  });

  it('as a number is the only element, as a text the type and shape', () => {
    const half = f64([0.5]) as unknown as number;
    expect([half < 1, half > 1, half + 1, Number(half), `${half}`]).toEqual([true, false, 1.5, 0.5, 'f64[1]']);
    expect(() => (f64([1, 2]) as unknown as number) + 1).toThrow('item: a tensor of shape [2]');
  });

  it('gives the same array twice, also for a view', () => {
    const view = fromValue(new Value('f64', [2], Float64Array.of(1, 2), 1, [-1]));
    expect(view.data).toBe(view.data);
    expectBits(view, [2, 1]);
  });
});

describe('filled and lift', () => {
  it('repeats one element in memory', () => {
    const x = filled(0.5, [1000, 1000], 'f64');
    expect(x.read().array.length).toBe(1);
    expect(x.size).toBe(1e6);
    expectBits(filled(-0, [2], 'f32'), [-0, -0]);
    expect(() => filled(0, [2 ** 31], 'f32')).toThrow(ShapeError);
  });

  it('gives a number the type of its neighbour, and no fraction to i32', () => {
    expect(lift(3, 'i32').dtype).toBe('i32');
    expect(lift(0.1, 'f64').item()).toBe(0.1);
    const x = i32([1]);
    expect(lift(x, 'f32')).toBe(x);
    expect(() => lift(0.5, 'i32')).toThrow(/0\.5 beside an i32 tensor/);
    expect(() => lift(NaN, 'i32')).toThrow(DTypeError);
  });

  it('finds the float type of a program', () => {
    expect(floatTypeOf([1, i32([1]), f64([1]), tensor([1])])).toBe('f64');
    expect(floatTypeOf([1, i32([1])])).toBe('f32');
    expect([isTensor(f64(1)), isTensor({ shape: [] }), isTensor(null)]).toEqual([true, false, false]);
  });
});
