// Eager Float32 steps on kernels: operands are copied into WebAssembly memory, a kernel runs, the result is copied out.
// Each function gives `undefined` for a case it leaves to the reference. Which steps are worth it is decided in
// `engine.ts`.

import { sizeOf } from '../base/shape.ts';
import { mergeAxes, type MapPrimitive, type Params, type ReducePrimitive, Value } from '../graph/index.ts';
import type { ContractAxes } from '../primitives/index.ts';
import { contractSizes, type Placed, runContract } from './kernels/contract.ts';
import type { Machine } from './machine.ts';
import type { Gait } from './kernels/map-kernel.ts';
import type { Scratch } from './wasm/memory.ts';
import { blockCount, combineBlocks } from './kernels/reduce-kernel.ts';

/** Copies what a value covers into memory. Views keep their strides, unless the gaps are larger than the numbers. */
function place(scratch: Scratch, value: Value): Placed {
  const still = value.strides.map((stride, axis) => stride === 0 || value.shape[axis] === 1);
  const reach = value.strides.map((stride, axis) => stride * (value.shape[axis]! - 1));
  const from = reach.reduce((sum, r) => sum + Math.min(r, 0), 0);
  const to = reach.reduce((sum, r) => sum + Math.max(r, 0), 0) + 1;
  const distinct = value.shape.map((n, axis) => (still[axis] ? 1 : n));
  if (to - from > 4 * sizeOf(distinct)) {
    const dense = new Value(value.dtype, distinct, value.array, value.offset, value.strides).dense();
    const strides = dense.strides.map((stride, axis) => (still[axis] ? 0 : stride));
    return place(scratch, new Value(value.dtype, value.shape, dense.array, dense.offset, strides));
  }
  const address = scratch.take(4 * (to - from));
  scratch.floats.set(value.array.subarray(value.offset + from, value.offset + to), address / 4);
  return { address: address - 4 * from, shape: value.shape, strides: value.strides };
}

const copyOut = (scratch: Scratch, address: number, size: number): Float32Array<ArrayBuffer> =>
  scratch.floats.slice(address / 4, address / 4 + size);

export function runMap(machine: Machine, primitive: MapPrimitive, inputs: readonly Value[], params: Params): Value | undefined {
  const { shape, dtype } = primitive.type(inputs, params);
  const size = sizeOf(shape);
  if (dtype !== 'f32' || size === 0) return undefined;
  const stretched = inputs.map((x) => shape.map((n, axis) => {
    const own = axis - (shape.length - x.shape.length);
    return own < 0 || (x.shape[own] === 1 && n !== 1) ? 0 : x.strides[own]!;
  }));
  const { sizes, steps } = mergeAxes(shape, stretched);
  const inner = sizes.length - 1;
  const gaits = steps.map((s): Gait => (sizes[inner] === 1 || s[inner] === 1 ? 'runs' : s[inner] === 0 ? 'stands' : 'strides'));
  const kernel = machine.map(primitive, params, gaits);
  if (kernel === undefined) return undefined;
  const { scratch } = machine;
  const out = scratch.take(4 * size);
  // Operands are placed as the merged axes see them, so that the steps stay theirs.
  const placed = inputs.map((x, i) => place(scratch, new Value('f32', sizes, x.array, x.offset, steps[i])));
  const [rows, length] = [inner > 0 ? sizes[inner - 1]! : 1, sizes[inner]!];
  const lead = sizes.slice(0, Math.max(0, inner - 1));
  const counter = lead.map(() => 0);
  for (let at = 0; at < size; at += rows * length) {
    const operands = placed.flatMap(({ address, strides }) => {
      const start = counter.reduce((sum, n, axis) => sum + n * strides[axis]!, 0);
      return [address + 4 * start, inner > 0 ? 4 * strides[inner - 1]! : 0, 4 * strides[inner]!];
    });
    kernel(out + 4 * at, rows, length, ...operands);
    for (let axis = lead.length - 1; axis >= 0 && ++counter[axis]! === lead[axis]; axis--) counter[axis] = 0;
  }
  return new Value('f32', shape, copyOut(scratch, out, size));
}

/** Neighbouring axes that are all reduced, or all kept, as one; axes of size 1 play no part. */
function runsOf(shape: readonly number[], axes: readonly number[]): { reduced: boolean; size: number }[] {
  const runs: { reduced: boolean; size: number }[] = [];
  shape.forEach((n, axis) => {
    const reduced = axes.includes(axis);
    if (n === 1) return;
    if (runs.at(-1)?.reduced === reduced) runs.at(-1)!.size *= n;
    else runs.push({ reduced, size: n });
  });
  return runs;
}

export function runReduce(machine: Machine, primitive: ReducePrimitive, x: Value, params: Params): Value | undefined {
  if (primitive.combine === 'argmax' || sizeOf(x.shape) === 0) return undefined;
  const runs = runsOf(x.shape, params['axes'] as readonly number[]);
  if (runs.filter((run) => run.reduced).length !== 1) return undefined;
  const at = runs.findIndex((run) => run.reduced);
  const length = runs[at]!.size;
  const [outer, inner] = [runs.slice(0, at), runs.slice(at + 1)].map((part) => part.reduce((n, run) => n * run.size, 1));
  const { shape } = primitive.type([x], params);
  const { scratch, reduce } = machine;
  const from = place(scratch, x.dense()).address;
  const kept = outer! * inner!;
  const kernel = reduce[`${primitive.combine}${inner === 1 ? 'Rows' : 'Columns'}`]!;
  const run = (to: number, bytes: number): void => {
    if (inner === 1) kernel(from, outer!, length, 4 * length, to);
    else for (let i = 0; i < outer!; i++) {
      kernel(from + 4 * i * length * inner!, length, inner!, 4 * inner!, to + i * bytes * inner!);
    }
  };
  if (primitive.combine === 'max') {
    const out = scratch.take(4 * kept);
    run(out, 4);
    return new Value('f32', shape, copyOut(scratch, out, kept));
  }
  // Block sums lie [outer, blocks, inner].
  const count = blockCount(length);
  const out = scratch.take(8 * kept * count);
  run(out, 8 * count);
  const sums = scratch.doubles(out, kept * count);
  const result = new Float32Array(kept);
  if (count === 1) result.set(sums);
  else {
    for (let row = 0; row < outer!; row++) {
      for (let j = 0; j < inner!; j++) result[row * inner! + j] = combineBlocks(sums, row * count * inner! + j, count, inner!);
    }
  }
  return new Value('f32', shape, result);
}

export function runProduct(machine: Machine, inputs: readonly Value[], params: Params): Value | undefined {
  const axes = params as unknown as ContractAxes;
  const [a, b] = inputs;
  const { M, N, K, batch } = contractSizes(a!.shape, b!.shape, axes);
  const size = M * N * batch;
  if (size * K === 0) return undefined;
  const shape = [
    ...axes.batch.map(([i]) => a!.shape[i]!),
    ...a!.shape.filter((_, i) => ![...axes.batch, ...axes.sum].some((pair) => pair[0] === i)),
    ...b!.shape.filter((_, j) => ![...axes.batch, ...axes.sum].some((pair) => pair[1] === j)),
  ];
  const { scratch, contract } = machine;
  const out = scratch.take(4 * size);
  runContract(contract, scratch, place(scratch, a!), place(scratch, b!), axes, out);
  return new Value('f32', shape, copyOut(scratch, out, size));
}
