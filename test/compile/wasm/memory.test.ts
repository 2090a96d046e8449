import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limitBytes, memoryType, Scratch } from '../../../src/compile/wasm/memory.ts';
import { runs } from '../../values.ts';

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
    expect(() => scratch.take(2 ** 32 + 2 ** 16)).toThrow('It has at most 4294967296 bytes');
    expect(scratch.memory.buffer.byteLength).toBe(bytes);
    expect(scratch.take(8)).toBe(1024);
  });
});

describe('held memory', () => {
  it('law: held bytes never touch each other or scratch, stay where they are, and are used again once freed', () => {
    const step = fc.oneof(fc.record({ hold: fc.integer({ min: 0, max: 3000 }) }), fc.record({ free: fc.nat(9) }), fc.record({ call: fc.nat(70000) }));
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const scratch = new Scratch();
      const held: { at: number; bytes: number; mark: number }[] = [];
      steps.forEach((what, mark) => {
        if ('hold' in what) {
          const at = scratch.hold(what.hold);
          held.push({ at, bytes: what.hold, mark });
          scratch.words(at, Math.floor(what.hold / 4)).fill(mark);
        } else if ('free' in what) {
          const [gone] = held.splice(what.free, 1);
          if (gone !== undefined) scratch.free(gone.at);
        } else {
          const { top } = scratch;
          scratch.words(scratch.take(what.call), Math.floor(what.call / 4)).fill(-1);
          scratch.release(top);
        }
        for (const { at, bytes, mark } of held) {
          expect(at % 64).toBe(0);
          expect(scratch.words(at, Math.floor(bytes / 4)).every((word) => word === mark)).toBe(true);
        }
      });
      for (const { at } of held) scratch.free(at);
      expect(scratch.hold(8)).toBe(1024);
    }), runs);
  });

  it('fills gaps before it asks for more, and moves scratch behind itself', () => {
    const scratch = new Scratch();
    const [a, b, c] = [100, 200, 300].map((bytes) => scratch.hold(bytes)) as [number, number, number];
    expect(scratch.top).toBeGreaterThanOrEqual(c + 300);
    scratch.free(b);
    expect(scratch.hold(201)).toBe(b);
    expect(scratch.hold(90)).toBeGreaterThan(c);
    scratch.free(a);
    expect(scratch.take(8)).toBeGreaterThan(c);
  });

  it('is not asked for while a call uses scratch, unless a gap is wide enough', () => {
    const scratch = new Scratch();
    const [a, b] = [scratch.hold(64), scratch.hold(64)];
    scratch.free(a);
    scratch.take(10);
    expect(scratch.hold(64)).toBe(a);
    expect(() => scratch.hold(64)).toThrow('bytes held while scratch is taken');
    scratch.free(b);
    scratch.release();
    expect(scratch.hold(64)).toBe(b);
    expect(() => scratch.free(7)).toThrow('bytes freed at 7');
  });

  it('is shared where the host shares memory, and copies of it are not', () => {
    const scratch = new Scratch();
    expect(memoryType.shared).toBe(true);
    expect(scratch.memory.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(scratch.floats.slice(0, 4).buffer).toBeInstanceOf(ArrayBuffer);
  });
});
