// Where the losses are looked at: seeded interior points, a sweep of angles, and the edges: cosines of ±1, zero vectors,
// ties of scores, cosines exactly at the thresholds of the margins, scores beyond what an exponential can hold.

import { trace } from '../../src/graph/index.ts';
import type { LossOptions, Row } from '../../src/losses/row.ts';
import { inputsOf, placed, sample, type Sample, uniforms } from '../losses/samples.ts';

export interface Place {
  readonly name: string;
  readonly given: Sample;
  /** Options beside those of the case. */
  readonly options?: LossOptions;
  /** At an edge the formula's slope is not asked for, only finite numbers, and zeros where these are promised. */
  readonly slopes: 'formula' | 'finite' | 'zero';
  /** The formula is evaluated with every score lowered by this much, which cancels in it. */
  readonly lowered?: number;
}

export function placesOf(row: Row, options: LossOptions): Place[] {
  return row.inputs.includes('weights') ? classPlaces(row, options) : pairPlaces(row);
}

function classPlaces(row: Row, options: LossOptions): Place[] {
  const overCosines = 's' in row.parameters && row.inputs.length === 3;
  const has = (name: string, value: number): LossOptions => (name in row.parameters ? { [name]: value } : {});
  const places: Place[] = [1, 2, 3].map((seed) => ({ name: `seed ${seed}`, given: sample(seed), slopes: 'formula' }));
  places.push(
    { name: 'sweep of angles', given: turned([0.4, 1.1, 1.9, 2.8]), slopes: 'formula' },
    { name: 'sweep of angles, easy', given: turned([0.25, 0.7, 1.45, 2.4]), options: { ...has('s', 6), ...has('gamma', 2.5) }, slopes: 'formula' },
    { name: 'equal samples', given: placed([near, near, [0.2, 0.1, -1], [-0.4, 1, 0.3]], spread, [0, 0, 1, 2]), slopes: 'formula' },
    {
      name: 'zero vectors', slopes: 'formula', options: { ...has('s', 4), ...has('saveRate', 1) },
      given: placed([[0, 0, 0], [-1, 0.3, 0.1], [0.2, 1, 3], [0.3, 0.5, -0.2]], [[1, 0, 0.1], [0, 1, 0], [0, 0.1, 2], [0.5, 1, 2], [0, 0, 0]], [0, 0, 1, 4]),
    },
    {
      name: 'cos ±1', slopes: 'finite',
      given: placed([[1, 0, 0], [-1, 0, 0], [0, 0, 3], [0.3, 0.5, -0.2]], [[1, 0, 0], [0, 1, 0], [0, 0, 2], [0, 0, 2], [0.1, 1, 0]], [0, 0, 2, 4]),
    },
  );
  const far = (name: string, gamma: number, wanted: readonly Relation[], chosen: 'z' | 'c', lowered: number): Place => ({
    name, given: apart(row, { ...options, ...has('s', reach) }, overCosines ? 1 : reach, wanted, chosen, lowered),
    options: { ...has('s', reach), ...has('saveRate', 1), ...has('gamma', gamma) }, slopes: 'finite', lowered,
  });
  places.push(far('scores far apart', 0, [allLow, behind, ahead], 'z', -500));
  if (!overCosines) {
    const large = placed([[30, 0, 0], [30, 1, 0], [0, 20, 1], [0, 0, 25]], [[30, 0, 0], [29, 3, 0], [0, 45, 0], [0, 0, 40], [1, 1, 1]], [1, 0, 2, 3]);
    return [...places, { name: 'large scores', given: large, options: has('s', 30), slopes: 'formula', lowered: 1350 }];
  }
  const close = placed([[1, 0.1, 0], [1, -0.2, 0.1], [0.9, 0.2, 0.3], [1, 0.6, 0]], [[1, 0, 0.02], [1, 0.7, 0], [-1, 0, 1], [0, 0, 1], [1, -0.5, 0.4]], [0, 4, 1, 0]);
  const certain = placed([...axes, axes[0]!], [...axes, [-1, 0, 0], [0, -1, 0]], [0, 1, 2, 0]);
  const sure = (name: string, more: LossOptions): Place => ({ name, given: certain, options: { s: 2000, ...more }, slopes: 'finite', lowered: 2000 });
  places.push(
    { name: 'cosines past ±1', given: pastOne(), slopes: 'finite' },
    { name: 'thresholds', given: thresholds(row, options), slopes: 'finite' },
    { name: 'large scores', given: close, options: { s: 1000 }, slopes: 'finite', lowered: 1000 },
    sure('certain', {}),
  );
  if ('gamma' in row.parameters) {
    const plainly = placed(Array.from({ length: 4 }, () => [1, 0, 0]), [[0.98, 0.2, 0], [0.8, 0.6, 0], axes[1]!, axes[2]!, [-1, 0, 0]], [0, 0, 0, 0]);
    if (row.text(options).equation.includes('q[y]')) {
      // A power of ½ keeps the slope of the factor from underflowing with 1 − q.
      places.push(far('plain scores far below 0', 0.5, [allLow], 'c', -1000), far('plain scores far apart', 0.5, [behind, aheadPlainly], 'c', 1000));
    }
    places.push(sure('certain, gamma 0', { gamma: 0 }), sure('certain, gamma ½', { gamma: 0.5 }));
    for (const gamma of [0, 0.5]) {
      places.push({ name: `certain by plain cosines only, gamma ${gamma}`, given: plainly, options: { s: 20000, gamma }, slopes: 'finite', lowered: 20000 });
    }
  }
  return places;
}

const axes = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
const near = [1, 0.1, 0.2];
const spread = [[1, 0.2, 0.1], [-0.3, 1, 0.4], [0.2, -0.5, 1], [-1, -0.4, 0.3], [0.5, 0.5, -1]];

/** Two samples in and against the direction of their class, whose cosine rounding carries past ±1. */
function pastOne(): Sample {
  const vector = [0.1, 0.2, 0.3];
  for (;; vector[0]! += 0.1) {
    const length = 1 / Math.sqrt(vector.reduce((total, x) => total + x * x, 0));
    if (vector.reduce((total, x) => total + (x * length) * (x * length), 0) <= 1) continue;
    return placed([vector, vector.map((x) => -x), [0.2, 0.1, -1], [-0.4, 1, 0.3]], [vector, ...spread.slice(1)], [0, 0, 1, 2]);
  }
}

/** Samples at these angles from the weights of their classes. */
function turned(angles: readonly number[]): Sample {
  const features = angles.map((angle, i) => {
    const unit = scaled(spread[i]!, 1);
    const other = spread[(i + 1) % 5]!;
    const along = other.reduce((sum, a, d) => sum + a * unit[d]!, 0);
    const across = scaled(other.map((a, d) => a - along * unit[d]!), 1);
    return unit.map((u, d) => (1 + i) * (Math.cos(angle) * u + Math.sin(angle) * across[d]!));
  });
  return placed(features, spread, angles.map((_, i) => i));
}

function scaled(v: readonly number[], length: number): number[] {
  const norm = Math.hypot(...v);
  return v.map((a) => (a * length) / norm);
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

/** How the scores of a sample lie: that of its class, the largest other, and the lead of the first by the scores of the loss. */
type Relation = (own: number, others: number, lead: number) => boolean;

// Scores that need the very shift they have: exponentials shifted by a 1 are 0; one shifted by the label's score overflows;
// and so does 1 over one that is shifted by a label so far ahead.
const allLow: Relation = (own, others) => others < -760 && own - others < 5;
const behind: Relation = (own, others) => others - own > 711 && others - own < 722;
const ahead: Relation = (own, others) => own - others > 712 && own - others < 742;
const aheadPlainly: Relation = (own, others, lead) => ahead(own, others, lead) && lead < 300;

/** The scale of scores that are far apart. */
const reach = 2500;

/**
 * Samples of the first class whose scores lie as wanted, by the scores of the loss (z) or by plain cosines (c). A margin may
 * be anything, so the row is asked which features have such scores; and the formula must have a value when it is
 * lowered by this much, so no score that counts lies further than 690 from it.
 */
function apart(
  row: Row, options: LossOptions, length: number, wanted: readonly Relation[], chosen: 'z' | 'c', lowered: number,
): Sample {
  const found: number[][] = [];
  for (let seed = 1; wanted.some((_, i) => found[i] === undefined); seed++) {
    if (seed > 200) throw new Error(`${row.id}: no features with scores this far apart`);
    const numbers = uniforms(seed, 3 * 500);
    const features = Array.from({ length: 500 }, (_, i) => scaled(numbers.slice(3 * i, 3 * i + 3), length));
    const { graph, recorder } = trace(row.create(options), inputsOf(row, placed(features, fan, features.map(() => 0))));
    const scoresOf = (name: string, scale: number): [own: number, others: number][] => {
      const { data } = recorder.tensors[graph.labelled(name)!.id]!;
      return features.map((_, i) => [scale * data[5 * i]!, scale * Math.max(...data.subarray(5 * i + 1, 5 * i + 5))]);
    };
    const z = scoresOf('z', 1);
    const scores = chosen === 'z' ? z : scoresOf('c', reach);
    features.forEach((x, i) => {
      const [own, others] = scores[i]!;
      if (Math.abs(own - lowered) > 690 || Math.abs(others - lowered) > 690) return;
      wanted.forEach((want, kind) => {
        if (want(own, others, z[i]![0] - z[i]![1])) found[kind] ??= x;
      });
    });
  }
  // One batch of all: the denormal numbers of a sample that is far ahead are judged beside the ordinary ones of another.
  return placed([0, 1, 2, 3].map((i) => found[i % wanted.length]!), fan, [0, 0, 0, 0]);
}

/** The first class, and the others together, 110° away from it. */
const fan = [0, 110, 112, 114, 116].map((angle) => [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180), 0]);

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
  const tied = placed([[0, 0, 0], [2, 0, 0], [0, 2, 0], [1, 1, 1]], [[1, 0, 0]], [0, 0, 0, 1]);
  if (m === 2) {
    places.push({ name: 'borders of semi-hard', given: semiHard, options: { m }, slopes: 'finite' });
    places.push({ name: 'two farthest positives', given: tied, options: { m }, slopes: 'formula' });
  }
  places.push({ name: 'wide margin', given: crowd(5), options: { m: 3 }, slopes: 'formula' });
  if (row.inputs[0] !== 'features') places.push(...cascadePlaces());
  return places;
}

/** Shares that come out between whole numbers, at nothing, and at a whole number that rounding misses: 29 percent of 100. */
function cascadePlaces(): Place[] {
  const place = (name: string, options: LossOptions, classes: readonly number[], seed: number): Place => ({
    name, options: { m: 8, ...options }, slopes: 'formula',
    given: { ...sample(seed, { samples: classes.length, classes: 5, dims: 3 }), labels: classes },
  });
  const sizes = (...list: number[]): number[] => list.flatMap((size, label) => Array.from({ length: size }, () => label));
  const hundred = { 'of one class': sizes(14, 4, 3), 'of two classes': sizes(10, 10) };
  const shares = [{ h1: 29, h2: 50, h3: 20 }, { h1: 100, h2: 29, h3: 50 }, { h1: 100, h2: 100, h3: 29 }];
  return [
    ...[1, 2, 3].map((level) => place(`less than one pair for level ${level}`, { h1: 100, h2: 100, h3: 100, [`h${level}`]: 10 }, labels, 6)),
    place('one class only', {}, sizes(5), 7),
    place('no class twice', {}, sizes(1, 1, 1, 1, 1), 8),
    ...Object.entries(hundred).flatMap(([name, classes]) => shares.map((share, i) => place(`29 percent of 100 pairs ${name}, level ${i + 1}`, share, classes, 9 + i))),
  ];
}
