// What a gradient check found, as plain data and as text for a terminal of 100 columns. JSON keeps the data whole, but
// for NaN and infinities, which it writes as null; the sentences of the failures name them.

import { demandMade } from '../base/demand.ts';
import { shapeText } from '../base/shape.ts';
import type { Graph } from '../graph/graph.ts';
import type { Cause } from './causes.ts';

/** A step as a reader can find it: number, op, label, formula, source line. */
export interface StepReport {
  readonly id: number;
  readonly op: string;
  readonly formula: string;
  readonly label?: string;
  readonly source?: string;
}

/** One entry of one derivative. */
export interface EntryReport {
  readonly order: number;
  /** The path of the input (`inputs[0].w`) and the entry, or the direction, differentiated by. */
  readonly input: string;
  readonly index: readonly number[] | 'direction';
  /** Which entry, or which weighted sum, of the result. */
  readonly output: string;
  readonly analytic: number;
  /** By dual numbers; null for code that is not ours. */
  readonly numeric: number | null;
  /** By differences; null at a border. */
  readonly difference: number | null;
  /** Digits of agreement with the reference that judged it. */
  readonly digits: number;
  /** The step whose rule is at fault, when one was found. */
  readonly step?: StepReport;
}

export interface OrderSummary {
  readonly order: number;
  readonly entries: number;
  /** Whether every entry was checked, or seeded cotangents and directions. */
  readonly full: boolean;
  /** Fewest digits against dual numbers and differences among the entries above rounding; null when none were judged. */
  readonly duals: number | null;
  readonly differences: number | null;
  readonly atRounding: number;
  readonly atBorder: number;
  /** Entries that agree with differences only to what these know themselves: rounding, or steps too short, left fewer digits. */
  readonly unresolved: number;
}

/** What lies across a border of a cell, at the base point (distance 0) or near it. */
export interface BorderReport {
  readonly input: string;
  readonly index: readonly number[] | 'direction';
  readonly distance: number;
  /** `smooth`: decisions change there, and neither value nor slope does. */
  readonly kind: 'kink' | 'jump' | 'edge' | 'smooth';
  readonly left: number;
  readonly right: number;
  /** By how much the value changes from below to above. */
  readonly size: number;
  readonly step?: StepReport;
}

export interface Failure {
  readonly kind: 'duals' | 'differences' | 'nonfinite' | 'linearity' | 'repeat' | 'writes' | 'shape' | 'nearby' | 'unrecorded' | 'coverage';
  readonly text: string;
}

export interface FrozenReport {
  readonly kind: 'stop' | 'surrogate';
  readonly step: StepReport;
}

export interface GradcheckReport {
  readonly ok: boolean;
  readonly seed: number;
  readonly orders: readonly OrderSummary[];
  readonly failures: readonly Failure[];
  readonly worst?: EntryReport;
  readonly cause?: Cause;
  readonly frozen: readonly FrozenReport[];
  readonly borders: readonly BorderReport[];
  readonly nearest?: BorderReport;
  readonly notes: readonly string[];
}

/** `[0, 2]`, nothing for a rank-0 input, or the word for a dense direction. */
export function indexText(index: EntryReport['index']): string {
  return index === 'direction' ? ' along a direction' : index.length === 0 ? '' : shapeText(index);
}

/** `∂f/∂inputs[0][2]`, `∂(∂f/∂inputs[0][2])/∂inputs[1]`. */
export function derivativeText({ output, input, index }: Pick<EntryReport, 'output' | 'input' | 'index'>): string {
  return `∂${/[∂(]/u.test(output) ? `(${output})` : output}/∂${input}${indexText(index)}`;
}

/** A step named by its label or number, with the formula of what it computes. */
export function stepReport(graph: Graph, id: number): StepReport {
  const step = graph.steps[id]!;
  const name = (i: number): string => graph.steps[i]!.label ?? `%${i}`;
  return {
    id, op: step.primitive.name, formula: step.primitive.print(step.inputs.map(name), step.params),
    ...(step.label !== undefined && { label: step.label }), ...(step.source !== undefined && { source: step.source }),
  };
}

export function stepText({ id, op, formula, label, source }: StepReport): string {
  const name = label === undefined ? `%${id}` : `%${id} '${label}'`;
  return `step ${name} (${op})  ${formula}${source === undefined ? '' : `  at ${source}`}`.trimEnd();
}

/** The report as text, no line longer than `width`. */
export function reportText(report: GradcheckReport, width = 100): string {
  demandMade(report, ['orders', 'failures'], 'reportText', 'what gradcheck returns');
  const entriesWrong = report.failures.some(({ kind }) => kind === 'duals' || kind === 'differences');
  const lines = [
    `gradcheck: ${report.ok ? 'ok' : 'FAILED'} (seed ${report.seed})`,
    ...report.orders.map(orderText),
    ...report.failures.map((failure) => `  ✗ ${failure.text}`),
    ...(report.worst ? entryText(report.worst, entriesWrong ? 'worst entry' : 'least agreement') : []),
    ...(report.cause ? [`  cause: ${report.cause.text}`] : []),
    ...report.frozen.map((x) => `  frozen: ${x.kind === 'stop' ? 'stopGradient' : 'surrogate'} at ${stepText(x.step)}`),
    ...some(report.borders.map(borderText), 6, 'borders at the point'),
    ...(report.nearest ? [borderText(report.nearest)] : []),
    ...report.notes.map((note) => `  note: ${note}`),
  ];
  return lines.flatMap((line) => wrap(line, width)).join('\n');
}

function orderText(order: OrderSummary): string {
  const by = (name: string, digits: number | null): string => (digits === null ? '' : `, ${name} ${digits.toFixed(1)} digits`);
  const counts = [
    order.atRounding > 0 ? `${order.atRounding} at rounding` : '', order.atBorder > 0 ? `${order.atBorder} at a border` : '',
    order.unresolved > 0 ? `${order.unresolved} not resolved by differences` : '',
  ].filter((x) => x !== '');
  const how = order.full ? 'all' : 'seeded projections';
  const agreement = `${by('duals', order.duals)}${by('differences', order.differences)}`;
  return `  order ${order.order}: ${order.entries} entries (${how})${agreement}`
    + (counts.length > 0 ? `, ${counts.join(', ')}` : '');
}

function entryText(entry: EntryReport, title: string): string[] {
  return [
    `  ${title}: order ${entry.order}, ${derivativeText(entry)}, ${entry.digits.toFixed(1)} digits`,
    `    ${entry.numeric === null ? "the tool's" : 'engine    '} ${number(entry.analytic)}`,
    ...(entry.numeric === null ? [] : [`    duals      ${number(entry.numeric)}`]),
    ...(entry.difference === null ? [] : [`    difference ${number(entry.difference)}`]),
    ...(entry.step ? [`    at fault: the rule of ${stepText(entry.step)}`] : []),
  ];
}

function borderText(border: BorderReport): string {
  const place = `${border.input}${indexText(border.index)}`;
  const here = border.distance === 0;
  const where = here ? `at the point, along ${place}` : `at distance ${short(border.distance)} along ${place} (the nearest)`;
  const what = {
    kink: `slopes ${short(border.left)} and ${short(border.right)}`,
    jump: `the value changes by ${short(border.size)}`,
    edge: 'the function has no finite value beyond',
    smooth: 'neither value nor slope changes',
  }[border.kind];
  const title = border.kind === 'smooth' ? 'border' : border.kind === 'edge' ? 'edge of the domain' : border.kind;
  return `  ${title} ${where}: ${what}${border.step === undefined ? '' : `; ${stepText(border.step)}`}`;
}

function some(lines: readonly string[], most: number, what: string): string[] {
  return lines.length <= most ? [...lines] : [...lines.slice(0, most), `  … and ${lines.length - most} more ${what}`];
}

const number = (x: number): string => (x < 0 ? String(x) : ` ${x}`);
export const short = (x: number): string => String(Number(x.toPrecision(4))).replace('Infinity', '∞');

/** Breaks at spaces; continuation lines are indented by two more. */
function wrap(line: string, width: number): string[] {
  if (line.length <= width) return [line];
  const indent = ' '.repeat(line.length - line.trimStart().length);
  const lines: string[] = [];
  let current = indent;
  for (const word of line.trim().split(' ')) {
    const room = width - indent.length - 4;
    for (const piece of word.match(new RegExp(`.{1,${room}}`, 'gu')) ?? ['']) {
      const empty = current.trim() === '';
      if (!empty && current.length + 1 + piece.length > width) {
        lines.push(current);
        current = `${indent}    ${piece}`;
      } else current += empty ? piece : ` ${piece}`;
    }
  }
  return [...lines, current];
}
