import { describe, expect, it } from 'vitest';
import { borderNear, kindOf, type Probe, type Side, sideOf } from '../../src/check/borders.ts';
import { differences } from '../../src/check/differences.ts';

/** A function whose decisions are the signs of some distances to borders. */
const probe = (f: (x: number) => number[], x0: number, borders: (x: number) => number[] = () => []) =>
  (h: number): Probe => ({
    values: Float64Array.from(f(x0 + h)), decisions: [{ step: 7, taken: borders(x0 + h).map(Math.sign) }],
  });

const reach = { smallest: 1e-9, widest: 1e-4 };

describe('one side of a point', () => {
  it('gives the limits of value and slope', () => {
    const side = sideOf(probe((x) => [Math.exp(x), 3], 0.5, (x) => [x < 0.5 ? 1 : -1]), -1, reach);
    expect(side.value[0]).toBeCloseTo(Math.exp(0.5), 12);
    expect(side.slope[0]).toBeCloseTo(Math.exp(0.5), 8);
    expect([side.value[1], Math.abs(side.slope[1]!) < 1e-9]).toEqual([3, true]);
  });

  it('stays in the cell that begins there, however thin it is', () => {
    const side = sideOf(probe((x) => [x > 1e-5 ? 100 : 2 * x], 0, (x) => [x > 1e-5 ? 1 : -1]), 1, reach);
    expect(side.value[0]).toBeCloseTo(0, 12);
    expect(side.slope[0]).toBeCloseTo(2, 6);
  });
});

describe('a side that changes fast', () => {
  it('is not believed where two polynomials agree by accident', () => {
    for (const x0 of [0.3, 1.1, -0.7, 5]) {
      for (const speed of [200, 2000]) {
        const side = sideOf((h) => ({ values: Float64Array.of(Math.sin(speed * (x0 + h))) }), 1, { smallest: 2 ** -36, widest: 2 ** -7 });
        expect(Math.abs(side.slope[0]! - speed * Math.cos(speed * x0))).toBeLessThanOrEqual(8 * side.slopeError[0]!);
        expect(Math.abs(side.value[0]! - Math.sin(speed * x0))).toBeLessThanOrEqual(8 * side.valueError[0]!);
        expect(side.slopeError[0]).toBeLessThan(1e-4 * speed);
      }
    }
  });

  it('whose slope has no limit is no kink', () => {
    const steep = (x: number): number[] => [x > 0 ? x ** 1.3 : 0];
    const [left, right] = [-1, 1].map((sign) => sideOf(probe(steep, 0, (x) => [x]), sign as 1 | -1, reach));
    expect(kindOf(left!, right!, Float64Array.of(0), 1)).toBeUndefined();
  });
});

describe('a side that grows steeper without bound', () => {
  const at = (f: (x: number) => number): ReturnType<typeof sideOf>[] =>
    [-1, 1].map((sign) => sideOf(probe((x) => [f(x)], 0, (x) => [x]), sign as 1 | -1, reach));

  it('has an infinite slope, and makes a kink with whatever lies across', () => {
    for (const power of [0.3, 0.5, 0.9]) {
      for (const size of [1e-8, 1, 1e8]) {
        const [left, right] = at((x) => (x > 0 ? -size * x ** power : 3 * x)) as [Side, Side];
        expect([left.slope[0], right.slope[0]]).toEqual([expect.closeTo(3, 5), -Infinity]);
        expect(kindOf(left, right, Float64Array.of(0), 1)).toBe('kink');
      }
    }
    const [left, right] = at((x) => Math.cbrt(x)) as [Side, Side];
    expect([left.slope[0], right.slope[0], kindOf(left, right, Float64Array.of(0), 1)]).toEqual([Infinity, Infinity, 'kink']);
  });

  it('is told from rounding, and from a slope that is steep and finite', () => {
    // Beside a root every look is taken, and the rounding of a constant over h grows with each.
    const beside = sideOf(probe((x) => [Math.sqrt(Math.abs(x)), 1.1, 1, 0.3], 0, (x) => [x]), 1, reach);
    expect([...beside.slope].map(Number.isFinite)).toEqual([false, true, true, true]);
    for (const f of [(x: number): number => x * x, (x: number): number => 1 + 1e-9 * x, (x: number): number => Math.tanh(1e5 * x), Math.abs]) {
      for (const side of at(f)) expect(Math.abs(side.slope[0]!)).toBeLessThan(2e5);
    }
  });
});

describe('a staircase finer than can be seen', () => {
  it('is not resolved, and counts as a jump', () => {
    const at = (h: number): Probe => {
      const values = Float64Array.of(Math.floor((0.3 + h) * 1e12));
      return { values, decisions: [{ step: 7, taken: values }] };
    };
    const [left, right] = [sideOf(at, -1, reach), sideOf(at, 1, reach)];
    expect([left.resolved, right.resolved]).toEqual([false, false]);
    expect(kindOf(left, right, at(0).values, 1)).toBe('jump');
  });
});

describe('two sides', () => {
  const sides = (below: (x: number) => number, above: (x: number) => number, middle = above(0)) => {
    const at = probe((x) => [x < 0 ? below(x) : x > 0 ? above(x) : middle], 0, (x) => [x]);
    return kindOf(sideOf(at, -1, reach), sideOf(at, 1, reach), Float64Array.of(middle), 1);
  };
  it('are told apart by existence, by values, then by slopes', () => {
    expect(sides((x) => Math.log(x), (x) => x)).toBe('edge');
    expect(sides((x) => x, (x) => x + 1e-3)).toBe('jump');
    expect(sides((x) => x, (x) => x, 1e-3)).toBe('jump');
    expect(sides((x) => x, (x) => 1.001 * x)).toBe('kink');
    expect(sides((x) => Math.sin(x), (x) => x)).toBeUndefined();
  });

  it('a kink at a value of 0 is no jump, and rounding is no kink', () => {
    expect(sides((x) => -1e-9 * x, (x) => 1e-9 * x)).toBe('kink');
    expect(sides((x) => 1e6 + 1e-12 * x, (x) => 1e6 - 1e-12 * x)).toBeUndefined();
  });
});

describe('across a border nearby', () => {
  it('is located and measured from both sides', () => {
    const base = probe((x) => [x < 0.01 ? x : 5 * x - 0.04], 0, (x) => [x < 0.01 ? 1 : -1]);
    const found = differences(base);
    const border = borderNear(base, found.near!);
    expect(border).toMatchObject({ kind: 'kink', flip: { step: 7 } });
    expect(border.distance).toBeCloseTo(0.01, 12);
    expect([border.left[0], border.right[0]].map((x) => Math.round(x! * 1e6) / 1e6)).toEqual([1, 5]);
  });

  it('may have no effect', () => {
    const base = probe((x) => [x * x], 0, (x) => [x < -0.003 ? 1 : -1]);
    expect(borderNear(base, differences(base).near!).kind).toBe('smooth');
  });
});
