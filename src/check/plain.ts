// Gradients of code that is not ours: a value and a gradient over plain arrays. There is no program to read, so
// differences alone judge, to order 1, and borders are inferred from one-sided slopes.

import { digits, entryError, floorOf } from '../base/compare.ts';
import { epsilon } from '../base/dtype.ts';
import { DomainError, DTypeError, message } from '../base/errors.ts';
import { coordinates } from '../base/shape.ts';
import { guessCause } from './causes.ts';
import { differences } from './differences.ts';
import { type Column, demanded } from './order.ts';
import { type Block, blocksOf, cut } from './program.ts';
import type { BorderReport, EntryReport, Failure, GradcheckReport } from './report.ts';
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
  const bad = analytic.findIndex((list) => !list.every(Number.isFinite));
  if (bad >= 0) failures.push({ kind: 'nonfinite', text: `the gradient of inputs[${bad}] is not finite at entry ${analytic[bad]!.findIndex((x) => !Number.isFinite(x))}` });
  if (analytic.some((list, i) => list.some((x, k) => !Object.is(x, again[i]?.[k])))) failures.push({ kind: 'repeat', text: 'two calls of gradient differ' });
  if (failures.length > 0) return { ...nothing(seed), failures };
  return compared(inputs, point, analytic, { seed, f0, at });
}

const nothing = (seed: number): GradcheckReport => ({ ok: false, seed, orders: [], failures: [], frozen: [], borders: [], notes: ['code that is not ours: differences alone judge, to order 1'] });

interface Foreign {
  readonly seed: number;
  readonly f0: number;
  readonly at: (x: Float64Array) => number;
}

function compared(inputs: readonly Input[], point: Float64Array, analytic: readonly number[][], { seed, f0, at }: Foreign): GradcheckReport {
  const failures: Failure[] = [];
  const borders: BorderReport[] = [];
  const entries: EntryReport[] = [];
  const wrong: EntryReport[] = [];
  const notes = [...nothing(seed).notes];
  let cause: GradcheckReport['cause'];
  let full = true;
  for (const [i, block] of inputs.entries()) {
    const own = analytic[i]!;
    const misfit = own.length !== block.size;
    const columns = columnsOf(block, seeded(seed, i), misfit ? Infinity : fullLimit);
    full &&= columns.every((column) => column.place !== undefined);
    const seen = columns.map((column) => {
      const moved = (h: number): Float64Array => {
        const x = point.slice();
        column.direction.forEach((d, k) => (x[block.offset + k]! += h * d));
        return x;
      };
      const scale = column.place === undefined ? 1 : Math.max(1, Math.abs(point[block.offset + column.place]!));
      return differences((h) => ({ values: Float64Array.of(at(moved(h))) }), { start: scale / 16 });
    });
    const slopes = seen.map((s) => s.derivative[0]!);
    if (misfit) {
      cause ??= guessCause(own, slopes, { shape: block.shape });
      failures.push({ kind: 'shape', text: `the gradient of ${block.name} has ${own.length} numbers, the input ${block.size}` });
      continue;
    }
    const floor = floorOf(slopes.filter((x, c) => columns[c]!.place !== undefined && Number.isFinite(x)));
    columns.forEach((column, c) => {
      const found = seen[c]!;
      const slope = column.direction.reduce((sum, d, k) => sum + (d === 0 ? 0 : d * own[k]!), 0);
      const base = { order: 1, input: block.name, index: column.index, output: 'f', analytic: slope, numeric: null };
      if (found.border !== undefined) {
        const { kind, left, right, size } = found.border;
        borders.push({ input: block.name, index: column.index, distance: 0, kind, left: left[0]!, right: right[0]!, size: size[0]! });
        return;
      }
      const error = entryError(slope, slopes[c]!, column.place === undefined ? 1e-3 * Math.abs(slopes[c]!) : floor);
      const entry: EntryReport = { ...base, difference: slopes[c]!, digits: digits(error) };
      entries.push(entry);
      const noise = (64 * epsilon.f64 * Math.abs(f0)) / found.h + 4 * found.error[0]!;
      if (!(entry.digits >= demanded.differences) && !(Math.abs(slope - slopes[c]!) <= noise)) wrong.push(entry);
    });
    if (cause === undefined && wrong.some((entry) => entry.input === block.name) && columns.every((column) => column.place !== undefined)) {
      // At a border there is no slope to compare with; the entry is left as it is.
      const right = slopes.map((x, k) => (Number.isFinite(x) ? x : own[k]!));
      cause = guessCause(own, right, { shape: block.shape, point: cut(point, block), atBorder: borders.some((border) => border.input === block.name) });
    }
  }
  const ranked = [...wrong].sort((a, b) => a.digits - b.digits);
  for (const entry of ranked.slice(0, 3)) {
    const place = entry.index === 'direction' ? 'a direction' : `[${entry.index.join(', ')}]`;
    failures.push({ kind: 'differences', text: `∂f/∂ ${entry.input} ${place}: gradient ${entry.analytic}, differences ${entry.difference!} (${entry.digits.toFixed(1)} digits, ${demanded.differences} demanded)` });
  }
  if (ranked.length > 3) failures.push({ kind: 'differences', text: `… and ${ranked.length - 3} more entries` });
  const worst = ranked[0] ?? entries.reduce<EntryReport | undefined>((a, b) => (a === undefined || b.digits < a.digits ? b : a), undefined);
  const fewest = entries.reduce((least, entry) => Math.min(least, entry.digits), Infinity);
  return {
    ok: failures.length === 0, seed, failures, borders, notes, frozen: [],
    orders: [{ order: 1, entries: entries.length + borders.length, full, duals: null, differences: entries.length === 0 ? null : fewest, atRounding: 0, atBorder: borders.length }],
    ...(worst && { worst }), ...(cause && { cause }),
  };
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
  const dense = Array.from({ length: 4 }, (): Column => ({ input: block.name, index: 'direction', place: undefined, direction: normals(stream, block.size).map((x) => x / 4) }));
  return [...[...places].sort((a, b) => a - b).map(coordinate), ...dense];
}

function plainInput(given: unknown, name: string): { name: string; shape: number[]; numbers: number[]; build: (numbers: Float64Array) => unknown } {
  if (given instanceof Float32Array) {
    throw new DTypeError(message(`gradcheck: ${name} is a Float32Array`, 'Differences of Float32 numbers have no digits left', 'Pass Float64Array.from(x) or arrays of numbers'));
  }
  if (given instanceof Float64Array) return { name, shape: [given.length], numbers: Array.from(given), build: (numbers) => numbers };
  if (typeof given === 'number') return { name, shape: [], numbers: [given], build: (numbers) => numbers[0]! };
  if (!Array.isArray(given)) {
    throw new DTypeError(message(`gradcheck: ${name} is ${given === null ? 'null' : typeof given}`, 'Inputs of plain functions are numbers, Float64Arrays or nested arrays of numbers', 'Convert it first'));
  }
  const children = given.map((child, i) => plainInput(child as unknown, `${name}[${i}]`));
  const even = children.every((child) => child.shape.length === children[0]!.shape.length && child.shape.every((n, a) => n === children[0]!.shape[a]));
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
    throw new DomainError(message(`gradcheck: gradient returned ${typeof array}`, 'It returns one array of numbers per input, in the order of the inputs', 'Return a list of arrays'));
  }
  return Array.from(array as ArrayLike<PlainArray | number>).flatMap(numbersOf);
}
