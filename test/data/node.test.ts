// Reading folders and files, made here and, where they are at hand, real ones: MARGINALIA_ORL is the folder of the ORL face
// database, MARGINALIA_MNIST that of the t10k files, MARGINALIA_LFW the file pairs.txt.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FormatError } from '../../src/base/errors.ts';
import { encodePgm, encodePpm, type Image } from '../../src/data/index.ts';
import { readDigits, readIdx, readImage, readPairs, readPeople } from '../../src/data/node.ts';
import { png } from './png.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'marginalia-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const put = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};
const dot: Image = { width: 1, height: 1, channels: 1, pixels: Uint8Array.of(5) };

describe('readImage', () => {
  it('goes by the first bytes, not by the name', () => {
    expect(readImage(put('a.png', encodePgm(dot)))).toEqual(dot);
    expect(readImage(put('a.pgm', encodePpm({ ...dot, channels: 3, pixels: Uint8Array.of(1, 2, 3) }))).pixels)
      .toEqual(Uint8Array.of(1, 2, 3));
    expect(readImage(put('b', png({ width: 1, height: 1, pixel: () => [5] })))).toEqual(dot);
  });

  it('names the file and the fault', () => {
    expect(() => readImage(put('a.jpg', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0))))
      .toThrow(`${join(folder, 'a.jpg')}: it is a JPEG file`);
    expect(() => readImage(put('empty.pgm', ''))).toThrow(/empty\.pgm: it is no PGM, PPM or PNG file/);
    expect(() => readImage(put('cut.pgm', 'P5 2 2 255\n.'))).toThrow(/cut\.pgm: it has 1 bytes/);
    expect(() => readImage(put('plain.ppm', 'P3 1 1 255\n1 2 3'))).toThrow(/plain-text file \(P3\)/);
    expect(() => readImage(join(folder, 'missing.pgm'))).toThrow(/ENOENT/);
  });
});

describe('readPeople', () => {
  it('reads a folder per person in natural order and passes over other files', () => {
    for (const [name, files] of [['s10', ['1.pgm']], ['s2', ['10.pgm', '2.pgm', 'note.txt', '3.PGM']], ['s3', []]] as const) {
      mkdirSync(join(folder, name));
      for (const file of files) put(join(name, file), encodePgm({ ...dot, pixels: Uint8Array.of(parseInt(file) || 0) }));
    }
    put('README', 'not a person');
    const { people, labels, images, files, strange } = readPeople(folder);
    expect(strange).toBe(1);
    expect(people).toEqual(['s2', 's3', 's10']);
    expect([...labels]).toEqual([0, 0, 0, 2]);
    expect(images.map(({ pixels }) => pixels[0])).toEqual([2, 3, 10, 1]);
    expect(files[0]).toBe(join(folder, 's2', '2.pgm'));
  });

  it('stops at a bad picture with its path', () => {
    mkdirSync(join(folder, 'ann'));
    const path = put(join('ann', '1.pgm'), 'P5 1 1 255\n');
    expect(() => readPeople(folder)).toThrow(FormatError);
    expect(() => readPeople(folder)).toThrow(path);
  });
});

describe('readIdx', () => {
  const bytes = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 9);

  it('reads plain and gzipped files', () => {
    for (const content of [bytes, gzipSync(bytes)]) expect(readIdx(put('x', content)))
      .toEqual({ shape: [2], values: Uint8Array.of(7, 9) });
  });

  it('refuses a gzip file that claims too much, is cut or damaged', () => {
    const packed = gzipSync(bytes);
    const claim = Buffer.from(packed);
    claim.writeUInt32LE(2 ** 30, claim.length - 4);
    expect(() => readIdx(put('x', claim))).toThrow(/x: it is cut off, damaged or too large: its end claims 1073741824 bytes/);
    expect(() => readIdx(put('x', packed.subarray(0, -6)))).toThrow(FormatError);
    expect(() => readIdx(put('x', Uint8Array.of(0x1f, 0x8b, 8)))).toThrow(FormatError);
  });
});

const orl = process.env['MARGINALIA_ORL'];
describe(orl === undefined ? 'the ORL faces (skipped: MARGINALIA_ORL names no folder)' : 'the ORL faces', () => {
  it.skipIf(orl === undefined)('are 10 pictures each of 40 people, 92 × 112', () => {
    const { people, images, labels } = readPeople(orl!);
    expect([people.length, images.length, people[1], people[39]]).toEqual([40, 400, 's2', 's40']);
    expect(new Set(images.map(({ width, height, channels }) => `${width} ${height} ${channels}`))).toEqual(new Set(['92 112 1']));
    expect([...labels].every((label, i) => label === Math.floor(i / 10))).toBe(true);
  });
});

const mnist = process.env['MARGINALIA_MNIST'];
describe(mnist === undefined ? 'the MNIST digits (skipped: MARGINALIA_MNIST names no folder)' : 'the MNIST digits', () => {
  it.skipIf(mnist === undefined)('are 10,000 pictures of 28 × 28 with the published counts of each digit', () => {
    const { images, labels, people } = readDigits(
      join(mnist!, 't10k-images-idx3-ubyte.gz'), join(mnist!, 't10k-labels-idx1-ubyte.gz'));
    expect([images.length, images[0]!.width, images[0]!.height, people.length]).toEqual([10000, 28, 28, 10]);
    expect([...labels.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
    expect(Array.from({ length: 10 }, (_, d) => labels.filter((label) => label === d).length))
      .toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  });
});

const lfw = process.env['MARGINALIA_LFW'];
describe(lfw === undefined ? 'the LFW pairs (skipped: MARGINALIA_LFW names no file)' : 'the LFW pairs', () => {
  it.skipIf(lfw === undefined)('are 10 folds of 300 same and 300 different pairs', () => {
    const pairs = readPairs(lfw!);
    expect(pairs.length).toBe(6000);
    expect(pairs[0])
      .toEqual({ a: { person: 'Abel_Pacheco', number: 1 }, b: { person: 'Abel_Pacheco', number: 4 }, same: true, fold: 0 });
    for (let fold = 0; fold < 10; fold++) expect(pairs.filter((pair) => pair.fold === fold && pair.same).length).toBe(300);
  });
});
