// The loops and folds of a program as one module, and what a stage of each of them is called with. How a loop is cut into units
// follows from what it costs, which no result depends on.

import { isDense } from '../../base/shape.ts';
import { type Callable, Module } from '../wasm/assembler.ts';
import { foldCost, foldScratch, foldUnits, writeFold } from './fold-kernel.ts';
import type { Fold, Loop } from './group.ts';
import { LaneCode } from '../wasm/lane-code.ts';
import { type HostFunction, hostFunctions } from '../wasm/lanes.ts';
import { pickElements } from './loop-elements.ts';
import { scratchBytes, writeLoop } from './loop-kernel.ts';
import { costOf } from './loop-lanes.ts';
import type { Cut } from './loop-pass.ts';
import { accessOf, inputsOf, mergeRows, type Passes, planPasses, type Rows } from './loop-passes.ts';
import { memoryType } from '../wasm/memory.ts';
import { blockSize } from './reduce-kernel.ts';
import { combineFunction } from './reduce-stage.ts';
import { i32s } from '../wasm/writing.ts';

/** A kernel of a loop module, called as kernel(first, last, scratch, ...the addresses of `buffers` in bytes). */
export interface LoopKernel {
  readonly kernel: string;
  readonly units: number;
  /** Nanoseconds of a unit, estimated. */
  readonly unitCost: number;
  readonly scratchBytes: number;
  readonly buffers: readonly number[];
}

interface LoopModule {
  readonly module: Module;
  readonly kernels: readonly LoopKernel[];
}

/** A unit takes about so many nanoseconds where it can. */
const usualCost = 12_000;
/** Nanoseconds that a vector instruction adds to an element, or to a row where it is done once; and that a row begins with. */
const [perElement, perRow, rowStart] = [0.03, 0.3, 1];

/** One kernel per loop or fold, in order. Throws Unreadable for a body that no lane can compute. */
export function loopModule(loops: readonly (Loop | Fold)[], wantedCost = usualCost): LoopModule {
  const module = new Module(memoryType);
  const names = Object.keys(hostFunctions) as HostFunction[];
  const hosts = new Map<HostFunction, Callable>(names.map((name) => [name, module.importFunction(name, ['f32'], ['f32'])]));
  const combine = combineFunction(module);
  const kernels = loops.map((loop, number): LoopKernel => {
    if (loop.kind === 'fold') {
      const { name } = module.function(`fold${number}`, i32s(5), [], (code) => writeFold(code, loop));
      const buffers = [loop.from.buffer, loop.to];
      return { kernel: name, units: foldUnits(loop), unitCost: foldCost(loop), scratchBytes: foldScratch(loop), buffers };
    }
    const rows = pickElements(mergeRows(loop));
    const passes = planPasses(rows);
    const buffers = buffersOf(rows, passes);
    const { cut, units, unitCost } = cutUp(rows, passes, wantedCost);
    const kernel = `loop${number}`;
    module.function(kernel, i32s(3 + buffers.length), [], (code) => {
      if (units > 0) writeLoop(code, { rows, passes, cut, lanes: new LaneCode(), hosts, combine, buffers });
    });
    return { kernel, units, unitCost, scratchBytes: scratchBytes(rows, passes), buffers };
  });
  return { module, kernels };
}

function buffersOf({ quantities, stores }: Rows, { needed }: Passes): readonly number[] {
  const buffers = new Set(stores.map((store) => store.access.buffer));
  for (const i of needed) {
    const q = quantities[i]!;
    if (q.op === 'load') buffers.add(q.access.buffer);
    else if (q.op === 'element' && typeof q.of !== 'number') buffers.add(q.of.buffer);
  }
  return [...buffers];
}

interface Cuts {
  readonly cut: Cut;
  readonly units: number;
  readonly unitCost: number;
}

function cutUp({ lead, length, quantities, stores }: Rows, { needed, levels }: Passes, wantedCost: number): Cuts {
  const count = lead.reduce((n, size) => n * size, 1);
  if (count * length === 0) return { cut: { by: 'rows', rows: 1 }, units: 0, unitCost: 0 };
  const isFull = (i: number): boolean => levels[i] === 'full' || quantities[i]!.op === 'reduce';
  const instructions = (full: boolean): number =>
    [...needed].filter((i) => isFull(i) === full).reduce((sum, i) => sum + costOf(quantities[i]!, quantities), stores.length);
  const elementCost = instructions(true) * perElement;
  const oneRow = rowStart + instructions(false) * perRow + length * elementCost;
  const endsInBlocks = (i: number): boolean => stores.some((s) => s.as === 'blocks' && s.quantity === i);
  const isDivisible = [...needed].every((i) => quantities[i]!.op !== 'reduce' || endsInBlocks(i));
  if (isDivisible && oneRow > 2 * wantedCost) {
    const elements = blockSize * Math.ceil(wantedCost / elementCost / blockSize);
    return { cut: { by: 'segments', elements }, units: count * Math.ceil(length / elements), unitCost: elements * elementCost };
  }
  const rows = Math.min(count, Math.max(1, Math.floor(wantedCost / oneRow)));
  return { cut: { by: 'rows', rows }, units: Math.ceil(count / rows), unitCost: rows * oneRow };
}

/**
 * Pairs of a loaded and a stored buffer that may be the same bytes: both are met in the same dense order, and nothing
 * is read after the pass that stores, nor by another unit.
 */
export function inPlacePairs(loop: Loop): readonly (readonly [number, number])[] {
  const rows = pickElements(mergeRows(loop));
  const passes = planPasses(rows);
  const { quantities, stores, lead, length } = rows;
  const wholeRows = cutUp(rows, passes, usualCost).cut.by === 'rows';
  const readers = (buffer: number): number[] => [...passes.needed].filter((i) => accessOf(quantities[i]!)?.buffer === buffer);
  // An element is read before the pass it belongs to, somewhere in its own row.
  const readAhead = new Map<number, number>();
  const touch = (i: number, pass: number): void => {
    readAhead.set(i, Math.max(pass, readAhead.get(i) ?? 0));
    for (const input of inputsOf(quantities[i]!)) touch(input, pass);
  };
  for (const i of passes.needed) if (['element', 'pick'].includes(quantities[i]!.op)) touch(i, passes.stages[i]!);
  const lastPass = (i: number): number => passes.passes.findLastIndex((pass) => pass.leaves.includes(i));
  const loaded = new Set([...passes.needed].flatMap((i) => accessOf(quantities[i]!)?.buffer ?? []));
  return stores.flatMap((store) => {
    const { offset, strides, buffer } = store.access;
    const isNumber = passes.rowStores.includes(store);
    if (store.as !== 'whole' || (isNumber && !wholeRows)) return [];
    if (!isDense(isNumber ? lead : [...lead, length], isNumber ? strides.slice(0, -1) : strides)) return [];
    const mayHold = (i: number): boolean => {
      const access = accessOf(quantities[i]!)!;
      const ahead = readAhead.get(i);
      return !rows.repeats.has(i) && access.offset === offset
        && access.strides.every((s, axis) => s === strides[axis]) && (ahead === undefined || wholeRows)
        && Math.max(lastPass(i), ahead ?? 0) <= passes.stages[store.quantity]!;
    };
    return [...loaded].filter((from) => from !== buffer && readers(from).every(mayHold)).map((from) => [from, buffer] as const);
  });
}
