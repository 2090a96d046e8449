// What every loss asks of its tensors, in one place: shapes, number types, labels in range. Labels are looked at on the
// host whenever their numbers are at hand. While a program is only being recorded they are not; labels are then read
// through a table, so that the engine checks them at every call.

import { DomainError, DTypeError, message, ShapeError } from '../base/errors.ts';
import { isFloat } from '../base/dtype.ts';
import { sameShape, shapeText } from '../base/shape.ts';
import { isTensor, type Tensor } from '../graph/index.ts';
import { arange, gather } from '../ops/index.ts';
import { isReadable } from './parameter.ts';

/** Refuses anything but a float tensor of a given rank; `axes` names its axes, as in `[N, D]`. */
export function checkFloats(who: string, name: string, x: Tensor, axes: string): void {
  const rank = axes.split(',').length;
  if (!isTensor(x)) {
    throw new DTypeError(message(
      `${who}: ${name} of type ${x === null ? 'null' : typeof x}`,
      `${name} is a tensor ${axes}`, 'Wrap the values with tensor(…)'));
  }
  if (!isFloat(x.dtype)) {
    throw new DTypeError(message(`${who}: ${name} of type ${x.dtype}`, `${name} is f32 or f64`, "Use cast(x, 'f32' | 'f64')"));
  }
  if (x.rank !== rank) {
    throw new ShapeError(message(
      `${who}: ${name} ${shapeText(x.shape)}`, `${name} has the axes ${axes}`, 'Reshape it, one row per item'));
  }
}

/** Refuses two tensors whose sizes along an axis, or number types, differ. */
export function checkAgree(who: string, a: Named, b: Named): void {
  if (a.x.shape[a.axis] !== b.x.shape[b.axis]) {
    throw new ShapeError(message(
      `${who}: ${a.name} ${shapeText(a.x.shape)}, ${b.name} ${shapeText(b.x.shape)}`,
      `Axis ${a.axis} of ${a.name} and axis ${b.axis} of ${b.name} have one size`,
      'Check the order of the arguments and axes'));
  }
  if (a.x.dtype !== b.x.dtype) {
    throw new DTypeError(message(
      `${who}: ${a.name} ${a.x.dtype}, ${b.name} ${b.x.dtype}`,
      'All of them have one type; nothing is converted silently', "Use cast(x, 'f32' | 'f64')"));
  }
}

interface Named {
  readonly name: string;
  readonly x: Tensor;
  readonly axis: number;
}

/**
 * Refuses labels of another type, length or range than the features and the number of classes ask for, and an empty
 * batch. Gives the labels back; where they cannot be read yet, read through the table 0 … classes − 1.
 */
export function checkedLabels(who: string, features: Tensor, labels: Tensor, classes: number): Tensor {
  const samples = features.shape[0]!;
  if (samples === 0) {
    throw new DomainError(message(
      `${who}: an empty batch, features ${shapeText(features.shape)}`, 'A loss of no sample has no value', 'Skip the batch'));
  }
  if (!isTensor(labels) || labels.dtype !== 'i32') {
    const kind = isTensor(labels) ? labels.dtype : typeof labels;
    throw new DTypeError(message(
      `${who}: labels of type ${kind}`, 'Labels are class numbers, an i32 tensor [N]', "Use tensor([…], { dtype: 'i32' })"));
  }
  if (labels.rank !== 1 || labels.shape[0] !== samples) {
    throw new ShapeError(message(
      `${who}: labels ${shapeText(labels.shape)} for features ${shapeText(features.shape)}`,
      `One label per sample: [${samples}]`, 'Give class numbers, not one-hot rows'));
  }
  if (!isReadable(labels)) return gather(arange(classes, { dtype: 'i32' }), labels, 0);
  labels.data.forEach((y, i) => {
    if (y < 0 || y >= classes) {
      throw new DomainError(message(
        `${who}: label ${y} at position ${i}`,
        `Labels lie in 0 … ${classes - 1} for ${classes} classes`, 'Check the labels, or the rows of the weights'));
    }
  });
  return labels;
}

/** The checks of a loss of (features [N, D], weights [C, D], labels [N]); gives back the labels to use. */
export function checkedClassInputs(who: string, features: Tensor, weights: Tensor, labels: Tensor): Tensor {
  checkFloats(who, 'features', features, '[N, D]');
  checkFloats(who, 'weights', weights, '[C, D]');
  checkAgree(who, { name: 'features', x: features, axis: 1 }, { name: 'weights', x: weights, axis: 1 });
  return checkedLabels(who, features, labels, weights.shape[0]!);
}

/** Refuses a step of a loss that changed the shape: a parameter of another shape would spread a vector over a matrix. */
export function fitting(x: Tensor, model: Tensor, who: string): Tensor {
  if (sameShape(x.shape, model.shape)) return x;
  throw new ShapeError(message(`${who} made ${shapeText(x.shape)} of ${shapeText(model.shape)}`,
    'A choice keeps the shape; a tensor parameter is [], or [N, 1] for the N samples of the batch',
    'Check the shape of the parameter'));
}
