// Points from pictures, by hand: block means, standardised, weights from the first half of each person's pictures.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FormatError } from '../../src/base/errors.ts';
import { UsageError } from '../../src/cli/arguments.ts';
import { readImageFolders } from '../../src/cli/images.ts';
import { encodePgm, encodePpm } from '../../src/data/index.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'marginalia-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A 3 × 3 picture whose blocks are its pixels: all 0 but the first. */
function put(person: string, name: string, first: number): void {
  mkdirSync(join(folder, person), { recursive: true });
  const pixels = Uint8Array.from({ length: 9 }, (_, i) => (i === 0 ? first : 0));
  const colour = Uint8Array.from({ length: 27 }, (_, i) => (i < 3 ? first : 0));
  writeFileSync(
    join(folder, person, name),
    name.endsWith('.ppm') ? encodePpm({ width: 3, height: 3, channels: 3, pixels: colour })
      : encodePgm({ width: 3, height: 3, channels: 1, pixels })
  );
}

describe('readImageFolders', () => {
  it('standardises block means and keeps weights and samples apart, grey or colour', () => {
    put('a', '1.pgm', 10);
    put('a', '2.pgm', 30);
    put('a', '3.ppm', 50);
    put('b', '1.pgm', 70);
    put('b', '10.pgm', 90);
    put('single', '1.pgm', 50);
    const { features, weights, labels } = readImageFolders(folder);
    // Mean 50, deviation √((40² + 20² + 0 + 20² + 40² + 0) / 6); constant features become 0.
    const deviation = Math.sqrt(4000 / 6);
    expect(labels).toEqual([0, 1]);
    expect(weights.map((row) => row[0]!)).toEqual([expect.closeTo(-30 / deviation, 12), expect.closeTo(20 / deviation, 12)]);
    expect(features.map((row) => row[0]!)).toEqual([expect.closeTo(0, 12), expect.closeTo(40 / deviation, 12)]);
    for (const row of [...features, ...weights]) expect([...row.subarray(1)]).toEqual(new Array(8).fill(0));
  });

  it('asks for two people with two pictures each, and for pictures with nine blocks', () => {
    put('a', '1.pgm', 1);
    put('a', '2.pgm', 2);
    put('b', '1.pgm', 3);
    expect(() => readImageFolders(folder)).toThrow(UsageError);
    expect(() => readImageFolders(folder)).toThrow(/found 1 folders with at least 2 images/);
    writeFileSync(join(folder, 'b', '2.pgm'), 'P5 2 9 255\n' + '.'.repeat(18));
    expect(() => readImageFolders(folder)).toThrow(FormatError);
    expect(() => readImageFolders(folder)).toThrow(/2\.pgm: it is 2 × 9 pixels/);
  });
});
