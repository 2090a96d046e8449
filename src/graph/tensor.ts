// A tensor is a shape, a number type and a storage to read from. It holds no pointer to a graph: while a trace is
// open the recorder knows which step a tensor is, and that knowledge dies with the trace.

import { isFloat, type DType, type FloatDType, type TypedArray, allocate, dtypeOf } from '../base/dtype.ts';
import { demandOptions } from '../base/demand.ts';
import { DTypeError, message, ShapeError } from '../base/errors.ts';
import { checkSize, denseStrides, type Shape, shapeText, sizeOf } from '../base/shape.ts';
import { type Storage, Value } from './value.ts';

export type Nested = number | readonly Nested[];

export class Tensor {
  readonly shape: Shape;
  readonly dtype: DType;
  #storage: Storage;

  constructor(shape: Shape, dtype: DType, storage: Storage) {
    this.shape = shape;
    this.dtype = dtype;
    this.#storage = storage;
  }

  get rank(): number {
    return this.shape.length;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  /** The strided value; throws TraceError where only the program is being recorded. */
  read(): Value {
    return this.#storage.read();
  }

  /** The numbers in row-major order. They belong to the tensor: read them, do not write them. */
  get data(): TypedArray {
    const value = this.read().dense();
    if (this.#storage.isHandle !== true) this.#storage = value;
    return value.data();
  }

  /** Nested arrays of the numbers; a plain number for rank 0. */
  toArray(): Nested {
    const data = this.data;
    const build = (axis: number, from: number, size: number): Nested => {
      if (axis === this.rank) return data[from]!;
      const n = this.shape[axis]!;
      return Array.from({ length: n }, (_, i) => build(axis + 1, from + (i * size) / n, size / n));
    };
    return build(0, 0, this.size);
  }

  /** The only element. */
  item(): number {
    if (this.size !== 1) {
      throw new ShapeError(message(`item: a tensor of shape ${shapeText(this.shape)}`, 'item() reads a single element', 'Use toArray() or data'));
    }
    return this.data[0]!;
  }

  toString(): string {
    return `${this.dtype}${shapeText(this.shape)}`;
  }

  /** In a text what toString says; as a number, in `a < b` or `a + 1`, the only element. */
  [Symbol.toPrimitive](hint: string): string | number {
    return hint === 'string' ? this.toString() : this.item();
  }
}

export function isTensor(x: unknown): x is Tensor {
  return x instanceof Tensor;
}

/** Refuses what is not a tensor: arrays and numbers have no axes to count. */
export function demandTensor(x: unknown, who: string): asserts x is Tensor {
  if (isTensor(x)) return;
  const kind = x === null ? 'null' : Array.isArray(x) ? 'array' : typeof x;
  throw new DTypeError(message(`${who}: an operand of type ${kind}`, `${who} works on tensors`, 'Wrap the values with tensor(…)'));
}

export function fromValue(value: Value): Tensor {
  return new Tensor(value.shape, value.dtype, value);
}

export interface TensorOptions {
  readonly dtype?: DType;
  readonly shape?: Shape;
}

/**
 * Makes a tensor from a number, nested arrays or a typed array.
 *
 * Shapes    nested arrays give their own shape; `shape` reads a flat list in row-major order
 * DType     a typed array keeps its type unless `dtype` says otherwise; numbers and arrays are f32 by default
 * Edges     the numbers are copied: later writes to the source are not seen
 * Throws    ShapeError for ragged arrays or a shape of another size; DTypeError for a value that is no number, or no
 *           32-bit integer where i32 is asked for
 */
export function tensor(values: Nested | TypedArray, options: TensorOptions = {}): Tensor {
  demandOptions(options, ['dtype', 'shape'], 'tensor');
  if (values instanceof Float32Array || values instanceof Float64Array || values instanceof Int32Array) {
    return build(values, options.shape ?? [values.length], options.dtype ?? dtypeOf(values));
  }
  const flat: number[] = [];
  const shape = collect(values, flat);
  return build(flat, options.shape ?? shape, options.dtype ?? 'f32');
}

function collect(values: unknown, flat: number[]): number[] {
  if (typeof values === 'number') {
    flat.push(values);
    return [];
  }
  if (!Array.isArray(values)) {
    const kind = values === null ? 'null' : typeof values;
    throw new DTypeError(message(`tensor: a value of type ${kind}`, 'Values are numbers, nested arrays of numbers, or a Float32Array, Float64Array or Int32Array', 'Convert it first'));
  }
  let inner: number[] | undefined;
  for (const part of values as unknown[]) {
    const shape = collect(part, flat);
    if (inner !== undefined && shapeText(shape) !== shapeText(inner)) {
      throw new ShapeError(message(`tensor: ragged arrays, ${shapeText(inner)} beside ${shapeText(shape)}`, 'All parts at one depth have the same shape', 'Pad or split them'));
    }
    inner = shape;
  }
  return [values.length, ...(inner ?? [])];
}

function build(values: ArrayLike<number>, shape: Shape, dtype: DType): Tensor {
  checkSize(shape, dtype, 'tensor');
  if (sizeOf(shape) !== values.length) {
    throw new ShapeError(message(`tensor: ${values.length} values for shape ${shapeText(shape)}`, `The shape asks for ${sizeOf(shape)}`, 'Give the shape that fits the values'));
  }
  const array = allocate(dtype, values.length);
  array.set(values);
  if (dtype === 'i32') {
    for (let i = 0; i < values.length; i++) {
      if (array[i] !== values[i]) {
        throw new DTypeError(message(`tensor: ${values[i]} at position ${i} as i32`, 'i32 holds whole numbers from −2^31 to 2^31 − 1', "Use dtype 'f32' or 'f64'"));
      }
    }
  }
  return fromValue(new Value(dtype, [...shape], array));
}

/** A rank-0 value repeated over a shape: one element in memory. */
export function filled(value: number, shape: Shape, dtype: DType): Tensor {
  checkSize(shape, dtype, 'full');
  const array = allocate(dtype, 1);
  array[0] = value;
  return fromValue(new Value(dtype, [...shape], array, 0, denseStrides(shape).map(() => 0)));
}

export type Operand = Tensor | number;

/** A JavaScript number as a rank-0 tensor of the other operand's type. */
export function lift(x: Operand, dtype: DType): Tensor {
  if (typeof x !== 'number') return x;
  if (dtype === 'i32' && !Number.isInteger(x)) {
    throw new DTypeError(message(`the number ${x} beside an i32 tensor`, 'A number takes the type of the other operand', "Cast the tensor to 'f32' or 'f64' first"));
  }
  return filled(x, [], dtype);
}

/** The float type of the program: that of the first float tensor among some lists of values, f32 when there is none. */
export function floatTypeOf(...lists: readonly (readonly unknown[])[]): FloatDType {
  for (const values of lists) for (const x of values) if (isTensor(x) && isFloat(x.dtype)) return x.dtype;
  return 'f32';
}
