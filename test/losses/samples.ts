// Inputs for loss tests, seeded, and the formulas of a row evaluated at them: what the tests of every loss share.

import { parseClaim, parseDerivation, parseExpr, Lowering } from '../../src/formula/index.ts';
import { bits, uniformFromBits } from '../../src/base/random.ts';
import type { FloatDType } from '../../src/base/dtype.ts';
import { type Tensor, tensor, trace } from '../../src/graph/index.ts';
import type { LossInput, LossOptions, LossText, Row } from '../../src/losses/row.ts';

export const sizes = { samples: 4, classes: 5, dims: 3 } as const;

/** Numbers in (−1, 1), the same for the same seed. */
export function uniforms(seed: number, count: number): number[] {
  return Array.from(bits(seed, 77, count), (word) => 2 * uniformFromBits(word) - 1);
}

/** Plain inputs of a class loss; every other sample is drawn towards the weight of its label, so easy and hard occur. */
export function sample(seed: number, { samples, classes, dims }: { samples: number; classes: number; dims: number } = sizes) {
  const numbers = uniforms(seed, samples * dims + classes * dims + samples + classes * dims + classes);
  const take = (count: number): number[] => numbers.splice(0, count);
  const weights = take(classes * dims);
  const labels = take(samples).map((u) => Math.min(classes - 1, Math.floor(((u + 1) / 2) * classes)));
  const features = take(samples * dims).map((u, i) => {
    const row = Math.floor(i / dims);
    return u + (row % 2 === 0 ? 1.5 * weights[labels[row]! * dims + (i % dims)]! : 0);
  });
  return { features, weights, labels, centers: take(classes * dims), bias: take(classes), samples, classes, dims };
}
export type Sample = ReturnType<typeof sample>;

/** The tensors a row's inputs ask for. */
export function inputsOf(row: Row, given: Sample, dtype: FloatDType = 'f64'): LossInput[] {
  const { samples, classes, dims } = given;
  const rows = (values: readonly number[], n: number): Tensor => tensor([...values], { shape: [n, dims], dtype });
  const known: Readonly<Record<string, () => LossInput>> = {
    features: () => rows(given.features, samples),
    weights: () => rows(given.weights, classes),
    centers: () => rows(given.centers, classes),
    bias: () => tensor(given.bias, { dtype }),
    labels: () => tensor(given.labels, { dtype: 'i32' }),
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

/** The formulas of a row as a derivation, with every parameter a declared number. */
function derivationOf(row: Row, text: LossText): string {
  const declared = ['x: n d', 'w: k d', 'y: n -> k', ...(row.inputs.includes('centers') ? ['centers: k d'] : []), ...(row.inputs.includes('bias') ? ['b: k'] : [])];
  const numbers = Object.entries(row.parameters).filter(([, p]) => p.kind === 'continuous' || p.kind === 'fixed');
  const handLines = text.handGradient.split('\n').slice(0, -1);
  return [
    'title test', ...declared.map((d) => `declare ${d}`), ...numbers.map(([name]) => `declare ${name}: scalar`),
    ...[...text.equation.split('\n'), ...handLines].map((line, i) => `define D${i} ${line}`),
  ].join('\n');
}

/** L, and both sides of the hand-derived claim, from the row's text alone. */
export function evaluated(row: Row, given: Sample, options: LossOptions = {}) {
  const text = row.text(options);
  const derivation = parseDerivation(derivationOf(row, text));
  const f64 = (values: readonly number[], shape: readonly number[]): Tensor => tensor([...values], { shape, dtype: 'f64' });
  const { samples, classes, dims } = given;
  const values = new Map<string, Tensor>([
    ['.x', f64(given.features, [samples, dims])], ['.w', f64(given.weights, [classes, dims])], ['.y', f64(given.labels, [samples])],
    ['.centers', f64(given.centers, [classes, dims])], ['.b', f64(given.bias, [classes])],
    ...Object.entries(row.parameters).flatMap(([name, p]) => (p.kind === 'continuous' || p.kind === 'fixed'
      ? [[`.${name}`, f64([(options[name] as number | undefined) ?? p.default], [])] as const] : [])),
  ]);
  const point = { sizes: new Map([['n', samples], ['k', classes], ['d', dims]]), values };
  const section = derivation.sections[0]!;
  const indices = ['n', 'k', 'd'];
  const claim = parseClaim(text.handGradient.split('\n').at(-1)!, { indices });
  const of = (e: ReturnType<typeof parseExpr>): Float64Array => {
    const { result } = trace(() => new Lowering(derivation, section, point).expr(e).tensor, []);
    return Float64Array.from(result.leaves[0]!.data);
  };
  const by = claim.left.kind === 'derivative' ? claim.left.by.name : '';
  return { losses: of(parseExpr('L', { indices })), by, left: of(claim.left), right: of(claim.right) };
}

const reach: Readonly<Record<string, number>> = { s: 30, m: 1, m1: 3, t: 0.4, lambda: 4, gamma: 3, alpha: 2, saveRate: 1 };

/** Values for the numbers among a row's parameters, drawn from their ranges. */
export function drawn(row: Row, seed: number): LossOptions {
  const numbers = Object.entries(row.parameters).flatMap(([name, p]) => (p.kind === 'continuous' || p.kind === 'fixed' ? [{ name, ...p }] : []));
  const us = uniforms(seed + 1, numbers.length).map((u) => (u + 1) / 2);
  return Object.fromEntries(numbers.map(({ name, range }, i) => {
    const span = Math.min(range.to - range.from, reach[name] ?? 1);
    const value = range.from + us[i]! * span;
    return [name, range.whole === true ? 1 + Math.floor(us[i]! * 6) : range.open === true ? value + 0.1 : value];
  }));
}

/** A rotation of three dimensions: a product of turns in two planes. */
export function rotation(seed: number): Tensor {
  const [a, b] = uniforms(seed + 2, 2).map((u) => Math.PI * u) as [number, number];
  const [ca, sa, cb, sb] = [Math.cos(a), Math.sin(a), Math.cos(b), Math.sin(b)];
  return tensor([[ca, -sa * cb, sa * sb], [sa, ca * cb, -ca * sb], [0, sb, cb]], { dtype: 'f64' });
}
