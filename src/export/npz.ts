// npz: a zip of npy files, one per name (numpy.savez). Only what NumPy writes is read: stored or deflated members, one
// disk, no encryption, under 4 GiB. The central directory is believed only where the local headers, the sizes, the
// checksums and the places agree with it. Written members are stored, so writing needs no compression.

import { demandSort } from '../base/demand.ts';
import { canInflateTo, crc32, type Inflate } from '../base/compression.ts';
import { DomainError, FormatError, message } from '../base/errors.ts';
import type { Tensor } from '../graph/index.ts';
import { type Bad, pairsOf } from './elements.ts';
import { decodeNpy, encodeNpy } from './npy.ts';

const signature = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50 } as const;
const [localBytes, centralBytes, endBytes] = [30, 46, 22];
const [stored, deflated] = [0, 8];
const encrypted = 1;
const utf8Names = 0x800;
/** 1 January 1980, the first day a zip can tell: the same tensors give the same bytes. */
const firstDay = 0x21;

export interface NpzOptions {
  /** Inflates deflated members; without it only stored ones are read. */
  readonly inflate?: Inflate;
  /** The most all members together may hold, in bytes. */
  readonly maxBytes?: number;
}

interface Member {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

/**
 * Reads named arrays from the bytes of an npz file.
 *
 * Shapes    as `decodeNpy`; names are the members' without `.npy`, in the order of the directory
 * Units     `maxBytes` 1 GiB by default
 * Edges     any name is usable, `__proto__` included; a zip without members gives an empty map
 * Throws    FormatError, with `name` and the fault, for a zip that is damaged or that NumPy would not write, for members
 *           that overlap, repeat a name, are no npy files or inflate to another size than they claim
 */
export function decodeNpz(bytes: Uint8Array, name: string, options: NpzOptions = {}): ReadonlyMap<string, Tensor> {
  demandSort('bytes', { bytes }, 'decodeNpz');
  demandSort('record', { options }, 'decodeNpz');
  const { inflate, maxBytes = 2 ** 30 } = options;
  const bad: Bad = (what) => new FormatError(message(
    `${name}: ${what}`, 'An npz file is a zip of npy files, stored or deflated', 'Save it again with numpy.savez'));
  const { members, directory } = readDirectory(bytes, bad);
  const total = members.reduce((sum, { size }) => sum + size, 0);
  if (total > maxBytes) throw bad(`its members claim ${total} bytes; ${maxBytes} is the limit`);
  const tensors = new Map<string, Tensor>();
  let reached = 0;
  for (const member of [...members].sort((a, b) => a.offset - b.offset)) {
    if (member.offset < reached) throw bad(`member ${member.name} overlaps another`);
    reached = dataStart(bytes, member, directory, bad) + member.packed;
  }
  for (const member of members) {
    if (!member.name.endsWith('.npy')) throw bad(`member ${member.name} is no npy file`);
    const key = member.name.slice(0, -4);
    if (tensors.has(key)) throw bad(`member ${member.name} is there twice`);
    tensors.set(key, decodeNpy(unpack(bytes, member, directory, name, inflate, bad), `${name}, member ${member.name}`));
  }
  return tensors;
}

/** The end record is the last thing in the file but for a comment of the length it gives. */
function readDirectory(bytes: Uint8Array, bad: Bad): { members: Member[]; directory: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const last = bytes.length - endBytes;
  const isEnd = (at: number): boolean => view.getUint32(at, true) === signature.end && view.getUint16(at + 20, true) === last - at;
  const first = Math.max(0, last - 0xffff);
  let end = last;
  while (end >= first && !isEnd(end)) end--;
  if (end < first) throw bad('it has no end record, so it is no zip or was cut short');
  const count = view.getUint16(end + 10, true);
  const [size, directory] = [view.getUint32(end + 12, true), view.getUint32(end + 16, true)];
  if (view.getUint32(end + 4, true) !== 0 || view.getUint16(end + 8, true) !== count) {
    throw bad('it is a part of a zip on several disks');
  }
  if (directory === 0xffffffff || count === 0xffff) throw bad('it is a zip64 file, for more than 4 GiB or 65,534 members');
  if (directory + size !== end) throw bad('its directory does not end where the end record begins');
  const members: Member[] = [];
  let at = directory;
  for (let i = 0; i < count; i++) {
    if (at + centralBytes > end || view.getUint32(at, true) !== signature.central) {
      throw bad(`its directory is broken at member ${i}`);
    }
    const [nameBytes, extraBytes, commentBytes] = [
      view.getUint16(at + 28, true),
      view.getUint16(at + 30, true),
      view.getUint16(at + 32, true),
    ];
    const next = at + centralBytes + nameBytes + extraBytes + commentBytes;
    if (next > end) throw bad(`its directory is broken at member ${i}`);
    const name = text(bytes.subarray(at + centralBytes, at + centralBytes + nameBytes), bad);
    if (view.getUint16(at + 8, true) & encrypted) throw bad(`member ${name} is encrypted`);
    members.push({
      name, method: view.getUint16(at + 10, true), crc: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true), size: view.getUint32(at + 24, true), offset: view.getUint32(at + 42, true),
    });
    at = next;
  }
  if (at !== end) throw bad(`its directory has ${end - at} bytes beyond its ${count} members`);
  return { members, directory };
}

function text(bytes: Uint8Array, bad: Bad): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw bad('the name of a member is not UTF-8');
  }
}

/** Where the bytes of a member begin: behind its local header, which must tell the same name and method. */
function dataStart(bytes: Uint8Array, { name, method, packed, offset }: Member, directory: number, bad: Bad): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const broken = (): FormatError => bad(`member ${name} has no local header where the directory says`);
  if (offset + localBytes > directory || view.getUint32(offset, true) !== signature.local) throw broken();
  const nameEnd = offset + localBytes + view.getUint16(offset + 26, true);
  const start = nameEnd + view.getUint16(offset + 28, true);
  if (start + packed > directory) throw bad(`member ${name} runs into the directory`);
  if (view.getUint16(offset + 8, true) !== method || text(bytes.subarray(offset + localBytes, nameEnd), bad) !== name) {
    throw broken();
  }
  return start;
}

function unpack(
  bytes: Uint8Array,
  member: Member,
  directory: number,
  file: string,
  inflate: Inflate | undefined,
  bad: Bad,
): Uint8Array {
  const { name, method, packed, size, crc } = member;
  const start = dataStart(bytes, member, directory, bad);
  let data = bytes.subarray(start, start + packed);
  if (method === deflated) {
    if (inflate === undefined) throw bad(`member ${name} is deflated and no inflate function was given`);
    if (!canInflateTo(size, packed)) {
      throw bad(`member ${name} claims ${size} bytes out of ${packed}, more than deflate can pack`);
    }
    data = inflate(data, size, `${file}, member ${name}`);
  } else if (method !== stored) {
    throw bad(`member ${name} is packed with method ${method}; stored and deflated are read`);
  }
  if (data.length !== size) throw bad(`member ${name} holds ${data.length} bytes and claims ${size}`);
  if (crc32(data) !== crc) throw bad(`member ${name} is damaged: its checksum does not match`);
  return data;
}

/**
 * Writes named tensors as the bytes of an npz file, members stored.
 *
 * Shapes    any; f32, f64 and i32 bit for bit
 * Edges     the same tensors give the same bytes; members follow the order given
 * Throws    DomainError for a name given twice and for more than a plain zip holds (4 GiB, 65,534 members)
 */
export function encodeNpz(tensors: Iterable<readonly [string, Tensor]>): Uint8Array {
  const local: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  const names = new Set<string>();
  let offset = 0;
  for (const [key, tensor] of pairsOf(tensors, 'encodeNpz')) {
    if (names.has(key)) throw new DomainError(message(
      `the name ${JSON.stringify(key)} is given twice`, 'Names are keys', 'Rename one of the two'));
    names.add(key);
    const name = new TextEncoder().encode(`${key}.npy`);
    const data = encodeNpy(tensor);
    // Version 2.0, UTF-8 names, method, time, date, checksum, both sizes, length of the name, no extra field.
    const facts: readonly Field[] = [
      [2, 20],
      [2, utf8Names],
      [2, stored],
      [2, 0],
      [2, firstDay],
      [4, crc32(data)],
      [4, data.length],
      [4, data.length],
      [2, name.length],
      [2, 0],
    ];
    local.push(record([[4, signature.local], ...facts]), name, data);
    central.push(record([[4, signature.central], [2, 20], ...facts, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]]), name);
    offset += localBytes + name.length + data.length;
  }
  const directoryBytes = central.reduce((sum, part) => sum + part.length, 0);
  if (offset + directoryBytes > 0xfffffffe || names.size > 0xfffe) {
    throw new DomainError(message(
      `${names.size} tensors of ${offset} bytes`,
      'A zip holds less than 4 GiB and 65,535 members', 'Use safetensors, or several files'));
  }
  return joined([...local, ...central, record([
    [4, signature.end], [4, 0], [2, names.size], [2, names.size], [4, directoryBytes], [4, offset], [2, 0],
  ])]);
}

/** Width in bytes and value. */
type Field = readonly [2 | 4, number];

function record(fields: readonly Field[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [width]) => sum + width, 0)));
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  return new Uint8Array(view.buffer);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
