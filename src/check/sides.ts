// What a deciding step compares: for every entry the two quantities whose difference decides it, and what it decides. Which
// steps decide, and how, the primitives declare; nothing here knows them.

import { isFloat, type TypedArray } from '../base/dtype.ts';
import { toNextJump } from '../explain/assumptions.ts';
import type { Step } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { Value } from '../graph/value.ts';
import { numbers } from '../primitives/algebra.ts';
import { stretched } from '../primitives/loops.ts';

/** An entry of a step, and a sign: what the gap is a sum of. */
interface Term {
  readonly step: number;
  readonly entry: number;
  readonly sign: 1 | -1;
}

/** One entry of a decision; it flips where the gap passes 0. */
export interface Side {
  readonly entry: number;
  readonly gap: number;
  readonly terms: readonly Term[];
  /** What is decided, from the values of the step and of its operands. */
  readonly taken: (values: readonly (Value | undefined)[]) => number;
}

type Values = readonly (Value | undefined)[];

/** The entries of a step that decide; none for a step that does not, and for decisions about whole numbers. */
export function sidesOf(step: Step, read: (id: number) => Tensor): Side[] {
  const { primitive, inputs } = step;
  const xs = inputs.map(read);
  if (xs.length === 0 || !xs.every((x) => isFloat(x.dtype))) return [];
  if (primitive.kind === 'map' && primitive.decides !== undefined) {
    return xs.length === 1 ? ofOne(step, xs[0]!) : ofTwo(step, xs as [Tensor, Tensor]);
  }
  if (primitive.kind === 'reduce' && primitive.combine !== 'sum') return ofGroups(step, xs[0]!, read(step.id));
  return primitive.kind === 'order' ? ofOrder(step, xs[0]!, read(step.id)) : [];
}

const entryIn = (values: Values, step: number, entry: number): number => values[step]!.data()[entry]!;

function ofOne(step: Step, x: Tensor): Side[] {
  const { primitive, params, id } = step;
  const input = step.inputs[0]!;
  return Array.from(x.data, (value, entry) => {
    const byOutput = primitive.kind === 'map' && primitive.decides === 'output';
    const at = (v: number): number => (primitive.kind === 'map' ? primitive.body(numbers, params, v) : v);
    const [up, down] = byOutput ? [toNextJump(at, value, 1), toNextJump(at, value, -1)] : [Infinity, value];
    return {
      entry, gap: up < down ? -up : down, terms: [{ step: input, entry, sign: 1 }],
      taken: (values) => (byOutput ? entryIn(values, id, entry) : Math.sign(entryIn(values, input, entry))),
    };
  });
}

function ofTwo(step: Step, [a, b]: readonly [Tensor, Tensor]): Side[] {
  const [first, second] = step.inputs as [number, number];
  const [atA, atB] = [placesIn(a, step.shape), placesIn(b, step.shape)];
  return Array.from(atA, (i, entry) => {
    const j = atB[entry]!;
    const byOutput = step.primitive.kind === 'map' && step.primitive.decides === 'output';
    return {
      entry, gap: a.data[i]! - b.data[j]!, terms: [{ step: first, entry: i, sign: 1 }, { step: second, entry: j, sign: -1 }],
      taken: (values) => (byOutput
        ? entryIn(values, step.id, entry) : Math.sign(entryIn(values, first, i) - entryIn(values, second, j))),
    };
  });
}

/** The largest of every group against the next one. */
function ofGroups(step: Step, x: Tensor, out: Tensor): Side[] {
  const input = step.inputs[0]!;
  const members: number[][] = Array.from({ length: out.size }, () => []);
  placesIn(out, x.shape).forEach((group, i) => members[group]!.push(i));
  return members.flatMap((group, entry): Side[] => {
    const largest = (among: readonly number[], data: ArrayLike<number>): number =>
      among.reduce((best, i) => (data[i]! > data[best]! ? i : best), among[0]!);
    if (group.length < 2) return [];
    const first = largest(group, x.data);
    const second = largest(group.filter((i) => i !== first), x.data);
    return [{
      entry, gap: x.data[first]! - x.data[second]!,
      terms: [{ step: input, entry: first, sign: 1 }, { step: input, entry: second, sign: -1 }],
      taken: (values) => largest(group, values[input]!.data()),
    }];
  });
}

/** Every place of an order against the next one. */
function ofOrder(step: Step, x: Tensor, order: Tensor): Side[] {
  const input = step.inputs[0]!;
  const axis = step.params['axis'] as number;
  const stride = x.shape.slice(axis + 1).reduce((product, n) => product * n, 1);
  const length = x.shape[axis]!;
  return Array.from(order.data, (place, entry): Side | undefined => {
    const at = Math.floor(entry / stride) % length;
    if (at === length - 1) return undefined;
    const start = entry - at * stride;
    const [here, next] = [start + place * stride, start + order.data[entry + stride]! * stride];
    return {
      entry, gap: x.data[next]! - x.data[here]!,
      terms: [{ step: input, entry: next, sign: 1 }, { step: input, entry: here, sign: -1 }],
      taken: (values) => entryIn(values, step.id, entry),
    };
  }).filter((side) => side !== undefined);
}

/** For every entry of a larger shape the place of the entry that is stretched to it. */
function placesIn(x: Tensor, shape: readonly number[]): TypedArray {
  const ids = new Value('i32', x.shape, Int32Array.from({ length: x.size }, (_, i) => i));
  return new Value('i32', shape, ids.array, 0, stretched(ids, shape)).data();
}
