// Pictures as a training run wants them: one size, numbers, labels without gaps, and what is known about them. Where the
// pictures come from is said in `node.ts`; what a step sees of them is said in `run.ts`.

import { counted, demandMade } from '../base/demand.ts';
import { crc32 } from '../base/compression.ts';
import { DomainError, message } from '../base/errors.ts';
import {
  type Batch, type BatchOptions, denseLabels, faces, grey, type Labelled, peopleKept, resize, selectBatch, splitByIdentity,
  toBatch,
} from '../data/index.ts';
import type { Called } from './settings.ts';

export interface Dataset {
  /** All pictures, [N, C, H, W]. */
  readonly images: Batch;
  /** 0 … classes − 1. */
  readonly labels: Int32Array;
  readonly classes: readonly string[];
}

export const demandData = (data: unknown, who: string): void =>
  demandMade(data, ['images', 'labels', 'classes'], who, 'what prepare returns');

/** Data to train on and, where some was kept apart, data to judge by. */
export interface Divided {
  readonly train: Dataset;
  readonly test?: Dataset;
  /** Whether the classes of the test are those trained on (digits) or other people (open set). */
  readonly closed: boolean;
  /** What was found beside the pictures, in words; empty where that is nothing. */
  readonly beside?: string;
}

/**
 * Digits brought to mean 0 and deviation 1 over MNIST. At (p − 127.5)/128 nearly all of a picture is −1: its features then all
 * point one way, and a loss over cosines hardly learns.
 */
export const digitScaling: BatchOptions = { mean: 33.3, scale: 1 / 78.6 };

/**
 * Pictures in grey at side × side, as numbers.
 *
 * Shapes    N pictures of any sizes → [N, 1, side, side]
 * Edges     a label without a picture is no class
 * Throws    DomainError for fewer than two classes
 */
export function prepare(given: Labelled, side: number, scaling?: BatchOptions): Dataset {
  demandMade(given, ['images', 'labels', 'people'], 'prepare', 'what readPeople and faces return');
  const { images, labels, people } = given;
  const fitted = images.map((image) => {
    const plain = grey(image);
    return plain.width === side && plain.height === side ? plain : resize(plain, side, side);
  });
  const dense = denseLabels(labels, labels.map((_, i) => i));
  if (dense.classes.length < 2) {
    throw new DomainError(message(
      `${counted(images.length, 'picture')} of ${counted(dense.classes.length, 'class', 'classes')}`,
      'A loss tells classes apart, so it needs two', 'Give more data'));
  }
  return {
    images: toBatch(fitted, scaling), labels: dense.labels, classes: Array.from(dense.classes, (label) => people[label]!),
  };
}

/** Made-up people: see `faces`. */
export function madeUpFaces(people: number, images: number, seed: number, side: number): Dataset {
  return prepare(faces({ people, images, seed, size: side }), side);
}

/** Some pictures of a set, their classes counted anew. */
export function subset(data: Dataset, positions: Int32Array): Dataset {
  demandData(data, 'subset');
  const { images, labels, classes } = data;
  const dense = denseLabels(labels, positions);
  return {
    images: selectBatch(images, positions), labels: dense.labels, classes: Array.from(dense.classes, (label) => classes[label]!),
  };
}

/**
 * Asks whether a share of so many people leaves two on either side, also when it is taken again of those left: a loss tells
 * people apart, and so does whoever judges it.
 *
 * Edges     the message calls the share as `called` says
 * Throws    DomainError, with a share that does where there is one
 */
export function demandPeople(people: number, share: number, times: 1 | 2, called: Called = (name) => name): void {
  const fits = (count: number, part: number, left: number): boolean => {
    if (left === 0) return true;
    const kept = peopleKept(count, part);
    return kept >= 2 && count - kept >= 2 && fits(count - kept, part, left - 1);
  };
  if (fits(people, share, times)) return;
  const better = Array.from({ length: 19 }, (_, i) => (i + 1) / 20).sort((a, b) => Math.abs(a - share) - Math.abs(b - share))
    .find((part) => fits(people, part, times));
  const why = times === 1 ? 'At least two are kept to judge by and two are left to train on'
    : 'At least two are kept to judge by, of the others two to choose settings, and two are left to train on';
  const own = called('heldOut');
  throw new DomainError(message(
    `${own} ${share} of ${people} people`, why,
    better === undefined ? 'Give more people' : `Use ${own} ${better}, or more people`));
}

/** Keeps a share of the people, with all their pictures, for the test; none for a share of 0. */
export function holdOut(data: Dataset, share: number, seed: number): Divided {
  demandData(data, 'holdOut');
  if (share === 0) return { train: data, closed: false };
  const { train, test } = splitByIdentity(data.labels, { test: share, seed });
  return { train: subset(data, train), test: subset(data, test), closed: false };
}

/** A checksum of pictures and labels: a run is continued on the data it was started with. */
export function fingerprint(data: Dataset): number {
  demandData(data, 'fingerprint');
  const { images, labels } = data;
  const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array =>
    new Uint8Array(buffer, byteOffset, byteLength);
  return crc32(Uint8Array.from([crc32(bytesOf(images.values)), crc32(bytesOf(labels))].flatMap((sum) =>
    [sum & 255, (sum >>> 8) & 255, (sum >>> 16) & 255, sum >>> 24])));
}
