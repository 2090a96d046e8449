// What a derivative takes for granted: paths that were stopped or replaced, and every decision of the program with its
// distance to deciding otherwise. Which steps decide, and how, the primitives declare; nothing here knows them.

import { isFloat } from '../base/dtype.ts';
import { coordinates } from '../base/shape.ts';
import { type Step, tensor, type Tensor, type Trace, Value } from '../graph/index.ts';
import type { MapPrimitive } from '../graph/primitive.ts';
import { abs, cast, gather, slice, sub } from '../ops/index.ts';
import { numbers } from '../primitives/algebra.ts';
import { stretched } from '../primitives/loops.ts';
import type { Assumption } from './explanation.ts';
import type { Formulas } from './formulas.ts';
import { jsonNumber } from './numbers.ts';

/** An entry of a decision and how far it is from deciding otherwise. */
interface Nearest {
  readonly distance: number;
  readonly at: readonly number[];
}

type Found = Pick<Assumption, 'kind' | 'text'> & { readonly nearest?: Nearest | undefined };

/** All assumptions in the order of the program. `reached` says where a derivative arrives. */
export function assumptionsOf(traced: Trace, forward: readonly Step[], formulas: Formulas, reached: (id: number) => boolean): Assumption[] {
  const { graph, inputs, recorder } = traced;
  const touched = graph.dependents(inputs);
  const read = (id: number): Tensor => recorder.tensors[id]!;
  return forward.flatMap((step) => {
    const found = inputs.includes(step.id)
      ? ofInput(step, reached(step.id))
      : ofStep(step, { forward, formulas, read, touched: touched[step.id]!, reached: reached(step.id) });
    return found === undefined ? [] : [{
      kind: found.kind, line: step.id, name: formulas.name(step.id), text: found.text,
      ...(found.nearest !== undefined && { distance: jsonNumber(found.nearest.distance), at: found.nearest.at }),
    }];
  });
}

function ofInput(step: Step, reached: boolean): Found | undefined {
  return reached || !isFloat(step.dtype) ? undefined : { kind: 'no path', text: 'the result does not depend on it, so its gradient is zeros' };
}

interface Context {
  readonly forward: readonly Step[];
  readonly formulas: Formulas;
  readonly read: (id: number) => Tensor;
  readonly touched: boolean;
  readonly reached: boolean;
}

function ofStep(step: Step, context: Context): Found | undefined {
  const { primitive, inputs } = step;
  const formula = context.formulas.expanded(step.id);
  const operands = inputs.map((id) => context.formulas.operand(id));
  const out = context.read(step.id);
  switch (primitive.kind) {
    case 'control':
      if (primitive.control === 'stop') return { kind: 'stop', text: `${operands[0]!} is a constant here` };
      if (primitive.control === 'surrogate') return { kind: 'surrogate', text: `the value of ${operands[0]!} with the derivative of ${operands[1]!}` };
      return primitive.control === 'custom' ? { kind: 'custom', text: `the derivative of ${formula} is the rule given with it` } : undefined;
    case 'map': {
      const xs = inputs.map(context.read);
      if (primitive.decides === 'output' && xs.length === 2) return comparison(step, formula, context);
      // A number that was computed from constants alone cannot come to stand elsewhere.
      if (primitive.decides === undefined || !context.touched) return undefined;
      if (primitive.decides === 'output') return { kind: 'step', text: `${formula} is flat between its jumps`, nearest: nearestJump(primitive, step, xs[0]!) };
      if (!context.reached) return undefined;
      const nearest = smallest(xs.length === 1 ? abs(xs[0]!) : abs(sub(xs[0]!, xs[1]!)));
      return operandTaken(formula, nearest);
    }
    case 'reduce':
      if (primitive.combine === 'sum' || !context.touched) return undefined;
      if (primitive.combine === 'argmax') return { kind: 'choice', text: `${formula} is decided by the values`, nearest: leadOfLargest(context.read(inputs[0]!), out) };
      return context.reached ? operandTaken(formula, leadOfLargest(context.read(inputs[0]!), out)) : undefined;
    case 'order': {
      if (!context.touched || !isFloat(context.read(inputs[0]!).dtype)) return undefined;
      return { kind: 'choice', text: `${formula} is decided by the values`, nearest: closestPair(context.read(inputs[0]!), out, step.params['axis'] as number) };
    }
    default:
      return undefined;
  }
}

function operandTaken(formula: string, nearest: Nearest | undefined): Found {
  return nearest?.distance === 0
    ? { kind: 'tie', text: `${formula} could take either operand; the cotangent is shared, or 0 at the kink of an absolute value`, nearest }
    : { kind: 'choice', text: `${formula} takes the operand it takes now`, nearest };
}

/** A comparison is a mask, or a clamp where its result chooses between the very things it compares. */
function comparison(step: Step, formula: string, { forward, formulas, read, touched }: Context): Found {
  const [a, b] = step.inputs.map(read) as [Tensor, Tensor];
  const data = read(step.id).data;
  const count = data.filter((x) => x !== 0).length;
  const same = (p: number, q: number): boolean => p === q || (formulas.name(p) === formulas.name(q) && !formulas.name(p).startsWith('%'));
  const clamps = forward.some(({ primitive, inputs }) => primitive.kind === 'map' && primitive.vjp[0] === null && inputs.length === 3
    && inputs[0] === step.id && inputs.slice(1).every((branch) => step.inputs.some((operand) => same(operand, branch))));
  const text = `${formula} in ${count} of ${data.length} entries`;
  if (!touched || !isFloat(a.dtype)) return { kind: 'mask', text: `${text}, decided by whole numbers or constants` };
  return { kind: clamps ? 'clamp' : 'mask', text, nearest: smallest(abs(sub(a, b))) };
}

/** The smallest entry of a tensor; undefined where none is a number. */
function smallest(x: Tensor): Nearest | undefined {
  let best = -1;
  x.data.forEach((value, i) => {
    if (!Number.isNaN(value) && (best < 0 || value < x.data[best]!)) best = i;
  });
  return best < 0 ? undefined : { distance: x.data[best]!, at: coordinates(best, x.shape) };
}

/** How far an entry of x is from the nearest jump of a function of one operand: steps of growing size, then bisection. */
function nearestJump(primitive: MapPrimitive, step: Step, x: Tensor): Nearest | undefined {
  const at = (value: number): number => primitive.body(numbers, step.params, value);
  const reach = (value: number, sign: number): number => {
    const jumps = (distance: number): boolean => at(value + sign * distance) !== at(value);
    let far = Math.max(Math.abs(value) * 2 ** -50, 2 ** -60);
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
  };
  const distances = Float64Array.from(x.data, (value) => (Number.isFinite(value) ? Math.min(reach(value, 1), reach(value, -1)) : NaN));
  return smallest(tensor(distances, { shape: x.shape }));
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
