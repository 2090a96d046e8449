// Central differences along one direction, extrapolated to h → 0 (Richardson; the tableau and its error estimate as in
// Ridders 1982), that never leave the cell of the base point: h shrinks until both sides decide as the base does, and
// on until the estimate trusts itself or rounding takes over. What wide steps say must be borne out by a narrow one.
// Where a border runs through the base point itself there is no derivative; both one-sided limits are measured
// instead, which tells a kink (slopes differ) from a jump (values differ).

import { epsilon } from '../base/dtype.ts';
import { evaluate } from '../graph/evaluate.ts';
import type { Graph } from '../graph/graph.ts';
import { Value } from '../graph/value.ts';
import { type Border, bothSides, flipAt, kindOf, type Near, type Probe, type Reach, sideOf } from './borders.ts';
import { decisionsOf, type Flip } from './cells.ts';
import { forwardDual } from './dual.ts';

export interface Differences {
  /** At a border: the slope on the side whose decisions the base shares, NaN when there is none. */
  readonly derivative: Float64Array;
  /** The method's own estimate of its error, per entry: what extrapolation changed, and the rounding of the values over h. */
  readonly error: Float64Array;
  /** The step each entry was taken from: values with rounding error e give slopes with error e/h. */
  readonly steps: Float64Array;
  readonly border?: Border;
  /** The border that made h shrink: same decisions at `inside`, another one at `outside` (both signed). */
  readonly near?: Near;
}

export interface DifferenceOptions {
  /** The first h tried. Default 2^−4. */
  readonly start?: number;
  /** The step an answer is tried again at: what is flat for wide steps may be steep at the point. Default start · 2^−16. */
  readonly narrow?: number;
  /** A border nearer than this is a border at the base point. Default start · 2^−32, or what `narrow` needs. */
  readonly smallest?: number;
  /** μ of every value (see `dual`): eps·μ is its rounding error. Default |value|, which sees no cancellation. */
  readonly spread?: Float64Array;
  /** How far the sides of a border are looked at. Default start · 2^−10. */
  readonly widest?: number;
}

/** The size of the numbers that move: the largest of them; 1 for nothing but zeros, which have no size. */
export function sizeOfNumbers(numbers: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < numbers.length; i++) most = Math.max(most, Math.abs(numbers[i]!));
  return most > 0 && most < Infinity ? most : 1;
}

/** Steps for an entry `own` of an array whose numbers are of size `around`: wide as the array, tried again at its own size. */
export function stepsFor(around: number, own: number): { start: number; narrow: number } {
  const start = around / 16;
  const size = Math.abs(own) / 16;
  return { start, narrow: Math.min(start * 2 ** -16, size >= start * 2 ** -40 ? size : Infinity) };
}

export function differences(probe: (h: number) => Probe, options: DifferenceOptions = {}): Differences {
  const start = options.start ?? 2 ** -4;
  const narrow = options.narrow ?? start * 2 ** -16;
  const smallest = options.smallest ?? Math.min(start * 2 ** -32, narrow * 2 ** -12);
  const base = probe(0);
  const mu = sizesOf(base.values, options.spread);
  const reach = { smallest: start * 2 ** -32, widest: options.widest ?? start * 2 ** -10, noise: mu.map((x) => epsilon.f64 * x) };
  const scene = { probe, base, mu, reach, start, narrow, smallest };
  let near: Near | undefined;
  for (let h = start; h >= smallest; h /= 4) {
    const outside = [h, -h].map((side) => ({ side, flip: flipAt(base, probe(side)) })).find(({ flip }) => flip !== undefined);
    if (outside === undefined) return settle(scene, h, near && { ...near, inside: Math.sign(near.outside) * h });
    near = { inside: 0, outside: outside.side, ...(outside.flip !== 'domain' && { flip: outside.flip! }) };
  }
  return acrossBase(scene, near?.flip);
}

/** μ of every value; where it is not finite (π is acos(-1), where the slope is infinite) the value is all that is known. */
function sizesOf(values: ArrayLike<number>, spread: Float64Array | undefined): Float64Array {
  return Float64Array.from(values, (y, k) => (Number.isFinite(spread?.[k]) ? spread![k]! : Math.abs(y)));
}

interface Scene {
  readonly probe: (h: number) => Probe;
  readonly base: Probe;
  readonly mu: Float64Array;
  readonly reach: Reach;
  readonly start: number;
  readonly narrow: number;
  readonly smallest: number;
}

/**
 * Extrapolates from h, and again from smaller starts while that is not accurate: the function may change faster than h
 * shows, or ±h may look like the base across another cell.
 */
function settle(scene: Scene, h: number, near: Near | undefined): Differences {
  const witness = narrowSlope(scene, Math.min(scene.narrow, h * 2 ** -10));
  const from = (start: number): Estimate => borneOut(tableau(scene, start), start, witness);
  let best = from(h);
  for (let start = h / 64; start >= scene.smallest && !settled(best) && !atRounding(scene, best, start); start /= 64) {
    best = better(best, from(start));
  }
  // A symmetric kink (|x| at 0) has converging central differences: without decisions both sides are looked at, no
  // wider than the function was found to be smooth.
  if (scene.base.decisions === undefined) {
    const known = best.steps.filter((_, k) => best.error[k]! < Infinity);
    const widest = known.reduce((least, step) => Math.min(least, step), scene.reach.widest);
    const border = borderAt({ ...scene, reach: { ...scene.reach, widest } }, undefined);
    if (border !== undefined) return border;
  }
  return { derivative: best.derivative, error: best.error, steps: best.steps, ...(near && { near }) };
}

/** Per entry: the slope, its error, the part of it that is rounding, and the step it was taken from. */
interface Estimate {
  readonly derivative: Float64Array;
  readonly error: Float64Array;
  readonly rounding: Float64Array;
  readonly steps: Float64Array;
}

const rounds = 10;

function tableau({ probe, base, mu }: Scene, start: number): Estimate {
  const n = base.values.length;
  const best: Estimate = {
    derivative: new Float64Array(n), error: new Float64Array(n).fill(Infinity),
    rounding: new Float64Array(n), steps: new Float64Array(n).fill(start),
  };
  let before: Float64Array[] = [];
  let h = start;
  for (let i = 0; i < rounds; i++, h /= 2) {
    const [up, down] = [probe(h), probe(-h)];
    // A cell need not be convex: a point beyond a border is not used, and the halving of h begins anew after it.
    if (flipAt(base, up) !== undefined || flipAt(base, down) !== undefined) {
      before = [];
      continue;
    }
    const row = [up.values.map((y, k) => (y - down.values[k]!) / (2 * h))];
    for (let j = 1, factor = 4; j <= before.length; j++, factor *= 4) {
      const [left, above] = [row[j - 1]!, before[j - 1]!];
      const next = left.map((x, k) => (x * factor - above[k]!) / (factor - 1));
      row.push(next);
      for (let k = 0; k < n; k++) {
        // Two differences of coarsely rounded values may agree by accident; their rounding still counts.
        const rounding = (epsilon.f64 * Math.max(mu[k]!, Math.abs(up.values[k]!), Math.abs(down.values[k]!))) / h;
        const error = Math.max(Math.abs(next[k]! - left[k]!), Math.abs(next[k]! - above[k]!)) + rounding;
        if (error <= best.error[k]!) {
          [best.derivative[k], best.error[k], best.rounding[k], best.steps[k]] = [next[k]!, error, rounding, h];
        }
      }
    }
    before = row;
    if (i >= 3 && (settled(best, 1e-13) || worsening(row, best.error))) break;
  }
  return best;
}

/** Rounding has taken over: the newest diagonal is far from the best answer everywhere. */
function worsening(row: readonly Float64Array[], error: Float64Array): boolean {
  const [last, previous] = [row.at(-1)!, row.at(-2)];
  return previous !== undefined && last.every((x, k) => Math.abs(x - previous[k]!) >= 4 * error[k]! && error[k]! > 0);
}

const floorOfSlopes = (slopes: Float64Array): number => 1e-3 * slopes.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/** Accurate enough, or as accurate as the rounding of the values allows. */
function settled({ derivative, error, rounding }: Estimate, tolerance = 1e-9): boolean {
  const floor = floorOfSlopes(derivative);
  return error.every((e, k) => e <= Math.max(tolerance * Math.max(Math.abs(derivative[k]!), floor), 16 * rounding[k]!));
}

/** No entry can be known better from steps of `start`: the rounding of the values alone makes more. */
function atRounding({ mu }: Scene, { error }: Estimate, start: number): boolean {
  return error.every((e, k) => (epsilon.f64 * mu[k]!) / start >= e);
}

/** One plain central difference close to the point, and the step it was taken at. */
interface Witness {
  readonly slope: Float64Array;
  readonly rounding: Float64Array;
  readonly h: number;
}

function narrowSlope({ probe, base, mu, smallest }: Scene, from: number): Witness | undefined {
  for (let h = from; h >= smallest; h /= 16) {
    const [up, down] = [probe(h), probe(-h)];
    if (flipAt(base, up) !== undefined || flipAt(base, down) !== undefined) continue;
    const slope = up.values.map((y, k) => (y - down.values[k]!) / (2 * h));
    return { slope, rounding: mu.map((x) => (64 * epsilon.f64 * x) / h), h };
  }
  return undefined;
}

/** What a closer look contradicts is not known at all: a peak may lie between two wide steps that agree perfectly. */
function borneOut(estimate: Estimate, start: number, witness: Witness | undefined): Estimate {
  if (witness === undefined || start <= witness.h) return estimate;
  const floor = floorOfSlopes(estimate.derivative);
  const error = estimate.error.map((e, k) => {
    const [wide, close] = [estimate.derivative[k]!, witness.slope[k]!];
    // The narrow slope is no better than a plain difference is.
    const tolerance = 1e-4 * Math.max(Math.abs(wide), Math.abs(close), floor) + witness.rounding[k]! + 4 * e;
    return Math.abs(wide - close) <= tolerance ? e : Infinity;
  });
  return { ...estimate, error };
}

/** Entry by entry the one that trusts itself more. */
function better(a: Estimate, b: Estimate): Estimate {
  const pick = (part: keyof Estimate): Float64Array => a[part].map((x, k) => (a.error[k]! <= b.error[k]! ? x : b[part][k]!));
  return { derivative: pick('derivative'), error: pick('error'), rounding: pick('rounding'), steps: pick('steps') };
}

/** The derivative where a border passes through the base point. */
function acrossBase(scene: Scene, flip: Flip | undefined): Differences {
  const found = borderAt(scene, flip);
  if (found !== undefined) return found;
  // Values and slopes agree on both sides: a border without effect, such as two equal entries changing places.
  const [left, right] = [sideOf(scene.probe, -1, scene.reach), sideOf(scene.probe, 1, scene.reach)];
  return {
    derivative: left.slope.map((x, k) => (x + right.slope[k]!) / 2),
    error: left.slope.map((x, k) => Math.abs(x - right.slope[k]!)),
    steps: left.slope.map(() => Math.min(left.h, right.h)),
  };
}

/** Measures both sides of the base point; undefined when neither values nor slopes differ. */
function borderAt({ probe, base, reach, start }: Scene, flip: Flip | undefined): Differences | undefined {
  const [left, right] = [sideOf(probe, -1, reach), sideOf(probe, 1, reach)];
  const kind = kindOf(left, right, base.values, 16 * start);
  if (kind === undefined) return undefined;
  const own = [left, right].find((side) => flipAt(base, side.probe) === undefined);
  return {
    derivative: base.decisions === undefined || own === undefined ? base.values.map(() => NaN) : own.slope,
    error: base.values.map(() => NaN),
    steps: base.values.map(() => Math.min(left.h, right.h)),
    border: { kind, ...(flip && { flip }), ...bothSides(left, right) },
  };
}

/** A partial derivative by differences, with the rounding floor of the values it was taken from. */
export interface Along {
  readonly derivative: Float64Array;
  readonly error: Float64Array;
  /** 64·eps·μ/h per entry, μ the largest of the points used: a difference below it is rounding. */
  readonly noise: Float64Array;
}

/**
 * The slope of step `of` when step `by`, held at the value `at`, moves along `tangent`; undefined at a border.
 * Everything else the graph computes is computed again from the moved value.
 */
export function along(graph: Graph, of: number, by: number, at: Value, tangent: Float64Array): Along | undefined {
  const base = Float64Array.from(at.data());
  const bound = new Set([by]);
  const moved = (h: number): Map<number, Value> =>
    new Map([[by, new Value('f64', at.shape, base.map((x, i) => x + h * tangent[i]!))]]);
  const probe = (h: number): Probe => {
    const values = evaluate(graph, [of], moved(h));
    return { values: Float64Array.from(values[of]!.data()), decisions: decisionsOf(graph, [of], values, bound) };
  };
  const spreadAt = (h: number): Float64Array => {
    const rounded = forwardDual(graph, [of], { bindings: moved(h), tangents: new Map(), rounding: true })[0]!;
    return sizesOf(rounded.value.data(), rounded.spread);
  };
  const spread = spreadAt(0);
  const moving = base.filter((x, i) => tangent[i] !== 0 && x !== 0);
  const found = differences(probe, { ...stepsFor(sizeOfNumbers(base), Math.min(...moving.map(Math.abs))), spread });
  if (found.border !== undefined) return undefined;
  let noise: Float64Array | undefined;
  return {
    derivative: found.derivative, error: found.error,
    // Few ask: an entry that agrees in digits is not held against rounding.
    get noise() {
      noise ??= roundingOf(found, spread, spreadAt);
      return noise;
    },
  };
}

/** The rounding floor 64·eps·μ/h of every entry, μ being the largest at the base point and at the points used. */
export function roundingOf({ steps }: Differences, spread: Float64Array, spreadAt: (h: number) => Float64Array): Float64Array {
  const h = steps.reduce((most, x) => Math.max(most, x), 0);
  const all = [spread, spreadAt(h), spreadAt(-h)];
  return steps.map((step, k) => (64 * epsilon.f64 * Math.max(...all.map((mu) => mu[k]!))) / step);
}
