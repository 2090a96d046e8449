// The ledger: what was found about every line of a derivation. Plain data, versioned, the same for the terminal, for
// Markdown and for JSON; rendering is in `ledger-text.ts`.

import type { Edit } from '../formula/index.ts';

export type Verdict = 'holds' | 'amended' | 'fails' | 'unexercised';

/** How often something was met, at points from data and at seeded points. */
export interface Hits {
  readonly data: number;
  readonly seeded: number;
}

/** One side of a condition some quantity of the line is selected by. */
export interface BranchHits extends Hits {
  readonly condition: string;
  readonly holds: boolean;
}

/** Smallest digits of agreement over all points; null where the question does not arise. */
export interface Digits {
  /** Left against right side of the statement. */
  readonly statement: number | null;
  /** The engine's derivatives against dual numbers. */
  readonly duals: number | null;
  /** The engine's derivatives against differences. */
  readonly differences: number | null;
}

/** The smallest point found at which a line fails, with round numbers, ready to be copied. */
export interface Counterexample {
  readonly values: Readonly<Record<string, number | readonly unknown[]>>;
  /** The entry, such as `n = 0, k = 2`. */
  readonly entry: string;
  readonly left: number;
  readonly right: number;
  /** What stands on the left and on the right, where it is not the two sides of the line. */
  readonly sides?: readonly [string, string];
}

/** A definition a line rests on, by way of others too. */
export interface Ground {
  readonly section: string;
  readonly id: string;
  readonly name: string;
}

export interface LedgerRow {
  readonly section: string;
  readonly id: string;
  readonly kind: 'define' | 'claim' | 'number' | 'step';
  readonly text: string;
  /** The line that holds where the printed one does not. */
  readonly amended?: string;
  /** What was changed from the printed line to the amended one. */
  readonly edits?: readonly Edit[];
  readonly notes: readonly string[];
  readonly verdict: Verdict;
  readonly hits: Hits;
  readonly branches: readonly BranchHits[];
  readonly digits: Digits;
  /** Entries that agree only because both sides are at the rounding of the terms they are made of. */
  readonly atRounding: number;
  /** Entries of an equality that agree in digits, rather than by being 0 or at rounding on both sides. */
  readonly aboveFloor: number;
  /** Derivative entries left out because a border of the cell was nearer than the smallest step. */
  readonly atBorder: number;
  /** Derivative entries that differences could not judge: their own estimate is too poor there. */
  readonly unresolved: number;
  /** Seeded points of this line, where more were drawn than for the others. */
  readonly drawn?: number;
  /** Why the verdict is not `holds`, in one sentence. */
  readonly reason?: string;
  /** Where a line fails only on one side of a condition: those sides. */
  readonly failsWhere?: readonly string[];
  /** The same in words, with how often it was seen unless that is plain. */
  readonly onlyWhere?: string;
  /** True where the line holds and the engine's own derivative does not pass its proof. */
  readonly engine?: boolean;
  /** The definitions a failing line rests on, in the order of the derivation: one of them may be what is wrong. */
  readonly restsOn?: readonly Ground[];
  readonly counterexample?: Counterexample;
  readonly lineNumber: number;
}

export interface Ledger {
  readonly version: 1;
  readonly title: string;
  readonly source: string;
  readonly seed: number;
  readonly points: Hits;
  readonly sections: readonly { readonly id: string; readonly title: string }[];
  readonly rows: readonly LedgerRow[];
  /** True when no row fails and none is unexercised. */
  readonly ok: boolean;
}
