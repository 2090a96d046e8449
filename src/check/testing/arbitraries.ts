// Tensors, shapes and classification problems for property tests. fast-check is handed in and never imported, so the
// package depends on nothing and seed, path and replay are fast-check's own. Everything is decoded from arrays of
// small integers: numbers come out with few decimals and shrink towards round ones. (To shrink sizes as well, see
// `shrinkTensors`.)

import type { DType } from '../../base/dtype.ts';
import { type Shape, sizeOf } from '../../base/shape.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';

/** As much of a fast-check arbitrary as is used to build others. */
export interface Source<T> {
  map<U>(f: (value: T) => U): Source<U>;
}

/** The three makers of fast-check that everything here is built from. `import fc from 'fast-check'` fits. */
export interface FastCheck {
  integer(constraints: { min: number; max: number }): Source<number>;
  array<T>(item: Source<T>, constraints: { minLength: number; maxLength: number }): Source<T[]>;
  tuple<A, B>(first: Source<A>, second: Source<B>): Source<[A, B]>;
}

/** A fast-check arbitrary of T: wherever fast-check asks for `Arbitrary<T>`, this fits. */
export interface Generated<T> {
  map<U>(f: (value: T) => U): Generated<U>;
  filter<U extends T>(keep: (value: T) => boolean): Generated<U>;
  chain<U>(f: (value: T) => unknown): Generated<U>;
  canShrinkWithoutContext(value: unknown): value is T;
  // Only fast-check calls these two; `never` fits its own types without naming them.
  generate(random: never, bias: never): never;
  shrink(value: T, context: unknown): never;
}

export interface ShapeOptions {
  /** Default 3. */
  readonly maxRank?: number;
  /** Default 4. */
  readonly maxSide?: number;
}

export interface NumberOptions {
  /** Default −3 … 3. */
  readonly from?: number;
  readonly to?: number;
  /** Digits after the point; default 3. */
  readonly decimals?: number;
  /** Also −0, very large and very small numbers; with 'all' infinities and NaN. About one in five. Default none. */
  readonly extremes?: 'none' | 'finite' | 'all';
}

export interface TensorOptionsFor extends ShapeOptions, NumberOptions {
  /** A fixed shape; drawn when left out. */
  readonly shape?: Shape;
  /** Default f64, which gradient checks need. */
  readonly dtype?: DType;
}

// The one place where a value of fast-check's own type gets ours: at run time it is an arbitrary of T.
const generated = <T>(source: Source<T>): Generated<T> => source as unknown as Generated<T>;

const integers = (fc: FastCheck, length: number, min: number, max: number): Source<number[]> =>
  fc.array(fc.integer({ min, max }), { minLength: length, maxLength: length });

const shapeSource = (fc: FastCheck, { maxRank = 3, maxSide = 4 }: ShapeOptions): Source<number[]> =>
  fc.tuple(fc.integer({ min: 0, max: maxRank }), integers(fc, maxRank, 0, maxSide - 1))
    .map(([rank, sides]) => sides.slice(0, rank).map((n) => n + 1));

/** Shapes from rank 0 up; no axis is empty. */
export function shapes(fc: FastCheck, options: ShapeOptions = {}): Generated<number[]> {
  return generated(shapeSource(fc, options));
}

/** Two shapes that broadcast, by the rule of the ops: only one of two different ranks is stretched. */
export function broadcastPairs(fc: FastCheck, options: ShapeOptions = {}): Generated<readonly [number[], number[]]> {
  const { maxRank = 3 } = options;
  // Which operand has size 1 on an axis (0 none, 1 the first, 2 the second); how many leading axes the second lacks; order.
  const choices = fc.tuple(integers(fc, maxRank, 0, 2), integers(fc, 2, 0, maxRank));
  return generated(fc.tuple(shapeSource(fc, options), choices).map(([shape, [ones, [lacking, turned]]]) => {
    const missing = Math.min(lacking!, shape.length);
    const first = shape.map((n, axis) => (ones[axis] === 1 && missing === 0 ? 1 : n));
    const second = shape.map((n, axis) => (ones[axis] === 2 ? 1 : n)).slice(missing);
    return turned! % 2 === 0 ? [first, second] as const : [second, first] as const;
  }));
}

const finiteExtremes = {
  f64: [-0, 1e-300, -1e-300, 1e-8, 1e8, -1e8, 1e300, -1e300],
  f32: [-0, 1e-38, -1e-38, 1e-8, 1e8, -1e8, 1e38, -1e38],
} as const;

/** Numbers on a decimal grid; extremes stand beyond its upper end, so that they too shrink towards 0. */
function numberSource(fc: FastCheck, options: NumberOptions, dtype: 'f32' | 'f64' = 'f64'): Source<number> {
  const { from = -3, to = 3, decimals = 3, extremes = 'none' } = options;
  const scale = 10 ** decimals;
  const [low, high] = [Math.ceil(from * scale), Math.floor(to * scale)];
  const special = [
    ...(extremes === 'none' ? [] : finiteExtremes[dtype]), ...(extremes === 'all' ? [Infinity, -Infinity, NaN] : []),
  ];
  const each = Math.ceil((high - low) / 4 / Math.max(1, special.length));
  return fc.integer({ min: low, max: high + each * special.length })
    .map((k) => (k <= high ? k / scale : special[Math.floor((k - high - 1) / each)]!));
}

/** Tensors of a given or drawn shape. Integers for i32; finite Float32 for f32. */
export function tensors(fc: FastCheck, options: TensorOptionsFor = {}): Generated<Tensor> {
  const { shape, dtype = 'f64', maxRank = 3, maxSide = 4 } = options;
  const whole = { ...options, decimals: 0, extremes: 'none' } as const;
  const item = dtype === 'i32' ? numberSource(fc, whole) : numberSource(fc, options, dtype);
  const list = (length: number): Source<number[]> => fc.array(item, { minLength: length, maxLength: length });
  if (shape !== undefined) return generated(list(sizeOf(shape)).map((numbers) => tensor(numbers, { shape, dtype })));
  const drawn = fc.tuple(shapeSource(fc, { maxRank, maxSide }), list(maxSide ** maxRank));
  return generated(drawn.map(([s, numbers]) => tensor(numbers.slice(0, sizeOf(s)), { shape: s, dtype })));
}

export interface RowOptions {
  readonly rows: number;
  readonly columns: number;
  readonly dtype?: 'f32' | 'f64';
}

/** Rows of length 1 (to rounding). */
export function unitRows(fc: FastCheck, { rows, columns, dtype = 'f64' }: RowOptions): Generated<Tensor> {
  return generated(fc.array(numberSource(fc, {}), { minLength: rows * columns, maxLength: rows * columns })
    .map((numbers) => tensor(rowsOf(numbers, columns).map(unit), { shape: [rows, columns], dtype })));
}

const rowsOf = (numbers: readonly number[], columns: number): number[][] =>
  Array.from({ length: columns === 0 ? 0 : numbers.length / columns }, (_, i) => numbers.slice(i * columns, (i + 1) * columns));

/** A zero row becomes the first axis. */
function unit(row: readonly number[]): number[] {
  const length = Math.hypot(...row);
  return length === 0 ? row.map((_, i) => (i === 0 ? 1 : 0)) : row.map((x) => x / length);
}

/** Class labels; classes may be absent and may repeat. */
export function labels(fc: FastCheck, { N, C }: { readonly N: number; readonly C: number }): Generated<Tensor> {
  return generated(integers(fc, N, 0, C - 1).map((list) => tensor(list, { shape: [N], dtype: 'i32' })));
}

export interface ClassificationOptions {
  readonly N?: number;
  readonly C?: number;
  readonly D?: number;
  readonly dtype?: 'f32' | 'f64';
  /** Also samples where a loss may have no derivative: on a class weight, opposite to it, the zero vector. Default false. */
  readonly edges?: boolean;
}

export interface Classification {
  readonly features: Tensor;
  readonly weights: Tensor;
  readonly labels: Tensor;
}

/**
 * Features [N, D], class weights [C, D] and labels [N]. A third of the samples lies anywhere, the others close to where
 * losses decide: almost as near to another class as to their own, or almost on their own class.
 */
export function classification(fc: FastCheck, options: ClassificationOptions = {}): Generated<Classification> {
  const { N = 3, C = 4, D = 3, dtype = 'f64', edges = false } = options;
  const count = (N + C) * D;
  const numbers = fc.array(numberSource(fc, {}), { minLength: count, maxLength: count });
  const choices = fc.tuple(integers(fc, N, 0, C - 1), integers(fc, 2 * N, 0, edges ? 5 : 2));
  return generated(fc.tuple(numbers, choices).map(([values, [own, situations]]) => {
    const rows = rowsOf(values, D);
    // A class weight is never the zero vector: its direction would not exist.
    const weights = rows.slice(N).map((row, k) => (row.every((x) => x === 0) ? row.map((_, i) => (i === k % D ? 1 : 0)) : row));
    const features = rows.slice(0, N).map((row, i) => {
      const mine = weights[own[i]!]!;
      const other = weights[(own[i]! + 1 + situations[N + i]!) % C]!;
      return sampleAt(situations[i]!, row, mine, other);
    });
    const make = (list: number[][], n: number): Tensor => tensor(list, { shape: [n, D], dtype });
    return { features: make(features, N), weights: make(weights, C), labels: tensor(own, { shape: [N], dtype: 'i32' }) };
  }));
}

/** 0 anywhere, 1 between two classes, 2 almost on its own; then the edges: on it, opposite to it, zero. */
function sampleAt(situation: number, noise: readonly number[], mine: readonly number[], other: readonly number[]): number[] {
  const [m, o] = [unit(mine), unit(other)];
  if (situation === 1) return m.map((x, i) => x + o[i]! + 0.01 * noise[i]!);
  if (situation === 2) return m.map((x, i) => x + 0.01 * noise[i]!);
  if (situation === 3) return [...mine];
  if (situation === 4) return mine.map((x) => -x);
  return situation === 5 ? noise.map(() => 0) : [...noise];
}
