// A contraction as products of packed blocks. What is decided here is the order of the work and nothing else: blocks
// of K in order, within them blocks of columns and rows that fit the caches. Which block is computed when, and by
// whom, does not change a bit.

import type { ContractAxes } from '../primitives/index.ts';
import { tileColumns, tileRows } from './contract-kernel.ts';
import type { Scratch } from './memory.ts';
import type { WasmFunction } from './webassembly.ts';

/** Part of the meaning: sums are accumulated within blocks of K, and the blocks added in order. */
export const blockK = 256;
/** A packed block of rows stays in the second cache beside a panel of columns. */
const blockM = 128;
const blockN = 1024;

/** An operand in WebAssembly memory: the address of its first element, its axes with strides in elements. */
export interface Placed {
  readonly address: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Byte offsets of all index combinations of some axes, in row-major order, and whether they follow each other. */
interface Offsets {
  readonly values: Int32Array;
  readonly address: number;
  readonly isRun: boolean;
}

function offsets(scratch: Scratch, x: Placed, axes: readonly number[]): Offsets {
  const length = axes.reduce((n, axis) => n * x.shape[axis]!, 1);
  const address = scratch.take(4 * length);
  const values = new Int32Array(length);
  let filled = 1;
  for (const axis of axes) {
    const [n, step] = [x.shape[axis]!, 4 * x.strides[axis]!];
    for (let i = filled - 1; i >= 0; i--) {
      const base = values[i]!;
      for (let j = n - 1; j >= 0; j--) values[i * n + j] = base + j * step;
    }
    filled *= n;
  }
  let isRun = true;
  for (let i = 0; i < length && isRun; i++) isRun = values[i] === 4 * i;
  scratch.words(address, length).set(values);
  return { values, address, isRun };
}

/** One operand as rows × K; `width` rows make a panel. */
interface Side {
  readonly rows: Offsets;
  readonly k: Offsets;
  readonly width: number;
}

type Kernels = Record<string, WasmFunction>;

/** Packs rows first … first + count − 1 of one block of K. */
function pack(kernels: Kernels, side: Side, base: number, first: number, count: number, k0: number, K: number, to: number): void {
  const { rows, k, width } = side;
  const rest = count % width;
  const whole = count - rest;
  if (whole > 0 && rows.isRun) {
    kernels[`packAcross${width}`]!(base + rows.values[first]!, whole / width, k.address + 4 * k0, K, to);
  } else if (whole > 0 && k.isRun) {
    kernels[`packAlong${width}`]!(base + k.values[k0]!, whole / width, rows.address + 4 * first, K, to);
  }
  const gathered = rows.isRun || k.isRun ? whole : 0;
  if (gathered < count) {
    kernels['packGather']!(base, rows.address + 4 * (first + gathered), count - gathered, k.address + 4 * k0, K, to + 4 * gathered * K, width);
  }
}

const padded = (n: number, width: number): number => Math.ceil(n / width) * width;

/** The axes of one operand by the part they play: batch, summed, free. */
function roles(rank: number, axes: ContractAxes, side: 0 | 1) {
  const batch = axes.batch.map((pair) => pair[side]);
  const sum = axes.sum.map((pair) => pair[side]);
  return { batch, sum, free: Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !batch.includes(axis) && !sum.includes(axis)) };
}

/** M, N, K and the number of products of a contraction. */
export function contractSizes(a: readonly number[], b: readonly number[], axes: ContractAxes) {
  const size = (shape: readonly number[], of: readonly number[]): number => of.reduce((n, axis) => n * shape[axis]!, 1);
  const [ra, rb] = [roles(a.length, axes, 0), roles(b.length, axes, 1)];
  return { M: size(a, ra.free), N: size(b, rb.free), K: size(a, ra.sum), batch: size(a, ra.batch) };
}

/** Writes the contraction, dense and row-major, to the address `out`. No size may be 0. */
export function runContract(kernels: Kernels, scratch: Scratch, a: Placed, b: Placed, axes: ContractAxes, out: number): void {
  const { M, N, K } = contractSizes(a.shape, b.shape, axes);
  const [ra, rb] = [roles(a.shape.length, axes, 0), roles(b.shape.length, axes, 1)];
  const left: Side = { rows: offsets(scratch, a, ra.free), k: offsets(scratch, a, ra.sum), width: tileRows };
  const right: Side = { rows: offsets(scratch, b, rb.free), k: offsets(scratch, b, rb.sum), width: tileColumns };
  const batches = [offsets(scratch, a, ra.batch), offsets(scratch, b, rb.batch)] as const;
  const packedLeft = scratch.take(4 * padded(Math.min(M, blockM), tileRows) * Math.min(K, blockK));
  const packedRight = scratch.take(4 * padded(Math.min(N, blockN), tileColumns) * Math.min(K, blockK));
  const spare = scratch.take(4 * tileRows * tileColumns);
  for (let i = 0; i < batches[0].values.length; i++) {
    const [baseA, baseB] = [a.address + batches[0].values[i]!, b.address + batches[1].values[i]!];
    for (let n0 = 0; n0 < N; n0 += blockN) {
      const columns = Math.min(blockN, N - n0);
      for (let k0 = 0; k0 < K; k0 += blockK) {
        const depth = Math.min(blockK, K - k0);
        pack(kernels, right, baseB, n0, columns, k0, depth, packedRight);
        for (let m0 = 0; m0 < M; m0 += blockM) {
          const rows = Math.min(blockM, M - m0);
          pack(kernels, left, baseA, m0, rows, k0, depth, packedLeft);
          const to = out + 4 * (i * M * N + m0 * N + n0);
          kernels['multiply']!(packedLeft, packedRight, to, 4 * N, rows, columns, depth, k0, spare);
        }
      }
    }
  }
}
