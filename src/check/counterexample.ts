// The smallest point at which a line fails: fewer samples, fewer classes, fewer features, rounder numbers, as long as
// the line keeps failing. What is left fits on a slide and can be checked by hand.

import { type Derivation, sampleAxis, type SamplingDomain as Domain } from '../formula/index.ts';
import type { Counterexample } from './ledger.ts';
import type { Failure } from './line.ts';
import type { PointArray, PointData } from './sampling.ts';

const attempts = 400;

/** Shrinks greedily from a failing point; `fails` runs the line and gives its failure, if any. */
export function smallestFailure(
  derivation: Derivation, relevant: ReadonlySet<string>, start: PointData, found: Failure, fails: (point: PointData) => Failure | undefined,
): Counterexample {
  let point: PointData = { ...start };
  let failure = found;
  let left = attempts;
  const allowed = domainsOf(derivation);
  const accept = (candidate: PointData): boolean => {
    if (left-- <= 0) return false;
    const again = attempt(() => fails(candidate));
    // Another kind of failure, or one by rounding alone, is not what the reader should see.
    if (again === undefined || again.error < Math.min(found.error, 1e-4) || finite(again) !== finite(found)) return false;
    point = candidate;
    failure = again;
    return true;
  };
  for (let changed = true; changed && left > 0;) {
    changed = first(smaller(point), accept);
    if (!changed) changed = first(rounder(point, relevant, allowed), accept);
  }
  const values = Object.fromEntries([...point.arrays].filter(([key]) => relevant.has(key)).map(([key, array]) => [key.startsWith('.') ? key.slice(1) : key, nested(array, point)]));
  return { values, entry: failure.entry, left: failure.left, right: failure.right };
}

const finite = ({ left, right }: Failure): boolean => Number.isFinite(left) && Number.isFinite(right);

/** Whether a value may stand for a name: a declared interval or list is never left. */
type Allowed = (key: string, value: number) => boolean;

function domainsOf(derivation: Derivation): Allowed {
  const domains = new Map<string, Domain | null>(derivation.sections.flatMap((section) =>
    section.declarations.flatMap(({ names, domain }) => names.map((name) => [`${section.id}.${name}`, domain] as const))));
  return (key, value) => {
    const domain = domains.get(key) ?? null;
    if (domain === null) return true;
    return domain.kind === 'list' ? domain.values.includes(value) : value >= domain.low && value <= domain.high;
  };
}

function first<T>(candidates: Iterable<T>, accept: (candidate: T) => boolean): boolean {
  for (const candidate of candidates) if (accept(candidate)) return true;
  return false;
}

/** A candidate may leave the domain of a function; then it is no counterexample. */
function attempt(run: () => Failure | undefined): Failure | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

/** The point without one position of one axis, for every axis that can lose one; vectors keep two entries. */
function* smaller(point: PointData): Generator<PointData> {
  for (const [axis, size] of point.sizes) {
    const isClass = [...point.arrays.values()].some((array) => array.labels === axis);
    if (size <= (isClass || axis !== sampleAxis ? 2 : 1)) continue;
    for (let position = size - 1; position >= 0; position--) {
      const used = [...point.arrays.values()].some((array) => array.labels === axis && array.data.includes(position));
      if (!used) yield without(point, axis, position);
    }
  }
}

function without(point: PointData, axis: string, position: number): PointData {
  const arrays = new Map([...point.arrays].map(([key, array]) => [key, drop(array, axis, position, point)]));
  return { sizes: new Map(point.sizes).set(axis, point.sizes.get(axis)! - 1), arrays };
}

function drop(array: PointArray, axis: string, position: number, point: PointData): PointArray {
  const at = array.axes.indexOf(axis);
  let { data } = array;
  if (at >= 0) {
    const inner = array.axes.slice(at + 1).reduce((product, a) => product * point.sizes.get(a)!, 1);
    const size = point.sizes.get(axis)!;
    data = data.filter((_, i) => Math.floor(i / inner) % size !== position);
  }
  if (array.labels === axis) data = data.map((label) => (label > position ? label - 1 : label));
  return { ...array, data };
}

/** The point with rounder numbers: whole arrays first, then entry by entry. */
function* rounder(point: PointData, relevant: ReadonlySet<string>, allowed: Allowed): Generator<PointData> {
  const real = [...point.arrays].filter(([key, array]) => array.labels === undefined && relevant.has(key));
  const change = (key: string, data: Float64Array): PointData | undefined => {
    const array = point.arrays.get(key)!;
    // A vector of zeros has no direction: it would show a rule for an edge rather than the mistake.
    const vanishes = array.axes.length > 0 && data.every((x) => x === 0);
    if (vanishes || data.every((x, i) => x === array.data[i]) || !data.every((x) => allowed(key, x))) return undefined;
    return { ...point, arrays: new Map(point.arrays).set(key, { ...array, data }) };
  };
  for (const digits of [0, 1, 2]) {
    for (const [key, { data }] of real) {
      const next = change(key, data.map((x) => round(x, digits)));
      if (next !== undefined) yield next;
    }
  }
  for (const [key, { data }] of real) {
    for (let i = 0; i < data.length; i++) {
      for (const simple of [1, 0, round(data[i]!, 0), round(data[i]!, 1)]) {
        if (complexity(simple) >= complexity(data[i]!)) continue;
        const next = change(key, data.map((x, j) => (j === i ? simple : x)));
        if (next !== undefined) yield next;
      }
    }
  }
}

function round(x: number, digits: number): number {
  return Number(x.toFixed(digits)) + 0;
}

/** How much there is to write: 1 before 0, whole numbers before tenths, positive before negative. */
function complexity(x: number): number {
  return x === 1 ? 0 : x === 0 ? 0.5 : String(Math.abs(x)).length + (x < 0 ? 0.5 : 0);
}

function nested({ axes, data }: PointArray, point: PointData): number | readonly unknown[] {
  const build = (depth: number, from: number, size: number): number | readonly unknown[] => {
    if (depth === axes.length) return data[from]!;
    const n = point.sizes.get(axes[depth]!)!;
    return Array.from({ length: n }, (_, i) => build(depth + 1, from + (i * size) / n, size / n));
  };
  return build(0, 0, data.length);
}
