// Central differences along one direction, extrapolated to h → 0 (Richardson; the tableau and its error estimate as in
// Ridders 1982), that never leave the cell of the base point: h shrinks until both sides decide as the base does.
// Where a border runs through the base point itself there is no derivative; both one-sided limits are measured
// instead, which tells a kink (slopes differ) from a jump (values differ).

import { epsilon } from '../base/dtype.ts';
import { evaluate } from '../graph/evaluate.ts';
import type { Graph } from '../graph/graph.ts';
import { Value } from '../graph/value.ts';
import { type Decisions, decisionsOf, firstFlip, type Flip } from './cells.ts';
import { forwardDual } from './dual.ts';

/** What is seen at distance h along the direction. Without decisions (a program that is not ours) borders are inferred. */
export interface Probe {
  readonly values: Float64Array;
  readonly decisions?: Decisions;
}

export interface Border {
  /** A kink has two slopes, a jump two values; at an edge of the domain one side has no value. */
  readonly kind: 'kink' | 'jump' | 'edge';
  readonly flip?: Flip;
  /** Slopes from below and from above, per entry. */
  readonly left: Float64Array;
  readonly right: Float64Array;
  /** By how much the value changes, per entry. */
  readonly size: Float64Array;
}

export interface Differences {
  /** At a border: the slope on the side whose decisions the base shares, NaN when there is none. */
  readonly derivative: Float64Array;
  /** The method's own estimate of its error, per entry. */
  readonly error: Float64Array;
  /** The smallest step used: values with rounding error e give slopes with error e/h. */
  readonly h: number;
  readonly border?: Border;
  /** The border that made h shrink: same decisions at `inside`, another one at `outside` (both signed). */
  readonly near?: Near;
}

export interface Near {
  readonly inside: number;
  readonly outside: number;
  readonly flip?: Flip;
}

export interface DifferenceOptions {
  /** The first h tried. Default 2^−4. */
  readonly start?: number;
  /** A border nearer than this is a border at the base point. Default start · 2^−20. */
  readonly smallest?: number;
}

export function differences(probe: (h: number) => Probe, options: DifferenceOptions = {}): Differences {
  const start = options.start ?? 2 ** -4;
  const smallest = options.smallest ?? start * 2 ** -20;
  const base = probe(0);
  let near: Near | undefined;
  for (let h = start; h >= smallest; h /= 4) {
    const outside = [h, -h].map((side) => ({ side, flip: flipAt(base, probe(side)) })).find(({ flip }) => flip !== undefined);
    if (outside === undefined) return settle(probe, base, h, smallest, near && { ...near, inside: Math.sign(near.outside) * h });
    near = { inside: 0, outside: outside.side, ...(outside.flip !== 'domain' && { flip: outside.flip! }) };
  }
  return acrossBase(probe, base, smallest, near?.flip);
}

/** The decision that differs between two points; 'domain' where the second has no finite value. */
function flipAt(base: Probe, other: Probe): Flip | 'domain' | undefined {
  if (!other.values.every(Number.isFinite)) return 'domain';
  return base.decisions && other.decisions && firstFlip(base.decisions, other.decisions);
}

/** Extrapolates from h; a function that changes faster than h shows asks for a smaller start. */
function settle(probe: (h: number) => Probe, base: Probe, h: number, smallest: number, near: Near | undefined): Differences {
  let best = tableau(probe, base, h);
  for (let from = h / 64; from > smallest && !settled(best); from /= 64) {
    const again = tableau(probe, base, from);
    best = better(best, again);
  }
  // A symmetric kink (|x| at 0) has converging central differences: without decisions both sides are looked at.
  if (base.decisions === undefined) {
    const border = borderAt(probe, base, smallest, undefined);
    if (border !== undefined) return border;
  }
  return { ...best, ...(near && { near }) };
}

interface Estimate {
  readonly derivative: Float64Array;
  readonly error: Float64Array;
  readonly h: number;
}

const rounds = 10;

function tableau(probe: (h: number) => Probe, base: Probe, start: number): Estimate {
  const n = base.values.length;
  const derivative = new Float64Array(n);
  const error = new Float64Array(n).fill(Infinity);
  let before: Float64Array[] = [];
  let h = start;
  for (let i = 0; i < rounds; i++, h /= 2) {
    const [up, down] = [probe(h), probe(-h)];
    // A cell need not be convex: a point beyond a border between here and the start is not used.
    if (flipAt(base, up) !== undefined || flipAt(base, down) !== undefined) continue;
    const row = [up.values.map((y, k) => (y - down.values[k]!) / (2 * h))];
    for (let j = 1, factor = 4; j <= before.length; j++, factor *= 4) {
      const [left, above] = [row[j - 1]!, before[j - 1]!];
      const next = left.map((x, k) => (x * factor - above[k]!) / (factor - 1));
      row.push(next);
      for (let k = 0; k < n; k++) {
        const e = Math.max(Math.abs(next[k]! - left[k]!), Math.abs(next[k]! - above[k]!));
        if (e <= error[k]!) [error[k], derivative[k]] = [e, next[k]!];
      }
    }
    before = row;
    if (i >= 3 && (settled({ derivative, error, h }, 1e-13) || worsening(row, error))) break;
  }
  return { derivative, error, h };
}

/** Rounding has taken over: the newest diagonal is far from the best answer everywhere. */
function worsening(row: readonly Float64Array[], error: Float64Array): boolean {
  const [last, previous] = [row.at(-1)!, row.at(-2)];
  return previous !== undefined && last.every((x, k) => Math.abs(x - previous[k]!) >= 4 * error[k]! && error[k]! > 0);
}

function settled({ derivative, error }: Estimate, tolerance = 1e-9): boolean {
  const floor = 1e-3 * derivative.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return error.every((e, k) => e <= tolerance * Math.max(Math.abs(derivative[k]!), floor));
}

function better(a: Estimate, b: Estimate): Estimate {
  const pick = (k: number): Estimate => (a.error[k]! <= b.error[k]! ? a : b);
  return { derivative: a.derivative.map((_, k) => pick(k).derivative[k]!), error: a.error.map((_, k) => pick(k).error[k]!), h: Math.min(a.h, b.h) };
}

/** The derivative where a border passes through the base point. */
function acrossBase(probe: (h: number) => Probe, base: Probe, smallest: number, flip: Flip | undefined): Differences {
  const found = borderAt(probe, base, smallest, flip);
  if (found !== undefined) return found;
  // Values and slopes agree on both sides: a border without effect, such as two equal entries changing places.
  const [left, right] = [sideOf(probe, -1, smallest), sideOf(probe, 1, smallest)];
  return {
    derivative: left.slope.map((x, k) => (x + right.slope[k]!) / 2),
    error: left.slope.map((x, k) => Math.abs(x - right.slope[k]!)),
    h: Math.min(left.h, right.h),
  };
}

/** Measures both sides of the base point; undefined when neither values nor slopes differ. */
function borderAt(probe: (h: number) => Probe, base: Probe, smallest: number, flip: Flip | undefined): Differences | undefined {
  const [left, right] = [sideOf(probe, -1, smallest), sideOf(probe, 1, smallest)];
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

export interface Side {
  /** Limits, from this side, of the value and of the slope. */
  readonly value: Float64Array;
  readonly slope: Float64Array;
  readonly h: number;
  readonly probe: Probe;
}

const nodes = [1, 2, 3, 4, 5];
// The degree-4 polynomial through f(h), …, f(5h), and its slope, at 0.
const valueWeights = [5, -10, 10, -5, 1];
const slopeWeights = nodes.map((_, j) => slopeAtZero(j));

function slopeAtZero(j: number): number {
  const others = nodes.filter((_, k) => k !== j);
  const denominator = others.reduce((product, x) => product * (nodes[j]! - x), 1);
  const numerator = others.reduce((sum, skipped) => sum + others.filter((x) => x !== skipped).reduce((product, x) => product * -x, 1), 0);
  return numerator / denominator;
}

/** The one-sided limits of value and slope at `origin`, from points that all lie in the cell that begins there. */
export function sideOf(probe: (h: number) => Probe, sign: 1 | -1, smallest: number, origin = 0): Side {
  const first = probe(origin + sign * smallest);
  let h = smallest;
  for (let wider = smallest * 2 ** 10; wider > smallest; wider /= 4) {
    const last = probe(origin + sign * 5 * wider);
    if (flipAt(first, last) === undefined && flipAt(first, probe(origin + sign * wider)) === undefined) {
      h = wider;
      break;
    }
  }
  const samples = nodes.map((m) => probe(origin + sign * m * h).values);
  const combine = (weights: readonly number[], scale: number): Float64Array =>
    first.values.map((_, k) => samples.reduce((sum, y, m) => sum + weights[m]! * y[k]!, 0) * scale);
  return { value: combine(valueWeights, 1), slope: combine(slopeWeights, sign / h), h, probe: first };
}

/** What differs between two sides (and the value in between): their values, their slopes, their existence, or nothing. */
export function kindOf(left: Side, right: Side, middle: Float64Array): Border['kind'] | undefined {
  if (![...left.value, ...right.value].every(Number.isFinite)) return 'edge';
  const largest = (...lists: Float64Array[]): number => Math.max(...lists.flatMap((list) => [...list].map(Math.abs)));
  const apart = (a: Float64Array, b: Float64Array, tolerance: number, scale: number): boolean =>
    a.some((x, k) => Math.abs(x - b[k]!) > tolerance * Math.max(Math.abs(x), Math.abs(b[k]!), 1e-3 * scale));
  const slopes = largest(left.slope, right.slope);
  const values = largest(left.value, right.value, middle);
  // A jump is more than the slope does over a distance of 1e-10.
  const jump = (a: Float64Array, b: Float64Array): boolean => apart(a, b, 1e-7, Math.max(values, slopes));
  if (jump(left.value, right.value) || jump(left.value, middle) || jump(right.value, middle)) return 'jump';
  // Slopes are known to eps·values/h; a difference below that is no kink.
  const noise = (1e-13 * values) / Math.min(left.h, right.h);
  return slopes > noise && apart(left.slope, right.slope, 1e-5, Math.max(slopes, 1e8 * noise)) ? 'kink' : undefined;
}

/** Finds the border between a point inside the cell and one outside it, and measures both of its sides. */
export function borderNear(probe: (h: number) => Probe, near: Near): Omit<Border, 'kind'> & { readonly kind: Border['kind'] | 'smooth'; readonly distance: number } {
  const base = probe(near.inside);
  let { inside, outside, flip } = near;
  while (Math.abs(outside - inside) > 1e-13 * Math.abs(outside)) {
    const middle = (inside + outside) / 2;
    if (middle === inside || middle === outside) break;
    const found = flipAt(base, probe(middle));
    if (found === undefined) inside = middle;
    else {
      outside = middle;
      flip = found === 'domain' ? undefined : found;
    }
  }
  const smallest = Math.abs(outside) * 2 ** -20;
  const [left, right] = [sideOf(probe, -1, smallest, outside), sideOf(probe, 1, smallest, outside)];
  return {
    kind: kindOf(left, right, left.value) ?? 'smooth', distance: Math.abs(outside), ...(flip && { flip }),
    left: left.slope, right: right.slope, size: right.value.map((y, k) => y - left.value[k]!),
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
  const found = differences(probe);
  if (found.border !== undefined) return undefined;
  const [value] = forwardDual(graph, [of], { bindings: new Map([[by, at]]), tangents: new Map(), rounding: true });
  return { derivative: found.derivative, error: found.error, noise: value!.spread.map((mu) => (64 * epsilon.f64 * mu) / found.h) };
}
