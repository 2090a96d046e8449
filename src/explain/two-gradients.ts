// Two gradients side by side: the one that is declared, with its stopped paths, surrogates and rules, and the true one of
// the same values, for which nothing is stopped or replaced. Where a method trains by another rule still (centres that
// are moved, a margin that is annealed), that rule or that function can be given for one side.

import { demandSort } from '../base/demand.ts';
import { gradient } from '../autodiff/index.ts';
import { isFloat } from '../base/dtype.ts';
import { coordinates, type Shape } from '../base/shape.ts';
import { entryError, floorOf } from '../base/compare.ts';
import { filled, type Tensor } from '../graph/index.ts';
import type { Explanation, JsonNumber, Line } from './explanation.ts';
import { jsonNumber } from './numbers.ts';
import { type Change, hasOwnName, opened, programOf, rerun } from './program.ts';

/** Raised whenever a reader of the older form could misread the newer one. */
export const twoGradientsVersion = 1;

export interface EntryPair {
  readonly at: readonly number[];
  readonly declared: JsonNumber;
  readonly true: JsonNumber;
}

/** How two gradients by one line differ. */
export interface GradientPair {
  readonly name: string;
  readonly shape: Shape;
  /** In radians; null where one of them is 0. */
  readonly angle: JsonNumber | null;
  /** |declared| / |true|; null where one of them is 0. */
  readonly ratio: JsonNumber | null;
  readonly lengths: { readonly declared: JsonNumber; readonly true: JsonNumber };
  /** How many entries differ by more than 1e-9 of themselves, and those that differ most. */
  readonly differing: number;
  readonly worst: readonly EntryPair[];
}

export interface Reason {
  /** Null for a line without a name of its own. */
  readonly name: string | null;
  readonly text: string;
  /** False for a stop or surrogate whose removal, alone, leaves every gradient as it is. */
  readonly matters: boolean;
}

export interface TwoGradients {
  readonly version: typeof twoGradientsVersion;
  /** What makes them two: the lines that stop, replace or declare a derivative, and what was given. */
  readonly reasons: readonly Reason[];
  /** The results; they differ only where another function was given. */
  readonly results: { readonly declared: JsonNumber; readonly true: JsonNumber };
  /** All inputs as one vector, and each of them. */
  readonly whole: GradientPair;
  readonly inputs: readonly GradientPair[];
  /** Every labelled line that both have, from the result to the inputs. */
  readonly lines: readonly GradientPair[];
  /** The lines at which they part: they agree at every line that rests on one of these. */
  readonly parting: readonly string[];
}

export interface TwoGradientsOptions {
  /** What an input is moved by in place of a gradient, by its name. */
  readonly declared?: Readonly<Record<string, Tensor>>;
  /** The function whose gradient counts as the true one: another explanation with inputs of the same names. */
  readonly against?: Explanation;
  /** How many entries are listed of each gradient. Default 4. */
  readonly most?: number;
}

/**
 * The declared gradient of an explanation beside the true one.
 *
 * Shapes    explanations made in this process
 * Gradient  none: plain data
 * Edges     a path that is missing is a gradient of zeros; Float32 programs are run in Float64
 * Throws    DomainError for an explanation read from JSON
 */
export function twoGradients(explanation: Explanation, options: TwoGradientsOptions = {}): TwoGradients {
  demandSort('record', { options }, 'twoGradients');
  const { declared = {}, against, most = 4 } = options;
  const own = gradientsOf(explanation, asDeclared);
  const real = gradientsOf(against ?? explanation, opened);
  const linesOf = (wanted: (line: Line) => boolean): Line[] =>
    explanation.lines.filter((line) => isFloat(line.dtype) && wanted(line) && real.by.has(line.name));
  const inputs = linesOf(({ number }) => explanation.inputs.includes(number));
  const given = (line: Line): Float64Array => {
    const rule = declared[line.name];
    return rule === undefined ? own.by.get(line.name)! : Float64Array.from(rule.data);
  };
  const pair = (line: Line): GradientPair => pairOf(line.name, line.shape, given(line), real.by.get(line.name)!, most);
  const shown = linesOf((line) => hasOwnName(explanation, line));
  const lines = shown.reverse().map(pair).filter(({ lengths }) => lengths.declared !== 0 || lengths.true !== 0);
  const all = (of: (line: Line) => Float64Array): Float64Array => Float64Array.from(inputs.flatMap((line) => Array.from(of(line))));
  const whole = [all(given), all((line) => real.by.get(line.name)!)] as const;
  return {
    version: twoGradientsVersion, reasons: reasonsOf(explanation, own.by, options),
    results: { declared: jsonNumber(own.result), true: jsonNumber(real.result) },
    whole: pairOf(inputs.map(({ name }) => name).join(', '), [whole[0].length], ...whole, 0),
    inputs: inputs.map(pair), lines, parting: partingOf(explanation, lines),
  };
}

/** The gradient by every float line, by its name. */
function gradientsOf(explanation: Explanation, change: Change): { by: Map<string, Float64Array>; result: number } {
  const { recorder, fragment, tensors } = rerun(programOf(explanation, 'twoGradients'), 'f64', change);
  const result = recorder.graph.steps[fragment.outputs[0]!]!;
  const lines = explanation.lines.filter((line) => isFloat(line.dtype) && tensors[line.number] !== undefined);
  const wrt = lines.map((line) => recorder.stepOf(tensors[line.number]!).id);
  const found = gradient(recorder, [{ step: result.id, cotangent: filled(1, result.shape, 'f64') }], wrt);
  const by = new Map(lines.map((line, i) => [line.name, Float64Array.from(found[i]?.data ?? filled(0, line.shape, 'f64').data)]));
  return { by, result: recorder.tensors[result.id]!.item() };
}

function pairOf(name: string, shape: Shape, declared: Float64Array, real: Float64Array, most: number): GradientPair {
  const [a, b] = [Math.hypot(...declared), Math.hypot(...real)];
  const floor = floorOf(real);
  const apart = Array.from(real, (x, i) => ({ i, error: entryError(declared[i]!, x, floor), gap: Math.abs(declared[i]! - x) }))
    .filter(({ error }) => error > 1e-9).sort((p, q) => q.gap - p.gap);
  const both = a > 0 && b > 0;
  // Half the angle is that between sum and difference of the unit vectors, exact for small and for large angles.
  const together = (sign: number): number => Math.hypot(...declared.map((x, i) => x / a + (sign * real[i]!) / b));
  return {
    name, shape, angle: both ? jsonNumber(2 * Math.atan2(together(-1), together(1))) : null, ratio: both ? jsonNumber(a / b) : null,
    lengths: { declared: jsonNumber(a), true: jsonNumber(b) }, differing: apart.length,
    worst: apart.slice(0, most).map(({ i }) => (
      { at: coordinates(i, shape), declared: jsonNumber(declared[i]!), true: jsonNumber(real[i]!) })),
  };
}

const asDeclared: Change = (_step, _given, own) => own();

function reasonsOf(
  explanation: Explanation, own: ReadonlyMap<string, Float64Array>, { declared = {}, against }: TwoGradientsOptions,
): Reason[] {
  const kinds = ['stop', 'surrogate', 'custom'];
  const named = new Set(explanation.lines.filter((line) => hasOwnName(explanation, line)).map(({ number }) => number));
  const matters = (line: number): boolean => {
    const alone = gradientsOf(explanation, (step, given, run) => (step.id === line ? opened(step, given, run) : run())).by;
    return explanation.inputs.some((input) => {
      const { name, dtype } = explanation.lines.find(({ number }) => number === input)!;
      return isFloat(dtype) && pairOf(name, [], own.get(name)!, alone.get(name)!, 0).differing > 0;
    });
  };
  return [
    ...explanation.assumptions.filter(({ kind }) => kinds.includes(kind))
      .map(({ name, line, text }) => ({ name: named.has(line) ? name : null, text, matters: matters(line) })),
    ...Object.keys(declared).map((name) => ({ name, text: 'is moved by a rule given for it', matters: true })),
    ...(against === undefined ? [] : [{ name: 'result', text: 'is held against another function', matters: true }]),
  ];
}

/** The differing lines with no other differing line between them and the result. */
function partingOf(explanation: Explanation, pairs: readonly GradientPair[]): string[] {
  const { graph } = programOf(explanation, 'twoGradients');
  const differing = new Set(pairs.filter((pair) => pair.differing > 0).map(({ name }) => name));
  const lines = explanation.lines.filter(({ name }) => differing.has(name));
  const parting = lines.filter((line) => {
    const after = graph.dependents([line.number]);
    return lines.every((other) => other === line || !after[other.number]);
  });
  return parting.map(({ name }) => name).reverse();
}
