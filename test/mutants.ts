// Damaged files for the tests of readers: a valid file with a few random edits, and the demand that a reader answers
// with a value or a FormatError and touches nothing else. 1,250 mutants a format by default, 125,000 in the long run.

import fc from 'fast-check';
import { expect } from 'vitest';
import { FormatError } from '../src/base/errors.ts';
import { Stream } from '../src/data/random.ts';

const isLong = Number(process.env['RUNS'] ?? 30) >= 1000;
const runs = isLong ? 125_000 : 1_250;
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

/** All places of a file in the long run; in the short one those near its ends and some between. */
function places(size: number): number[] {
  const few = Math.ceil(size / 30);
  return Array.from({ length: size }, (_, i) => i).filter((i) => isLong || i < 48 || i >= size - 24 || i % few === 0);
}

/** 0, the largest, −1 and NaN of numbers of 1, 2, 4 and 8 bytes, in both orders of bytes. */
const patterns: readonly (readonly number[])[] = [1, 2, 4, 8].flatMap((width) => {
  const filled = (first: number, rest: number): number[] => Array.from({ length: width }, (_, i) => (i === 0 ? first : rest));
  const both = [[0, 0], [255, 255], [127, 255], [128, 0], [0x7f, 0xc0]].flatMap(([first, rest]) => [filled(first!, rest!), filled(first!, rest!).reverse()]);
  return [...new Map(both.map((bytes) => [bytes.join(), bytes])).values()];
});

/** What a careless reader takes for a number. */
const words = ['0', '-1', '-0', '0.5', '1e999', 'NaN', '255', '65536', '2147483648', '4294967296', '9007199254740993', '99999999999999999999', '', 'null', '"1"', '[1]'];

export interface DamageOptions {
  /** Makes lengths and checksums right again, so that damage reaches what lies behind them. */
  readonly mend?: (bytes: Uint8Array) => Uint8Array;
  /** The form has nothing that tells its end, so that a part of a file may be a file. */
  readonly isOpen?: boolean;
}

/**
 * Damages a file in every way that can be listed: every length it can be cut to; 0, the largest, −1 and NaN over every
 * place of its header; every number of its text made another, that of a neighbour among them, so that parts overlap; 300
 * flipped bytes, 10,000 in the long run. What is cut is refused, all else refused or read, each with at most 64 MiB.
 * Returns how many files were refused.
 */
export function feedDamage(valid: Uint8Array, read: (bytes: Uint8Array, name: string) => unknown, { mend = (x) => x, isOpen = false }: DamageOptions = {}): number {
  let refused = 0;
  const readOne = (bytes: Uint8Array, how: string): { readonly value?: unknown } => {
    const before = process.memoryUsage.rss();
    try {
      return { value: read(bytes, 'damaged.bin') };
    } catch (error) {
      if (!(error instanceof FormatError)) throw new Error(`${how}: ${String(error)}`, { cause: error });
      expect(error.message, how).toMatch(/damaged\.bin/);
      refused++;
      return {};
    } finally {
      expect(process.memoryUsage.rss() - before, how).toBeLessThan(64 * 2 ** 20);
    }
  };
  const { value: whole } = readOne(valid, 'the file as it is');
  expect(whole).toBeDefined();
  for (const size of places(valid.length)) {
    const { value } = readOne(valid.slice(0, size), `cut to ${size} bytes`);
    if (value !== undefined && !isOpen) expect(value, `cut to ${size} bytes`).toEqual(whole);
  }
  for (const at of places(Math.min(valid.length, 512))) {
    for (const pattern of patterns) {
      const bytes = valid.slice();
      bytes.set(pattern.slice(0, bytes.length - at), at);
      readOne(mend(bytes), `${pattern.join(' ')} at ${at}`);
    }
  }
  const text = Buffer.from(valid).toString('latin1');
  const numbers = [...text.slice(0, 4096).matchAll(/-?\d+(\.\d+)?/g)].filter((_, i, all) => isLong || i % Math.ceil(all.length / 20) === 0);
  for (const { 0: number, index } of numbers) {
    for (const word of new Set([...words, ...numbers.slice(0, isLong ? 30 : 8).map(([other]) => other)])) {
      const bytes = Buffer.from(`${text.slice(0, index)}${word}${text.slice(index + number.length)}`, 'latin1');
      readOne(mend(new Uint8Array(bytes)), `${word} for the ${number} at ${index}`);
    }
  }
  const stream = new Stream(1);
  for (let flip = 0; flip < (isLong ? 10_000 : 300); flip++) {
    const bytes = valid.slice();
    const [at, bits] = [stream.below(bytes.length), 1 + stream.below(255)];
    bytes[at] = bytes[at]! ^ bits;
    readOne(bytes, `byte ${at} flipped by ${bits}`);
  }
  return refused;
}
