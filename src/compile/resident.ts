// Numbers that stay from call to call, and the handles that show them. A handle is a tensor; it reads by copying out, and
// a call that updates its numbers consumes it: from then on it throws StaleError and never shows another step's numbers.
// Kernels keep such numbers in the memory of the process, whose bytes the last handle that is collected gives back; the
// reference keeps arrays, with the same handles, so that a program means the same wherever it runs.

import { allocate, bytesPerElement, type DType } from '../base/dtype.ts';
import { message, StaleError } from '../base/errors.ts';
import { type Shape, shapeText, sizeOf } from '../base/shape.ts';
import { Tensor, Value } from '../graph/index.ts';
import { processMemory } from './wasm/memory.ts';

abstract class Held {
  readonly shape: Shape;
  readonly dtype: DType;
  abstract readonly value: Value;
  #generation = 0;

  constructor({ shape, dtype }: { readonly shape: Shape; readonly dtype: DType }) {
    this.shape = shape;
    this.dtype = dtype;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Makes every handle stale; the numbers go on to the next one. */
  consume(): void {
    this.#generation++;
    // A loop that never waits would otherwise pile up handles to be told of.
    collected.unregister(this);
  }

  /** Makes every handle stale, and gives back what is held. */
  release(): void {
    this.consume();
  }

  /** A tensor that shows the numbers until they are consumed; an owner's last handle gives them back when it is collected. */
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
    const found = { held: this, generation, who, ...options };
    shown.set(tensor, found);
    if (options.isOwner) collected.register(tensor, found, this);
    return tensor;
  }
}

/** Bytes in the memory of the process. */
export class Block extends Held {
  readonly address: number;
  #isHeld = true;

  constructor(type: { readonly shape: Shape; readonly dtype: DType }) {
    super(type);
    this.address = processMemory().hold(
      sizeOf(this.shape) * bytesPerElement[this.dtype], `compile: ${this.dtype}${shapeText(this.shape)} beside the rest`);
  }

  /** The numbers where they lie: valid until somebody takes or holds memory. */
  get value(): Value {
    const words = processMemory().words(this.address, sizeOf(this.shape));
    const array = this.dtype === 'i32' ? words : new Float32Array(words.buffer, this.address, words.length);
    return new Value(this.dtype, this.shape, array);
  }

  write(value: Value): void {
    this.value.array.set(value.data());
  }

  override release(): void {
    if (!this.#isHeld) return;
    super.release();
    this.#isHeld = false;
    processMemory().free(this.address);
  }
}

/** A dense array of the reference. */
export class HeldArray extends Held {
  readonly value: Value;

  constructor(value: Value) {
    super(value);
    this.value = value;
  }
}

interface Shown {
  readonly held: Held;
  readonly generation: number;
  readonly who: string;
  readonly isOwner: boolean;
}

const shown = new WeakMap<Tensor, Shown>();
const kept = new WeakMap<Tensor, Block>();
const collected = new FinalizationRegistry<{ readonly held: Held; readonly generation: number }>(({ held, generation }) => {
  if (held.generation === generation) held.release();
});

const stale = (who: string): StaleError => new StaleError(message(
  `a handle from ${who} was used after a later call`,
  'A call consumes the resident handles it is given, and what is left in memory ends with the next call',
  'Use the handles of the last call, or copy with .data before it'));

/** What a handle shows that nobody else has. */
export function heldBy(x: Tensor): Held | undefined {
  const found = shown.get(x);
  return found?.isOwner === true ? found.held : undefined;
}

function refuseStale(x: Tensor): void {
  const found = shown.get(x);
  if (found !== undefined && found.held.generation !== found.generation) throw stale(found.who);
}

/** The bytes a tensor may be updated in: its own where it is a handle of kernels, otherwise new ones. Throws StaleError. */
export function updatable(x: Tensor): Block {
  refuseStale(x);
  const held = heldBy(x);
  return held instanceof Block ? held : written(x);
}

/** Bytes that hold a tensor's numbers, the same for the same tensor. Throws StaleError. */
export function keptBlock(x: Tensor): Block {
  refuseStale(x);
  const held = heldBy(x);
  if (held instanceof Block) return held;
  let block = kept.get(x);
  if (block === undefined) {
    kept.set(x, (block = written(x)));
    collected.register(x, { held: block, generation: block.generation }, block);
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
