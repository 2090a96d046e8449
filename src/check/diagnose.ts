// From a wrong entry to an explanation: the entry located exactly, the step whose rule is at fault, and a guess at the
// kind of mistake from the whole gradient of that input beside the right one.

import { digits, worstError } from '../base/compare.ts';
import { coordinates } from '../base/shape.ts';
import { wrongRule } from './blame.ts';
import { type Cause, guessCause } from './causes.ts';
import { dualProgram } from './dual.ts';
import { basis, type Judged, type OrderResult, originalStep } from './order.ts';
import { bindingsAt, type Block, blockAt, cut, type Program, pull, tangentsOf } from './program.ts';
import type { EntryReport } from './report.ts';
import type { Seeded } from './seeded.ts';

/** Up to so many input entries the whole right gradient is computed for an explanation. */
const largest = 4096;

/** The worst entry of a wrong order, exactly located, with the step at fault and a guess at the mistake. */
export function diagnose(
  program: Program, result: OrderResult, stream: Seeded
): { worst: EntryReport; cause: Cause | undefined } {
  const { frozen, wrong } = result;
  // Duals are the sharper witness: what they contradict is explained before what only differences contradict.
  const byDual = wrong.filter((w) => w.against === 'duals');
  const judged = (byDual.length > 0 ? byDual : wrong).reduce((a, b) => (b.entry.digits < a.entry.digits ? b : a));
  const step = wrongRule(frozen.fragment, bindingsAt(program, frozen.fragment, program.point), stream);
  const blame = step === undefined ? {} : { step: originalStep(program, frozen, step) };
  const slopes = pull(program, judged.row.cotangent).slopes;
  const reference = judged.against === 'duals' ? byDuals(program, result, judged) : byDifferences(wrong, judged, slopes);
  if (reference === undefined) return { worst: { ...judged.entry, ...blame }, cause: undefined };
  // The input the worst entry belongs to; for a dense direction, the input whose gradient is furthest off.
  const errorOf = (block: Block): number => worstError(cut(slopes, block), cut(reference, block)).error;
  const furthest = program.inputs.reduce((a, b) => (errorOf(b) > errorOf(a) ? b : a));
  const block = judged.column.place === undefined ? furthest : blockAt(program.inputs, judged.column.place);
  const [own, right] = [cut(slopes, block), cut(reference, block)];
  const atBorder = result.borders.some((border) => border.input === block.name);
  const cause = guessCause(own, right, { shape: block.shape, point: cut(program.point, block), atBorder });
  if (judged.column.place !== undefined) return { worst: { ...judged.entry, ...blame }, cause };
  const { at, error } = worstError(own, right);
  const entry = {
    input: block.name, index: coordinates(at, block.shape), analytic: own[at]!, numeric: right[at]!, difference: null,
    digits: digits(error),
  };
  return { worst: { ...judged.entry, ...entry, ...blame }, cause };
}

/** Every entry of one row by duals, one forward pass each. */
function byDuals(program: Program, { frozen }: OrderResult, { row }: Judged): Float64Array | undefined {
  const { fragment } = frozen;
  if (program.point.length > largest) return undefined;
  const push = dualProgram(fragment.graph, fragment.outputs, bindingsAt(program, fragment, program.point));
  return program.point.map((_, place) => {
    const moved = push(tangentsOf(program, fragment, basis(program.point.length, place))).flatMap((x) => Array.from(x.tangent));
    return row.cotangent.reduce((sum, u, i) => sum + (u === 0 ? 0 : u * moved[i]!), 0);
  });
}

/** Where only differences disagree: the entries they contradict, the others as they are. */
function byDifferences(wrong: readonly Judged[], { row, column }: Judged, slopes: Float64Array): Float64Array | undefined {
  if (column.place === undefined) return undefined;
  const reference = Float64Array.from(slopes);
  for (const w of wrong) {
    const { place } = w.column;
    if (w.row === row && place !== undefined && w.entry.difference !== null) reference[place] = w.entry.difference;
  }
  return reference;
}
