// What every op asks of its arguments before it looks at a shape: a float where floats are needed, options that are
// options, and that no reduction of nothing is taken. The messages name the op the user called, not the primitive
// underneath it.

import { demandOptions } from '../base/demand.ts';
import { type FloatDType, isFloat } from '../base/dtype.ts';
import { DomainError, DTypeError, message, ShapeError } from '../base/errors.ts';
import { broadcastShapes, coordinates, normalizeAxis, shapeText } from '../base/shape.ts';
import { currentRecorder } from '../graph/recorder.ts';
import { demandTensor, type Operand, type Tensor } from '../graph/tensor.ts';

export { demandOptions, demandTensor };

export type FloatTensor = Tensor & { readonly dtype: FloatDType };

export function demandFloat(x: unknown, who: string): asserts x is FloatTensor {
  demandTensor(x, who);
  if (!isFloat(x.dtype)) {
    throw new DTypeError(message(`${who}: an operand ${x}`, `${who} is defined on f32 and f64`, "Use cast(x, 'f32' | 'f64')"));
  }
}

/** Refuses operands of two types, which no primitive converts silently. */
export function demandSameType(who: string, ...operands: readonly Tensor[]): void {
  if (operands.some((x) => x.dtype !== operands[0]!.dtype)) {
    throw new DTypeError(message(
      `${who}: operands ${operands.join(' and ')}`, 'Operands have one type; nothing is converted silently', 'Use cast'));
  }
}

/** Refuses two operands that do not broadcast or have two types, before the primitive underneath would. */
export function demandFit(a: Operand, b: Operand, who: string): void {
  if (typeof a === 'number' || typeof b === 'number') return;
  demandTensor(a, who);
  demandTensor(b, who);
  demandSameType(who, a, b);
  broadcastShapes(a.shape, b.shape, who);
}

/** Refuses a reduction of no elements: it has no value, and NaN would hide the empty batch. */
export function demandElements(x: Tensor, axes: readonly number[], who: string): void {
  if (axes.some((axis) => x.shape[axis] === 0)) {
    throw new ShapeError(message(
      `${who}: axes ${shapeText(axes)} of ${shapeText(x.shape)}`,
      `${who} needs at least one element`, 'Check for an empty batch'));
  }
}

/** Refuses an index that is not whole: a rounded class number would name a neighbour. */
export function demandIndex(index: unknown, who: string): asserts index is Tensor {
  demandTensor(index, who);
  if (index.dtype !== 'i32') {
    throw new DTypeError(message(
      `${who}: an index ${index}`, 'Indices are i32', "Use tensor(…, { dtype: 'i32' }) or cast(x, 'i32')"));
  }
}

/** Refuses a place outside 0 … size − 1, where the numbers can be read now: a program checks its inputs when it is run. */
export function demandRange(index: Tensor, size: number, who: string): void {
  const recorder = currentRecorder();
  if (recorder?.mode === 'abstract' && recorder.knows(index)) return;
  const at = index.data.findIndex((place) => place < 0 || place >= size);
  if (at < 0) return;
  throw new DomainError(message(
    `${who}: index ${index.data[at]!} at ${shapeText(coordinates(at, index.shape))}`,
    size === 0 ? 'There is nothing to choose from' : `An index lies in 0 … ${size - 1}`, 'Check the labels'));
}

export interface AxisOptions {
  /** The axis; the last one when left out. */
  readonly axis?: number;
}

/** The axis an op works along, counted from the front; `more` are the other options it knows. */
export function axisOf(x: Tensor, options: AxisOptions, who: string, more: readonly string[] = []): number {
  demandOptions(options, ['axis', ...more], who);
  return normalizeAxis(options.axis ?? -1, x.rank, who);
}
