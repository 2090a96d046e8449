// Moving numbers about: axes renamed, added, removed, joined; elements picked and put back. Most of these are views
// and copy nothing. An axis may always be counted from the end.

import type { DType } from '../base/dtype.ts';
import { DTypeError, message, ShapeError } from '../base/errors.ts';
import { normalizeAxes, normalizeAxis, sameShape, type Shape, shapeText } from '../base/shape.ts';
import { filled, type Tensor } from '../graph/tensor.ts';
import { concatAlong, expand, flipAxes, gatherAxis, padEdges, permute, reshape, scatterAddAxis } from '../primitives/index.ts';
import { demandIndex, demandOptions, demandRange, demandTensor } from './operands.ts';

/**
 * Two axes exchanged.
 *
 * Shapes    [..., A, ..., B, ...] → [..., B, ..., A, ...]; the last two by default
 * Gradient  the cotangent transposed back
 * Throws    ShapeError for an axis out of range
 */
export function transpose(x: Tensor, a = -2, b = -1): Tensor {
  demandTensor(x, 'transpose');
  const first = normalizeAxis(a, x.rank, 'transpose');
  const second = normalizeAxis(b, x.rank, 'transpose');
  return permute(x, x.shape.map((_, axis) => (axis === first ? second : axis === second ? first : axis)));
}

/**
 * Axes of size 1 removed.
 *
 * Shapes    [..., 1, ...] → [..., ...]; every axis of size 1 when none is named
 * Gradient  the cotangent with the axes put back
 * Throws    ShapeError for an axis out of range or of another size than 1
 */
export function squeeze(x: Tensor, axis?: number | readonly number[]): Tensor {
  demandTensor(x, 'squeeze');
  const axes = axis === undefined ? x.shape.flatMap((n, a) => (n === 1 ? [a] : [])) : normalizeAxes(axis, x.rank, 'squeeze');
  for (const a of axes) {
    if (x.shape[a] !== 1) {
      throw new ShapeError(message(
        `squeeze: axis ${a} of ${shapeText(x.shape)}`,
        'Only an axis of size 1 can be removed', 'Use sum, mean or slice for a larger axis'));
    }
  }
  return reshape(x, x.shape.filter((_, a) => !axes.includes(a)));
}

/**
 * Axes of size 1 added; `axis` counts places in the result.
 *
 * Shapes    [A, B] → [A, 1, B] for axis 1, [A, B, 1] for axis −1
 * Gradient  the cotangent with the axes removed
 * Throws    ShapeError for a place out of range or named twice
 */
export function unsqueeze(x: Tensor, axis: number | readonly number[]): Tensor {
  demandTensor(x, 'unsqueeze');
  if (typeof axis !== 'number' && !Array.isArray(axis)) {
    throw new ShapeError(message(`unsqueeze: the axis ${String(axis)}`, 'An axis is a number, several are a list', 'Name the place of the new axis'));
  }
  const rank = x.rank + (typeof axis === 'number' ? 1 : axis.length);
  const axes = normalizeAxes(axis, rank, 'unsqueeze');
  let next = 0;
  return reshape(x, Array.from({ length: rank }, (_, a) => (axes.includes(a) ? 1 : x.shape[next++]!)));
}

/**
 * The elements of some axes in reverse order.
 *
 * Shapes    any → the same; all axes when none is named
 * Gradient  the cotangent flipped back
 * Throws    ShapeError for an axis out of range or named twice
 */
export function flip(x: Tensor, axes?: number | readonly number[]): Tensor {
  demandTensor(x, 'flip');
  const list = normalizeAxes(axes, x.rank, 'flip');
  return list.length === 0 ? x : flipAxes(x, list);
}

function demandParts(parts: readonly Tensor[], who: string): Tensor {
  if (!Array.isArray(parts) || parts.length === 0) {
    throw new ShapeError(message(
      `${who}: ${Array.isArray(parts) ? 'an empty list' : 'no list'} of tensors`,
      'At least one part says what the others must fit', 'Pass a list of tensors'));
  }
  for (const part of parts) demandTensor(part, who);
  return parts[0]!;
}

/**
 * Tensors joined along an existing axis.
 *
 * Shapes    [..., n₁, ...], [..., n₂, ...], … → [..., n₁ + n₂ + …, ...]; axis 0 by default
 * Gradient  the cotangent cut back into the parts
 * Throws    ShapeError for an empty list or parts that differ elsewhere; DTypeError for mixed types
 */
export function concat(parts: readonly Tensor[], axis = 0): Tensor {
  return concatAlong(parts, normalizeAxis(axis, demandParts(parts, 'concat').rank, 'concat'));
}

/**
 * Tensors of one shape joined along a new axis.
 *
 * Shapes    k times [A, B] → [k, A, B] for axis 0, the default
 * Gradient  the cotangent cut back into the parts
 * Throws    ShapeError for an empty list or parts of different shapes; DTypeError for mixed types
 */
export function stack(parts: readonly Tensor[], axis = 0): Tensor {
  const first = demandParts(parts, 'stack');
  for (const part of parts) {
    if (!sameShape(part.shape, first.shape)) {
      throw new ShapeError(message(
        `stack: shapes ${shapeText(first.shape)} and ${shapeText(part.shape)}`,
        'All parts have one shape', 'Use concat for parts of different sizes'));
    }
  }
  const at = normalizeAxis(axis, first.rank + 1, 'stack');
  return concatAlong(parts.map((part) => unsqueeze(part, at)), at);
}

/**
 * Elements of one value added around.
 *
 * Shapes    [n, ...] with [[before, after], ...] → [before + n + after, ...]; one pair per axis
 * Gradient  the cotangent without the border
 * Throws    ShapeError for another number of pairs than axes or a negative width; DTypeError for a fraction in i32
 */
export function pad(x: Tensor, widths: readonly (readonly [before: number, after: number])[], value = 0): Tensor {
  demandTensor(x, 'pad');
  const fits = Array.isArray(widths) && widths.length === x.rank
    && widths.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isInteger(n) && n >= 0));
  if (!fits) {
    throw new ShapeError(message(
      `pad: widths ${JSON.stringify(widths)} for ${shapeText(x.shape)}`,
      'There is one pair [before, after] of whole numbers ≥ 0 per axis', 'Use slice to cut'));
  }
  if (x.dtype === 'i32' && value !== (value | 0)) {
    throw new DTypeError(message(`pad: the value ${value} in an i32 tensor`, 'i32 holds whole numbers', 'Cast the tensor first'));
  }
  return padEdges(x, widths.map(([before, after]) => [before, after, 0]), value);
}

/**
 * Elements picked along one axis, PyTorch's meaning: out[i, j] = x[i, index[i, j]] for axis 1.
 *
 * Shapes    x [..., n, ...], index [..., k, ...] of i32, no longer than x on the other axes → the shape of the index
 * Gradient  the cotangent added back at the places it came from
 * Throws    ShapeError for ranks or sizes that do not fit; DTypeError for an index that is not i32; DomainError for an
 *           index out of range
 */
export function gather(x: Tensor, index: Tensor, axis: number): Tensor {
  demandTensor(x, 'gather');
  demandIndex(index, 'gather');
  return gatherAxis(x, index, normalizeAxis(axis, x.rank, 'gather'));
}

/**
 * x with numbers added at computed places, PyTorch's meaning: out[i, index[i, j]] += source[i, j] for axis 1.
 *
 * Shapes    x [..., n, ...], index and source of one shape, no longer than x on the other axes → the shape of x
 * Gradient  of x: the cotangent; of the source: the cotangent gathered by the index
 * Edges     an index named several times adds up
 * Throws    ShapeError for ranks or sizes that do not fit; DTypeError for mixed types or an index that is not i32;
 *           DomainError for an index out of range
 */
export function scatterAdd(x: Tensor, index: Tensor, source: Tensor, axis: number): Tensor {
  demandTensor(x, 'scatterAdd');
  demandIndex(index, 'scatterAdd');
  demandTensor(source, 'scatterAdd');
  return scatterAddAxis(x, index, source, normalizeAxis(axis, x.rank, 'scatterAdd'));
}

/**
 * Rows picked by number: out[i] = x[index[i]].
 *
 * Shapes    x [R, ...], index [I...] of i32 → [I..., ...]
 * Gradient  the cotangent of each row added back to the row it came from
 * Throws    ShapeError for x of rank 0; DTypeError for an index that is not i32; DomainError for an index out of range
 */
export function take(x: Tensor, index: Tensor): Tensor {
  demandTensor(x, 'take');
  demandIndex(index, 'take');
  normalizeAxis(0, x.rank, 'take');
  demandRange(index, x.shape[0]!, 'take');
  const width = x.shape.slice(1).reduce((product, n) => product * n, 1);
  const places = expand(reshape(index, [index.size, 1]), [index.size, width]);
  return reshape(gatherAxis(reshape(x, [x.shape[0]!, width]), places, 0), [...index.shape, ...x.shape.slice(1)]);
}

/**
 * Class numbers to indicator vectors: 1 at the class, 0 elsewhere.
 *
 * Equation  oneHot(y)_k = 1 if k = y, else 0
 * Shapes    index [...] of i32 → [..., classes]
 * Gradient  none: the index is whole
 * Throws    DomainError for an index outside 0 … classes − 1; ShapeError for classes that are no whole number;
 *           DTypeError for an index that is not i32
 */
export function oneHot(index: Tensor, classes: number, options: { readonly dtype?: DType } = {}): Tensor {
  demandIndex(index, 'oneHot');
  demandOptions(options, ['dtype'], 'oneHot');
  if (!Number.isSafeInteger(classes) || classes < 0) {
    throw new ShapeError(message(`oneHot: ${String(classes)} classes`, 'Their number is a whole number ≥ 0', 'Check the arguments: oneHot(index, classes)'));
  }
  // A label out of range is an error and not a row of zeros.
  demandRange(index, classes, 'oneHot');
  const dtype = options.dtype ?? 'f32';
  const shape: Shape = [...index.shape, classes];
  // Scattered rather than compared, so that it is one where the program is run later too.
  const places = unsqueeze(index, -1);
  return scatterAddAxis(filled(0, shape, dtype), places, filled(1, places.shape, dtype), index.rank);
}
