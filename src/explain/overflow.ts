// Numbers too large for their type that end in a number again. The squares of a vector of 1e200 are Infinity, its length is
// Infinity, one over that is 0, and its direction is 0 without a NaN to be seen; derivatives of such a program agree with
// each other and with nothing else. Found from the values: a step that is infinite where its operands are not, and what comes of it. A
// pole (1/0, log 0) is no overflow, and what a choice does not take comes to nothing.

import { type FloatDType, isFloat } from '../base/dtype.ts';
import type { Graph, Step } from '../graph/graph.ts';
import { Value } from '../graph/value.ts';
import { numbers } from '../primitives/algebra.ts';
import { stretched } from '../primitives/loops.ts';

export interface Overflow {
  readonly step: number;
  /** Entries that are infinite, and all there are. */
  readonly entries: number;
  readonly of: number;
  /** The steps that are not finite because of it, in the order of the program, itself the first. */
  readonly infinite: readonly number[];
  /** Steps that make finite numbers of these, each with the infinite operand. */
  readonly ends: readonly { readonly step: number; readonly from: number }[];
}

/** The largest number of each type; what is beyond it is Infinity. */
const largest: Readonly<Record<FloatDType, number>> = { f32: (2 - 2 ** -23) * 2 ** 127, f64: Number.MAX_VALUE };

/** The overflows among these steps that change a result. */
export function overflowsOf(graph: Graph, outputs: readonly number[], valueOf: (id: number) => Value): Overflow[] {
  const live = graph.live(outputs);
  const steps = graph.steps.filter(({ id }) => live[id]);
  const broken = new Map(steps.flatMap((step) => (isFloat(step.dtype) ? [[step.id, valueOf(step.id).data().some((x) => !Number.isFinite(x))]] : [])));
  const found: Overflow[] = [];
  for (const step of steps) {
    if (broken.get(step.id) !== true) continue;
    const entries = entriesBeyond(step, step.inputs.map(valueOf), valueOf(step.id));
    if (entries === 0) continue;
    const infinite = new Set([step.id]);
    const ends: { step: number; from: number }[] = [];
    for (const { id, inputs, primitive } of steps) {
      const from = inputs.find((input) => infinite.has(input));
      if (from === undefined || id === step.id) continue;
      if (broken.get(id) === true) infinite.add(id);
      else if (broken.has(id) && !decides(primitive)) ends.push({ step: id, from });
    }
    if (ends.length === 0 && !outputs.some((id) => infinite.has(id))) continue;
    found.push({ step: step.id, entries, of: valueOf(step.id).data().length, infinite: [...infinite], ends });
  }
  return found;
}

/** Steps whose result is a decision, and choices: where they are finite, the infinite operand was not taken. */
function decides(primitive: Step['primitive']): boolean {
  if (primitive.kind === 'order' || (primitive.kind === 'reduce' && primitive.combine === 'argmax')) return true;
  return primitive.kind === 'map' && (primitive.decides === 'output' || primitive.vjp[0] === null);
}

/** How many entries of a step are beyond the largest number, though its operands are not. */
function entriesBeyond({ primitive, params, dtype, shape, inputs }: Step, operands: readonly Value[], out: Value): number {
  if (inputs.length === 0) return 0;
  const isInfinite = (x: number): boolean => Math.abs(x) === Infinity;
  if (primitive.kind !== 'map') {
    return operands.every((x) => x.data().every((y) => Number.isFinite(y))) ? out.data().filter(isInfinite).length : 0;
  }
  const given = operands.map((x) => new Value(x.dtype, shape, x.array, x.offset, stretched(x, shape)).data());
  const limit = largest[dtype as FloatDType];
  return Array.from(out.data()).filter((x, i) => {
    const xs = given.map((data) => data[i]!);
    // Beside a pole a function is finite; a little aside of an overflow it is still beyond the largest number.
    const aside = (): number => Math.abs(primitive.body(numbers, params, ...xs.map((y) => (y === 0 ? 1e-9 : y * (1 - 1e-9)))));
    return isInfinite(x) && xs.every((y) => Number.isFinite(y)) && aside() > limit * (1 - 1e-6);
  }).length;
}

/** How steps are called: by a name a reader knows, undefined for those that only stand inside others. */
export interface Naming {
  readonly name: (id: number) => string | undefined;
  readonly formula: (id: number) => string;
}

/** What overflows and what comes of it, in a sentence. */
export function overflowText({ step, entries, of, infinite, ends }: Overflow, graph: Graph, valueOf: (id: number) => Value, { name, formula }: Naming): string {
  const known = (id: number): string[] => [name(id) ?? []].flat();
  const carried = infinite.flatMap(known);
  const become = (to: string, names: readonly string[]): string[] =>
    (names.length === 0 ? [] : [`${listed(names)} ${names.length === 1 ? 'becomes' : 'become'} ${to}`]);
  const after = ends.flatMap(({ step: end, from }) => firstNamed(graph, end, name, valueOf).map((id) => ({ id, to: valueThere(valueOf(from), valueOf(id)) })));
  const said = new Map(after.map(({ id, to }) => [name(id)!, to]));
  const finite = [...new Set(said.values())].flatMap((to) => become(to, [...said].flatMap(([who, its]) => (its === to ? [who] : []))));
  const text = `${formula(step)} is beyond the largest ${graph.steps[step]!.dtype} in ${entries} of ${of} ${of === 1 ? 'entry' : 'entries'}`;
  const consequences = [...become('infinite', carried), ...finite];
  return `${text}${consequences.length === 0 ? '' : `: ${consequences.join(', and ')}`}; derivatives here are those of the overflow`;
}

/** The first named steps that a step goes into, itself if it is named. Those that decide show nothing of its value. */
function firstNamed(graph: Graph, start: number, name: Naming['name'], valueOf: (id: number) => Value): number[] {
  const reached = new Set([start]);
  const named: number[] = [];
  for (const { id, inputs, primitive, dtype } of graph.steps.slice(start)) {
    if (id !== start && !inputs.some((input) => reached.has(input) && !named.includes(input))) continue;
    if (!isFloat(dtype) || (id !== start && primitive.kind === 'map' && primitive.decides === 'output')) continue;
    if (name(id) !== undefined && valueOf(id) !== undefined) named.push(id);
    reached.add(id);
  }
  return named;
}

/** The number that stands where an infinite operand was, where it is one number and its shape fits. */
function valueThere(infinite: Value, then: Value): string {
  const [from, to] = [infinite.shape, then.shape];
  const fits = from.length <= to.length && from.every((n, i) => n === 1 || n === to[to.length - from.length + i]);
  if (!fits) return 'finite again';
  const before = new Value(infinite.dtype, to, infinite.array, infinite.offset, stretched(infinite, to)).data();
  const there = new Set(Array.from(then.data()).filter((_, i) => !Number.isFinite(before[i]!)));
  return there.size === 1 ? String([...there][0]! + 0) : 'finite again';
}

const listed = (names: readonly string[]): string => {
  const few = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
  return few.length < 2 ? few.join('') : `${few.slice(0, -1).join(', ')} and ${few.at(-1)!}`;
};
