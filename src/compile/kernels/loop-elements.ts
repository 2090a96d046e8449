// A sum over a row that picks one element, Σ (x if k = index else 0), is that element: +0 added to anything but −0
// changes no bit, and the sum begins at +0. So a loss may say its target by a one-hot mask; no pass over the row is
// spent on it. What a mask is, is read from the bodies of the maps, by an algebra that notes what was asked of it.

import type { Algebra, MapPrimitive, Params } from '../../graph/index.ts';
import { inputsOf, type Level, levelsOf, type Pick, type RowQuantity, type Rows } from './loop-passes.ts';

/** What a body made of its inputs: an input by number, a constant, or an operation on others. */
type Term =
  | { readonly op: 'input'; readonly input: number }
  | { readonly op: 'constant'; readonly value: number }
  | { readonly op: Exclude<keyof Algebra<Term>, 'constant'>; readonly of: readonly Term[] };

const note = (op: Exclude<keyof Algebra<Term>, 'constant'>) => (...of: Term[]): Term => ({ op, of });

const notes: Algebra<Term> = {
  constant: (value) => ({ op: 'constant', value }),
  add: note('add'), sub: note('sub'), mul: note('mul'), div: note('div'), neg: note('neg'), chain: note('chain'),
  pow: note('pow'),
  exp: note('exp'), log: note('log'), log1p: note('log1p'), expm1: note('expm1'), sqrt: note('sqrt'), sin: note('sin'),
  cos: note('cos'), acos: note('acos'), tanh: note('tanh'), abs: note('abs'), sign: note('sign'), floor: note('floor'),
  round: (a) => note('round')(a), max: note('max'), min: note('min'),
  less: note('less'), lessEqual: note('lessEqual'), equal: note('equal'), select: note('select'),
};

const termOf = (primitive: MapPrimitive, params: Params, count: number): Term =>
  primitive.body(notes, params, ...Array.from({ length: count }, (_, input): Term => ({ op: 'input', input })));

function marksOf({ quantities, iotaStrides }: Rows, levels: readonly Level[]): ReadonlyMap<number, number> {
  const marks = new Map<number, number>();
  quantities.forEach((q, i) => {
    if (q.op !== 'map') return;
    const term = termOf(q.primitive, q.params, q.inputs.length);
    // A cast leaves the number as it is.
    const known = term.op === 'input' ? marks.get(q.inputs[term.input]!) : undefined;
    if (known !== undefined) marks.set(i, known);
    if (term.op !== 'equal') return;
    const sides = term.of.map((side) => (side.op === 'input' ? q.inputs[side.input]! : -1));
    for (const [position, index] of [sides, sides.toReversed()] as [number, number][]) {
      const count = quantities[position];
      const isPosition = count?.op === 'iota' && count.dtype === 'i32' && iotaStrides.get(position)!.at(-1) === 1;
      if (isPosition && index >= 0 && levels[index] !== 'full') marks.set(i, index);
    }
  });
  return marks;
}

/** The same loop with its marks, sums that pick one element being that element. */
export function pickElements(rows: Rows): Rows {
  const { quantities, stores } = rows;
  const marks = marksOf(rows, levelsOf(rows));
  const inBlocks = new Set(stores.filter((s) => s.as === 'blocks').map((s) => s.quantity));

  const isZero = (term: Term, inputs: readonly number[]): boolean => {
    const source: Term | RowQuantity = term.op === 'input' ? quantities[inputs[term.input]!]! : term;
    return source.op === 'constant' && Object.is(source.value, 0);
  };

  /** The element that a summed quantity is where it is not 0. */
  const picked = (i: number): Pick | undefined => {
    const q = quantities[i]!;
    if (q.op !== 'map' || q.dtype !== 'f32') return undefined;
    const term = termOf(q.primitive, q.params, q.inputs.length);
    if (term.op !== 'select' || !isZero(term.of[2]!, q.inputs)) return undefined;
    const [condition, x] = term.of;
    if (condition!.op !== 'input' || x!.op !== 'input') return undefined;
    const index = marks.get(q.inputs[condition!.input]!);
    return index === undefined ? undefined : { op: 'pick', dtype: 'f32', of: q.inputs[x!.input]!, index };
  };

  const isSum = (q: RowQuantity, i: number): boolean => q.op === 'reduce' && q.combine === 'sum' && !inBlocks.has(i);
  return { ...rows, quantities: quantities.map((q, i) => (isSum(q, i) ? picked(inputsOf(q)[0]!) ?? q : q)), marks };
}
