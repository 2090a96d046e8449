// How a product is cut into stages. The operand with the shorter free side is packed for everybody, a chunk at a time;
// a unit then packs its own block of the other operand and multiplies. Small products, and those of many small
// batches, pack both operands in their units and need one stage. All of this follows from sizes alone, and changes no
// bit: what a sum means is settled in the kernels.
// Letters: M rows of the left operand, N columns of the right one, K summed.

import type { Axis, Operand, Product } from './group.ts';
import {
  blockK, blockM, headerWords, partWords, placeWords, type ProductModuleOptions, type Side, widths,
} from './product-kernel.ts';
import { runLength } from './product-pack.ts';
import { spareBytes } from './product-tile.ts';
import type { KernelStage } from './stage.ts';

/** Nanoseconds, for choosing and for sizing chunks of work: a product and sum, an element packed. */
export const multiplyCost = 0.045;
export const packCost = 0.7;

/** Where products are cut. */
export interface Cuts {
  /** Rows, or columns, of a unit where there are plenty. */
  readonly blockFree: number;
  /** Units a product has at least, so that several threads end at about the same time, where each costs so much (ns). */
  readonly fewestUnits: number;
  readonly unitCost: number;
  /** Columns packed at a time by a unit that packs them itself. */
  readonly stepColumns: number;
  /** A chunk of panels for everybody, in bytes and in rows or columns. */
  readonly chunkBytes: number;
  readonly chunkFree: number;
  /** Nanoseconds below which a product is one unit. */
  readonly smallCost: number;
  /** Nanoseconds below which those of a batch are. */
  readonly mediumCost: number;
}

export const measuredCuts: Cuts = {
  blockFree: 64, fewestUnits: 40, unitCost: 12_000, stepColumns: 1024, chunkBytes: 2 ** 20, chunkFree: 4096,
  smallCost: 50_000, mediumCost: 1_000_000,
};

/** The tables of a product, as they lie in memory: a header of words, then the tables it gives the addresses of. */
interface ProductTables {
  readonly tableBytes: number;
  writeTables(words: Int32Array, address: number): void;
}

/** What is needed of a product to run it. */
export interface ProductStages extends ProductTables {
  readonly panelBytes: number;
  readonly scratchBytes: number;
  stages(module: number, at: ProductPlaces): KernelStage[];
}

export interface ProductPlan extends ProductStages {
  /** Products with the same key share a module. */
  readonly key: string;
  readonly module: ProductModuleOptions;
}

interface ProductPlaces {
  readonly address: (buffer: number) => number;
  readonly tables: number;
  readonly panels: number;
}

export const sizeOf = (axes: readonly Axis[]): number => axes.reduce((n, { size }) => n * size, 1);
export const padded = (n: number, width: number): number => Math.ceil(n / width) * width;

/** Byte offsets of all index combinations of some axes, in row-major order, the last one up to a multiple of `width`. */
function offsets(sizes: readonly number[], strides: readonly number[], width = 1): Int32Array {
  const length = sizes.reduce((n, m) => n * m, 1);
  const values = new Int32Array(padded(length, width));
  let filled = 1;
  sizes.forEach((n, axis) => {
    const step = 4 * strides[axis]!;
    for (let i = filled - 1; i >= 0; i--) {
      const base = values[i]!;
      for (let j = n - 1; j >= 0; j--) values[i * n + j] = base + j * step;
    }
    filled *= n;
  });
  return values.fill(values[length - 1]!, length);
}

const alongAxes = (axes: readonly Axis[], width = 1): Int32Array =>
  offsets(axes.map(({ size }) => size), axes.map(({ stride }) => stride), width);

/** For every `width` offsets, whether they follow each other in memory. */
function runs(values: Int32Array, length: number, width: number): Int32Array {
  return Int32Array.from({ length: Math.ceil(length / width) }, (_, i) => {
    if ((i + 1) * width > length) return 0;
    for (let j = i * width + 1; j < (i + 1) * width; j++) if (values[j] !== values[j - 1]! + 4) return 0;
    return 1;
  });
}

export function tablesOf(operand: Operand, side: Side) {
  const { scale } = operand;
  const width = widths[side];
  const [free, sum] = [alongAxes(operand.free, width), alongAxes(operand.sum)];
  return {
    [`${side}Free`]: free,
    [`${side}FreeRuns`]: runs(free, sizeOf(operand.free), width),
    [`${side}Sum`]: sum,
    [`${side}SumRuns`]: runs(sum, sum.length, runLength),
    [`${side}Batch`]: alongAxes(operand.batch),
    [`${side}Scales`]: scale === undefined ? new Int32Array(0)
      : offsets(operand[scale.along].map(({ size }) => size), scale.strides, scale.along === 'free' ? width : 1),
  };
}

export function layOut(tables: Readonly<Record<string, Int32Array>>, sizes: Readonly<Record<string, number>>): ProductTables {
  return {
    tableBytes: 4 * Object.values(tables).reduce((n, table) => n + table.length, headerWords.length),
    writeTables(words, address) {
      let at = headerWords.length;
      headerWords.forEach((name, i) => {
        const table = tables[name];
        words[i] = table === undefined ? sizes[name] ?? 0 : address + 4 * at;
        if (table === undefined) return;
        words.set(table, at);
        at += table.length;
      });
    },
  };
}

/** A part of the result and of K that one stage, or a pair of stages, computes. */
interface Part {
  readonly batch: number;
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
  readonly k: number;
  readonly kEnd: number;
}

/** Cuts 0 … n into steps of at most `step`. */
const cut = (n: number, step: number): { start: number; length: number }[] =>
  Array.from({ length: Math.ceil(n / step) }, (_, i) => ({ start: i * step, length: Math.min(step, n - i * step) }));

/** Rows (or columns) of a unit: enough units, and full tiles. */
const blockOf = (free: number, cost: number, { blockFree, fewestUnits, unitCost }: Cuts): number =>
  Math.min(blockFree, padded(Math.ceil(free / Math.min(fewestUnits, cost / unitCost)), widths.right));

interface Cut {
  readonly shared: Side | undefined;
  readonly blockRows: number;
  readonly blockColumns: number;
  readonly stepColumns: number;
  readonly batches: number;
  readonly parts: readonly Part[];
}

function cutOf({ M, N, K, batch }: { M: number; N: number; K: number; batch: number }, cuts: Cuts): Cut {
  const cost = M * N * K * multiplyCost + (M + N) * K * packCost;
  if (cost <= cuts.smallCost || (2 * batch >= cuts.fewestUnits && cost <= cuts.mediumCost)) {
    const part = { batch: 0, row: 0, rows: M, column: 0, columns: N, k: 0, kEnd: K };
    const stepColumns = Math.min(padded(N, widths.right), cuts.stepColumns);
    return { shared: undefined, blockRows: M, blockColumns: N, stepColumns, batches: batch, parts: [part] };
  }
  const shared: Side = M >= N ? 'right' : 'left';
  const free = shared === 'right' ? N : M;
  const chunk = Math.min(padded(free, widths[shared]), cuts.chunkFree);
  const blocks = Math.max(1, Math.floor(cuts.chunkBytes / (4 * blockK * chunk)));
  const parts = cut(batch, 1).flatMap((b) => cut(free, chunk).flatMap((f) => cut(K, blocks * blockK).map((k): Part => {
    const range = { batch: b.start, k: k.start, kEnd: k.start + k.length };
    return shared === 'right'
      ? { ...range, row: 0, rows: M, column: f.start, columns: f.length }
      : { ...range, row: f.start, rows: f.length, column: 0, columns: N };
  })));
  const blockRows = shared === 'right' ? blockOf(M, cost, cuts) : chunk;
  const blockColumns = shared === 'right' ? chunk : blockOf(N, cost, cuts);
  return { shared, blockRows, blockColumns, stepColumns: blockColumns, batches: 1, parts };
}

/** Sizes, tables and stages of a product none of whose sizes is 0; addresses come later. */
export function planProduct({ left, right, out }: Product, cuts: Cuts = measuredCuts): ProductPlan {
  const [M, N, K, batch] = [sizeOf(left.free), sizeOf(right.free), sizeOf(left.sum), sizeOf(left.batch)];
  const { shared, blockRows, blockColumns, stepColumns, batches, parts } = cutOf({ M, N, K, batch }, cuts);
  const module: ProductModuleOptions = { left: left.scale?.along ?? 'none', right: right.scale?.along ?? 'none' };
  const depth = Math.min(K, blockK);
  const leftBytes = shared === 'left' ? 0 : 4 * depth * padded(Math.min(blockRows, blockM), widths.left);
  const rightBytes = shared === 'right' ? 0 : 4 * depth * padded(Math.min(blockColumns, stepColumns), widths.right);
  const rightOffset = spareBytes + leftBytes;
  const tables: Record<string, Int32Array> = { ...tablesOf(left, 'left'), ...tablesOf(right, 'right') };
  const sizes: Record<string, number> = { M, N, blockRows, blockColumns, stepColumns, rightOffset };
  const panelsOf = ({ rows, columns, k, kEnd }: Part): number =>
    shared === undefined ? 0 : (kEnd - k) * padded(shared === 'left' ? rows : columns, widths[shared]);

  const cutStages = parts.flatMap((cutPart) => {
    const { rows, columns, k, kEnd } = cutPart;
    const part = partWords.map((name) => cutPart[name]);
    const stage = (kernel: string, units: number, cost: number) => ({ kernel, units, unitCost: cost / units, part });
    const units = batches * Math.ceil(rows / blockRows) * Math.ceil(columns / blockColumns);
    const ownPacks = (shared === 'left' ? 0 : rows) + (shared === 'right' ? 0 : columns);
    const cost = batches * (kEnd - k) * (rows * columns * multiplyCost + ownPacks * packCost);
    const multiply = stage('multiply', units, cost);
    if (shared === undefined) return [multiply];
    const panelUnits = Math.ceil((kEnd - k) / blockK) * Math.ceil((shared === 'left' ? rows : columns) / widths[shared]);
    return [stage(shared === 'left' ? 'packLeft' : 'packRight', panelUnits, panelsOf(cutPart) * packCost), multiply];
  });

  return {
    key: `product ${module.left} ${module.right}`,
    module,
    ...layOut(tables, sizes),
    panelBytes: 4 * Math.max(...parts.map(panelsOf)),
    scratchBytes: rightOffset + rightBytes,
    stages(loaded, { address, tables: header, panels }) {
      const place = ({ buffer, offset }: { buffer: number; offset: number }): number => address(buffer) + 4 * offset;
      const scaleOf = ({ scale }: Operand): number => (scale === undefined ? 0 : place(scale.access));
      const words: Record<(typeof placeWords)[number], number> = {
        header, panels, left: place(left), right: place(right), out: address(out),
        shared: ['left', 'right'].indexOf(shared ?? '') + 1, leftScale: scaleOf(left), rightScale: scaleOf(right),
      };
      const places = placeWords.map((name) => words[name]);
      return cutStages.map(({ kernel, units, unitCost, part }) =>
        ({ kind: 'kernel', module: loaded, kernel, units, unitCost, args: [...places, ...part] }));
    },
  };
}
