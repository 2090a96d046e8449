// A value between steps: numbers in a typed array seen through an offset and strides. Views (reshape, permute,
// expand, slice, unfold) make a new way of looking and copy nothing. Values are never written after they are made,
// so nobody has to free or own them; the garbage collector does both.

import { allocate, type DType, type TypedArray } from '../base/dtype.ts';
import { denseStrides, isDense, type Shape, sizeOf } from '../base/shape.ts';

/** What a tensor reads its numbers from: bytes at hand, or an error for a step that was only recorded. */
export interface Storage {
  read(): Value;
  /** The bytes are somebody else's and may be handed on: every read asks again. */
  readonly isHandle?: boolean;
}

export class Value implements Storage {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly array: TypedArray;
  readonly offset: number;
  readonly strides: readonly number[];

  constructor(dtype: DType, shape: Shape, array: TypedArray, offset = 0, strides: readonly number[] = denseStrides(shape)) {
    this.dtype = dtype;
    this.shape = shape;
    this.array = array;
    this.offset = offset;
    this.strides = strides;
  }

  read(): Value {
    return this;
  }

  /** Room for a result, filled with zeros. */
  static empty(dtype: DType, shape: Shape): Value {
    return new Value(dtype, shape, allocate(dtype, sizeOf(shape)));
  }

  get isDense(): boolean {
    return isDense(this.shape, this.strides);
  }

  /** The same numbers in row-major order without gaps; itself when they already are. */
  dense(): Value {
    if (this.isDense) return this;
    const copy = Value.empty(this.dtype, this.shape);
    const { array, strides, shape } = this;
    let at = 0;
    forEachRow(shape, [strides], [this.offset], (length, [from], [stride]) => {
      for (let i = 0, p = from!; i < length; i++, p += stride!) copy.array[at++] = array[p]!;
    });
    return copy;
  }

  /** The numbers as one typed array in row-major order. */
  data(): TypedArray {
    const value = this.dense();
    const size = sizeOf(value.shape);
    if (value.offset === 0 && value.array.length === size) return value.array;
    return value.array.subarray(value.offset, value.offset + size);
  }
}

/**
 * Walks several strided operands of one shape in step: calls `row` for each run along the innermost axis with the
 * length, the first position and the stride of every operand. Neighbouring axes that all operands cross without a
 * gap are merged first, so dense operands are one single run.
 */
export function forEachRow(
  shape: Shape,
  strides: readonly (readonly number[])[],
  offsets: readonly number[],
  row: (length: number, positions: readonly number[], steps: readonly number[]) => void,
): void {
  const { sizes, steps } = mergeAxes(shape, strides);
  if (sizes.some((n) => n === 0)) return;
  const last = sizes.length - 1;
  const inner = steps.map((s) => s[last]!);
  const positions = [...offsets];
  const counter = new Array<number>(last).fill(0);
  for (;;) {
    row(sizes[last]!, positions, inner);
    let axis = last - 1;
    for (; axis >= 0; axis--) {
      counter[axis]!++;
      for (let o = 0; o < positions.length; o++) positions[o]! += steps[o]![axis]!;
      if (counter[axis]! < sizes[axis]!) break;
      for (let o = 0; o < positions.length; o++) positions[o]! -= steps[o]![axis]! * sizes[axis]!;
      counter[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** Drops axes of size 1 and merges neighbours that every operand crosses without a gap; at least one axis remains. */
export function mergeAxes(shape: Shape, strides: readonly (readonly number[])[]): { sizes: number[]; steps: number[][] } {
  const sizes: number[] = [];
  // The last axis of each run of merged ones: its strides are those of the run.
  const lasts: number[] = [];
  for (let axis = 0; axis < shape.length; axis++) {
    const n = shape[axis]!;
    if (n === 1) continue;
    const top = sizes.length - 1;
    if (top >= 0 && strides.every((s) => s[lasts[top]!] === s[axis]! * n)) {
      sizes[top]! *= n;
      lasts[top] = axis;
    } else {
      sizes.push(n);
      lasts.push(axis);
    }
  }
  if (sizes.length === 0) return { sizes: [1], steps: strides.map(() => [1]) };
  return { sizes, steps: strides.map((s) => lasts.map((axis) => s[axis]!)) };
}
