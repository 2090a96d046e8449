import { expect, it } from 'vitest';
import { normals, seeded } from '../../src/check/seeded.ts';

it('the same seed and purpose give the same numbers, others give others', () => {
  const list = (seed: number, purpose?: number): number[] => Array.from(normals(seeded(seed, purpose), 5));
  expect(list(1)).toEqual(list(1));
  expect(list(1)).not.toEqual(list(2));
  expect(list(1, 0)).not.toEqual(list(1, 1));
});

it('normal numbers have mean 0 and variance 1', () => {
  const numbers = normals(seeded(4), 20000);
  const mean = numbers.reduce((a, b) => a + b) / numbers.length;
  const variance = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / numbers.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(variance - 1)).toBeLessThan(0.05);
});

it('whole numbers below n cover 0 … n − 1', () => {
  const stream = seeded(2);
  const seen = new Set(Array.from({ length: 200 }, () => stream.below(5)));
  expect([...seen].sort()).toEqual([0, 1, 2, 3, 4]);
});
