// The number types of files and how their bytes become tensors. f32, f64 and i32 are copied bit for bit, NaN payloads
// included. Types Marginalia does not have are widened where that is exact (bool, 8 and 16 bits, half precision) and
// 64-bit integers are read where every value fits i32; nothing is ever rounded.

import { described } from '../base/demand.ts';
import type { DType, TypedArray } from '../base/dtype.ts';
import { DTypeError, type FormatError, message } from '../base/errors.ts';
import { maxSize, type Shape, sizeOf } from '../base/shape.ts';

export interface Element {
  readonly bytes: number;
  readonly dtype: DType;
  /** The value at a position; absent for the types whose bits are taken as they are. Undefined where i32 cannot hold it. */
  readonly read?: (view: DataView, at: number, little: boolean) => number | undefined;
}

/** Makes the error of a file: what is wrong with it. */
export type Bad = (what: string) => FormatError;

const inRange = (x: bigint): number | undefined => (x === BigInt.asIntN(32, x) ? Number(x) : undefined);
const whole = (bytes: number, read: NonNullable<Element['read']>): Element => ({ bytes, dtype: 'i32', read });

/** The types, by the names all formats are mapped to. */
export const elements = {
  f64: { bytes: 8, dtype: 'f64' },
  f32: { bytes: 4, dtype: 'f32' },
  i32: { bytes: 4, dtype: 'i32' },
  f16: { bytes: 2, dtype: 'f32', read: (view, at, little) => fromHalf(view.getUint16(at, little)) },
  bf16: { bytes: 2, dtype: 'f32', read: (view, at, little) => fromBits(view.getUint16(at, little) << 16) },
  i64: whole(8, (view, at, little) => inRange(view.getBigInt64(at, little))),
  u64: whole(8, (view, at, little) => inRange(view.getBigUint64(at, little))),
  u32: whole(4, (view, at, little) => inRange(BigInt(view.getUint32(at, little)))),
  i16: whole(2, (view, at, little) => view.getInt16(at, little)),
  u16: whole(2, (view, at, little) => view.getUint16(at, little)),
  i8: whole(1, (view, at) => view.getInt8(at)),
  u8: whole(1, (view, at) => view.getUint8(at)),
  bool: whole(1, (view, at) => (view.getUint8(at) <= 1 ? view.getUint8(at) : undefined)),
} as const satisfies Record<string, Element>;

const scratch = new DataView(new ArrayBuffer(4));

function fromBits(word: number): number {
  scratch.setInt32(0, word);
  return scratch.getFloat32(0);
}

/** IEEE half precision: 1 sign, 5 exponent, 10 fraction bits. */
function fromHalf(word: number): number {
  const sign = word & 0x8000 ? -1 : 1;
  const exponent = (word >> 10) & 31;
  const fraction = word & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

const hostIsLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The numbers in `bytes`, which hold exactly `size` elements. */
export function decodeElements(bytes: Uint8Array, element: Element, little: boolean, bad: Bad): TypedArray {
  const { read } = element;
  const size = bytes.length / element.bytes;
  if (read === undefined) {
    const copy = new Uint8Array(bytes);
    if (little !== hostIsLittle) swap(copy, element.bytes);
    if (element.dtype === 'f32') return new Float32Array(copy.buffer);
    return element.dtype === 'f64' ? new Float64Array(copy.buffer) : new Int32Array(copy.buffer);
  }
  const values = element.dtype === 'f32' ? new Float32Array(size) : new Int32Array(size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i < size; i++) {
    const value = read(view, i * element.bytes, little);
    if (value === undefined) {
      throw bad(`the element at position ${i} does not fit its type: whole numbers are read as i32, booleans are 0 or 1`);
    }
    values[i] = value;
  }
  return values;
}

/** The bytes of an array in little-endian order; a view of the array itself on all common machines. */
export function littleEndian(values: TypedArray): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (hostIsLittle) return bytes;
  const copy = new Uint8Array(bytes);
  swap(copy, values.BYTES_PER_ELEMENT);
  return copy;
}

function swap(bytes: Uint8Array, width: number): void {
  for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
}

/** Names and values, as a Map or a list of pairs holds them. */
export function pairsOf<T>(given: Iterable<readonly [string, T]>, who: string): readonly (readonly [string, T])[] {
  const pairs = typeof given === 'object' && given !== null && Symbol.iterator in given ? [...given] : [null];
  if (pairs.every((pair) => Array.isArray(pair) && typeof pair[0] === 'string')) return pairs as (readonly [string, T])[];
  throw new DTypeError(message(`${who}: ${described(given)}`, 'It takes pairs of a name and a value', 'Write [[name, value], …], or pass a Map'));
}

/** Refuses axes that are no sizes, and more elements than a tensor holds. */
export function checkAxes(shape: Shape, bad: Bad): void {
  if (shape.some((n) => !Number.isSafeInteger(n) || n < 0)) throw bad(`its shape is [${shape.join(', ')}]`);
  if (sizeOf(shape) > maxSize) {
    throw bad(`its shape [${shape.join(', ')}] has ${sizeOf(shape)} elements, more than the ${maxSize} a tensor holds`);
  }
}
