import { describe, expect, it } from 'vitest';
import type { Probe } from '../../src/check/borders.ts';
import { along, differences, roundingOf, sizeOfNumbers, stepsFor } from '../../src/check/differences.ts';
import { type Tensor, tensor, trace } from '../../src/graph/index.ts';
import * as P from '../../src/primitives/index.ts';

/** A function whose decisions are the signs of some distances to borders. */
const probe = (f: (x: number) => number[], x0: number, borders: (x: number) => number[] = () => []) =>
  (h: number): Probe => ({
    values: Float64Array.from(f(x0 + h)), decisions: [{ step: 7, taken: borders(x0 + h).map(Math.sign) }],
  });
const foreign = (f: (x: number) => number, x0: number) => (h: number): Probe => ({ values: Float64Array.of(f(x0 + h)) });

describe('inside a cell', () => {
  it('gives ten digits and more for smooth functions, and an error estimate that covers the error', () => {
    const functions: [(x: number) => number, (x: number) => number][] = [
      [Math.exp, Math.exp], [Math.sin, Math.cos], [(x) => x ** 3, (x) => 3 * x * x],
      [(x) => Math.exp(64 * x), (x) => 64 * Math.exp(64 * x)], [(x) => Math.log(x), (x) => 1 / x], [() => 3, () => 0],
    ];
    for (const [f, slope] of functions) {
      const found = differences(probe((x) => [f(x)], 0.7));
      const error = Math.abs(found.derivative[0]! - slope(0.7));
      const scale = Math.abs(slope(0.7));
      expect(error).toBeLessThanOrEqual(1e-10 * scale);
      expect(error).toBeLessThanOrEqual(20 * found.error[0]! + 1e-12 * scale);
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
    expect(found.steps[0]).toBeLessThan(1e-3);
  });

  it('finds a cell that is narrower than the steps it would like to take', () => {
    // Steps of 1e-8: flat inside, of slope 1 from afar.
    const found = differences((h) => {
      const stair = Float64Array.of(Math.round((0.3 + h) * 1e8) / 1e8);
      return { values: stair, decisions: [{ step: 7, taken: stair }] };
    });
    expect([found.derivative[0], found.border]).toEqual([0, undefined]);
  });

  it('stays inside the domain of a function', () => {
    const found = differences(probe((x) => [Math.sqrt(x)], 1e-4));
    expect(found.derivative[0]).toBeCloseTo(50, 7);
    expect(found.near).toBeDefined();
  });

  it('uses no point beyond a border, also where the ends of the interval look alike', () => {
    // At ±1/16 the decisions are those of the base; the ring in between, of slope 5, lies in another cell.
    for (const inner of [1e-2, 1e-3, 1e-5]) {
      const ring = (x: number): boolean => Math.abs(x) > inner && Math.abs(x) < 0.05;
      const found = differences(probe((x) => [ring(x) ? 5 * x : Math.sin(x)], 0, (x) => [ring(x) ? 1 : -1]));
      expect(found.derivative[0]).toBeCloseTo(1, 9);
      expect(found.error[0]).toBeLessThan(1e-8);
      expect(found.steps[0]).toBeLessThan(inner);
    }
  });

  it('starts again closer when the function changes faster than the first steps show', () => {
    const found = differences(probe((x) => [Math.exp(5000 * x)], 0.01));
    expect(found.derivative[0]! / (5000 * Math.exp(50))).toBeCloseTo(1, 9);
  });

  it('does not take two coarsely rounded differences that agree by accident for an exact one', () => {
    // A value of 1 that moves by a hundred millionth: its last digits are all there is to see.
    const found = differences(probe((x) => [1 + 1e-8 * Math.sin(x)], 0.5));
    expect(Math.abs(found.derivative[0]! - 1e-8 * Math.cos(0.5))).toBeLessThan(1e-13);
    expect(found.error[0]).toBeGreaterThan(0);
    expect(found.error[0]).toBeLessThan(1e-12);
  });
});

describe('steps', () => {
  it('have the size of the numbers that move; zeros have none', () => {
    expect([[1e-8, -3e-8], [0, 0], []].map(sizeOfNumbers)).toEqual([3e-8, 1, 1]);
    expect(stepsFor(16, 3)).toEqual({ start: 1, narrow: 2 ** -16 });
    expect(stepsFor(16, 16e-9)).toEqual({ start: 1, narrow: 1e-9 });
    // What is nothing beside its neighbours has no size of its own.
    expect(stepsFor(16, 1e-30)).toEqual({ start: 1, narrow: 2 ** -16 });
  });

  it('go on shrinking until the function is seen, however fast it changes', () => {
    for (const speed of [1e3, 1e6, 1e9]) {
      const found = differences(probe((x) => [Math.sin(speed * x)], 0.7));
      expect(found.derivative[0]! / speed).toBeCloseTo(Math.cos(speed * 0.7), 5);
      expect(found.steps[0]! * speed).toBeLessThan(1);
    }
  });

  it('wide ones that agree perfectly are not believed where a narrow one disagrees', () => {
    // A peak so thin that ±1/16 … ±2^−13 lie on the plain around it.
    const peak = (x: number): number[] => [Math.exp(-((x / 1e-8) ** 2))];
    const at = 0.3e-8;
    const found = differences(probe(peak, at), stepsFor(1, at));
    const slope = (-2 * at / 1e-16) * peak(at)[0]!;
    expect(found.derivative[0]! / slope).toBeCloseTo(1, 7);
  });

  it('are wide where an entry has no size of its own to speak of', () => {
    const found = differences(probe((x) => [1 + Math.sin(x)], 1e-14), stepsFor(1, 1e-14));
    expect(Math.abs(found.derivative[0]! - 1)).toBeLessThan(1e-10);
  });

  it('the rounding floor is that of each entry at its own step, with μ where the steps lead', () => {
    const found = differences(probe((x) => [x, Math.sin(1e6 * x)], 0));
    const spreadAt = (h: number): Float64Array => Float64Array.of(h === 0 ? 0 : 3, 1);
    const [slow, fast] = roundingOf(found, spreadAt(0), spreadAt);
    expect(slow! / ((64 * 2 ** -52 * 3) / found.steps[0]!)).toBeCloseTo(1, 12);
    expect(fast! / ((64 * 2 ** -52) / found.steps[1]!)).toBeCloseTo(1, 12);
    expect(found.steps[0]! / found.steps[1]!).toBeGreaterThan(1e3);
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

describe('without decisions', () => {
  it('smooth functions are differentiated', () => {
    expect(differences(foreign(Math.exp, 1)).derivative[0]).toBeCloseTo(Math.E, 9);
  });

  it('a kink and a jump at the point are inferred from their two sides', () => {
    expect(differences(foreign(Math.abs, 0)).border).toMatchObject({ kind: 'kink' });
    expect(differences(foreign((x) => (x < 0 ? x : x + 1), 0)).border).toMatchObject({ kind: 'jump' });
  });
});

describe('without decisions, far from 1', () => {
  it('tells a kink from a jump at every scale, and neither from fast change', () => {
    for (const scale of [1e-8, 1, 1e8]) {
      const steps = { start: scale / 16 };
      expect(differences(foreign((x) => Math.abs(x / scale), 0), steps).border).toMatchObject({ kind: 'kink' });
      expect(differences(foreign((x) => (x < 0 ? 0 : 1e-3) + x / scale, 0), steps).border).toMatchObject({ kind: 'jump' });
      expect(differences(foreign((x) => Math.sin((200 * x) / scale), 5 * scale), steps).border).toBeUndefined();
    }
  });

  it('does not call noise a border when it is told how much there is', () => {
    const noisy = foreign((x) => Math.fround(Math.sin(x)), 0.7);
    const found = differences(noisy, { spread: Float64Array.of(2 ** -24 / 2 ** -52), widest: 2 ** -7 });
    expect(found.border).toBeUndefined();
    expect(Math.abs(found.derivative[0]! - Math.cos(0.7))).toBeLessThan(8 * found.error[0]!);
    expect(found.error[0]).toBeLessThan(1e-4);
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
