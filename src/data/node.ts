// Data on disk: pictures by what they begin with, a folder per person, IDX plain or gzipped, pair lists. Node only; the
// decoders themselves are pure and run in a page.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { canInflateTo } from '../base/compression.ts';
import { FormatError, message } from '../base/errors.ts';
import { demandPath, inflater, readBytes } from '../base/node.ts';
import { decodeIdx, type Idx, labelledFromIdx } from './idx.ts';
import type { Image, Labelled } from './image.ts';
import { decodePgm, decodePpm } from './netpbm.ts';
import { parsePairs, type PhotoPair } from './pairs.ts';
import { decodePng } from './png.ts';

/** Far beyond any portrait. */
const maxImageBytes = 2 ** 28;
/** MNIST's training images are 47 MB. */
const maxIdxBytes = 2 ** 30;

/**
 * Reads a PGM, PPM or PNG picture; what it is, its first bytes say.
 *
 * Throws    FormatError, with the path and the fault, for anything else; Node's own error when the file cannot be opened
 */
export function readImage(path: string): Image {
  const bytes = readBytes(path, maxImageBytes);
  const start = String.fromCharCode(...bytes.subarray(0, 4));
  if (start.startsWith('P5') || start.startsWith('P2')) return decodePgm(bytes, path);
  if (start.startsWith('P6') || start.startsWith('P3')) return decodePpm(bytes, path);
  if (start.endsWith('PNG')) return decodePng(bytes, path, inflater('zlib'));
  const kind = start.startsWith('\xff\xd8') ? 'it is a JPEG file' : 'it is no PGM, PPM or PNG file';
  throw new FormatError(message(
    `${path}: ${kind}`, 'Pictures are binary PGM (P5), PPM (P6) or PNG', 'Convert it, for instance with ImageMagick'));
}

const isPicture = (name: string): boolean => /\.(pgm|ppm|png)$/i.test(name);
/** 2 before 10, and the same order whatever the language of the machine. */
const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true }) || (a < b ? -1 : 1);

/**
 * Reads a folder with a folder of pictures per person.
 *
 * Shapes    people are the names of the folders in natural order; their pictures follow in natural order of file names
 * Edges     files beside the folders and files that are no PGM, PPM or PNG by name are passed over, the latter counted as
 *           strange; a person may have none
 * Throws    FormatError, with the path and the fault, at the first bad picture
 */
export function readPeople(directory: string): Labelled & { readonly files: readonly string[]; readonly strange: number } {
  demandPath(directory);
  const people = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort(byNumber);
  const all = people.map((person) => readdirSync(join(directory, person)));
  const own = all.map((names, i) => names.filter(isPicture).sort(byNumber).map((name) => join(directory, people[i]!, name)));
  const files = own.flat();
  return {
    people,
    files,
    strange: all.flat().length - files.length,
    images: files.map(readImage),
    labels: Int32Array.from(own.flatMap((list, label) => list.map(() => label))),
  };
}

/** Reads an IDX file, plain or gzipped; see `decodeIdx`. */
export function readIdx(path: string): Idx {
  const bytes = readBytes(path, maxIdxBytes);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return decodeIdx(bytes, path);
  // A gzip file ends with its size, which bounds the room made for it.
  const size = bytes.length < 18 ? 0 : new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4).getUint32(0, true);
  if (size > maxIdxBytes || !canInflateTo(size, bytes.length)) {
    throw new FormatError(message(
      `${path}: it is cut off, damaged or too large: its end claims ${size} bytes`,
      `At most ${maxIdxBytes} bytes are read, and gzip packs 1032 to 1`, 'Fetch the file again'));
  }
  return decodeIdx(inflater('gzip')(bytes, size, path), path);
}

/** Reads images and labels as MNIST has them; see `labelledFromIdx`. */
export function readDigits(imagesPath: string, labelsPath: string): Labelled {
  return labelledFromIdx(readIdx(imagesPath), readIdx(labelsPath), [imagesPath, labelsPath]);
}

/** Reads an LFW list of pairs; see `parsePairs`. */
export function readPairs(path: string): PhotoPair[] {
  return parsePairs(new TextDecoder().decode(readBytes(path, maxImageBytes)), path);
}
