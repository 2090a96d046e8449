// PNG against files made by an independent writer: all types, depths, filters and both orders of pixels.

import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/base/errors.ts';
import { inflater } from '../../src/base/node.ts';
import { decodePng } from '../../src/data/index.ts';
import { feedMutants } from '../mutants.ts';
import { chunk, header, joined, mendPng, png, type PngOptions, rawPixels, signature } from './png.ts';

const inflate = inflater('zlib');
const decode = (bytes: Uint8Array) => decodePng(bytes, 'x.png', inflate);
const runs = { seed: 1, numRuns: Number(process.env['RUNS'] ?? 30) };

const kinds = [
  [0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [2, 8], [2, 16], [3, 1], [3, 2], [3, 4], [3, 8], [4, 8], [4, 16], [6, 8], [6, 16],
] as const;
const samplesOf = [1, 0, 3, 1, 2, 0, 4];

describe('decodePng', () => {
  it('law: reads every type, depth, filter and interlacing as the standard says', () => {
    fc.assert(fc.property(
      fc.constantFrom(...kinds), fc.constantFrom(0, 1), fc.integer({ min: 1, max: 19 }), fc.integer({ min: 1, max: 19 }),
      fc.nat(1000), fc.array(fc.nat(4), { minLength: 1, maxLength: 6 }),
      ([colour, depth], interlace, width, height, salt, filters) => {
        const most = 2 ** depth - 1;
        const samples = samplesOf[colour]!;
        const value = (x: number, y: number, c: number): number =>
          (x * 7919 + y * 104729 + c * 1299709 + salt * 15485863 + ((x * y) >> 1) * 31) % (most + 1);
        const alpha = colour >= 4 ? samples - 1 : -1;
        const pixel = (x: number, y: number): number[] =>
          Array.from({ length: samples }, (_, c) => (c === alpha ? most : value(x, y, c)));
        const palette = Array.from({ length: 3 * (most + 1) }, (_, i) => (i * 37) % 256);
        const image = decode(png(
          {
            width, height, depth, colour, interlace, pixel, filter: (y) => filters[y % filters.length]!,
            ...(colour === 3 && { palette })
          }
        ));
        const channels = colour === 0 || colour === 4 ? 1 : 3;
        expect([image.width, image.height, image.channels, image.pixels.length])
          .toEqual([width, height, channels, width * height * channels]);
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            for (let c = 0; c < channels; c++) {
              const wanted = colour === 3 ? palette[3 * value(x, y, 0) + c]! : Math.round((value(x, y, c) / most) * 255);
              expect(image.pixels[(y * width + x) * channels + c]).toBe(wanted);
            }
          }
        }
      }), { ...runs, numRuns: runs.numRuns * 4 });
  });

  it('reads what Pillow wrote', () => {
    const bytes = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP4z8DA8J+BgYHhPycHOwAaJgMWXFb72AAAAABJRU5ErkJggg==', 'base64');
    expect(decode(new Uint8Array(bytes)))
      .toEqual({ width: 2, height: 2, channels: 3, pixels: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7) });
  });

  const plain: PngOptions = { width: 2, height: 2, pixel: (x, y) => [x * 100 + y] };
  const ihdr = chunk('IHDR', header(2, 2));
  const pixels = deflateSync(rawPixels(plain));
  const idat = chunk('IDAT', pixels);
  const iend = chunk('IEND', []);
  const withHeader = (...args: Parameters<typeof header>): Uint8Array =>
    joined(signature, chunk('IHDR', header(...args)), idat, iend);

  it('passes over chunks that are not critical', () => {
    expect(decode(joined(signature, ihdr, chunk('tEXt', [65, 0, 66]), idat, chunk('tIME', []), iend)).pixels)
      .toEqual(Uint8Array.of(0, 100, 1, 101));
  });

  it.each([
    ['an empty file', new Uint8Array(0), /does not begin/],
    ['a file cut short', png(plain).subarray(0, -4), /ends before its end chunk/],
    ['a file cut inside a chunk', png(plain).subarray(0, 30), /beyond the end/],
    ['bytes behind the end', joined(png(plain), Uint8Array.of(0)), /1 bytes follow/],
    ['a wrong checksum', joined(signature, ihdr, chunk('IDAT', pixels, 7), iend), /IDAT is damaged/],
    ['no header', joined(signature, idat, iend), /header chunk is not the first/],
    ['two headers', joined(signature, ihdr, ihdr, idat, iend), /there twice/],
    ['no pixels', joined(signature, ihdr, iend), /no pixels/],
    [
      'pixel chunks apart',
      joined(signature, ihdr, chunk('IDAT', pixels.subarray(0, 4)), chunk('tEXt', []), chunk('IDAT', pixels.subarray(4)), iend),
      /do not follow/,
    ],
    ['an unknown critical chunk', joined(signature, ihdr, chunk('ABCD', []), idat, iend), /critical chunk ABCD/],
    ['a chunk name that is none', joined(signature, ihdr, chunk('A\0CD', []), idat, iend), /without a name/],
    ['a header of another size', joined(signature, chunk('IHDR', header(2, 2).subarray(0, 12)), idat, iend), /12 bytes, not 13/],
    ['no width', withHeader(0, 2), /0 × 2 pixels/],
    ['a size beyond the limit', withHeader(2 ** 31, 2 ** 31), /the limit/],
    ['a size its data cannot hold', withHeader(5000, 5000), /cannot come out of/],
    ['a depth that does not exist', withHeader(2, 2, 3), /depth 3 does not exist/],
    ['a depth its type does not have', withHeader(2, 2, 4, 2), /type 2 with depth 4/],
    ['a type that does not exist', withHeader(2, 2, 8, 5), /type 5/],
    ['an unknown interlacing', withHeader(2, 2, 8, 0, 2), /0 or 1 exist/],
    ['an unknown compression', withHeader(2, 2, 8, 0, 0, 1), /methods are 1, 0 and 0/],
    ['too few pixels', withHeader(2, 3), /holds 6 bytes of pixels where 2 × 3 take 9/],
    ['too many pixels', withHeader(2, 1), /inflates to more than 3/],
    [
      'a filter that does not exist', joined(signature, ihdr, chunk('IDAT', deflateSync(Uint8Array.of(5, 0, 0, 0, 0, 0))), iend),
      /filter 5/,
    ],
    ['a damaged stream', joined(signature, ihdr, chunk('IDAT', [1, 2, 3, 4]), iend), /damaged compressed data/],
    [
      'bytes behind the stream', joined(signature, ihdr, chunk('IDAT', [...pixels, 9, 9]), iend),
      /2 bytes follow the compressed data/,
    ],
    ['no palette', png({ ...plain, colour: 3 }), /no palette/],
    ['a palette of a strange size', png({ ...plain, colour: 3, palette: [1, 2] }), /palette/],
    ['a palette without the entry', png({ ...plain, colour: 3, palette: [1, 2, 3] }), /entry 100 of a palette of 1/],
    ['a transparent pixel', png({ ...plain, colour: 4, pixel: (x) => [9, x === 0 ? 255 : 254] }), /transparent pixels/],
    [
      'a transparent palette entry',
      png({ width: 2, height: 1, colour: 3, palette: [1, 2, 3, 4, 5, 6], transparency: [255, 0], pixel: (x) => [x] }),
      /transparent pixels/,
    ],
    ['a transparent colour', png({ ...plain, transparency: [0, 100] }), /transparent pixels/],
    [
      'transparency beside an alpha channel', png({ ...plain, colour: 4, pixel: () => [1, 255], transparency: [0, 0] }),
      /does not fit its colour type/,
    ],
  ])('refuses %s', (_, bytes, fault) => {
    expect(() => decode(bytes)).toThrow(FormatError);
    expect(() => decode(bytes)).toThrow(/^x\.png: /);
    expect(() => decode(bytes)).toThrow(fault);
  });

  it('takes a palette with unused transparent entries, and a transparent colour that does not occur', () => {
    expect(decode(
      png({ width: 1, height: 1, colour: 3, palette: [1, 2, 3, 4, 5, 6], transparency: [255, 0], pixel: () => [0] })
    ).pixels).toEqual(Uint8Array.of(1, 2, 3));
    expect(decode(png({ ...plain, transparency: [0, 7] })).pixels).toEqual(Uint8Array.of(0, 100, 1, 101));
  });

  it('answers mutants with a picture or a FormatError', () => {
    const valid = png({
      width: 9, height: 7, colour: 2, interlace: 1, filter: (y) => y % 5, pixel: (x, y) => [x * 20, y * 30, 128]
    });
    expect(feedMutants(valid, (bytes, name) => decodePng(bytes, name, inflate))).toBeGreaterThan(500);
  });

  it('answers mutants whose checksums have been made right again', () => {
    const valid = png({
      width: 9, height: 7, depth: 4, colour: 3, palette: Array.from({ length: 48 }, (_, i) => i), filter: (y) => y % 5,
      pixel: (x, y) => [(x * y) % 16]
    });
    expect(feedMutants(valid, (bytes, name) => decodePng(mendPng(bytes), name, inflate))).toBeGreaterThan(300);
  });
});
