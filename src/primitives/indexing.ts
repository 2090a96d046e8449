// gather and its adjoint scatterAdd, with PyTorch's meaning: the index has the rank of x, is at most as long on the
// other axes, and out[i, j] = x[i, index[i, j]] (axis 1). An index out of range is an error, never a clamp.

import { DomainError, DTypeError, message, ShapeError } from '../base/errors.ts';
import { coordinates, sameShape, shapeText } from '../base/shape.ts';
import type { IndexPrimitive, Typed } from '../graph/primitive.ts';
import { apply } from '../graph/recorder.ts';
import { filled, type Tensor } from '../graph/tensor.ts';
import { forEachRow, Value } from '../graph/value.ts';

const gather_: IndexPrimitive = {
  name: 'gather', kind: 'index', linearIn: [0], indexInput: 1,
  vjp: [
    ({ grad, params }, x, index) => scatterAddAxis(filled(0, x!.shape, x!.dtype), index!, grad, params['axis'] as number),
    null,
  ],
  print: ([x, index], params) => `gather(${x!}, ${index!}, axis ${String(params['axis'])})`,
  type: ([x, index], params) => {
    checkIndex('gather', x!, index!, params['axis'] as number);
    return { shape: index!.shape, dtype: x!.dtype };
  },
  run: ([x, index], params) => {
    const axis = params['axis'] as number;
    const result = Value.empty(x!.dtype, index!.shape);
    eachIndex('gather', x!, index!, axis, (at, place) => (result.array[at] = x!.array[place]!));
    return result;
  },
};

const scatterAdd_: IndexPrimitive = {
  name: 'scatterAdd', kind: 'index', linearIn: [0, 2], indexInput: 1,
  vjp: [
    ({ grad }) => grad,
    null,
    ({ grad, params }, _, index) => gatherAxis(grad, index!, params['axis'] as number),
  ],
  print: ([x, index, source], params) => `scatterAdd(${x!}, ${index!}, ${source!}, axis ${String(params['axis'])})`,
  type: ([x, index, source], params) => {
    checkIndex('scatterAdd', x!, index!, params['axis'] as number);
    if (!sameShape(index!.shape, source!.shape)) {
      throw new ShapeError(message(`scatterAdd: index ${shapeText(index!.shape)}, source ${shapeText(source!.shape)}`, 'Index and source have one shape', 'Expand the index'));
    }
    if (x!.dtype !== source!.dtype) {
      throw new DTypeError(message(`scatterAdd: ${x!.dtype} and ${source!.dtype}`, 'x and source have one type', 'Use cast'));
    }
    return x!;
  },
  run: ([x, index, source], params) => {
    // Sums are kept in double and rounded once, as everywhere in the reference.
    const sums = new Value('f64', x!.shape, Float64Array.from(x!.data()));
    const parts = source!.data();
    eachIndex('scatterAdd', sums, index!, params['axis'] as number, (at, place) => (sums.array[place]! += parts[at]!));
    if (x!.dtype === 'f64') return sums;
    const result = Value.empty(x!.dtype, x!.shape);
    result.array.set(sums.array);
    return result;
  },
};

function checkIndex(who: string, x: Typed, index: Typed, axis: number): void {
  if (index.dtype !== 'i32') {
    throw new DTypeError(message(`${who}: an index of type ${index.dtype}`, 'Indices are i32', "Use tensor(…, { dtype: 'i32' }) or cast(x, 'i32')"));
  }
  const fits = x.shape.length === index.shape.length && x.shape.every((n, a) => a === axis || index.shape[a]! <= n);
  if (!fits) {
    throw new ShapeError(message(`${who}: x ${shapeText(x.shape)}, index ${shapeText(index.shape)}, axis ${axis}`, 'The index has the rank of x and is no longer on the other axes', 'Use unsqueeze and expand, or take for whole rows'));
  }
}

/** Calls back for every index entry with its row-major position and the place in x it points to. */
function eachIndex(who: string, x: Value, index: Value, axis: number, visit: (at: number, place: number) => void): void {
  const size = x.shape[axis]!;
  // The index moves along its own axis through its entries, and x stands still there: the entry says where to read.
  const across = x.strides.map((stride, a) => (a === axis ? 0 : stride));
  let at = 0;
  forEachRow(index.shape, [index.strides, across], [index.offset, x.offset], (length, [from, base], [step, move]) => {
    for (let i = 0; i < length; i++, at++) {
      const place = index.array[from! + i * step!]!;
      if (place < 0 || place >= size) {
        const entry = shapeText(coordinates(at, index.shape));
        throw new DomainError(message(`${who}: index ${place} at ${entry}`, `An index along axis ${axis} of ${shapeText(x.shape)} lies in 0 … ${size - 1}`, 'Check the labels'));
      }
      visit(at, base! + i * move! + place * x.strides[axis]!);
    }
  });
}

/** out[…, i, …] = x[…, index[…, i, …], …] along an axis (counted from the front). */
export const gatherAxis = (x: Tensor, index: Tensor, axis: number): Tensor => apply(gather_, [x, index], { axis });

/** x with source[…, i, …] added at […, index[…, i, …], …] along an axis (counted from the front). */
export const scatterAddAxis = (x: Tensor, index: Tensor, source: Tensor, axis: number): Tensor =>
  apply(scatterAdd_, [x, index, source], { axis });

export const indexing = [gather_, scatterAdd_];
