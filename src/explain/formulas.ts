// The formulas of an explanation. A step has a short formula, in the names of its operands, and an expanded one, in
// which operands without a name are written out. Writing out stops where the text would grow too long to read, and the
// step that was to be written out becomes a line of its own; so no formula can explode.

import type { Step } from '../graph/graph.ts';
import { Value } from '../graph/value.ts';

/** The longest formula that is written into another one. */
const readable = 44;

/** The number a constant repeats, in the few digits a reader wants. */
export function constantText(step: Step): string | undefined {
  const value = step.params['value'];
  if (step.inputs.length > 0 || !(value instanceof Value) || step.label !== undefined) return undefined;
  const data = value.data();
  const [first] = data;
  return first !== undefined && data.every((x) => Object.is(x, first)) ? String(Number(first.toPrecision(6))) : undefined;
}

export class Formulas {
  readonly #steps: readonly Step[];
  readonly #names: ReadonlyMap<number, string>;
  readonly #expanded = new Map<number, string>();
  /** Steps that cannot be written out, so that a reader has to see them. */
  readonly needed = new Set<number>();

  /** `names` has the steps that are called by a name rather than written out: labels and inputs. */
  constructor(steps: readonly Step[], names: ReadonlyMap<number, string>) {
    this.#steps = steps;
    this.#names = names;
  }

  name(id: number): string {
    return this.#names.get(id) ?? constantText(this.#steps[id]!) ?? `%${id}`;
  }

  hasName(id: number): boolean {
    return this.#names.has(id);
  }

  /** The formula in the names of the operands. */
  short(id: number): string {
    return this.#print(id, (input) => this.name(input));
  }

  /** The formula with unnamed operands written out. */
  expanded(id: number): string {
    const known = this.#expanded.get(id);
    if (known !== undefined) return known;
    const text = this.#print(id, (input) => this.operand(input));
    this.#expanded.set(id, text);
    return text;
  }

  /** An operand as it stands in an expanded formula. */
  operand(id: number): string {
    const name = this.name(id);
    if (!name.startsWith('%') || this.#names.has(id) || this.needed.has(id)) return name;
    const text = this.expanded(id);
    if (text.length <= readable) return text;
    this.needed.add(id);
    return name;
  }

  #print(id: number, operand: (input: number) => string): string {
    const step = this.#steps[id]!;
    if (step.inputs.length === 0) return constantText(step) ?? step.primitive.print([], step.params);
    return step.primitive.print(step.inputs.map(operand), step.params);
  }
}

/** The formula of what a use sends back: adjoint steps written out down to forward steps and the adjoint of the use. */
export class AdjointFormulas {
  readonly #steps: readonly Step[];
  readonly #forward: Formulas;
  /** Where the adjoints begin, and the step that holds the adjoint of a forward step. */
  readonly #first: number;
  readonly #totals: ReadonlyMap<number, number>;
  /** What the uses of a step send, as the steps that hold it. */
  readonly #parts: ReadonlyMap<number, readonly { readonly use: number; readonly step: number }[]>;
  readonly needed = new Set<number>();

  constructor(
    steps: readonly Step[], forward: Formulas, first: number, totals: ReadonlyMap<number, number>,
    parts: ReadonlyMap<number, readonly { readonly use: number; readonly step: number }[]>,
  ) {
    this.#steps = steps;
    this.#forward = forward;
    this.#first = first;
    this.#totals = totals;
    this.#parts = parts;
  }

  /** What `use` sends by the adjoint step `step`, in the name of its own adjoint. */
  short(use: number, step: number): string {
    return this.#text(step, use, `∂${this.#forward.name(use)}`, (id) => this.#forward.name(id));
  }

  /** The same with the adjoint of an unnamed use written out. */
  expanded(use: number, step: number): string {
    return this.#text(step, use, this.#adjoint(use), (id) => this.#forward.operand(id));
  }

  #adjoint(use: number): string {
    const name = `∂${this.#forward.name(use)}`;
    if (this.#forward.hasName(use) || this.needed.has(use)) return name;
    const parts = (this.#parts.get(use) ?? []).map((part) => this.expanded(part.use, part.step));
    const text = parts.join(' + ');
    if (parts.length > 0 && text.length <= readable) return text;
    this.needed.add(use);
    return name;
  }

  #text(step: number, use: number, adjoint: string, forward: (id: number) => string): string {
    if (step === this.#totals.get(use)) return adjoint;
    if (step < this.#first) return forward(step);
    const { primitive, inputs, params } = this.#steps[step]!;
    if (inputs.length === 0) return constantText(this.#steps[step]!) ?? primitive.print([], params);
    return primitive.print(inputs.map((id) => this.#text(id, use, adjoint, forward)), params);
  }
}
