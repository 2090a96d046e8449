// npy: one array in NumPy's format (numpy.lib.format, versions 1 to 3). A short Python literal gives type, order and
// shape; it is read by a grammar of three values and never evaluated. Object arrays, which are pickles, are refused.

import { demandSort } from '../base/demand.ts';
import { FormatError, message } from '../base/errors.ts';
import { type Shape, sizeOf } from '../base/shape.ts';
import { demandTensor, fromValue, type Tensor, Value } from '../graph/index.ts';
import { type Bad, checkAxes, decodeElements, type Element, elements, littleEndian } from './elements.ts';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** A header holds three values; NumPy itself refuses headers beyond 10,000 bytes. */
const maxHeaderBytes = 10_000;

const types: ReadonlyMap<string, Element> = new Map<string, Element>([
  ['f8', elements.f64],
  ['f4', elements.f32],
  ['f2', elements.f16],
  ['i8', elements.i64],
  ['i4', elements.i32],
  ['i2', elements.i16],
  ['i1', elements.i8],
  ['u8', elements.u64],
  ['u4', elements.u32],
  ['u2', elements.u16],
  ['u1', elements.u8],
  ['b1', elements.bool],
]);
const descr = { f64: '<f8', f32: '<f4', i32: '<i4' } as const;

interface Header {
  readonly element: Element;
  readonly little: boolean;
  readonly fortran: boolean;
  readonly shape: Shape;
}

/**
 * Reads an array from the bytes of an npy file.
 *
 * Shapes    as the header says; a column-major array is rearranged
 * Edges     f4, f8 and i4 bit for bit in either byte order; smaller types are widened exactly, 64-bit integers read as i32
 * Throws    FormatError, with `name` and the fault, for anything the format does not allow, trailing bytes included; for
 *           object, complex, text and structured types; for integers that i32 cannot hold
 */
export function decodeNpy(bytes: Uint8Array, name: string): Tensor {
  demandSort('bytes', { bytes }, 'decodeNpy');
  const bad: Bad = (what) => new FormatError(message(
    `${name}: ${what}`,
    'An npy file is the magic \\x93NUMPY, a short header and the numbers of one array', 'Save it again with numpy.save'));
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte)) throw bad('it does not begin as an npy file');
  const version = bytes[6]!;
  if (version < 1 || version > 3 || bytes[7] !== 0) {
    throw bad(`its version is ${version}.${bytes[7]}; 1.0, 2.0 and 3.0 are known`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const begin = version === 1 ? 10 : 12;
  if (bytes.length < begin) throw bad('it ends inside its header');
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > maxHeaderBytes) throw bad(`it claims a header of ${length} bytes; ${maxHeaderBytes} is the limit`);
  if (length > bytes.length - begin) throw bad('it ends inside its header');
  const { element, little, fortran, shape } = parseHeader(String.fromCharCode(...bytes.subarray(begin, begin + length)), bad);
  checkAxes(shape, bad);
  const data = bytes.subarray(begin + length);
  if (data.length !== sizeOf(shape) * element.bytes) {
    throw bad(
      `its shape [${shape.join(', ')}] takes ${sizeOf(shape) * element.bytes} bytes and ${data.length} follow the header`,
    );
  }
  const rows = fortran ? rowMajor(data, shape, element.bytes) : data;
  return fromValue(new Value(element.dtype, shape, decodeElements(rows, element, little, bad)));
}

const part =
  /\s*(?:(?<string>'[^'\\]*'|"[^"\\]*")|(?<bool>True|False)\b|(?<tuple>\(\s*(?:\d{1,16}L?\s*,\s*)*(?:\d{1,16}L?\s*)?\))|(?<other>[{}:,]))\s*/y;

/** `{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }`, in any order of the keys. */
function parseHeader(text: string, bad: Bad): Header {
  const values = new Map<string, string>();
  let at = 0;
  const next = (): { string?: string; bool?: string; tuple?: string; other?: string } => {
    part.lastIndex = at;
    const match = part.exec(text);
    if (match === null) {
      throw bad(
        `its header is broken at character ${at}: ${JSON.stringify(text.slice(at, at + 40))}; structured types are not read`,
      );
    }
    at = part.lastIndex;
    return match.groups!;
  };
  const demand = (found: string | undefined, wanted: string): void => {
    if (found !== wanted) throw bad(`its header has no ${wanted} before character ${at}`);
  };
  demand(next().other, '{');
  for (;;) {
    const { string: key, other } = next();
    if (other === '}') break;
    if (key === undefined || values.has(key.slice(1, -1))) {
      throw bad(`its header names no key, or one twice, before character ${at}`);
    }
    demand(next().other, ':');
    const { string, bool, tuple } = next();
    values.set(key.slice(1, -1), string ?? bool ?? tuple ?? '');
    const { other: after } = next();
    if (after === '}') break;
    demand(after, ',');
  }
  const [quotedType, order, shape] = ['descr', 'fortran_order', 'shape'].map((key) => values.get(key) ?? '') as [
    string,
    string,
    string,
  ];
  if (at !== text.length || values.size !== 3) throw bad('its header is not { descr, fortran_order, shape }');
  const mark = quotedType.slice(1, 2);
  const element = types.get(quotedType.slice(2, -1));
  // '|' marks a type of one byte; for the rest the mark is the byte order.
  if (element === undefined || !(element.bytes === 1 ? '|<>=' : '<>').includes(mark) || mark === '') {
    throw bad(`its type is ${quotedType.slice(0, 40)}; real numbers, whole numbers and booleans are read`);
  }
  if (order !== 'True' && order !== 'False') throw bad('its fortran_order is neither True nor False');
  if (!shape.startsWith('(') || /^\(\s*\d+L?\s*\)$/.test(shape)) throw bad('its shape is no tuple');
  return { element, little: mark !== '>', fortran: order === 'True', shape: (shape.match(/\d+/g) ?? []).map(Number) };
}

/** Column-major bytes in row-major order, moved as bytes so that every bit pattern survives. */
function rowMajor(data: Uint8Array, shape: Shape, width: number): Uint8Array {
  const strides: number[] = [];
  let stride = width;
  for (const n of shape) {
    strides.push(stride);
    stride *= n;
  }
  const rows = new Uint8Array(data.length);
  const index = shape.map(() => 0);
  for (let at = 0, from = 0; at < rows.length; at += width) {
    for (let k = 0; k < width; k++) rows[at + k] = data[from + k]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return rows;
}

/**
 * Writes a tensor as the bytes of an npy file (version 1.0, little endian, row-major).
 *
 * Shapes    any; f32, f64 and i32 bit for bit
 * Throws    nothing
 */
export function encodeNpy(tensor: Tensor): Uint8Array {
  demandTensor(tensor, 'encodeNpy');
  const { shape } = tensor;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${descr[tensor.dtype]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // The numbers begin at a multiple of 64, and the header ends with a line feed.
  const begin = Math.ceil((10 + text.length + 1) / 64) * 64;
  const data = littleEndian(tensor.data);
  const bytes = new Uint8Array(begin + data.length).fill(0x20, 10, begin - 1);
  bytes.set([...magic, 1, 0, (begin - 10) & 255, (begin - 10) >> 8]);
  for (let i = 0; i < text.length; i++) bytes[10 + i] = text.charCodeAt(i);
  bytes[begin - 1] = 0x0a;
  bytes.set(data, begin);
  return bytes;
}
