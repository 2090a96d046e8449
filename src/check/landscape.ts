// The result of an explained program as a function of all its float inputs at once: its value, its decisions and its
// gradient at any point, and what changes where a decision does. Values are those of the open program, in which nothing is
// stopped: they are the same, and a quantity that is stopped for the derivative still moves.

import { isFloat } from '../base/dtype.ts';
import { coordinates } from '../base/shape.ts';
import { evaluate } from '../graph/evaluate.ts';
import type { Step } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';
import type { Explanation } from '../explain/index.ts';
import { hasOwnName, opened, programOf, rerun, type Rerun } from '../explain/program.ts';
import { type Decision, type Decisions, decisionsOf } from './cells.ts';
import { bindingsAt, blocksOf, derivativeOf, joined, type Program } from './program.ts';

/** A decision that two points take differently. */
interface Flipped {
  readonly step: number;
  readonly entry: number;
}

/** What changes where decisions flip: the result (by `jump`), its slope only (by `turn`, a length), or nothing. */
export interface Crossing {
  readonly effect: 'value' | 'slope' | 'nothing';
  readonly jump: number;
  readonly turn: number;
  readonly flipped: readonly Flipped[];
}

/** A point beside a border, with all that was computed there. */
export interface Place {
  readonly values: readonly (Value | undefined)[];
  readonly decisions: Decisions;
  readonly result: number;
}

export class Landscape {
  /** The open program; its steps are those of the explanation under other numbers. */
  readonly open: Program;
  readonly #steps: readonly Step[];
  readonly #names: ReadonlyMap<number, string>;
  readonly #named: ReadonlySet<number>;
  readonly #declared: Program;
  readonly #gradient: ReturnType<typeof derivativeOf>;
  /** Step of the open program → line of the explanation. */
  readonly #lines = new Map<number, number>();

  constructor(explanation: Explanation, who: string) {
    const traced = programOf(explanation, who);
    this.#steps = traced.graph.steps;
    this.#named = new Set(explanation.lines.filter((line) => hasOwnName(explanation, line)).map(({ number }) => number));
    this.#names = new Map(explanation.lines.map(({ number, name }) => [number, name]));
    const [open, declared] = [rerun(traced, 'f64', opened), rerun(traced, 'f64')];
    this.open = asProgram(open, traced.inputs, this.#names);
    this.#declared = asProgram(declared, traced.inputs, this.#names);
    this.#gradient = derivativeOf(this.#declared, Float64Array.of(1), 1);
    open.tensors.forEach((x, id) => {
      if (x === undefined) return;
      const step = open.recorder.stepOf(x).id;
      // A stopped step is the step it stops; the first of the two names it.
      if (!this.#lines.has(step)) this.#lines.set(step, id);
    });
  }

  get point(): Float64Array {
    return this.open.point;
  }

  /** The line of a step of the open program. */
  lineOf(step: number): number {
    return this.#lines.get(step)!;
  }

  /** The named lines that a line without a name is written into: the first ones on every way to the result. */
  servedBy(line: number): string[] {
    if (this.#named.has(line)) return [];
    const found = new Set<number>();
    const reached = new Set([line]);
    for (const { id, inputs } of this.#steps) {
      if (!inputs.some((input) => reached.has(input)) || !this.#names.has(id)) continue;
      (this.#named.has(id) ? found : reached).add(id);
    }
    return [...found].map((id) => this.#names.get(id)!);
  }

  /**
   * How far from a border its two sides are looked at, in lengths of a direction: nearer, equal operands and the rounding of
   * what is compared decide this way and that.
   */
  margin(direction: Float64Array, h: number): number {
    const largest = (list: Float64Array): number => list.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    return 2 ** -47 * (Math.abs(h) + largest(this.point) / largest(direction));
  }

  /** The values of some steps at a point. */
  valuesAt(point: Float64Array, steps: readonly number[]): readonly (Value | undefined)[] {
    const { fragment } = this.open;
    return evaluate(fragment.graph, steps, bindingsAt(this.open, fragment, point));
  }

  /** Everything the result needs at a point. */
  at(point: Float64Array): Place {
    const { fragment } = this.open;
    const bindings = bindingsAt(this.open, fragment, point);
    const values = evaluate(fragment.graph, fragment.outputs, bindings);
    const decisions = decisionsOf(fragment.graph, fragment.outputs, values, bindings);
    return { values, decisions, result: values[fragment.outputs[0]!]!.data()[0]! };
  }

  /** The declared gradient at a point, one entry per float input entry; 0 where there is no path. */
  slopeAt(point: Float64Array): Float64Array {
    const slopes = new Float64Array(point.length);
    const next = this.#gradient;
    if (next === undefined) return slopes;
    const { graph, outputs } = next.fragment;
    const values = evaluate(graph, outputs, bindingsAt(this.#declared, next.fragment, point));
    next.outputs.forEach((block, i) => slopes.set(joined([values[outputs[i]!]!]), block.of.offset));
    return slopes;
  }

  /**
   * What changes between two points beside a border. The jump is that of the result at the first point when it is made to
   * decide as the second does, so no slope is in it.
   */
  crossing(before: Float64Array, after: Float64Array): Crossing {
    const [here, there] = [this.at(before), this.at(after)];
    const flipped = flips(here.decisions, there.decisions);
    const jump = this.#forced(before, there, flipped) - here.result;
    const [left, right] = [this.slopeAt(before), this.slopeAt(after)];
    const turn = Math.hypot(...left.map((x, i) => right[i]! - x));
    const steep = Math.max(Math.hypot(...left), Math.hypot(...right));
    const size = Math.max(Math.abs(here.result), Math.abs(there.result));
    // The two sides of a choice between equal operands differ by an ulp of the operands, carried on by the slope.
    const isJump = Math.abs(jump) > 1e-10 * size + 1e-13 * steep * Math.hypot(...before);
    return { effect: isJump ? 'value' : turn > 1e-6 * steep ? 'slope' : 'nothing', jump, turn, flipped };
  }

  /** The result at a point with the flipped outputs of another. Which operand is taken changes no value at a border. */
  #forced(point: Float64Array, other: Place, flipped: readonly Flipped[]): number {
    const { fragment } = this.open;
    const bindings = new Map(bindingsAt(this.open, fragment, point));
    for (const { step } of flipped) if (decidesByOutput(fragment.graph.steps[step]!)) bindings.set(step, other.values[step]!);
    return evaluate(fragment.graph, fragment.outputs, bindings)[fragment.outputs[0]!]!.data()[0]!;
  }
}

function decidesByOutput({ primitive }: Step): boolean {
  if (primitive.kind === 'map') return primitive.decides === 'output';
  return primitive.kind === 'order' || (primitive.kind === 'reduce' && primitive.combine === 'argmax');
}

/** All differences between the decisions of two points. */
export function flips(a: Decisions, b: Decisions): Flipped[] {
  return a.flatMap(({ step, taken }: Decision, d) => {
    const other = b[d]!.taken;
    const same = (before: number, entry: number): boolean => Object.is(before, other[entry]) || before === other[entry];
    return Array.from(taken).flatMap((before, entry) => (same(before, entry) ? [] : [{ step, entry }]));
  });
}

/** The place of an entry of a decision: that of the step's result, or of its operand where the decision is per operand. */
export function placeOf(program: Program, { step, entry }: Flipped): number[] {
  const { steps } = program.fragment.graph;
  const { primitive, inputs, shape } = steps[step]!;
  return coordinates(entry, primitive.kind === 'reduce' && primitive.combine === 'max' ? steps[inputs[0]!]!.shape : shape);
}

/** A rerun with its float inputs as one long vector. */
function asProgram({ recorder, fragment }: Rerun, lines: readonly number[], names: ReadonlyMap<number, string>): Program {
  const { steps } = fragment.graph;
  const base = fragment.inputs.map((id) => recorder.tensors[id]!.read());
  const inputs = blocksOf(fragment.inputs.flatMap((id, position) =>
    (isFloat(steps[id]!.dtype) ? [{ name: names.get(lines[position]!)!, shape: steps[id]!.shape, position }] : [])));
  const outputs = blocksOf(fragment.outputs.map((id) => ({ name: 'result', shape: steps[id]!.shape })));
  return { recorder, fragment, base, inputs, outputs, point: joined(inputs.map((block) => base[block.position]!)) };
}
