// Pictures by hand.

import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import { grey, type Image, resize, selectBatch, toBatch } from '../../src/data/index.ts';

const image = (width: number, height: number, channels: 1 | 3, ...pixels: readonly number[]): Image =>
  ({ width, height, channels, pixels: Uint8Array.from(pixels) });

describe('grey', () => {
  it('weighs the colours as BT.601 and keeps white white', () => {
    expect(grey(image(4, 1, 3, 255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255)).pixels).toEqual(Uint8Array.of(76, 150, 29, 255));
    const already = image(1, 1, 1, 7);
    expect(grey(already)).toBe(already);
  });
});

describe('resize', () => {
  it('takes the mean of the covered area, by share', () => {
    expect(resize(image(4, 2, 1, 0, 10, 20, 30, 40, 50, 60, 70), 2, 1).pixels).toEqual(Uint8Array.of(25, 45));
    // Each new pixel covers one and a half old ones: (2·30 + 60) / 3 and (60 + 2·90) / 3.
    expect(resize(image(3, 1, 1, 30, 60, 90), 2, 1).pixels).toEqual(Uint8Array.of(40, 80));
  });

  it('repeats pixels when enlarging and keeps channels apart', () => {
    expect(resize(image(1, 1, 3, 1, 2, 3), 2, 2).pixels).toEqual(Uint8Array.of(1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3));
    expect(() => resize(image(1, 1, 1, 1), 0, 2)).toThrow(DomainError);
  });
});

describe('toBatch', () => {
  it('puts channels into planes and centres the bytes as the paper does', () => {
    const { shape, values } = toBatch([image(2, 1, 3, 0, 1, 2, 255, 254, 253)]);
    expect(shape).toEqual([1, 3, 1, 2]);
    expect(values).toEqual(Float32Array.from([0, 255, 1, 254, 2, 253], (p) => (p - 127.5) / 128));
    expect(toBatch([image(1, 1, 1, 200)], { mean: 0, scale: 1 / 255 }).values[0]).toBe(Math.fround(200 / 255));
    expect(toBatch([]).shape).toEqual([0, 1, 0, 0]);
  });

  it('refuses images of two sizes, naming the one', () => {
    expect(() => toBatch([image(1, 1, 1, 0), image(2, 1, 1, 0, 0)])).toThrow(/image 1 is 2 × 1 × 1, the first is 1 × 1 × 1/);
  });
});

describe('selectBatch', () => {
  it('takes rows in the order asked for, again if asked twice', () => {
    const batch = toBatch([image(1, 1, 1, 0), image(1, 1, 1, 1), image(1, 1, 1, 2)], { mean: 0, scale: 1 });
    expect(selectBatch(batch, [2, 0, 2])).toEqual({ shape: [3, 1, 1, 1], values: Float32Array.of(2, 0, 2) });
  });
});
