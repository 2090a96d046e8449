import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { productModule } from '../../../src/compile/kernels/product-kernel.ts';
import { contractSizes, runContract } from '../../../src/compile/kernels/contract.ts';
import { Value } from '../../../src/graph/index.ts';
import { type ContractAxes, primitivesByName } from '../../../src/primitives/index.ts';
import { runs } from '../../values.ts';
import { Guarded, randomArray } from '../kernels.ts';

const matmul: ContractAxes = { batch: [], sum: [[1, 0]] };

interface Operand {
  readonly values: Float32Array;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

const dense = (shape: readonly number[], seed: number): Operand => {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((n, m) => n * m, 1));
  return { values: randomArray(shape.reduce((n, m) => n * m, 1), seed), shape, strides, offset: 0 };
};

function kernel(a: Operand, b: Operand, axes: ContractAxes): Float32Array {
  const memory = new Guarded();
  const { M, N, batch } = contractSizes(a.shape, b.shape, axes);
  const placed = [a, b].map((x) => ({ address: memory.put(x.values) + 4 * x.offset, shape: x.shape, strides: x.strides }));
  const out = memory.room(batch * M * N);
  runContract(memory.link(productModule({ left: 'none', right: 'none' })), memory.scratch, placed[0]!, placed[1]!, axes, out);
  memory.checkGuards();
  return memory.read(out, batch * M * N);
}

/** The reference in Float64, of the same numbers; also the sums of absolute products. */
function truth(a: Operand, b: Operand, axes: ContractAxes): Float64Array {
  const values = [a, b].map((x) => new Value('f64', x.shape, Float64Array.from(x.values), x.offset, x.strides));
  return primitivesByName.get('contract')!.run(values, axes as never).data() as Float64Array;
}

describe('a product', () => {
  it('lets NaN and infinity through, and nothing else becomes one', () => {
    for (const [K, at] of [[5, 3], [9, 0], [8, 7]] as const) {
      const [a, b] = [dense([6, K], 1), dense([K, 10], 2)];
      a.values[2 * K + at] = NaN;
      b.values[at * 10 + 9] = Infinity;
      const result = kernel(a, b, matmul);
      result.forEach((x, i) => expect([i, Number.isFinite(x)]).toEqual([i, Math.floor(i / 10) !== 2 && i % 10 !== 9]));
      for (const i of [20, 28, 29]) expect(result[i]).toBe(NaN);
    }
  });
});

describe('a contraction', () => {
  it('with batches, several summed and free axes and windows is the reference\'s within the rule of errors', () => {
    const size = fc.integer({ min: 1, max: 9 });
    fc.assert(fc.property(size, size, size, size, size, size, (b, i, j, p, q, k) => {
      const left = dense([i, p, b, q], i + 1);
      const right = dense([q, k, p, j, b], k + 2);
      const axes: ContractAxes = { batch: [[2, 4]], sum: [[3, 0], [1, 2]] };
      compare(left, right, axes);
      // Windows of three over each row: their axes overlap in memory.
      const windows: Operand = { ...dense([b, q + 2], 3), shape: [b, q, 3], strides: [q + 2, 1, 1] };
      compare(windows, dense([3, j], 4), { batch: [], sum: [[2, 0]] });
    }), runs);
  });

  function compare(a: Operand, b: Operand, axes: ContractAxes): void {
    const expected = truth(a, b, axes);
    const { K } = contractSizes(a.shape, b.shape, axes);
    const largest = Math.max(...expected.map(Math.abs));
    // A sum of K products in order is within K·eps/2 of the sum of their sizes (all below 4).
    const bound = 4 * (K * 2 ** -24 * 4 * K) + 4 * 2 ** -23 * largest;
    kernel(a, b, axes).forEach((x, i) => expect(Math.abs(x - expected[i]!)).toBeLessThanOrEqual(bound));
  }
});
