// What a loss should be, from the text of its row alone: the formula lowered over samples, pairs or triplets, and its
// gradient. Nothing here calls the loss. How samples become pairs, and which pairs a cascade keeps, is counted in plain
// numbers from the sentences of the documentation.

import { gradient } from '../../src/autodiff/index.ts';
import { flatten } from '../../src/base/tree.ts';
import { forwardDual } from '../../src/check/dual.ts';
import { Lowering, Names, parseDerivation, parseExpr } from '../../src/formula/index.ts';
import { type Graph, isTensor, type Tensor, tensor, trace } from '../../src/graph/index.ts';
import type { LossInput, LossOptions, LossText, Row } from '../../src/losses/row.ts';
import { mul, sum, take } from '../../src/ops/index.ts';
import type { Expected } from './hunt.ts';
import { numbersOf, type Sample, type World, worldOf } from '../losses/samples.ts';

export interface Reference {
  readonly value: number;
  /** μ of the value: what its rounding is judged by. */
  readonly spread: number;
  /** One gradient per float input. */
  readonly slopes: readonly Float64Array[];
}

/** What a row's equation gives for a name it defines, such as I; `undefined` for a name it does not define. */
export function definitionOf(row: Row, given: Sample, options: LossOptions, name: string, by = 0): Expected | undefined {
  const text = evaluable(row.text(options), by);
  const target = text.equation.split('\n').map((line) => line.split(' = ')[0]!).find((left) => left.replace('[k]', '') === name);
  if (target === undefined) return undefined;
  const { graph, outputs, result } = trace(() => lowered(text, worldOf(row, given, options), target), []);
  // Cosines, weights and losses are sums with terms of size 1: what is left of 1 − p or log p is known no better.
  return { numbers: Float64Array.from(result.leaves[0]!.data), spread: spreadOf(graph, outputs).map((mu) => mu + 1) };
}

/** μ of a value; 0 where it is unbounded, as at acos(±1), because the value is exact there. */
function spreadOf(graph: Graph, outputs: readonly number[]): Float64Array {
  const [found] = forwardDual(graph, outputs, { tangents: new Map(), rounding: true });
  return found!.spread.map((mu) => (Number.isFinite(mu) ? mu : 0));
}

/** An expression by the names of an equation, per sample (pair, triplet), in the open trace. */
function lowered(text: LossText, { declare, sizes, values }: World, expression: string): Tensor {
  const derivation = parseDerivation([
    'title reference', ...declare.map((line) => `declare ${line}`), ...text.equation.split('\n').map((line, i) => `define D${i} ${line}`),
  ].join('\n'));
  const point = {
    sizes: new Map(Object.entries(sizes)),
    values: new Map(Object.entries(values).map(([name, x]): [string, Tensor] => [`.${name}`, x])),
  };
  return new Lowering(new Names(derivation), derivation.sections[0]!, point).expr(parseExpr(expression, { indices: Object.keys(sizes) })).tensor;
}

/** The mean loss of a row, as its formula says, and its gradient by every float input. */
export function referenceOf(row: Row, given: Sample, options: LossOptions, inputs: readonly LossInput[], by = 0): Reference {
  const leaves = flatten(inputs, isTensor).leaves.filter((x) => x.dtype !== 'i32');
  const text = evaluable(row.text(options), by);
  const mean = row.inputs.includes('weights') ? meanOverSamples : meanOverGroups;
  const seen = trace((...floats: Tensor[]) => mean(row, text, given, options, floats), leaves);
  const seeds = [{ step: seen.outputs[0]!, cotangent: tensor(1, { dtype: 'f64' }) }];
  const slopes = gradient(seen.recorder, seeds, seen.inputs);
  return {
    value: seen.result.leaves[0]!.item(),
    spread: spreadOf(seen.graph, seen.outputs)[0]!,
    slopes: slopes.map((g, i) => Float64Array.from(g?.data ?? new Float64Array(leaves[i]!.size))),
  };
}

/**
 * The same formula where a plain evaluation has no value: an angle of a cosine that rounding has carried past ±1, and
 * exponentials beyond all numbers, whose scores are lowered alike (a common factor of a fraction cancels).
 */
export function evaluable({ equation, handGradient }: LossText, by = 0): LossText {
  const rewrite = (text: string): string => {
    const clamped = text.replaceAll('acos(c[y])', 'acos(clamp(c[y], -1, 1))');
    if (by === 0) return clamped;
    return clamped.replace(/exp\(s \* (f|c\[\w\])\)/g, `exp(s * $1 - (${by}))`).replace(/exp\(z\[(\w)\]\)/g, `exp(z[$1] - (${by}))`);
  };
  return { equation: rewrite(equation), handGradient: rewrite(handGradient) };
}

/** How many samples a mean divides by: those that hard mining keeps where the option says so. */
export function divisorOf(row: Row, given: Sample, options: LossOptions): number {
  if (options['hardReduction'] !== 'kept') return given.samples;
  const rate = (options['saveRate'] ?? row.parameters['saveRate']!.default) as number;
  return Math.max(1, Math.floor(rate * given.samples + 1e-9));
}

function meanOverSamples(row: Row, text: LossText, given: Sample, options: LossOptions, floats: readonly Tensor[]): Tensor {
  const world = worldOf(row, given, options);
  const names: Readonly<Record<string, string>> = { features: 'x', weights: 'w', centers: 'centers', bias: 'b' };
  const own = row.inputs.filter((name) => name !== 'labels').map((name, i): [string, Tensor] => [names[name]!, floats[i]!]);
  const losses = lowered(text, { ...world, values: { ...world.values, ...Object.fromEntries(own) } }, 'L');
  return mul(sum(losses), 1 / divisorOf(row, given, options));
}

/** Which samples a formula of a pair loss speaks of at once, what it is told of them, and how much each group counts. */
interface Groups {
  readonly members: Readonly<Record<string, readonly number[]>>;
  readonly numbers: Readonly<Record<string, readonly number[]>>;
  readonly counts: readonly number[];
}

function meanOverGroups(row: Row, text: LossText, given: Sample, options: LossOptions, floats: readonly Tensor[]): Tensor {
  const all = Object.fromEntries(numbersOf(row).map((name) => [name, (options[name] ?? row.parameters[name]!.default) as number]));
  const levels = floats.map((x) => Array.from({ length: given.samples }, (_, i) => Array.from(x.data.slice(i * given.dims, (i + 1) * given.dims))));
  const { members, numbers, counts } = floats.length > 1 ? cascadePairs(levels, given.labels, all)
    : 'selection' in row.parameters ? triplets(levels[0]!, given.labels, all['m']!, options['selection']) : pairs(given.labels);
  if (counts.length === 0) return mul(sum(floats[0]!), 0);
  const index = (places: readonly number[]): Tensor => tensor([...places], { dtype: 'i32' });
  const f64 = (values: readonly number[] | number): Tensor => tensor(typeof values === 'number' ? values : [...values], { dtype: 'f64' });
  const vectors = Object.entries(members).map(([name, places]): [string, Tensor] => [name, take(floats[(Number(/\d/.exec(name)?.[0] ?? 1)) - 1]!, index(places))]);
  const scalars = Object.entries(all).filter(([name]) => !name.startsWith('h'));
  const losses = lowered(text, {
    declare: [...vectors.map(([name]) => `${name}: n d`), ...Object.keys(numbers).map((name) => `${name}: n`), ...scalars.map(([name]) => `${name}: scalar`)],
    sizes: { n: counts.length, d: given.dims },
    values: Object.fromEntries([...vectors, ...Object.entries(numbers).map(([name, x]) => [name, f64(x)]), ...scalars.map(([name, x]) => [name, f64(x)])]),
  }, 'L');
  return sum(mul(losses, f64(counts)));
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const squared = (a: readonly number[], b: readonly number[]): number => a.reduce((total, x, d) => total + (x - b[d]!) ** 2, 0);

/** Every ordered pair; the mean over the pairs of a sample, then over the samples. */
function pairs(labels: readonly number[]): Groups {
  const n = labels.length;
  const all = range(n).flatMap((i) => range(n).filter((j) => j !== i).map((j) => [i, j] as const));
  return {
    members: { a: all.map(([i]) => i), b: all.map(([, j]) => j) },
    numbers: { same: all.map(([i, j]) => (labels[i] === labels[j] ? 1 : 0)) },
    counts: all.map(() => 1 / (n * (n - 1))),
  };
}

/** Every triplet, the semi-hard ones or the hardest; the mean over those of an anchor, then over the samples. */
function triplets(x: readonly (readonly number[])[], labels: readonly number[], m: number, selection: unknown): Groups {
  const n = labels.length;
  const all = range(n).flatMap((a) => range(n).flatMap((p) => range(n).flatMap((q) => {
    const [near, far] = [squared(x[a]!, x[p]!), squared(x[a]!, x[q]!)];
    const valid = a !== p && labels[a] === labels[p] && labels[a] !== labels[q];
    const isHardest = (): boolean => range(n).every((i) => i === a
      || (labels[i] === labels[a] ? squared(x[a]!, x[i]!) <= near : squared(x[a]!, x[i]!) >= far));
    const isChosen = selection === 'semiHard' ? near < far && near - far + m > 0 : selection !== 'batchHard' || isHardest();
    return valid && isChosen ? [[a, p, q] as const] : [];
  })));
  const ofAnchor = (a: number): number => all.filter(([anchor]) => anchor === a).length;
  return {
    members: { a: all.map(([a]) => a), p: all.map(([, p]) => p), q: all.map(([, , q]) => q) }, numbers: {},
    counts: all.map(([a]) => 1 / (ofAnchor(a) * n)),
  };
}

/** Every pair once, with g_i = 1 where level i keeps it: the hardest of those the level before kept, sort by sort. */
function cascadePairs(levels: readonly (readonly (readonly number[])[])[], labels: readonly number[], options: Readonly<Record<string, number>>): Groups {
  const n = labels.length;
  const all = range(n).flatMap((i) => range(n).filter((j) => j > i).map((j) => [i, j] as const));
  const same = all.map(([i, j]) => (labels[i] === labels[j] ? 1 : 0));
  const hardness = (level: number, at: number): number => {
    const [i, j] = all[at]!;
    const r = Math.sqrt(squared(levels[level]![i]!, levels[level]![j]!));
    return same[at] === 1 ? r : Math.max(options['m']! - r, 0);
  };
  let kept = [0, 1].map((sort) => range(all.length).filter((at) => same[at] === sort));
  const chosen = levels.map((_, level) => {
    kept = kept.map((places) => {
      const order = level === 0 ? places : [...places].sort((a, b) => hardness(level - 1, b) - hardness(level - 1, a));
      return order.slice(0, Math.max(1, Math.floor((options[`h${level + 1}`]! * places.length) / 100)));
    });
    return all.map((_, at) => (kept.some((places) => places.includes(at)) ? 1 : 0));
  });
  const ends = levels.flatMap((_, i) => [[`a${i + 1}`, all.map(([a]) => a)], [`b${i + 1}`, all.map(([, b]) => b)]] as const);
  return {
    members: Object.fromEntries(ends), numbers: { same, ...Object.fromEntries(chosen.map((g, i) => [`g${i + 1}`, g])) },
    counts: all.map(() => 2 / (n * (n - 1))),
  };
}
