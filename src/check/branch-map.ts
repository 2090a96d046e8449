// The decisions of an explained program at its point: what was decided, how far the inputs must move for it to be decided
// otherwise, and what changes there: the value of the result (by a jump), its slope only, or nothing. How a border is found
// stands in nearest-border.ts.

import { demandMade, demandOptions } from '../base/demand.ts';
import { coordinates } from '../base/shape.ts';
import { type Assumption, type Explanation, type JsonNumber, type Line } from '../explain/index.ts';
import { jsonNumber } from '../explain/numbers.ts';
import type { Step } from '../graph/graph.ts';
import { type Crossing, Landscape } from './landscape.ts';
import { type Border, borderOf, steepest } from './nearest-border.ts';
import { cut } from './program.ts';
import { type Side, sidesOf } from './sides.ts';

/** Raised whenever a reader of the older form could misread the newer one. */
export const branchMapVersion = 1;

/** One entry that decides. */
export interface BranchDecision {
  readonly line: number;
  readonly name: string;
  /** mask, clamp, step, choice or tie, as among the assumptions of an explanation. */
  readonly kind: Assumption['kind'];
  readonly formula: string;
  /** The named lines it is written into, for a line without a name of its own. */
  readonly serves: readonly string[];
  readonly at: readonly number[];
  /** By how much the compared quantities differ. */
  readonly gap: JsonNumber;
  /** How far the inputs, as one vector, are from where it is decided otherwise; 0 at a border, null where none was met. */
  readonly distance: JsonNumber | null;
  /** What changes there; null where no border was found. */
  readonly effect: Crossing['effect'] | null;
  /** Result beyond the border less result before it. */
  readonly jump: JsonNumber;
  /** Length of the change of the gradient. */
  readonly turn: JsonNumber;
  /** Other named lines, or lines that are written into them, that decide otherwise at the same border. */
  readonly beside: readonly string[];
}

export interface BranchMap {
  readonly version: typeof branchMapVersion;
  /** The nearest first; those without a border last. */
  readonly decisions: readonly BranchDecision[];
  /** Further entries of the same lines, farther from their borders than those listed. */
  readonly more: number;
}

/** Numbers by which inputs move, by the name of the input, in row-major order; an input that is not named stays. */
export type Direction = Readonly<Record<string, ArrayLike<number>>>;

export interface BranchMapOptions {
  /** Entries are followed, the smallest gap first, until so many of a line change something, or 16 times as many. Default 4. */
  readonly most?: number;
}

/**
 * Every decision of an explained program and what lies across its border.
 *
 * Shapes    an explanation made in this process
 * Gradient  none: plain data
 * Edges     decisions of whole numbers and constants cannot change and are left out; a distance is that of the nearest
 *           point around the one the steepest way meets, so another part of a bent border may be nearer, and a border that
 *           the steepest way misses is not found; Float32 programs are looked at in Float64
 * Throws    DomainError for an explanation read from JSON
 */
export function branchMap(explanation: Explanation, options: BranchMapOptions = {}): BranchMap {
  demandOptions(options, ['most'], 'branchMap');
  const { most = 4 } = options;
  const land = new Landscape(explanation, 'branchMap');
  const { graph, inputs, outputs } = land.open.fragment;
  const floats = land.open.inputs.map((block) => inputs[block.position]!);
  const [moves, needed] = [graph.dependents(floats), graph.live(outputs)];
  const lines = new Map(explanation.lines.map((line) => [line.number, line]));
  let more = 0;
  const decisions = graph.steps.flatMap((step): BranchDecision[] => {
    const line = lines.get(land.lineOf(step.id));
    if (!needed[step.id] || !step.inputs.some((id) => moves[id]) || line === undefined) return [];
    const sides = sidesOf(step, (id) => land.open.recorder.tensors[id]!);
    const nearest = sides.filter(({ gap }) => !Number.isNaN(gap)).sort((a, b) => Math.abs(a.gap) - Math.abs(b.gap));
    const assumption = explanation.assumptions.find((found) => found.line === line.number);
    const followed: BranchDecision[] = [];
    let felt = 0;
    for (const side of nearest.slice(0, 16 * most)) {
      if (felt === most) break;
      const found = decisionOf({ land, line, lines, step, kind: assumption?.kind ?? 'choice' }, side, borderOf(land, step, side));
      followed.push(found);
      if (found.effect === 'value' || found.effect === 'slope') felt++;
    }
    more += nearest.length - followed.length;
    return followed;
  });
  const far = (decision: BranchDecision): number => (decision.distance === null ? Infinity : Number(decision.distance));
  return { version: branchMapVersion, decisions: decisions.sort((a, b) => far(a) - far(b)), more };
}

/** The direction of length 1 in which the border of a decision was looked for; undefined where nothing moves it. */
export function towardsBorder(explanation: Explanation, decision: Pick<BranchDecision, 'line' | 'at'>): Direction | undefined {
  demandMade(decision, ['line', 'at'], 'towardsBorder', 'a decision of branchMap');
  const { line, at } = decision;
  const land = new Landscape(explanation, 'towardsBorder');
  const step = land.open.fragment.graph.steps.find(({ id }) => land.lineOf(id) === line);
  const side = step && sidesOf(step, (id) => land.open.recorder.tensors[id]!)
    .find(({ entry }) => coordinates(entry, step.shape).join() === at.join());
  const direction = side && (borderOf(land, step, side)?.direction ?? steepest(land, side)?.direction);
  return direction && Object.fromEntries(land.open.inputs.map((block) => [block.name, cut(direction, block)]));
}

interface Subject {
  readonly land: Landscape;
  readonly line: Line;
  readonly lines: ReadonlyMap<number, Line>;
  readonly step: Step;
  readonly kind: Assumption['kind'];
}

function decisionOf({ land, line, lines, step, kind }: Subject, side: Side, border: Border | undefined): BranchDecision {
  const own = [line.name, ...land.servedBy(line.number)];
  const others = new Set(border?.crossing.flipped.flatMap((flip) => {
    const { number, name } = lines.get(land.lineOf(flip.step)) ?? line;
    const serves = land.servedBy(number);
    return (serves.length === 0 ? [name] : serves).filter((other) => !own.includes(other));
  }));
  return {
    line: line.number, name: line.name, kind, formula: line.expanded, serves: land.servedBy(line.number),
    at: coordinates(side.entry, step.shape), gap: jsonNumber(Math.abs(side.gap)),
    distance: side.gap === 0 ? 0 : border === undefined ? null : jsonNumber(border.distance),
    effect: border?.crossing.effect ?? (side.gap === 0 ? 'nothing' : null), jump: jsonNumber(border?.crossing.jump ?? 0), turn: jsonNumber(border?.crossing.turn ?? 0),
    beside: [...others],
  };
}
