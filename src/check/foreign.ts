// The gradient of one input of code that is not ours against differences, entry by entry. Every entry is held to what
// its own differences know: six digits where they know more, fewer where the values are noisy, the two one-sided
// slopes at a kink; what they know nothing of is left out, by name.

import { digits, entryError, floorOf } from '../base/compare.ts';
import { epsilon } from '../base/dtype.ts';
import { coordinates, type Shape } from '../base/shape.ts';
import { numbers } from '../primitives/algebra.ts';
import type { Border } from './borders.ts';
import { type Cause, guessCause } from './causes.ts';
import { differences, type Differences, sizeOfNumbers, stepsFor } from './differences.ts';
import type { Noise } from './noise.ts';
import { type Column, demanded } from './order.ts';
import { type Block, cut } from './program.ts';
import { type BorderReport, derivativeText, type EntryReport, type Failure, indexText, short } from './report.ts';
import { normals, type Seeded } from './seeded.ts';

/** Foreign functions cost little: up to so many entries are all checked. */
const fullLimit = 256;
const sampledEntries = 64;
/** Differences that know an entry to less than this share of it compare nothing. */
const usable = 0.03;

/** A foreign function at its point: its value there and elsewhere, and how much of a value is noise. */
export interface Foreign {
  readonly seed: number;
  readonly f0: number;
  readonly at: (x: Float64Array) => number;
  readonly noise: Noise;
}

/** What differences say about one entry. One of `entry` and `leftOut` is there. */
interface Finding {
  readonly entry?: EntryReport;
  /** Why the entry is wrong. */
  readonly wrong?: string;
  readonly border?: BorderReport;
  /** The entry by name, and why nothing can be said about it. */
  readonly leftOut?: string;
  /** How far from the difference the entry may be, and that as a share of it. */
  readonly allowed: number;
  readonly share: number;
}

/** What differences say about the gradient of one input. */
export interface BlockResult {
  readonly findings: readonly Finding[];
  readonly full: boolean;
  readonly misfit?: Failure;
  readonly cause?: Cause | undefined;
}

/** Numbers with all the digits of Float32 and none beyond; small integers and halves show nothing. */
export const isFloat32 = (list: readonly number[]): boolean =>
  list.every((x) => Math.fround(x) === x) && list.some((x) => numbers.round(x, 16) !== x);

export function compareBlock(
  block: Block, point: Float64Array, own: readonly number[], { f0, at, noise }: Foreign, stream: Seeded
): BlockResult {
  const fits = own.length === block.size;
  const scale = sizeOfNumbers(cut(point, block));
  const columns = columnsOf(block, stream, fits ? fullLimit : Infinity, scale);
  const full = columns.every((column) => column.place !== undefined);
  const spread = Float64Array.of(Math.max(Math.abs(f0), noise.level / epsilon.f64));
  const noisy = noise.level > 1024 * epsilon.f64 * Math.abs(f0);
  const seen = columns.map(({ direction, place }) => {
    const moved = (h: number): Float64Array => point.map((x, i) => x + h * (direction[i - block.offset] ?? 0));
    const { start, narrow } = place === undefined ? stepsFor(1, 0) : stepsFor(scale, point[block.offset + place]!);
    // Noise is seen through by wide steps only.
    const options = { start: noisy ? 4 * start : start, narrow, widest: start / 8, spread };
    return differences((h) => ({ values: Float64Array.of(at(moved(h))) }), options);
  });
  const slopes = seen.map((found) => found.derivative[0]!);
  const { shape } = block;
  if (!fits) {
    const text = `the gradient of ${block.name} has ${own.length} numbers, the input ${block.size}`;
    return { findings: [], full, misfit: { kind: 'shape', text }, cause: guessCause(own, slopes, { shape }) };
  }
  const floor = floorOf(slopes.filter((_, c) => columns[c]!.place !== undefined));
  // Float32 gradients are right to a few units of their last place, or of that of the largest they were added up with.
  const coarse = isFloat32(own) ? 16 * epsilon.f32 : 0;
  const findings = columns.map((column, c): Finding => {
    const along = column.place !== undefined;
    const slope = column.direction.reduce((sum, d, k) => sum + (d === 0 ? 0 : d * own[k]!), 0);
    if (seen[c]!.border !== undefined) return atBorder(column, slope, seen[c]!.border, coarse);
    // A gradient that is nothing beside the value is borne out by a value that hardly moves.
    const natural = Math.abs(f0) / (along ? scale : 1);
    const flat = Math.abs(slope) <= 1e-6 * natural ? 1e-3 * natural : 0;
    return inside(column, slope, seen[c]!, { coarse, floor: along ? floor : 1e-3 * Math.abs(slopes[c]!), flat });
  });
  if (!full || findings.every(({ wrong }) => wrong === undefined)) return { findings, full };
  // At a border there is no slope to compare with: such entries tell nothing of the mistake.
  const told = findings.flatMap(({ border }, k) => (border === undefined ? [k] : []));
  const context = told.length < findings.length ? { shape: [told.length], atBorder: true } : { shape, point: cut(point, block) };
  const claimed = told.map((k) => own[k]!);
  const right = likely(claimed, told.map((k) => slopes[k]!), told.map((k) => findings[k]!.allowed), context.shape);
  return { findings, full, cause: guessCause(claimed, right, context) };
}

/** One entry where differences know a slope. */
function inside(
  { input, index }: Column, slope: number, { derivative, error }: Differences,
  { coarse, floor, flat }: { readonly coarse: number; readonly floor: number; readonly flat: number },
): Finding {
  const difference = derivative[0]!;
  // What is far below the largest entry need not be known to digits of its own; what is claimed must show.
  const size = Math.max(Math.abs(difference), Math.abs(slope), 100 * floor, flat);
  const known = 8 * error[0]!;
  const allowed = known + coarse * size;
  if (known > usable * size) {
    const digitsKnown = digits(error[0]! / size).toFixed(1);
    return { leftOut: `${input}${indexText(index)} (differences know ${digitsKnown} digits of it)`, allowed, share: 0 };
  }
  const apart = entryError(slope, difference, floor);
  const entry: EntryReport = {
    order: 1, input, index, output: 'f', analytic: slope, numeric: null, difference, digits: digits(apart),
  };
  const share = size === 0 ? 0 : allowed / size;
  if (entry.digits >= demanded.differences || Math.abs(slope - difference) <= allowed) return { entry, allowed, share };
  const text = `${derivativeText(entry)}: gradient ${slope}, differences ${difference}`
    + ` (${entry.digits.toFixed(1)} digits, ${digitsOf(share)} demanded)`;
  return { entry, wrong: text, allowed, share };
}

/** The digits demanded of entries that may be off by a share of themselves. */
export const digitsOf = (share: number): number => Math.min(demanded.differences, Math.max(0, Math.floor(-Math.log10(share))));

/** One entry at whose point a border lies. At a kink every slope between the two one-sided ones is right. */
function atBorder({ input, index }: Column, slope: number, found: Border, coarse: number): Finding {
  const known = 8 * found.error[0]!;
  const [left, right] = [found.left[0]!, found.right[0]!].map((x) => (Math.abs(x) <= known ? 0 : x)) as [number, number];
  const size = found.size[0]!;
  const border: BorderReport = { input, index, distance: 0, kind: found.kind, left, right, size };
  if (found.kind !== 'kink') {
    const why = found.kind === 'jump' ? `the value jumps by ${short(size)}` : 'an edge of the domain';
    return { border, leftOut: `${input}${indexText(index)} (${why})`, allowed: 0, share: 0 };
  }
  const [low, high] = left < right ? [left, right] : [right, left];
  const steepest = Math.max(Math.abs(low), Math.abs(high));
  const room = Math.max(10 ** -demanded.differences * steepest, known, coarse * steepest);
  const between = slope >= low - room && slope <= high + room;
  const entry: EntryReport = {
    order: 1, input, index, output: 'f', analytic: slope, numeric: null, difference: null, digits: digits(between ? 0 : 1),
  };
  if (between) return { entry, border, allowed: 0, share: 0 };
  const text = `${derivativeText(entry)}: gradient ${slope}, outside the one-sided slopes ${short(left)} and ${short(right)}`
    + ' (a kink)';
  return { entry, wrong: text, border, allowed: 0, share: 0 };
}

/**
 * The right gradient as an explanation needs it. Slopes known to a few digits fit no pattern exactly; what they do not
 * contradict is taken as it would be if the gradient had one of the usual mistakes.
 */
function likely(own: readonly number[], slopes: readonly number[], allowed: readonly number[], shape: Shape): number[] {
  const fits = (candidate: readonly number[]): boolean =>
    candidate.every((x, k) => !Number.isFinite(slopes[k]!) || Math.abs(x - slopes[k]!) <= allowed[k]!);
  const factors = [-1, ...[...Array.from({ length: 11 }, (_, i) => i + 2), ...shape].flatMap((n) => [n, 1 / n, -n, -1 / n])];
  const scaled = factors.map((factor) => own.map((x) => x / factor)).find(fits);
  const signed = own.map((x, k) => (x * slopes[k]! < 0 ? -x : x));
  // An entry that agrees is left as it is.
  return scaled ?? (fits(signed) ? signed : slopes.map((x, k) => (Math.abs(x - own[k]!) > allowed[k]! ? x : own[k]!)));
}

/** All entries, or sampled ones and a few directions, of the size of the input. */
function columnsOf(block: Block, stream: Seeded, limit: number, scale: number): Column[] {
  const coordinate = (place: number): Column => {
    const direction = new Float64Array(block.size);
    direction[place] = 1;
    return { input: block.name, index: coordinates(place, block.shape), place, direction };
  };
  if (block.size <= limit) return Array.from({ length: block.size }, (_, place) => coordinate(place));
  const places = new Set<number>();
  while (places.size < sampledEntries) places.add(stream.below(block.size));
  const dense = Array.from({ length: 4 }, (): Column => {
    const direction = normals(stream, block.size).map((x) => (x / 4) * scale);
    return { input: block.name, index: 'direction', place: undefined, direction };
  });
  return [...[...places].sort((a, b) => a - b).map(coordinate), ...dense];
}
