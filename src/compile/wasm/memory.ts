// The one WebAssembly memory of the process. Bytes that outlive a call are held at the bottom, each until it is given
// back. Above them lies scratch, taken from the bottom up and given back all at once: a call takes what it needs, runs,
// copies its results out and leaves nothing behind. The memory is shared with other threads where the host can.
// Growing replaces the buffer, so views are asked for again after anything was taken.

import { message, ShapeError } from '../../base/errors.ts';
import type { MemoryType } from './assembler.ts';
import { host, type WasmMemory } from './webassembly.ts';

const pageBytes = 65536;
/** Addresses are 32-bit words. */
export const limitBytes = 2 ** 32;
/** A vector never straddles two cache lines. */
const alignment = 64;
/** Address 0 stays unused, so that a forgotten pointer is not a valid one. */
const firstAddress = 1024;

const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

/** Every kernel module imports a memory of this type. */
export const memoryType: MemoryType = {
  initial: 1, maximum: limitBytes / pageBytes, shared: typeof SharedArrayBuffer === 'function',
};

export class Scratch {
  readonly memory: WasmMemory;
  /** Held bytes in order of address. */
  readonly #held: { readonly start: number; readonly end: number }[] = [];
  /** Where scratch begins. */
  #floor = firstAddress;
  #top = firstAddress;
  #floats: Float32Array | undefined;

  constructor(memory: WasmMemory = new host!.Memory(memoryType)) {
    this.memory = memory;
  }

  /** The address of `bytes` bytes of unknown content; grows the memory when needed. */
  take(bytes: number): number {
    const start = this.#top;
    const end = start + aligned(bytes);
    this.#reach(end);
    this.#top = end;
    return start;
  }

  /**
   * The address of `bytes` bytes that stay until they are freed. Scratch may begin elsewhere afterwards, so none may be
   * taken where this needs new room.
   */
  hold(bytes: number, what?: string): number {
    const size = Math.max(aligned(bytes), alignment);
    let start = firstAddress;
    let at = 0;
    for (; at < this.#held.length && this.#held[at]!.start - start < size; at++) start = this.#held[at]!.end;
    const end = start + size;
    if (end > this.#floor && this.#top > this.#floor) {
      throw new Error(message(
        'bytes held while scratch is taken', 'Held bytes lie below all scratch', 'Hold them before the call takes any'));
    }
    this.#reach(end, what);
    this.#held.splice(at, 0, { start, end });
    this.#settle();
    return start;
  }

  /** Gives held bytes back. */
  free(address: number): void {
    const at = this.#held.findIndex(({ start }) => start === address);
    if (at < 0) {
      throw new Error(message(
        `bytes freed at ${address}`, 'Only held bytes are freed, and once', 'Keep the address that hold gave'));
    }
    this.#held.splice(at, 1);
    this.#settle();
  }

  /** Where the next bytes will be taken. */
  get top(): number {
    return this.#top;
  }

  /** Gives back everything above an address that was once the top; all of it without one. */
  release(top = this.#floor): void {
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

  /** Scratch begins behind the last held byte, as soon as none is taken. */
  #settle(): void {
    if (this.#top !== this.#floor) return;
    this.#floor = this.#top = this.#held.at(-1)?.end ?? firstAddress;
  }

  #reach(end: number, what = 'a kernel'): void {
    const missing = end - this.memory.buffer.byteLength;
    try {
      if (missing > 0) this.memory.grow(Math.ceil(missing / pageBytes));
    } catch {
      throw new ShapeError(message(
        `${what} needs ${end} bytes of WebAssembly memory`, `It has at most ${limitBytes} bytes, or what the host gives`,
        'Split the batch or the classes; in a loop that starts again and again, wait (await) so that dropped handles are given back'));
    }
  }
}

let ofProcess: Scratch | undefined;

/** The memory that eager steps and programs share. */
export const processMemory = (): Scratch => (ofProcess ??= new Scratch());
