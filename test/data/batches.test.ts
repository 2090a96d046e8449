// Sampling by its promises: every image once, every person once, the same for the same seed.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import { augment, type Batch, peopleBatches, shuffledBatches } from '../../src/data/index.ts';

const runs = { seed: 1, numRuns: Number(process.env['RUNS'] ?? 30) };
const ascending = (x: Iterable<number>): number[] => [...x].sort((a, b) => a - b);

describe('shuffledBatches', () => {
  it('law: visits every image once an epoch, in batches of the size', () => {
    fc.assert(fc.property(fc.nat(60), fc.integer({ min: 1, max: 20 }), fc.nat(5), (count, size, epoch) => {
      const batches = shuffledBatches(count, size, { seed: 9, epoch });
      expect(ascending(batches.flatMap((batch) => [...batch]))).toEqual(Array.from({ length: count }, (_, i) => i));
      expect(batches.slice(0, -1).every((batch) => batch.length === size)).toBe(true);
      expect(shuffledBatches(count, size, { seed: 9, epoch, last: 'drop' }))
        .toEqual(batches.filter((batch) => batch.length === size));
    }), runs);
  });

  it('depends on seed and epoch, and is the same on every platform', () => {
    expect(shuffledBatches(8, 8)[0]).toEqual(shuffledBatches(8, 8, { seed: 1, epoch: 0 })[0]);
    expect(shuffledBatches(50, 50, { epoch: 1 })).not.toEqual(shuffledBatches(50, 50));
    expect(shuffledBatches(50, 50, { seed: 2 })).not.toEqual(shuffledBatches(50, 50));
    expect([...shuffledBatches(8, 8)[0]!]).toMatchInlineSnapshot(`
      [
        1,
        5,
        0,
        6,
        4,
        3,
        7,
        2,
      ]
    `);
    expect(() => shuffledBatches(8, 0)).toThrow(DomainError);
  });
});

describe('peopleBatches', () => {
  // Person 7 has 1 image, the others 2, 3, 4, 5.
  const labels = [3, 3, 5, 5, 5, 7, 9, 9, 9, 9, 11, 11, 11, 11, 11];

  it('takes P people with K images each, nobody twice an epoch', () => {
    const batches = peopleBatches(labels, { people: 2, images: 3, seed: 4 });
    expect(batches.length).toBe(2);
    const people = batches.flatMap((batch) => [0, 3].map((at) => {
      const own = new Set([...batch.subarray(at, at + 3)].map((i) => labels[i]!));
      expect(own.size).toBe(1);
      return [...own][0]!;
    }));
    expect(new Set(people).size).toBe(4);
  });

  it('shows all images of a person before repeating one', () => {
    for (let epoch = 0; epoch < 20; epoch++) {
      for (const batch of peopleBatches(labels, { people: 5, images: 4, epoch })) {
        for (let at = 0; at < batch.length; at += 4) {
          const own = [...batch.subarray(at, at + 4)];
          const size = labels.filter((label) => label === labels[own[0]!]).length;
          expect(new Set(own).size).toBe(Math.min(4, size));
          expect(new Set(own.slice(0, size)).size).toBe(Math.min(4, size));
        }
      }
    }
  });

  it('refuses more people than there are', () => {
    expect(() => peopleBatches(labels, { people: 6, images: 1 })).toThrow(/6 people a batch and 5 in all/);
    expect(() => peopleBatches(labels, { people: 2, images: 0 })).toThrow(DomainError);
  });
});

describe('augment', () => {
  const batch: Batch = { shape: [40, 2, 2, 3], values: Float32Array.from({ length: 480 }, (_, i) => i) };
  const rowsOf = ({ values }: Batch, n: number): number[][][] => [0, 1]
    .map((c) => [0, 1].map((y) => [...values.subarray((n * 2 + c) * 6 + y * 3, (n * 2 + c) * 6 + y * 3 + 3)]));

  it('mirrors a share of the images, all channels together', () => {
    expect(augment(batch, { flip: 0 })).toEqual(batch);
    const mirrored = augment(batch, { flip: 1 });
    for (let n = 0; n < 40; n++) expect(rowsOf(mirrored, n))
      .toEqual(rowsOf(batch, n).map((plane) => plane.map((row) => [...row].reverse())));
    const half = augment(batch, { seed: 5 });
    const flipped = Array.from({ length: 40 }, (_, n) => rowsOf(half, n)[0]![0]![0] !== rowsOf(batch, n)[0]![0]![0]);
    expect(flipped.filter(Boolean).length).toBeGreaterThan(10);
    expect(flipped.filter(Boolean).length).toBeLessThan(30);
    flipped.forEach((is, n) => expect(rowsOf(half, n)).toEqual(rowsOf(is ? mirrored : batch, n)));
  });

  it('shifts by whole pixels up to the limit and repeats the border', () => {
    const shifted = augment(batch, { flip: 0, shift: 1, seed: 2 });
    const moves = new Set<string>();
    for (let n = 0; n < 40; n++) {
      const [from, to] = [rowsOf(batch, n), rowsOf(shifted, n)];
      const at = (x: number, y: number, right: number, down: number, c: number): number =>
        from[c]![Math.min(1, Math.max(0, y - down))]![Math.min(2, Math.max(0, x - right))]!;
      const found = [-1, 0, 1].flatMap((right) => [-1, 0, 1].map((down) => [right, down] as const)).find(([right, down]) =>
        [0, 1].every((c) => [0, 1].every((y) => [0, 1, 2].every((x) => to[c]![y]![x] === at(x, y, right, down, c)))));
      expect(found).toBeDefined();
      moves.add(String(found));
    }
    expect(moves.size).toBeGreaterThan(4);
  });

  it('shifts a mirrored image as it shifts one that is not', () => {
    const options = { shift: 1, seed: 2 };
    expect(augment(batch, { flip: 1, ...options })).toEqual(augment(augment(batch, { flip: 1 }), { flip: 0, ...options }));
  });

  it('treats an image differently at the next step, and the same when asked again', () => {
    const options = { shift: 1, seed: 1 };
    expect(augment(batch, { ...options, step: 3 })).toEqual(augment(batch, { ...options, step: 3 }));
    expect(augment(batch, { ...options, step: 4 })).not.toEqual(augment(batch, { ...options, step: 3 }));
    expect(() => augment(batch, { flip: 1.5 })).toThrow(DomainError);
    expect(() => augment(batch, { shift: -1 })).toThrow(DomainError);
  });
});
