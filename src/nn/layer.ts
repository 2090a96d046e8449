// What a layer is: two plain functions, one that makes parameters and state from a key and one that applies them. What
// is learned and what is remembered are trees of tensors handed in and out, so nothing is hidden in an object and a
// whole training step is a function. Nothing here knows a loss, an optimiser or an engine.

import { demandFunction, demandMade } from '../base/demand.ts';
import type { FloatDType } from '../base/dtype.ts';
import { DomainError, DTypeError, message, ShapeError } from '../base/errors.ts';
import { shapeText } from '../base/shape.ts';
import type { Tree } from '../base/tree.ts';
import type { Tensor } from '../graph/index.ts';
import { demandFloat } from '../ops/operands.ts';

/** A tensor, or lists and records of them. */
export type ParameterTree = Tree<Tensor>;
/** What a layer without parameters or without state has. */
export type Nothing = Readonly<Record<string, never>>;

export interface Variables<P extends ParameterTree = ParameterTree, S extends ParameterTree = ParameterTree> {
  /** What is learned. */
  readonly params: P;
  /** What is remembered from step to step and not learned. */
  readonly state: S;
}

export interface InitOptions {
  /** Default f32. */
  readonly dtype?: FloatDType;
}

export interface ApplyOptions {
  /** Whether this is a training step: dropout drops, and batchNorm uses and remembers the statistics of the batch. */
  readonly train: boolean;
  /** Where the randomness of a training step comes from; a new one for every step. */
  readonly key?: Tensor;
}

export interface Layer<P extends ParameterTree = ParameterTree, S extends ParameterTree = ParameterTree> {
  init(key: Tensor, options?: InitOptions): Variables<P, S>;
  apply(variables: Variables<P, S>, x: Tensor, options: ApplyOptions): { readonly y: Tensor; readonly state: S };
}

/**
 * The layer of a function of one tensor: nothing learned, nothing remembered.
 *
 * Shapes    those of the function
 * Gradient  that of the function
 */
export function stateless(f: (x: Tensor) => Tensor): Layer<Nothing, Nothing> {
  demandFunction(f, 'stateless');
  return {
    init: () => ({ params: {}, state: {} }),
    apply: (variables, x) => {
      demandVariables(variables, 'apply');
      return { y: f(x), state: variables.state };
    },
  };
}

/** Refuses what no `init` has made. */
export const demandVariables = (variables: unknown, who: string): void => demandMade(variables, ['params', 'state'], who, 'variables, as init makes them');

/** Refuses a call that does not say whether it trains: a forgotten mode would silently be the wrong one. */
export function demandMode(options: ApplyOptions, who: string): void {
  if (typeof options?.train === 'boolean') return;
  throw new DomainError(message(
    `${who}: train = ${String(options?.train)}`,
    'A layer is told whether it trains', 'Pass { train: true } or { train: false }'));
}

/** Refuses a size that is none; called when a layer is made, so that the mistake is found where it was written. */
export function demandSizes(who: string, sizes: Readonly<Record<string, number>>): void {
  for (const [name, n] of Object.entries(sizes)) {
    if (!Number.isInteger(n) || n < 1) {
      throw new DomainError(message(`${who}: ${name} = ${n}`, 'Sizes are whole numbers ≥ 1', 'Check the options'));
    }
  }
}

/** Refuses an input whose axis does not have the size the layer was made for. */
export function demandAxis(who: string, x: Tensor, axis: number, name: string, size: number): void {
  demandFloat(x, who);
  if (x.shape.at(axis) !== size) {
    throw new ShapeError(message(
      `${who}: x ${shapeText(x.shape)}`,
      `Axis ${axis} holds ${size} ${name}`, 'Check the layer before, or the options of this one'));
  }
}

/** Refuses parameters of another type than the input: nothing is converted silently. */
export function demandType(who: string, x: Tensor, parameter: Tensor): void {
  if (x.dtype === parameter.dtype) return;
  throw new DTypeError(message(
    `${who}: x is ${x.dtype}, the parameters are ${parameter.dtype}`, 'Both have one type',
    `Use init(key, { dtype: '${x.dtype}' }) or cast(x, '${parameter.dtype}')`));
}
