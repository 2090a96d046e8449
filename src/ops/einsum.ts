// Einstein's summation: letters name axes, a letter the result does not bear is summed over. Operands are joined two
// at a time from the left. A pair with axes of its own on both sides is a contraction; a pair without (elementwise
// and outer products) is a product and a sum, so that the contraction always has a matrix to work on.

import { FormatError, message, ShapeError } from '../base/errors.ts';
import { type Shape, shapeText } from '../base/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { contract, mul, permute, reshape, slice, sumAxes } from '../primitives/index.ts';
import { demandSameType, demandTensor } from './operands.ts';
import { sum } from './reduce.ts';

/** A tensor whose axes bear letters, each letter once. */
interface Named {
  readonly x: Tensor;
  readonly axes: readonly string[];
}

/**
 * Products and sums over named axes.
 *
 * Equation  einsum('ik,kj->ij', a, b)_ij = Σ_k a_ik·b_kj
 * Shapes    one group of letters per input, a letter per axis; without '->' the letters that occur once, in
 *           alphabetical order; '...' stands for leading axes that broadcast; a letter twice in one group is a diagonal
 * Gradient  the einsum of the cotangent with the other inputs
 * Edges     spaces do not matter; a letter of size 0 sums to 0
 * Throws    FormatError for an equation that cannot be read; ShapeError for letters of two sizes or another rank;
 *           DTypeError for mixed types
 */
export function einsum(equation: string, ...inputs: readonly Tensor[]): Tensor {
  inputs.forEach((x) => demandTensor(x, 'einsum'));
  const { groups, result } = parse(equation, inputs);
  demandSameType('einsum', ...inputs);
  const sizes = sizesOf(equation, groups, inputs);
  const operands = inputs.map((x, i) => slim(diagonals(x, groups[i]!), sizes));
  let left = operands[0]!;
  operands.slice(1).forEach((right, i) => {
    const later = new Set([...result, ...operands.slice(i + 2).flatMap(({ axes }) => axes)]);
    const used = (other: Named) => (axis: string): boolean => later.has(axis) || other.axes.includes(axis);
    left = join(sumOut(left, used(right)), sumOut(right, used(left)), later);
  });
  const last = sumOut(left, (axis) => result.includes(axis));
  return permute(last.x, result.map((axis) => last.axes.indexOf(axis)));
}

/** The letters of every input and of the result. The axes of '...' get the names '.1', '.2', … counted from the end. */
function parse(equation: string, inputs: readonly Tensor[]): { groups: string[][]; result: string[] } {
  const fail = (what: string, rule: string): FormatError =>
    new FormatError(message(`einsum: ${what} in '${equation}'`, rule, "Write it like 'ij,jk->ik'"));
  if (typeof equation !== 'string') throw fail(`an equation of type ${typeof equation}`, 'The equation is text');
  const [inside, outside, ...rest] = equation.replace(/\s/g, '').split('->');
  const texts = inside!.split(',');
  if (rest.length > 0) throw fail("more than one '->'", 'There is one result');
  if (texts.length !== inputs.length) {
    throw fail(`${texts.length} groups for ${inputs.length} inputs`, 'There is one group of letters per input');
  }
  for (const text of [...texts, outside ?? '']) {
    if (!/^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/.test(text)) throw fail(`'${text}'`, "A group is letters and at most one '...'");
  }
  const dots = (count: number): string[] => Array.from({ length: count }, (_, i) => `.${count - i}`);
  const groups = texts.map((text, i) => {
    const letters = text.replace('...', '').length;
    const more = inputs[i]!.rank - letters;
    if (more < 0 || (more > 0 && !text.includes('...'))) {
      throw new ShapeError(message(
        `einsum: '${text}' for ${shapeText(inputs[i]!.shape)} in '${equation}'`,
        'There is one letter per axis', "Add letters, or '...' for leading axes"));
    }
    return text.match(/\.\.\.|[A-Za-z]/g)?.flatMap((part) => (part === '...' ? dots(more) : [part])) ?? [];
  });
  const all = groups.flat();
  const ellipsis = dots(Math.max(0, ...all.map((axis) => (axis.startsWith('.') ? Number(axis.slice(1)) : 0))));
  const once = [...new Set(all)].filter((axis) => !axis.startsWith('.') && all.indexOf(axis) === all.lastIndexOf(axis)).sort();
  const result = outside === undefined
    ? [...ellipsis, ...once]
    : (outside.match(/\.\.\.|[A-Za-z]/g) ?? []).flatMap((part) => (part === '...' ? ellipsis : [part]));
  const wrong = result.find((axis, i) => !all.includes(axis) || result.indexOf(axis) !== i);
  if (wrong !== undefined) {
    throw fail(`the letter '${wrong}' of the result`, 'A letter of the result stands once, and in some input');
  }
  return { groups, result };
}

/** The size of every letter, and the first input that has it. */
type Sizes = ReadonlyMap<string, { readonly size: number; readonly input: number }>;

function sizesOf(equation: string, groups: readonly string[][], inputs: readonly Tensor[]): Sizes {
  const sizes = new Map<string, { size: number; input: number }>();
  groups.forEach((group, input) => group.forEach((axis, a) => {
    const size = inputs[input]!.shape[a]!;
    const before = sizes.get(axis);
    const stretches = axis.startsWith('.') && (size === 1 || before?.size === 1);
    if (before !== undefined && before.size !== size && !stretches) {
      const [p, q] = [inputs[before.input]!, inputs[input]!];
      throw new ShapeError(message(
        `einsum: '${axis}' is ${before.size} in ${shapeText(p.shape)} and ${size} in ${shapeText(q.shape)} ('${equation}')`,
        'A letter has one size', 'Check the order of the letters'));
    }
    if (before === undefined || before.size === 1) sizes.set(axis, { size, input });
  }));
  return sizes;
}

/** A letter that stands twice becomes one axis: the diagonal, a slice of the flattened pair with step n + 1. */
function diagonals(x: Tensor, group: readonly string[]): Named {
  const at = group.findIndex((axis, i) => group.indexOf(axis) !== i);
  if (at < 0) return { x, axes: group };
  const first = group.indexOf(group[at]!);
  const others = group.map((_, a) => a).filter((a) => a !== first && a !== at);
  const n = x.shape[at]!;
  const lead = others.map((a) => x.shape[a]!);
  const flat = reshape(permute(x, [...others, first, at]), [...lead, n * n]);
  return diagonals(slice(flat, [...lead.map(() => null), [0, n * n, n + 1]]), [...others.map((a) => group[a]!), group[at]!]);
}

/** Drops the axes of size 1 that stretch over another operand's: what is missing broadcasts without being expanded. */
function slim({ x, axes }: Named, sizes: Sizes): Named {
  const stays = axes.map((axis, a) => x.shape[a] === sizes.get(axis)!.size);
  return { x: reshape(x, x.shape.filter((_, a) => stays[a])), axes: axes.filter((_, a) => stays[a]) };
}

function sumOut({ x, axes }: Named, keeps: (axis: string) => boolean): Named {
  const gone = axes.flatMap((axis, a) => (keeps(axis) ? [] : [a]));
  return gone.length === 0 ? { x, axes } : { x: sum(x, { axis: gone }), axes: axes.filter(keeps) };
}

function join(a: Named, b: Named, later: ReadonlySet<string>): Named {
  const shared = a.axes.filter((axis) => b.axes.includes(axis));
  const summed = shared.filter((axis) => !later.has(axis));
  const own = (p: Named, q: Named): string[] => p.axes.filter((axis) => !q.axes.includes(axis));
  if (summed.length === 0 || (own(a, b).length === 0 && own(b, a).length === 0)) return joinByProduct(a, b, summed);
  const batch = shared.filter((axis) => later.has(axis));
  const pair = (axis: string): [number, number] => [a.axes.indexOf(axis), b.axes.indexOf(axis)];
  return {
    x: contract(a.x, b.x, { batch: batch.map(pair), sum: summed.map(pair) }),
    axes: [...batch, ...own(a, b), ...own(b, a)],
  };
}

function joinByProduct(a: Named, b: Named, summed: readonly string[]): Named {
  const axes = [...a.axes, ...b.axes.filter((axis) => !a.axes.includes(axis))];
  const x = mul(aligned(a, axes), aligned(b, axes));
  const gone = summed.map((axis) => axes.indexOf(axis));
  const kept = axes.filter((axis) => !summed.includes(axis));
  return { x: reshape(sumAxes(x, gone), kept.map((axis) => x.shape[axes.indexOf(axis)]!)), axes: kept };
}

/** The operand with its axes in the order of a longer list, size 1 where it has none. */
function aligned({ x, axes }: Named, all: readonly string[]): Tensor {
  const present = all.filter((axis) => axes.includes(axis));
  const ordered = permute(x, present.map((axis) => axes.indexOf(axis)));
  const shape: Shape = all.map((axis) => (axes.includes(axis) ? x.shape[axes.indexOf(axis)]! : 1));
  return reshape(ordered, shape);
}
