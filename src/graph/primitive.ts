// The contract of a primitive: one record that says everything about an operation. Passes read its `kind` and its
// declared properties, never its name, so an engine that implements the kinds has every primitive.
// The records themselves are in `primitives/`; this file only says what a record is.

import type { DType } from '../base/dtype.ts';
import type { Shape } from '../base/shape.ts';
import type { Tensor } from './tensor.ts';
import type { Value } from './value.ts';

/** Static arguments of a step: JSON values, except the value of a constant and the sub-graphs of a custom step. */
export type Params = Readonly<Record<string, unknown>>;

export interface Typed {
  readonly shape: Shape;
  readonly dtype: DType;
}

/**
 * The arithmetic a map body is written in. Read as numbers it is the reference, as dual numbers the independent
 * derivative, as text the formula. A comparison gives 1 or 0 in the same algebra; `select` takes the second argument
 * where the first is not 0.
 */
export interface Algebra<T> {
  constant(x: number): T;
  add(a: T, b: T): T;
  sub(a: T, b: T): T;
  mul(a: T, b: T): T;
  div(a: T, b: T): T;
  neg(a: T): T;
  /** A product in which an exact 0 in `g` wins over any slope, also infinity and NaN. */
  chain(g: T, slope: T): T;
  pow(a: T, b: T): T;
  exp(a: T): T;
  log(a: T): T;
  log1p(a: T): T;
  expm1(a: T): T;
  sqrt(a: T): T;
  sin(a: T): T;
  cos(a: T): T;
  acos(a: T): T;
  tanh(a: T): T;
  abs(a: T): T;
  sign(a: T): T;
  floor(a: T): T;
  /** Rounds to `bits` bits of significand; ties to even. */
  round(a: T, bits: number): T;
  max(a: T, b: T): T;
  min(a: T, b: T): T;
  less(a: T, b: T): T;
  lessEqual(a: T, b: T): T;
  equal(a: T, b: T): T;
  select(condition: T, a: T, b: T): T;
}

/** What a rule knows: the step's result, the cotangent that arrived, the static arguments, which input is asked for. */
export interface RuleContext {
  readonly out: Tensor;
  readonly grad: Tensor;
  readonly params: Params;
  readonly index: number;
}

/** ∂/∂input: cotangent of the result → cotangent of one input, in primitives. */
export type Rule = (context: RuleContext, ...inputs: Tensor[]) => Tensor;

/** How passes may rewrite a primitive without knowing it. */
export interface Laws {
  readonly commutative?: boolean;
  /** f(f(x)) = x */
  readonly involution?: boolean;
  /** f(f(x)) = f(x) */
  readonly idempotent?: boolean;
  /** A right operand that leaves the left one unchanged, bit for bit. */
  readonly rightIdentity?: number;
}

/** Where a test may draw an input from, and the points at which the derivative jumps. */
export interface Domain {
  readonly from: number;
  readonly to: number;
  readonly avoid?: readonly number[];
}

interface Base {
  readonly name: string;
  /** One rule per input, in order; null where there is no path; the last one serves all further inputs. */
  readonly vjp: readonly (Rule | null)[];
  /** The formula of a step, given the text of its inputs. */
  readonly print: (inputs: readonly string[], params: Params) => string;
  /** Shape and type of the result; throws ShapeError or DTypeError naming the primitive. */
  readonly type: (inputs: readonly Typed[], params: Params) => Typed;
  /** The reference evaluation. */
  readonly run: (inputs: readonly Value[], params: Params) => Value;
  readonly laws?: Laws;
  readonly domain?: readonly Domain[];
}

/** Elementwise with broadcasting. `decides` says what stays constant inside a cell: the output, or the operand taken. */
export interface MapPrimitive extends Base {
  readonly kind: 'map';
  readonly body: <T>(algebra: Algebra<T>, params: Params, ...inputs: T[]) => T;
  readonly decides?: 'output' | 'operand';
}
/** Another way of looking at the same numbers. */
export interface ViewPrimitive extends Base {
  readonly kind: 'view';
}
/** Numbers moved to new places, the rest filled with a constant (`fill` in params, or none). */
export interface CopyPrimitive extends Base {
  readonly kind: 'copy';
}
/** Sums overlapping windows back: the adjoint of the view `unfold`. */
export interface FoldPrimitive extends Base {
  readonly kind: 'fold';
}
/** Combines the elements of some axes (`axes` in params, kept with size 1). */
export interface ReducePrimitive extends Base {
  readonly kind: 'reduce';
  readonly combine: 'sum' | 'max' | 'argmax';
}
export interface ScanPrimitive extends Base {
  readonly kind: 'scan';
}
/** A sum of products of two operands. */
export interface ContractPrimitive extends Base {
  readonly kind: 'contract';
}
/** Moves numbers to or from computed places; linear in the inputs named. */
export interface IndexPrimitive extends Base {
  readonly kind: 'index';
  readonly linearIn: readonly number[];
  /** Which input holds the indices. */
  readonly indexInput: number;
}
export interface OrderPrimitive extends Base {
  readonly kind: 'order';
}
/** A step without inputs. */
export interface SourcePrimitive extends Base {
  readonly kind: 'source';
}
/** Passes a value on and says something about its derivative. */
export interface ControlPrimitive extends Base {
  readonly kind: 'control';
  readonly control: 'alias' | 'stop' | 'surrogate' | 'custom';
}

export type Primitive =
  | MapPrimitive | ViewPrimitive | CopyPrimitive | FoldPrimitive | ReducePrimitive | ScanPrimitive
  | ContractPrimitive | IndexPrimitive | OrderPrimitive | SourcePrimitive | ControlPrimitive;

export type Kind = Primitive['kind'];
