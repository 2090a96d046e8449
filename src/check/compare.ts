// compare: do two losses agree? For someone who has written a loss again and asks whether it is the one of the paper.
// Values and gradients are taken at seeded points on both sides of every decision; the report says where they differ, by
// how much, under which decision, and at how small a point. Either may be somebody else's code over plain arrays.

import { digits as digitsOf, entryError } from '../base/compare.ts';
import { demandOptions } from '../base/demand.ts';
import { DomainError, message, ShapeError } from '../base/errors.ts';
import { coordinates } from '../base/shape.ts';
import { jsonNumber } from '../explain/numbers.ts';
import type { JsonNumber } from '../explain/explanation.ts';
import { type Cause, guessCause } from './causes.ts';
import { type ConditionReport, conditionsOf, type Fact, factsOf, type Observation } from './compare-conditions.ts';
import { type ComparableLoss, evaluated, type Evaluation, quantities, type Quantity } from './compare-losses.ts';
import { type ComparePoint, comparePoint, smallestPoint } from './compare-points.ts';
import { rowsOver } from './position.ts';

export interface CompareOptions {
  /** Default 1. */
  readonly seed?: number;
  /** How many points; every fourth is a batch, the others one sample. Default 60. */
  readonly points?: number;
  /** Digits of agreement demanded, 1 to 15. Default 9. */
  readonly digits?: number;
  /** Also samples on their class weight, opposite to it, and zero, where gradients are a matter of choice. Default false. */
  readonly edges?: boolean;
}

/** One entry of a value or a gradient in both losses. */
export interface EntryComparison {
  /** The number of the point among the seeded ones. */
  readonly point: number;
  readonly index: readonly number[];
  readonly a: JsonNumber;
  readonly b: JsonNumber;
}

export interface QuantityComparison {
  /** At how many points it differs. */
  readonly differing: number;
  /** Digits of agreement of the worst entry. */
  readonly digits: number;
  /** The worst entry, where there is a difference at all. */
  readonly worst?: EntryComparison;
}

export interface GradientComparison extends QuantityComparison {
  readonly input: 'features' | 'weights';
  /** The least cosine between the two gradients; null where neither is ever finite and other than zero. */
  readonly cosine: number | null;
  /** The length of the gradient of a over that of b, over all points. */
  readonly ratio: { readonly least: number; readonly most: number } | null;
  /** What the difference at the worst point looks like, b taken as right. */
  readonly cause?: Cause;
}

export interface SmallestDifference {
  readonly features: readonly (readonly number[])[];
  readonly weights: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly quantity: 'value' | 'features' | 'weights';
  readonly index: readonly number[];
  readonly a: JsonNumber;
  readonly b: JsonNumber;
}

export interface CompareReport {
  readonly version: 1;
  readonly agree: boolean;
  readonly seed: number;
  /** Digits demanded. */
  readonly digits: number;
  readonly points: number;
  readonly differing: number;
  readonly value: QuantityComparison;
  readonly gradients: readonly GradientComparison[];
  /** Decisions under which alone they differ; empty when they agree, or differ whatever is decided. */
  readonly conditions: readonly ConditionReport[];
  readonly smallest?: SmallestDifference;
  readonly notes: readonly string[];
}

/** Both losses at a point. */
interface Pair {
  readonly point: ComparePoint;
  readonly a: Evaluation;
  readonly b: Evaluation;
}

/**
 * Compares the values and gradients of two losses of the same inputs.
 *
 * Shapes    a function is given features [N, D] and weights [C, D] in Float64 and labels [N] of i32, and returns a tensor;
 *           { value, gradient } are given one list [features, weights, labels] of nested arrays of numbers, and return a
 *           number and the list of gradients for features and weights
 * Gradient  of the sum of what is returned, so losses per sample can be compared with each other
 * Edges     an entry is judged relative to its size, or to a thousandth of the largest of its kind over all points; NaN
 *           agrees with NaN only
 * Throws    DomainError for options out of range; ShapeError when results of the two have different sizes
 */
export function compare(a: ComparableLoss, b: ComparableLoss, options: CompareOptions = {}): CompareReport {
  demandOptions(options, ['seed', 'points', 'digits', 'edges'], 'compare');
  const { seed = 1, points = 60, digits = 9, edges = false } = options;
  demandWhole('points', points, 4, 100_000);
  demandWhole('digits', digits, 1, 15);
  demandWhole('seed', seed, -(2 ** 31), 2 ** 32);
  const pairs = Array.from({ length: points }, (_, i): Pair => pairAt(a, b, comparePoint(seed, i, edges)));
  const floors = Object.fromEntries(quantities.map((quantity) => [quantity, 1e-3 * largestOf(pairs, quantity)])) as Floors;
  const worst = (pair: Pair, quantity: Quantity): { error: number; at: number } => worstEntry(pair, quantity, floors);
  const tolerance = 10 ** -digits;
  const differs = (pair: Pair): boolean => quantities.some((quantity) => worst(pair, quantity).error > tolerance);
  const differing = pairs.filter(differs).length;
  const compared = (quantity: Quantity): QuantityComparison => {
    const errors = pairs.map((pair) => worst(pair, quantity));
    const top = errors.reduce((best, x, i) => (x.error > errors[best]!.error ? i : best), 0);
    const entry = errors[top]!;
    return {
      differing: errors.filter(({ error }) => error > tolerance).length, digits: digitsOf(entry.error),
      ...(entry.error > 0 && { worst: { point: top, ...entryAt(pairs[top]!, quantity, entry.at) } }),
    };
  };
  const value = compared('value');
  const gradients = (['features', 'weights'] as const).map((input): GradientComparison => {
    const found = compared(input);
    const cause = found.differing === 0 ? undefined : causeAt(pairs[found.worst!.point]!, input);
    return { input, ...found, ...directions(pairs, input), ...(cause && { cause }) };
  });
  const smallest = smallestDifference(a, b, pairs.filter(differs), { worst, tolerance });
  const observations = differing === 0 ? [] : pairs.flatMap((pair) => observationOf(pair, differs(pair)));
  const conditions = conditionsOf(observations);
  return {
    version: 1, agree: differing === 0, seed, digits, points, differing, value, gradients, conditions,
    ...(smallest && { smallest }), notes: notesOf({ value, gradients, conditions, pairs, differs }),
  };
}

function demandWhole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const rule = `A whole number from ${least} to ${most}`;
  throw new DomainError(message(`compare: ${name} ${value}`, rule, 'Leave it out for the default'));
}

function pairAt(a: ComparableLoss, b: ComparableLoss, point: ComparePoint): Pair {
  const pair = { point, a: evaluated(a, point, 'a'), b: evaluated(b, point, 'b') };
  if (pair.a.value.length !== pair.b.value.length) {
    throw new ShapeError(message(
      `compare: a gives ${pair.a.value.length} numbers, b ${pair.b.value.length}`, 'Both give one number, or one per sample',
      'Give both the same reduction',
    ));
  }
  return pair;
}

type Floors = Readonly<Record<Quantity, number>>;

function largestOf(pairs: readonly Pair[], quantity: Quantity): number {
  const larger = (most: number, x: number): number => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most);
  return pairs.reduce((most, { b }) => b[quantity].reduce(larger, most), 0);
}

function worstEntry({ a, b }: Pair, quantity: Quantity, floors: Floors): { error: number; at: number } {
  return a[quantity].reduce((worst, x, at) => {
    const error = entryError(x, b[quantity][at]!, floors[quantity]);
    return error > worst.error ? { error, at } : worst;
  }, { error: 0, at: 0 });
}

function entryAt({ point, a, b }: Pair, quantity: Quantity, at: number): Omit<EntryComparison, 'point'> {
  const shape = quantity === 'value' ? (a.value.length === 1 ? [] : [a.value.length]) : shapeOf(point, quantity);
  return { index: coordinates(at, shape), a: jsonNumber(a[quantity][at]!), b: jsonNumber(b[quantity][at]!) };
}

const shapeOf = ({ samples, classes, dimensions }: ComparePoint, input: 'features' | 'weights'): number[] =>
  [input === 'features' ? samples : classes, dimensions];

const rowsOf = (point: ComparePoint, input: 'features' | 'weights'): number[][] =>
  rowsOver(point[input], shapeOf(point, input)).map((row) => Array.from(row));

function causeAt({ point, a, b }: Pair, input: 'features' | 'weights'): Cause | undefined {
  const cause = guessCause(a[input], b[input], { shape: shapeOf(point, input), point: point[input] });
  // Two losses also agree in entries where both are saturated, so those that agree tell nothing about a term.
  return cause?.name === 'entries' ? undefined : cause;
}

/** Cosine and ratio of lengths, where both gradients are finite and at least one is not negligible. */
function directions(pairs: readonly Pair[], input: 'features' | 'weights'): Pick<GradientComparison, 'cosine' | 'ratio'> {
  const dot = (x: Float64Array, y: Float64Array): number => x.reduce((sum, v, i) => sum + v * y[i]!, 0);
  const lengths = pairs.map(({ a: { [input]: x }, b: { [input]: y } }) => ({ x, y, a: Math.hypot(...x), b: Math.hypot(...y) }));
  const finite = lengths.filter(({ a, b }) => Number.isFinite(a) && Number.isFinite(b));
  const negligible = 1e-9 * Math.max(0, ...finite.flatMap(({ a, b }) => [a, b]));
  const telling = finite.filter(({ a, b }) => a > negligible && b > negligible);
  if (telling.length === 0) return { cosine: null, ratio: null };
  const cosines = telling.map(({ x, y, a, b }) => Math.max(-1, Math.min(1, dot(x, y) / a / b)));
  const ratios = telling.map(({ a, b }) => a / b);
  return { cosine: Math.min(...cosines), ratio: { least: Math.min(...ratios), most: Math.max(...ratios) } };
}

function observationOf({ point, a, b }: Pair, differs: boolean): Observation[] {
  if (point.samples !== 1) return [];
  const facts = ({ trace }: Evaluation): ReadonlyMap<number, Fact> => (trace === undefined ? new Map() : factsOf(trace));
  return [{ a: facts(a), b: facts(b), differs }];
}

interface Findings extends Pick<CompareReport, 'value' | 'gradients' | 'conditions'> {
  readonly pairs: readonly Pair[];
  readonly differs: (pair: Pair) => boolean;
}

function notesOf({ value, gradients, conditions, pairs, differs }: Findings): string[] {
  if (!pairs.some(differs)) return [];
  const slopes = gradients.some(({ differing }) => differing > 0);
  const single = pairs.some((pair) => pair.point.samples === 1 && differs(pair));
  const together = 'single samples agree, batches differ: look at the reduction, and at what is computed from the whole batch';
  return [
    ...(value.differing === 0 ? ['the values agree everywhere, only the gradients differ'] : []),
    ...(slopes ? [] : ['the gradients agree everywhere, only the values differ']),
    ...(single ? [] : [together]),
    ...(single && conditions.length === 0 ? ['no single decision of either tells where they differ'] : []),
  ];
}

interface Judge {
  readonly worst: (pair: Pair, quantity: Quantity) => { error: number; at: number };
  readonly tolerance: number;
}

/** Shrinks the point with the fewest samples, and among these the worst, at which they differ: in value if anywhere. */
function smallestDifference(
  a: ComparableLoss, b: ComparableLoss, differing: readonly Pair[], { worst, tolerance }: Judge,
): SmallestDifference | undefined {
  const quantity = quantities.find((of) => differing.some((pair) => worst(pair, of).error > tolerance));
  if (quantity === undefined) return undefined;
  const candidates = differing.filter((pair) => worst(pair, quantity).error > tolerance);
  const start = candidates.reduce((best, pair) => {
    const fewer = pair.point.samples - best.point.samples;
    return fewer < 0 || (fewer === 0 && worst(pair, quantity).error > worst(best, quantity).error) ? pair : best;
  });
  // Neither a difference by rounding alone, nor one hard to see or of another kind, is what the reader should see.
  const found = worst(start, quantity).error;
  const finite = Number.isFinite(found);
  const enough = Math.min(found, Math.max(1e-4, tolerance, Math.min(0.02, found / 2)));
  const stillDiffers = (point: ComparePoint): boolean => {
    const { error } = worst(pairAt(a, b, point), quantity);
    return error >= enough && Number.isFinite(error) === finite;
  };
  const point = smallestPoint(start.point, stillDiffers);
  const pair = pairAt(a, b, point);
  return {
    features: rowsOf(point, 'features'), weights: rowsOf(point, 'weights'), labels: point.labels, quantity,
    ...entryAt(pair, quantity, worst(pair, quantity).at),
  };
}
