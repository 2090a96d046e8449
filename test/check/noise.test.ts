import { describe, expect, it } from 'vitest';
import { noiseOf } from '../../src/check/noise.ts';

const point = [0.5, 1.7, -0.2, 0.9];
const direction = [1, -0.3, 0.7, 0.2];
const noise = (f: (x: readonly number[]) => number) => noiseOf((h) => f(point.map((x, i) => x + h * direction[i]!)));
const sines = (x: readonly number[], precision = (y: number): number => y): number =>
  x.reduce((sum, v) => precision(sum + precision(Math.sin(precision(v)))), 0);

describe('the noise of a value', () => {
  it('is a few units of rounding for Float64 and for Float32, whichever part of the tool computes in it', () => {
    expect(noise(sines).level / 2 ** -52).toBeLessThan(8);
    const all = noise((x) => sines(x, Math.fround));
    expect(all.float32).toBe(true);
    for (const { level } of [all, noise((x) => Math.fround(sines(x))), noise((x) => sines(x.map(Math.fround)))]) {
      expect(level).toBeGreaterThan(2 ** -28);
      expect(level).toBeLessThan(2 ** -20);
    }
    expect(noise(sines).float32).toBe(false);
  });

  it('of a Float32 value that does not change is a unit of its last place', () => {
    expect(noise(() => Math.fround(Math.PI))).toEqual({ level: 2 ** -23 * Math.fround(Math.PI), float32: true });
    expect(noise((x) => Math.fround(Math.tanh(1e3 * x[0]!))).level).toBe(2 ** -23);
    expect(noise(() => 0)).toEqual({ level: 0, float32: true });
  });

  it('is seen however coarse it is, and where large numbers cancel', () => {
    expect(noise((x) => Math.round(1e3 * sines(x)) / 1e3).level).toBeGreaterThan(1e-4);
    const cancelling = noise((x) => 1e8 + Math.sin(x[0]!) - 1e8).level;
    expect(cancelling).toBeGreaterThan(1e-9);
    expect(cancelling).toBeLessThan(1e-7);
  });

  it('is not a slope, fast change, a kink or a jump at the point', () => {
    expect(noise(() => Math.PI).level).toBe(0);
    const smooth: ((x: readonly number[]) => number)[] = [
      (x) => 1e6 * x[0]!, (x) => Math.sin(2e4 * x[0]!), (x) => Math.sin(7e7 * x[0]!), (x) => Math.abs(x[0]! - 0.5), (x) => (x[0]! < 0.5 ? 1 : 2) + x[1]!,
    ];
    for (const f of smooth) expect(noise(f).level / Math.max(1, Math.abs(f(point)))).toBeLessThan(1e-11);
  });

  it('may be on one side of the point only', () => {
    const sine = (x: number): number => Math.sin(x);
    expect(noise((x) => (x[0]! < 0.5 ? Math.fround(sine(x[0]!)) : sine(x[0]!))).level).toBeGreaterThan(1e-9);
    expect(noise((x) => (x[0]! > 0.5 ? Math.fround(sine(x[0]!)) : sine(x[0]!))).level).toBeGreaterThan(1e-9);
  });

  it('stops where values are no longer finite', () => {
    expect(noise((x) => Math.log(x[0]! - 0.5)).level).toBeLessThan(1e-13);
    expect(noise((x) => (x[0] === 0.5 ? 0.3 : Infinity)).level).toBe(0);
  });
});
