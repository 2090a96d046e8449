// What an optimiser is: a value with two functions, init and update, and a rule for one parameter between them. The
// state is a tree like any other: a step counter, and for every slot of memory a tree of the form of the parameters. The
// rule is written in ops, and the learning rate and the counter are tensors, so a training step can be recorded and
// compiled as one program. Nothing here knows layers or losses.

import { demandMade } from '../base/demand.ts';
import type { FloatDType } from '../base/dtype.ts';
import { DomainError, DTypeError, message, ShapeError } from '../base/errors.ts';
import { sameShape, shapeText } from '../base/shape.ts';
import { type Flat, flatten, type Tree } from '../base/tree.ts';
import { currentRecorder, floatTypeOf, isTensor, lift, type Operand, tensor, type Tensor } from '../graph/index.ts';
import { add, cast, zeros } from '../ops/index.ts';
import { demandOptions } from '../ops/operands.ts';

export type ParameterTree = Tree<Tensor>;
/** A tree of the form of the parameters, null where an integer has no gradient. */
export type Gradients = Tree<Tensor | null>;

/** The number of updates so far, i32 [], and the slots of memory, each a tree of the form of the parameters. */
export type OptimizerState = { readonly step: Tensor; readonly [slot: string]: ParameterTree };

export interface UpdateOptions {
  /** The learning rate of this update, from a schedule for example; a tensor [] where it is computed. */
  readonly lr?: Operand;
}

export interface Optimizer {
  init(params: ParameterTree): OptimizerState;
  /** A gradient leaf that is null leaves its parameter and its memory as they are. */
  update<P extends ParameterTree>(
    gradients: Gradients, state: OptimizerState, params: P, options?: UpdateOptions,
  ): { readonly params: P; readonly state: OptimizerState };
}

/** What an update computes once for all parameters: learning rate and step number (from 1), both [] in their type. */
export interface Moment {
  readonly lr: Tensor;
  readonly step: Tensor;
}

/** The memory of one parameter, by slot. */
type Memory<Slot extends string> = { readonly [slot in Slot]: Tensor };

/** One parameter and its gradient → the parameter and its memory after the update. */
export type Rule<Slot extends string> = (moment: Moment) =>
  (p: Tensor, g: Tensor, memory: Memory<Slot>) => { readonly p: Tensor; readonly memory: Memory<Slot> };

/** An optimiser from its rule; the rule is called once per update and what it returns once per parameter. */
export function optimizer<Slot extends string>(who: string, lr: number, slots: readonly Slot[], rule: Rule<Slot>): Optimizer {
  demandRate(who, lr);
  return {
    init: (params) => {
      const flat = flatten(params, isTensor);
      const fresh = (): ParameterTree => flat.rebuild(flat.leaves.map((p) => zeros(p.shape, { dtype: p.dtype })));
      return { step: tensor(0, { dtype: 'i32' }), ...Object.fromEntries(slots.map((slot) => [slot, fresh()])) };
    },
    update: <P extends ParameterTree>(gradients: Gradients, state: OptimizerState, params: P, options: UpdateOptions = {}) => {
      demandOptions(options, ['lr'], who);
      demandMade(state, ['step'], who, 'a state, as init makes it');
      const flat = flatten(params, isTensor);
      const dtype = floatTypeOf(flat.leaves);
      const given = gradientsOf(who, gradients, flat, dtype);
      const memories = slots.map((slot) => slotOf(who, state, slot, flat));
      const step = add(state.step, 1);
      const apply = rule({ lr: rateTensor(who, options.lr ?? lr, dtype), step: cast(step, dtype) });
      const next = flat.leaves.map((p, i) => {
        const memory = Object.fromEntries(slots.map((slot, s) => [slot, memories[s]![i]!])) as Memory<Slot>;
        return given[i] === null ? { p, memory } : apply(p, given[i]!, memory);
      });
      const trees = slots.map((slot) => [slot, flat.rebuild(next.map(({ memory }) => memory[slot]))]);
      return { params: flat.rebuild(next.map(({ p }) => p)) as P, state: { step, ...Object.fromEntries(trees) } };
    },
  };
}

/** One gradient per parameter, each of its shape and type. */
function gradientsOf(
  who: string, gradients: Gradients, params: Flat<Tensor>, dtype: FloatDType,
): readonly (Tensor | null)[] {
  const { leaves, paths } = flatten(gradients, (x): x is Tensor | null => x === null || isTensor(x));
  const stranger = params.paths.findIndex((path, i) => path !== paths[i]);
  if (stranger >= 0 || paths.length !== params.paths.length) {
    const missing = stranger < 0 ? '' : `, none for '${params.paths[stranger]!}'`;
    throw new ShapeError(message(
      `${who}: ${paths.length} gradients for ${params.paths.length} parameters${missing}`,
      'Gradients have the form of the parameters', 'Use the gradient by this very tree'));
  }
  params.leaves.forEach((p, i) => {
    const g = leaves[i]!;
    if (g === null) return;
    if (!sameShape(g.shape, p.shape)) {
      throw new ShapeError(message(
        `${who}: '${paths[i]!}' ${shapeText(p.shape)} with a gradient ${shapeText(g.shape)}`,
        'A gradient has the shape of its parameter', 'Check the order of the trees'));
    }
    if (p.dtype !== dtype || g.dtype !== dtype) {
      throw new DTypeError(message(
        `${who}: '${paths[i]!}' ${p.dtype} with a gradient ${g.dtype} among parameters of type ${dtype}`,
        'Parameters and gradients of one optimiser have one float type', 'Use cast, or an optimiser per type'));
    }
  });
  return leaves;
}

function slotOf(who: string, state: OptimizerState, slot: string, params: Flat<Tensor>): readonly Tensor[] {
  const { leaves, paths } = flatten(state[slot] ?? [], isTensor);
  const fits = (p: Tensor, i: number): boolean => paths[i] === params.paths[i] && sameShape(leaves[i]!.shape, p.shape);
  if (paths.length !== params.paths.length || !params.leaves.every(fits)) {
    throw new ShapeError(message(
      `${who}: the memory '${slot}' belongs to other parameters`,
      'The state has the form of the parameters', `Use ${who}(…).init(params)`));
  }
  return leaves;
}

/** The learning rate as a tensor []; a number is rounded to the type of the parameters, once. */
function rateTensor(who: string, lr: Operand, dtype: FloatDType): Tensor {
  if (!isTensor(lr)) {
    demandRate(who, lr);
    return lift(lr, dtype);
  }
  if (lr.rank !== 0) {
    throw new ShapeError(message(`${who}: lr ${lr}`, 'The learning rate is one number', 'Use reshape(lr, []), or pass a number'));
  }
  if (lr.dtype !== dtype) {
    throw new DTypeError(message(
      `${who}: lr ${lr} for parameters of type ${dtype}`, 'Both have one type', 'Use cast, or pass a number'));
  }
  if (currentRecorder()?.mode !== 'abstract') demandRate(who, lr.item());
  return lr;
}

function demandRate(who: string, lr: number): void {
  demandRange(who, 'lr', lr, lr >= 0 && lr < Infinity, 'The learning rate is a finite number ≥ 0');
}

/** Refuses a hyperparameter outside its range, naming its value. */
export function demandRange(who: string, name: string, value: number, fits: boolean, rule: string): void {
  if (typeof value === 'number' && fits) return;
  throw new DomainError(message(`${who}: ${name} = ${String(value)}`, rule, 'Check the options'));
}

/** Refuses numbers that must be finite and ≥ 0, by name. */
export function demandNonNegative(who: string, numbers: Readonly<Record<string, number>>): void {
  for (const [name, x] of Object.entries(numbers)) {
    demandRange(who, name, x, x >= 0 && x < Infinity, `${name} is a finite number ≥ 0`);
  }
}

/** Refuses shares that must lie in [0, 1): at 1 an average would never hear of anything new. */
export function demandShares(who: string, numbers: Readonly<Record<string, number>>): void {
  for (const [name, x] of Object.entries(numbers)) demandRange(who, name, x, x >= 0 && x < 1, `${name} lies in [0, 1)`);
}
