// Points from real images: a folder per person of pictures. The features of an image are its block means, standardised
// over all images; a person's class weight is the mean of a part of their images, and the others are the samples, so
// weights and samples never share an image.

import { FormatError, message } from '../base/errors.ts';
import type { Dataset } from '../check/sampling.ts';
import { grey, type Image } from '../data/image.ts';
import { readPeople } from '../data/node.ts';
import { UsageError } from './arguments.ts';

/** Blocks per side: 3 × 3 means, so that a derivation's columns stay readable. */
const blocks = 3;

/** Features, class weights and labels from a folder with a folder of PGM, PPM or PNG pictures per person. */
export function readImageFolders(directory: string): Dataset {
  const { images, labels: owners, people, files } = readPeople(directory);
  const rows = images.map((image, i) => blockMeans(grey(image), files[i]!));
  standardise(rows);
  const owned = people.map((_, person) => rows.filter((_, i) => owners[i] === person)).filter((own) => own.length >= 2);
  if (owned.length < 2) {
    throw new UsageError(
      `${directory}: found ${owned.length} folders with at least 2 images; `
        + 'a folder per person with 2 or more PGM, PPM or PNG images each is needed, at least 2 people',
    );
  }
  const weights: Float64Array[] = [];
  const features: Float64Array[] = [];
  const labels: number[] = [];
  owned.forEach((own, label) => {
    const half = Math.ceil(own.length / 2);
    weights.push(mean(own.slice(0, half)));
    for (const row of own.slice(half)) {
      features.push(row);
      labels.push(label);
    }
  });
  return { features, weights, labels };
}

function blockMeans({ width, height, pixels }: Image, path: string): Float64Array {
  if (width < blocks || height < blocks) {
    throw new FormatError(message(
      `${path}: it is ${width} × ${height} pixels`,
      `Features are the means of ${blocks} × ${blocks} blocks`, 'Use a larger picture, or remove it'));
  }
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
