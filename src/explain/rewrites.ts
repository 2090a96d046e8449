// Safe forms of expressions that lose digits. An expression is given as a function, traced once, and found in a program by
// its structure: two steps say the same when their kinds are the same and they print the same formula of their operands.
// Views are looked through, and the axes of a sum may be any. Whether a rewrite helps is measured, not known here.

import { denseStrides } from '../base/shape.ts';
import { type Fragment, type Graph, type Step, tensor, type Tensor, trace, Value } from '../graph/index.ts';
import {
  add, cos, div, equal, exp, expm1, log, log1p, logSoftmax, logSumExp, mul, neg, reshape, safeSqrt, sigmoid, sin, softmax,
  softplus, sqrt, sub, sum, where,
} from '../ops/index.ts';

/** An expression of one or two quantities, and its safe form; a sum goes over `axes`. */
export interface Rewrite {
  readonly naive: (x: Tensor, y: Tensor) => Tensor;
  readonly safe: (x: Tensor, y: Tensor, axes: readonly number[]) => Tensor;
  /** Both as formulas of the names of the quantities. */
  readonly texts: (x: string, y: string) => readonly [string, string];
  /** What is gained: digits of the value, or a slope that stays finite. */
  readonly gains: 'digits' | 'slope';
}

const last = { axis: 1, keepDims: true } as const;
const digits = (naive: Rewrite['naive'], safe: Rewrite['safe'], texts: Rewrite['texts']): Rewrite =>
  ({ naive, safe, texts, gains: 'digits' });

/** y beside x, where a sum over `axes` has made it smaller. */
const beside = (y: Tensor, x: Tensor, axes: readonly number[]): Tensor =>
  reshape(y, x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n)));
/** log(Σ e^x) − y for a y that is one of the x: the sum over the others, each relative to y. */
const overOthers = (x: Tensor, y: Tensor, axes: readonly number[]): Tensor => {
  const own = beside(y, x, axes);
  return log1p(sum(where(equal(x, own), 0, exp(sub(x, own))), { axis: axes }));
};

/** Larger expressions stand before the smaller ones they contain. */
export const rewrites: readonly Rewrite[] = [
  digits((x, y) => sub(log(sum(exp(x), last)), y), overOthers,
    (x, y) => [`log(sum(exp(${x}))) − ${y}`, `log1p(sum over the others(exp(${x} − ${y})))`]),
  digits((x, y) => sub(y, log(sum(exp(x), last))), (x, y, axes) => neg(overOthers(x, y, axes)),
    (x, y) => [`${y} − log(sum(exp(${x})))`, `−log1p(sum over the others(exp(${x} − ${y})))`]),
  digits((x) => log(div(exp(x), sum(exp(x), last))), (x, _, [axis]) => logSoftmax(x, { axis: axis! }),
    (x) => [`log(exp(${x}) / sum(exp(${x})))`, `logSoftmax(${x})`]),
  digits((x) => div(exp(x), sum(exp(x), last)), (x, _, [axis]) => softmax(x, { axis: axis! }),
    (x) => [`exp(${x}) / sum(exp(${x}))`, `softmax(${x})`]),
  digits((x) => log(sum(exp(x), last)), (x, _, axis) => logSumExp(x, { axis }), (x) => [`log(sum(exp(${x})))`, `logSumExp(${x})`]),
  digits((x) => log(sub(1, sigmoid(x))), (x) => neg(softplus(x)), (x) => [`log(1 − sigmoid(${x}))`, `−softplus(${x})`]),
  digits((x) => log(sigmoid(x)), (x) => neg(softplus(neg(x))), (x) => [`log(sigmoid(${x}))`, `−softplus(−${x})`]),
  digits((x) => sub(1, sigmoid(x)), (x) => sigmoid(neg(x)), (x) => [`1 − sigmoid(${x})`, `sigmoid(−${x})`]),
  digits((x) => log(add(1, exp(x))), (x) => softplus(x), (x) => [`log(1 + exp(${x}))`, `softplus(${x})`]),
  digits((x) => div(exp(x), add(1, exp(x))), (x) => sigmoid(x), (x) => [`exp(${x}) / (1 + exp(${x}))`, `sigmoid(${x})`]),
  digits((x) => log(add(1, x)), (x) => log1p(x), (x) => [`log(1 + ${x})`, `log1p(${x})`]),
  digits((x) => sub(exp(x), 1), (x) => expm1(x), (x) => [`exp(${x}) − 1`, `expm1(${x})`]),
  digits((x) => sub(1, exp(x)), (x) => neg(expm1(x)), (x) => [`1 − exp(${x})`, `−expm1(${x})`]),
  digits((x) => sub(1, cos(x)), (x) => mul(2, mul(sin(mul(0.5, x)), sin(mul(0.5, x)))),
    (x) => [`1 − cos(${x})`, `2 · sin(${x} / 2)²`]),
  digits((x) => sub(1, mul(x, x)), (x) => mul(sub(1, x), add(1, x)), (x) => [`1 − ${x}²`, `(1 − ${x}) · (1 + ${x})`]),
  digits((x, y) => sub(mul(x, x), mul(y, y)), (x, y) => mul(sub(x, y), add(x, y)),
    (x, y) => [`${x}² − ${y}²`, `(${x} − ${y}) · (${x} + ${y})`]),
  { naive: (x) => sqrt(x), safe: (x) => safeSqrt(x), texts: (x) => [`sqrt(${x})`, `safeSqrt(${x})`], gains: 'slope' },
];

/** An expression found in a program. */
export interface Found {
  readonly rewrite: Rewrite;
  /** The step that holds the whole expression, and all that belong to it. */
  readonly root: number;
  readonly steps: ReadonlySet<number>;
  /** The steps that are its quantities. */
  readonly operands: readonly number[];
  readonly axes: readonly number[];
}

let patterns: readonly (readonly [Rewrite, Fragment])[] | undefined;

/** The naive forms as programs of two matrices. */
function traced(): readonly (readonly [Rewrite, Fragment])[] {
  const sample = [0.1, 0.2].map((x) => tensor([[x, x]], { dtype: 'f64' }));
  patterns ??= rewrites.map((rewrite) => [rewrite, trace(rewrite.naive as (...xs: never[]) => Tensor, sample)] as const);
  return patterns;
}

/** Every expression of the table in the steps given, an outer one before what it contains. */
export function findRewrites(graph: Graph, steps: readonly number[]): Found[] {
  return [...steps].sort((a, b) => b - a).flatMap((root) => traced().flatMap(([rewrite, pattern]) => {
    const search = new Search(pattern, graph);
    if (seen(graph, root).id !== root || !search.same(pattern.outputs[0]!, root)) return [];
    const operands = pattern.inputs.flatMap((id) => search.bound.get(id) ?? []);
    return [{ rewrite, root, steps: search.steps, operands, axes: search.axes }];
  }));
}

class Search {
  readonly #pattern: Fragment;
  readonly #graph: Graph;
  bound = new Map<number, number>();
  steps = new Set<number>();
  axes: readonly number[] = [];

  constructor(pattern: Fragment, graph: Graph) {
    this.#pattern = pattern;
    this.#graph = graph;
  }

  /** Whether a step of the pattern and one of the program say the same. */
  same(wanted: number, found: number): boolean {
    const [p, q] = [seen(this.#pattern.graph, wanted), seen(this.#graph, found)];
    if (this.#pattern.inputs.includes(p.id)) return this.#bind(p.id, q.id);
    if (p.primitive.kind === 'source') return numberOf(p) !== undefined && numberOf(p) === numberOf(q);
    if (!alike(p, q)) return false;
    this.steps.add(q.id);
    if (q.primitive.kind === 'reduce') this.axes = q.params['axes'] as readonly number[];
    const [bound, steps, axes] = [new Map(this.bound), new Set(this.steps), this.axes];
    if (p.inputs.every((input, i) => this.same(input, q.inputs[i]!))) return true;
    [this.bound, this.steps, this.axes] = [bound, steps, axes];
    return p.primitive.laws?.commutative === true && p.inputs.every((input, i) => this.same(input, q.inputs[1 - i]!));
  }

  #bind(quantity: number, step: number): boolean {
    const before = this.bound.get(quantity);
    this.bound.set(quantity, before ?? step);
    return before === undefined || before === step;
  }
}

/** The step itself, or what it only looks at in another way. */
function seen(graph: Graph, id: number): Step {
  const step = graph.steps[id]!;
  const { primitive, inputs } = step;
  const passes = (primitive.kind === 'view' && keepsPlaces(step, graph.steps[inputs[0]!]!))
    || (primitive.kind === 'control' && primitive.control === 'alias');
  return passes ? seen(graph, inputs[0]!) : step;
}

/** True for a view that only stretches axes, or adds and drops axes of size 1; strides tell, without the numbers. */
function keepsPlaces({ primitive, params }: Step, { dtype, shape }: Step): boolean {
  const view = primitive.run([new Value(dtype, shape, new Int32Array(0))], params);
  const axes = (sizes: readonly number[], strides: readonly number[]): string =>
    sizes.flatMap((n, axis) => (n === 1 || strides[axis] === 0 ? [] : [`${n} by ${strides[axis]!}`])).join();
  return view.offset === 0 && axes(view.shape, view.strides) === axes(shape, denseStrides(shape));
}

const places = ['a', 'b', 'c'];

function alike(p: Step, q: Step): boolean {
  if (p.inputs.length !== q.inputs.length || p.inputs.length > places.length) return false;
  if (p.primitive.kind === 'reduce' && q.primitive.kind === 'reduce') return p.primitive.combine === q.primitive.combine;
  const text = ({ primitive, params, inputs }: Step): string => primitive.print(places.slice(0, inputs.length), params);
  return p.primitive.kind === 'map' && q.primitive.kind === 'map' && text(p) === text(q);
}

/** The number a constant repeats. */
function numberOf({ params, inputs }: Step): number | undefined {
  const value = params['value'];
  if (inputs.length > 0 || !(value instanceof Value)) return undefined;
  const data = value.data();
  return data.every((x) => x === data[0]) ? data[0] : undefined;
}
