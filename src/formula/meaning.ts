// What the parts of lowering ask of each other: the meaning of expressions, conditions, names and indices at one point.
// `lower.ts` is the one that answers; `forms.ts` and `differentiate.ts` only ask.

import type { Section } from './derivation.ts';
import type { Cond, Expr, NameExpr } from './grammar.ts';
import type { Named } from './named.ts';
import type { Entity, Names } from './scope.ts';
import type { Tensor } from '../graph/index.ts';

/** A derivative the engine took, with what an independent method needs to take it again. */
export interface DerivativeQuery {
  /** The formula, and the values it was taken at when they are not the point's. */
  readonly text: string;
  /** The step that is differentiated, and the step it is differentiated by. */
  readonly of: number;
  readonly by: number;
  /** What their axes are called, those of `by` by its indices. */
  readonly ofAxes: readonly string[];
  readonly byAxes: readonly string[];
  /** One row per entry of `of` (per entry of one sample when `perSample`), each of the shape of `by`. */
  readonly rows: Tensor;
  /** The samples of `of` depend on the same sample of `by` only; both lead with the sample axis. */
  readonly perSample: boolean;
}

export interface Meaning {
  readonly names: Names;
  readonly section: Section;
  /** Every derivative taken so far, for a proof. */
  readonly derivatives: DerivativeQuery[];
  /** The values in force here, as text: empty, or ` at t = 1`. */
  readonly context: string;
  expr(e: Expr): Named;
  cond(c: Cond): Named;
  /** Notes that something is chosen by a condition, and gives the condition. */
  branch(c: Cond): Named;
  /** How many positions an index has. */
  size(index: string): number;
  entity(node: NameExpr): Entity;
  /** Refuses to vary a name that an expression does not rest on. */
  demandPart(e: Expr, entity: Entity, node: { readonly column?: number }): void;
  /** The whole array a name stands for, before any index is applied. */
  lookup(entity: Entity, node: { readonly column?: number }): Named;
  /** Applies the indices of a name to its array. */
  indexed(value: Named, e: NameExpr): Named;
  /** The step that computed an array. */
  stepOf(x: Named): number;
  /** An error at the column of a node of the statement being lowered. */
  fail(node: { readonly column?: number }, what: string, rule: string, hint: string): Error;
}
