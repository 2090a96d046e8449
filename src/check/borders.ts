// What lies across a border of a cell. Points on one side are extrapolated to the border, so both limits of value and
// slope are known without ever mixing the sides: slopes that differ make a kink, values that differ a jump. Limits carry
// an estimate of their own error, and what differs by less is no border: a function that changes fast, or a value that
// is noisy, is neither a kink nor a jump.

import { epsilon } from '../base/dtype.ts';
import { type Decisions, firstFlip, type Flip } from './cells.ts';

/** What is seen at distance h along the direction. Without decisions (a program that is not ours) borders are inferred. */
export interface Probe {
  readonly values: Float64Array;
  readonly decisions?: Decisions;
}

export interface Border {
  /** A kink has two slopes, a jump two values; at an edge of the domain one side has no value. */
  readonly kind: 'kink' | 'jump' | 'edge';
  readonly flip?: Flip;
  /** Slopes from below and from above, per entry, and to what they are known; ±Infinity where they grow without bound. */
  readonly left: Float64Array;
  readonly right: Float64Array;
  readonly error: Float64Array;
  /** By how much the value changes, per entry. */
  readonly size: Float64Array;
}

export interface Near {
  readonly inside: number;
  readonly outside: number;
  readonly flip?: Flip;
}

/** The decision that differs between two points; 'domain' where the second has no finite value. */
export function flipAt(base: Probe, other: Probe): Flip | 'domain' | undefined {
  if (!other.values.every(Number.isFinite)) return 'domain';
  return base.decisions && other.decisions && firstFlip(base.decisions, other.decisions);
}

/** Limits, from one side, of value and slope, per entry, each with the error it is known to. */
interface Limits {
  readonly value: Float64Array;
  readonly valueError: Float64Array;
  readonly slope: Float64Array;
  readonly slopeError: Float64Array;
}

export interface Side extends Limits {
  readonly h: number;
  readonly probe: Probe;
  /** False where decisions change faster than anything can be seen between. */
  readonly resolved: boolean;
}

/** Weights of f(h), f(2h), … for the value and the slope at 0 of the polynomial through them. */
function weights(count: number): { value: number[]; slope: number[] } {
  const nodes = Array.from({ length: count }, (_, i) => i + 1);
  const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);
  const at = (j: number, numerator: (others: readonly number[]) => number): number => {
    const others = nodes.filter((x) => x !== nodes[j]);
    return numerator(others) / product(others.map((x) => nodes[j]! - x));
  };
  return {
    value: nodes.map((_, j) => at(j, (others) => product(others.map((x) => -x)))),
    slope: nodes.map((_, j) =>
      at(j, (others) => others.reduce((sum, skipped) => sum + product(others.filter((x) => x !== skipped).map((x) => -x)), 0))),
  };
}

// The polynomial of degree 4 gives the limit, the one of degree 3 through fewer points says how far to trust it.
const [fine, coarse] = [weights(5), weights(4)] as const;
const size = (list: readonly number[]): number => list.reduce((sum, x) => sum + Math.abs(x), 0);
const [valueNoise, slopeNoise] = [size(fine.value), size(fine.slope)];

function limits(samples: readonly Probe[], sign: 1 | -1, h: number, noise: Float64Array): Limits {
  const combine = (by: readonly number[], k: number): number => by.reduce((sum, w, m) => sum + w * samples[m]!.values[k]!, 0);
  const each = (f: (k: number) => number): Float64Array => noise.map((_, k) => f(k));
  return {
    value: each((k) => combine(fine.value, k)),
    valueError: each((k) => Math.abs(combine(fine.value, k) - combine(coarse.value, k)) + valueNoise * noise[k]!),
    slope: each((k) => (combine(fine.slope, k) * sign) / h),
    slopeError: each((k) => (Math.abs(combine(fine.slope, k) - combine(coarse.slope, k)) + slopeNoise * noise[k]!) / h),
  };
}

/** The rounding of values: what is known of it, or a unit of the largest. */
const noiseOfValues = (samples: readonly Probe[], known: ArrayLike<number> | undefined): Float64Array =>
  samples[0]!.values.map((_, k) =>
    samples.reduce((most, { values }) => Math.max(most, epsilon.f64 * Math.abs(values[k]!)), known?.[k] ?? 0));

/** Limits with what a look from nearer changed added to their errors: two polynomials may agree by accident. */
function borneOut(found: Limits, before: Limits): Limits {
  const changed = (part: 'value' | 'slope', error: 'valueError' | 'slopeError'): Float64Array =>
    found[error].map((e, k) => e + Math.abs(found[part][k]! - before[part][k]!));
  return { ...found, valueError: changed('value', 'valueError'), slopeError: changed('slope', 'slopeError') };
}

/** Entry by entry the limits that are known better. */
function sharper(a: Limits, b: Limits): Limits {
  const pick = (x: Float64Array, xError: Float64Array, y: Float64Array, yError: Float64Array): Float64Array =>
    x.map((own, k) => (xError[k]! <= yError[k]! ? own : y[k]!));
  const least = (x: Float64Array, y: Float64Array): Float64Array => x.map((own, k) => Math.min(own, y[k]!));
  return {
    value: pick(a.value, a.valueError, b.value, b.valueError), valueError: least(a.valueError, b.valueError),
    slope: pick(a.slope, a.slopeError, b.slope, b.slopeError), slopeError: least(a.slopeError, b.slopeError),
  };
}

/** The largest finite size. */
const largest = (...lists: Float64Array[]): number =>
  lists.reduce((most, list) => list.reduce((m, x) => (Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m), most), 0);

/** A slope that grows so much at every one of so many looks, each four times as near, has no limit: √ at 0 doubles. */
const [growth, looksGrown] = [1.1, 6] as const;

/** How near to a border, and how far from it, its side is looked at. */
export interface Reach {
  readonly smallest: number;
  readonly widest: number;
  /** The rounding error of every value. Default: one unit of it, which sees no cancellation. */
  readonly noise?: ArrayLike<number>;
}

/** The one-sided limits of value and slope at `origin`, from points that all lie in the cell that begins there. */
export function sideOf(probe: (h: number) => Probe, sign: 1 | -1, { smallest, widest, noise }: Reach, origin = 0): Side {
  const first = probe(origin + sign * smallest);
  let best: Side | undefined;
  let before: Limits | undefined;
  let looks = 0;
  const grown = first.values.map(() => 0);
  for (let h = widest; h >= smallest; h /= 4) {
    const at = (m: number): Probe => probe(origin + sign * m * h);
    if (flipAt(first, at(5)) !== undefined) continue;
    const samples = fine.value.map((_, i) => at(i + 1));
    if (samples.some((sample) => flipAt(first, sample) !== undefined)) continue;
    const rounding = noiseOfValues(samples, noise);
    const found = limits(samples, sign, h, rounding);
    found.slope.forEach((slope, k) => {
      const more = slope / (before?.slope[k] ?? NaN) > growth && Math.abs(slope) * h > 100 * slopeNoise * rounding[k]!;
      grown[k] = more ? grown[k]! + 1 : 0;
    });
    const borne = before === undefined ? found : borneOut(found, before);
    // The widest look stands only where there is no nearer one.
    const known = looks++ < 2 ? borne : sharper(best!, borne);
    best = { ...known, h, probe: first, resolved: true };
    const floor = 1e-3 * largest(known.slope);
    const sharp = known.slopeError.every((e, k) => e <= 1e-9 * Math.max(Math.abs(known.slope[k]!), floor));
    // Nearer points are no better once their rounding alone makes more.
    const atRounding = known.slopeError.every((e, k) => (4 * slopeNoise * rounding[k]!) / h >= e);
    if (before !== undefined && (sharp || atRounding)) break;
    before = found;
  }
  if (best !== undefined) {
    const unbounded = (k: number): boolean => grown[k]! >= looksGrown;
    const { slope, slopeError } = best;
    best = {
      ...best, slope: slope.map((x, k) => (unbounded(k) ? Math.sign(x) * Infinity : x)),
      slopeError: slopeError.map((e, k) => (unbounded(k) ? 0 : e)),
    };
  }
  const [unknown, infinite] = [first.values.map(() => NaN), first.values.map(() => Infinity)];
  return best ?? {
    value: first.values, valueError: infinite, slope: unknown, slopeError: infinite, h: smallest, probe: first, resolved: false,
  };
}

/**
 * What differs between two sides (and the value in between): their values, their slopes, their existence, or nothing.
 * `span` is the size of the numbers that move: a jump is more than a slope does over 1e-10 of it.
 */
export function kindOf(left: Side, right: Side, middle: Float64Array, span: number): Border['kind'] | undefined {
  if (![...left.value, ...right.value].every(Number.isFinite)) return 'edge';
  if (left.probe.decisions !== undefined && !(left.resolved && right.resolved)) return 'jump';
  const differs = (a: Float64Array, b: Float64Array, error: (k: number) => number, tolerance: number, scale: number): boolean =>
    a.some((x, k) => {
      const smallest = Math.max(tolerance * Math.max(Math.abs(x), Math.abs(b[k]!), 1e-3 * scale), 8 * error(k));
      return Math.abs(x - b[k]!) > smallest;
    });
  const slopes = largest(left.slope, right.slope);
  const values = Math.max(largest(left.value, right.value, middle), slopes * span);
  // Of code that is not ours a side too narrow to look into is no jump where its one value is that of the other.
  const eitherValue = (k: number): number => (left.resolved && right.resolved ? left.valueError[k]! + right.valueError[k]! : 0);
  if (differs(left.value, right.value, eitherValue, 1e-7, values)) return 'jump';
  if (!left.resolved || !right.resolved) return undefined;
  const alone = [left, right].some((side) => differs(side.value, middle, (k) => side.valueError[k]!, 1e-7, values));
  if (alone) return 'jump';
  if (![...left.slope, ...right.slope].every(Number.isFinite)) return 'kink';
  const eitherSlope = (k: number): number => left.slopeError[k]! + right.slopeError[k]!;
  return differs(left.slope, right.slope, eitherSlope, 1e-5, slopes) ? 'kink' : undefined;
}

/** Both sides of a border as data. */
export const bothSides = (left: Side, right: Side): Pick<Border, 'left' | 'right' | 'error' | 'size'> => ({
  left: left.slope, right: right.slope, error: left.slopeError.map((e, k) => e + right.slopeError[k]!),
  size: right.value.map((y, k) => y - left.value[k]!),
});

/** A border away from the base point; it may be one that nothing shows of. */
export interface DistantBorder extends Omit<Border, 'kind'> {
  readonly kind: Border['kind'] | 'smooth';
  readonly distance: number;
}

/** Finds the border between a point inside the cell and one outside it, and measures both of its sides. */
export function borderNear(probe: (h: number) => Probe, near: Near): DistantBorder {
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
  const distance = Math.abs(outside);
  const reach = { smallest: distance * 2 ** -30, widest: distance * 2 ** -10 };
  const [left, right] = [sideOf(probe, -1, reach, outside), sideOf(probe, 1, reach, outside)];
  const kind = kindOf(left, right, left.value, distance) ?? 'smooth';
  return { kind, distance, ...(flip && { flip }), ...bothSides(left, right) };
}
