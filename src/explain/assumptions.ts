// What a derivative takes for granted: paths that were stopped or replaced, and every decision of the program with its
// distance to deciding otherwise. Which steps decide, and how, the primitives declare; nothing here knows them.

import { isFloat } from '../base/dtype.ts';
import { coordinates, sameShape } from '../base/shape.ts';
import { type Step, tensor, type Tensor, type Trace, Value } from '../graph/index.ts';
import type { MapPrimitive } from '../graph/primitive.ts';
import { abs, cast, gather, slice, sub } from '../ops/index.ts';
import { numbers } from '../primitives/algebra.ts';
import { stretched } from '../primitives/loops.ts';
import type { Assumption } from './explanation.ts';
import type { Formulas } from './formulas.ts';
import { jsonNumber } from './numbers.ts';
import { overflowsOf, overflowText } from './overflow.ts';

/** An entry of a decision and how far it is from deciding otherwise. */
interface Nearest {
  readonly distance: number;
  readonly at: readonly number[];
}

type Found = Pick<Assumption, 'kind' | 'text'> & { readonly nearest?: Nearest | undefined };

/** All assumptions in the order of the program, what overflows before them. `reached` says where a derivative arrives. */
export function assumptionsOf(
  traced: Trace, forward: readonly Step[], formulas: Formulas, reached: (id: number) => boolean,
): Assumption[] {
  const { graph, inputs, outputs, recorder } = traced;
  const touched = graph.dependents(inputs);
  const read = (id: number): Tensor => recorder.tensors[id]!;
  const valueOf = (id: number): Value => read(id).read();
  const naming = { name: (id: number) => (formulas.hasName(id) ? formulas.name(id) : undefined), formula: (id: number) => formulas.expanded(id) };
  const beyond = overflowsOf(graph, outputs, valueOf).map((found): Assumption =>
    ({ kind: 'overflow', line: found.step, name: formulas.name(found.step), text: overflowText(found, graph, valueOf, naming) }));
  return [...beyond, ...forward.flatMap((step): Assumption[] => {
    const found = inputs.includes(step.id)
      ? ofInput(step, reached(step.id))
      : ofStep(step, { forward, formulas, read, touched: touched[step.id]!, reached: reached(step.id) });
    return found === undefined ? [] : [{
      kind: found.kind, line: step.id, name: formulas.name(step.id), text: found.text,
      ...(found.nearest !== undefined && { distance: jsonNumber(found.nearest.distance), at: found.nearest.at }),
    }];
  })];
}

function ofInput(step: Step, reached: boolean): Found | undefined {
  if (reached || !isFloat(step.dtype)) return undefined;
  return { kind: 'no path', text: 'no derivative reaches it, so its gradient is zeros' };
}

interface Context {
  readonly forward: readonly Step[];
  readonly formulas: Formulas;
  readonly read: (id: number) => Tensor;
  readonly touched: boolean;
  readonly reached: boolean;
}

function ofStep(step: Step, context: Context): Found | undefined {
  const { primitive, inputs, params } = step;
  const { formulas, read, touched, reached } = context;
  const formula = formulas.expanded(step.id);
  const [first, second] = inputs.map((id) => formulas.operand(id));
  const xs = inputs.map(read);
  // What was computed from constants alone cannot come to decide otherwise.
  const moves = touched && xs.every((x) => isFloat(x.dtype));
  if (primitive.kind === 'control') {
    if (primitive.control === 'stop') return { kind: 'stop', text: `${first!} is a constant here` };
    if (primitive.control === 'surrogate') return { kind: 'surrogate', text: `the value of ${first!} with the derivative of ${second!}` };
    return primitive.control === 'custom' ? { kind: 'custom', text: `the derivative of ${formula} is the rule given with it` } : undefined;
  }
  if (primitive.kind === 'map' && primitive.decides === 'output') {
    if (xs.length === 2) return comparison(step, formula, moves, context);
    return moves ? { kind: 'step', text: `${formula} is flat between its jumps`, nearest: nearestJump(primitive, step, xs[0]!) } : undefined;
  }
  if (!moves) return undefined;
  const placed = (nearest: Nearest | undefined): Found => ({ kind: 'choice', text: `${formula} keeps its places`, nearest });
  if (primitive.kind === 'order') return placed(closestPair(xs[0]!, read(step.id), params['axis'] as number));
  if (primitive.kind === 'reduce' && primitive.combine === 'argmax') return placed(leadOfLargest(xs[0]!, read(step.id)));
  // Where no derivative arrives, which operand was taken makes no difference to it.
  if (!reached) return undefined;
  if (primitive.kind === 'reduce' && primitive.combine === 'max') return operandTaken(formula, 2, leadOfLargest(xs[0]!, read(step.id)));
  if (primitive.kind !== 'map' || primitive.decides === undefined) return undefined;
  return operandTaken(formula, xs.length, smallest(abs(xs.length === 1 ? xs[0]! : sub(xs[0]!, xs[1]!))));
}

function operandTaken(formula: string, operands: number, nearest: Nearest | undefined): Found {
  const kept = operands === 1 ? 'its sign' : 'the operand it takes';
  if (nearest?.distance !== 0) return { kind: 'choice', text: `${formula} keeps ${kept}`, nearest };
  const tied = operands === 1 ? 'is at its kink, where its slope is 0' : 'takes equal operands, which share the cotangent';
  return { kind: 'tie', text: `${formula} ${tied}`, nearest };
}

/** A comparison is a mask, or a clamp where its result chooses between the very things it compares. */
function comparison(step: Step, formula: string, moves: boolean, context: Context): Found {
  const { forward, formulas, read } = context;
  const { data } = read(step.id);
  const use = onlyChoice(step, context);
  const isAsked = (i: number): boolean => use === undefined || (use.mask[i] !== 0) === use.where;
  const asked = Array.from(data.keys()).filter(isAsked);
  const among = use === undefined ? 'entries' : `entries ${use.where ? 'inside' : 'outside'} ${use.condition}`;
  const text = `${formula} in ${asked.filter((i) => data[i] !== 0).length} of ${asked.length} ${among}`;
  if (!moves) return { kind: 'mask', text: `${text}, decided by whole numbers or constants` };
  const compared = step.inputs.map((id) => formulas.name(id));
  const selects = (use: Step): boolean => {
    const [condition, ...branches] = use.inputs;
    return isChoice(use) && condition === step.id && branches.every((id) => compared.includes(formulas.name(id)));
  };
  const [a, b] = step.inputs.map(read);
  return { kind: forward.some(selects) ? 'clamp' : 'mask', text, nearest: smallest(abs(sub(a, b)), isAsked) };
}

/** True for a choice between two operands by a third. */
const isChoice = ({ primitive, inputs }: Step): boolean => primitive.kind === 'map' && primitive.vjp[0] === null && inputs.length === 3;

/**
 * The choice that is the only use of a comparison, as f < c is only asked of the other classes in `0 if k = y else
 * f < c`: its condition, and whether the comparison is asked where that holds. The rest of its entries decide nothing.
 */
function onlyChoice(step: Step, { forward, formulas, read }: Context): { condition: string; mask: ArrayLike<number>; where: boolean } | undefined {
  const uses = forward.filter(({ inputs }) => inputs.includes(step.id));
  const [use] = uses;
  if (uses.length !== 1 || !isChoice(use!)) return undefined;
  const [condition, yes, no] = use!.inputs as [number, number, number];
  const { shape, data: mask } = read(condition);
  if (yes === no || condition === step.id || !sameShape(shape, step.shape)) return undefined;
  return { condition: formulas.name(condition), mask, where: yes === step.id };
}

/** The smallest entry of a tensor among those asked for; undefined where none is a number. */
function smallest(x: Tensor, asked: (i: number) => boolean = () => true): Nearest | undefined {
  let best = -1;
  x.data.forEach((value, i) => {
    if (asked(i) && !Number.isNaN(value) && (best < 0 || value < x.data[best]!)) best = i;
  });
  return best < 0 ? undefined : { distance: x.data[best]!, at: coordinates(best, x.shape) };
}

/** How far an entry of x is from the nearest jump of a function of one operand. */
function nearestJump(primitive: MapPrimitive, step: Step, x: Tensor): Nearest | undefined {
  const at = (value: number): number => primitive.body(numbers, step.params, value);
  const distance = (value: number): number => Math.min(toNextJump(at, value, 1), toNextJump(at, value, -1));
  return smallest(tensor(Float64Array.from(x.data, distance), { shape: x.shape }));
}

/** How far a value is from the next jump of a function, upwards or downwards: steps of growing size, then bisection. */
export function toNextJump(at: (value: number) => number, value: number, sign: 1 | -1): number {
  if (!Number.isFinite(value)) return NaN;
  const jumps = (distance: number): boolean => at(value + sign * distance) !== at(value);
  let far = Math.max(Math.abs(value) * 2 ** -50, 2 ** -60);
  if (jumps(far)) return 0;
  while (!jumps(far)) {
    if (far > 2 ** 40) return Infinity;
    far *= 2;
  }
  let near = 0;
  for (let i = 0; i < 60; i++) {
    const middle = (near + far) / 2;
    if (jumps(middle)) far = middle;
    else near = middle;
  }
  return near;
}

/** By how much the largest of a group leads the next one, in the group where that is least. */
function leadOfLargest(x: Tensor, out: Tensor): Nearest | undefined {
  const ids = new Value('i32', out.shape, Int32Array.from({ length: out.size }, (_, i) => i));
  const group = new Value('i32', x.shape, ids.array, 0, stretched(ids, x.shape)).data();
  const [largest, second] = [new Float64Array(out.size).fill(-Infinity), new Float64Array(out.size).fill(-Infinity)];
  x.data.forEach((value, i) => {
    const g = group[i]!;
    if (value > largest[g]!) [largest[g], second[g]] = [value, largest[g]!];
    else if (value > second[g]!) second[g] = value;
  });
  const leads = largest.map((value, g) => (second[g] === -Infinity ? NaN : value - second[g]!));
  return smallest(tensor(leads, { shape: out.shape }));
}

/** The smallest gap between neighbours in an order along an axis. */
function closestPair(x: Tensor, order: Tensor, axis: number): Nearest | undefined {
  if (x.shape[axis]! < 2) return undefined;
  const sorted = cast(gather(x, order, axis), 'f64');
  const part = (from: number, to?: number): Tensor => slice(sorted, sorted.shape.map((_, a) => (a === axis ? [from, to ?? null] : null)));
  return smallest(abs(sub(part(1), part(0, -1))));
}
