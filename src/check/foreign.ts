// The gradient of one input of code that is not ours against differences, entry by entry. Every entry is held to what
// its own differences know: six digits where they know more, fewer where the values are noisy, the two one-sided
// slopes at a kink; what they know nothing of is left out, by name. Of many entries some are compared, and directions
// through all of them, which lead to the entries that are wrong.

import { digits, entryError, floorOf } from '../base/compare.ts';
import { epsilon } from '../base/dtype.ts';
import { coordinates, type Shape } from '../base/shape.ts';
import { numbers } from '../primitives/algebra.ts';
import type { Border } from './borders.ts';
import { type Cause, guessCause, turnedBack } from './causes.ts';
import { differences, type Differences, sizeOfNumbers, stepsFor } from './differences.ts';
import type { Noise } from './noise.ts';
import { basis, type Column, demanded, dot } from './order.ts';
import { type Block, cut } from './program.ts';
import { type BorderReport, derivativeText, type EntryReport, type Failure, indexText, short } from './report.ts';
import { normals, type Seeded } from './seeded.ts';

/** Foreign functions cost little: up to so many entries are all checked. */
const fullLimit = 256;
const sampledEntries = 64;
/** Directions are followed to so many wrong entries. */
const mostNamed = 3;
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

/** Numbers with all the digits of Float32 and none beyond; large integers, and their halves, show nothing, as small ones do. */
export const isFloat32 = (list: readonly number[]): boolean =>
  list.every((x) => Math.fround(x) === x) && list.some((x) => !Number.isInteger(1024 * x) && numbers.round(x, 16) !== x);

export function compareBlock(
  block: Block, point: Float64Array, own: readonly number[], { f0, at, noise }: Foreign, stream: Seeded
): BlockResult {
  const fits = own.length === block.size;
  const scale = sizeOfNumbers(cut(point, block));
  const columns = columnsOf(block, stream, fits ? fullLimit : Infinity, scale);
  const full = columns.every((column) => column.place !== undefined);
  const spread = Float64Array.of(Math.max(Math.abs(f0), noise.level / epsilon.f64));
  const noisy = noise.level > 1024 * epsilon.f64 * Math.abs(f0);
  const look = ({ direction, place }: Pick<Column, 'direction' | 'place'>): Differences => {
    const moved = (h: number): Float64Array => {
      const x = point.slice();
      for (let k = 0; k < block.size; k++) x[block.offset + k]! += h * direction[k]!;
      return x;
    };
    const { start, narrow } = place === undefined ? stepsFor(1, 0) : stepsFor(scale, point[block.offset + place]!);
    // Noise is seen through by wide steps only.
    const options = { start: noisy ? 4 * start : start, narrow, widest: start / 8, spread };
    return differences((h) => ({ values: Float64Array.of(at(moved(h))) }), options);
  };
  const seen = columns.map(look);
  const { shape } = block;
  if (!fits) {
    const text = `the gradient of ${block.name} has ${own.length} numbers, the input ${block.size}`;
    return { findings: [], full, misfit: { kind: 'shape', text }, cause: guessCause(own, seen.map(slopeOf), { shape }) };
  }
  const floor = floorOf(seen.filter((_, c) => columns[c]!.place !== undefined).map(slopeOf));
  // Float32 gradients are right to a few units of their last place, or of that of the largest they were added up with.
  const coarse = isFloat32(own) ? 16 * epsilon.f32 : 0;
  const judge = (column: Column, found: Differences, claimed: readonly number[]): Finding => {
    const along = column.place !== undefined;
    const slope = dot(claimed, column.direction);
    if (found.border !== undefined) return atBorder(column, slope, found.border, coarse);
    // A gradient that is nothing beside the value is borne out by a value that hardly moves.
    const natural = Math.abs(f0) / (along ? scale : 1);
    const flat = Math.abs(slope) <= 1e-6 * natural ? 1e-3 * natural : 0;
    return inside(column, slope, found, { coarse, floor: along ? floor : 1e-3 * Math.abs(slopeOf(found)), flat });
  };
  const findings = columns.map((column, c) => judge(column, seen[c]!, own));
  if (findings.every(isRight)) return { findings, full };
  const [repaired, signed] = [[...own], [...own]];
  let left = mostNamed;
  columns.forEach(({ place }, c) => {
    if (place === undefined) return;
    const slope = slopeOf(seen[c]!);
    // An entry that agrees is left as it is.
    if (Math.abs(own[place]! - slope) > findings[c]!.allowed) repaired[place] = slope;
    if (own[place]! * slope < 0) signed[place] = -own[place]!;
    if (!isRight(findings[c]!)) left--;
  });
  // Few wrong entries of many show along the directions alone, and these lead to them.
  const follow = ({ direction }: Column, found: Differences): boolean => {
    const gap = (part: Float64Array, slope: Differences): number => dot(repaired, part) - slopeOf(slope);
    const entry = entryColumn(block, sourceOf(direction, gap(direction, found), (part) => gap(part, look({ direction: part, place: undefined }))));
    const there = look(entry);
    const finding = judge(entry, there, repaired);
    if (isRight(finding)) return false;
    columns.push(entry);
    seen.push(there);
    findings.push(finding);
    repaired[entry.place!] = slopeOf(there);
    return true;
  };
  columns.slice(full ? columns.length : sampledEntries).forEach((column, i) => {
    const c = sampledEntries + i;
    let finding: Finding;
    do finding = judge(column, seen[c]!, repaired);
    while (!isRight(finding) && left-- > 0 && follow(column, seen[c]!));
    if (isRight(finding)) findings[c] = finding;
  });
  // At a border there is no slope to compare with: such entries tell nothing of the mistake.
  const told = columns.flatMap((_, c) => (findings[c]!.border === undefined ? [c] : []));
  const crossed = told.length < columns.length;
  // Slopes known to a few digits fit no pattern exactly: a gradient that has a usual mistake, by all they tell, is taken to have it.
  const right = [...usualRights(own, shape), signed, repaired].find((all) => told.every((c) => isRight(judge(columns[c]!, seen[c]!, all))));
  if (right !== undefined && !crossed) return { findings, full, cause: guessCause(own, right, { shape, point: cut(point, block) }) };
  const places = told.flatMap((c) => columns[c]!.place ?? []);
  const [claimed, likely] = [own, right ?? repaired].map((list) => places.map((place) => list[place]!)) as [number[], number[]];
  return { findings, full, cause: guessCause(claimed, likely, { shape: [places.length], atBorder: crossed }) };
}

/** At a border halfway between the two one-sided slopes. */
const slopeOf = ({ derivative, border }: Differences): number =>
  (border === undefined ? derivative[0]! : (border.left[0]! + border.right[0]!) / 2);
const isRight = ({ wrong }: Finding): boolean => wrong === undefined;

/** The entry that most of a gap along a direction comes from: of two halves the one with the larger gap is halved again. */
function sourceOf(direction: Float64Array, gap: number, gapAlong: (direction: Float64Array) => number): number {
  let [low, high, rest] = [0, direction.length, gap];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const first = gapAlong(direction.map((d, i) => (i >= low && i < middle ? d : 0)));
    const second = rest - first;
    [low, high, rest] = Math.abs(first) > Math.abs(second) ? [low, middle, first] : [middle, high, second];
  }
  return low;
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
  if (found.kind !== 'kink' || (left === right && !Number.isFinite(left))) {
    const other = found.kind === 'edge' ? 'an edge of the domain' : `its slope is ${short(left)} on both sides`;
    const why = found.kind === 'jump' ? `the value jumps by ${short(size)}` : other;
    return { border, leftOut: `${input}${indexText(index)} (${why})`, allowed: 0, share: 0 };
  }
  const [low, high] = left < right ? [left, right] : [right, left];
  const steepest = Math.max(0, ...[low, high].map(Math.abs).filter(Number.isFinite));
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

/** What would be right if a gradient had one of the usual mistakes: a factor, a transpose. */
function usualRights(own: readonly number[], shape: Shape): number[][] {
  const factors = [...Array.from({ length: 11 }, (_, i) => i + 2), ...shape, own.length].flatMap((n) => [n, 1 / n, -n, -1 / n]);
  return [...[-1, ...factors].map((factor) => own.map((x) => x / factor)), ...turnedBack(own, shape)];
}

/** All entries, or sampled ones and a few directions, of the size of the input. */
function columnsOf(block: Block, stream: Seeded, limit: number, scale: number): Column[] {
  if (block.size <= limit) return Array.from({ length: block.size }, (_, place) => entryColumn(block, place));
  const places = new Set<number>();
  while (places.size < sampledEntries) places.add(stream.below(block.size));
  const dense = Array.from({ length: 4 }, (): Column => {
    const direction = normals(stream, block.size).map((x) => (x / 4) * scale);
    return { input: block.name, index: 'direction', place: undefined, direction };
  });
  return [...[...places].sort((a, b) => a - b).map((place) => entryColumn(block, place)), ...dense];
}

const entryColumn = ({ name, size, shape }: Block, place: number): Column =>
  ({ input: name, index: coordinates(place, shape), place, direction: basis(size, place) });
