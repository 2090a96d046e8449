// A recorded gradient must be the derivative at neighbouring points too. A rule that reads numbers where it should use
// steps is right at the point it was recorded at and nowhere else; its second derivative is then wrong without any
// disagreement at the base point. So the recorded program is evaluated at another point of the cell and compared with
// dual numbers there.

import { digits, entryError, floorOf } from '../base/compare.ts';
import { epsilon } from '../base/dtype.ts';
import { evaluate } from '../graph/evaluate.ts';
import { firstFlip } from './cells.ts';
import { dualProgram } from './dual.ts';
import { freeze, type Frozen } from './freeze.ts';
import { columnsOf, demanded, dot, probeAlong, scalesOf } from './order.ts';
import { bindingsAt, type Derivative, joined, lengthOf, type Program, tangentsOf } from './program.ts';
import { indexText, stepReport, stepText } from './report.ts';
import { normals, type Seeded } from './seeded.ts';

export interface Nearby {
  readonly kind: 'nearby' | 'unreached';
  readonly text: string;
}

/** What is wrong with `next` as the gradient of ⟨cotangent, program⟩ at a neighbouring point, if anything. */
export function wrongNearby(
  program: Program, cotangent: Float64Array, next: Derivative, order: number, stream: Seeded
): Nearby | undefined {
  const frozen = freeze(program.fragment, program.base);
  const scales = scalesOf(program);
  const somewhere = (): Float64Array => normals(stream, program.point.length).map((x, i) => x * scales[i]!);
  const point = [1, 2].map(() => neighbour(program, frozen, somewhere())).find((x) => x !== undefined);
  if (point === undefined) {
    const text = `order ${order}: no neighbouring point of the cell was found, so the recorded gradient`;
    return { kind: 'unreached', text: `${text} was compared at the point only` };
  }
  const recorded = gradientAt(program, next, point);
  const push = dualProgram(frozen.fragment.graph, frozen.fragment.outputs, bindingsAt(program, frozen.fragment, point));
  const entries = columnsOf(program, stream).flatMap((column) => {
    if (column.place === undefined) return [];
    const moved = push(tangentsOf(program, frozen.fragment, column.direction));
    const right = dot(moved.flatMap((x) => Array.from(x.tangent)), cotangent);
    const mu = dot(moved.flatMap((x) => Array.from(x.spread)), cotangent.map(Math.abs));
    return [{ column, own: recorded[column.place]!, right, mu }];
  });
  const floor = floorOf(entries.map((x) => x.right));
  const wrong = entries
    .map((x) => ({ ...x, error: entryError(x.own, x.right, floor) }))
    .filter((x) => x.error > 10 ** -demanded.duals && Math.abs(x.own - x.right) > 64 * epsilon.f64 * x.mu)
    .sort((a, b) => b.error - a.error)[0];
  if (wrong === undefined) return undefined;
  const source = next.detached === undefined ? '' : `; ${stepText(stepReport(program.fragment.graph, next.detached))} does`;
  const stops = (held: Frozen): number => held.frozen.filter(({ kind }) => kind === 'stop').length;
  const why = stops(freeze(next.fragment, program.base)) > stops(frozen)
    ? 'a rule stops a gradient (stopGradient) that its own derivative needs' : 'a rule reads numbers instead of steps, so it cannot be differentiated again';
  const place = `${wrong.column.input}${indexText(wrong.column.index)}`;
  return {
    kind: 'nearby',
    text: `order ${order + 1}: near the point, the recorded gradient at ${place} is ${wrong.own}, duals ${wrong.right}`
      + ` (${digits(wrong.error).toFixed(1)} digits): ${why}${source}`,
  };
}

/** A point of the same cell along a direction, one way or the other. */
function neighbour(program: Program, frozen: Frozen, direction: Float64Array): Float64Array | undefined {
  const probe = probeAlong(program, frozen, direction);
  const base = probe(0).decisions!;
  const step = [2 ** -8, 2 ** -12, 2 ** -16, 2 ** -20].flatMap((h) => [h, -h]).find((h) => {
    const { values, decisions } = probe(h);
    return values.every(Number.isFinite) && firstFlip(base, decisions!) === undefined;
  });
  return step === undefined ? undefined : program.point.map((x, i) => x + step * direction[i]!);
}

/** The recorded gradient evaluated at another point, one entry per input entry; 0 where there is no path. */
function gradientAt(program: Program, next: Derivative, point: Float64Array): Float64Array {
  const { fragment } = freeze(next.fragment, program.base);
  const values = evaluate(fragment.graph, fragment.outputs, bindingsAt(next, fragment, point));
  const all = new Float64Array(lengthOf(program.inputs));
  next.outputs.forEach((block, i) => all.set(joined([values[fragment.outputs[i]!]!]), block.of.offset));
  return all;
}
