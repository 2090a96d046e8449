// Why a gradient is wrong: guesses from the wrong numbers beside the right ones. Each guess is a pattern that one
// well-known bug leaves behind; the first that fits every wrong entry is given, from the most to the least specific. It
// is a guess and says so by being printed as a cause beside the numbers, never instead of them.

import { entryError, floorOf } from '../base/compare.ts';
import { type Shape, shapeText, sizeOf } from '../base/shape.ts';

export interface Cause {
  readonly name:
    | 'nonfinite' | 'broadcastSum' | 'shape' | 'zero' | 'sign' | 'factor' | 'float32' | 'transpose' | 'signs' | 'rowFactor'
    | 'alongInput' | 'rowConstant' | 'entries' | 'rankOne' | 'kink';
  readonly text: string;
  /** analytic = factor · reference, where the cause is a factor. */
  readonly factor?: number;
}

export interface CauseContext {
  /** The shape of the reference. */
  readonly shape?: Shape;
  /** The input differentiated by, of the same shape. */
  readonly point?: ArrayLike<number>;
  /** A border runs through the base point. */
  readonly atBorder?: boolean;
}

type Numbers = ArrayLike<number>;

/** The likely cause of `analytic` not being `reference`; undefined when they agree or no pattern fits. */
export function guessCause(analytic: Numbers, reference: Numbers, context: CauseContext = {}): Cause | undefined {
  const a = Array.from(analytic);
  const b = Array.from(reference);
  const shape = context.shape ?? [b.length];
  if (a.length !== b.length) return broadcastSum(a, b, shape);
  if (!a.every(Number.isFinite)) return nonFinite;
  if (close(a, b, 1e-9)) return context.atBorder ? kink : undefined;
  const { rows, columns } = matrixOf(shape);
  return scaled(a, b, shape)
    ?? float32(a, b)
    ?? transposed(a, b, shape)
    ?? flipped(a, b)
    ?? missing(a, b, rows, columns, context)
    ?? (context.atBorder ? kink : undefined);
}

const nonFinite: Cause = {
  name: 'nonfinite', text: 'NaN or infinity: a slope is infinite or 0·∞ was taken; use where, chain or safeSqrt',
};
const kink: Cause = {
  name: 'kink', text: 'the point lies on a kink or a jump: there are two one-sided slopes, and rules choose one',
};
const cut: Cause = {
  name: 'zero', text: 'the gradient is 0: the path is cut (a stopGradient, a value read as a number, or a rule that gives null)',
};
const flip: Cause = { name: 'sign', text: 'the sign is flipped: every entry is the negative of the right one', factor: -1 };

/** Every entry equal to a share of itself, or to rounding beside the largest: a small one counts as a large one does. */
function close(a: readonly number[], b: readonly number[], tolerance = 1e-6): boolean {
  const floor = floorOf(b);
  return a.every((x, i) => entryError(x, b[i]!, 0) <= tolerance || entryError(x, b[i]!, floor) <= 1e-9);
}

/** One number is always some number times another; two tell whether it is the same number. */
const several = (list: readonly number[]): boolean => list.filter((x) => x !== 0).length > 1;

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** The last axis as columns, all others as rows. */
function matrixOf(shape: Shape): { rows: number; columns: number } {
  const columns = shape.at(-1) ?? 1;
  return { columns, rows: columns === 0 ? 0 : sizeOf(shape) / columns };
}

/** A gradient with too many entries, whose blocks add up to the right one: the sum over a broadcast axis is missing. */
function broadcastSum(a: readonly number[], b: readonly number[], shape: Shape): Cause {
  const wrong: Cause = {
    name: 'shape', text: `the gradient has ${a.length} numbers for an input of ${b.length} (${shapeText(shape)})`,
  };
  if (b.length === 0 || a.length % b.length !== 0) return wrong;
  const blocks = a.length / b.length;
  const leading = b.map((_, i) => Array.from({ length: blocks }, (__, k) => a[k * b.length + i]!).reduce((x, y) => x + y, 0));
  const trailing = b.map((_, i) => a.slice(i * blocks, (i + 1) * blocks).reduce((x, y) => x + y, 0));
  if (!close(leading, b) && !close(trailing, b)) return wrong;
  return {
    name: 'broadcastSum',
    text: `a sum over a broadcast axis of ${blocks} is missing: the operand was used ${blocks} times, its gradients add up`,
  };
}

/** One number times the right gradient. */
function scaled(a: readonly number[], b: readonly number[], shape: Shape): Cause | undefined {
  if (a.every((x) => x === 0)) return cut;
  const square = dot(b, b);
  const factor = square === 0 ? NaN : dot(a, b) / square;
  // What differs from 1 no more than the entries differ among themselves is no factor.
  const tolerance = Math.min(1e-6, 1e-3 * Math.abs(factor - 1));
  if (!(Math.abs(factor) > 0) || !close(a, b.map((x) => factor * x), tolerance)) return undefined;
  if (Math.abs(factor + 1) < 1e-6) return flip;
  const text = factorText(factor, shape);
  // Of one entry only a number that a formula could hold says anything.
  if (!several(b) && text === undefined) return undefined;
  const times = text ?? String(Number(factor.toPrecision(Math.abs(factor - 1) < 1e-3 ? 10 : 6)));
  return { name: 'factor', text: `${a.length === 1 ? 'it' : 'every entry'} is ${times} times the right one`, factor };
}

/** The factor as a formula would hold it, with every place it may come from; sizes that coincide are all named. */
function factorText(factor: number, shape: Shape): string | undefined {
  const near = (x: number): boolean => Math.abs(factor / x - 1) < 1e-6;
  const sizes = new Map<number, string[]>();
  shape.forEach((n, axis) => sizes.set(n, [...(sizes.get(n) ?? []), `axis ${axis}`]));
  if (shape.length > 1) sizes.set(sizeOf(shape), [...(sizes.get(sizeOf(shape)) ?? []), 'the whole']);
  const small = Array.from({ length: 11 }, (_, i) => i + 2);
  for (const n of new Set([...small, ...sizes.keys()])) {
    if (n < 2) continue;
    for (const [sign, minus] of [[1, ''], [-1, '−']] as const) {
      const from = (reading: string, instead: string): string => {
        const axes = sizes.get(n);
        if (axes === undefined) return '';
        // Formulas hold 2, 3 and 4 as often as means do.
        return ` (${n <= 4 ? 'a constant, or ' : ''}${reading} of ${axes.join(' or ')}: ${instead}?)`;
      };
      if (near(sign * n)) return `${minus}${n}${from('the size', 'a sum instead of a mean')}`;
      if (near(sign / n)) return `${minus}1/${n}${from('1 over the size', 'a mean instead of a sum')}`;
    }
  }
  return undefined;
}

/** Right to about seven digits, no better: Float32 somewhere. */
function float32(a: readonly number[], b: readonly number[]): Cause | undefined {
  if (!close(a, b, 3e-6)) return undefined;
  const stored = a.every((x) => Math.fround(x) === x);
  return {
    name: 'float32',
    text: stored
      ? 'all numbers are Float32: right to 7 digits, which is what Float32 has'
      : 'right to about 7 digits: Float32 or a cancellation on the way',
  };
}

/** A list of matrices [rows, columns], every one transposed, as they then stand in memory. */
function turned(list: readonly number[], rows: number, columns: number): number[] {
  const size = rows * columns;
  return list.map((_, i) => list[i - (i % size) + ((i % size) % rows) * columns + Math.floor((i % size) / rows)]!);
}

/** What a shape may hold as a matrix: its last two axes; numbers over one axis may be any matrix that they fill. */
function matricesOf(shape: Shape): [rows: number, columns: number][] {
  const n = shape[0] ?? 1;
  const all = shape.length > 1 ? [[shape.at(-2)!, shape.at(-1)!] as const] : Array.from({ length: n }, (_, i) => [i, n / i] as const);
  return all.flatMap(([rows, columns]) => (rows > 1 && columns > 1 && Number.isInteger(columns) ? [[rows, columns]] : []));
}

/** What would be right if this were the transpose of it. */
export const turnedBack = (list: readonly number[], shape: Shape): number[][] =>
  matricesOf(shape).map(([rows, columns]) => turned(list, columns, rows));

function transposed(a: readonly number[], b: readonly number[], shape: Shape): Cause | undefined {
  const found = matricesOf(shape).find(([rows, columns]) => close(a, turned(b, rows, columns)));
  if (found === undefined) return undefined;
  const [rows, columns] = found;
  const which = shape.length > 1 ? `the last two axes (${rows} and ${columns})` : `rows and columns of a ${rows} × ${columns} matrix`;
  return { name: 'transpose', text: `${which} are exchanged: a transpose is missing or one too many` };
}

function flipped(a: readonly number[], b: readonly number[]): Cause | undefined {
  if (!close(a.map(Math.abs), b.map(Math.abs))) return undefined;
  const wrong = a.filter((x, i) => x * b[i]! < 0).length;
  return {
    name: 'signs', text: `the sign is wrong in ${wrong} of ${a.length} entries: sizes agree, a sign(…) or a branch does not`,
  };
}

/** The pattern of what is missing, right minus wrong. */
function missing(
  a: readonly number[], b: readonly number[], rows: number, columns: number, context: CauseContext
): Cause | undefined {
  const rest = b.map((x, i) => x - a[i]!);
  const row = (list: Numbers, r: number): number[] => Array.from({ length: columns }, (_, c) => list[r * columns + c]!);
  const floor = floorOf(b);
  const touched = rest.flatMap((_, i) => (entryError(a[i]!, b[i]!, floor) > 1e-9 ? [i] : []));
  const touchedRows = [...new Set(touched.map((i) => Math.floor(i / columns)))];
  const parallel = (x: readonly number[], y: readonly number[]): boolean => {
    const square = dot(y, y);
    const factor = dot(x, y) / square;
    return square > 0 && close(y.map((v) => factor * v), x, 1e-5);
  };
  const { point } = context;
  // Where the right gradient lies along the input, all that is missing of it does.
  const along = (r: number, input: readonly number[]): boolean =>
    several(input) && parallel(row(rest, r), input) && !parallel(row(b, r), input);
  if (point !== undefined && touchedRows.every((r) => along(r, row(point, r)))) {
    return {
      name: 'alongInput',
      text: 'what is missing points along the input itself: the term through its norm (a projection) is missing',
    };
  }
  if (touchedRows.length > 1 && touchedRows.every((r) => several(row(b, r)) && parallel(row(a, r), row(b, r)))) {
    return { name: 'rowFactor', text: 'every row is off by a factor of its own: a weight or 1/norm per sample is missing' };
  }
  if (columns > 2 && touchedRows.every((r) => parallel(row(rest, r), row(rest, r).map(() => 1)))) {
    return { name: 'rowConstant', text: 'every row lacks a constant: a mean or sum over the last axis is missing' };
  }
  const { length } = touched;
  if (length <= 0.75 * rest.length) {
    const which = `${length} of ${rest.length} entries ${length === 1 ? 'is' : 'are'} wrong`;
    return { name: 'entries', text: `${which}, the others right: a term that acts only there is missing or double` };
  }
  if (rows > 2 && columns > 2 && rankOne(rest, columns)) {
    return { name: 'rankOne', text: 'what is missing is an outer product (rank one): one whole term of the formula' };
  }
  return undefined;
}

/** Whether a matrix is u·vᵀ: every entry follows from the row and the column of the largest one. */
function rankOne(matrix: readonly number[], columns: number): boolean {
  const top = matrix.reduce((best, x, i) => (Math.abs(x) > Math.abs(matrix[best]!) ? i : best), 0);
  const [r0, c0] = [Math.floor(top / columns), top % columns];
  const at = (row: number, column: number): number => matrix[row * columns + column]!;
  const product = matrix.map((_, i) => (at(Math.floor(i / columns), c0) * at(r0, i % columns)) / matrix[top]!);
  return close(product, matrix, 1e-5);
}
