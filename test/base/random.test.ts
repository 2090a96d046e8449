// The generator against the vectors its authors publish (Random123, kat_vectors), and the promises about prefixes.

import { describe, expect, it } from 'vitest';
import { bits, threefry, uniformFromBits } from '../../src/base/random.ts';

function block(k0: number, k1: number, c0: number, c1: number): string[] {
  const out = new Int32Array(2);
  threefry(k0 | 0, k1 | 0, c0 | 0, c1 | 0, out, 0);
  return Array.from(out, (word) => (word >>> 0).toString(16));
}

describe('threefry', () => {
  it.each([
    [[0, 0, 0, 0], ['6b200159', '99ba4efe']],
    [[0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], ['1cb996fc', 'bb002be7']],
    [[0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3], ['c4923a9c', '483df7a0']],
  ] as const)('maps key and counter %j to %j', ([k0, k1, c0, c1], words) => {
    expect(block(k0, k1, c0, c1)).toEqual(words);
  });
});

describe('bits', () => {
  it('counts blocks from 0, so a prefix does not depend on the length', () => {
    const long = bits(5, 9, 101);
    for (const size of [0, 1, 2, 7, 100]) expect(bits(5, 9, size)).toEqual(long.slice(0, size));
    expect(Array.from(bits(0, 0, 3).subarray(0, 2), (word) => (word >>> 0).toString(16))).toEqual(['6b200159', '99ba4efe']);
  });

  it('gives different bits to different keys', () => {
    expect(bits(0, 1, 4)).not.toEqual(bits(0, 0, 4));
    expect(bits(1, 0, 4)).not.toEqual(bits(0, 1, 4));
  });
});

describe('uniformFromBits', () => {
  it('is exact in 24 bits and never 1', () => {
    expect(uniformFromBits(0)).toBe(0);
    expect(uniformFromBits(-1)).toBe(1 - 2 ** -24);
    expect(uniformFromBits(0x80000000 | 0)).toBe(0.5);
  });

  it('fills the interval evenly', () => {
    const counts = new Array<number>(8).fill(0);
    for (const word of bits(1, 2, 8000)) counts[Math.floor(uniformFromBits(word) * 8)]!++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});
