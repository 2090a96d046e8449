// PGM and PPM against bytes made by hand.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError, FormatError } from '../../src/base/errors.ts';
import { decodePgm, decodePpm, encodePgm, encodePpm, type Image } from '../../src/data/index.ts';
import { feedMutants } from '../mutants.ts';

const runs = { seed: 1, numRuns: Number(process.env['RUNS'] ?? 30) };
const file = (header: string, ...pixels: readonly number[]): Uint8Array =>
  Uint8Array.from([...new TextEncoder().encode(header), ...pixels]);

describe('decodePgm', () => {
  it('reads comments and any white space in the header, and pixels that look like white space', () => {
    expect(decodePgm(file('P5 # made by hand\n2#wide\n\t1\r\n#\n255\n', 10, 32), 'x'))
      .toEqual({ width: 2, height: 1, channels: 1, pixels: Uint8Array.of(10, 32) });
  });

  it('scales a smaller maximum to 255', () => {
    expect(decodePgm(file('P5 3 1 15 ', 0, 7, 15), 'x').pixels).toEqual(Uint8Array.of(0, 119, 255));
  });

  it.each([
    ['an empty file', new Uint8Array(0), /does not begin with P5/],
    ['the plain-text form', file('P2 1 1 255\n0'), /plain-text file \(P2\)/],
    ['a colour picture', file('P6 1 1 255\n', 0, 0, 0), /does not begin with P5/],
    ['a header cut short', file('P5 2 '), /no width, height and maximum/],
    ['a header that is only a comment', file('P5 #'), /no width, height and maximum/],
    ['a magic with digits behind it', file('P52 1 255\n', 0, 0), /no width, height and maximum/],
    ['a negative width', file('P5 -1 1 255\n'), /no width, height and maximum/],
    ['no pixels', file('P5 0 1 255\n'), /0 × 1 pixels/],
    ['16 bits', file('P5 1 1 65535\n', 0, 0), /maximum is 65535/],
    ['a maximum of 0', file('P5 1 1 0\n', 0), /maximum is 0/],
    ['a header that runs into the pixels', file('P5 1 1 255x', 0), /does not end with white space/],
    ['too few pixels', file('P5 2 2 255\n', 0, 0, 0), /3 bytes for 2 × 2 pixels, which take 4/],
    ['too many pixels', file('P5 1 1 255\n', 0, 0), /2 bytes for 1 × 1 pixels, which take 1/],
    ['more pixels than there are numbers', file('P5 999999999 999999999 255\n'), /which take/],
    ['a pixel above the maximum', file('P5 2 1 15\n', 15, 16), /byte 1 of its pixels is 16/],
  ])('refuses %s', (_, bytes, fault) => {
    expect(() => decodePgm(bytes, 'x.pgm')).toThrow(FormatError);
    expect(() => decodePgm(bytes, 'x.pgm')).toThrow(/^x\.pgm: /);
    expect(() => decodePgm(bytes, 'x.pgm')).toThrow(fault);
  });
});

describe('encodePgm and encodePpm', () => {
  it('law: what is written is read back', () => {
    const image = (channels: 1 | 3): fc.Arbitrary<Image> =>
      fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).chain(([width, height]) =>
      fc.uint8Array({ minLength: width * height * channels, maxLength: width * height * channels })
        .map((pixels) => ({ width, height, channels, pixels })));
    fc.assert(fc.property(image(1), (x) => void expect(decodePgm(encodePgm(x), 'x')).toEqual(x)), runs);
    fc.assert(fc.property(image(3), (x) => void expect(decodePpm(encodePpm(x), 'x')).toEqual(x)), runs);
  });

  it('refuse the other kind of picture', () => {
    expect(() => encodePgm({ width: 1, height: 1, channels: 3, pixels: new Uint8Array(3) })).toThrow(DomainError);
    expect(() => encodePpm({ width: 1, height: 1, channels: 1, pixels: new Uint8Array(1) })).toThrow(DomainError);
  });

  it('files damaged afterwards are read or refused', () => {
    const picture = { width: 5, height: 4, pixels: Uint8Array.from({ length: 60 }, (_, i) => i * 4) };
    expect(feedMutants(encodePgm({ ...picture, channels: 1, pixels: picture.pixels.subarray(0, 20) }), decodePgm))
      .toBeGreaterThan(400);
    expect(feedMutants(encodePpm({ ...picture, channels: 3 }), decodePpm)).toBeGreaterThan(400);
  });
});
