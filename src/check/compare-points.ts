// Points to compare two losses at: seeded features, class weights and labels. Losses decide near a class and between two,
// so samples are put there on purpose. Most points hold one sample, which ties a difference to what that sample decides;
// the others hold a batch, for what is done to samples together.

import { inGeneralPosition, rowsOver } from './position.ts';
import { normals, type Seeded, seeded } from './seeded.ts';
import { type NamedArray, shrinkInputs } from './testing/shrink.ts';

/** Features [N, D], class weights [C, D] and labels [N], row-major. */
export interface ComparePoint {
  readonly features: Float64Array;
  readonly weights: Float64Array;
  readonly labels: readonly number[];
  readonly samples: number;
  readonly classes: number;
  readonly dimensions: number;
}

const sizes = { batch: 4, classes: 4, dimensions: 3 } as const;
/** Where a sample lies: anywhere, between its class and another, almost on its own, almost opposite, on another's side. */
const situations = 5;
/** Then the edges: on its class weight, opposite to it, the zero vector. */
const edgeSituations = 3;

export function comparePoint(seed: number, index: number, edges: boolean): ComparePoint {
  const stream = seeded(seed, index);
  const { classes, dimensions } = sizes;
  const samples = index % 4 === 3 ? sizes.batch : 1;
  // Lengths from a third to three: what depends on them shows.
  const stretched = (row: readonly number[] | Float64Array): number[] => {
    const length = 3 ** (2 * stream.uniform() - 1);
    return Array.from(row, (x) => length * x);
  };
  const weights = Array.from({ length: classes }, () => stretched(normals(stream, dimensions)));
  const labels = Array.from({ length: samples }, () => stream.below(classes));
  const kinds = situations + (edges ? edgeSituations : 0);
  // Every kind of sample comes up among the single ones, whatever the stride of the batches.
  const features = labels.map((label, i) => {
    const other = weights[(label + 1 + stream.below(classes - 1)) % classes]!;
    return stretched(sampleAt((index - Math.floor((index + 1) / 4) + i) % kinds, weights[label]!, other, stream));
  });
  const [x, w] = [features, weights].map((rows) => Float64Array.from(rows.flat())) as [Float64Array, Float64Array];
  return { features: x, weights: w, labels, samples, classes, dimensions };
}

function sampleAt(situation: number, own: readonly number[], other: readonly number[], stream: Seeded): number[] {
  const [mine, theirs, noise] = [unit(own), unit(other), Array.from(normals(stream, own.length))];
  const near = (m: number, t: number, n: number): number[] => noise.map((z, i) => m * mine[i]! + t * theirs[i]! + n * z);
  switch (situation) {
    case 1: return near(1, 1, 0.05);
    case 2: return near(1, 0, 0.05);
    case 3: return near(-1, 0, 0.1);
    case 4: return near(0.3, 1, 0.1);
    case 5: return [...own];
    case 6: return own.map((x) => -x);
    case 7: return own.map(() => 0);
    default: return noise;
  }
}

function unit(row: readonly number[]): number[] {
  const length = Math.hypot(...row);
  return row.map((x) => x / length);
}

/** The smallest point that still differs: fewer samples, classes and dimensions, rounder numbers. */
export function smallestPoint(start: ComparePoint, differs: (point: ComparePoint) => boolean): ComparePoint {
  const general = isGeneral(start);
  const named: Readonly<Record<'features' | 'weights' | 'labels', NamedArray>> = {
    features: { axes: ['n', 'd'], shape: [start.samples, start.dimensions], data: Array.from(start.features) },
    weights: { axes: ['k', 'd'], shape: [start.classes, start.dimensions], data: Array.from(start.weights) },
    labels: { axes: ['n'], shape: [start.samples], data: start.labels, labels: 'k' },
  };
  const pointOf = ({ features, weights, labels }: typeof named): ComparePoint => ({
    features: Float64Array.from(features.data), weights: Float64Array.from(weights.data), labels: labels.data,
    samples: features.shape[0]!, classes: weights.shape[0]!, dimensions: features.shape[1]!,
  });
  const fails = (point: ComparePoint): boolean =>
    point.classes >= 2 && point.dimensions >= 2 && (!general || isGeneral(point)) && differs(point);
  return pointOf(shrinkInputs(named, (arrays) => fails(pointOf(arrays)), { attempts: 600 }));
}

const isGeneral = ({ features, weights, samples, classes, dimensions }: ComparePoint): boolean =>
  inGeneralPosition([...rowsOver(features, [samples, dimensions]), ...rowsOver(weights, [classes, dimensions])]);
