// Points to check a derivation at: seeded numbers for every declared name, or a person's own data where it is given.
// Seeded points are spread so that every branch is met: a feature is drawn anywhere from the far side of its class
// weight to almost on it, so that easy and hard samples, support vectors and angles beyond π − m all occur.

import { threefry, uniformFromBits } from '../base/random.ts';
import { tensor } from '../graph/index.ts';
import { type Declaration, type Derivation, type Point, sampleAxis } from '../formula/index.ts';


/** One array of a point, in row-major order; the label map of an axis holds whole numbers. */
export interface PointArray {
  readonly axes: readonly string[];
  readonly data: Float64Array;
  /** The axis whose positions the entries are, for a label map. */
  readonly labels?: string;
}

/** The numbers of one point, plain enough to print and to shrink. Keys are `section.name`. */
export interface PointData {
  readonly sizes: ReadonlyMap<string, number>;
  readonly arrays: ReadonlyMap<string, PointArray>;
}

/** Features, class weights and labels of somebody's own data. */
export interface Dataset {
  /** [samples][features] */
  readonly features: readonly Float64Array[];
  /** [classes][features] */
  readonly weights: readonly Float64Array[];
  readonly labels: readonly number[];
}

/** Random numbers that depend on a seed and a case number only. */
class Stream {
  readonly #words = new Int32Array(2);
  readonly #seed: number;
  readonly #case: number;
  #count = 0;

  constructor(seed: number, caseNumber: number) {
    this.#seed = seed;
    this.#case = caseNumber;
  }

  uniform(): number {
    threefry(this.#seed, this.#case, this.#count++, 0, this.#words, 0);
    return uniformFromBits(this.#words[0]!);
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** Box–Muller; 1 − u is never 0. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  whole([low, high]: readonly [number, number]): number {
    return low + this.below(high - low + 1);
  }
}

/** Sizes are drawn for every point: a formula may not lean on one of them. */
const sizes = { samples: [1, 5], classes: [2, 6], others: [2, 4] } as const;

/** A seeded point for every declared name of a derivation; `given` fixes the sizes of some axes. */
export function samplePoint(derivation: Derivation, seed: number, caseNumber: number, given: ReadonlyMap<string, number> = new Map()): PointData {
  const stream = new Stream(seed, caseNumber);
  const declared = derivation.sections.flatMap((section) => section.declarations.map((declaration) => ({ section: section.id, declaration })));
  const axes = new Map<string, number>();
  const classes = new Set<string>();
  for (const { declaration: { type } } of declared) {
    if (type.kind === 'tensor') for (const axis of type.axes) if (!axes.has(axis)) axes.set(axis, stream.whole(axis === sampleAxis ? sizes.samples : sizes.others));
    if (type.kind === 'label') {
      if (!axes.has(type.from)) axes.set(type.from, stream.whole(sizes.samples));
      if (!classes.has(type.to)) axes.set(type.to, stream.whole(sizes.classes));
      classes.add(type.to);
    }
  }
  for (const [axis, size] of given) axes.set(axis, size);
  const arrays = new Map<string, PointArray>();
  for (const { section, declaration } of declared) {
    for (const name of declaration.names) arrays.set(`${section}.${name}`, draw(declaration, axes, stream));
  }
  pullTowardsWeights(arrays, axes, stream);
  return { sizes: axes, arrays };
}

function draw({ type, domain }: Declaration, axes: ReadonlyMap<string, number>, stream: Stream): PointArray {
  if (type.kind === 'label') {
    const classes = axes.get(type.to)!;
    return { axes: [type.from], data: Float64Array.from({ length: axes.get(type.from)! }, () => stream.below(classes)), labels: type.to };
  }
  const over = type.kind === 'tensor' ? type.axes : [];
  const size = over.reduce((product, axis) => product * axes.get(axis)!, 1);
  const one = (): number => {
    if (domain?.kind === 'interval') return stream.between(domain.low, domain.high);
    if (domain?.kind === 'list') return domain.values[stream.below(domain.values.length)]!;
    // A scalar that is not confined is of either sign, and now and then large.
    return type.kind === 'scalar' ? 2 * stream.normal() * (stream.below(4) === 0 ? 5 : 1) : stream.normal();
  };
  return { axes: over, data: Float64Array.from({ length: size }, one) };
}

/** Where the first label map ties features [n, d] to weights [k, d], features get a share of their own class weight. */
function pullTowardsWeights(arrays: ReadonlyMap<string, PointArray>, axes: ReadonlyMap<string, number>, stream: Stream): void {
  const all = [...arrays.values()];
  const labels = all.find((array) => array.labels !== undefined);
  const weights = labels && all.find((array) => array.axes.length === 2 && array.axes[0] === labels.labels);
  const features = weights && all.find((array) => array.axes.length === 2 && array.axes[0] === labels.axes[0] && array.axes[1] === weights.axes[1]);
  if (features === undefined) return;
  const width = axes.get(weights!.axes[1]!)!;
  labels!.data.forEach((label, sample) => {
    // Every fourth sample lies close to the line through its weight, on either side.
    const share = stream.between(-2, 2.5) * (stream.below(4) === 0 ? 6 : 1);
    for (let d = 0; d < width; d++) features.data[sample * width + d]! += share * weights!.data[label * width + d]!;
  });
}

/** A seeded point whose features, weights and labels come from data: some samples, their classes and a few others. */
export function dataPoint(derivation: Derivation, dataset: Dataset, seed: number, caseNumber: number): PointData {
  const stream = new Stream(seed ^ 0x5bd1e995, caseNumber);
  const plain = samplePoint(derivation, seed, caseNumber);
  const map = [...plain.arrays.values()].find((array) => array.labels !== undefined);
  if (map === undefined) return plain;
  const classes = Math.min(5, dataset.weights.length);
  const samples = Array.from({ length: plain.sizes.get(map.axes[0]!)! }, () => stream.below(dataset.features.length));
  const chosen = [...new Set(samples.map((sample) => dataset.labels[sample]!))];
  while (chosen.length < classes) {
    const other = stream.below(dataset.weights.length);
    if (!chosen.includes(other)) chosen.push(other);
  }
  const isWeights = (array: PointArray): boolean => array.axes.length === 2 && array.axes[0] === map.labels;
  const feature = [...plain.arrays.values()].find(isWeights)?.axes[1];
  const isFeatures = (array: PointArray): boolean => array.axes.length === 2 && array.axes[0] === map.axes[0] && array.axes[1] === feature;
  const width = dataset.weights[0]!.length;
  const given = new Map([[map.labels!, chosen.length], ...(feature === undefined ? [] : [[feature, width] as const])]);
  const seeded = samplePoint(derivation, seed, caseNumber, given);
  const arrays = new Map([...seeded.arrays].map(([key, array]) => {
    const rows = isWeights(array) ? chosen.map((c) => dataset.weights[c]!) : isFeatures(array) ? samples.map((sample) => dataset.features[sample]!) : undefined;
    const isMap = array.labels === map.labels && plain.arrays.get(key) === map;
    const data = isMap ? Float64Array.from(samples, (sample) => chosen.indexOf(dataset.labels[sample]!)) : rows === undefined ? array.data : Float64Array.from(rows.flatMap((row) => [...row]));
    return [key, { ...array, data }];
  }));
  return { sizes: seeded.sizes, arrays };
}

/** The point as tensors a derivation can be lowered at. */
export function toPoint(data: PointData): Point {
  const values = new Map([...data.arrays].map(([key, { axes, data: numbers }]) =>
    [key, tensor(numbers, { shape: axes.map((axis) => data.sizes.get(axis)!) })]));
  return { sizes: data.sizes, values };
}
