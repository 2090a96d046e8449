// Random numbers: known vectors of the generator, exactness of the numbers made from bits, and independence of keys.

import { describe, expect, it } from 'vitest';
import { customGradient, grad } from '../../src/autodiff/index.ts';
import { threefry, uniformFromBits } from '../../src/base/random.ts';
import { DomainError, DTypeError, ShapeError, TraceError } from '../../src/base/errors.ts';
import { type Tensor, trace } from '../../src/graph/index.ts';
import { add, foldIn, key, mul, normal, randomBits, rng, sum, uniform } from '../../src/ops/index.ts';
import { expectBits, f32, f64, i32 } from '../values.ts';

const list = (x: Tensor): number[] => Array.from(x.data);

describe('keys', () => {
  it('are made of Threefry-2x32 with 20 rounds, whose published vectors hold', () => {
    const out = new Int32Array(2);
    const hex = (): string[] => Array.from(out, (word) => (word >>> 0).toString(16).padStart(8, '0'));
    threefry(0, 0, 0, 0, out, 0);
    expect(hex()).toEqual(['6b200159', '99ba4efe']);
    threefry(-1, -1, -1, -1, out, 0);
    expect(hex()).toEqual(['1cb996fc', 'bb002be7']);
    threefry(0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3 | 0, out, 0);
    expect(hex()).toEqual(['c4923a9c', '483df7a0']);
  });

  it('differ for different seeds, also beyond 32 bits and below 0', () => {
    const seeds = [0, 1, 2, -1, 2 ** 32, 2 ** 32 + 1, -(2 ** 40), Number.MAX_SAFE_INTEGER];
    expect(new Set(seeds.map((seed) => list(key(seed)).join())).size).toBe(seeds.length);
    expect(key(5).dtype).toBe('i32');
    for (const seed of [0.5, NaN, 2 ** 53]) expect(() => key(seed)).toThrow(DomainError);
  });

  it('derive further keys that share nothing with their parent or each other', () => {
    const root = key(7);
    const children = Array.from({ length: 50 }, (_, n) => list(foldIn(root, n)).join());
    expect(new Set([...children, list(root).join(), list(randomBits(root, [2])).join()]).size).toBe(52);
    expectBits(foldIn(foldIn(root, 1), 2), foldIn(foldIn(root, 1), 2).toArray());
    expect(list(foldIn(foldIn(root, 1), 2))).not.toEqual(list(foldIn(foldIn(root, 2), 1)));
  });

  it('take a step counter that is a tensor, whole or float', () => {
    const root = key(7);
    for (const n of [i32([3]), i32(3), f32(3)]) expectBits(foldIn(root, n), foldIn(root, 3).toArray());
    expect(() => foldIn(root, 0.5)).toThrow(DomainError);
    expect(() => foldIn(root, 2 ** 31)).toThrow(DomainError);
    expect(() => foldIn(f64([1, 2]), 0)).toThrow(DTypeError);
    expect(() => foldIn(i32([1, 2, 3]), 0)).toThrow(ShapeError);
  });
});

describe('uniform', () => {
  it('is exactly the top 24 bits over 2^24, in both float types', () => {
    const bits = list(randomBits(key(1), [5000]));
    expect(list(uniform(key(1), [5000]))).toEqual(bits.map(uniformFromBits));
    expect(list(uniform(key(1), [5000], { dtype: 'f64' }))).toEqual(bits.map(uniformFromBits));
  });

  it('is spread evenly over its interval', () => {
    const values = list(uniform(key(2), [20000], { low: -1, high: 3, dtype: 'f64' }));
    expect(values.every((x) => x >= -1 && x < 3)).toBe(true);
    const counts = new Array<number>(8).fill(0);
    for (const x of values) counts[Math.floor((x + 1) * 2)]!++;
    // χ² with 7 degrees of freedom exceeds 24.3 once in a thousand.
    expect(counts.reduce((total, n) => total + (n - 2500) ** 2 / 2500, 0)).toBeLessThan(24.3);
  });

  it('is the same traced as eager', () => {
    const traced = trace((k: Tensor) => uniform(k, [3]), [key(4)]);
    expectBits(traced.result.leaves[0]!, uniform(key(4), [3]).toArray());
  });

  it('refuses what is no key, no shape or no option', () => {
    expect(() => uniform(f32([1, 2]), [2])).toThrow(DTypeError);
    expect(() => uniform(key(1), [-2])).toThrow(ShapeError);
    expect(() => uniform(key(1), [2], { min: 0 } as never)).toThrow(DomainError);
    expect(uniform(key(1), [0, 3]).shape).toEqual([0, 3]);
  });
});

describe('normal', () => {
  it('has the moments of the normal distribution', () => {
    const values = list(normal(key(3), [20000], { mean: 2, std: 3, dtype: 'f64' })).map((x) => (x - 2) / 3);
    const moment = (k: number): number => values.reduce((total, x) => total + x ** k, 0) / values.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.03);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.04);
    expect(Math.abs(moment(3))).toBeLessThan(0.1);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.3);
    expect(values.every((x) => Math.abs(x) < 5.78)).toBe(true);
  });

  it('has any shape and is the same for the same key', () => {
    expect(normal(key(1), [2, 3]).shape).toEqual([2, 3]);
    expect(normal(key(1), []).shape).toEqual([]);
    expectBits(normal(key(1), [5]), normal(key(1), [5]).toArray());
    expect(() => normal(key(1), [5], { sigma: 1 } as never)).toThrow(DomainError);
  });
});

describe('rng', () => {
  it('gives one tensor after the other, the same for the same seed', () => {
    const draw = (seed: number): number[][] => {
      const random = rng(seed);
      return [random.uniform([3]), random.uniform([3]), random.normal([2], { std: 2 }), random.permutation(5)].map(list);
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    const [first, second] = draw(1);
    expect(first).not.toEqual(second);
    expect(list(rng(1).uniform([3]))).toEqual(list(uniform(foldIn(key(1), 0), [3])));
  });

  it('permutes: every number once', () => {
    const places = rng(3).permutation(100);
    expect(list(places).sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(places.dtype).toBe('i32');
    expect(list(places)).not.toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(() => rng(3).permutation(-1)).toThrow(ShapeError);
  });

  it('throws where a program is only recorded, and works where it is also computed', () => {
    const random = rng(1);
    const noisy = customGradient((x) => add(x, random.uniform([1], { dtype: 'f64' })), ({ grad: g }) => [g]);
    expect(() => grad((x: Tensor) => sum(noisy(x)))(f64([1]))).toThrow(TraceError);
    const slope = grad((x: Tensor) => sum(mul(x, random.uniform([1], { low: 2, high: 3, dtype: 'f64' }))))(f64([1]));
    expect(slope.item()).toBeGreaterThanOrEqual(2);
  });
});
