// IDX against bytes made by hand.

import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/base/errors.ts';
import { decodeIdx, labelledFromIdx } from '../../src/data/index.ts';
import { feedMutants } from '../mutants.ts';

const file = (type: number, shape: readonly number[], ...data: readonly number[]): Uint8Array =>
  Uint8Array.from([
    0, 0, type, shape.length, ...shape.flatMap((n) => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]), ...data
  ]);
const decode = (bytes: Uint8Array) => decodeIdx(bytes, 'x-ubyte');

describe('decodeIdx', () => {
  it('reads all six types, big-endian', () => {
    expect(decode(file(0x08, [2, 1], 1, 255))).toEqual({ shape: [2, 1], values: Uint8Array.of(1, 255) });
    expect(decode(file(0x09, [2], 1, 255)).values).toEqual(Int8Array.of(1, -1));
    expect(decode(file(0x0b, [1], 1, 2)).values).toEqual(Int16Array.of(258));
    expect(decode(file(0x0c, [1], 255, 255, 255, 254)).values).toEqual(Int32Array.of(-2));
    expect(decode(file(0x0d, [1], 0x3f, 0x80, 0, 0)).values).toEqual(Float32Array.of(1));
    expect(decode(file(0x0e, [], 0xc0, 0, 0, 0, 0, 0, 0, 0))).toEqual({ shape: [], values: Float64Array.of(-2) });
    expect(decode(file(0x08, [0, 28, 28])).shape).toEqual([0, 28, 28]);
  });

  it.each([
    ['an empty file', new Uint8Array(0), /does not begin/],
    ['a gzipped file', Uint8Array.of(0x1f, 0x8b, 8, 0), /gzipped/],
    ['another beginning', Uint8Array.of(1, 0, 8, 0), /does not begin/],
    ['an unknown type', file(0x0a, [1], 0), /type is 0xa/],
    ['too many axes', Uint8Array.of(0, 0, 8, 200), /200 axes/],
    ['axes cut short', file(0x08, [1, 1]).subarray(0, 9), /inside its axes/],
    ['too few numbers', file(0x08, [3], 1, 2), /take 3 bytes and 2 follow/],
    ['too many numbers', file(0x0c, [1], 1, 2, 3, 4, 5), /take 4 bytes and 5 follow/],
    ['axes that overflow', file(0x08, [0xffffffff, 0xffffffff, 0xffffffff]), /and 0 follow/],
  ])('refuses %s', (_, bytes, fault) => {
    expect(() => decode(bytes)).toThrow(FormatError);
    expect(() => decode(bytes)).toThrow(/^x-ubyte: /);
    expect(() => decode(bytes)).toThrow(fault);
  });

  it('answers mutants with numbers or a FormatError', () => {
    expect(feedMutants(file(0x0b, [2, 3], ...Array.from({ length: 12 }, (_, i) => i)), decodeIdx)).toBeGreaterThan(500);
  });
});

describe('labelledFromIdx', () => {
  const names = ['images', 'labels'] as const;
  const images = decode(file(0x08, [2, 1, 3], 1, 2, 3, 4, 5, 6));

  it('pairs pictures with labels', () => {
    const { images: list, labels, people } = labelledFromIdx(images, decode(file(0x08, [2], 2, 0)), names);
    expect(list[1]).toEqual({ width: 3, height: 1, channels: 1, pixels: Uint8Array.of(4, 5, 6) });
    expect(labels).toEqual(Int32Array.of(2, 0));
    expect(people).toEqual(['0', '1', '2']);
  });

  it('names the file that does not fit', () => {
    expect(() => labelledFromIdx(images, decode(file(0x08, [3], 0, 0, 0)), names))
      .toThrow(/^labels: it has 3 labels for 2 images/);
    expect(() => labelledFromIdx(images, images, names)).toThrow(/^labels: it has the shape \[2, 1, 3\]/);
    expect(() => labelledFromIdx(decode(file(0x08, [2], 1, 2)), decode(file(0x08, [2], 1, 2)), names)).toThrow(/^images: /);
    expect(() => labelledFromIdx(decode(file(0x09, [1, 1, 1], 1)), decode(file(0x08, [1], 1)), names)).toThrow(/^images: /);
  });
});
