// What every op asks of its arguments before it looks at a shape: that a tensor is a tensor, a float where floats are
// needed, and that no reduction of nothing is taken. The messages name the op the user called, not the primitive
// underneath it.

import { isFloat } from '../base/dtype.ts';
import { DTypeError, message, ShapeError } from '../base/errors.ts';
import { shapeText } from '../base/shape.ts';
import { isTensor, type Tensor } from '../graph/tensor.ts';

/** Refuses what is not a tensor: arrays and numbers have no axes to count. */
export function demandTensor(x: unknown, who: string): asserts x is Tensor {
  if (isTensor(x)) return;
  const kind = x === null ? 'null' : Array.isArray(x) ? 'array' : typeof x;
  throw new DTypeError(message(`${who}: an operand of type ${kind}`, `${who} works on tensors`, 'Wrap the values with tensor(…)'));
}

export function demandFloat(x: unknown, who: string): asserts x is Tensor {
  demandTensor(x, who);
  if (!isFloat(x.dtype)) {
    throw new DTypeError(message(`${who}: an operand ${x}`, `${who} is defined on f32 and f64`, "Use cast(x, 'f32' | 'f64')"));
  }
}

/** Refuses operands of two types, which no primitive converts silently. */
export function demandSameType(who: string, ...operands: readonly Tensor[]): void {
  if (operands.some((x) => x.dtype !== operands[0]!.dtype)) {
    throw new DTypeError(message(`${who}: operands ${operands.join(' and ')}`, 'Operands have one type; nothing is converted silently', 'Use cast'));
  }
}

/** Refuses a reduction of no elements: it has no value, and NaN would hide the empty batch. */
export function demandElements(x: Tensor, axes: readonly number[], who: string): void {
  if (axes.some((axis) => x.shape[axis] === 0)) {
    throw new ShapeError(message(`${who}: axes ${shapeText(axes)} of ${shapeText(x.shape)}`, `${who} needs at least one element`, 'Check for an empty batch'));
  }
}
