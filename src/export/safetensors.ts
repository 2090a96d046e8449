// Safetensors: named tensors in one file (github.com/huggingface/safetensors, format of 2023). Eight bytes give the
// length of a JSON header, the header gives type, shape and place of every tensor, the rest is their bytes. Reading
// trusts nothing: no holes, no overlaps, no key twice, nothing beyond the end. What is read and written here is bytes;
// files are in `node.ts`.

import { demandSort } from '../base/demand.ts';
import { DomainError, FormatError, message } from '../base/errors.ts';
import { bytesPerElement } from '../base/dtype.ts';
import { sizeOf } from '../base/shape.ts';
import { demandTensor, fromValue, type Tensor, Value } from '../graph/index.ts';
import { type Bad, checkAxes, decodeElements, type Element, elements, littleEndian, pairsOf } from './elements.ts';
import { type Json, parseJson } from './header.ts';

/** The format's own limit for the header. */
const maxHeaderBytes = 100_000_000;

const types: ReadonlyMap<string, Element> = new Map<string, Element>([
  ['F64', elements.f64],
  ['F32', elements.f32],
  ['F16', elements.f16],
  ['BF16', elements.bf16],
  ['I64', elements.i64],
  ['I32', elements.i32],
  ['I16', elements.i16],
  ['I8', elements.i8],
  ['U64', elements.u64],
  ['U32', elements.u32],
  ['U16', elements.u16],
  ['U8', elements.u8],
  ['BOOL', elements.bool],
]);

export interface Safetensors {
  /** In the order of the header. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The free text that travels along (`__metadata__`). */
  readonly metadata: ReadonlyMap<string, string>;
}

interface Entry {
  readonly name: string;
  readonly element: Element;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/**
 * Reads named tensors from the bytes of a safetensors file.
 *
 * Shapes    as the header says; F32, F64 and I32 bit for bit, smaller types widened exactly, 64-bit integers as i32
 * Units     header at most 100 MB
 * Edges     any name but `__metadata__` is usable, `__proto__` included; a file without tensors gives an empty map
 * Throws    FormatError, with `name` and the fault, for anything the format does not allow, holes, overlaps and repeated
 *           keys included, and for integers that i32 cannot hold
 */
export function decodeSafetensors(bytes: Uint8Array, name: string): Safetensors {
  const bad: Bad = (what) =>
    new FormatError(
      message(
        `${name}: ${what}`,
        'A safetensors file is an 8-byte header length, a JSON header and the bytes of its tensors without gaps',
        'Write or fetch the file again',
      ),
    );
  demandSort('bytes', { bytes }, 'decodeSafetensors');
  if (bytes.length < 8) throw bad(`${bytes.length} bytes are too few`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > maxHeaderBytes) throw bad(`it claims a header of ${length} bytes; ${maxHeaderBytes} is the limit`);
  if (length > bytes.length - 8) throw bad(`it claims a header of ${length} bytes and has ${bytes.length - 8}`);
  const header = parseJson(utf8(bytes.subarray(8, 8 + length), bad), bad);
  if (bytes[8] !== 0x7b || !(header instanceof Map)) throw bad('its header is no JSON object');

  const data = bytes.subarray(8 + length);
  const entries: Entry[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [key, value] of header as ReadonlyMap<string, Json>) {
    if (key === '__metadata__') metadata = readMetadata(value, bad);
    else entries.push(readEntry(key, value, bad));
  }
  checkPlaces(entries, data.length, bad);
  const tensors = new Map<string, Tensor>();
  for (const { name: key, element, shape, start, end } of entries) {
    const own: Bad = (what) => bad(`in ${quoted(key)}, ${what}`);
    tensors.set(key, fromValue(new Value(element.dtype, shape, decodeElements(data.subarray(start, end), element, true, own))));
  }
  return { tensors, metadata };
}

function utf8(bytes: Uint8Array, bad: Bad): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw bad('its header is not UTF-8');
  }
}

const quoted = (key: string): string => JSON.stringify(key.length > 80 ? `${key.slice(0, 80)}…` : key);

function readMetadata(value: Json, bad: Bad): ReadonlyMap<string, string> {
  if (!(value instanceof Map) || ![...value.values()].every((text) => typeof text === 'string')) {
    throw bad('its __metadata__ is no map from names to texts');
  }
  return value as ReadonlyMap<string, string>;
}

function readEntry(name: string, value: Json, bad: Bad): Entry {
  const numbers = (list: Json | undefined): list is readonly number[] =>
    Array.isArray(list) && list.every((n) => typeof n === 'number');
  if (!(value instanceof Map) || value.size !== 3) throw bad(`${quoted(name)} is not { dtype, shape, data_offsets }`);
  const entry = value as ReadonlyMap<string, Json>;
  const [type, shape, offsets] = [entry.get('dtype'), entry.get('shape'), entry.get('data_offsets')];
  if (typeof type !== 'string' || !numbers(shape) || !numbers(offsets) || offsets.length !== 2) {
    throw bad(`${quoted(name)} is not { dtype, shape, data_offsets }`);
  }
  const element = types.get(type);
  if (element === undefined) throw bad(`${quoted(name)} has the type ${quoted(type)}; ${[...types.keys()].join(' ')} are known`);
  checkAxes(shape, (what) => bad(`in ${quoted(name)}, ${what}`));
  const [start, end] = offsets as [number, number];
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0) {
    throw bad(`${quoted(name)} has the offsets ${start} and ${end}`);
  }
  if (end - start !== sizeOf(shape) * element.bytes) {
    throw bad(
      `${quoted(name)} is ${type} [${shape.join(', ')}], ${sizeOf(shape) * element.bytes} bytes, `
        + `and its offsets ${start} … ${end} span ${end - start}`,
    );
  }
  return { name, element, shape, start, end };
}

/** Sorted by place, every tensor begins where the one before ended, and the last ends with the file. */
function checkPlaces(entries: readonly Entry[], size: number, bad: Bad): void {
  let reached = 0;
  for (const { name, start, end } of [...entries].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== reached) {
      throw bad(
        `${quoted(name)} begins at ${start} and the one before ends at ${reached}: ${start < reached ? 'an overlap' : 'a hole'}`,
      );
    }
    reached = end;
  }
  if (reached !== size) throw bad(`its tensors end at ${reached} and its data at ${size}`);
}

/**
 * Writes named tensors as the bytes of a safetensors file.
 *
 * Shapes    any; f32, f64 and i32 bit for bit
 * Edges     the same tensors give the same bytes: the header keeps the order given, the data is laid out by type so
 *           that every tensor is aligned; the header is padded to 8 bytes, as the reference writer does
 * Throws    DomainError for a name given twice, for `__metadata__`, and for text that is no Unicode
 */
export function encodeSafetensors(
  tensors: Iterable<readonly [string, Tensor]>,
  metadata: Iterable<readonly [string, string]> = [],
): Uint8Array {
  const named = unique(pairsOf(tensors, 'encodeSafetensors'));
  const places = new Map<string, readonly [number, number]>();
  let size = 0;
  const order = [...named].sort(([, a], [, b]) => bytesPerElement[b.dtype] - bytesPerElement[a.dtype]);
  for (const [name, { dtype, size: count }] of order) places.set(name, [size, (size += count * bytesPerElement[dtype])]);

  const notes = [...unique(pairsOf(metadata, 'metadata'))].map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(checkText(String(text)))}`);
  const fields = notes.length === 0 ? [] : [`"__metadata__":{${notes.join(',')}}`];
  for (const [name, tensor] of named) {
    demandTensor(tensor, 'encodeSafetensors');
    if (name === '__metadata__') {
      throw new DomainError(
        message('a tensor named __metadata__', 'The format keeps this name for its own text', 'Choose another name'),
      );
    }
    fields.push(
      `${JSON.stringify(name)}:{"dtype":"${tensor.dtype.toUpperCase()}","shape":[${tensor.shape.join(',')}],`
        + `"data_offsets":[${places.get(name)!.join(',')}]}`,
    );
  }
  const text = new TextEncoder().encode(`{${fields.join(',')}}`);
  const header = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + header + size).fill(0x20, 8, 8 + header);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header), true);
  bytes.set(text, 8);
  for (const [name, tensor] of order) bytes.set(littleEndian(tensor.data), 8 + header + places.get(name)![0]);
  return bytes;
}

function unique<T>(entries: Iterable<readonly [string, T]>): Map<string, T> {
  const map = new Map<string, T>();
  for (const [name, value] of entries) {
    if (map.has(checkText(name))) throw new DomainError(message(
      `the name ${quoted(name)} is given twice`, 'Names are keys', 'Rename one of the two'));
    map.set(name, value);
  }
  return map;
}

/** Half of a surrogate pair has no UTF-8, and other readers would refuse the file. */
function checkText(text: string): string {
  if (new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text)) !== text) {
    throw new DomainError(message(
      `the text ${quoted(text)}`, 'Names and metadata are Unicode text', 'Remove the unpaired surrogate'));
  }
  return text;
}
