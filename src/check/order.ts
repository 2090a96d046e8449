// One program, one order of derivative: the engine's gradients for some cotangents (rows) against dual numbers and
// differences along some directions (columns). Small programs are checked entry by entry, large ones through seeded
// cotangents, sampled entries and dense directions. Nothing here knows what the program means.

import { digits, entryError, floorOf } from '../base/compare.ts';
import { epsilon } from '../base/dtype.ts';
import { DomainError } from '../base/errors.ts';
import { coordinates } from '../base/shape.ts';
import { evaluate } from '../graph/evaluate.ts';
import { type Border, borderNear, type DistantBorder, type Probe } from './borders.ts';
import { type Decisions, decisionsOf } from './cells.ts';
import { type Differences, differences, roundingOf, sizeOfNumbers, stepsFor } from './differences.ts';
import { dualProgram } from './dual.ts';
import { freeze, type Frozen } from './freeze.ts';
import { bindingsAt, blockAt, cut, joined, lengthOf, type Program, type Pulled, pull, tangentsOf } from './program.ts';
import type { BorderReport, EntryReport, Failure, OrderSummary, StepReport } from './report.ts';
import { indexText, stepReport } from './report.ts';
import { normals, type Seeded } from './seeded.ts';

/** The digits demanded of the engine against each reference. */
export const demanded = { duals: 10, differences: 6 } as const;
const roundingUnits = 64 * epsilon.f64;
/** Up to so many outputs and inputs every entry is checked. */
export const fullLimits = { rows: 16, columns: 64 } as const;
const sampled = { rows: 4, columns: 24, directions: 4 } as const;

export interface Row {
  readonly name: string;
  readonly cotangent: Float64Array;
}

export interface Column {
  readonly input: string;
  readonly index: readonly number[] | 'direction';
  readonly place: number | undefined;
  readonly direction: Float64Array;
}

/** An entry that was judged, before anyone asks why it is wrong. */
export interface Judged {
  readonly entry: EntryReport;
  readonly row: Row;
  readonly column: Column;
  readonly against: 'duals' | 'differences';
}

export interface OrderResult {
  readonly summary: OrderSummary;
  readonly frozen: Frozen;
  readonly wrong: readonly Judged[];
  readonly least: Judged | undefined;
  readonly failures: readonly Failure[];
  readonly borders: readonly BorderReport[];
  readonly nearest: BorderReport | undefined;
  readonly notes: readonly string[];
}

/** Every output, or seeded sums of them. */
export function cotangentRows({ outputs }: Program, stream: Seeded): Row[] {
  const size = lengthOf(outputs);
  if (size > fullLimits.rows) {
    const names = outputs.map((block) => block.name).join(', ');
    return Array.from(
      { length: sampled.rows }, (_, i) => ({ name: `(seeded sum ${i + 1} of ${names})`, cotangent: normals(stream, size) })
    );
  }
  return Array.from({ length: size }, (_, place) => {
    const block = blockAt(outputs, place);
    const entry = block.shape.length === 0 ? '' : `[${coordinates(place - block.offset, block.shape).join(', ')}]`;
    return { name: `${block.name}${entry}`, cotangent: basis(size, place) };
  });
}

/** Every input entry, or sampled ones and dense directions, in which every input moves by its own size. */
export function columnsOf(program: Program, stream: Seeded): Column[] {
  const { inputs } = program;
  const size = lengthOf(inputs);
  const coordinate = (place: number): Column => {
    const block = blockAt(inputs, place);
    return { input: block.name, index: coordinates(place - block.offset, block.shape), place, direction: basis(size, place) };
  };
  if (size <= fullLimits.columns) return Array.from({ length: size }, (_, place) => coordinate(place));
  const places = new Set<number>();
  // At least one entry of every input, then anywhere.
  for (const block of inputs) if (block.size > 0) places.add(block.offset + stream.below(block.size));
  while (places.size < Math.max(sampled.columns, inputs.length)) places.add(stream.below(size));
  const dense = Array.from({ length: sampled.directions }, (): Column => {
    const direction = normals(stream, size);
    const largest = direction.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const scales = scalesOf(program);
    return {
      input: inputs.map((b) => b.name).join(', '), index: 'direction', place: undefined,
      direction: direction.map((x, i) => (x / largest) * scales[i]!),
    };
  });
  return [...[...places].sort((a, b) => a - b).map(coordinate), ...dense];
}

/** For every entry the size of the input it belongs to. */
export function scalesOf({ inputs, point }: Program): Float64Array {
  const scales = new Float64Array(point.length);
  for (const block of inputs) scales.fill(sizeOfNumbers(cut(point, block)), block.offset, block.offset + block.size);
  return scales;
}

/** The direction of one entry. */
export function basis(size: number, place: number): Float64Array {
  const direction = new Float64Array(size);
  direction[place] = 1;
  return direction;
}

/** Σ a·b, where an exact 0 in b wins over NaN in a. */
export const dot = (a: ArrayLike<number>, b: Float64Array): number => b.reduce((sum, x, i) => sum + (x === 0 ? 0 : x * a[i]!), 0);

/** Checks the derivative of one program at its point. */
export function checkOrder(program: Program, order: number, stream: Seeded): OrderResult {
  const frozen = freeze(program.fragment, program.base);
  const rows = cotangentRows(program, stream);
  const columns = columnsOf(program, stream);
  const pulled = rows.map((row) => pull(program, row.cotangent));
  const first = pulled[0];
  const failures = lawsOfPullback(program, normals(stream, lengthOf(program.outputs)), order);
  const { graph, outputs } = frozen.fragment;
  const push = dualProgram(graph, outputs, bindingsAt(program, frozen.fragment, program.point));
  const mu = spreadOf(push);
  const seen = columns.map((column) => lookAlong(program, frozen, column, push, mu));
  const judge = judgement(program, order);
  rows.forEach((row, r) => judge.row(row, columns, pulled[r]!, seen));
  const borders = columns.flatMap((column, c) => {
    const { border } = seen[c]!.differences;
    return border === undefined ? [] : [borderReport(program, frozen, column, 0, border)];
  });
  const unreached = first === undefined ? [] : program.inputs.filter((_, i) => !first.reached[i]);
  const notes = unreached.map((block) => `order ${order}: ${block.name} has no path to the result; its gradient is zero`);
  const { wrong, least, ...counts } = judge.done();
  if (counts.unresolved > 0) {
    const which = counts.unresolved === counts.entries ? `any of ${counts.entries}` : `${counts.unresolved} of ${counts.entries}`;
    notes.push(`order ${order}: differences could not resolve ${which} entries to ${demanded.differences} digits`
      + ' (rounding, or a border too near); dual numbers alone judge these');
  }
  const full = lengthOf(program.outputs) <= fullLimits.rows && lengthOf(program.inputs) <= fullLimits.columns;
  const nearest = nearestBorder(program, frozen, columns, seen);
  return { summary: { order, full, ...counts }, frozen, wrong, least, failures, borders, nearest, notes };
}

/** 0 → 0 and 2g → 2·result, exactly; the same bits twice; shapes and types of the inputs. */
function lawsOfPullback(program: Program, cotangent: Float64Array, order: number): Failure[] {
  const failures: Failure[] = [];
  const fail = (kind: Failure['kind'], text: string): void => void failures.push({ kind, text: `order ${order}: ${text}` });
  const { slopes, misshapen } = pull(program, cotangent);
  for (const text of misshapen) fail('shape', text);
  const again = pull(program, cotangent).slopes;
  const nothing = pull(program, cotangent.map(() => 0)).slopes;
  const twice = pull(program, cotangent.map((x) => 2 * x)).slopes;
  const where = (place: number): string => {
    const block = blockAt(program.inputs, place);
    return `${block.name}${indexText(coordinates(place - block.offset, block.shape))}`;
  };
  // What is not finite is reported as such.
  const first = (test: (x: number, i: number) => boolean): number => slopes.findIndex((x, i) => Number.isFinite(x) && test(x, i));
  const differs = first((x, i) => !Object.is(x, again[i]));
  if (differs >= 0) fail('repeat', `two backward runs differ at ${where(differs)}: ${slopes[differs]!} and ${again[differs]!}`);
  const notZero = first((_, i) => nothing[i] !== 0);
  if (notZero >= 0) fail('linearity', `a cotangent of 0 gives ${nothing[notZero]!} at ${where(notZero)}; a pull-back is linear`);
  const notTwice = first((x, i) => twice[i] !== 2 * x && Math.abs(x) > 1e-290);
  if (notTwice >= 0) fail('linearity', `twice the cotangent gives ${twice[notTwice]!}, not twice the result, at ${where(notTwice)}`);
  return failures;
}

interface Seen {
  readonly tangent: Float64Array;
  readonly spread: Float64Array;
  readonly differences: Differences;
  /** 64·eps·μ/h per output. */
  readonly rounding: () => Float64Array;
  readonly probe: (h: number) => Probe;
}

type Push = ReturnType<typeof dualProgram>;

/** μ of every output; where it is not finite the value is all that is known. */
const spreadOf = (push: Push): Float64Array => Float64Array.from(push(new Map(), true).flatMap(({ value, spread }) =>
  Array.from(value.data(), (y, k) => (Number.isFinite(spread[k]!) ? spread[k]! : Math.abs(y)))));

function lookAlong(program: Program, frozen: Frozen, column: Column, push: Push, mu: Float64Array): Seen {
  const moved = push(tangentsOf(program, frozen.fragment, column.direction));
  const probe = probeAlong(program, frozen, column.direction);
  const { place, direction } = column;
  const steps = place === undefined ? stepsFor(1, 0) : stepsFor(scalesOf(program)[place]!, program.point[place]!);
  const found = differences(probe, { ...steps, spread: mu });
  const { graph, outputs } = frozen.fragment;
  const spreadAt = (h: number): Float64Array => {
    const point = program.point.map((x, i) => x + h * direction[i]!);
    return spreadOf(dualProgram(graph, outputs, bindingsAt(program, frozen.fragment, point)));
  };
  let rounding: Float64Array | undefined;
  return {
    tangent: Float64Array.from(moved.flatMap((x) => Array.from(x.tangent))),
    spread: Float64Array.from(moved.flatMap((x) => Array.from(x.spread))),
    differences: found, rounding: () => (rounding ??= roundingOf(found, mu, spreadAt)), probe,
  };
}

/** The frozen program at point + h·direction. A value outside the domain of a step counts as no value. */
export function probeAlong(program: Program, frozen: Frozen, direction: Float64Array): (h: number) => Probe {
  const { fragment } = frozen;
  return (h) => {
    const bindings = bindingsAt(program, fragment, program.point.map((x, i) => x + h * direction[i]!));
    try {
      const values = evaluate(fragment.graph, fragment.outputs, bindings);
      const decisions: Decisions = decisionsOf(fragment.graph, fragment.outputs, values, bindings);
      return { values: joined(fragment.outputs.map((id) => values[id]!)), decisions };
    } catch (error) {
      if (error instanceof DomainError) return { values: new Float64Array(lengthOf(program.outputs)).fill(NaN), decisions: [] };
      throw error;
    }
  };
}

/** Collects the entries of one order and judges each by the norm of the project and the rounding floor. */
function judgement(program: Program, order: number) {
  const wrong: Judged[] = [];
  let least: Judged | undefined;
  let [entries, atRounding, atBorder, unresolved] = [0, 0, 0, 0];
  const fewest: { duals: number | null; differences: number | null } = { duals: null, differences: null };
  const note = (judged: Judged, error: number, unseen = false): void => {
    const d = digits(error);
    fewest[judged.against] = Math.min(fewest[judged.against] ?? Infinity, d);
    if (!(d >= demanded[judged.against])) wrong.push(judged);
    // Of equals one that both references have seen.
    const rank = ({ entry }: Judged): number => entry.digits + (entry.difference === null ? 1e-9 : 0);
    if (judged.against === 'duals' && !unseen && (least === undefined || rank(judged) < rank(least))) least = judged;
  };
  const row = (r: Row, columns: readonly Column[], { slopes }: Pulled, seen: readonly Seen[]): void => {
    const weights = r.cotangent.map(Math.abs);
    const numeric = seen.map((s) => dot(s.tangent, r.cotangent));
    const floors = floorsOf(program, columns, numeric);
    columns.forEach((column, c) => {
      const { spread, differences: found, rounding } = seen[c]!;
      const analytic = dot(slopes, column.direction);
      const border = found.border !== undefined;
      const slope = border ? null : dot(found.derivative, r.cotangent);
      const base = {
        order, input: column.input, index: column.index, output: r.name, analytic, numeric: numeric[c]!, difference: slope,
      };
      const judged = (against: Judged['against'], error: number): Judged =>
        ({ row: r, column, against, entry: { ...base, digits: digits(error) } });
      entries++;
      const error = Number.isFinite(analytic) ? entryError(analytic, numeric[c]!, floors[c]!) : Infinity;
      const atFloor = Math.abs(analytic - numeric[c]!) <= roundingUnits * dot(spread, weights);
      const rounded = error > 10 ** -demanded.duals && atFloor;
      const gap = slope === null ? 0 : Math.abs(analytic - slope);
      const apart = slope === null ? 0 : Number.isFinite(analytic) ? entryError(analytic, slope, floors[c]!) : Infinity;
      const suspect = apart > 10 ** -demanded.differences;
      // Differences that are rounding, or do not trust themselves, do not accuse, and bear nothing out.
      const unseen = suspect && (gap <= 4 * dot(found.error, weights) || gap <= dot(rounding(), weights));
      if (rounded) atRounding++;
      else note(judged('duals', error), error, unseen);
      if (slope === null) atBorder++;
      else if (unseen) unresolved += rounded ? 0 : 1;
      else note(judged('differences', apart), apart);
    });
  };
  return { row, done: () => ({ entries, atRounding, atBorder, unresolved, wrong, least, ...fewest }) };
}

/** The floor of the norm: per input tensor for entries, per entry for dense directions. */
function floorsOf(program: Program, columns: readonly Column[], numeric: readonly number[]): number[] {
  const isEntryOf = (name: string, { input, place }: Column): boolean => place !== undefined && input === name;
  const own = new Map(program.inputs.map(({ name }) => [name, floorOf(numeric.filter((_, c) => isEntryOf(name, columns[c]!)))]));
  return columns.map((column, c) => (column.place === undefined ? 1e-3 * Math.abs(numeric[c]!) : own.get(column.input)!));
}

/** The step of the original program a step of the frozen one came from, as a reader can find it. */
export function originalStep(program: Program, frozen: Frozen, id: number): StepReport {
  const from = frozen.steps.indexOf(id);
  return from >= 0 ? stepReport(program.fragment.graph, from) : stepReport(frozen.fragment.graph, id);
}

/** One border as data, for the output it changes most. */
function borderReport(
  program: Program, frozen: Frozen, column: Column, distance: number, border: Border | DistantBorder
): BorderReport {
  const effect = border.left.map((x, k) => (border.kind === 'jump' ? Math.abs(border.size[k]!) : Math.abs(border.right[k]! - x)));
  const k = effect.reduce((best, x, i) => (x > effect[best]! ? i : best), 0);
  // A slope that is rounding, or rounding beside the other one, is 0.
  const sizes = [border.left[k]!, border.right[k]!].map(Math.abs).filter(Number.isFinite);
  const slope = (x: number): number => (Math.abs(x) <= Math.max(8 * border.error[k]!, 1e-9 * Math.max(...sizes)) ? 0 : x);
  return {
    input: column.input, index: column.index, distance, kind: border.kind,
    left: slope(border.left[k]!), right: slope(border.right[k]!), size: border.kind === 'jump' ? border.size[k]! : 0,
    ...(border.flip && { step: originalStep(program, frozen, border.flip.step) }),
  };
}

/** The border that came nearest to the point without touching it, and what lies across it. */
function nearestBorder(
  program: Program, frozen: Frozen, columns: readonly Column[], seen: readonly Seen[]
): BorderReport | undefined {
  const distance = (s: Seen): number => Math.abs(s.differences.near?.outside ?? Infinity);
  const best = seen.reduce((a, s, c) => (distance(s) < distance(seen[a]!) ? c : a), 0);
  const near = seen[best]?.differences.near;
  if (near === undefined) return undefined;
  const border = borderNear(seen[best]!.probe, near);
  return borderReport(program, frozen, columns[best]!, border.distance, border);
}
