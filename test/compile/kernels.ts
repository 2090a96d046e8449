// What the kernel tests share: a memory with guard zones around every array, outputs that start as NaN, and the
// distance between two Float32 numbers in units in the last place.

import { expect } from 'vitest';
import { Scratch } from '../../src/compile/wasm/memory.ts';
import { type Module } from '../../src/compile/wasm/assembler.ts';
import { mapImports } from '../../src/compile/kernels/map-kernel.ts';
import { instantiate, type WasmFunction } from '../../src/compile/wasm/webassembly.ts';

export const sizes = [...Array.from({ length: 33 }, (_, i) => i + 1), 127, 128, 129];

const guardElements = 16;
const guardWord = 0x7fc0dead;

/** A memory in which every array lies between guards, and none of them may change. */
export class Guarded {
  readonly scratch = new Scratch();
  readonly #guards: number[] = [];

  link(module: Module): Record<string, WasmFunction> {
    return instantiate(module.bytes(), { ...mapImports, memory: this.scratch.memory });
  }

  /** The address of a copy of some numbers. */
  put(values: ArrayLike<number>): number {
    const at = this.#take(4 * values.length);
    this.scratch.floats.set(values, at / 4);
    return at;
  }

  /** The address of room for a result, filled with NaN. */
  room(elements: number, bytes: 4 | 8 = 4): number {
    return this.put(new Float32Array((elements * bytes) / 4).fill(NaN));
  }

  read(address: number, elements: number): Float32Array {
    return this.scratch.floats.slice(address / 4, address / 4 + elements);
  }

  checkGuards(): void {
    for (const at of this.#guards) {
      expect([...this.scratch.words(at, guardElements)]).toEqual(new Array(guardElements).fill(guardWord));
    }
  }

  /** Not a multiple of 16 bytes, so that nothing relies on alignment. */
  #take(bytes: number): number {
    const start = this.scratch.take(bytes + 8 * guardElements + 4);
    const first = start + 4;
    const data = first + 4 * guardElements;
    for (const at of [first, data + bytes]) {
      this.scratch.words(at, guardElements).fill(guardWord);
      this.#guards.push(at);
    }
    return data;
  }
}

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

/** |actual − truth| in units of the last place a Float32 of the size of `truth` has; 0 for equal or both NaN. */
export function ulps(actual: number, truth: number): number {
  if (Object.is(actual, Math.fround(truth))) return 0;
  double[0] = truth;
  const exponent = ((halves[1]! >>> 20) & 0x7ff) - 1023;
  const error = Math.abs(actual - truth) / 2 ** Math.max(exponent - 23, -149);
  return Number.isNaN(error) ? Infinity : error;
}

/** Numbers of a fixed seed: 24 random bits each. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

export const randomArray = (length: number, seed: number): Float32Array => {
  const next = randomNumbers(seed);
  return Float32Array.from({ length }, () => 4 * next() - 2);
};

/** The bits, so that −0 differs from 0; every NaN counts as one. */
export const bitsOf = (values: Float32Array): number[] =>
  Array.from(values, (x) => (Number.isNaN(x) ? 0x7fc00000 : new Int32Array(Float32Array.of(x).buffer)[0]!));
