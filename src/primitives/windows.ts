// unfold and its adjoint fold. `unfold` shows every window of the last two axes as two more axes, without copying
// anything: windows overlap in memory. `fold` adds overlapping windows back together.

import { message, ShapeError } from '../base/errors.ts';
import { type Shape, shapeText, sizeOf } from '../base/shape.ts';
import type { FoldPrimitive, Params, Typed, ViewPrimitive } from '../graph/primitive.ts';
import { apply } from '../graph/recorder.ts';
import type { Tensor } from '../graph/tensor.ts';
import { Value } from '../graph/value.ts';
import { scatterInto } from './loops.ts';

export interface Window {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
}

/** How many windows fit on an axis. */
export function windowCount(size: number, kernel: number, stride: number, dilation: number): number {
  return Math.floor((size - dilation * (kernel - 1) - 1) / stride) + 1;
}

function windowShape(x: Typed, window: Window): number[] {
  const rank = x.shape.length;
  const lead = x.shape.slice(0, rank - 2);
  const counts = [0, 1].map((i) => windowCount(x.shape[rank - 2 + i]!, window.kernel[i]!, window.stride[i]!, window.dilation[i]!));
  if (rank < 2 || counts.some((n) => n < 1)) {
    throw new ShapeError(message(`unfold: windows ${shapeText(window.kernel)} (dilation ${shapeText(window.dilation)}) over ${shapeText(x.shape)}`, 'At least one window fits on each of the last two axes', 'Pad the input or use a smaller kernel'));
  }
  return [...lead, ...counts, ...window.kernel];
}

/** A value seen through its windows: [..., H, W] → [..., OH, OW, KH, KW]. */
function windowView(x: Value, shape: Shape, window: Window): Value {
  const rank = x.shape.length;
  const [h, w] = [x.strides[rank - 2]!, x.strides[rank - 1]!];
  const strides = [
    ...x.strides.slice(0, rank - 2),
    h * window.stride[0], w * window.stride[1], h * window.dilation[0], w * window.dilation[1],
  ];
  return new Value(x.dtype, shape, x.array, x.offset, strides);
}

const unfold_: ViewPrimitive = {
  name: 'unfold', kind: 'view',
  vjp: [({ grad, params }, x) => fold(grad, { ...(params as unknown as Window), size: x!.shape.slice(-2) as [number, number] })],
  print: ([x], params) => `unfold(${x!}, ${shapeText((params as unknown as Window).kernel)})`,
  type: ([x], params) => ({ shape: windowShape(x!, params as unknown as Window), dtype: x!.dtype }),
  run: ([x], params) => windowView(x!, windowShape(x!, params as unknown as Window), params as unknown as Window),
};

const limitBytes = 2 ** 30;

const fold_: FoldPrimitive = {
  name: 'fold', kind: 'fold',
  vjp: [({ grad, params }) => unfold(grad, params as unknown as Window)],
  print: ([x], params) => `fold(${x!}, ${shapeText(params['size'] as Shape)})`,
  type: ([x], params) => ({ shape: foldShape(x!, params), dtype: x!.dtype }),
  run: ([x], params) => {
    const shape = foldShape(x!, params);
    const bytes = sizeOf(x!.shape) * x!.array.BYTES_PER_ELEMENT;
    if (bytes > limitBytes) {
      throw new ShapeError(message(`fold: windows of ${bytes} bytes`, 'The reference folds at most 1 GiB of windows at a time', 'Use a smaller batch, or compile the function'));
    }
    const sums = new Value('f64', shape, new Float64Array(sizeOf(shape)));
    scatterInto(windowView(sums, x!.shape, params as unknown as Window), x!, true);
    if (x!.dtype === 'f64') return sums;
    const result = Value.empty(x!.dtype, shape);
    result.array.set(sums.array);
    return result;
  },
};

function foldShape(x: Typed, params: Params): Shape {
  const shape = [...x.shape.slice(0, -4), ...(params['size'] as Shape)];
  const expected = windowShape({ shape, dtype: x.dtype }, params as unknown as Window);
  if (shapeText(expected) !== shapeText(x.shape)) {
    throw new ShapeError(message(`fold: windows ${shapeText(x.shape)} into ${shapeText(shape)}`, `That size has windows ${shapeText(expected)}`, 'Use the window and size of the unfold'));
  }
  return shape;
}

/** Every window of the last two axes: [..., H, W] → [..., OH, OW, KH, KW]. A view. */
export const unfold = (x: Tensor, window: Window): Tensor =>
  apply(unfold_, [x], { kernel: window.kernel, stride: window.stride, dilation: window.dilation });

/** The adjoint of `unfold`: adds the windows back into the last two axes of the given size. */
export const fold = (x: Tensor, window: Window & { readonly size: readonly [number, number] }): Tensor =>
  apply(fold_, [x], { kernel: window.kernel, stride: window.stride, dilation: window.dilation, size: window.size });

export const windows = [unfold_, fold_];
