// reshape and permute: the same numbers under another shape or in another order of axes. Both are views; reshape
// copies only when the strides cannot express the new shape. Each is its own adjoint with the inverse argument.

import { message, ShapeError } from '../base/errors.ts';
import { checkList, sameShape, type Shape, shapeText, sizeOf } from '../base/shape.ts';
import type { ViewPrimitive } from '../graph/primitive.ts';
import { apply } from '../graph/recorder.ts';
import { demandTensor, type Tensor } from '../graph/tensor.ts';
import { mergeAxes, Value } from '../graph/value.ts';

const reshape_: ViewPrimitive = {
  name: 'reshape', kind: 'view',
  vjp: [({ grad }, x) => reshape(grad, x!.shape)],
  print: ([x], params) => `reshape(${x!}, ${shapeText(params['shape'] as Shape)})`,
  type: ([x], params) => {
    const shape = params['shape'] as Shape;
    if (sizeOf(shape) !== sizeOf(x!.shape)) {
      throw new ShapeError(message(`reshape: ${shapeText(x!.shape)} to ${shapeText(shape)}`, `The number of elements stays (${sizeOf(x!.shape)} against ${sizeOf(shape)})`, 'Check the sizes'));
    }
    return { shape, dtype: x!.dtype };
  },
  run: ([x], params) => {
    const shape = params['shape'] as Shape;
    const strides = viewStrides(x!, shape);
    if (strides !== undefined) return new Value(x!.dtype, shape, x!.array, x!.offset, strides);
    const dense = x!.dense();
    return new Value(x!.dtype, shape, dense.array, dense.offset);
  },
};

/** Strides that show a value under a new shape without copying, when there are any. */
function viewStrides(x: Value, shape: Shape): number[] | undefined {
  const { sizes, steps } = mergeAxes(x.shape, [x.strides]);
  const strides = new Array<number>(shape.length);
  let group = sizes.length - 1;
  let left = sizes[group]!;
  let step = steps[0]![group]!;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const n = shape[axis]!;
    if (n === 1) {
      strides[axis] = 0;
      continue;
    }
    if (left === 1 && group > 0) {
      group--;
      left = sizes[group]!;
      step = steps[0]![group]!;
    }
    if (left % n !== 0) return undefined;
    strides[axis] = step;
    step *= n;
    left /= n;
  }
  return strides;
}

/**
 * The same elements in row-major order under another shape; one axis may be −1 and is worked out.
 *
 * Gradient  the cotangent reshaped back
 * Throws    ShapeError when the number of elements differs
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  demandTensor(x, 'reshape');
  checkList(shape, 'reshape');
  const unknown = shape.indexOf(-1);
  const known = shape.reduce((product, n, axis) => (axis === unknown ? product : product * n), 1);
  const full = unknown < 0 ? [...shape] : shape.map((n, axis) => (axis === unknown ? x.size / known : n));
  if (unknown >= 0 && (full.includes(-1) || !Number.isInteger(full[unknown]))) {
    throw new ShapeError(message(`reshape: ${shapeText(x.shape)} to ${shapeText(shape)}`, 'One axis may be −1, and the others divide the number of elements', 'Give the sizes'));
  }
  return sameShape(x.shape, full) ? x : apply(reshape_, [x], { shape: full });
}

const permute_: ViewPrimitive = {
  name: 'permute', kind: 'view',
  vjp: [({ grad, params }) => {
    const order = params['order'] as readonly number[];
    return permute(grad, order.map((_, axis) => order.indexOf(axis)));
  }],
  print: ([x], params) => `permute(${x!}, ${shapeText(params['order'] as Shape)})`,
  type: ([x], params) => {
    const order = params['order'] as readonly number[];
    const valid = order.length === x!.shape.length && order.every((_, axis) => order.includes(axis));
    if (!valid) {
      throw new ShapeError(message(`permute: order ${shapeText(order)} of ${shapeText(x!.shape)}`, 'The order names every axis once', 'List the axes 0, 1, … in their new order'));
    }
    return { shape: order.map((axis) => x!.shape[axis]!), dtype: x!.dtype };
  },
  run: ([x], params) => {
    const order = params['order'] as readonly number[];
    return new Value(x!.dtype, order.map((a) => x!.shape[a]!), x!.array, x!.offset, order.map((a) => x!.strides[a]!));
  },
};

/** The axes in another order: axis i of the result is axis order[i] of x. A view. */
export function permute(x: Tensor, order: readonly number[]): Tensor {
  demandTensor(x, 'permute');
  checkList(order, 'permute');
  const axes = order.map((axis) => (axis < 0 ? axis + x.rank : axis));
  return axes.length === x.rank && axes.every((axis, i) => axis === i) ? x : apply(permute_, [x], { order: axes });
}

export const layout = [reshape_, permute_];
