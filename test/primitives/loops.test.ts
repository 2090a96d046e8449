import { describe, expect, it } from 'vitest';
import { Value } from '../../src/graph/index.ts';
import { mapBinary, mapTernary, mapUnary, scatterInto, stretched } from '../../src/primitives/loops.ts';

const row = new Value('f64', [1, 3], Float64Array.of(1, 2, 3));
const column = new Value('f64', [2, 1], Float64Array.of(10, 20));
const reversed = new Value('f64', [2, 3], Float64Array.of(0, 1, 2, 3, 4, 5), 5, [-3, -1]);

describe('the elementwise loops', () => {
  it('let stretched operands stand still', () => {
    expect(stretched(row, [2, 3])).toEqual([0, 1]);
    expect(stretched(new Value('f64', [3], Float64Array.of(1, 2, 3)), [4, 2, 3])).toEqual([0, 0, 1]);
    expect(Array.from(mapBinary((a, b) => a + b, [2, 3], 'f64', row, column).data())).toEqual([11, 12, 13, 21, 22, 23]);
  });

  it('read through any strides and write row-major', () => {
    expect(Array.from(mapUnary((a) => a, [2, 3], 'f64', reversed).data())).toEqual([5, 4, 3, 2, 1, 0]);
    const sum = mapTernary((a, b, c) => 100 * a + 10 * b + c, [2, 3], 'f64', row, reversed, column);
    expect(Array.from(sum.data())).toEqual([160, 250, 340, 140, 230, 320]);
  });

  it('round once, into the type of the result', () => {
    expect(mapUnary((a) => a / 10, [1, 3], 'f32', row).data()).toEqual(Float32Array.of(0.1, 0.2, 0.3));
    expect(mapUnary((a) => a / 2, [1, 3], 'i32', row).data()).toEqual(Int32Array.of(0, 1, 1));
  });
});

describe('scatterInto', () => {
  it('writes into strided places, or adds to what is there', () => {
    const target = new Value('f64', [2, 3], Float64Array.of(1, 1, 1, 1, 1, 1));
    scatterInto(target, reversed, false);
    expect(Array.from(target.data())).toEqual([5, 4, 3, 2, 1, 0]);
    scatterInto(new Value('f64', [2, 3], target.array, 0, [0, 1]), reversed, true);
    expect(Array.from(target.data())).toEqual([12, 9, 6, 2, 1, 0]);
  });
});
