// The one WebAssembly memory of the process, and the scratch region kernels work in. Scratch is taken from the bottom
// up and given back all at once: a call takes what it needs, runs, copies its result out and leaves nothing behind.
// Growing moves the bytes, so views are asked for again after anything was taken.

import { message, ShapeError } from '../base/errors.ts';
import type { MemoryType } from './assembler.ts';
import { host, type WasmMemory } from './webassembly.ts';

const pageBytes = 65536;
/** Addresses are 32-bit words. */
export const limitBytes = 2 ** 32;
/** A vector never straddles two cache lines. */
const alignment = 64;
/** Address 0 stays unused, so that a forgotten pointer is not a valid one. */
const firstAddress = 1024;

/** Every kernel module imports a memory of this type. */
export const memoryType: MemoryType = { initial: 1, maximum: limitBytes / pageBytes };

export class Scratch {
  readonly memory: WasmMemory;
  #top = firstAddress;
  #floats: Float32Array | undefined;

  constructor(memory: WasmMemory = new host!.Memory(memoryType)) {
    this.memory = memory;
  }

  /** The address of `bytes` bytes of unknown content; grows the memory when needed. */
  take(bytes: number): number {
    const start = this.#top;
    const end = start + Math.ceil(bytes / alignment) * alignment;
    if (!(end <= limitBytes)) {
      throw new ShapeError(message(`a kernel needs ${end} bytes of WebAssembly memory`, `Addresses reach ${limitBytes} bytes`, 'Split the batch or the classes'));
    }
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / pageBytes));
    this.#top = end;
    return start;
  }

  /** Where the next bytes will be taken. */
  get top(): number {
    return this.#top;
  }

  /** Gives back everything above an address that was once the top; all of it without one. */
  release(top = firstAddress): void {
    this.#top = top;
  }

  /** All of memory as Float32; element i lies at byte 4·i. */
  get floats(): Float32Array {
    const { buffer } = this.memory;
    if (this.#floats?.buffer !== buffer) this.#floats = new Float32Array(buffer);
    return this.#floats!;
  }

  /** A window of 32-bit words. */
  words(address: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, length);
  }

  doubles(address: number, length: number): Float64Array {
    return new Float64Array(this.memory.buffer, address, length);
  }
}
