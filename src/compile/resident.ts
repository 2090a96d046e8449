// Bytes of a tensor that stay in the memory of the process, and the handles that show them. A handle is a tensor; it
// reads by copying out, and a call that updates its bytes consumes it: from then on it throws StaleError and never
// shows another step's numbers. The last handle that is collected gives the bytes back.

import { allocate, bytesPerElement, type DType } from '../base/dtype.ts';
import { message, StaleError } from '../base/errors.ts';
import { type Shape, sizeOf } from '../base/shape.ts';
import { Tensor, Value } from '../graph/index.ts';
import { processMemory } from './memory.ts';

export class Block {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly address: number;
  #generation = 0;
  #isHeld = true;

  constructor({ shape, dtype }: { readonly shape: Shape; readonly dtype: DType }) {
    this.shape = shape;
    this.dtype = dtype;
    this.address = processMemory().hold(sizeOf(shape) * bytesPerElement[dtype]);
  }

  get generation(): number {
    return this.#generation;
  }

  /** The numbers where they lie: valid until somebody takes or holds memory. */
  get value(): Value {
    const words = processMemory().words(this.address, sizeOf(this.shape));
    return new Value(this.dtype, this.shape, this.dtype === 'i32' ? words : new Float32Array(words.buffer, this.address, words.length));
  }

  write(value: Value): void {
    this.value.array.set(value.data());
  }

  /** Makes every handle stale; the bytes go on to the next one. */
  consume(): void {
    this.#generation++;
    // A loop that never waits would otherwise pile up handles to be told of.
    collected.unregister(this);
  }

  release(): void {
    if (!this.#isHeld) return;
    this.consume();
    this.#isHeld = false;
    processMemory().free(this.address);
  }

  /** A tensor that shows these bytes until they are consumed; an owner's last handle gives them back when it is collected. */
  handle(who: string, options: { readonly isOwner: boolean }): Tensor {
    const generation = this.#generation;
    const read = (): Value => {
      if (this.#generation !== generation) throw stale(who);
      const { array } = this.value;
      const copy = allocate(this.dtype, array.length);
      copy.set(array);
      return new Value(this.dtype, this.shape, copy);
    };
    const tensor = new Tensor(this.shape, this.dtype, { read, isHandle: true });
    const found = { block: this, generation, who, ...options };
    shown.set(tensor, found);
    if (options.isOwner) collected.register(tensor, found, this);
    return tensor;
  }
}

interface Shown {
  readonly block: Block;
  readonly generation: number;
  readonly who: string;
  readonly isOwner: boolean;
}

const shown = new WeakMap<Tensor, Shown>();
const kept = new WeakMap<Tensor, Block>();
const collected = new FinalizationRegistry<{ readonly block: Block; readonly generation: number }>(({ block, generation }) => {
  if (block.generation === generation) block.release();
});

const stale = (who: string): StaleError => new StaleError(message(
  `a handle from ${who} was used after a later call`, 'A call consumes the resident handles it is given, and what is left in memory ends with the next call',
  'Use the handles of the last call, or copy with .data before it'));

/** True for a handle whose bytes nobody else has. */
export const isOwner = (x: Tensor): boolean => shown.get(x)?.isOwner === true;

/** The bytes a tensor may be updated in: its own where it is a handle, otherwise new ones. Throws StaleError. */
export function updatable(x: Tensor): Block {
  const found = shown.get(x);
  if (found !== undefined && found.block.generation !== found.generation) throw stale(found.who);
  return found?.isOwner === true ? found.block : written(x);
}

/** Bytes that hold a tensor's numbers, the same for the same tensor. */
export function keptBlock(x: Tensor): Block {
  if (isOwner(x)) return updatable(x);
  let block = kept.get(x);
  if (block === undefined) {
    kept.set(x, (block = written(x)));
    collected.register(x, { block, generation: block.generation }, block);
  }
  return block;
}

/** Gives back the bytes of a tensor that is kept no longer. */
export function releaseKept(x: Tensor): void {
  kept.get(x)?.release();
  kept.delete(x);
}

function written(x: Tensor): Block {
  const value = x.read();
  const block = new Block(x);
  block.write(value);
  return block;
}
