// What a pass may know of a primitive without knowing its name: what its body does when it is read as signs instead of
// numbers, what a source counts, whether a constant is one number throughout.

import { sizeOf } from '../../base/shape.ts';
import type { Algebra, MapPrimitive, Params, Step, Value } from '../../graph/index.ts';

/** `copy`: the operand itself; `product`: a · b; `power`: a^b; undefined: anything else. */
type Sign = 'a' | 'b' | 'c' | 'copy' | 'product' | 'power' | undefined;

const nothing = (): Sign => undefined;
const both = (sign: Sign) => (x: Sign, y: Sign): Sign => (x === 'a' && y === 'b' ? sign : undefined);

const signs: Algebra<Sign> = {
  constant: nothing, add: nothing, sub: nothing, mul: both('product'), div: nothing, neg: nothing, chain: nothing,
  pow: both('power'), exp: nothing, log: nothing, log1p: nothing, expm1: nothing, sqrt: nothing, sin: nothing, cos: nothing,
  acos: nothing, tanh: nothing, abs: nothing, sign: nothing, floor: nothing, round: nothing, max: nothing, min: nothing,
  less: nothing, lessEqual: nothing, equal: nothing, select: nothing,
};

/** What a map is, read from its body. */
export function signOf(primitive: MapPrimitive, params: Params): Sign {
  const sign = primitive.body<Sign>(signs, params, 'a', 'b', 'c');
  return sign === 'a' ? 'copy' : sign;
}

/** The one number all elements of a constant are, or undefined. */
export function uniform(step: Step): number | undefined {
  const value = constantOf(step);
  if (value === undefined || sizeOf(value.shape) === 0) return undefined;
  const still = value.shape.every((n, axis) => n === 1 || value.strides[axis] === 0);
  return still ? value.array[value.offset] : undefined;
}

/** The numbers of a step that is a constant. */
export function constantOf(step: Step): Value | undefined {
  if (step.primitive.kind !== 'source' || step.inputs.length > 0) return undefined;
  return step.params['value'] as Value | undefined;
}

const counting = new WeakMap<Step, boolean>();

/** True for a step that needs no bytes: 0, 1, 2, … */
export function counts(step: Step): boolean {
  let known = counting.get(step);
  if (known === undefined) counting.set(step, (known = isCount(step)));
  return known;
}

function isCount(step: Step): boolean {
  const { primitive, inputs, params, shape } = step;
  if (primitive.kind !== 'source' || inputs.length > 0 || shape.length !== 1) return false;
  return !isInput(step) && constantOf(step) === undefined && step.dtype !== 'f64'
    && primitive.run([], params).data().every((x, i) => x === i);
}

/** True for a placeholder: a source that has no numbers of its own. */
export function isInput(step: Step): boolean {
  const { primitive, inputs, params } = step;
  if (primitive.kind !== 'source' || inputs.length > 0 || constantOf(step) !== undefined) return false;
  return primitive.run([], params) === undefined;
}
