// expand and its adjoint, sum. Expanding is a view with stride 0: nothing is copied.
// Sums are accumulated in double, four at a time in blocks, and the blocks combined pairwise, so the error grows with
// the logarithm of the length; a Float32 result is rounded once. The order of a sum follows from the shape alone: a
// view and its dense copy have the same sum, bit for bit.

import { DTypeError, message, ShapeError } from '../base/errors.ts';
import { checkList, denseStrides, sameShape, type Shape, shapeText } from '../base/shape.ts';
import type { ReducePrimitive, Typed, ViewPrimitive } from '../graph/primitive.ts';
import { apply } from '../graph/recorder.ts';
import { demandTensor, type Tensor } from '../graph/tensor.ts';
import { mergeAxes, Value } from '../graph/value.ts';
import { reshape } from './layout.ts';
import { stretched } from './loops.ts';

const expand_: ViewPrimitive = {
  name: 'expand', kind: 'view',
  vjp: [({ grad }, x) => sumTo(grad, x!.shape)],
  print: ([x], params) => `expand(${x!}, ${shapeText(params['shape'] as Shape)})`,
  type: ([x], params) => {
    const shape = params['shape'] as Shape;
    const lead = shape.length - x!.shape.length;
    if (lead < 0 || x!.shape.some((n, i) => n !== shape[lead + i] && n !== 1)) {
      throw new ShapeError(message(`expand: ${shapeText(x!.shape)} to ${shapeText(shape)}`, 'Axes are matched from the last; each is equal or 1', 'Use unsqueeze to place the axes'));
    }
    return { shape, dtype: x!.dtype };
  },
  run: ([x], params) => {
    const shape = params['shape'] as Shape;
    return new Value(x!.dtype, shape, x!.array, x!.offset, stretched(x!, shape));
  },
};

/** Stretches axes of size 1 and adds leading axes; a view, nothing is copied. */
export function expand(x: Tensor, shape: Shape): Tensor {
  demandTensor(x, 'expand');
  checkList(shape, 'expand');
  return sameShape(x.shape, shape) ? x : apply(expand_, [x], { shape: [...shape] });
}

const sum_: ReducePrimitive = {
  name: 'sum', kind: 'reduce', combine: 'sum',
  vjp: [({ grad }, x) => expand(grad, x!.shape)],
  print: ([x], params) => `sum(${x!}, axes ${shapeText(params['axes'] as Shape)})`,
  type: ([x], params) => reducedType(x!, params['axes'] as Shape),
  run: ([x], params) => {
    const axes = params['axes'] as Shape;
    // Strides that interrupt a run would change the order of the additions.
    const ordered = x!.isDense || runsOf(x!.shape, axes, [x!.strides]).sizes.length === runsOf(x!.shape, axes, []).sizes.length;
    return reduceValue(ordered ? x! : x!.dense(), axes, x!.dtype === 'i32' ? sumIntegers : pairwiseSum);
  },
};

/** Sums over some axes and keeps them with size 1. */
export function sumAxes(x: Tensor, axes: readonly number[]): Tensor {
  return axes.length === 0 ? x : apply(sum_, [x], { axes: [...axes] });
}

/** The adjoint of stretching: sums x down to a shape it could have been expanded from. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.shape.length - shape.length;
  const axes = x.shape.flatMap((n, axis) => (axis < lead || (shape[axis - lead] === 1 && n !== 1) ? [axis] : []));
  return reshape(sumAxes(x, axes), shape);
}

export function reducedType(x: Typed, axes: readonly number[]): Typed {
  return { shape: x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n)), dtype: x.dtype };
}

/** The reduced axes, neighbours merged where row-major order and all the strides cross them without a gap. */
function runsOf(shape: Shape, axes: readonly number[], strides: readonly (readonly number[])[]) {
  const reduced = (list: readonly number[]): number[] => axes.map((axis) => list[axis]!);
  return mergeAxes(reduced(shape), [...strides, denseStrides(shape)].map(reduced));
}

type Line = (array: ArrayLike<number>, from: number, stride: number, length: number) => number;

/** Reduces every fibre along `axes`; `line` combines one strided run, and runs are combined by `line` again. */
export function reduceValue(x: Value, axes: readonly number[], line: Line): Value {
  const result = Value.empty(x.dtype, reducedType(x, axes).shape);
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const outer = mergeAxes(kept.map((a) => x.shape[a]!), [kept.map((a) => x.strides[a]!)]);
  const inner = runsOf(x.shape, axes, [x.strides]);
  const last = inner.sizes.length - 1;
  const fibre = (level: number, from: number): number => {
    const n = inner.sizes[level]!;
    const stride = inner.steps[0]![level]!;
    if (level === last) return line(x.array, from, stride, n);
    const parts = new Float64Array(n);
    for (let i = 0; i < n; i++) parts[i] = fibre(level + 1, from + i * stride);
    return line(parts, 0, 1, n);
  };
  let at = 0;
  const visit = (level: number, from: number): void => {
    if (level === outer.sizes.length) {
      result.array[at++] = fibre(0, from);
      return;
    }
    for (let i = 0; i < outer.sizes[level]!; i++) visit(level + 1, from + i * outer.steps[0]![level]!);
  };
  visit(0, x.offset);
  return result;
}

const block = 128;

/** Blocks of 128 with four independent accumulators, halves combined recursively. */
function pairwiseSum(array: ArrayLike<number>, from: number, stride: number, length: number): number {
  if (length > block) {
    const half = Math.ceil(length / 2 / block) * block;
    return pairwiseSum(array, from, stride, half) + pairwiseSum(array, from + half * stride, stride, length - half);
  }
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let p = from;
  let i = 0;
  for (; i + 4 <= length; i += 4, p += 4 * stride) {
    a += array[p]!;
    b += array[p + stride]!;
    c += array[p + 2 * stride]!;
    d += array[p + 3 * stride]!;
  }
  for (; i < length; i++, p += stride) a += array[p]!;
  return a + b + (c + d);
}

function sumIntegers(array: ArrayLike<number>, from: number, stride: number, length: number): number {
  let total = 0;
  for (let i = 0; i < length; i++) total = (total + array[from + i * stride]!) | 0;
  return total;
}

/** A reduction of nothing has no value. */
export function refuseEmpty(x: Typed, axes: readonly number[], who: string): void {
  if (axes.some((axis) => x.shape[axis] === 0)) {
    throw new ShapeError(message(`${who}: an axis of size 0 in ${shapeText(x.shape)}`, `${who} needs at least one element`, 'Check for an empty batch'));
  }
}

export function refuseIntegers(x: Typed, who: string): void {
  if (x.dtype === 'i32') throw new DTypeError(message(`${who}: an operand of type i32`, `${who} is defined on f32 and f64`, 'Cast it first'));
}

export const broadcasting = [expand_, sum_];
