// Where the border of a decision lies: from the point along the way on which the gap of the two compared quantities closes
// fastest, then turned until the way meets the border at a right angle, where it is nearest. What a way meets is found by
// bisection of the decision itself, to the last bit. Which steps decide, and what they compare, stands in sides.ts.

import { bits, uniformFromBits } from '../base/random.ts';
import { evaluate } from '../graph/evaluate.ts';
import type { Step } from '../graph/graph.ts';
import type { Crossing, Landscape } from './landscape.ts';
import { bindingsAt, blocksOf, derivativeOf, joined, lengthOf, type Program, pull } from './program.ts';
import type { Side } from './sides.ts';

export interface Border {
  readonly distance: number;
  readonly crossing: Crossing;
  readonly direction: Float64Array;
}

/** A border is not sought where its gap opens more than so many times as fast as at the point. */
const steepestSlope = 16;

/** The border of one entry; undefined where the inputs do not move it or it never flips. At the border any way may cross it. */
export function borderOf(land: Landscape, step: Step, side: Side): Border | undefined {
  const taken = (point: Float64Array): number => side.taken(land.valuesAt(point, [step.id, ...step.inputs]));
  const found = nearestBorder(land, side, taken);
  return side.gap !== 0 || (found !== undefined && found.crossing.effect !== 'nothing') ? found : atBorder(land, taken) ?? found;
}

/** What changes beside a border on which the point lies: on ways drawn from a seed, both ways, as near as the decision flips. */
function atBorder(land: Landscape, taken: Taken): Border | undefined {
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

/** The border where it is nearest, sought from where the way meets it on which the gap closes fastest. */
function nearestBorder(land: Landscape, side: Side, taken: Taken): Border | undefined {
  const way = steepest(land, side);
  const first = way && onWay(land, side, taken, way);
  if (first === undefined || side.gap === 0) return first;
  const move = nearestPoint(land, side, first.direction.map((x) => x * first.distance));
  const expected = Math.hypot(...move);
  if (!(expected < first.distance)) return first;
  const found = onWay(land, side, taken, { direction: move.map((x) => x / expected), expected });
  return found !== undefined && found.distance < first.distance ? found : first;
}

/**
 * The shortest move onto a border around one that reaches it. A step is Newton's onto gap = 0 and the one along its tangent
 * together, as much of it as makes length and gap, weighed against each other, least (Hasofer and Lind; Rackwitz, Fiessler).
 */
function nearestPoint({ open }: Landscape, side: Side, start: Float64Array): Float64Array {
  const { program, cotangent } = comparedBy(open, side);
  const derivative = derivativeOf(program, cotangent, 1);
  if (derivative === undefined) return start;
  const [compared, slopes] = [program.fragment.outputs, derivative.fragment.outputs];
  const look = (move: Float64Array) => {
    const point = open.point.map((x, i) => x + move[i]!);
    const values = evaluate(open.fragment.graph, [...compared, ...slopes], bindingsAt(open, open.fragment, point));
    const slope = new Float64Array(point.length);
    derivative.outputs.forEach(({ of }, i) => slope.set(values[slopes[i]!]!.data(), of.offset));
    return { move, difference: dot(joined(compared.map((id) => values[id]!)), cotangent), slope };
  };
  const from = look(start.map(() => 0));
  // A step at a whole number compares with a number that is no term of it.
  const level = from.difference - side.gap;
  let here = look(start);
  for (let count = 0; count < 256; count++) {
    const { move, slope } = here;
    const gap = here.difference - level;
    const square = dot(slope, slope);
    const next = slope.map((x) => (x * (dot(slope, move) - gap)) / square);
    const merit = (found: typeof here): number =>
      dot(found.move, found.move) / 2 + 2 * Math.sqrt(dot(move, move) / square) * Math.abs(found.difference - level);
    const step = (part: number): typeof here => {
      const { move: off, slope: across, difference } = look(move.map((x, i) => x + (next[i]! - x) * part));
      // Off a bent border by the square of the step: back onto it.
      const back = (difference - level) / dot(across, across);
      return look(off.map((x, i) => x - across[i]! * back));
    };
    let tried = step(1);
    // A whole step may swing from side to side of a sharp bend: halved as long as that is better.
    for (let part = 0.5; part >= 2 ** -6; part /= 2) {
      const half = step(part);
      if (merit(half) < merit(tried)) tried = half;
      else if (merit(tried) < merit(here)) break;
    }
    if (!(merit(tried) < (1 - 2 ** -46) * merit(here))) break;
    here = tried;
  }
  // Where a vector vanishes every border of its direction is near, and a way there grazes it: that is nearest to none of them.
  return dot(here.slope, here.slope) > steepestSlope ** 2 * dot(from.slope, from.slope) ? start : here.move;
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** The program whose outputs a side compares, and the cotangent that makes the gap of them. */
function comparedBy(open: Program, { terms }: Side): { program: Program; cotangent: Float64Array } {
  const { steps } = open.fragment.graph;
  const outputs = blocksOf(terms.map(({ step }) => ({ name: '', shape: steps[step]!.shape })));
  const cotangent = new Float64Array(lengthOf(outputs));
  terms.forEach(({ entry, sign }, i) => (cotangent[outputs[i]!.offset + entry] = sign));
  return { program: { ...open, outputs, fragment: { ...open.fragment, outputs: terms.map(({ step }) => step) } }, cotangent };
}

interface Way {
  readonly direction: Float64Array;
  /** Where the border is expected. */
  readonly expected: number;
}

type Taken = (point: Float64Array) => number;

/** The border on a way. */
function onWay(land: Landscape, side: Side, taken: Taken, way: Way): Border | undefined {
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
export function steepest({ open }: Landscape, side: Side): Way | undefined {
  const { program, cotangent } = comparedBy(open, side);
  const { slopes } = pull(program, cotangent);
  const length = Math.hypot(...slopes);
  const expected = Math.abs(side.gap) / length;
  // Where something overflows the gap may be infinite, and no way across it has an end.
  if (!(length > 0) || !Number.isFinite(length) || !Number.isFinite(expected)) return undefined;
  const towards = side.gap > 0 ? -1 : 1;
  return { direction: slopes.map((x) => (towards * x) / length), expected };
}
