// Parameters of losses: what values they may take, and arithmetic that keeps a number a number. A number is used in
// full precision and adopts the type of the tensor it meets; a tensor is for a value that is learned, scheduled or
// differs by sample, and makes every form that depends on it the general one.

import { isFloat } from '../base/dtype.ts';
import { DomainError, DTypeError, message, ShapeError } from '../base/errors.ts';
import { shapeText } from '../base/shape.ts';
import { currentRecorder, isTensor, type Tensor } from '../graph/index.ts';
import { add, cos, mul, sin } from '../ops/index.ts';

/** A number, or a tensor where the value is learned or scheduled, [], or differs by sample, [N, 1]. */
export type Parameter = number | Tensor;

/** The values a parameter may take, both ends included unless `open` leaves out the lower one. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly open?: boolean;
  readonly whole?: boolean;
}

export const positive: Range = { from: 0, to: Infinity, open: true };
export const nonNegative: Range = { from: 0, to: Infinity };

/** A range in words: `t ≥ 1`, `0 < m ≤ 1`, `m a whole number from 1 to 64`. */
export function rangeText(name: string, { from, to, open = false, whole = false }: Range): string {
  if (whole) return `${name} is a whole number from ${from} to ${to}`;
  if (to === Infinity) return `${name} ${open ? '>' : '≥'} ${from}`;
  return `${from} ${open ? '<' : '≤'} ${name} ≤ ${to}`;
}

/** Whether the numbers of a tensor can be read now: not where only the program is being recorded. */
export function isReadable(x: Tensor): boolean {
  const recorder = currentRecorder();
  return recorder?.mode !== 'abstract' || !recorder.knows(x);
}

/** Refuses a number that is none or lies outside its range. */
export function checkNumber(who: string, name: string, x: unknown, range: Range, hint = 'Check the value'): void {
  const { from, to, open = false, whole = false } = range;
  const isNumber = typeof x === 'number' && Number.isFinite(x);
  const isIn = isNumber && x <= to && (open ? x > from : x >= from) && (!whole || Number.isInteger(x));
  if (isIn) return;
  // A hint is about a number of another convention; a text or NaN is none.
  const shown = typeof x === 'string' ? `the text '${x}'` : String(x);
  throw new DomainError(message(
    `${who}: ${name} = ${shown}`, isNumber ? rangeText(name, range) : `${rangeText(name, range)}, a finite number`,
    isNumber ? hint : 'Check the value'));
}

/** The same for a parameter that may be a tensor: its entries are looked at when they can be read. */
export function checkParameter(who: string, name: string, value: unknown, range: Range, hint?: string): void {
  if (!isTensor(value)) return checkNumber(who, name, value, range, hint);
  if (!isFloat(value.dtype)) {
    throw new DTypeError(message(
      `${who}: ${name} is a tensor of type ${value.dtype}`,
      'A parameter is a number or a float tensor', "Use cast(x, 'f32' | 'f64')"));
  }
  if (value.rank !== 0 && (value.rank !== 2 || value.shape[1] !== 1)) {
    throw new ShapeError(message(
      `${who}: ${name} ${shapeText(value.shape)}`,
      'A parameter is one value, [], or one per sample, [N, 1]', 'Use reshape or unsqueeze'));
  }
  if (isReadable(value)) for (const x of value.data) checkNumber(who, name, x, range, hint);
}

/** Refuses a named choice that does not exist. */
export function checkChoice(who: string, name: string, value: unknown, known: readonly string[]): void {
  if (typeof value === 'string' && known.includes(value)) return;
  throw new DomainError(message(
    `${who}: ${name} = ${typeof value === 'string' ? `'${value}'` : String(value)}`,
    `${name} is one of ${known.map((k) => `'${k}'`).join(', ')}`, 'Choose one of them'));
}

/** Refuses a switch that is neither on nor off: a text such as 'false' would count as on. */
export function checkSwitch(who: string, name: string, value: unknown): void {
  if (typeof value === 'boolean') return;
  throw new DomainError(message(
    `${who}: ${name} = ${String(value)} (${typeof value})`, `${name} is true or false`, 'Choose one of them'));
}

const onBoth = (number: (a: number, b: number) => number, tensor: (a: Parameter, b: Parameter) => Tensor) =>
  (a: Parameter, b: Parameter): Parameter => (typeof a === 'number' && typeof b === 'number' ? number(a, b) : tensor(a, b));

/** a + b, a · b, cos a and sin a: numbers where all operands are numbers. (An op would round two numbers to f32.) */
export const plus = onBoth((a, b) => a + b, add);
export const times = onBoth((a, b) => a * b, mul);
export const cosine = (a: Parameter): Parameter => (typeof a === 'number' ? Math.cos(a) : cos(a));
export const sine = (a: Parameter): Parameter => (typeof a === 'number' ? Math.sin(a) : sin(a));
