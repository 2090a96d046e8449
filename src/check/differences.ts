// Central differences along one direction, extrapolated to h → 0 (Richardson; the tableau and its error estimate as in
// Ridders 1982), that never leave the cell of the base point: h shrinks until both sides decide as the base does.
// Where a border runs through the base point itself there is no derivative; both one-sided limits are measured
// instead, which tells a kink (slopes differ) from a jump (values differ).

import { epsilon } from '../base/dtype.ts';
import { evaluate } from '../graph/evaluate.ts';
import type { Graph } from '../graph/graph.ts';
import { Value } from '../graph/value.ts';
import { type Border, flipAt, kindOf, type Near, type Probe, type Reach, sideOf } from './borders.ts';
import { decisionsOf, type Flip } from './cells.ts';
import { forwardDual } from './dual.ts';

export interface Differences {
  /** At a border: the slope on the side whose decisions the base shares, NaN when there is none. */
  readonly derivative: Float64Array;
  /** The method's own estimate of its error, per entry: what extrapolation changed, and the rounding of the values over h. */
  readonly error: Float64Array;
  /** The smallest step an entry was taken from: values with rounding error e give slopes with error e/h. */
  readonly h: number;
  readonly border?: Border;
  /** The border that made h shrink: same decisions at `inside`, another one at `outside` (both signed). */
  readonly near?: Near;
}

export interface DifferenceOptions {
  /** The first h tried. Default 2^−4. */
  readonly start?: number;
  /** A border nearer than this is a border at the base point. Default start · 2^−32. */
  readonly smallest?: number;
  /** μ of every value (see `dual`): eps·μ is its rounding error. Default |value|, which sees no cancellation. */
  readonly spread?: Float64Array;
}

export function differences(probe: (h: number) => Probe, options: DifferenceOptions = {}): Differences {
  const start = options.start ?? 2 ** -4;
  const smallest = options.smallest ?? start * 2 ** -32;
  const base = probe(0);
  const scene = { probe, base, mu: sizesOf(base.values, options.spread), reach: { smallest, widest: start * 2 ** -10 } };
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
}

/**
 * Extrapolates from h, and again from smaller starts while that is not accurate: the function may change faster than h
 * shows, or ±h may look like the base across another cell.
 */
function settle(scene: Scene, h: number, near: Near | undefined): Differences {
  let best = tableau(scene, h);
  for (let from = h / 64; from > h * 2 ** -20 && !settled(best); from /= 64) best = better(best, tableau(scene, from));
  // A symmetric kink (|x| at 0) has converging central differences: without decisions both sides are looked at.
  if (scene.base.decisions === undefined) {
    const border = borderAt(scene, undefined);
    if (border !== undefined) return border;
  }
  return {
    derivative: best.derivative, error: best.error, h: best.steps.reduce((least, x) => Math.min(least, x), h),
    ...(near && { near }),
  };
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
        const rounding = (epsilon.f64 * mu[k]!) / h;
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

/** Accurate enough, or as accurate as the rounding of the values allows. */
function settled({ derivative, error, rounding }: Estimate, tolerance = 1e-9): boolean {
  const floor = 1e-3 * derivative.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return error.every((e, k) => e <= Math.max(tolerance * Math.max(Math.abs(derivative[k]!), floor), 16 * rounding[k]!));
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
    h: Math.min(left.h, right.h),
  };
}

/** Measures both sides of the base point; undefined when neither values nor slopes differ. */
function borderAt({ probe, base, reach }: Scene, flip: Flip | undefined): Differences | undefined {
  const [left, right] = [sideOf(probe, -1, reach), sideOf(probe, 1, reach)];
  const kind = kindOf(left, right, base.values);
  if (kind === undefined) return undefined;
  const own = [left, right].find((side) => flipAt(base, side.probe) === undefined);
  const size = right.value.map((y, k) => y - left.value[k]!);
  return {
    derivative: base.decisions === undefined || own === undefined ? base.values.map(() => NaN) : own.slope,
    error: base.values.map(() => NaN),
    h: Math.min(left.h, right.h),
    border: { kind, ...(flip && { flip }), left: left.slope, right: right.slope, size },
  };
}

/** A partial derivative by differences, with the rounding floor of the values it was taken from. */
export interface Along {
  readonly derivative: Float64Array;
  readonly error: Float64Array;
  /** 64·eps·μ/h per entry: a difference below it is rounding. */
  readonly noise: Float64Array;
}

/**
 * The slope of step `of` when step `by`, held at the value `at`, moves along `tangent`; undefined at a border.
 * Everything else the graph computes is computed again from the moved value.
 */
export function along(graph: Graph, of: number, by: number, at: Value, tangent: Float64Array): Along | undefined {
  const base = Float64Array.from(at.data());
  const bound = new Set([by]);
  const probe = (h: number): Probe => {
    const moved = new Value('f64', at.shape, base.map((x, i) => x + h * tangent[i]!));
    const values = evaluate(graph, [of], new Map([[by, moved]]));
    return { values: Float64Array.from(values[of]!.data()), decisions: decisionsOf(graph, [of], values, bound) };
  };
  const rounded = forwardDual(graph, [of], { bindings: new Map([[by, at]]), tangents: new Map(), rounding: true })[0]!;
  const spread = sizesOf(rounded.value.data(), rounded.spread);
  const found = differences(probe, { spread });
  if (found.border !== undefined) return undefined;
  return { derivative: found.derivative, error: found.error, noise: spread.map((mu) => (64 * epsilon.f64 * mu) / found.h) };
}
