// The loops of the reference: elementwise over strided operands. Plain and obviously right; results are computed in
// double and rounded once when stored. Two cases have their own loop because they are most of the work: operands
// without gaps, and runs with strides (broadcast operands stand still with stride 0 and are never expanded).

import type { DType } from '../base/dtype.ts';
import { sameShape, type Shape } from '../base/shape.ts';
import { forEachRow, Value } from '../graph/value.ts';

/** The strides of a value when it is stretched to a larger shape: 0 where an axis was missing or 1. */
export function stretched(value: Value, shape: Shape): readonly number[] {
  if (sameShape(value.shape, shape)) return value.strides;
  const lead = shape.length - value.shape.length;
  return shape.map((n, axis) => (axis < lead || (value.shape[axis - lead] === 1 && n !== 1) ? 0 : value.strides[axis - lead]!));
}

export function mapUnary(f: (a: number) => number, shape: Shape, dtype: DType, a: Value): Value {
  const result = Value.empty(dtype, shape);
  const out = result.array;
  const x = a.array;
  let at = 0;
  forEachRow(shape, [stretched(a, shape)], [a.offset], (n, [p], [s]) => {
    for (let i = 0, from = p!; i < n; i++, from += s!) out[at++] = f(x[from]!);
  });
  return result;
}

export function mapBinary(f: (a: number, b: number) => number, shape: Shape, dtype: DType, a: Value, b: Value): Value {
  const result = Value.empty(dtype, shape);
  const out = result.array;
  const x = a.array;
  const y = b.array;
  let at = 0;
  forEachRow(shape, [stretched(a, shape), stretched(b, shape)], [a.offset, b.offset], (n, [p, q], [s, t]) => {
    for (let i = 0, from = p!, other = q!; i < n; i++, from += s!, other += t!) out[at++] = f(x[from]!, y[other]!);
  });
  return result;
}

export function mapTernary(
  f: (a: number, b: number, c: number) => number, shape: Shape, dtype: DType, a: Value, b: Value, c: Value,
): Value {
  const result = Value.empty(dtype, shape);
  const out = result.array;
  const [x, y, z] = [a.array, b.array, c.array];
  let at = 0;
  const strides = [stretched(a, shape), stretched(b, shape), stretched(c, shape)];
  forEachRow(shape, strides, [a.offset, b.offset, c.offset], (n, [p, q, r], [s, t, u]) => {
    for (let i = 0, from = p!, other = q!, third = r!; i < n; i++, from += s!, other += t!, third += u!) {
      out[at++] = f(x[from]!, y[other]!, z[third]!);
    }
  });
  return result;
}

/** Writes every element of a strided value into a strided place of another, adding when `add` is set. */
export function scatterInto(target: Value, source: Value, add: boolean): void {
  const to = target.array;
  const from = source.array;
  forEachRow(source.shape, [target.strides, source.strides], [target.offset, source.offset], (n, [p, q], [s, t]) => {
    if (add) for (let i = 0; i < n; i++) to[p! + i * s!]! += from[q! + i * t!]!;
    else for (let i = 0; i < n; i++) to[p! + i * s!] = from[q! + i * t!]!;
  });
}

