// The maps of a loop read in lanes. A lane is a 32-bit word; a body on Float32 is read by `lanes.ts`, one on i32 by the
// words' own algebra, which has what i32 steps have: sums, products, comparisons, choices. Between the two stands the
// cast, whose result has another type than its input.

import type { Algebra, MapPrimitive, Params } from '../../graph/index.ts';
import type { RowQuantity } from './loop-passes.ts';
import { type Expression, LaneCode } from '../wasm/lane-code.ts';
import { type Body, type Lanes, readBody, Unreadable } from '../wasm/lanes.ts';

type Number32 = 'f32' | 'i32';

/** What a map makes of some lanes of one type. Throws Unreadable where no lane can do it. */
export function readMap<T, W>(
  L: Lanes<T, W>, primitive: MapPrimitive, params: Params, inputs: readonly T[], from: Number32, to: Number32,
): T {
  const body: Body = (algebra, ...xs) => primitive.body(algebra, params, ...xs);
  const value = from === 'f32' ? readBody(L, body, inputs) : body(wordAlgebra(L), ...inputs);
  if (from === to) return value;
  // A number that no i32 holds is an error, which lanes cannot raise: such a cast is a step on the host.
  if (to === 'i32') throw new Unreadable('a cast to i32');
  return L.fromWord(value);
}

/** The scalar algebra in 32-bit integers, which wrap. */
function wordAlgebra<T, W>(L: Lanes<T, W>): Algebra<T> {
  const none = (name: string) => (): never => {
    throw new Unreadable(`${name} of i32`);
  };
  const truth = (mask: T): T => L.and(mask, L.word(1));
  const one = (): T => L.word(1);
  const zero = (): T => L.word(0);
  return {
    constant: (x) => (Number.isInteger(x) ? L.word(x | 0) : none(`the constant ${x}`)()),
    add: (a, b) => L.addWords(a, b),
    sub: (a, b) => L.subWords(a, b),
    mul: (a, b) => L.mulWords(a, b),
    neg: (a) => L.subWords(zero(), a),
    max: (a, b) => L.maxWords(a, b),
    min: (a, b) => L.minWords(a, b),
    less: (a, b) => truth(L.greaterWords(b, a)),
    lessEqual: (a, b) => L.subWords(one(), truth(L.greaterWords(a, b))),
    equal: (a, b) => truth(L.equalWords(a, b)),
    // Where the condition is 0 the second branch is taken, else the first.
    select: (condition, a, b) => L.select(L.equalWords(condition, zero()), b, a),
    div: none('div'), chain: none('chain'), pow: none('pow'), exp: none('exp'), log: none('log'), log1p: none('log1p'),
    expm1: none('expm1'), sqrt: none('sqrt'), sin: none('sin'), cos: none('cos'), acos: none('acos'), tanh: none('tanh'),
    abs: none('abs'), sign: none('sign'), floor: none('floor'), round: none('round'),
  };
}

/** Whether lanes can compute a map from inputs of one type to a result of another (a map has at most three inputs). */
export function isReadable(primitive: MapPrimitive, params: Params, from: Number32, to: Number32): boolean {
  try {
    const lanes = new LaneCode();
    readMap(lanes, primitive, params, [0, 1, 2].map((slot) => lanes.input(slot)), from, to);
    return true;
  } catch (error) {
    if (error instanceof Unreadable) return false;
    throw error;
  }
}

/** The vector instructions of one quantity, given its inputs. */
export function costOf(q: RowQuantity, quantities: readonly RowQuantity[]): number {
  if (q.op !== 'map') return q.op === 'constant' ? 0 : q.op === 'reduce' ? 5 : 1;
  const lanes = new LaneCode();
  const inputs = q.inputs.map((_, slot) => lanes.input(slot));
  return sizeOf([readMap(lanes, q.primitive, q.params, inputs, typeOfInputs(q.inputs, quantities), q.dtype)]);
}

/** The type of the inputs of a map, which is one. */
export const typeOfInputs = (inputs: readonly number[], quantities: readonly RowQuantity[]): Number32 =>
  quantities[inputs[0]!]!.dtype;

/** How many different instructions some results need. */
export const sizeOf = (results: readonly Expression[]): number =>
  [...expressionsIn(results)].filter((x) => x.inputs.length > 0).length;

/** Results, and everything they are computed from. */
export function expressionsIn(results: readonly Expression[]): ReadonlySet<Expression> {
  const seen = new Set<Expression>();
  const visit = (x: Expression): void => {
    if (seen.has(x)) return;
    seen.add(x);
    x.inputs.forEach(visit);
  };
  results.forEach(visit);
  return seen;
}
