import { describe, expect, it } from 'vitest';
import { compareBlock, digitsOf, isFloat32 } from '../../src/check/foreign.ts';
import { noiseOf } from '../../src/check/noise.ts';
import { seeded } from '../../src/check/seeded.ts';

/** One input of a foreign function, whose gradient is claimed to be `own`. */
function compare(value: (x: Float64Array) => number, numbers: number[], own: readonly number[]) {
  const point = Float64Array.from(numbers);
  const noise = noiseOf((h) => value(point.map((x, i) => x + h * (Math.abs(x) + 0.1) * (i % 2 === 0 ? 1 : -1))));
  const block = { name: 'x', shape: [numbers.length], offset: 0, size: numbers.length };
  return compareBlock(block, point, own, { seed: 1, f0: value(point), at: value, noise }, seeded(1));
}
const wrong = (result: ReturnType<typeof compare>): string[] => result.findings.flatMap((finding) => finding.wrong ?? []);
const leftOut = (result: ReturnType<typeof compare>): string[] => result.findings.flatMap((finding) => finding.leftOut ?? []);

describe('an entry at a kink', () => {
  const relu = (x: Float64Array): number => Math.max(x[0]!, 0) + x[1]!;
  it('may have any slope between the one-sided ones', () => {
    for (const slope of [0, 0.5, 1]) expect(wrong(compare(relu, [0, 3], [slope, 1]))).toEqual([]);
    expect(compare(relu, [0, 3], [0, 1]).findings[0]!.border).toMatchObject({ kind: 'kink', left: 0 });
  });

  it('may not have a slope beyond them, whichever of them is the steeper', () => {
    expect(wrong(compare(relu, [0, 3], [7, 1]))).toEqual(['∂f/∂x[0]: gradient 7, outside the one-sided slopes 0 and 1 (a kink)']);
    expect(wrong(compare(relu, [0, 3], [-0.001, 1]))).toHaveLength(1);
    const falling = (x: Float64Array): number => Math.min(x[0]!, 0) * 2 - Math.max(x[0]!, 0);
    expect(wrong(compare(falling, [0], [-1]))).toEqual([]);
    expect(wrong(compare(falling, [0], [2.01]))).toHaveLength(1);
    expect(wrong(compare(falling, [0], [-1.01]))).toHaveLength(1);
  });
});

describe('an entry whose slope grows without bound', () => {
  const root = (x: Float64Array): number => (x[0]! > 0 ? Math.sqrt(x[0]!) : 3 * x[0]!) + x[1]!;

  it('on one side may have any slope beyond the finite one', () => {
    for (const slope of [3, 4, 1e9]) expect(wrong(compare(root, [0, 3], [slope, 1]))).toEqual([]);
    expect(wrong(compare(root, [0, 3], [2.9, 1]))[0]).toMatch(/outside the one-sided slopes 3 and ∞/);
  });

  it('on both is left out', () => {
    expect(leftOut(compare((x) => Math.cbrt(x[0]!) + x[1]!, [0, 3], [5, 1]))).toEqual(['x[0] (its slope is ∞ on both sides)']);
    expect(wrong(compare((x) => Math.sqrt(Math.abs(x[0]!)) + x[1]!, [0, 3], [5, 1]))).toEqual([]);
  });
});

describe('the cause of a wrong slope at a kink', () => {
  it.each([[Math.abs, 1.5], [Math.abs, -3], [(x: number) => Math.max(0, x), -0.5]])('is the kink, and no sign: %s, %d', (f, slope) => {
    expect(compare((x) => f(x[0]!), [0], [slope]).cause!.name).toBe('kink');
  });

  it('is told by the other entries where they are wrong too', () => {
    const value = (x: Float64Array): number => Math.abs(x[0]!) + x[1]! ** 2 + 3 * x[2]!;
    expect(compare(value, [0, 3, 1], [7, -6, -3]).cause!.name).toBe('sign');
  });
});

describe('what cannot be compared', () => {
  it('is named with its reason: a jump by its size, an edge, too few digits', () => {
    const step = (x: Float64Array): number => (x[0]! < 0 ? 1 : 1.75) + x[1]!;
    expect(leftOut(compare(step, [0, 3], [0, 1]))).toEqual(['x[0] (the value jumps by 0.75)']);
    expect(leftOut(compare((x) => Math.floor(x[0]!) + x[1]!, [2 + 1e-12, 1], [0, 1]))).toEqual(['x[0] (the value jumps by 1)']);
    // A kink beside the point is not known, and no jump.
    const relu = (x: Float64Array): number => x.reduce((sum, v) => sum + Math.max(v, 0), 0);
    expect(leftOut(compare(relu, [1e-9, 1, -1e-12], [1, 1, 0]))).toEqual([expect.stringMatching(/^x\[2\] \(differences know/)]);
    expect(leftOut(compare((x) => Math.sqrt(x[0]!), [0], [1]))).toEqual(['x[0] (an edge of the domain)']);
    const coarse = compare((x) => Math.round(500 * Math.sin(x[0]!)) / 500, [0.5], [Math.cos(0.5)]);
    expect(leftOut(coarse)[0]).toMatch(/^x\[0\] \(differences know \d\.\d digits of it\)$/);
  });

  it('are not entries whose gradient is nothing beside the value', () => {
    const dead = (x: Float64Array): number => Math.fround(3 + 0 * x[0]!);
    expect(compare(dead, [0.5, 1], [0, 0]).findings.every(({ entry }) => entry !== undefined)).toBe(true);
    expect(wrong(compare(dead, [0.5, 1], [0, 1]))).toHaveLength(1);
  });
});

describe('the digits demanded', () => {
  const sines = (x: Float64Array): number => x.reduce((sum, v) => Math.fround(sum + Math.fround(Math.sin(Math.fround(v)))), 0);
  const cosines = [0.5, 1.2, -0.2].map((v) => Math.fround(Math.cos(v)));
  it('are what the differences of a Float32 value know, and no fewer', () => {
    expect(wrong(compare(sines, [0.5, 1.2, -0.2], cosines))).toEqual([]);
    const result = compare(sines, [0.5, 1.2, -0.2], cosines.map((x, i) => (i === 1 ? 1.005 * x : x)));
    expect(wrong(result)).toHaveLength(1);
    expect(wrong(result)[0]).toMatch(/∂f\/∂x\[1\]: .*, [345] demanded\)$/);
  });

  it('leave the usual mistakes their names', () => {
    const cause = (own: readonly number[]): string => compare(sines, [0.5, 1.2, -0.2], own).cause!.name;
    expect(cause(cosines.map((x) => 2 * x))).toBe('factor');
    expect(cause(cosines.map((x) => -x))).toBe('sign');
    expect(cause(cosines.map((x, i) => (i === 0 ? -x : x)))).toBe('signs');
    expect(cause(cosines.map((x, i) => (i === 0 ? x + 1 : x)))).toBe('entries');
    // Slopes known to three digits are still told from their negatives.
    const coarse = (x: Float64Array): number => Math.round(1e5 * x.reduce((sum, v) => sum + Math.sin(v), 0)) / 1e5;
    expect(compare(coarse, [0.5, 1.2, -0.2], cosines.map((x, i) => (i === 0 ? -x : x))).cause!.name).toBe('signs');
  });

  it('are at most six, and five for gradients in Float32', () => {
    expect([0, 1e-9, 1e-4, 0.03, 1].map(digitsOf)).toEqual([6, 6, 4, 1, 0]);
    expect([isFloat32(cosines), isFloat32([1, 0.5, -3]), isFloat32([0.1])]).toEqual([true, false, false]);
    // What is no fraction shows nothing.
    expect([isFloat32([5000000]), isFloat32([1000001, 500000.5, 0]), isFloat32([5000000, Math.fround(1 / 3)])]).toEqual([false, false, true]);
    // Off by a unit of the last place of the largest entry: not a mistake, for numbers of 24 bits.
    const value = (x: Float64Array): number => x[0]! / 3 + x[1]! / 3e3;
    expect(wrong(compare(value, [1, 1], [Math.fround(1 / 3), Math.fround(1 / 3e3 + 2e-8)]))).toEqual([]);
    expect(wrong(compare(value, [1, 1], [1 / 3, 1 / 3e3 + 2e-8]))).toHaveLength(1);
  });
});
