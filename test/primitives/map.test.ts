// What every elementwise primitive gets from its body alone: shapes, types, the loop, the formula.

import { describe, expect, it } from 'vitest';
import { DTypeError, ShapeError } from '../../src/base/errors.ts';
import { apply, tensor } from '../../src/graph/index.ts';
import { primitives } from '../../src/primitives/index.ts';
import { lifted, mapPrimitive } from '../../src/primitives/map.ts';
import { expectBits, f32, f64, i32 } from '../values.ts';

const fma = mapPrimitive('fma', { arity: 3, integers: true, body: (A, _, a, b, c) => A.add(A.mul(a!, b!), c!), vjp: [null, null, null] });

describe('mapPrimitive', () => {
  it('makes a primitive of a body', () => {
    expectBits(apply(fma, [f64([[1], [2]]), f64([[3, 4]]), f64(10)]), [[13, 14], [16, 18]]);
    expectBits(apply(fma, [i32([65536]), i32([65536]), i32([5])]), [5]);
    expect(fma.print(['x', 'y', 'z'], {})).toBe('x · y + z');
  });

  it('gives the loops of one, two and three operands the same strides', () => {
    const square = mapPrimitive('square', { arity: 1, body: (A, _, a) => A.mul(a!, a!), vjp: [null] });
    const wide = tensor(Float64Array.from({ length: 24 }, (_, i) => i), { shape: [2, 3, 4] });
    const expected = Array.from(wide.data, (x) => x * x);
    expect(Array.from(apply(square, [wide]).data)).toEqual(expected);
    expect(Array.from(apply(fma, [wide, wide, f64(0)]).data)).toEqual(expected);
  });

  it('refuses types that differ and shapes that do not fit, under its own name', () => {
    expect(() => apply(fma, [f64([1]), f32([1]), f64([1])])).toThrow('fma: operands of type f64 and f32 and f64');
    expect(() => apply(fma, [f64([1, 2]), f64([1, 2, 3]), f64([1])])).toThrow(ShapeError);
    expect(() => apply(mapPrimitive('half', { arity: 1, body: (_A, _, a) => a!, vjp: [null] }), [i32([1])])).toThrow(DTypeError);
  });
});

describe('lifted', () => {
  it('gives numbers the type of the first tensor, f32 when there is none', () => {
    expect(lifted([1, f64([2]), 3]).map((x) => x.dtype)).toEqual(['f64', 'f64', 'f64']);
    expect(lifted([1, 2]).map((x) => x.dtype)).toEqual(['f32', 'f32']);
  });
});

describe('the list of primitives', () => {
  it('has each name once', () => {
    expect(new Set(primitives.map(({ name }) => name)).size).toBe(primitives.length);
  });
});
