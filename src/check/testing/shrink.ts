// The smallest input that still fails: fewer samples, fewer classes, fewer features, rounder numbers. It needs no test
// library; `fails` is any predicate. Axes are named, so that all arrays that share one lose the same position.

import type { TypedArray } from '../../base/dtype.ts';
import { sizeOf } from '../../base/shape.ts';
import { type Tensor, tensor } from '../../graph/tensor.ts';

export interface ShrinkOptions {
  /** How often `fails` may be asked. Default 2,000. */
  readonly attempts?: number;
}

/**
 * Goes from a failing value to its first failing candidate until none fails. Candidates must be simpler by some measure
 * of their own, or this does not end before the attempts do. A candidate at which `fails` throws does not count as failing.
 */
export function shrink<T>(
  start: T, candidates: (value: T) => Iterable<T>, fails: (value: T) => boolean, options: ShrinkOptions = {}
): T {
  let left = options.attempts ?? 2000;
  const failing = (value: T): boolean => {
    try {
      return fails(value);
    } catch {
      return false;
    }
  };
  const next = (value: T): T | undefined => {
    for (const candidate of candidates(value)) {
      if (left-- <= 0) return undefined;
      if (failing(candidate)) return candidate;
    }
    return undefined;
  };
  let smallest = start;
  for (let found = next(smallest); found !== undefined; found = next(smallest)) smallest = found;
  return smallest;
}

/** Numbers over named axes, row-major. */
export interface NamedArray {
  readonly axes: readonly string[];
  readonly shape: readonly number[];
  readonly data: readonly number[];
  /** The axis whose positions the entries are, for a label map: it loses a class only together with the labels. */
  readonly labels?: string;
}

export type NamedArrays = Readonly<Record<string, NamedArray>>;

export interface ShrinkInputsOptions extends ShrinkOptions {
  /** The size below which an axis is not cut. Default 1. */
  readonly least?: (axis: string) => number;
  /** Whether an array may take other numbers. Default: any. */
  readonly allows?: (name: string, array: NamedArray) => boolean;
  /** How much there is to write of a number; a number is replaced by a smaller one. Default: its characters, 0 none. */
  readonly size?: (x: number) => number;
}

/** The smallest inputs that fail. */
export function shrinkInputs<R extends NamedArrays>(
  inputs: R, fails: (inputs: R) => boolean, options: ShrinkInputsOptions = {}
): R {
  const { least = () => 1, allows = () => true, size = length } = options;
  function* simpler(value: NamedArrays): Generator<NamedArrays> {
    yield* smaller(value, least);
    yield* rounder(value, allows, size);
  }
  return shrink<R>(inputs, simpler as (inputs: R) => Iterable<R>, fails, options);
}

/** Without half of an axis, then without one position of it. */
function* smaller(inputs: NamedArrays, least: (axis: string) => number): Generator<NamedArrays> {
  const sizes = new Map(Object.values(inputs).flatMap(({ axes, shape }) => axes.map((axis, i) => [axis, shape[i]!] as const)));
  for (const [axis, size] of sizes) {
    const half = Math.floor(size / 2);
    const keeps = [(i: number): boolean => i < size - half, (i: number): boolean => i >= half];
    if (half > 1 && size - half >= least(axis)) for (const keep of keeps) yield* without(inputs, axis, size, keep);
    if (size > least(axis)) for (let gone = size - 1; gone >= 0; gone--) yield* without(inputs, axis, size, (i) => i !== gone);
  }
}

/** The inputs with some positions of an axis; nothing when a label still points to a lost one. */
function* without(inputs: NamedArrays, axis: string, size: number, keep: (position: number) => boolean): Generator<NamedArrays> {
  const places = Array.from({ length: size }, (_, i) => i).filter(keep);
  const cut = mapArrays(inputs, (array) => {
    const shape = array.shape.map((n, i) => (array.axes[i] === axis ? places.length : n));
    const data = array.data.filter((_, at) => {
      let rest = at;
      for (let i = array.shape.length - 1; i >= 0; i--) {
        const position = rest % array.shape[i]!;
        if (array.axes[i] === axis && !keep(position)) return false;
        rest = Math.floor(rest / array.shape[i]!);
      }
      return true;
    });
    return { ...array, shape, data: array.labels === axis ? data.map((label) => places.indexOf(label)) : data };
  });
  if (Object.values(cut).every((array) => array.labels !== axis || !array.data.includes(-1))) yield cut;
}

const mapArrays = (inputs: NamedArrays, f: (array: NamedArray) => NamedArray): NamedArrays =>
  Object.fromEntries(Object.entries(inputs).map(([name, array]) => [name, f(array)]));

/** Rounder numbers: whole arrays first, then entry by entry; every candidate is less to write. */
function* rounder(
  inputs: NamedArrays, allows: (name: string, array: NamedArray) => boolean, size: (x: number) => number
): Generator<NamedArrays> {
  const simplest = (x: number, choice: number): number => (size(choice) < size(x) ? choice : x);
  function* replaced(name: string, data: readonly number[]): Generator<NamedArrays> {
    const array = { ...inputs[name]!, data };
    if (allows(name, array)) yield { ...inputs, [name]: array };
  }
  for (const places of [0, 1, 2, 3]) {
    for (const [name, { data, labels }] of Object.entries(inputs)) {
      const rounded = data.map((x) => simplest(x, round(x, places)));
      if (labels === undefined && rounded.some((x, i) => x !== data[i])) yield* replaced(name, rounded);
    }
  }
  for (const [name, { data, labels }] of Object.entries(inputs)) {
    for (let at = 0; at < data.length; at++) {
      const x = data[at]!;
      const choices = labels === undefined ? [0, 1, ...(x < 0 ? [-1, -2] : [2, 3]), Math.abs(x), round(x, 0), round(x, 1), round(x, 2)] : [0];
      for (const choice of choices.sort((a, b) => size(a) - size(b))) {
        if (size(choice) < size(x)) yield* replaced(name, data.map((y, i) => (i === at ? choice : y)));
      }
    }
  }
}

const round = (x: number, places: number): number => (Number.isFinite(x) ? Number(x.toFixed(places)) + 0 : x);
/** How much there is to write; 0 is shorter than 1. */
const length = (x: number): number => (Object.is(x, 0) ? 0 : String(Math.abs(x)).length + (x < 0 || Object.is(x, -0) ? 1 : 0));

/**
 * The smallest tensors that fail, of the same number and rank. Axes of equal size count as one axis and shrink together;
 * integer tensors keep their numbers as long as they can and only become smaller.
 */
export function shrinkTensors(
  tensors: readonly Tensor[], fails: (tensors: readonly Tensor[]) => boolean, options: ShrinkOptions = {}
): readonly Tensor[] {
  const named: NamedArrays = Object.fromEntries(tensors.map((x, i) => [String(i), {
    axes: x.shape.map((n) => `size ${n}`), shape: x.shape, data: Array.from<number>(x.data),
    ...(x.dtype === 'i32' && { labels: 'none' }),
  }]));
  const build = (arrays: NamedArrays): readonly Tensor[] =>
    tensors.map((x, i) => tensor([...arrays[i]!.data], { shape: [...arrays[i]!.shape], dtype: x.dtype }));
  return build(shrinkInputs(named, (arrays) => fails(build(arrays)), options));
}

/** A literal that can be pasted into a test: `tensor([[1, 0], [0, 2]], { dtype: 'f64' })`. */
export function literal(x: Tensor): string {
  const write = (data: TypedArray, shape: readonly number[]): string => {
    if (shape.length === 0) return Object.is(data[0], -0) ? '-0' : String(data[0]);
    const inner = sizeOf(shape.slice(1));
    const part = (i: number): string => write(data.subarray(i * inner, (i + 1) * inner), shape.slice(1));
    return `[${Array.from({ length: shape[0]! }, (_, i) => part(i)).join(', ')}]`;
  };
  return `tensor(${write(x.data, x.shape)}${x.dtype === 'f32' ? '' : `, { dtype: '${x.dtype}' }`})`;
}
