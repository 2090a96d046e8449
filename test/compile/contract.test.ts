import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contractModule } from '../../src/compile/contract-kernel.ts';
import { blockK, contractSizes, runContract } from '../../src/compile/contract.ts';
import { Value } from '../../src/graph/index.ts';
import { type ContractAxes, primitivesByName } from '../../src/primitives/index.ts';
import { runs } from '../values.ts';
import { bitsOf, Guarded, randomArray, sizes } from './kernels.ts';

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
  runContract(memory.link(contractModule()), memory.scratch, placed[0]!, placed[1]!, axes, out);
  memory.checkGuards();
  return memory.read(out, batch * M * N);
}

/** The reference in Float64, of the same numbers; also the sums of absolute products. */
function truth(a: Operand, b: Operand, axes: ContractAxes): Float64Array {
  const values = [a, b].map((x) => new Value('f64', x.shape, Float64Array.from(x.values), x.offset, x.strides));
  return primitivesByName.get('contract')!.run(values, axes as never).data() as Float64Array;
}

/** The product as it is meant: in order within blocks of K, every step rounded to Float32. */
function meant(a: Operand, b: Operand): Float32Array {
  const [[M, K], N] = [a.shape as [number, number], b.shape[1]!];
  return Float32Array.from({ length: M * N }, (_, at) => {
    const [m, n] = [Math.floor(at / N), at % N];
    let total = 0;
    for (let k0 = 0; k0 < K; k0 += blockK) {
      let sum = 0;
      for (let k = k0; k < Math.min(K, k0 + blockK); k++) {
        const x = a.values[a.offset + m * a.strides[0]! + k * a.strides[1]!]!;
        const y = b.values[b.offset + k * b.strides[0]! + n * b.strides[1]!]!;
        sum = Math.fround(sum + Math.fround(x * y));
      }
      total = k0 === 0 ? sum : Math.fround(total + sum);
    }
    return total;
  });
}

const transposed = (x: Operand): Operand => ({ ...x, shape: x.shape.toReversed(), strides: x.strides.toReversed() });

describe('a product', () => {
  it('has the bits of a sum in order within blocks of K, at every size around the tiles', () => {
    for (const n of sizes) {
      const [other, depth] = [sizes[(n * 7) % sizes.length]!, sizes[(n * 11) % sizes.length]!];
      for (const [M, N, K] of [[n, other, depth], [depth, n, other], [other, depth, n]] as const) {
        const [a, b] = [dense([M, K], n), dense([K, N], n + 1)];
        expect(bitsOf(kernel(a, b, matmul))).toEqual(bitsOf(meant(a, b)));
      }
    }
  });

  it('adds blocks of K in order, and fills results wider and higher than a block', () => {
    for (const [M, N, K] of [[5, 9, blockK - 1], [5, 9, blockK], [6, 10, blockK + 1], [3, 4, 3 * blockK + 7], [131, 1030, 3]] as const) {
      const [a, b] = [dense([M, K], M), dense([K, N], N)];
      expect(bitsOf(kernel(a, b, matmul))).toEqual(bitsOf(meant(a, b)));
    }
  });

  it('reads transposed, reversed, stepped and repeated operands through their strides', () => {
    const stepped = (x: Operand): Operand => ({ ...x, values: randomArray(3 * x.values.length, 9), strides: x.strides.map((s) => 3 * s) });
    const reversed = (x: Operand): Operand => ({
      ...x, strides: x.strides.map((s) => -s), offset: x.shape.reduce((sum, n, axis) => sum + (n - 1) * x.strides[axis]!, 0),
    });
    const repeated = (x: Operand): Operand => ({ ...x, strides: [0, 1] });
    for (const [M, N, K] of [[7, 11, 5], [8, 16, 12], [13, 6, 261]] as const) {
      const plain = [dense([M, K], 1), dense([K, N], 2)] as const;
      const turned = [transposed(dense([K, M], 3)), transposed(dense([N, K], 4))] as const;
      for (const change of [(x: Operand): Operand => x, stepped, reversed, repeated]) {
        for (const [a, b] of [plain, turned, [plain[0], turned[1]], [turned[0], plain[1]]] as const) {
          expect(bitsOf(kernel(change(a), change(b), matmul))).toEqual(bitsOf(meant(change(a), change(b))));
        }
      }
    }
  });

  it('gives a block of rows the bits it has within the whole, so that blocks can be shared out', () => {
    const [a, b] = [dense([140, 300], 5), dense([300, 20], 6)];
    const whole = kernel(a, b, matmul);
    const part = kernel({ ...a, shape: [9, 300], offset: 127 * 300 }, b, matmul);
    expect(bitsOf(part)).toEqual(bitsOf(whole.slice(127 * 20, 136 * 20)));
  });

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
