import { describe, expect, it } from 'vitest';
import { along, borderNear, differences, type Probe } from '../../src/check/differences.ts';
import { type Tensor, tensor, trace } from '../../src/graph/index.ts';
import * as P from '../../src/primitives/index.ts';

/** A function whose decisions are the signs of some distances to borders. */
const probe = (f: (x: number) => number[], x0: number, borders: (x: number) => number[] = () => []) =>
  (h: number): Probe => ({ values: Float64Array.from(f(x0 + h)), decisions: [{ step: 7, taken: borders(x0 + h).map(Math.sign) }] });
const foreign = (f: (x: number) => number, x0: number) => (h: number): Probe => ({ values: Float64Array.of(f(x0 + h)) });

describe('inside a cell', () => {
  it('gives ten digits and more for smooth functions, and an error estimate that covers the error', () => {
    const functions: [(x: number) => number, (x: number) => number][] = [
      [Math.exp, Math.exp], [Math.sin, Math.cos], [(x) => x ** 3, (x) => 3 * x * x], [(x) => Math.exp(64 * x), (x) => 64 * Math.exp(64 * x)],
      [(x) => Math.log(x), (x) => 1 / x], [() => 3, () => 0],
    ];
    for (const [f, slope] of functions) {
      const found = differences(probe((x) => [f(x)], 0.7));
      expect(Math.abs(found.derivative[0]! - slope(0.7))).toBeLessThanOrEqual(1e-10 * Math.abs(slope(0.7)));
      expect(Math.abs(found.derivative[0]! - slope(0.7))).toBeLessThanOrEqual(20 * found.error[0]! + 1e-12 * Math.abs(slope(0.7)));
    }
  });

  it('treats every entry of a vector on its own', () => {
    const found = differences(probe((x) => [x, Math.exp(50 * x), 5], 0.3));
    expect(found.derivative[0]).toBeCloseTo(1, 12);
    expect(found.derivative[1]! / (50 * Math.exp(15))).toBeCloseTo(1, 9);
    expect(found.derivative[2]).toBe(0);
  });

  it('shrinks h until both sides are in the cell, and says which border made it', () => {
    const at: number[] = [];
    const base = probe((x) => [Math.max(x, 0) + Math.exp(x)], 1e-3, (x) => [5, x]);
    const found = differences((h) => (at.push(h), base(h)));
    expect(found.derivative[0]).toBeCloseTo(1 + Math.exp(1e-3), 9);
    expect(found.border).toBeUndefined();
    expect(found.near).toMatchObject({ flip: { step: 7, entry: 1, before: 1, after: -1 } });
    expect(found.near!.outside).toBeLessThan(-1e-3);
    expect(found.near!.inside).toBeGreaterThan(-1e-3);
    expect(found.h).toBeLessThan(1e-3);
  });

  it('stays inside the domain of a function', () => {
    const found = differences(probe((x) => [Math.sqrt(x)], 1e-4));
    expect(found.derivative[0]).toBeCloseTo(50, 7);
    expect(found.near).toBeDefined();
  });

  it('uses no point beyond a border, also where the ends of the interval look alike', () => {
    // Decisions at ±1/16 are those of the base; a spike between them lies in another cell.
    const spike = (x: number): number => (Math.abs(x - 1 / 32) < 1e-3 ? 1 : 0);
    const found = differences(probe((x) => [x + 100 * spike(x)], 0, (x) => [spike(x)]));
    expect(found.derivative[0]).toBeCloseTo(1, 9);
  });
});

describe('at a border', () => {
  it('reports both slopes of a kink', () => {
    const found = differences(probe((x) => [Math.max(x, 0) * 3 + x], 0, (x) => [x]));
    expect(found.border).toMatchObject({ kind: 'kink', flip: { step: 7 } });
    expect(found.border!.left[0]).toBeCloseTo(1, 9);
    expect(found.border!.right[0]).toBeCloseTo(4, 9);
    expect(found.derivative[0]).toBeNaN();
  });

  it('gives the slope of the side the base belongs to', () => {
    const found = differences(probe((x) => [x < 0 ? -x : 2 * x], 0, (x) => [x < 0 ? 1 : -1]));
    expect(found.border!.kind).toBe('kink');
    expect(found.derivative[0]).toBeCloseTo(2, 9);
  });

  it('reports the size of a jump', () => {
    const found = differences(probe((x) => [x < 0 ? Math.sin(x) : Math.sin(x) + 0.25], 0, (x) => [x < 0 ? 1 : -1]));
    expect(found.border!.kind).toBe('jump');
    expect(found.border!.size[0]).toBeCloseTo(0.25, 10);
  });

  it('calls a point value unlike both sides a jump', () => {
    expect(differences(probe((x) => [x === 0 ? 1 : 0], 0, (x) => [x === 0 ? 1 : 0])).border!.kind).toBe('jump');
  });

  it('reports the edge of a domain', () => {
    expect(differences(probe((x) => [Math.sqrt(x)], 0)).border!.kind).toBe('edge');
  });

  it('finds nothing to report where decisions change and neither value nor slope does', () => {
    const found = differences(probe((x) => [Math.exp(x)], 0, (x) => [x]));
    expect(found.border).toBeUndefined();
    expect(found.derivative[0]).toBeCloseTo(1, 9);
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

describe('without decisions', () => {
  it('smooth functions are differentiated', () => {
    expect(differences(foreign(Math.exp, 1)).derivative[0]).toBeCloseTo(Math.E, 9);
  });

  it('a kink and a jump at the point are inferred from their two sides', () => {
    expect(differences(foreign(Math.abs, 0)).border).toMatchObject({ kind: 'kink' });
    expect(differences(foreign((x) => (x < 0 ? x : x + 1), 0)).border).toMatchObject({ kind: 'jump' });
  });
});

describe('along', () => {
  const f = (x: Tensor): Tensor => P.sumTo(P.maximum(P.mul(x, x), P.mul(x, 3)), []);
  it('moves one step of a graph and leaves the cell of nothing else', () => {
    const traced = trace(f, [tensor([1, 4], { dtype: 'f64' })]);
    const at = traced.recorder.tensors[traced.inputs[0]!]!.read();
    const found = along(traced.graph, traced.outputs[0]!, traced.inputs[0]!, at, Float64Array.of(1, 10))!;
    expect(found.derivative[0]).toBeCloseTo(3 + 10 * 8, 9);
    expect(found.noise[0]).toBeGreaterThan(0);
  });

  it('is undefined at a border', () => {
    const traced = trace(f, [tensor([3, 4], { dtype: 'f64' })]);
    const at = traced.recorder.tensors[traced.inputs[0]!]!.read();
    expect(along(traced.graph, traced.outputs[0]!, traced.inputs[0]!, at, Float64Array.of(1, 0))).toBeUndefined();
  });
});
