// Elementwise composites: values and slopes at the borders, what becomes of NaN, and the errors.

import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.ts';
import { DomainError, DTypeError, ShapeError } from '../../src/base/errors.ts';
import type { Tensor } from '../../src/graph/index.ts';
import {
  clamp, dropout, full, greater, greaterEqual, isFinite, key, mean, notEqual, ones, prelu, reciprocal, relu, square, sum,
} from '../../src/ops/index.ts';
import { expectBits, f32, f64, i32 } from '../values.ts';
import { expectClose, expectGradients, gradientOf, sample } from './numeric.ts';

describe('comparisons', () => {
  const [a, b] = [f64([1, 2, 3, NaN, Infinity]), f64([2, 2, 2, 1, Infinity])];

  it('give 1 and 0 in the type of their operands', () => {
    expectBits(greater(a, b), [0, 0, 1, 0, 0]);
    expectBits(greaterEqual(a, b), [0, 1, 1, 0, 1]);
    expectBits(notEqual(a, b), [1, 0, 1, 1, 0]);
    expect(greater(i32([3]), 2).dtype).toBe('i32');
    expectBits(notEqual(i32([3, 4]), 4), [1, 0]);
    expectBits(greater(2, f32([1, 3])), [1, 0]);
  });

  it('name themselves and the shapes in the order given', () => {
    const [p, q] = [ones([2]), ones([3])];
    expect(() => greater(p, q)).toThrow(/greater: shapes \[2\] and \[3\]/);
    expect(() => greaterEqual(p, q)).toThrow(/greaterEqual: shapes \[2\] and \[3\]/);
    expect(() => notEqual(p, q)).toThrow(/notEqual: shapes \[2\] and \[3\]/);
    expect(() => greater(p, f64([1, 2]))).toThrow(DTypeError);
    expect(() => greater('2' as never, p)).toThrow(DTypeError);
  });
});

describe('isFinite', () => {
  it('knows numbers from infinities and NaN; every integer is finite', () => {
    expectBits(isFinite(f64([0, -1e308, Infinity, -Infinity, NaN])), [1, 1, 0, 0, 0]);
    expectBits(isFinite(i32([0, -2147483648])), [1, 1]);
    expect(() => isFinite(3 as never)).toThrow(DTypeError);
  });
});

describe('square and reciprocal', () => {
  it('have the values and derivatives of their formulas', () => {
    expectBits(square(f64([3, -2])), [9, 4]);
    expectBits(square(i32([-3])), [9]);
    expectBits(reciprocal(f64([4, -0.5, 0, -0])), [0.25, -2, Infinity, -Infinity]);
    expectGradients(square, [sample(1, [3])]);
    expectGradients(reciprocal, [sample(2, [3], 0.5, 2)]);
    expect(() => reciprocal(i32([2]))).toThrow(DTypeError);
  });
});

describe('relu', () => {
  it('is x above 0 and 0 below, with slope 0 at 0', () => {
    const x = f64([-2, -0, 0, 3, NaN, Infinity, -Infinity]);
    expectBits(relu(x), [0, 0, 0, 3, NaN, Infinity, 0]);
    expectBits(gradientOf(relu, f64([-2, 0, 3])), [0, 0, 1]);
    expectBits(relu(i32([-1, 2])), [0, 2]);
    expectGradients(relu, [f64([-1, 0.5, 2])]);
  });
});

describe('prelu', () => {
  it('is x above 0 and slope·x below, with slope 0 at 0', () => {
    expectBits(prelu(f64([-2, 0, 3, NaN]), 0.25), [-0.5, 0, 3, NaN]);
    expectBits(gradientOf((x) => prelu(x, 0.25), f64([-2, 0, 3])), [0.25, 0, 1]);
    expectGradients((x, slope) => prelu(x, slope), [f64([[-1, 2], [0.5, -3]]), f64([0.1, 0.3])]);
    expect(() => prelu(ones([2]), ones([3]))).toThrow(/prelu: shapes/);
  });
});

describe('clamp', () => {
  it('keeps x between the bounds and passes NaN', () => {
    const x = f64([-5, 1, 2, 3, 9, NaN]);
    expectBits(clamp(x, { min: 1, max: 3 }), [1, 1, 2, 3, 3, NaN]);
    expectBits(clamp(x, { min: 1 }), [1, 1, 2, 3, 9, NaN]);
    expectBits(clamp(x, { max: 3 }), [-5, 1, 2, 3, 3, NaN]);
    expectBits(clamp(x, {}), [-5, 1, 2, 3, 9, NaN]);
    expectBits(clamp(i32([-5, 7]), { min: 0, max: 5 }), [0, 5]);
    expectBits(clamp(7, { max: 2 }), 2);
  });

  it('has slope 1 inside and at both bounds, 0 beyond', () => {
    expectBits(gradientOf((x) => clamp(x, { min: -1, max: 1 }), f64([-2, -1, 0, 1, 2])), [0, 1, 1, 1, 0]);
  });

  it('gives a bound that is a tensor the cotangent where it is taken', () => {
    const x = f64([-2, 0, 5]);
    const ofMin = grad((min: Tensor) => sum(clamp(x, { min, max: 1 })))(f64([-1, -1, -1]));
    expectBits(ofMin, [1, 0, 0]);
    const ofMax = grad((max: Tensor) => sum(clamp(x, { min: -1, max })))(f64(1));
    expectBits(ofMax, 1);
  });

  it('gives max where min > max, and refuses NaN as a bound', () => {
    expectBits(clamp(f64([-9, 0, 9]), { min: 3, max: 2 }), [2, 2, 2]);
    expect(() => clamp(f64([1]), { min: NaN })).toThrow(DomainError);
    expect(() => clamp(f64([1]), { min: 0, maximum: 1 } as never)).toThrow(/'maximum'/);
    expect(() => clamp(f64([1, 2]), { min: f64([1, 2, 3]) })).toThrow(ShapeError);
  });
});

describe('dropout', () => {
  const x = full([4000], 3, { dtype: 'f64' });

  it('drops the fraction asked for and scales up the rest', () => {
    const y = dropout(x, { rate: 0.25, key: key(1) });
    const dropped = Array.from(y.data).filter((value) => value === 0).length / 4000;
    expect(Math.abs(dropped - 0.25)).toBeLessThan(0.03);
    expect(new Set(y.data)).toEqual(new Set([0, 4]));
    expect(Math.abs(mean(y).item() - 3)).toBeLessThan(0.15);
  });

  it('drops the same elements for the same key, others for another', () => {
    const drop = (seed: number): number[] => Array.from(dropout(x, { rate: 0.5, key: key(seed) }).data);
    expect(drop(1)).toEqual(drop(1));
    expect(drop(1)).not.toEqual(drop(2));
    expect(Array.from(dropout(ones([4000]), { rate: 0.5, key: key(1) }).data, (v) => v > 0)).toEqual(drop(1).map((v) => v > 0));
  });

  it('passes the gradient to what was kept, and drops even an infinity', () => {
    const small = f64([1, 2, 3, 4, 5, 6, 7, 8]);
    const options = { rate: 0.5, key: key(3) };
    const y = dropout(small, options);
    expectClose(gradientOf((z) => dropout(z, options), small), f64(Array.from(y.data, (v) => (v === 0 ? 0 : 2))));
    const infinite = dropout(full([8], Infinity), options);
    expect(new Set(infinite.data)).toEqual(new Set([0, Infinity]));
  });

  it('returns x itself for rate 0 and refuses what is no rate or no key', () => {
    expect(dropout(x, { rate: 0, key: key(1) })).toBe(x);
    for (const rate of [1, -0.1, NaN]) expect(() => dropout(x, { rate, key: key(1) })).toThrow(DomainError);
    expect(() => dropout(x, { rate: 0.5, key: f64([1, 2]) })).toThrow(DTypeError);
    expect(() => dropout(x, { rate: 0.5 } as never)).toThrow(DTypeError);
    expect(() => dropout(i32([1]), { rate: 0.5, key: key(1) })).toThrow(DTypeError);
    expect(() => dropout(x, undefined as never)).toThrow(DTypeError);
  });
});
