// Points from real images: a folder per person of binary PGM files. The features of an image are its block means,
// standardised over all images; a person's class weight is the mean of a part of their images, and the others are the
// samples, so weights and samples never share an image.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FormatError, message } from '../base/errors.ts';
import type { Dataset } from '../check/sampling.ts';
import { UsageError } from './arguments.ts';

/** Blocks per side: 3 × 3 means, so that a derivation's columns stay readable. */
const blocks = 3;

export function readImageFolders(directory: string): Dataset {
  const people = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort(byNumber);
  const images: { person: number; block: Float64Array }[] = [];
  people.forEach((person, index) => {
    const files = readdirSync(join(directory, person)).filter((name) => name.toLowerCase().endsWith('.pgm')).sort(byNumber);
    for (const file of files) images.push({ person: index, block: blockMeans(readPgm(join(directory, person, file))) });
  });
  const counts = people.map((_, person) => images.filter((image) => image.person === person).length);
  const usable = people.map((_, person) => person).filter((person) => counts[person]! >= 2);
  if (usable.length < 2) {
    throw new UsageError(`${directory}: found ${usable.length} folders with at least 2 PGM images; a folder per person with 2 or more images each is needed, at least 2 people`);
  }
  standardise(images.map((image) => image.block));
  const weights: Float64Array[] = [];
  const features: Float64Array[] = [];
  const labels: number[] = [];
  usable.forEach((person, label) => {
    const own = images.filter((image) => image.person === person).map((image) => image.block);
    const half = Math.ceil(own.length / 2);
    weights.push(mean(own.slice(0, half)));
    for (const block of own.slice(half)) {
      features.push(block);
      labels.push(label);
    }
  });
  return { features, weights, labels };
}

const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Binary PGM (P5), 8 bit; comments in the header are skipped. */
function readPgm(path: string): Picture {
  const bytes = readFileSync(path);
  const bad = (what: string): FormatError => new FormatError(message(`${path}: ${what}`, 'Images are binary PGM (P5) with 8 bits a pixel', 'Convert the file, or remove it'));
  const fields: number[] = [];
  let at = 2;
  if (bytes.toString('latin1', 0, 2) !== 'P5') throw bad('it does not begin with P5');
  while (fields.length < 3) {
    while (/\s/.test(String.fromCharCode(bytes[at] ?? 0))) at++;
    if (bytes[at] === 0x23) {
      while (at < bytes.length && bytes[at] !== 0x0a) at++;
      continue;
    }
    let text = '';
    while (bytes[at] !== undefined && bytes[at]! >= 0x30 && bytes[at]! <= 0x39 && text.length < 9) text += String.fromCharCode(bytes[at++]!);
    if (text === '') throw bad('its header has no width, height and maximum');
    fields.push(Number(text));
  }
  const [width, height, most] = fields as [number, number, number];
  if (width < blocks || height < blocks) throw bad(`it is ${width} × ${height} pixels, and ${blocks} × ${blocks} blocks are taken`);
  if (most !== 255) throw bad(`its maximum is ${most}`);
  const pixels = bytes.subarray(at + 1);
  if (pixels.length < width * height) throw bad(`it has ${pixels.length} of ${width * height} pixels`);
  return { width, height, pixels };
}

function blockMeans({ width, height, pixels }: Picture): Float64Array {
  return Float64Array.from({ length: blocks * blocks }, (_, index) => {
    const [row, column] = [Math.floor(index / blocks), index % blocks];
    const [top, bottom] = [Math.floor((row * height) / blocks), Math.floor(((row + 1) * height) / blocks)];
    const [left, right] = [Math.floor((column * width) / blocks), Math.floor(((column + 1) * width) / blocks)];
    let sum = 0;
    for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += pixels[y * width + x]!;
    return sum / ((bottom - top) * (right - left));
  });
}

/** Every feature to mean 0 and standard deviation 1 over all images; a constant feature becomes 0. */
function standardise(rows: readonly Float64Array[]): void {
  for (let d = 0; d < blocks * blocks; d++) {
    const average = rows.reduce((sum, row) => sum + row[d]!, 0) / rows.length;
    const spread = Math.sqrt(rows.reduce((sum, row) => sum + (row[d]! - average) ** 2, 0) / rows.length);
    for (const row of rows) row[d] = spread === 0 ? 0 : (row[d]! - average) / spread;
  }
}

function mean(rows: readonly Float64Array[]): Float64Array {
  return rows[0]!.map((_, d) => rows.reduce((sum, row) => sum + row[d]!, 0) / rows.length);
}
