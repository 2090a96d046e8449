// The formulas of an explanation. A step has a short formula, in the names of its operands, and an expanded one, in
// which operands without a name are written out. Writing out stops where the text would grow too long to read, and the
// step that was to be written out becomes a line of its own; so no formula can explode.
// Not written at all: steps that hold a plain number, and views that a reader does not see (a stretched axis, axes of
// size 1); how views and products of matrices are written is in views.ts.

import type { Step } from '../graph/graph.ts';
import { Value } from '../graph/value.ts';
import { contractionText, type Look, seen, viewText } from './views.ts';

/** The longest formula that is written into another one. */
const readable = 48;
/** The longest part of a rule's formula. */
const longest = 400;

/** What the formulas speak of: the steps, and the names of those that are not written out (inputs, labels, the result). */
export interface Named {
  readonly steps: readonly Step[];
  readonly names: ReadonlyMap<number, string>;
}

/** The number an unnamed constant repeats, in the few digits a reader wants. */
export function constantText({ steps, names }: Named, id: number): string | undefined {
  const { inputs, params } = steps[id]!;
  const value = params['value'];
  if (inputs.length > 0 || names.has(id) || !(value instanceof Value)) return undefined;
  const data = value.data();
  const [first] = data;
  return first !== undefined && data.every((x) => Object.is(x, first)) ? String(Number(first.toPrecision(6))) : undefined;
}

/** The formula of a step. `operand` gives the text of its operands, `ends` says which of them are not looked through. */
function write(program: Named, id: number, operand: (input: number) => string, ends: (id: number) => boolean): string {
  const number = constantText(program, id);
  if (number !== undefined) return number;
  const step = program.steps[id]!;
  const look = (at: number): Look => seen(program.steps, at, ends);
  if (step.primitive.kind === 'view') {
    // The step itself is looked through even where it ends the looking of others.
    const through = seen(program.steps, id, (at) => at !== id && ends(at));
    const text = through.base === id ? undefined : viewText(through, operand);
    if (text !== undefined) return text;
  }
  return contractionText(step, look, operand) ?? step.primitive.print(step.inputs.map(operand), step.params);
}

/** Formulas of forward steps. */
export class Formulas {
  readonly program: Named;
  readonly #expanded = new Map<number, string>();
  /** Steps that were too long to be written out, so that a reader has to see them. */
  readonly needed = new Set<number>();

  constructor(program: Named) {
    this.program = program;
  }

  hasName(id: number): boolean {
    return this.program.names.has(id);
  }

  name(id: number): string {
    return this.program.names.get(id) ?? constantText(this.program, id) ?? `%${id}`;
  }

  /** The formula in the names of the operands. */
  short(id: number): string {
    return write(this.program, id, (input) => this.name(input), () => true);
  }

  /** The formula with unnamed operands written out. */
  expanded(id: number): string {
    const known = this.#expanded.get(id);
    if (known !== undefined) return known;
    const ends = (at: number): boolean => this.hasName(at) || this.needed.has(at) || constantText(this.program, at) !== undefined;
    const text = write(this.program, id, (input) => this.operand(input), ends);
    this.#expanded.set(id, text);
    return text;
  }

  /** An operand as it stands in an expanded formula. */
  operand(id: number): string {
    if (this.hasName(id) || this.needed.has(id)) return this.name(id);
    const text = this.expanded(id);
    if (text.length <= readable) return text;
    this.needed.add(id);
    return this.name(id);
  }
}

/** What a use of a step sends back to it: the step that used it, and the adjoint step that holds what it sends. */
export interface Use {
  readonly use: number;
  readonly step: number;
}

/** Formulas of adjoint steps: written out down to forward steps and to the adjoint of the use they come from. */
export class AdjointFormulas {
  readonly #forward: Formulas;
  /** Where the adjoint steps begin. */
  readonly #first: number;
  /** The step that holds the whole adjoint of a forward step, and what it is the sum of. */
  readonly #totals: ReadonlyMap<number, { readonly step: number }>;
  readonly #uses: ReadonlyMap<number, readonly Use[]>;
  readonly needed = new Set<number>();

  constructor(
    forward: Formulas, first: number,
    totals: ReadonlyMap<number, { readonly step: number }>, uses: ReadonlyMap<number, readonly Use[]>,
  ) {
    this.#forward = forward;
    this.#first = first;
    this.#totals = totals;
    this.#uses = uses;
  }

  /** What a use sends, in the names of forward steps and of its own adjoint. */
  short({ use, step }: Use): string {
    return this.#text(step, use, `∂${this.#forward.name(use)}`, (id) => this.#forward.name(id));
  }

  /** The same with what has no name written out. */
  expanded({ use, step }: Use): string {
    return this.#text(step, use, this.#adjoint(use), (id) => this.#forward.operand(id));
  }

  #adjoint(id: number): string {
    const name = `∂${this.#forward.name(id)}`;
    if (this.#forward.hasName(id) || this.needed.has(id)) return name;
    const text = (this.#uses.get(id) ?? []).map((use) => this.expanded(use)).join(' + ');
    if (text !== '' && text.length <= readable) return text;
    this.needed.add(id);
    return name;
  }

  #text(step: number, use: number, adjoint: string, forward: (id: number) => string): string {
    const known = new Map<number, string>();
    const ends = (id: number): boolean => id === this.#totals.get(use)!.step || id < this.#first;
    const text = (id: number): string => {
      if (id === this.#totals.get(use)!.step) return adjoint;
      if (id < this.#first) return forward(id);
      const written = known.get(id) ?? write(this.#forward.program, id, text, ends);
      known.set(id, written);
      // The steps of a rule are no lines, so what is too long is left out.
      return written.length <= longest ? written : '…';
    };
    return text(step);
  }
}
