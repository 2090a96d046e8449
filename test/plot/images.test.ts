// The stored PNG read back by the decoder of `data`, and grids of them.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import { inflater } from '../../src/base/node.ts';
import { decodePng } from '../../src/data/index.ts';
import { encodePng, imageGrid, type Pixels } from '../../src/plot/index.ts';
import { find, parseXml, value } from './xml.ts';

const runs = { seed: 1, numRuns: Number(process.env['RUNS'] ?? 30) };
const anyPixels: fc.Arbitrary<Pixels> = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), fc.constantFrom(1 as const, 3 as const)).chain(([width, height, channels]) =>
  fc.uint8Array({ minLength: width * height * channels, maxLength: width * height * channels }).map((pixels) => ({ width, height, channels, pixels })));
const read = (bytes: Uint8Array): Pixels => decodePng(bytes, 'x', inflater('zlib'));

describe('encodePng', () => {
  it('law: any reader gets the pixels back', () => {
    fc.assert(fc.property(anyPixels, (image) => void expect(read(encodePng(image))).toEqual(image)), runs);
  });

  it('splits pictures larger than a stored block', () => {
    const image: Pixels = { width: 300, height: 300, channels: 1, pixels: Uint8Array.from({ length: 90_000 }, (_, i) => (i * 7) >> 3) };
    expect(read(encodePng(image))).toEqual(image);
  });

  it('refuses bytes that do not fit', () => {
    expect(() => encodePng({ width: 2, height: 2, channels: 3, pixels: new Uint8Array(4) })).toThrow(DomainError);
  });
});

describe('imageGrid', () => {
  it('lays pictures out in rows, embeds their pixels and keeps their aspect', () => {
    const image: Pixels = { width: 2, height: 3, channels: 1, pixels: Uint8Array.of(1, 2, 3, 4, 5, 6) };
    const list = find(parseXml(imageGrid({ images: [image, image, image], columns: 2, cell: 40 })), 'image').map(({ node }) => node);
    expect(list.map((node) => [value(node, 'width'), value(node, 'height')])).toEqual([[40, 60], [40, 60], [40, 60]]);
    expect(value(list[1]!, 'y')).toBe(value(list[0]!, 'y'));
    expect(value(list[2]!, 'x')).toBe(value(list[0]!, 'x'));
    expect(value(list[2]!, 'y') - value(list[0]!, 'y')).toBeGreaterThanOrEqual(60);
    expect(read(new Uint8Array(Buffer.from(list[0]!.attributes.get('href')!.split(',')[1]!, 'base64')))).toEqual(image);
  });
});
