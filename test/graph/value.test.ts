// A value is numbers seen through an offset and strides: what dense() and the walk over strided operands make of it.

import { describe, expect, it } from 'vitest';
import { forEachRow, mergeAxes, Value } from '../../src/graph/index.ts';

const counted = Float64Array.from({ length: 24 }, (_, i) => i);

describe('Value', () => {
  it('returns its own array where it is dense, and a window of it where that starts later', () => {
    const whole = new Value('f64', [4, 6], counted);
    expect(whole.data()).toBe(counted);
    const part = new Value('f64', [2, 6], counted, 6);
    expect(part.dense()).toBe(part);
    expect(Array.from(part.data())).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]);
    expect(part.data().buffer).toBe(counted.buffer);
  });

  it.each([
    ['a transposed view', [3, 2], 0, [1, 3], [0, 3, 1, 4, 2, 5]],
    ['a reversed view', [4], 3, [-1], [3, 2, 1, 0]],
    ['every second row, backwards', [2, 2], 12, [-12, 1], [12, 13, 0, 1]],
    ['an expanded element', [2, 2], 5, [0, 0], [5, 5, 5, 5]],
    ['overlapping windows', [3, 2], 0, [1, 1], [0, 1, 1, 2, 2, 3]],
    ['nothing', [2, 0], 0, [1, 1], []],
    ['one element without axes', [], 7, [], [7]],
  ] as const)('reads %s in row-major order', (_, shape, offset, strides, numbers) => {
    expect(Array.from(new Value('f64', shape, counted, offset, strides).data())).toEqual(numbers);
  });

  it('copies into its own type and leaves the source alone', () => {
    const view = new Value('i32', [2], Int32Array.of(1, 2), 1, [-1]);
    expect(view.isDense).toBe(false);
    expect(view.dense().array).toBeInstanceOf(Int32Array);
    expect(Array.from(view.array)).toEqual([1, 2]);
  });
});

describe('mergeAxes', () => {
  it('drops axes of size 1 and joins neighbours that every operand crosses without a gap', () => {
    expect(mergeAxes([2, 1, 3, 4], [[12, 7, 4, 1]])).toEqual({ sizes: [24], steps: [[1]] });
    expect(mergeAxes([2, 3], [[3, 1], [0, 1]])).toEqual({ sizes: [2, 3], steps: [[3, 1], [0, 1]] });
    expect(mergeAxes([2, 3], [[3, 1], [0, 0]])).toEqual({ sizes: [6], steps: [[1], [0]] });
    expect(mergeAxes([1, 1], [[5, 5]])).toEqual({ sizes: [1], steps: [[1]] });
  });
});

describe('forEachRow', () => {
  it('visits every element of every operand once, in row-major order', () => {
    const seen: number[][] = [];
    forEachRow([2, 3, 2], [[6, 2, 1], [1, 2, 6]], [0, 100], (length, [p, q], [s, t]) => {
      for (let i = 0; i < length; i++) seen.push([p! + i * s!, q! + i * t!]);
    });
    const expected = [];
    for (let i = 0; i < 2; i++) for (let j = 0; j < 3; j++) for (let k = 0; k < 2; k++) expected.push([6 * i + 2 * j + k, 100 + i + 2 * j + 6 * k]);
    expect(seen).toEqual(expected);
  });

  it('visits nothing where an axis is empty, and one place where there are no axes', () => {
    let visits = 0;
    forEachRow([3, 0], [[1, 1]], [0], () => visits++);
    expect(visits).toBe(0);
    forEachRow([], [[]], [4], (length, [p]) => (visits += length + p!));
    expect(visits).toBe(5);
  });
});
