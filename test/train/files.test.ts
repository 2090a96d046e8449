// Every kind of file that is read, damaged in every way that can be listed: refused by name, or read; never anything else.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { FormatError } from '../../src/base/errors.ts';
import { inflater } from '../../src/base/node.ts';
import { decodeIdx, decodePgm, decodePng, decodePpm, encodePgm, encodePpm, parsePairs } from '../../src/data/index.ts';
import { readIdx } from '../../src/data/node.ts';
import { decodeNpy, decodeNpz, decodeSafetensors, encodeNpy, encodeNpz, encodeSafetensors } from '../../src/export/index.ts';
import { tensor } from '../../src/graph/index.ts';
import { decodeCheckpoint, makeRun } from '../../src/train/index.ts';
import { decodeRecord } from '../../src/train/node.ts';
import { mendPng, png } from '../data/png.ts';
import { type DamageOptions, feedDamage } from '../mutants.ts';
import { bytesOf, finish, tinyFaces, tinySettings } from './samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'marginalia-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Read = (bytes: Uint8Array, name: string) => unknown;

/** Reads bytes as a file of that name. */
const onDisk = (read: (path: string) => unknown): Read => (bytes, name) => {
  writeFileSync(join(folder, name), bytes);
  return read(join(folder, name));
};

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (content: string): Uint8Array => new TextEncoder().encode(content);

/** The length of a safetensors header, made right again. */
function mendSafetensors(file: Uint8Array): Uint8Array {
  const end = Buffer.from(file).indexOf('}}', 0, 'latin1');
  const header = Buffer.from(file).subarray(8, end + 2);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setUint32(0, header.length, true);
  return end < 0 ? file : new Uint8Array(Buffer.concat([length, header, file.subarray(end + 2)]));
}

/** The length of an npy header, made right again. */
function mendNpy(file: Uint8Array): Uint8Array {
  const end = file.indexOf(10, 10);
  const out = file.slice();
  if (end >= 0) out.set([(end - 9) & 255, (end - 9) >> 8], 8);
  return out;
}

const x = tensor([[1.5, -2, NaN], [0, Infinity, 7]]);
const idx = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, ...Array.from({ length: 12 }, (_, i) => 20 * i));
const pixels = Uint8Array.from({ length: 36 }, (_, i) => 7 * i);
const picture = { width: 4, height: 3, channels: 3 as const, pixels };
const settings = tinySettings({ epochs: 1, embedding: 2 });
const run = finish(makeRun(settings, tinyFaces));
const record = bytes(JSON.stringify({
  settings, source: { data: 'faces', side: 8, people: 5, images: 6, heldOut: 0.2, seed: 1 }, threads: 2,
  history: run.progress().history,
}));
/** A run and not only its file: whatever is read must be able to go on, or be refused. */
const goOn: Read = (file, name) => {
  const { progressOf, data } = decodeCheckpoint(file, name);
  return [data, progressOf(run.progress().state).position];
};

const formats: readonly (readonly [string, Uint8Array, Read, DamageOptions?])[] = [
  [
    'safetensors', encodeSafetensors([['w', x], ['n', tensor([1, 2], { dtype: 'i32' })]], [['seed', '1']]), decodeSafetensors,
    { mend: mendSafetensors },
  ],
  ['npy', encodeNpy(x), decodeNpy, { mend: mendNpy }],
  ['npz', encodeNpz([['x', x], ['y', tensor([3])]]), (file, name) => decodeNpz(file, name, { inflate: inflater('raw') })],
  ['PGM', encodePgm({ ...picture, channels: 1, pixels: pixels.subarray(0, 12) }), decodePgm],
  ['PPM', encodePpm(picture), decodePpm],
  ['PNG', png({ width: 4, height: 3, colour: 2, filter: (y) => y + 1, pixel: (i, j) => [40 * i, 50 * j, 9] }),
    (file, name) => decodePng(file, name, inflater('zlib')), { mend: mendPng }],
  ['IDX', idx, decodeIdx],
  ['gzipped IDX', new Uint8Array(gzipSync(idx)), onDisk(readIdx)],
  ['checkpoint', bytesOf(run, settings), goOn, { mend: mendSafetensors }],
  ['run.json', record, decodeRecord],
  [
    'pairs.txt', bytes('2\t1\nAnn_Bo\t1\t4\nAnn_Bo\t1\tCy\t12\nDee\t2\t1\nDee\t3\tCy\t15\n'),
    (file, name) => parsePairs(text(file), name), { isOpen: true },
  ],
];

describe('a damaged file', () => {
  for (const [name, valid, read, options] of formats) {
    it(`of ${name} is refused by name, or read`, () => {
      expect(feedDamage(valid, read, options)).toBeGreaterThan(350);
    });
  }

  it('that unpacks to more than it says, or says more than it holds, is refused before there is room for it', () => {
    const [bomb, before] = [deflateRawSync(new Uint8Array(2 ** 27), { level: 1 }), process.memoryUsage().arrayBuffers];
    expect(() => inflater('raw')(new Uint8Array(bomb), 2 ** 20, 'bomb')).toThrow(FormatError);
    const claim = Uint8Array.of(0, 0, 8, 3, 0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1);
    expect(() => decodeIdx(claim, 'claim')).toThrow(/^claim: .*follow/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20);
  });
});
