// The decisions of an explained program at its point: what was decided, how far the inputs must move for it to be decided
// otherwise, and what changes there: the value of the result (by a jump), its slope only, or nothing. The way to a border
// is the steepest one for the two quantities that are compared; the border on it is found by bisection, to the last bit.

import { gradient } from '../autodiff/index.ts';
import { demandMade, demandOptions } from '../base/demand.ts';
import { bits, uniformFromBits } from '../base/random.ts';
import { coordinates, sizeOf } from '../base/shape.ts';
import { type Assumption, type Explanation, type JsonNumber, type Line } from '../explain/index.ts';
import { jsonNumber } from '../explain/numbers.ts';
import type { Step } from '../graph/graph.ts';
import { tensor } from '../graph/tensor.ts';
import { type Crossing, Landscape } from './landscape.ts';
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
  /** How far the inputs, as one vector, move along the steepest way until it is decided otherwise; 0 at a border, null where they never do. */
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
 * Edges     decisions of whole numbers and constants cannot change and are left out; a distance is along one straight way, so
 *           it is an upper bound of the shortest; Float32 programs are looked at in Float64
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
  const direction = side && ((side.gap === 0 ? borderOf(land, step, side)?.direction : undefined) ?? steepest(land, side)?.direction);
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

interface Border {
  readonly distance: number;
  readonly crossing: Crossing;
  readonly direction: Float64Array;
}

/** The border of one entry; undefined where the inputs do not move it or it never flips. At the border any way may cross it. */
function borderOf(land: Landscape, step: Step, side: Side): Border | undefined {
  const taken = (point: Float64Array): number => side.taken(land.valuesAt(point, [step.id, ...step.inputs]));
  const found = onSteepestWay(land, side, taken);
  return side.gap !== 0 || (found !== undefined && found.crossing.effect !== 'nothing') ? found : atBorder(land, taken) ?? found;
}

/** What changes beside a border on which the point lies: on ways drawn from a seed, both ways, as near as the decision flips. */
function atBorder(land: Landscape, taken: (point: Float64Array) => number): Border | undefined {
  const { point } = land;
  const before = taken(point);
  const size = Math.max(1, ...point.map(Math.abs));
  let best: Border | undefined;
  for (let seed = 0; seed < 8; seed++) {
    const drawn = Float64Array.from(bits(seed, 0, point.length), (word) => 2 * uniformFromBits(word) - 1);
    const length = Math.hypot(...drawn);
    for (const sign of [1, -1]) {
      const direction = drawn.map((x) => (sign * x) / length);
      const at = (h: number): Float64Array => point.map((x, i) => x + h * size * direction[i]!);
      const flips = (h: number): boolean => taken(at(h)) !== before;
      // Nearer, rounding may decide where the gap opens with the square of the way.
      if (![2 ** -22, 2 ** -20, 2 ** -18, 2 ** -16].every(flips)) continue;
      const h = [2 ** -40, 2 ** -30].find(flips) ?? 2 ** -22;
      const crossing = land.crossing(point, at(h));
      // A slope that turns as much on the way on is curved, not broken.
      const isCurved = crossing.effect === 'slope' && crossing.turn < 4 * land.crossing(at(h), at(2 * h)).turn;
      const found: Border = { distance: 0, direction, crossing: isCurved ? { ...crossing, effect: 'nothing' } : crossing };
      if (found.crossing.effect === 'value') return found;
      if (best === undefined || best.crossing.effect === 'nothing') best = found;
    }
  }
  return best;
}

/** The border on the way on which the gap closes fastest. */
function onSteepestWay(land: Landscape, side: Side, taken: (point: Float64Array) => number): Border | undefined {
  const way = steepest(land, side);
  if (way === undefined) return undefined;
  const at = (h: number): Float64Array => land.point.map((x, i) => x + h * way.direction[i]!);
  const before = taken(land.point);
  const changes = (h: number): boolean => taken(at(h)) !== before;
  // Linear in the inputs the border would be here; from there outwards, both ways where the two sides are equal already.
  const first = way.expected === 0 ? 2 ** -40 : way.expected;
  for (let far = first * (1 + 2 ** -30), near = 0; far <= 64 * first; near = far, far *= 1.25) {
    const outside = [far, ...(side.gap === 0 ? [-far] : [])].find(changes);
    if (outside !== undefined) {
      const border = bisected(changes, Math.sign(outside) * near, outside);
      const margin = Math.sign(outside) * land.margin(way.direction, border);
      const crossing = land.crossing(at(border - margin), at(border + margin));
      return { distance: Math.abs(border), crossing, direction: way.direction };
    }
  }
  return undefined;
}

/** The first distance beyond a change between `inside` and `outside`, to the last bit. */
export function bisected(changes: (h: number) => boolean, inside: number, outside: number): number {
  for (;;) {
    const middle = (inside + outside) / 2;
    if (middle === inside || middle === outside) return outside;
    if (changes(middle)) outside = middle;
    else inside = middle;
  }
}

/** The unit direction in which the gap closes fastest, and how soon it would at that rate. */
function steepest({ open }: Landscape, { gap, terms }: Side): { direction: Float64Array; expected: number } | undefined {
  const { recorder, fragment, inputs, point } = open;
  const cotangents = terms.map(({ step, entry, sign }) => {
    const { shape } = fragment.graph.steps[step]!;
    const basis = new Float64Array(sizeOf(shape));
    basis[entry] = sign;
    return { step, cotangent: tensor(basis, { shape }) };
  });
  const found = gradient(recorder, cotangents, inputs.map((block) => fragment.inputs[block.position]!));
  const slope = new Float64Array(point.length);
  found.forEach((x, i) => x !== null && slope.set(x.data.subarray(0, inputs[i]!.size), inputs[i]!.offset));
  const length = Math.hypot(...slope);
  const expected = Math.abs(gap) / length;
  // Where something overflows the gap may be infinite, and no way across it has an end.
  if (!(length > 0) || !Number.isFinite(length) || !Number.isFinite(expected)) return undefined;
  const towards = gap > 0 ? -1 : 1;
  return { direction: slope.map((x) => (towards * x) / length), expected };
}
