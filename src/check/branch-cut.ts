// A cut through the landscape of a result: its value along one direction, divided into cells by the borders at which a
// decision changes something. Borders are found to the last bit, so a jump has its true size and no picture has to
// guess where a line breaks. Data only: the picture is drawn by whoever has a pen.

import { demandMade, demandOptions } from '../base/demand.ts';
import { DomainError, message } from '../base/errors.ts';
import type { Explanation, JsonNumber } from '../explain/index.ts';
import { sizeOf } from '../base/shape.ts';
import { jsonNumber } from '../explain/numbers.ts';
import { entryOf } from '../explain/program.ts';
import { type BranchDecision, branchMapVersion, type Direction } from './branch-map.ts';
import { type Crossing, flips, Landscape, type Place, placeOf } from './landscape.ts';
import { bisected } from './nearest-border.ts';

export interface BranchCutOptions {
  /** Where the cut begins and ends, in lengths of the direction. Default −1 and 1. */
  readonly from?: number;
  readonly to?: number;
  /** How many values are taken between. Default 201. */
  readonly points?: number;
}

/** The border between two cells. */
export interface CutBorder {
  readonly h: number;
  readonly effect: Exclude<Crossing['effect'], 'nothing'>;
  /** The result above the border less that below it. */
  readonly jump: JsonNumber;
  readonly turn: JsonNumber;
  /** What decides otherwise: the line, its formula, and the entry. */
  readonly flipped: readonly Pick<BranchDecision, 'name' | 'formula' | 'serves' | 'at'>[];
}

/** A stretch without a border; its ends stand beside them, off by rounding. */
export interface CutCell {
  readonly h: readonly number[];
  readonly value: readonly JsonNumber[];
}

export interface BranchCut {
  readonly version: typeof branchMapVersion;
  readonly from: number;
  readonly to: number;
  readonly cells: readonly CutCell[];
  readonly borders: readonly CutBorder[];
}

/** The most borders that are looked for between two neighbouring points. */
const mostBorders = 64;

/**
 * The result along `point + h·direction`.
 *
 * Shapes    an explanation made in this process; every list of the direction as long as its input
 * Gradient  none: plain data
 * Edges     decisions that change neither value nor slope make no cell; two that flip and flip back between neighbouring
 *           points are not seen
 * Throws    DomainError for an unknown input, a list of another length, a direction that moves nothing, or from ≥ to
 */
export function branchCut(explanation: Explanation, direction: Direction, options: BranchCutOptions = {}): BranchCut {
  demandOptions(options, ['from', 'to', 'points'], 'branchCut');
  const { from = -1, to = 1, points = 201 } = options;
  const land = new Landscape(explanation, 'branchCut');
  const way = vectorOf(land, direction);
  if (!(from < to) || !Number.isInteger(points) || points < 2) {
    throw new DomainError(message(`branchCut: ${points} points from ${from} to ${to}`, 'A cut goes upwards and has at least two points', 'Give from < to'));
  }
  const lines = new Map(explanation.lines.map((line) => [line.number, line]));
  const at = (h: number): Float64Array => land.point.map((x, i) => x + h * way[i]!);
  // Neighbouring points are asked for again and again; two of them are kept.
  let kept: { readonly h: number; readonly place: Place }[] = [];
  const placeAt = (h: number): Place => {
    const found = kept.find((one) => one.h === h) ?? { h, place: land.at(at(h)) };
    kept = [found, ...kept.filter((one) => one !== found)].slice(0, 2);
    return found.place;
  };
  const cells: { h: number[]; value: JsonNumber[] }[] = [{ h: [], value: [] }];
  const borders: CutBorder[] = [];
  const add = (h: number): void => {
    const cell = cells.at(-1)!;
    if (cell.h.at(-1) === h) return;
    cell.h.push(h);
    cell.value.push(jsonNumber(placeAt(h).result));
  };
  let before = from;
  add(from);
  for (let i = 1; i < points; i++) {
    const next = from + ((to - from) * i) / (points - 1);
    for (let found = 0; found < mostBorders && before < next; found++) {
      const { decisions } = placeAt(before);
      const changes = (h: number): boolean => flips(decisions, placeAt(h).decisions).length > 0;
      if (!changes(next)) break;
      const border = bisected(changes, before, next);
      const least = land.margin(way, border);
      // Where a gap closes with the square of the way, rounding decides nearer than this or that side can be told.
      const start = before;
      const side = (sign: number): number => Array.from({ length: 13 }, (_, k) => Math.max(start, border + sign * 4 ** k * least))
        .find((h) => changes(h) === sign > 0) ?? border + sign * least;
      const [below, above] = [side(-1), side(1)];
      const { effect, jump, turn, flipped } = land.crossing(at(below), at(above));
      before = above;
      if (effect === 'nothing') continue;
      add(Math.max(below, cells.at(-1)!.h.at(-1)!));
      borders.push({
        h: border, effect, jump: jsonNumber(jump), turn: jsonNumber(turn),
        flipped: flipped.flatMap((flip) => {
          const line = lines.get(land.lineOf(flip.step));
          return line === undefined ? [] : [{
            name: line.name, formula: line.expanded, serves: land.servedBy(line.number), at: placeOf(land.open, flip),
          }];
        }),
      });
      cells.push({ h: [], value: [] });
      add(before);
    }
    before = Math.max(before, next);
    add(before);
  }
  return { version: branchMapVersion, from, to, cells, borders };
}

/** The direction as one vector over all float inputs. */
function vectorOf({ open: { inputs, point } }: Landscape, direction: Direction): Float64Array {
  const way = new Float64Array(point.length);
  for (const [name, numbers] of Object.entries(direction)) {
    const block = inputs.find((input) => input.name === name);
    if (block === undefined || numbers.length !== block.size) {
      const what = block === undefined ? `the input '${name}'` : `${numbers.length} numbers for ${name}, which has ${block.size}`;
      throw new DomainError(message(
        `branchCut: ${what}`, `The float inputs are ${inputs.map((input) => input.name).join(', ')}`, 'Give one number per entry'));
    }
    way.set(Float64Array.from(numbers), block.offset);
  }
  if (way.every((x) => x === 0) || !way.every(Number.isFinite)) {
    throw new DomainError(message('branchCut: a direction that moves nothing', 'A direction has finite numbers, not all 0', 'Name an input and how it moves'));
  }
  return way;
}

/** The direction that moves one entry of an input, such as `x[0, 1]`, by 1. */
export function alongEntry(explanation: Explanation, entry: string): Direction {
  demandMade(explanation, ['lines'], 'alongEntry', 'what explain returns');
  const { line, place } = entryOf(explanation, entry, 'branchCut');
  const numbers = new Float64Array(sizeOf(line.shape));
  numbers[place] = 1;
  return { [line.name]: numbers };
}
