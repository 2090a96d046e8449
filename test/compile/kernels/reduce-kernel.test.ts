import { describe, expect, it } from 'vitest';
import { blockCount, combineBlocks, reduceModule } from '../../../src/compile/kernels/reduce-kernel.ts';
import { Value } from '../../../src/graph/index.ts';
import { primitivesByName } from '../../../src/primitives/index.ts';
import { bitsOf, Guarded, randomArray, sizes } from '../kernels.ts';

const lengths = [...sizes, 255, 256, 257, 511, 1000];
const reference = (name: 'sum' | 'max', shape: readonly number[], values: Float32Array, axis: number): Float32Array =>
  primitivesByName.get(name)!.run([new Value('f32', shape, values)], { axes: [axis] }).data() as Float32Array;

/** Large and small numbers of both signs, so that another order of additions gives other bits. */
const uneven = (length: number): Float32Array => randomArray(length, length).map((x, i) => x * 10 ** ((i * 7) % 13));

describe('sums', () => {
  it('of rows have the bits of the reference', () => {
    for (const length of lengths) {
      const memory = new Guarded();
      const values = uneven(3 * length);
      const [from, blocks] = [memory.put(values), blockCount(length)];
      const to = memory.room(3 * blocks, 8);
      memory.link(reduceModule())['sumRows']!(from, 3, length, 4 * length, to);
      const sums = new Float64Array(memory.scratch.memory.buffer.slice(to, to + 24 * blocks));
      const totals = Float32Array.from({ length: 3 }, (_, row) => combineBlocks(sums, row * blocks, blocks, 1));
      expect(bitsOf(totals)).toEqual(bitsOf(reference('sum', [3, length], values, 1)));
      memory.checkGuards();
    }
  });

  it('of columns have the bits of the reference', () => {
    for (const length of lengths) {
      for (const columns of [1, 2, 3, 4, 5, 11]) {
        const memory = new Guarded();
        const values = uneven(columns * length);
        const [from, blocks] = [memory.put(values), blockCount(length)];
        const to = memory.room(columns * blocks, 8);
        memory.link(reduceModule())['sumColumns']!(from, length, columns, 4 * columns, to);
        const sums = new Float64Array(memory.scratch.memory.buffer.slice(to, to + 8 * columns * blocks));
        const totals = Float32Array.from({ length: columns }, (_, column) => combineBlocks(sums, column, blocks, columns));
        expect(bitsOf(totals)).toEqual(bitsOf(reference('sum', [length, columns], values, 0)));
        memory.checkGuards();
      }
    }
  });

  it('combine blocks in a tree that follows from their number', () => {
    // (0 + 1) + 2, then 3 + 4: the first half is the larger one
    expect(combineBlocks(Float64Array.of(2 ** 53, 1, 1, 1, 1), 0, 5, 1)).toBe(2 ** 53 + 2);
    expect(combineBlocks(Float64Array.of(1, 1, 2 ** 53, 1, 1), 0, 5, 1)).toBe(2 ** 53 + 4);
  });
});

describe('maxima', () => {
  const both = (name: 'maxRows' | 'maxColumns', length: number, others: number, values: Float32Array): void => {
    const memory = new Guarded();
    const [from, to] = [memory.put(values), memory.room(others)];
    const [shape, axis] = name === 'maxRows' ? [[others, length], 1] as const : [[length, others], 0] as const;
    const numbers = name === 'maxRows' ? [others, length, 4 * length] : [length, others, 4 * others];
    memory.link(reduceModule())[name]!(from, ...numbers, to);
    expect(bitsOf(memory.read(to, others))).toEqual(bitsOf(reference('max', shape, values, axis)));
    memory.checkGuards();
  };

  it.each(['maxRows', 'maxColumns'] as const)('are the reference\'s for every size: %s', (name) => {
    for (const length of lengths) for (const others of [1, 3, 4, 6]) both(name, length, others, randomArray(others * length, length));
  });

  it.each(['maxRows', 'maxColumns'] as const)('are NaN wherever one is, and know the zeros apart: %s', (name) => {
    for (let at = 0; at < 11; at++) both(name, 11, 1, Float32Array.from({ length: 11 }, (_, i) => (i === at ? NaN : i)));
    for (let at = 0; at < 6; at++) both(name, 6, 1, Float32Array.from({ length: 6 }, (_, i) => (i === at ? 0 : -0)));
    both(name, 9, 1, new Float32Array(9).fill(-Infinity));
  });
});
