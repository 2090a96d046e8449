// Splits by their promises.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import { denseLabels, splitByIdentity, splitWithinIdentities } from '../../src/data/index.ts';

const runs = { seed: 1, numRuns: Number(process.env['RUNS'] ?? 30) };
const anyLabels = fc.array(fc.nat(12), { minLength: 2, maxLength: 80 }).filter((labels) => new Set(labels).size > 1);
const whole = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('splitByIdentity', () => {
  it('law: keeps every image, and nobody is on both sides', () => {
    fc.assert(fc.property(anyLabels, fc.double({ min: 0.01, max: 0.99, noNaN: true }), fc.nat(9), (labels, test, seed) => {
      const { train, test: kept } = splitByIdentity(labels, { test, seed });
      expect([...train, ...kept].sort((a, b) => a - b)).toEqual(whole(labels.length));
      const people = new Set(Array.from(train, (i) => labels[i]!));
      for (const i of kept) expect(people.has(labels[i]!)).toBe(false);
      expect(Math.min(train.length, kept.length)).toBeGreaterThan(0);
    }), runs);
  });

  it('keeps the share asked for and depends on the seed', () => {
    const labels = whole(100);
    expect(splitByIdentity(labels, { test: 0.3 }).test.length).toBe(30);
    expect(splitByIdentity(labels, { seed: 1 }).test).not.toEqual(splitByIdentity(labels, { seed: 2 }).test);
    expect(() => splitByIdentity(labels, { test: 1 })).toThrow(DomainError);
    expect(() => splitByIdentity([4, 4])).toThrow(DomainError);
  });
});

describe('splitWithinIdentities', () => {
  it('keeps so many images of everybody for the test', () => {
    const labels = [0, 1, 0, 1, 0, 1, 1];
    const { train, test } = splitWithinIdentities(labels, { test: 2 });
    expect([...train, ...test].sort((a, b) => a - b)).toEqual(whole(7));
    expect(Array.from(test, (i) => labels[i]).sort()).toEqual([0, 0, 1, 1]);
    expect(() => splitWithinIdentities(labels, { test: 3 })).toThrow(/3 test images of the 3 of label 0/);
  });
});

describe('denseLabels', () => {
  it('numbers the people who occur from 0, in their order', () => {
    expect(denseLabels([9, 4, 7, 4, 9], [0, 1, 3])).toEqual({ labels: Int32Array.of(1, 0, 0), classes: Int32Array.of(4, 9) });
  });
});
