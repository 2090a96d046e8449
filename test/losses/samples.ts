// Inputs for loss tests, seeded, and the formulas of a row evaluated at them: what the tests of every loss share.

import { bits, uniformFromBits } from '../../src/base/random.ts';
import type { FloatDType } from '../../src/base/dtype.ts';
import { type Expr, Lowering, Names, parseClaim, parseDerivation, parseExpr } from '../../src/formula/index.ts';
import { type Tensor, tensor, trace } from '../../src/graph/index.ts';
import type { LossInput, LossOptions, LossText, Row } from '../../src/losses/row.ts';

export const sizes = { samples: 4, classes: 5, dims: 3 } as const;

/** Numbers in (−1, 1), the same for the same seed. */
export function uniforms(seed: number, count: number): number[] {
  return Array.from(bits(seed, 77, count), (word) => 2 * uniformFromBits(word) - 1);
}

/** Plain numbers for the inputs of any loss. */
export interface Sample {
  readonly features: readonly number[];
  readonly weights: readonly number[];
  readonly centers: readonly number[];
  readonly bias: readonly number[];
  readonly labels: readonly number[];
  readonly samples: number;
  readonly classes: number;
  readonly dims: number;
}

/** Every other sample is drawn towards the weight of its label, so that easy and hard ones occur. */
export function sample(seed: number, { samples, classes, dims }: { samples: number; classes: number; dims: number } = sizes): Sample {
  const numbers = uniforms(seed, samples * dims + 2 * classes * dims + samples + classes);
  const take = (count: number): number[] => numbers.splice(0, count);
  const weights = take(classes * dims);
  const labels = take(samples).map((u) => Math.min(classes - 1, Math.floor(((u + 1) / 2) * classes)));
  const features = take(samples * dims).map((u, i) => {
    const row = Math.floor(i / dims);
    return u + (row % 2 === 0 ? 1.5 * weights[labels[row]! * dims + (i % dims)]! : 0);
  });
  return { features, weights, labels, centers: take(classes * dims), bias: take(classes), samples, classes, dims };
}

/** A point given vector by vector; centres stand at the weights. */
export function placed(features: number[][], weights: number[][], labels: number[]): Sample {
  return {
    features: features.flat(), weights: weights.flat(), labels, centers: weights.flat(), bias: weights.map(() => 0),
    samples: features.length, classes: weights.length, dims: features[0]!.length,
  };
}

/** The tensors a row's inputs ask for. */
export function inputsOf(row: Row, given: Sample, dtype: FloatDType = 'f64'): LossInput[] {
  const { samples, classes, dims } = given;
  const rows = (values: readonly number[], n: number): Tensor => tensor([...values], { shape: [n, dims], dtype });
  const known: Readonly<Record<string, () => LossInput>> = {
    features: () => rows(given.features, samples),
    'features[3]': () => [1, 0.7, 1.3].map((scale) => rows(given.features.map((x, i) => scale * x + 0.1 * (i % 3) * scale), samples)),
    weights: () => rows(given.weights, classes),
    centers: () => rows(given.centers, classes),
    bias: () => tensor([...given.bias], { dtype }),
    labels: () => tensor([...given.labels], { dtype: 'i32' }),
  };
  return row.inputs.map((name) => {
    const make = known[name];
    if (make === undefined) throw new Error(`an input the tests do not know: ${name}`);
    return make();
  });
}

/** The default options, and every named reading and switch set to each of its other values. */
export function variants(row: Row): LossOptions[] {
  const others = Object.entries(row.parameters).flatMap(([name, parameter]) =>
    (name !== 'reduction' && (parameter.kind === 'choice' || parameter.kind === 'switch')
      ? parameter.range.filter((value) => value !== parameter.default).map((value) => ({ [name]: value })) : []));
  return [{}, ...others];
}

export const show = (value: unknown): string => JSON.stringify(value);

/** The names of the numbers among a row's parameters. */
export function numbersOf(row: Row): string[] {
  return Object.entries(row.parameters).flatMap(([name, p]) => (p.kind === 'continuous' || p.kind === 'fixed' ? [name] : []));
}

const reach: Readonly<Record<string, number>> = { s: 30, m: 1, m1: 3, t: 0.4, lambda: 4, gamma: 3, alpha: 2, saveRate: 1 };

/** Values for the numbers among a row's parameters, drawn from their ranges. */
export function drawn(row: Row, seed: number): LossOptions {
  const names = numbersOf(row);
  const us = uniforms(seed + 1, names.length).map((u) => (u + 1) / 2);
  return Object.fromEntries(names.map((name, i) => {
    const range = row.parameters[name]!.range as { from: number; to: number; open?: boolean; whole?: boolean };
    const value = range.from + us[i]! * Math.min(range.to - range.from, reach[name] ?? 1);
    return [name, range.whole === true ? 1 + Math.floor(us[i]! * 6) : range.open === true ? value + 0.1 : value];
  }));
}

/** What a formula may speak of: declarations, the sizes of axes, and the numbers, by name. */
export interface World {
  readonly declare: readonly string[];
  readonly sizes: Readonly<Record<string, number>>;
  readonly values: Readonly<Record<string, Tensor>>;
}

/** The world of a loss of classes. */
export function worldOf(row: Row, given: Sample, options: LossOptions): World {
  const f64 = (values: readonly number[], shape: readonly number[]): Tensor => tensor([...values], { shape, dtype: 'f64' });
  const { samples, classes, dims } = given;
  const numbers = numbersOf(row);
  return {
    declare: ['x: n d', 'w: k d', 'y: n -> k', 'centers: k d', 'b: k', ...numbers.map((name) => `${name}: scalar`)]
      .filter((line) => (!line.startsWith('centers') || row.inputs.includes('centers')) && (!line.startsWith('b:') || row.inputs.includes('bias'))),
    sizes: { n: samples, k: classes, d: dims },
    values: {
      x: f64(given.features, [samples, dims]), w: f64(given.weights, [classes, dims]), y: f64(given.labels, [samples]),
      centers: f64(given.centers, [classes, dims]), b: f64(given.bias, [classes]),
      ...Object.fromEntries(numbers.map((name) => [name, f64([(options[name] ?? row.parameters[name]!.default) as number], [])])),
    },
  };
}

/** L, and both sides of the hand-derived claim, from the text of a row alone. */
export function evaluated({ equation, handGradient }: LossText, world: World) {
  const claimLines = handGradient.split('\n');
  const indices = Object.keys(world.sizes);
  const claim = parseClaim(claimLines.pop()!, { indices });
  const derivation = parseDerivation([
    'title test', ...world.declare.map((line) => `declare ${line}`),
    ...[...equation.split('\n'), ...claimLines].map((line, i) => `define D${i} ${line}`),
  ].join('\n'));
  const point = {
    sizes: new Map(Object.entries(world.sizes)),
    values: new Map(Object.entries(world.values).map(([name, x]) => [`.${name}`, x])),
  };
  const of = (e: Expr): Float64Array => {
    const { result } = trace(() => new Lowering(new Names(derivation), derivation.sections[0]!, point).expr(e).tensor, []);
    return Float64Array.from(result.leaves[0]!.data);
  };
  const by = claim.left.kind === 'derivative' ? claim.left.by.name : '';
  return { losses: of(parseExpr('L', { indices })), by, left: of(claim.left), right: of(claim.right) };
}

/** A rotation of three dimensions: a product of turns in two planes. */
export function rotation(seed: number): Tensor {
  const [a, b] = uniforms(seed + 2, 2).map((u) => Math.PI * u) as [number, number];
  const [ca, sa, cb, sb] = [Math.cos(a), Math.sin(a), Math.cos(b), Math.sin(b)];
  return tensor([[ca, -sa * cb, sa * sb], [sa, ca * cb, -ca * sb], [0, sb, cb]], { dtype: 'f64' });
}

/** Rows of a matrix given as a list, in another order. */
export function rowsOf(data: ArrayLike<number>, width: number, order: readonly number[]): number[] {
  return order.flatMap((i) => Array.from({ length: width }, (_, d) => data[i * width + d]!));
}

/** The same batch with its samples and classes in another order. */
export function permuted(given: Sample, toSample: readonly number[], toClass: readonly number[]): Sample {
  return {
    ...given,
    features: rowsOf(given.features, given.dims, toSample),
    weights: rowsOf(given.weights, given.dims, toClass), centers: rowsOf(given.centers, given.dims, toClass),
    bias: rowsOf(given.bias, 1, toClass), labels: toSample.map((i) => toClass.indexOf(given.labels[i]!)),
  };
}
