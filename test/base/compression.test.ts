// The checksums against their published check values.

import { describe, expect, it } from 'vitest';
import { adler32, canInflateTo, crc32 } from '../../src/base/compression.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('crc32', () => {
  it('gives the check value of its definition, and 0 for nothing', () => {
    expect(crc32(bytes('123456789'))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0))).toBe(0);
  });
});

describe('adler32', () => {
  it('gives the published value, and 1 for nothing', () => {
    expect(adler32(bytes('Wikipedia'))).toBe(0x11e60398);
    expect(adler32(new Uint8Array(0))).toBe(1);
  });

  it('stays exact over sums that exceed its modulus', () => {
    expect(adler32(new Uint8Array(100_000).fill(255))).toBe(reference(100_000));
  });
});

/** RFC 1950 over n bytes of 255, in exact arithmetic. */
function reference(n: number): number {
  let [a, b] = [1n, 0n];
  for (let i = 0; i < n; i++) [a, b] = [a + 255n, b + a + 255n];
  return Number((b % 65521n) * 65536n + (a % 65521n));
}

describe('canInflateTo', () => {
  it('admits what deflate reaches and no more', () => {
    expect(canInflateTo(1032, 1)).toBe(true);
    expect(canInflateTo(1033, 1)).toBe(false);
    expect(canInflateTo(0, 0)).toBe(true);
  });
});
