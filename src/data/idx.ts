// IDX, the format of MNIST (yann.lecun.com/exdb/mnist): two zero bytes, a type, the number of axes, the axes, the
// numbers, all big-endian. Unpacking gzip is the reader's business (`node.ts`).

import { demandMade, demandSort } from '../base/demand.ts';
import { FormatError, message } from '../base/errors.ts';
import type { Image, Labelled } from './image.ts';

export type IdxValues = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

export interface Idx {
  readonly shape: readonly number[];
  readonly values: IdxValues;
}

interface Type {
  readonly bytes: number;
  readonly make: (size: number) => IdxValues;
  readonly read: (view: DataView, at: number) => number;
}

const types: ReadonlyMap<number, Type> = new Map<number, Type>([
  [0x08, { bytes: 1, make: (n) => new Uint8Array(n), read: (view, at) => view.getUint8(at) }],
  [0x09, { bytes: 1, make: (n) => new Int8Array(n), read: (view, at) => view.getInt8(at) }],
  [0x0b, { bytes: 2, make: (n) => new Int16Array(n), read: (view, at) => view.getInt16(at) }],
  [0x0c, { bytes: 4, make: (n) => new Int32Array(n), read: (view, at) => view.getInt32(at) }],
  [0x0d, { bytes: 4, make: (n) => new Float32Array(n), read: (view, at) => view.getFloat32(at) }],
  [0x0e, { bytes: 8, make: (n) => new Float64Array(n), read: (view, at) => view.getFloat64(at) }],
]);

const bad = (name: string, what: string): FormatError =>
  new FormatError(
    message(
      `${name}: ${what}`,
      'An IDX file is two zero bytes, a type, the number of axes, the axes and the numbers, big-endian',
      'Fetch the file again',
    ),
  );

/**
 * An array of numbers from the bytes of an IDX file, already unpacked.
 *
 * Shapes    as the file says, up to 8 axes
 * Throws    FormatError, with `name` and the fault, for anything else, more or fewer numbers than the axes ask for included
 */
export function decodeIdx(bytes: Uint8Array, name: string): Idx {
  demandSort('bytes', { bytes }, 'decodeIdx');
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) throw bad(name, 'it is gzipped; unpack it first, or read it with readIdx');
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0) throw bad(name, 'it does not begin as an IDX file');
  const type = types.get(bytes[2]!);
  const rank = bytes[3]!;
  if (type === undefined) {
    throw bad(
      name,
      `its type is 0x${bytes[2]!.toString(16)}; ${[...types.keys()].map((t) => `0x${t.toString(16)}`).join(' ')} exist`,
    );
  }
  if (rank > 8) throw bad(name, `it has ${rank} axes; 8 is the limit`);
  const begin = 4 + 4 * rank;
  if (bytes.length < begin) throw bad(name, 'it ends inside its axes');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((product, n) => product * n, 1);
  if (size * type.bytes !== bytes.length - begin) {
    throw bad(name, `its axes [${shape.join(', ')}] take ${size * type.bytes} bytes and ${bytes.length - begin} follow`);
  }
  const values = type.make(size);
  for (let i = 0; i < size; i++) values[i] = type.read(view, begin + i * type.bytes);
  return { shape, values };
}

/**
 * Pictures and their labels from two IDX arrays, as MNIST has them.
 *
 * Shapes    images [N, H, W] of bytes, labels [N] of bytes → N grey pictures; people are '0', '1', … up to the largest label
 * Throws    FormatError, with the name, for other shapes or types and for lengths that differ
 */
export function labelledFromIdx(images: Idx, labels: Idx, names: readonly [string, string]): Labelled {
  for (const each of [images, labels]) demandMade(each, ['shape', 'values'], 'labelledFromIdx', 'what decodeIdx returns');
  const [count, height, width] = images.shape as [number, number, number];
  if (images.shape.length !== 3 || !(images.values instanceof Uint8Array)) {
    throw bad(names[0], `it has the shape [${images.shape.join(', ')}]; images are bytes [N, H, W]`);
  }
  if (labels.shape.length !== 1 || !(labels.values instanceof Uint8Array)) {
    throw bad(names[1], `it has the shape [${labels.shape.join(', ')}]; labels are bytes [N]`);
  }
  if (labels.values.length !== count) throw bad(names[1], `it has ${labels.values.length} labels for ${count} images`);
  const pixels = images.values;
  const size = height * width;
  return {
    images: Array.from({ length: count }, (_, n): Image => ({
      width,
      height,
      channels: 1,
      pixels: pixels.subarray(n * size, (n + 1) * size),
    })),
    labels: Int32Array.from(labels.values),
    people: Array.from({ length: labels.values.reduce((most, label) => Math.max(most, label + 1), 0) }, (_, digit) =>
      String(digit),
    ),
  };
}
