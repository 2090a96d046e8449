// Shapes, strides and axes: plain arithmetic on lists of integers, with the checks and the errors in one place.
// A shape is row-major; a stride counts elements; stride 0 repeats an element (an expanded axis costs nothing).

import { bytesPerElement, type DType, dtypes } from './dtype.ts';
import { DTypeError, message, ShapeError } from './errors.ts';

export type Shape = readonly number[];

/** The largest number of elements a tensor may have: indices must fit a signed 32-bit integer. */
export const maxSize = 2 ** 31 - 1;

/** The product of the axes in exact arithmetic; doubles are exact far beyond the limit `checkSize` imposes. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

export function shapeText(shape: Shape): string {
  return `[${shape.map(String).join(', ')}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}

/** A shape is a list: a single number would be read as no axes at all. */
export function checkList(shape: Shape, who: string): void {
  if (!Array.isArray(shape)) {
    throw new ShapeError(message(`${who}: ${String(shape)} as a list of axes`, 'Shapes and orders are lists of whole numbers', 'Write [n] for one axis'));
  }
}

export function checkSize(shape: Shape, dtype: DType, who: string): void {
  checkList(shape, who);
  if (!dtypes.includes(dtype)) {
    throw new DTypeError(message(`${who}: the type ${String(dtype)}`, "Types are 'f32', 'f64' and 'i32'", 'Choose one of them'));
  }
  for (const n of shape) {
    if (!Number.isInteger(n) || n < 0) {
      throw new ShapeError(message(`${who}: shape ${shapeText(shape)}`, 'Axes are whole numbers ≥ 0', 'Check the sizes'));
    }
  }
  const size = sizeOf(shape);
  if (size > maxSize) {
    const bytes = size * bytesPerElement[dtype];
    throw new ShapeError(message(
      `${who}: shape ${shapeText(shape)} has ${size} elements (${bytes} bytes)`,
      `A tensor holds at most 2^31 − 1 = ${maxSize} elements`, 'Split the batch or the classes'));
  }
}

export function denseStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}

/** True when the strides visit the elements in row-major order without gaps (axes of size 1 do not matter). */
export function isDense(shape: Shape, strides: readonly number[]): boolean {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== step) return false;
    step *= shape[axis]!;
  }
  return true;
}

/** An axis counted from the front; negative axes count from the end. */
export function normalizeAxis(axis: number, rank: number, who: string): number {
  const result = Number.isInteger(axis) && axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || result < 0 || result >= rank) {
    throw new ShapeError(message(
      `${who}: axis ${String(axis)} of a tensor with ${rank} ax${rank === 1 ? 'is' : 'es'}`,
      `An axis lies in −${rank} … ${rank - 1}`, 'Negative axes count from the end'));
  }
  return result;
}

/** Distinct axes in ascending order; `undefined` means all of them. */
export function normalizeAxes(axes: number | readonly number[] | undefined, rank: number, who: string): number[] {
  if (axes === undefined) return new Array<number>(rank).fill(0).map((_, axis) => axis);
  const list = (Array.isArray(axes) ? axes as readonly number[] : [axes as number]).map((axis) => normalizeAxis(axis, rank, who));
  const sorted = [...new Set(list)].sort((a, b) => a - b);
  if (sorted.length !== list.length) {
    throw new ShapeError(message(`${who}: axes ${shapeText(list)}`, 'An axis is named once', 'Remove the repeated axis'));
  }
  return sorted;
}

/**
 * The shape two operands share. An axis of size 1 stretches and missing leading axes are added, but only one of the
 * two may need both: [N] against [N, 1] would silently become [N, N], the classic wrong loss, so it is refused.
 */
export function broadcastShapes(a: Shape, b: Shape, who: string): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  let stretchesA = false;
  let stretchesB = false;
  for (let i = 1; i <= rank; i++) {
    const m = a[a.length - i] ?? 1;
    const n = b[b.length - i] ?? 1;
    if (m !== n && m !== 1 && n !== 1) throw misfit(a, b, who, 'Axes are matched from the last; they are equal or one of them is 1');
    if (m !== n && m === 1) stretchesA = true;
    if (m !== n && n === 1) stretchesB = true;
    shape[rank - i] = m === 1 ? n : m;
  }
  if (a.length !== b.length && stretchesA && stretchesB) {
    throw misfit(a, b, who, 'Operands of different rank may not both be stretched');
  }
  return shape;
}

function misfit(a: Shape, b: Shape, who: string, rule: string): ShapeError {
  return new ShapeError(message(
    `${who}: shapes ${shapeText(a)} and ${shapeText(b)} do not fit`, rule,
    'Use unsqueeze, expand or reshape to say which axes belong together'));
}

/** Row-major position → coordinates, for messages that name an entry. */
export function coordinates(position: number, shape: Shape): number[] {
  const index = new Array<number>(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = position % shape[axis]!;
    position = Math.floor(position / shape[axis]!);
  }
  return index;
}
