// Damaged files for the tests of readers: a valid file with a few random edits, and the demand that a reader answers
// with a value or a FormatError and touches nothing else. 1,250 mutants a format by default, 125,000 in the long run.

import fc from 'fast-check';
import { expect, vi } from 'vitest';
import { FormatError } from '../src/base/errors.ts';

const runs = Number(process.env['RUNS'] ?? 30) >= 1000 ? 125_000 : 1_250;
vi.setConfig({ testTimeout: 600_000 });
/** What a long series may leave behind; the sizes of pieces that are moved. */
const [maxGrowthBytes, sizes] = [256 * 2 ** 20, [0, 1, 2, 4, 8, 32]];

type Edit = readonly [kind: 'flip' | 'set' | 'cut' | 'drop' | 'repeat' | 'insert' | 'extreme', where: number, what: number];

const edits: fc.Arbitrary<Edit[]> = fc.array(fc.tuple(
  fc.constantFrom('flip', 'set', 'cut', 'drop', 'repeat', 'insert', 'extreme' as const),
  // Headers are at the beginning and, in a zip, at the end: aim there more often than in the middle.
  fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 0.1, noNaN: true }), fc.double({ min: 0.9, max: 1, noNaN: true })),
  fc.nat(255),
), { minLength: 1, maxLength: 4 }) as fc.Arbitrary<Edit[]>;

function edited(bytes: Uint8Array, list: readonly Edit[]): Uint8Array {
  let out = Array.from(bytes);
  for (const [kind, where, what] of list) {
    const at = Math.min(out.length, Math.floor(where * out.length));
    const size = sizes[what % sizes.length]!;
    if (kind === 'flip') out[at] = (out[at] ?? 0) ^ (1 << (what % 8));
    else if (kind === 'set') out[at] = what;
    else if (kind === 'cut') out = out.slice(0, at);
    else if (kind === 'drop') out.splice(at, size);
    else if (kind === 'repeat') out.splice(at, 0, ...out.slice(at, at + size));
    else if (kind === 'insert') out.splice(at, 0, what, what);
    else for (let i = 0; i < 4; i++) out[at + i] = [0, 255, 127, 128][what % 4]!;
  }
  return Uint8Array.from(out, (byte) => byte ?? 0);
}

/** Runs a reader over mutants of a valid file; returns how many were refused. */
export function feedMutants(valid: Uint8Array, read: (bytes: Uint8Array, name: string) => unknown): number {
  const prototypes = [Object.prototype, Array.prototype, Function.prototype].map((p) => Reflect.ownKeys(p).length);
  const before = process.memoryUsage().rss;
  let refused = 0;
  fc.assert(fc.property(edits, (list) => {
    try {
      read(edited(valid, list), 'mutant.bin');
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      expect(error.message).toMatch(/^mutant\.bin/);
      refused++;
    }
  }), { seed: 1, numRuns: runs });
  expect(process.memoryUsage().rss - before).toBeLessThan(maxGrowthBytes);
  expect([Object.prototype, Array.prototype, Function.prototype].map((p) => Reflect.ownKeys(p).length)).toEqual(prototypes);
  return refused;
}
