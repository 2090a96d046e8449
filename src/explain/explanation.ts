// The machine form of an explanation: plain data that survives JSON. Every printer (terminal, page, picture) reads this
// and nothing else. Numbers that JSON does not know are texts ('NaN', 'Infinity', '-Infinity', '-0').
// How it is made is in explain.ts, how it is printed in text.ts.

import type { DType } from '../base/dtype.ts';
import type { Shape } from '../base/shape.ts';

/** Raised whenever a reader of the older form could misread the newer one. */
export const explanationVersion = 2;

export type JsonNumber = number | 'NaN' | 'Infinity' | '-Infinity' | '-0';

/** The numbers of a tensor: all of them in row-major order, or a summary of many. */
export interface Numbers {
  readonly values?: readonly JsonNumber[];
  readonly summary?: Summary;
}

export interface Summary {
  readonly size: number;
  readonly min: JsonNumber;
  readonly max: JsonNumber;
  readonly mean: JsonNumber;
  /** How many are NaN or infinite; the other figures speak of the rest. */
  readonly nonFinite: number;
}

/** What one use of a line sends back to it. */
export interface Contribution {
  /** The line that used it, and as which of its inputs. */
  readonly from: number;
  readonly input: number;
  /** What the rule of that line sends, where ∂q stands for the adjoint of q. */
  readonly formula: string;
  /** The same with unnamed adjoints written out as far as they stay readable. */
  readonly expanded: string;
  readonly value: Numbers;
}

/** ∂result/∂line: the sum of what its uses send. */
export interface Adjoint {
  readonly value: Numbers;
  readonly contributions: readonly Contribution[];
}

/** Digits to which methods that share nothing with the engine agree with an adjoint; null where none could be judged. */
export interface Proof {
  readonly duals: number | null;
  readonly differences: number | null;
  /** The line that overflows: nothing is judged, for methods that agree would agree on the derivative of the overflow. */
  readonly overflow?: number;
}

/** A forward step. Lines are numbered as the steps of the program, so some numbers are missing. */
export interface Line {
  readonly number: number;
  /** The label; u1, u2 … for a main line without one, % and the number for what stands inside the formulas of others. */
  readonly name: string;
  readonly label?: string;
  readonly role?: string;
  readonly scope?: string;
  /** Where it was written: `/home/me/mine.ts:12` in the user's file, `marginalia/src/losses/classes.ts:52` in a loss of this package. */
  readonly source?: string;
  /** The lines it is made from; numbers that stand inside the formula are no lines. */
  readonly operands: readonly number[];
  /** The formula in the names of its operands. */
  readonly formula: string;
  /** The same with unnamed operands written out as far as they stay readable. */
  readonly expanded: string;
  /** True for a line that a reader wants to see; the others stand inside the expanded formulas of these. */
  readonly main: boolean;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly value: Numbers;
  /** Null where no derivative reaches the line. */
  readonly adjoint: Adjoint | null;
  /** Filled in by whoever has the methods: `proved` of the checker. */
  readonly proof?: Proof;
}

/**
 * Something the derivative takes for granted. stop, surrogate, custom: declared by the function. mask: a comparison;
 * clamp: one that chooses between what it compares; step: a value rounded to a whole; choice: the operand a maximum or
 * an absolute value takes, tie where it could take either; no path: an input without a derivative. overflow is what it cannot take:
 * numbers beyond the largest of their type, from which finite numbers were made.
 */
export interface Assumption {
  readonly kind: 'overflow' | 'stop' | 'surrogate' | 'custom' | 'mask' | 'clamp' | 'step' | 'choice' | 'tie' | 'no path';
  readonly line: number;
  readonly name: string;
  readonly text: string;
  /** How far its operands are from the nearest point at which it would decide otherwise, and in which entry. */
  readonly distance?: JsonNumber;
  readonly at?: readonly number[];
}

export interface Explanation {
  readonly version: typeof explanationVersion;
  /** The lines of the inputs and of the result. */
  readonly inputs: readonly number[];
  readonly result: number;
  readonly lines: readonly Line[];
  readonly assumptions: readonly Assumption[];
}
