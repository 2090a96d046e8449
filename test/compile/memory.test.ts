import { describe, expect, it } from 'vitest';
import { limitBytes, Scratch } from '../../src/compile/memory.ts';

describe('scratch memory', () => {
  it('gives places that do not touch, aligned for vectors, and none at address 0', () => {
    const scratch = new Scratch();
    const places = [1, 64, 65, 100000].map((bytes) => ({ bytes, at: scratch.take(bytes) }));
    expect(places[0]!.at).toBeGreaterThan(0);
    places.forEach(({ at, bytes }, i) => {
      expect(at % 64).toBe(0);
      expect(at + bytes).toBeLessThanOrEqual(places[i + 1]?.at ?? scratch.top);
    });
  });

  it('keeps its numbers when it grows, and its views see all of it', () => {
    const scratch = new Scratch();
    const at = scratch.take(16);
    const before = scratch.floats;
    before.set([1, 2, 3, 4], at / 4);
    const far = scratch.take(2 ** 20);
    expect(scratch.floats === before).toBe(false);
    expect([...scratch.floats.subarray(at / 4, at / 4 + 4)]).toEqual([1, 2, 3, 4]);
    expect(scratch.words(far, 2 ** 18).length).toBe(2 ** 18);
    expect(scratch.floats === scratch.floats).toBe(true);
  });

  it('takes the same bytes again once they were given back', () => {
    const scratch = new Scratch();
    const first = scratch.take(300);
    const top = scratch.top;
    const second = scratch.take(2 ** 18);
    scratch.release(top);
    expect(scratch.take(10)).toBe(second);
    scratch.release();
    expect(scratch.take(10)).toBe(first);
    const bytes = scratch.memory.buffer.byteLength;
    for (let i = 0; i < 1000; i++) {
      scratch.take(2 ** 18);
      scratch.release();
    }
    expect(scratch.memory.buffer.byteLength).toBe(bytes);
  });

  it('refuses what no 32-bit address reaches, before it grows, with the bytes', () => {
    const scratch = new Scratch();
    const bytes = scratch.memory.buffer.byteLength;
    expect(() => scratch.take(limitBytes)).toThrow(`a kernel needs ${limitBytes + 1024} bytes`);
    expect(() => scratch.take(2 ** 32 + 2 ** 16)).toThrow('Addresses reach 4294967296 bytes');
    expect(scratch.memory.buffer.byteLength).toBe(bytes);
    expect(scratch.take(8)).toBe(1024);
  });
});
