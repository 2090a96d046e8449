// What lies across a border of a cell. Points on one side are extrapolated to the border, so both limits of value and
// slope are known without ever mixing the sides: slopes that differ make a kink, values that differ a jump.

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
  /** Slopes from below and from above, per entry. */
  readonly left: Float64Array;
  readonly right: Float64Array;
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

export interface Side {
  /** Limits, from this side, of the value and of the slope. */
  readonly value: Float64Array;
  readonly slope: Float64Array;
  readonly h: number;
  readonly probe: Probe;
  /** False where decisions change faster than anything can be seen between. */
  readonly resolved: boolean;
}

const nodes = [1, 2, 3, 4, 5];
// The degree-4 polynomial through f(h), …, f(5h), and its slope, at 0.
const valueWeights = [5, -10, 10, -5, 1];
const slopeWeights = nodes.map((_, j) => slopeAtZero(j));

function slopeAtZero(j: number): number {
  const others = nodes.filter((_, k) => k !== j);
  const denominator = others.reduce((product, x) => product * (nodes[j]! - x), 1);
  const without = (skipped: number): number => others.filter((x) => x !== skipped).reduce((product, x) => product * -x, 1);
  const numerator = others.reduce((sum, skipped) => sum + without(skipped), 0);
  return numerator / denominator;
}

/** How near to a border, and how far from it, its side is looked at. */
export interface Reach {
  readonly smallest: number;
  readonly widest: number;
}

/** The one-sided limits of value and slope at `origin`, from points that all lie in the cell that begins there. */
export function sideOf(probe: (h: number) => Probe, sign: 1 | -1, { smallest, widest }: Reach, origin = 0): Side {
  const first = probe(origin + sign * smallest);
  for (let h = widest; h >= smallest; h /= 4) {
    const at = (m: number): Probe => probe(origin + sign * m * h);
    if (flipAt(first, at(5)) !== undefined) continue;
    const samples = nodes.map(at);
    if (samples.some((sample) => flipAt(first, sample) !== undefined)) continue;
    const combine = (weights: readonly number[], scale: number): Float64Array =>
      first.values.map((_, k) => samples.reduce((sum, y, m) => sum + weights[m]! * y.values[k]!, 0) * scale);
    return { value: combine(valueWeights, 1), slope: combine(slopeWeights, sign / h), h, probe: first, resolved: true };
  }
  return { value: first.values, slope: first.values.map(() => NaN), h: smallest, probe: first, resolved: false };
}

/** What differs between two sides (and the value in between): their values, their slopes, their existence, or nothing. */
export function kindOf(left: Side, right: Side, middle: Float64Array): Border['kind'] | undefined {
  if (![...left.value, ...right.value].every(Number.isFinite)) return 'edge';
  if (!left.resolved || !right.resolved) return 'jump';
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
  const reach = { smallest: Math.abs(outside) * 2 ** -30, widest: Math.abs(outside) * 2 ** -10 };
  const [left, right] = [sideOf(probe, -1, reach, outside), sideOf(probe, 1, reach, outside)];
  return {
    kind: kindOf(left, right, left.value) ?? 'smooth', distance: Math.abs(outside), ...(flip && { flip }),
    left: left.slope, right: right.slope, size: right.value.map((y, k) => y - left.value[k]!),
  };
}
