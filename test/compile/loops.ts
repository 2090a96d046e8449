// What a loop means, in plain TypeScript: row by row, quantity by quantity, numbers as the 32-bit words that lanes hold.
// It knows nothing of passes, units and instructions. Beside it, loops run by their kernels between guard zones.

import { expect } from 'vitest';
import type { Access, Loop, Quantity } from '../../src/compile/kernels/group.ts';
import { readMap } from '../../src/compile/kernels/loop-lanes.ts';
import { loopModule } from '../../src/compile/kernels/loop-module.ts';
import { combineBlocks } from '../../src/compile/kernels/reduce-kernel.ts';
import type { WasmFunction } from '../../src/compile/wasm/webassembly.ts';
import type { MapPrimitive } from '../../src/graph/index.ts';
import { primitivesByName } from '../../src/primitives/index.ts';
import { toWord } from '../../src/compile/wasm/writing.ts';
import { fromWord, laneNumbers } from './lane-numbers.ts';
import { Guarded } from './kernels.ts';

export const primitive = (name: string): MapPrimitive => primitivesByName.get(name) as MapPrimitive;

/** Words of a buffer; a buffer of Float64 holds doubles. */
export type Bytes = Int32Array | Float64Array;

const blockOf = (xs: readonly number[]): number => {
  const sums = [0, 0, 0, 0];
  const whole = 4 * Math.floor(xs.length / 4);
  xs.forEach((x, i) => (sums[i < whole ? i % 4 : 0]! += x));
  return sums[0]! + sums[1]! + (sums[2]! + sums[3]!);
};

const blocksOf = (xs: readonly number[]): Float64Array =>
  Float64Array.from({ length: Math.ceil(xs.length / 128) }, (_, b) => blockOf(xs.slice(128 * b, 128 * b + 128)));

/** Runs a loop on buffers, changing those it stores to. */
export function interpret(loop: Loop, buffers: readonly Bytes[]): void {
  const { space, quantities, stores } = loop;
  const lead = space.slice(0, -1);
  const n = space.at(-1) ?? 1;
  const rows = lead.reduce((a, b) => a * b, 1);
  const results: (() => void)[] = [];
  for (let row = 0; row < rows; row++) {
    const place: number[] = [];
    for (let axis = lead.length - 1, rest = row; axis >= 0; rest = Math.floor(rest / lead[axis]!), axis--) place[axis] = rest % lead[axis]!;
    const at = (access: Access, i: number): number =>
      access.strides.reduce((sum, s, axis) => sum + s * (axis < lead.length ? place[axis]! : i), access.offset);
    const full: number[][] = [];
    const each = (f: (i: number) => number): number[] => Array.from({ length: n }, (_, i) => f(i));
    const valueOf = (q: Quantity): number[] => {
      switch (q.op) {
        case 'load': return each((i) => buffers[q.access.buffer]![at(q.access, i)]!);
        case 'constant': return each(() => (q.dtype === 'f32' ? toWord(q.value) : q.value | 0));
        case 'iota': return each((i) => {
          const index = q.axis < lead.length ? place[q.axis]! : i;
          return q.dtype === 'f32' ? toWord(index) : index;
        });
        case 'map': {
          const from = quantities[q.inputs[0]!]!.dtype;
          return each((i) => readMap(laneNumbers, q.primitive, q.params, q.inputs.map((input) => full[input]![i]!), from, q.dtype));
        }
        case 'reduce': {
          const xs = full[q.input]!.map(fromWord);
          const sums = blocksOf(xs);
          const result = q.combine === 'max' ? Math.max(...xs) : combineBlocks(sums, 0, sums.length, 1);
          return each(() => toWord(result));
        }
        case 'element': {
          const index = Math.min(Math.max(full[q.index]![0]!, 0), n - 1);
          const { of } = q;
          return each(() => (typeof of === 'number' ? full[of]![index]! : buffers[of.buffer]![at(of, index)]!));
        }
      }
    };
    for (const q of quantities) full.push(valueOf(q));
    for (const { quantity, as, access } of stores) {
      const source = quantities[quantity]!;
      const xs = as === 'blocks' && source.op === 'reduce' ? blocksOf(full[source.input]!.map(fromWord)) : full[quantity]!;
      const places = Array.from(xs, (_, i) => at(access, i));
      results.push(() => places.forEach((to, i) => (buffers[access.buffer]![to] = xs[i]!)));
    }
  }
  for (const store of results) store();
}

/** In which order, and in which pieces, units are given to the kernel. */
export type Order = (units: number) => readonly (readonly [number, number])[];
export const inOnePiece: Order = (units) => [[0, units]];
export const oneByOneBackwards: Order = (units) => Array.from({ length: units }, (_, i) => [units - 1 - i, units - i] as const);

interface How {
  readonly order?: Order;
  /** Small costs make small units. */
  readonly wantedCost?: number;
  /** Buffers that are the same bytes. */
  readonly shared?: readonly (readonly [number, number])[];
}

const wordsOf = (bytes: Bytes): Int32Array => new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);

/** Runs a loop's kernel on copies of the buffers; gives the buffers as they are afterwards. */
export function runKernel(loop: Loop, buffers: readonly Bytes[], { order = inOnePiece, wantedCost, shared = [] }: How = {}): Bytes[] {
  const memory = new Guarded();
  const { module, kernels } = loopModule([loop], wantedCost);
  const kernel = kernels[0]!;
  const addresses = buffers.map((bytes) => {
    const words = wordsOf(bytes);
    const at = memory.room(words.length);
    memory.scratch.words(at, words.length).set(words);
    return at;
  });
  for (const [from, to] of shared) addresses[to] = addresses[from]!;
  const scratch = memory.room(Math.ceil(kernel.scratchBytes / 4) + 4);
  const run = memory.link(module)[kernel.kernel] as WasmFunction;
  for (const [first, last] of order(kernel.units)) run(first, last, Math.ceil(scratch / 16) * 16, ...kernel.buffers.map((b) => addresses[b]!));
  memory.checkGuards();
  return buffers.map((bytes, i) => {
    const words = memory.scratch.words(addresses[i]!, wordsOf(bytes).length).slice();
    return bytes instanceof Float64Array ? new Float64Array(words.buffer) : words;
  });
}

const isNaNWord = (word: number): boolean => (word & 0x7f800000) === 0x7f800000 && (word & 0x7fffff) !== 0;

/** The bits of a buffer; every NaN counts as one. */
export const bits = (words: Bytes): number[] =>
  (words instanceof Float64Array ? [...words] : Array.from(words, (w) => (isNaNWord(w) ? 0x7fc00000 : w)));

/** A loop's kernel gives what the loop means, in one piece and unit by unit. */
export function expectLoop(loop: Loop, buffers: readonly Bytes[]): void {
  const expected = buffers.map((words) => words.slice());
  interpret(loop, expected);
  for (const how of [{}, { order: oneByOneBackwards, wantedCost: 1 }]) {
    const actual = runKernel(loop, buffers, how);
    for (const store of loop.stores) expect(bits(actual[store.access.buffer]!)).toEqual(bits(expected[store.access.buffer]!));
    buffers.forEach((words, i) => {
      if (!loop.stores.some((s) => s.access.buffer === i)) expect(actual[i]).toEqual(words);
    });
  }
}

/** Numbers as the words of a buffer. */
export const words = (numbers: Iterable<number>): Int32Array => Int32Array.from(numbers, toWord);
