// Where the losses are looked at: seeded interior points, a sweep of angles, and the edges: cosines of ±1, zero vectors,
// ties of scores, cosines exactly at the thresholds of the margins, scores beyond what an exponential can hold.

import { trace } from '../../src/graph/index.ts';
import type { LossOptions, Row } from '../../src/losses/row.ts';
import { inputsOf, placed, sample, type Sample } from '../losses/samples.ts';

export interface Place {
  readonly name: string;
  readonly given: Sample;
  /** Options beside those of the case. */
  readonly options?: LossOptions;
  /** At an edge the formula's slope is not asked for, only finite numbers, and zeros where these are promised. */
  readonly slopes: 'formula' | 'finite' | 'zero';
  /** Beyond what the formula itself can hold, its value is not asked for either. */
  readonly finiteOnly?: true;
}

export function placesOf(row: Row, options: LossOptions): Place[] {
  return row.inputs.includes('weights') ? classPlaces(row, options) : pairPlaces(row);
}

function classPlaces(row: Row, options: LossOptions): Place[] {
  const overCosines = 's' in row.parameters && row.inputs.length === 3;
  const places: Place[] = [1, 2, 3].map((seed) => ({ name: `seed ${seed}`, given: sample(seed), slopes: 'formula' }));
  places.push(
    { name: 'sweep of angles', given: turned([0.4, 1.1, 1.9, 2.8]), slopes: 'formula' },
    { name: 'sweep of angles, easy', given: turned([0.25, 0.7, 1.45, 2.4]), slopes: 'formula', options: 's' in row.parameters ? { s: 6 } : {} },
    { name: 'equal samples', given: twins(), slopes: 'formula' },
    {
      name: 'cos ±1 and zero vectors', slopes: 'finite',
      given: placed([[1, 0, 0], [-1, 0, 0], [0, 0, 0], [0.3, 0.5, -0.2]], [[1, 0, 0], [0, 1, 0], [0, 0, 2], [0, 0, 2], [0, 0, 0]], [0, 0, 1, 4]),
    },
  );
  if (!overCosines) return places;
  places.push({ name: 'thresholds', given: thresholds(row, options), slopes: 'finite' });
  const huge = placed([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0.6, 0.8, 0]], [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, 0, 1], [0, -1, 0]], [0, 0, 1, 2]);
  places.push({ name: 'huge scores', given: huge, options: { s: 2000 }, slopes: 'finite', finiteOnly: true });
  return places;
}

/** Samples at these angles from the weights of their classes. */
function turned(angles: readonly number[]): Sample {
  const weights = [[1, 0.2, 0.1], [-0.3, 1, 0.4], [0.2, -0.5, 1], [-1, -0.4, 0.3], [0.5, 0.5, -1]];
  const features = angles.map((angle, i) => {
    const unit = scaled(weights[i]!, 1);
    const other = weights[(i + 1) % 5]!;
    const along = other.reduce((sum, a, d) => sum + a * unit[d]!, 0);
    const across = scaled(other.map((a, d) => a - along * unit[d]!), 1);
    return unit.map((u, d) => (1 + i) * (Math.cos(angle) * u + Math.sin(angle) * across[d]!));
  });
  return placed(features, weights, angles.map((_, i) => i));
}

function scaled(v: readonly number[], length: number): number[] {
  const norm = Math.hypot(...v);
  return v.map((a) => (a * length) / norm);
}

/** Two samples with one loss, the smallest of all: which of them is dropped is decided by their places. */
function twins(): Sample {
  return placed([[1, 0.1, 0.2], [1, 0.1, 0.2], [0.2, 0.1, -1], [-0.4, 1, 0.3]], [[1, 0.2, 0.1], [-0.3, 1, 0.4], [0.2, -0.5, 1], [-1, -0.4, 0.3], [0.5, 0.5, -1]], [0, 0, 1, 2]);
}

/** All features are e₁ and class k has exactly the cosine c_k: those at which a margin changes its form, and a tie with f. */
function thresholds(row: Row, options: LossOptions): Sample {
  const m = (options['m'] ?? row.parameters['m']?.default ?? 0.3) as number;
  const features = Array.from({ length: 4 }, () => [1, 0, 0]);
  const at = (cosines: readonly number[]): Sample => placed(features, cosines.map(exactCosine), [0, 1, 2, 4]);
  const cosines = [0, m <= 1 ? m : Math.SQRT1_2, m <= 1 ? -Math.cos(m) : Math.cos((3 * Math.PI) / 4), 0.1, 1];
  const seen = trace(row.create(options), inputsOf(row, at(cosines)));
  const { graph, recorder } = seen;
  const hard = graph.labelled('I');
  // The boundary of hardness at c = 1 is what a class is compared with where I is made.
  const comparison = hard === undefined ? undefined : graph.steps[hard.inputs[2]!]!;
  const boundary = comparison === undefined ? graph.labelled('f')!.id : comparison.inputs[0]!;
  return at([...cosines.slice(0, 3), recorder.tensors[boundary]!.data[3]!, 1]);
}

/** A unit vector of length 1 to the last bit, so that its cosine with e₁ is c to the last bit. */
function exactCosine(c: number): number[] {
  const rest = Math.sqrt(1 - c * c);
  for (const ulps of [0, 1, -1, 2, -2, 3, -3]) {
    const side = rest + ulps * 2 ** -53;
    if (Math.sqrt(c * c + side * side) === 1) return [c, side, 0];
  }
  throw new Error(`no unit vector with cosine ${c}`);
}

const labels = [0, 0, 1, 0, 1];
const crowd = (seed: number): Sample => ({ ...sample(seed, { samples: 5, classes: 5, dims: 3 }), labels });

function pairPlaces(row: Row): Place[] {
  const places: Place[] = [1, 2, 3, 4].map((seed) => ({ name: `seed ${seed}`, given: crowd(seed), slopes: 'formula' }));
  const m = 'selection' in row.parameters ? 2 : 1;
  // Every hinge is exactly 0: two classes at distance m, one triplet with near + m = far.
  const atHinge = m === 1 ? placed([[0, 0, 0], [0, 0, 0], [1, 0, 0]], [[1, 0, 0]], [0, 1, 2]) : placed([[0, 0, 0], [2, 0, 0], [1, 1, 2]], [[1, 0, 0]], [0, 0, 1]);
  const semiHard = placed([[0, 0, 0], [2, 0, 0], [1, 1, 2], [1, 2, 0], [0, 2, 0]], [[1, 0, 0]], [0, 0, 1, 2, 3]);
  places.push({ name: 'all samples at one point', given: placed([[1, 2, 3], [1, 2, 3], [1, 2, 3]], [[1, 0, 0]], [0, 0, 1]), slopes: 'zero' });
  if (row.inputs[0] === 'features') places.push({ name: 'hinges at 0', given: atHinge, options: { m }, slopes: 'zero' });
  if (m === 2) places.push({ name: 'borders of semi-hard', given: semiHard, options: { m }, slopes: 'finite' });
  if (row.inputs[0] !== 'features') {
    const two = Array.from({ length: 20 }, (_, i) => (i < 10 ? 0 : 1));
    places.push(
      { name: 'wide margin', given: crowd(5), options: { m: 3 }, slopes: 'formula' },
      { name: '29 percent of 100 pairs', given: { ...sample(6, { samples: 20, classes: 5, dims: 3 }), labels: two }, options: { m: 3, h1: 29 }, slopes: 'formula' },
    );
  }
  return places;
}
