import { describe, expect, it } from 'vitest';
import { DTypeError, ShapeError } from '../../src/base/errors.ts';
import { concatAlong, flipAxes, mul, padEdges, primitivesByName, slice } from '../../src/primitives/index.ts';
import { expectBits, f32, f64, slopes } from '../values.ts';

const x = f64([0, 1, 2, 3, 4]);

describe('slice', () => {
  it.each([
    [[[1, 3]], [1, 2]],
    [[[-2]], [3, 4]],
    [[[2, -9, -1]], [2, 1, 0]],
    [[[-9, null, -1]], []],
    [[[9, 2, -1]], [4, 3]],
    [[[null, -1]], [0, 1, 2, 3]],
    [[[null, null, 2]], [0, 2, 4]],
    [[[1, null, 2]], [1, 3]],
    [[[null, null, -1]], [4, 3, 2, 1, 0]],
    [[[3, 0, -2]], [3, 1]],
    [[[null, null, -3]], [4, 1]],
    [[[-99, 99]], [0, 1, 2, 3, 4]],
    [[[99]], []],
    [[[3, 1]], []],
    [[[1, 3, -1]], []],
    [[null], [0, 1, 2, 3, 4]],
    [[], [0, 1, 2, 3, 4]],
  ] as const)('reads the range %j as Python does', (ranges, numbers) => {
    expectBits(slice(x, ranges), [...numbers]);
  });

  it('cuts several axes and copies nothing', () => {
    const y = f64([[1, 2, 3], [4, 5, 6]]);
    expectBits(slice(y, [[1], [0, 2]]), [[4, 5]]);
    expectBits(slice(y, [null, [null, null, -1]]), [[3, 2, 1], [6, 5, 4]]);
    expect(slice(y, [[1]]).read().array).toBe(y.read().array);
    expect(slice(y, [null])).toBe(y);
  });

  it('refuses more ranges than axes, and a step of 0 or of no whole number', () => {
    expect(() => slice(x, [null, null])).toThrow(ShapeError);
    expect(() => slice(x, [[0, 1, 0]])).toThrow(/^slice: .*0.* on axis 0/);
    expect(() => slice(x, [[0, 1, 0.5]])).toThrow(ShapeError);
  });

  it.each([
    [[1, 3, 1], [0, 1, 2, 0, 0]],
    [[null, null, 2], [1, 0, 2, 0, 3]],
    [[3, 0, -2], [0, 2, 0, 1, 0]],
    [[4, null, -1], [5, 4, 3, 2, 1]],
    [[2, 2, 1], [0, 0, 0, 0, 0]],
  ] as const)('puts the cotangent of %j back where it came from', (range, expected) => {
    const weights = (n: number) => f64([1, 2, 3, 4, 5].slice(0, n));
    expectBits(slopes((y) => mul(slice(y, [[...range]]), weights(slice(x, [[...range]]).size)), x)[0]!, [...expected]);
  });

  it('that leaves its operand is no step, whoever wrote it', () => {
    const primitive = primitivesByName.get('slice')!;
    const typed = (starts: number[], sizes: number[], steps: number[]) => () => primitive.type([x], { starts, sizes, steps });
    expect(typed([1], [2], [2])).not.toThrow();
    for (const wrong of [typed([4], [2], [1]), typed([-1], [1], [1]), typed([0], [3], [-1]), typed([0.5], [1], [1]), typed([0, 0], [1, 1], [1, 1])]) {
      expect(wrong).toThrow(ShapeError);
    }
    expect(typed([NaN], [0], [1])).not.toThrow();
  });

  it('reverses chosen axes', () => {
    expectBits(flipAxes(f64([[1, 2], [3, 4]]), [0]), [[3, 4], [1, 2]]);
    expectBits(flipAxes(f64([[1, 2], [3, 4]]), [0, 1]), [[4, 3], [2, 1]]);
    expect(flipAxes(f64([[], []]), [1]).shape).toEqual([2, 0]);
  });
});

describe('pad', () => {
  it('adds before, after and between', () => {
    expectBits(padEdges(f64([1, 2]), [[1, 2, 0]], 0), [0, 1, 2, 0, 0]);
    expectBits(padEdges(f64([1, 2, 3]), [[0, 1, 2]], -Infinity), [1, -Infinity, -Infinity, 2, -Infinity, -Infinity, 3, -Infinity]);
    expectBits(padEdges(f64([[1], [2]]), [[0, 0, 1], [1, 0, 0]], 9), [[9, 1], [9, 9], [9, 2]]);
    expectBits(padEdges(f64([]), [[1, 1, 3]], 5), [5, 5]);
    expect(padEdges(x, [[0, 0, 0]], 0)).toBe(x);
  });

  it('cuts the cotangent', () => {
    expectBits(slopes((y) => mul(padEdges(y, [[1, 1, 1]], 7), f64([1, 2, 3, 4, 5])), f64([8, 9]))[0]!, [2, 4]);
  });
});

describe('concat', () => {
  const y = f64([[1, 2], [3, 4]]);

  it('joins along an axis, also views and parts without elements', () => {
    expectBits(concatAlong([y, f64([[5, 6]])], 0), [[1, 2], [3, 4], [5, 6]]);
    expectBits(concatAlong([y, flipAxes(y, [1])], 1), [[1, 2, 2, 1], [3, 4, 4, 3]]);
    expectBits(concatAlong([y, slice(y, [[0, 0]])], 0), [[1, 2], [3, 4]]);
    expect(concatAlong([y], 0)).toBe(y);
  });

  it('refuses parts of another type or another shape', () => {
    expect(() => concatAlong([y, f32([[1, 2]])], 0)).toThrow(DTypeError);
    expect(() => concatAlong([y, f64([[1, 2, 3]])], 0)).toThrow('concat: shapes [2, 2] and [1, 3] along axis 0');
    expect(() => concatAlong([y, f64([1, 2])], 0)).toThrow(ShapeError);
  });

  it('gives each part its own cotangent, from the third one on too', () => {
    const grads = slopes((a, b, c) => mul(concatAlong([a, b, c], 0), f64([1, 2, 3, 4])), f64([0]), f64([0, 0]), f64([0]));
    expect(grads.map((g) => g.toArray())).toEqual([[1], [2, 3], [4]]);
  });
});
