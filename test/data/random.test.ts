// Streams: unrelated by path, even, and exact.

import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import { Stream } from '../../src/data/random.ts';

const take = (stream: Stream, n: number): number[] => Array.from({ length: n }, () => stream.uniform());

describe('Stream', () => {
  it('repeats for the same path and differs for every other', () => {
    const paths = [[], [0], [0, 0], [1], [1, 0], [0, 1], [-1], [2 ** 40], [2 ** 32]];
    const firsts = paths.map((path) => take(new Stream(...path), 3).join());
    expect(new Set(firsts).size).toBe(paths.length);
    expect(paths.map((path) => take(new Stream(...path), 3).join())).toEqual(firsts);
    expect(() => new Stream(0.5)).toThrow(DomainError);
  });

  it('gives the numbers it has always given', () => {
    expect(take(new Stream(1, 2), 3)).toMatchInlineSnapshot(`
      [
        0.6577756189496313,
        0.9990931393407342,
        0.26431145656471133,
      ]
    `);
  });

  it('is even, and bells have mean 0 and deviation 1', () => {
    const stream = new Stream(3);
    const numbers = take(stream, 4000);
    expect(Math.abs(numbers.reduce((a, b) => a + b) / 4000 - 0.5)).toBeLessThan(0.02);
    expect(numbers.every((u) => u >= 0 && u < 1)).toBe(true);
    const bells = Array.from({ length: 4000 }, () => stream.bell());
    expect(Math.abs(bells.reduce((a, b) => a + b) / 4000)).toBeLessThan(0.05);
    expect(Math.abs(bells.reduce((a, b) => a + b * b, 0) / 4000 - 1)).toBeLessThan(0.1);
  });

  it('permutes without loss, every place equally often', () => {
    const counts = Array.from({ length: 4 }, () => [0, 0, 0, 0]);
    const stream = new Stream(5);
    for (let run = 0; run < 2000; run++) stream.permutation(4).forEach((value, place) => counts[place]![value]!++);
    for (const row of counts) for (const count of row) expect(Math.abs(count - 500)).toBeLessThan(80);
  });
});
