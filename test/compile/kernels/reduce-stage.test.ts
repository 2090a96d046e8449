import { describe, expect, it } from 'vitest';
import { combineBlocks } from '../../../src/compile/kernels/reduce-kernel.ts';
import { columnsStage, combineStage, type ReduceStage, reduceStageModule } from '../../../src/compile/kernels/reduce-stage.ts';
import { Value } from '../../../src/graph/index.ts';
import { primitivesByName } from '../../../src/primitives/index.ts';
import { bitsOf, Guarded, randomArray, randomNumbers } from '../kernels.ts';
import { inOnePiece, oneByOneBackwards, type Order } from '../loops.ts';

const reference = (name: 'sum' | 'max', shape: readonly number[], values: Float32Array): Float32Array =>
  primitivesByName.get(name)!.run([new Value('f32', shape, values)], { axes: [1] }).data() as Float32Array;

/** Large and small numbers of both signs, so that another order of additions gives other bits. */
const uneven = (length: number): Float32Array => randomArray(length, length + 1).map((x, i) => x * 10 ** ((i * 7) % 13));

/** Doubles that nearly cancel in every column, so that what is left is how they were rounded on the way. */
function cancelling(outer: number, count: number, inner: number): Float64Array {
  const next = randomNumbers(count);
  const sums = Float64Array.from({ length: outer * count * inner }, () => (next() - 0.5) * Math.PI);
  for (let i = 0; i < outer * inner; i++) {
    const at = Math.floor(i / inner) * count * inner + (i % inner);
    const last = at + (count - 1) * inner;
    if (count > 1) sums[last] = 0;
    for (let block = at; block < last; block += inner) sums[last]! -= sums[block]!;
  }
  return sums;
}

const run = (memory: Guarded, { kernel, units, args }: ReduceStage, order: Order): void => {
  const kernels = memory.link(reduceStageModule());
  for (const [first, last] of order(units)) kernels[kernel]!(first, last, 0, ...args);
};

const orders = [inOnePiece, oneByOneBackwards];

describe('columns as stages', () => {
  it.each(['sum', 'max'] as const)('have the bits of the reference, whoever does which unit: %s', (combine) => {
    for (const [outer, length, inner] of [[1, 1, 1], [2, 5, 3], [1, 128, 4], [3, 129, 17], [1, 130, 540], [2, 700, 2]] as const) {
      for (const order of orders) {
        const memory = new Guarded();
        const values = uneven(outer * length * inner);
        const count = Math.ceil(length / 128);
        const [from, to] = [memory.put(values), memory.room(outer * inner)];
        if (combine === 'max') run(memory, columnsStage({ kind: 'columns', combine, from: 0, to: 0, outer, length, inner }, from, to), order);
        else {
          const blocks = memory.room(outer * count * inner, 8);
          run(memory, columnsStage({ kind: 'columns', combine, from: 0, to: 0, outer, length, inner }, from, blocks), order);
          run(memory, combineStage({ kind: 'combine', from: 0, to: 0, outer, count, inner }, blocks, to), order);
        }
        expect(bitsOf(memory.read(to, outer * inner))).toEqual(bitsOf(reference(combine, [outer, length, inner], values)));
        memory.checkGuards();
      }
    }
  });

  it('cut a large reduction into units', () => {
    expect(columnsStage({ kind: 'columns', combine: 'sum', from: 0, to: 0, outer: 2, length: 1000, inner: 2048 }, 0, 0).units).toBeGreaterThan(16);
    expect(columnsStage({ kind: 'columns', combine: 'max', from: 0, to: 0, outer: 1, length: 1000, inner: 2048 }, 0, 0).units).toBeGreaterThan(8);
  });
});

describe('combining block sums', () => {
  it('adds pairwise, for every number of blocks, in lanes and out of them', () => {
    for (const count of [1, 2, 3, 4, 5, 7, 8, 13, 79]) {
      for (const [outer, inner] of [[1, 1], [3, 1], [2, 4], [1, 7], [2, 150]] as const) {
        const memory = new Guarded();
        const sums = cancelling(outer, count, inner);
        const [from, to] = [memory.put(new Float32Array(sums.buffer)), memory.room(outer * inner)];
        run(memory, combineStage({ kind: 'combine', from: 0, to: 0, outer, count, inner }, from, to), oneByOneBackwards);
        const expected = Float32Array.from({ length: outer * inner }, (_, i) =>
          combineBlocks(sums, Math.floor(i / inner) * count * inner + (i % inner), count, inner));
        expect(bitsOf(memory.read(to, outer * inner))).toEqual(bitsOf(expected));
        memory.checkGuards();
      }
    }
  });
});
