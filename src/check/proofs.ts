// A proof beside every line of an explanation: its adjoint taken again by dual numbers and by differences, on the frozen
// program, from that line to the result. The explanation itself knows only the engine; this is where the two meet.

import { digits, entryError, floorOf } from '../base/compare.ts';
import { demandMade, demandOptions } from '../base/demand.ts';
import { epsilon, isFloat } from '../base/dtype.ts';
import type { Explanation, Line, Proof } from '../explain/index.ts';
import { trace } from '../graph/index.ts';
import type { Value } from '../graph/value.ts';
import { freeze } from './freeze.ts';
import { demanded } from './order.ts';
import { type DifferencePartials, type DualPartials, partialsByDifferences, partialsByDual } from './partials.ts';

export interface ProofOptions {
  /** Adjoints of more numbers are left without a proof, as each number takes a run of its own. Default 64. */
  readonly most?: number;
}

/** How far a proof has come: main lines that have been looked at, of all. */
export interface ProofProgress {
  readonly line: number;
  readonly of: number;
}

/**
 * The explanation of f at these inputs, with a proof at every main line that has an adjoint.
 *
 * Gradient  none: the explanation is plain data
 * Edges     an adjoint that is given as a summary, or at a border everywhere, has no digits; where a line overflows, nothing is proved
 * Throws    whatever f throws
 */
export function proved(
  explanation: Explanation, f: (...inputs: never[]) => unknown, inputs: readonly unknown[], options: ProofOptions = {},
): Explanation {
  const lines = provedLines(explanation, f, inputs, options);
  for (;;) {
    const { value, done } = lines.next();
    if (done) return value;
  }
}

/** The same line by line: before each it says how far it is, so that whoever waits can be told, and can stop it. */
export function* provedLines(
  explanation: Explanation, f: (...inputs: never[]) => unknown, inputs: readonly unknown[], options: ProofOptions = {},
): Generator<ProofProgress, Explanation> {
  demandMade(explanation, ['lines'], 'proved', 'what explain returns');
  demandOptions(options, ['most'], 'proved');
  const { most = 64 } = options;
  const { graph, inputs: entries, outputs, recorder } = trace(f, inputs);
  const base = entries.map((id) => recorder.tensors[id]!.read());
  const { fragment, steps } = freeze({ graph, inputs: entries, outputs }, base);
  const bindings = new Map(fragment.inputs.map((id, i): [number, Value] => [id, base[i]!]));
  const overflow = explanation.assumptions.find(({ kind }) => kind === 'overflow')?.line;
  const proofOf = (line: Line): Proof | undefined => {
    if (overflow !== undefined) return line.adjoint === null ? undefined : { duals: null, differences: null, overflow };
    const values = line.adjoint?.value.values;
    const by = steps[line.number]!;
    if (values === undefined || values.length === 0 || values.length > most || by < 0 || !isFloat(line.dtype)) return undefined;
    const own = Float64Array.from(values, Number);
    const of = fragment.outputs[0]!;
    const slack = line.dtype === 'f32' ? epsilon.f32 / epsilon.f64 : 1;
    return {
      duals: agreement(own, partialsByDual(fragment.graph, of, by, bindings), slack),
      differences: agreement(own, partialsByDifferences(fragment.graph, of, by, bindings), slack),
    };
  };
  const of = explanation.lines.filter(({ main }) => main).length;
  const lines: Line[] = [];
  let seen = 0;
  for (const line of explanation.lines) {
    if (line.main) yield { line: ++seen, of };
    const proof = line.main ? proofOf(line) : undefined;
    lines.push(proof === undefined ? line : { ...line, proof });
  }
  return { ...explanation, lines };
}

/** Fewest digits among the entries a method can tell anything about: not zero on both sides, not at a border, not at rounding. */
function agreement(own: Float64Array, found: DualPartials | DifferencePartials, slack: number): number | null {
  const floor = floorOf(found.values);
  const [least, borders] = 'spread' in found ? [demanded.duals, undefined] : [demanded.differences, found.borders];
  const errors = Array.from(own).flatMap((x, i) => {
    const right = found.values[i]!;
    if ((x === 0 && right === 0) || borders?.has(i) === true) return [];
    const rounding = slack * ('spread' in found ? 64 * epsilon.f64 * found.spread[i]! : found.floor[i]! + found.error[i]!);
    const told = rounding <= 10 ** -least * slack * Math.max(Math.abs(right), floor);
    return told || Math.abs(x - right) > rounding ? [entryError(x, right, floor)] : [];
  });
  return errors.length === 0 ? null : digits(Math.max(...errors));
}
