// Which images go into a step, and what happens to them on the way: shuffled batches, P people × K images for losses
// over pairs, mirrored and shifted copies. Everything is a function of seed and epoch, so a resumed run sees the same
// batches as one that was never stopped.

import { demandSort } from '../base/demand.ts';
import { DomainError, message } from '../base/errors.ts';
import { type Batch, demandBatch } from './image.ts';
import { Stream } from './random.ts';

export interface ShuffleOptions {
  readonly seed?: number;
  readonly epoch?: number;
  /** What becomes of the images that do not fill a batch. */
  readonly last?: 'keep' | 'drop';
}

function wholeFrom1(values: Readonly<Record<string, number>>, who: string): void {
  for (const [name, n] of Object.entries(values)) {
    if (!Number.isInteger(n) || n < 1) throw new DomainError(message(
      `${who}: ${name} = ${n}`, `${name} is a whole number ≥ 1`, 'Check the options'));
  }
}

/**
 * The batches of one epoch: every position 0 … count − 1 once, in random order.
 *
 * Shapes    → lists of `size` positions; the last may be shorter
 * Edges     the order depends on seed and epoch only; no images give no batches
 * Throws    DomainError for a size that is no whole number ≥ 1
 */
export function shuffledBatches(
  count: number,
  size: number,
  options: ShuffleOptions = {},
): Int32Array[] {
  demandSort('record', { options }, 'shuffledBatches');
  const { seed = 1, epoch = 0, last = 'keep' } = options;
  wholeFrom1({ size }, 'shuffledBatches');
  const order = new Stream(seed, 0, epoch).permutation(count);
  const batches: Int32Array[] = [];
  for (let at = 0; at < count; at += size) if (last === 'keep' || at + size <= count) batches.push(order.slice(at, at + size));
  return batches;
}

export interface PeopleOptions {
  /** P, the people in a batch. */
  readonly people: number;
  /** K, the images of each. */
  readonly images: number;
  readonly seed?: number;
  readonly epoch?: number;
}

/**
 * P × K sampling: batches of P people with K images each        (source: Hermans et al., arXiv 1703.07737, section 2)
 *
 * Shapes    labels [N] → lists of P·K positions, the K of a person side by side
 * Edges     every person at most once an epoch; those that fill no batch wait for the next. A person with fewer than K
 *           images has all of them before one is repeated
 * Throws    DomainError when there are fewer than P people
 */
export function peopleBatches(labels: ArrayLike<number>, options: PeopleOptions): Int32Array[] {
  demandSort('record', { options }, 'peopleBatches');
  const { people, images, seed = 1, epoch = 0 } = options;
  wholeFrom1({ people, images }, 'peopleBatches');
  const members = membersOf(labels);
  if (members.length < people) {
    throw new DomainError(message(
      `peopleBatches: ${people} people a batch and ${members.length} in all`,
      'A person is in a batch once', 'Ask for fewer people a batch'));
  }
  const order = new Stream(seed, 1, epoch).permutation(members.length);
  const batches: Int32Array[] = [];
  for (let at = 0; at + people <= order.length; at += people) {
    const batch = new Int32Array(people * images);
    for (let p = 0; p < people; p++) {
      const own = members[order[at + p]!]!;
      const stream = new Stream(seed, 2, epoch, order[at + p]!);
      for (let k = 0, turn = stream.permutation(own.length); k < images; k++) {
        if (k > 0 && k % own.length === 0) turn = stream.permutation(own.length);
        batch[p * images + k] = own[turn[k % own.length]!]!;
      }
    }
    batches.push(batch);
  }
  return batches;
}

/** The positions of every label that occurs, labels ascending. */
export function membersOf(labels: ArrayLike<number>): number[][] {
  demandSort('list', { labels }, 'membersOf');
  const members = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const own = members.get(labels[i]!);
    if (own === undefined) members.set(labels[i]!, [i]);
    else own.push(i);
  }
  return [...members].sort(([a], [b]) => a - b).map(([, own]) => own);
}

export interface AugmentOptions {
  /** The probability that an image is mirrored. */
  readonly flip?: number;
  /** The most pixels an image moves, each way and in each direction; the border is repeated into the gap. */
  readonly shift?: number;
  readonly seed?: number;
  /** The number of the step, so that an image is treated differently each time. */
  readonly step?: number;
}

/**
 * Mirrors and shifts the images of a batch at random.
 *
 * Shapes    [N, C, H, W] → [N, C, H, W]; all channels of an image move together
 * Edges     flip 0.5 and no shift by default        (source: SV-Softmax, arXiv 1812.11317, section 4)
 * Throws    DomainError for a probability outside [0, 1] or a shift that is no whole number ≥ 0
 */
export function augment(batch: Batch, options: AugmentOptions = {}): Batch {
  demandBatch(batch, 'augment');
  demandSort('record', { options }, 'augment');
  const { flip = 0.5, shift = 0, seed = 1, step = 0 } = options;
  if (!(flip >= 0 && flip <= 1) || !Number.isInteger(shift) || shift < 0) {
    throw new DomainError(message(
      `augment: flip ${flip}, shift ${shift}`,
      'flip is a probability and shift a whole number of pixels ≥ 0', 'Check the options'));
  }
  const [N, C, H, W] = batch.shape;
  const values = new Float32Array(batch.values.length);
  const inside = (i: number, n: number): number => Math.min(n - 1, Math.max(0, i));
  for (let n = 0; n < N; n++) {
    const stream = new Stream(seed, 3, step, n);
    const mirrored = stream.uniform() < flip;
    const [right, down] = [stream.below(2 * shift + 1) - shift, stream.below(2 * shift + 1) - shift];
    for (let c = 0; c < C; c++) {
      const plane = (n * C + c) * H * W;
      for (let y = 0; y < H; y++) {
        const row = plane + inside(y - down, H) * W;
        for (let x = 0; x < W; x++) {
          const from = inside(x - right, W);
          values[plane + y * W + x] = batch.values[row + (mirrored ? W - 1 - from : from)]!;
        }
      }
    }
  }
  return { shape: batch.shape, values };
}
