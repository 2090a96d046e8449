// Gradients of code that is not ours: a value and a gradient over plain arrays. There is no program to read, so
// differences alone judge, to order 1, and borders are inferred from one-sided slopes.

import { digits, entryError, floorOf } from '../base/compare.ts';
import { epsilon } from '../base/dtype.ts';
import { DomainError, DTypeError, message } from '../base/errors.ts';
import { coordinates, sameShape } from '../base/shape.ts';
import { type Cause, guessCause } from './causes.ts';
import { differences } from './differences.ts';
import { type Column, demanded } from './order.ts';
import { type Block, blocksOf, cut } from './program.ts';
import { type BorderReport, derivativeText, type EntryReport, type Failure, type GradcheckReport } from './report.ts';
import { normals, type Seeded, seeded } from './seeded.ts';

/** Flat or nested arrays of numbers; a gradient may also come as Float32Array. */
export type PlainArray = Float64Array | Float32Array | readonly number[] | readonly PlainArray[];

export interface PlainFunction {
  // Written by the user for arrays of the form that is passed in.
  readonly value: (inputs: never) => number;
  readonly gradient: (inputs: never) => readonly PlainArray[];
}

/** Foreign functions cost little: up to so many entries are all checked. */
const fullLimit = 256;
const sampledEntries = 64;
/** A failure names at most so many entries. */
const named = 3;

export function isPlain(f: unknown): f is PlainFunction {
  return typeof f === 'object' && f !== null && 'value' in f && 'gradient' in f;
}

interface Input extends Block {
  /** Puts numbers back into the arrays the user passes. */
  readonly build: (numbers: Float64Array) => unknown;
}

export function checkPlain({ value, gradient }: PlainFunction, given: readonly unknown[], seed: number): GradcheckReport {
  const parts = given.map((array, i) => plainInput(array, `inputs[${i}]`));
  const inputs = blocksOf(parts);
  const point = Float64Array.from(parts.flatMap((part) => part.numbers));
  // Fresh arrays at every call: code that writes into its arguments must not move the point.
  const arraysAt = (x: Float64Array): never => inputs.map((block) => block.build(cut(x, block))) as never;
  const at = (x: Float64Array): number => value(arraysAt(x));
  const f0 = at(point);
  const analytic = gradient(arraysAt(point)).map(numbersOf);
  const again = gradient(arraysAt(point)).map(numbersOf);
  const failures: Failure[] = [];
  if (!Number.isFinite(f0)) failures.push({ kind: 'nonfinite', text: `the value is ${f0}` });
  if (analytic.length !== inputs.length) {
    failures.push({ kind: 'shape', text: `gradient returned ${analytic.length} arrays for ${inputs.length} inputs` });
  }
  const bad = analytic.map((list) => list.findIndex((x) => !Number.isFinite(x)));
  const broken = bad.findIndex((k) => k >= 0);
  if (broken >= 0) failures.push({
    kind: 'nonfinite', text: `the gradient of inputs[${broken}] is not finite at entry ${bad[broken]!}`,
  });
  const same = analytic.every((list, i) => list.every((x, k) => Object.is(x, again[i]?.[k])));
  if (!same) failures.push({ kind: 'repeat', text: 'two calls of gradient differ' });
  if (failures.length > 0) return { ...nothing(seed), failures };
  return compared(inputs, point, analytic, { seed, f0, at });
}

const nothing = (seed: number): GradcheckReport => ({
  ok: false, seed, orders: [], failures: [], frozen: [], borders: [],
  notes: ['code that is not ours: differences alone judge, to order 1'],
});

interface Foreign {
  readonly seed: number;
  readonly f0: number;
  readonly at: (x: Float64Array) => number;
}

/** What differences say about the gradient of one input. */
interface BlockResult {
  readonly entries: readonly EntryReport[];
  readonly wrong: readonly EntryReport[];
  readonly borders: readonly BorderReport[];
  readonly full: boolean;
  readonly misfit?: Failure;
  readonly cause?: Cause | undefined;
}

function compared(
  inputs: readonly Input[], point: Float64Array, analytic: readonly number[][], foreign: Foreign
): GradcheckReport {
  const results = inputs.map((block, i) => compareBlock(block, point, analytic[i]!, foreign, seeded(foreign.seed, i)));
  const entries = results.flatMap((result) => result.entries);
  const borders = results.flatMap((result) => result.borders);
  const wrong = results.flatMap((result) => result.wrong).sort((x, y) => x.digits - y.digits);
  const failures = [
    ...results.flatMap(({ misfit }) => (misfit === undefined ? [] : [misfit])), ...wrong.slice(0, named).map(wrongText),
  ];
  if (entries.length === 0 && failures.length === 0 && borders.length > 0) {
    failures.push({ kind: 'differences', text: 'every entry lies at a border, so nothing could be compared; move the point, or compute in Float64' });
  }
  if (wrong.length > named) failures.push({ kind: 'differences', text: `… and ${wrong.length - named} more entries` });
  const worst = [...entries].sort((x, y) => x.digits - y.digits)[0];
  const cause = results.find((result) => result.cause !== undefined)?.cause;
  return {
    ...nothing(foreign.seed), ok: failures.length === 0, failures, borders,
    orders: [{
      order: 1, entries: entries.length + borders.length, full: results.every((result) => result.full), duals: null,
      differences: worst?.digits ?? null, atRounding: 0, atBorder: borders.length,
    }],
    ...(wrong[0] ?? worst ? { worst: wrong[0] ?? worst! } : {}), ...(cause && { cause }),
  };
}

function wrongText(entry: EntryReport): Failure {
  return {
    kind: 'differences',
    text: `${derivativeText(entry)}: gradient ${entry.analytic}, differences ${entry.difference!}`
      + ` (${entry.digits.toFixed(1)} digits, ${demanded.differences} demanded)`,
  };
}

function compareBlock(
  block: Input, point: Float64Array, own: readonly number[], { f0, at }: Foreign, stream: Seeded
): BlockResult {
  const fits = own.length === block.size;
  const columns = columnsOf(block, stream, fits ? fullLimit : Infinity);
  const full = columns.every((column) => column.place !== undefined);
  const seen = columns.map(({ direction, place }) => {
    const moved = (h: number): Float64Array => point.map((x, i) => x + h * (direction[i - block.offset] ?? 0));
    const scale = place === undefined ? 1 : Math.max(1, Math.abs(point[block.offset + place]!));
    return differences((h) => ({ values: Float64Array.of(at(moved(h))) }), { start: scale / 16 });
  });
  const slopes = seen.map((found) => found.derivative[0]!);
  if (!fits) {
    const misfit: Failure = {
      kind: 'shape', text: `the gradient of ${block.name} has ${own.length} numbers, the input ${block.size}`,
    };
    return { entries: [], wrong: [], borders: [], full, misfit, cause: guessCause(own, slopes, { shape: block.shape }) };
  }
  const floor = floorOf(slopes.filter((_, c) => columns[c]!.place !== undefined));
  const entries: EntryReport[] = [];
  const wrong: EntryReport[] = [];
  const borders: BorderReport[] = [];
  columns.forEach(({ input, index, place, direction }, c) => {
    const { border, error: estimate, h } = seen[c]!;
    if (border !== undefined) {
      borders.push({
        input, index, distance: 0, kind: border.kind, left: border.left[0]!, right: border.right[0]!, size: border.size[0]!,
      });
      return;
    }
    const slope = direction.reduce((sum, d, k) => sum + (d === 0 ? 0 : d * own[k]!), 0);
    const difference = slopes[c]!;
    const error = entryError(slope, difference, place === undefined ? 1e-3 * Math.abs(difference) : floor);
    const entry: EntryReport = {
      order: 1, input, index, output: 'f', analytic: slope, numeric: null, difference, digits: digits(error),
    };
    const noise = (64 * epsilon.f64 * Math.abs(f0)) / h + 4 * estimate[0]!;
    entries.push(entry);
    if (entry.digits < demanded.differences && Math.abs(slope - difference) > noise) wrong.push(entry);
  });
  if (wrong.length === 0 || !full) return { entries, wrong, borders, full };
  // At a border there is no slope to compare with; that entry is left as it is.
  const right = slopes.map((x, k) => (Number.isFinite(x) ? x : own[k]!));
  const cause = guessCause(own, right, { shape: block.shape, point: cut(point, block), atBorder: borders.length > 0 });
  return { entries, wrong, borders, full, cause };
}

/** All entries, or sampled ones and a few directions. */
function columnsOf(block: Block, stream: Seeded, limit: number): Column[] {
  const coordinate = (place: number): Column => {
    const direction = new Float64Array(block.size);
    direction[place] = 1;
    return { input: block.name, index: coordinates(place, block.shape), place, direction };
  };
  if (block.size <= limit) return Array.from({ length: block.size }, (_, place) => coordinate(place));
  const places = new Set<number>();
  while (places.size < sampledEntries) places.add(stream.below(block.size));
  const dense = Array.from({ length: 4 }, (): Column => {
    const direction = normals(stream, block.size).map((x) => x / 4);
    return { input: block.name, index: 'direction', place: undefined, direction };
  });
  return [...[...places].sort((a, b) => a - b).map(coordinate), ...dense];
}

interface PlainInput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly numbers: readonly number[];
  readonly build: Input['build'];
}

function plainInput(given: unknown, name: string): PlainInput {
  if (given instanceof Float32Array) {
    throw new DTypeError(message(
      `gradcheck: ${name} is a Float32Array`, 'Differences of Float32 numbers have no digits left',
      'Pass Float64Array.from(x) or arrays of numbers'
    ));
  }
  if (given instanceof Float64Array) return { name, shape: [given.length], numbers: Array.from(given), build: (all) => all };
  if (typeof given === 'number') return { name, shape: [], numbers: [given], build: (all) => all[0]! };
  if (!Array.isArray(given)) {
    throw new DTypeError(message(
      `gradcheck: ${name} is ${given === null ? 'null' : typeof given}`,
      'Inputs of plain functions are numbers, Float64Arrays or nested arrays of numbers', 'Convert it first'
    ));
  }
  const children = given.map((child, i) => plainInput(child as unknown, `${name}[${i}]`));
  const even = children.every((child) => sameShape(child.shape, children[0]!.shape));
  const numbers = children.flatMap((child) => child.numbers);
  return {
    name, numbers, shape: even ? [children.length, ...(children[0]?.shape ?? [])] : [numbers.length],
    build: (all) => {
      let from = 0;
      return children.map((child) => child.build(all.slice(from, (from += child.numbers.length))));
    },
  };
}

function numbersOf(array: PlainArray | number): number[] {
  if (typeof array === 'number') return [array];
  if (array === null || typeof array !== 'object' || typeof (array as { length?: unknown }).length !== 'number') {
    throw new DomainError(message(
      `gradcheck: gradient returned ${typeof array}`, 'It returns one array of numbers per input, in the order of the inputs',
      'Return a list of arrays'
    ));
  }
  return Array.from(array as ArrayLike<PlainArray | number>).flatMap(numbersOf);
}
