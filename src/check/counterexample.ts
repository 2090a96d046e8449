// The smallest point at which a line fails: fewer samples, fewer classes, fewer features, rounder numbers, as long as
// the line keeps failing, and failing alike: not for a value that became infinite on the way, nor at a border (a kink, a
// tie, the edge of a mask), where a convention would be shown rather than the mistake. What is left fits on a slide and
// can be checked by hand. How inputs shrink is testing/shrink.ts; here stands what a point may become on the way.

import { type Derivation, sampleAxis, type SamplingDomain as Domain } from '../formula/index.ts';
import type { Counterexample } from './ledger.ts';
import type { Failure } from './line.ts';
import type { PointArray, PointData } from './sampling.ts';
import { type NamedArrays, shrinkInputs } from './testing/shrink.ts';

const attempts = 400;

/** Shrinks greedily from a failing point; `fails` runs the line and gives its failure, if any. */
export function smallestFailure(
  derivation: Derivation, relevant: ReadonlySet<string>, start: PointData, found: Failure, fails: (point: PointData) => Failure | undefined,
): Counterexample {
  let failure = found;
  // Another kind of failure, or one by rounding or hard to see, is not what the reader should see.
  const least = Math.min(0.02, found.error / 2);
  const domains = domainsOf(derivation);
  const neighbours = (point: PointData): PointData[] => [nudge, -nudge].map((by) => nudged(point, by, relevant, domains));
  const alone = (point: PointData, here: Failure): boolean => neighbours(point).some((near) => !alike(here, fails(near)));
  const startsAlone = alone(start, found);
  const again = (candidate: NamedArrays): boolean => {
    const point = pointOf(candidate, start);
    const next = fails(point);
    if (next === undefined || next.error < least || kindsOf(next) !== kindsOf(found)) return false;
    if (!startsAlone && alone(point, next)) return false;
    failure = next;
    return true;
  };
  const classes = new Set([...start.arrays.values()].map(({ labels }) => labels));
  const smallest = pointOf(shrinkInputs(namedArrays(start), again, {
    attempts, size: complexity,
    // A class needs another one, and a vector two entries.
    least: (axis) => (classes.has(axis) || axis !== sampleAxis ? 2 : 1),
    allows: (key, { axes, data, labels }) => {
      // A vector of zeros has no direction: it would show a rule for an edge rather than the mistake.
      const vanishes = labels === undefined && axes.length > 0 && data.every((x) => x === 0);
      return relevant.has(key) && !vanishes && data.every((x) => within(domains.get(key) ?? null, x));
    },
  }), start);
  const values = Object.fromEntries([...smallest.arrays].filter(([key]) => relevant.has(key))
    .map(([key, array]) => [key.startsWith('.') ? key.slice(1) : key, nested(array, smallest)]));
  const { entry, left, right, sides } = failure;
  return { values, entry, left, right, ...(sides && { sides }) };
}

/** Small enough to change nothing inside a cell, and well above rounding. */
const nudge = 2 ** -26;

/** A point a little way off, where every number went its own way, so that ties part; what is counted or listed stays. */
function nudged(point: PointData, by: number, relevant: ReadonlySet<string>, domains: ReadonlyMap<string, Domain | null>): PointData {
  let moved = 0;
  const arrays = [...point.arrays].map(([key, array]) => {
    const domain = domains.get(key) ?? null;
    if (!relevant.has(key) || array.labels !== undefined || domain?.kind === 'list') return [key, array] as const;
    const data = array.data.map((x) => {
      const y = x + by * (1 + (moved++ * 0.618) % 1) * Math.max(1, Math.abs(x));
      return within(domain, y) ? y : x;
    });
    return [key, { ...array, data }] as const;
  });
  return { ...point, arrays: new Map(arrays) };
}

/** Whether a line fails at a neighbour as it does here: by about as much, and for values of the same kinds. */
function alike(here: Failure, there: Failure | undefined): boolean {
  if (there === undefined || kindsOf(here) !== kindsOf(there)) return false;
  if (here.error < Infinity) return Math.abs(there.error - here.error) <= here.error / 8;
  const [a, b] = [here.left - here.right, there.left - there.right];
  return !(Math.abs(a - b) > Math.max(Math.abs(a) / 8, 1e-6 * Math.max(Math.abs(here.left), Math.abs(here.right))));
}

/** Finite, NaN or infinite, by side. */
const kindsOf = ({ left, right }: Failure): string => [left, right].map((x) => (Number.isFinite(x) ? 'finite' : x)).join();

/** The declared interval or list of every name, which a counterexample never leaves. */
function domainsOf(derivation: Derivation): ReadonlyMap<string, Domain | null> {
  return new Map(derivation.sections.flatMap((section) =>
    section.declarations.flatMap(({ names, domain }) => names.map((name) => [`${section.id}.${name}`, domain] as const))));
}

function within(domain: Domain | null, value: number): boolean {
  if (domain === null) return true;
  return domain.kind === 'list' ? domain.values.includes(value) : value >= domain.low && value <= domain.high;
}

/** How much there is to write: 1 before 0 before −1, whole numbers before tenths, positive before negative. */
function complexity(x: number): number {
  return Math.abs(x) <= 1 && Number.isInteger(x) ? (1 - x) / 2 : String(Math.abs(x)).length + (x < 0 ? 0.5 : 0);
}

function namedArrays({ sizes, arrays }: PointData): NamedArrays {
  return Object.fromEntries([...arrays].map(([key, { axes, data, labels }]) =>
    [key, { axes, shape: axes.map((axis) => sizes.get(axis)!), data: [...data], ...(labels !== undefined && { labels }) }]));
}

/** The point of some arrays; an axis that none of them has keeps its size. */
function pointOf(arrays: NamedArrays, start: PointData): PointData {
  const sizes = new Map(start.sizes);
  for (const { axes, shape } of Object.values(arrays)) axes.forEach((axis, i) => sizes.set(axis, shape[i]!));
  const filled = [...start.arrays].map(([key, array]) => [key, { ...array, data: Float64Array.from(arrays[key]!.data) }] as const);
  return { sizes, arrays: new Map(filled) };
}

function nested({ axes, data }: PointArray, point: PointData): number | readonly unknown[] {
  const build = (depth: number, from: number, size: number): number | readonly unknown[] => {
    if (depth === axes.length) return data[from]!;
    const n = point.sizes.get(axes[depth]!)!;
    return Array.from({ length: n }, (_, i) => build(depth + 1, from + (i * size) / n, size / n));
  };
  return build(0, 0, data.length);
}
