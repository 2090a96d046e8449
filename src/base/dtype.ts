// The three number types and the typed arrays that hold them. Float64 is first class: nothing narrows silently.
// Mixing f32 and f64 is an error (ops say so); only JavaScript numbers adopt the type of the other operand.

export type DType = 'f32' | 'f64' | 'i32';
export type FloatDType = 'f32' | 'f64';
export type TypedArray = Float32Array | Float64Array | Int32Array;

export const dtypes = ['f32', 'f64', 'i32'] as const;

export function isFloat(dtype: DType): dtype is FloatDType {
  return dtype !== 'i32';
}

export function allocate(dtype: DType, size: number): TypedArray {
  if (dtype === 'f32') return new Float32Array(size);
  return dtype === 'f64' ? new Float64Array(size) : new Int32Array(size);
}

export function dtypeOf(values: TypedArray): DType {
  if (values instanceof Float32Array) return 'f32';
  return values instanceof Float64Array ? 'f64' : 'i32';
}

export const bytesPerElement: Record<DType, number> = { f32: 4, f64: 8, i32: 4 };

/** The distance from 1 to the next number of the type: the unit in which rounding is judged. */
export const epsilon: Record<FloatDType, number> = { f32: 2 ** -23, f64: 2 ** -52 };
