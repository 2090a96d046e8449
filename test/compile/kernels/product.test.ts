import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { productOf } from '../../../src/compile/kernels/contract.ts';
import type { Axis, Operand, Product, Scale } from '../../../src/compile/kernels/group.ts';
import { type Cuts, measuredCuts, planProduct } from '../../../src/compile/kernels/product.ts';
import { blockK, productModule } from '../../../src/compile/kernels/product-kernel.ts';
import { compileModule, linkModule } from '../../../src/compile/wasm/webassembly.ts';
import { runs } from '../../values.ts';
import { bitsOf, Guarded, randomArray, randomNumbers, sizes } from '../kernels.ts';

type Numbers = readonly Float32Array[];

/** Every index combination of some axes, as the offset it leads to. */
const offsetsOf = (axes: readonly { size: number; stride: number }[]): number[] =>
  axes.reduce<number[]>((list, { size, stride }) => list.flatMap((at) => Array.from({ length: size }, (_, i) => at + i * stride)), [0]);

/** What a product means, in plain numbers: in order within blocks of K, blocks in order, a scaled element rounded first. */
function meant({ left, right }: Product, buffers: Numbers): Float32Array {
  const elements = (operand: Operand): Float32Array[][] => {
    const { scale } = operand;
    const scales = (along: Scale['along']): number[] | undefined => (scale?.along !== along ? undefined
      : offsetsOf(operand[along].map(({ size }, i) => ({ size, stride: scale.strides[i]! }))).map((at) => buffers[scale.access.buffer]![scale.access.offset + at]!));
    const [free, sum] = [scales('free'), scales('sum')];
    return offsetsOf(operand.batch).map((b) => offsetsOf(operand.free).map((f, i) => Float32Array.from(offsetsOf(operand.sum), (s, k) => {
      const x = buffers[operand.buffer]![operand.offset + b + f + s]!;
      return x * (free?.[i] ?? sum?.[k] ?? 1);
    })));
  };
  const [a, b] = [elements(left), elements(right)];
  return Float32Array.from(a.flatMap((rows, batch) => rows.flatMap((x) => b[batch]!.map((y) => {
    let total = 0;
    for (let k0 = 0; k0 < x.length; k0 += blockK) {
      let sum = 0;
      for (let k = k0; k < Math.min(x.length, k0 + blockK); k++) sum = Math.fround(sum + Math.fround(x[k]! * y[k]!));
      total = k0 === 0 ? sum : Math.fround(total + sum);
    }
    return total;
  }))));
}

/** Calls for parts of the units of a stage, in some order. */
type Order = (units: number) => (readonly [number, number])[];
const atOnce: Order = (units) => [[0, units]];

const modules = new Map<string, object>();

/** Runs a product between guards, its results NaN before, every call with a scratch of its own. */
function compute(product: Product, buffers: Numbers, cuts?: Cuts, order: Order = atOnce): Float32Array {
  const memory = new Guarded();
  const plan = planProduct(product, cuts);
  const size = [product.left.batch, product.left.free, product.right.free].flat().reduce((n, axis) => n * axis.size, 1);
  const addresses = [...buffers.map((values) => memory.put(values)), memory.room(size)];
  const tables = memory.room(plan.tableBytes / 4);
  const panels = memory.room(plan.panelBytes / 4);
  const module = modules.get(plan.key) ?? compileModule(productModule(plan.module).bytes());
  modules.set(plan.key, module);
  const kernels = linkModule(module, { memory: memory.scratch.memory });
  plan.writeTables(memory.scratch.words(tables, plan.tableBytes / 4), tables);
  for (const { kernel, units, args } of plan.stages(0, { address: (buffer) => addresses[buffer]!, tables, panels })) {
    for (const [first, last] of order(units)) kernels[kernel]!(first, last, memory.room(plan.scratchBytes / 4), ...args);
  }
  memory.checkGuards();
  buffers.forEach((values, i) => expect(bitsOf(memory.read(addresses[i]!, values.length))).toEqual(bitsOf(values)));
  return memory.read(addresses[buffers.length]!, size);
}

/** Cuts so small that every way of cutting comes into play at small sizes. */
const tinyCuts: Cuts = {
  blockFree: 8, fewestUnits: 2, unitCost: 1, stepColumns: 8, chunkBytes: 4 * blockK * 16, chunkFree: 16, smallCost: 0, mediumCost: 0,
};
const batchCuts: Cuts = { ...tinyCuts, mediumCost: 1e9 };
const allCuts = [measuredCuts, tinyCuts, batchCuts];

/** Axes of some sizes laid out in an order, with gaps and perhaps backwards. */
function laidOut(groups: readonly (readonly number[])[], seed: number): { groups: Axis[][]; offset: number; length: number } {
  const next = randomNumbers(seed);
  const flat = groups.flatMap((list, group) => list.map((size, i) => ({ group, i, size, key: next() }))).sort((x, y) => x.key - y.key);
  let stride = 1 + Math.floor(1.3 * next());
  let [offset, length] = [0, 1];
  const axes = groups.map((): Axis[] => []);
  for (const { group, i, size } of flat) {
    const kind = next();
    const own = kind < 0.1 ? 0 : kind < 0.25 ? -stride : stride;
    axes[group]![i] = { size, stride: own };
    if (own < 0) offset += stride * (size - 1);
    if (own !== 0) {
      length += stride * (size - 1);
      stride = stride * size + Math.floor(1.5 * next());
    }
  }
  return { groups: axes, offset, length };
}

interface Sizes {
  readonly batch: readonly number[];
  readonly left: readonly number[];
  readonly right: readonly number[];
  readonly sum: readonly number[];
}

/** A product of operands that lie about in any way, scaled or not. */
function anyProduct({ batch, left, right, sum }: Sizes, seed: number, along: readonly [Scale['along'] | undefined, Scale['along'] | undefined]) {
  const buffers: Float32Array[] = [];
  const put = (length: number): number => buffers.push(randomArray(length, seed + buffers.length)) - 1;
  const operands = [left, right].map((free, side): Operand => {
    const { groups, offset, length } = laidOut([batch, free, sum], seed + 17 * side);
    const operand = { buffer: put(length), offset, batch: groups[0]!, free: groups[1]!, sum: groups[2]! };
    const scaled = along[side];
    if (scaled === undefined) return operand;
    const scale = laidOut([operand[scaled].map((axis) => axis.size)], seed + 5 + side);
    const access = { buffer: put(scale.length), offset: scale.offset };
    return { ...operand, scale: { along: scaled, access, strides: scale.groups[0]!.map((axis) => axis.stride) } };
  });
  return { product: { kind: 'product', left: operands[0]!, right: operands[1]!, out: buffers.length } satisfies Product, buffers };
}

const scalings = [undefined, 'free', 'sum'] as const;
const dense = (shape: readonly [number, number], buffer: number) => ({ buffer, offset: 0, shape, strides: [shape[1], 1] });
const matmul = (M: number, N: number, K: number): Product => productOf(dense([M, K], 0), dense([K, N], 1), { batch: [], sum: [[1, 0]] }, 2);

describe('a planned product', () => {
  it('has the bits of the sum it means at every size around the tiles, however it is cut', () => {
    for (const n of sizes.filter((n) => n <= 33)) {
      const [M, N, K] = [n, sizes[(n * 7) % 33]!, sizes[(n * 11) % 33]!];
      const buffers = [randomArray(M * K, n), randomArray(K * N, n + 1)];
      const expected = bitsOf(meant(matmul(M, N, K), buffers));
      for (const cuts of allCuts) expect(bitsOf(compute(matmul(M, N, K), buffers, cuts))).toEqual(expected);
    }
  });

  it('adds blocks of K in order across chunks of panels', () => {
    for (const [M, N, K] of [[5, 9, blockK], [9, 5, blockK + 1], [18, 33, 2 * blockK + 7], [35, 17, 3 * blockK - 1]] as const) {
      const buffers = [randomArray(M * K, M), randomArray(K * N, N)];
      const expected = bitsOf(meant(matmul(M, N, K), buffers));
      for (const cuts of allCuts) expect(bitsOf(compute(matmul(M, N, K), buffers, cuts))).toEqual(expected);
    }
  });

  it('reads operands that lie transposed, stepped, reversed or repeated, in batches, with scales along either side', () => {
    const size = fc.integer({ min: 1, max: 9 });
    const few = fc.array(size, { minLength: 0, maxLength: 2 });
    const shapes = fc.record({ batch: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }), left: few, right: few, sum: few });
    fc.assert(fc.property(shapes, fc.nat(1000), fc.constantFrom(...scalings), fc.constantFrom(...scalings), fc.constantFrom(...allCuts),
      (shape, seed, left, right, cuts) => {
        const { product, buffers } = anyProduct(shape, seed, [left, right]);
        expect(bitsOf(compute(product, buffers, cuts))).toEqual(bitsOf(meant(product, buffers)));
      }), runs);
  });

  it('gives an operand that is scaled while it is packed the bits of one that was scaled before', () => {
    const [M, N, K] = [13, 22, blockK + 5];
    const [x, w, r] = [randomArray(M * K, 1), randomArray(K * N, 2), randomArray(Math.max(M, N, K), 3)];
    for (const along of ['free', 'sum'] as const) {
      const plain = matmul(M, N, K);
      const scale: Scale = { along, access: { buffer: 2, offset: 0 }, strides: [1] };
      const before = w.map((value, i) => value * r[along === 'free' ? i % N : Math.floor(i / N)]!);
      const fused = { ...plain, right: { ...plain.right, scale }, out: 3 };
      for (const cuts of allCuts) expect(bitsOf(compute(fused, [x, w, r], cuts))).toEqual(bitsOf(compute(plain, [x, before], cuts)));
    }
  });

  it('packs panels that share a line of memory at once, and one by one where a gap parts them, to the same bits', () => {
    const K = 7;
    for (const inner of [16, 20, 24, 35]) {
      for (const along of scalings) {
        const rows: Axis[] = [{ size: 3, stride: inner + 1 }, { size: inner, stride: 1 }];
        const step = 3 * (inner + 1);
        const scale = (buffer: number): { scale?: Scale } => (along === undefined ? {} : {
          scale: { along, access: { buffer, offset: 1 }, strides: along === 'free' ? [inner, 1] : [2] },
        });
        const operand = (buffer: number): Operand => ({ buffer, offset: 0, batch: [], free: rows, sum: [{ size: K, stride: step }], ...scale(2) });
        const product: Product = { kind: 'product', left: operand(0), right: operand(1), out: 3 };
        const buffers = [randomArray(K * step, inner), randomArray(K * step, inner + 1), randomArray(3 * inner + 2 * K, 3)];
        const expected = bitsOf(meant(product, buffers));
        for (const cuts of allCuts) expect(bitsOf(compute(product, buffers, cuts))).toEqual(expected);
      }
    }
  });

  it('gives the same bits whoever does which units in which order', () => {
    const shuffled = (seed: number): Order => (units) => {
      const next = randomNumbers(seed);
      const ends = Array.from({ length: units }, (_, i) => i).filter((i) => i === 0 || next() < 0.5);
      return ends.map((first, i) => ({ part: [first, ends[i + 1] ?? units] as const, key: next() })).sort((a, b) => a.key - b.key).map(({ part }) => part);
    };
    for (const [M, N, K] of [[40, 23, 300], [7, 41, 520], [64, 64, 12]] as const) {
      const buffers = [randomArray(M * K, 1), randomArray(K * N, 2)];
      const expected = bitsOf(compute(matmul(M, N, K), buffers));
      for (const cuts of [tinyCuts, batchCuts]) {
        for (const seed of [1, 2, 3]) expect(bitsOf(compute(matmul(M, N, K), buffers, cuts, shuffled(seed)))).toEqual(expected);
      }
    }
  });

  it('is one stage of one unit when it is small, and cut into many when it is large', () => {
    const counts = (M: number, N: number, K: number): number[] =>
      planProduct(matmul(M, N, K)).stages(0, { address: () => 0, tables: 0, panels: 0 }).map((stage) => (stage.kind === 'kernel' ? stage.units : 0));
    expect(counts(64, 64, 64)).toEqual([1]);
    expect(counts(128, 10000, 512)).toEqual([64, 157]);
    expect(counts(10000, 512, 128)).toEqual([64, 157]);
    expect(counts(1, 10000, 512)).toEqual([2, 157]);
  });

  it('packs for everybody at most a mebibyte or one block of K, whatever the sizes', () => {
    for (const [M, N, K] of [[128, 512, 10000], [5000, 5000, 3000], [10000, 512, 128], [16384, 64, 288], [64, 288, 16384]] as const) {
      const plan = planProduct(matmul(M, N, K));
      expect(plan.panelBytes).toBeLessThanOrEqual(Math.max(measuredCuts.chunkBytes, 4 * blockK * measuredCuts.chunkFree));
      expect(plan.scratchBytes).toBeLessThanOrEqual(2 ** 20);
    }
  });
});
