// Runs one line of a derivation at one point: lowers both sides in a trace of its own, compares them entry by entry,
// counts hits per branch, and has every derivative in it taken again by dual numbers and by differences.

import { digits, entryError, floorOf } from '../base/compare.ts';
import { coordinates, type Shape } from '../base/shape.ts';
import {
  type Branch, type Claim, type DerivativeQuery, type Expr, type Line, Lowering, type Named, type Names, type Origin,
  type Section, stretchTo, unionAxes,
} from '../formula/index.ts';
import { constant, evaluate, Graph, input, record, Recorder } from '../graph/index.ts';
import { along } from './differences.ts';
import { type DualResult, forwardDual } from './dual.ts';
import { freeze } from './freeze.ts';
import type { PointData } from './sampling.ts';
import { toPoint } from './sampling.ts';

/** The digits demanded (see the design of the proof): statement, duals, differences. */
export const demanded = { statement: 11, duals: 10, differences: 6 } as const;
/** Agreement to 64 units of rounding of the terms an entry is made of counts as agreement. */
const roundingUnits = 64 * 2 ** -52;

export interface BranchCount {
  readonly branch: Branch;
  readonly whenTrue: number;
  readonly whenFalse: number;
  /** Entries at which the sides differ, by side of the condition. */
  readonly wrongTrue: number;
  readonly wrongFalse: number;
}

export interface Failure {
  readonly reason: string;
  readonly entry: string;
  readonly left: number;
  readonly right: number;
  /** How badly: an error in the norm of the project, Infinity for an inequality or a value that is not finite. */
  readonly error: number;
  /** The engine's derivative failed its proof, rather than the statement. */
  readonly engine?: boolean;
  /** What stands on the left and on the right, where it is not the two sides of the line. */
  readonly sides?: readonly [string, string];
}

export interface LineRun {
  readonly hits: number;
  readonly branches: readonly BranchCount[];
  /** Digits of this point; null where the question does not arise. */
  readonly statement: number | null;
  readonly duals: number | null;
  readonly differences: number | null;
  readonly atRounding: number;
  /** Entries of an equality that agree in digits, rather than by being 0 or at rounding on both sides. */
  readonly aboveFloor: number;
  readonly atBorder: number;
  /** Derivative entries that differences could not judge. */
  readonly unresolved: number;
  readonly failure?: Failure;
}

/** What is run of a line: its claim, printed or amended (null for a definition, whose value is run), and where that stands. */
export interface Statement {
  readonly section: Section;
  readonly line: Line;
  readonly claim: Claim | null;
  readonly from: Origin;
}

/**
 * Runs a statement at a point. With `proofs` the derivatives in it are also proved by duals and differences; proofs are
 * kept there by the text of the derivative, because many lines of a section speak of the same one.
 */
export function runLine(
  names: Names, { section, line, claim, from }: Statement, data: PointData, proofs?: Map<string, Proof>,
): LineRun {
  const lowering = new Lowering(names, section, toPoint(data), from);
  const recorder = new Recorder('concrete');
  return record(recorder, () => {
    const side = (e: Expr): Named => lowering.expr(e);
    const left = claim === null ? side({ kind: 'name', name: line.target!.name, index: line.target!.index }) : side(claim.left);
    const right = claim === null ? left : side(claim.right);
    const where = claim?.where == null ? undefined : lowering.cond(claim.where);
    const parts = where === undefined ? [left, right] : [left, right, where];
    const axes = unionAxes(parts);
    const entries = (x: Named) => stretchTo(x, axes, (axis) => lowering.size(axis)).tensor.data;
    const asked = where === undefined ? undefined : entries(where);
    const shape = axes.map((axis) => lowering.size(axis));
    const sides = { left: Float64Array.from(entries(left)), right: Float64Array.from(entries(right)) };
    const both = (how: 'rounding' | 'marks'): DualResult[] => {
      const steps = [left, right].map((x) => recorder.stepOf(stretchTo(x, axes, (axis) => lowering.size(axis)).tensor).id);
      return forwardDual(recorder.graph, steps, { tangents: new Map(), [how]: true });
    };
    const verdict = compareSides(claim, sides, asked, both, (i) => coordinates(i, shape).map((c, a) => `${axes[a]!} = ${c}`).join(', '));
    const proof = proofs === undefined ? nothing : prove(lowering.derivatives, recorder, section, proofs);
    const failure = verdict.failure ?? proof.failure;
    // An entry that agrees only at rounding has shown nothing, except where the claim is that something is 0.
    const vanishes = claim?.op === '=' && claim.right.kind === 'number' && claim.right.value === 0;
    const met = verdict.atRounding.map((rounded, i) => (asked?.[i] === 0 || (rounded === 1 && !vanishes) ? 0 : 1));
    return {
      hits: met.reduce((sum, x) => sum + x, 0),
      branches: lowering.branches.map((branch) => {
        const [all, wrong] = [met, verdict.wrong].map((entries) => countBranch(branch, axes, entries, lowering));
        // What is wrong where the condition is not asked fails on neither side of it alone.
        return { branch, whenTrue: all!.whenTrue, whenFalse: all!.whenFalse, wrongTrue: wrong!.whenTrue + wrong!.unasked, wrongFalse: wrong!.whenFalse + wrong!.unasked };
      }),
      statement: verdict.digits, duals: proof.duals, differences: proof.differences,
      atRounding: verdict.atRounding.reduce((sum, x) => sum + x, 0), aboveFloor: verdict.aboveFloor, atBorder: proof.atBorder, unresolved: proof.unresolved,
      ...(failure && { failure }),
    };
  });
}

export const isStrict = ({ op }: Claim): boolean => op === '<' || op === '>';

interface Sides { readonly left: Float64Array; readonly right: Float64Array }

function compareSides(
  claim: Claim | null, { left, right }: Sides, asked: ArrayLike<number> | undefined,
  both: (how: 'rounding' | 'marks') => readonly DualResult[], entryText: (i: number) => string,
): { digits: number | null; atRounding: Uint8Array; wrong: Uint8Array; aboveFloor: number; failure?: Failure } {
  const floor = floorOf(right.filter((_, i) => asked === undefined || asked[i] !== 0));
  const tolerance = 10 ** -demanded.statement;
  let [rounding, marks]: (readonly DualResult[] | undefined)[] = [];
  let worst = 0;
  let compared = 0;
  const atRounding = new Uint8Array(left.length);
  const wrong = new Uint8Array(left.length);
  let aboveFloor = 0;
  const strict = claim !== null && isStrict(claim);
  let failure: Failure | undefined;
  const fail = (i: number, reason: string, error: number): void => {
    wrong[i] = 1;
    if (failure === undefined || error > failure.error) failure = { reason, entry: entryText(i), left: left[i]!, right: right[i]!, error };
  };
  // An infinite μ (π is acos(-1), where the slope is infinite) bounds nothing, so nothing is at rounding.
  const withinRounding = (i: number): boolean => {
    rounding ??= both('rounding');
    const spread = rounding[0]!.spread[i]! + rounding[1]!.spread[i]!;
    return spread < Infinity && Math.abs(left[i]! - right[i]!) <= roundingUnits * spread;
  };
  // A value is not below itself; two that were rounded to one number may be.
  const isItself = (i: number): boolean => {
    marks ??= both('marks');
    return marks[0]!.tangent[i] === marks[1]!.tangent[i];
  };
  for (let i = 0; i < left.length; i++) {
    if (asked !== undefined && asked[i] === 0) continue;
    const [a, b] = [left[i]!, right[i]!];
    if (!Number.isFinite(a) || !Number.isFinite(b)) {
      fail(i, 'a value is not finite', Infinity);
      continue;
    }
    if (claim === null) continue;
    if (claim.op !== '=') {
      const holds = { '>': a > b, '<': a < b, '!=': a !== b, '>=': a >= b, '<=': a <= b }[claim.op];
      if (holds && !strict) continue;
      // Both sides carry rounding: an inequality that misses by no more is not wrong, and a strict one has shown nothing.
      if (claim.op !== '!=' && (strict && a === b ? !isItself(i) : withinRounding(i))) atRounding[i] = strict ? 1 : 0;
      else if (!holds) fail(i, `left ${claim.op} right does not hold`, Infinity);
      continue;
    }
    const error = entryError(a, b, floor);
    if (error > tolerance) {
      if (withinRounding(i)) {
        atRounding[i] = 1;
        continue;
      }
      fail(i, `the sides agree to ${digits(error).toFixed(1)} digits`, error);
    }
    compared++;
    if (b !== 0) aboveFloor++;
    worst = Math.max(worst, error);
  }
  const agreed = claim?.op === '=' && compared > 0 ? digits(worst) : null;
  return { digits: agreed, atRounding, wrong, aboveFloor, ...(failure && { failure }) };
}

/** What independent methods said about derivatives. */
export interface Proof {
  readonly duals: number | null;
  readonly differences: number | null;
  readonly atBorder: number;
  readonly unresolved: number;
  readonly failure?: Failure;
}
const nothing: Proof = { duals: null, differences: null, atBorder: 0, unresolved: 0 };

/** Takes every derivative of a line again, on the frozen program, column by column. */
function prove(queries: readonly DerivativeQuery[], recorder: Recorder, section: Section, proofs: Map<string, Proof>): Proof {
  let result: Proof = nothing;
  for (const query of queries) {
    const key = `${section.id}: ${query.text}`;
    const found = proofs.get(key) ?? proveOne(query, recorder);
    proofs.set(key, found);
    const least = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.min(a, b));
    const failure = result.failure ?? found.failure;
    result = {
      duals: least(result.duals, found.duals), differences: least(result.differences, found.differences),
      atBorder: result.atBorder + found.atBorder, unresolved: result.unresolved + found.unresolved, ...(failure && { failure }),
    };
  }
  return result;
}

function proveOne(query: DerivativeQuery, recorder: Recorder): Proof {
  const { fragment, steps } = freeze({ graph: recorder.graph, inputs: [], outputs: [query.of, query.by] }, []);
  const { graph, of, by } = between(fragment.graph, steps[query.of]!, steps[query.by]!);
  const base = evaluate(graph, [of, by]);
  const size = base[of]!.data().length;
  const width = base[by]!.data().length;
  const samples = query.perSample ? graph.steps[by]!.shape[0]! : 1;
  const columns = width / samples;
  const rowCount = size / samples;
  const engine = query.rows.data;
  // A column: the slope of every entry of `of` along one entry of `by` (in all samples at once where they do not touch).
  const engineColumn = (column: number): Float64Array => Float64Array.from({ length: size }, (_, i) => {
    const sample = Math.floor(i / rowCount);
    return engine[(i % rowCount) * width + sample * columns + column]!;
  });
  const direction = (column: number): Float64Array => {
    const tangent = new Float64Array(width);
    for (let i = 0; i < samples; i++) tangent[i * columns + column] = 1;
    return tangent;
  };
  const all = Array.from({ length: columns }, (_, column) => {
    const tangent = direction(column);
    const [dual] = forwardDual(graph, [of], { tangents: new Map([[by, tangent]]), bindings: new Map([[by, base[by]!]]) });
    const difference = along(graph, of, by, base[by]!, tangent);
    return { column, engine: engineColumn(column), dual: dual!, difference };
  });
  const dualFloor = floorOf(all.flatMap(({ dual }) => [...dual.tangent]));
  let duals = 0;
  let differences = 0;
  let atBorder = 0;
  let unresolved = 0;
  let failure: Failure | undefined;
  for (const { column, engine: own, dual, difference } of all) {
    for (let i = 0; i < size; i++) {
      const note = (method: string, other: number, error: number): void => {
        if (failure !== undefined && error <= failure.error) return;
        const agreed = error === Infinity ? 'they differ' : `they agree to ${digits(error).toFixed(1)} digits`;
        failure = {
          reason: `the line itself holds, but the engine’s ${query.text} does not pass its own proof by ${method}: ${agreed}`,
          entry: entryOf(query, graph.steps[of]!.shape, i, graph.steps[by]!.shape, Math.floor(i / rowCount) * columns + column),
          left: own[i]!, right: other, error, engine: true, sides: ['engine', method],
        };
      };
      const byDual = entryError(own[i]!, dual.tangent[i]!, dualFloor);
      if (byDual <= 10 ** -demanded.duals) duals = Math.max(duals, byDual);
      else if (!(Math.abs(own[i]! - dual.tangent[i]!) <= roundingUnits * dual.spread[i]!)) note('dual numbers', dual.tangent[i]!, byDual);
      if (difference === undefined) {
        atBorder++;
        continue;
      }
      const byDifference = entryError(own[i]!, difference.derivative[i]!, dualFloor);
      if (byDifference <= 10 ** -demanded.differences) differences = Math.max(differences, byDifference);
      else {
        const gap = Math.abs(own[i]! - difference.derivative[i]!);
        if (gap <= difference.noise[i]!) continue;
        // An estimate that is poor by its own account accuses nobody.
        if (gap <= 4 * difference.error[i]!) unresolved++;
        else note('differences', difference.derivative[i]!, byDifference);
      }
    }
  }
  return { duals: digits(duals), differences: digits(differences), atBorder, unresolved, ...(failure && { failure }) };
}

/** An entry of a derivative by the names of its axes; an axis that both sides have is told apart by a prime. */
function entryOf({ ofAxes, byAxes, perSample }: DerivativeQuery, ofShape: Shape, of: number, byShape: Shape, by: number): string {
  const rows = coordinates(of, ofShape).map((at, axis) => `${ofAxes[axis]!} = ${at}`);
  const prime = (axis: string): string => (ofAxes.includes(axis) ? `${axis}'` : axis);
  const columns = coordinates(by, byShape).map((at, axis) => `${prime(byAxes[axis]!)} = ${at}`);
  return [...rows, ...columns.slice(perSample ? 1 : 0)].join(', ');
}

/** The part of a program that leads from `by` to `of`; all else it reads is held as constants. */
function between(graph: Graph, of: number, by: number): { graph: Graph; of: number; by: number } {
  const values = evaluate(graph, [of, by]);
  const needed = graph.live([of]);
  const moves = graph.dependents([by]);
  const part = new Graph();
  const places = new Map<number, number>();
  const place = (id: number): number => {
    const known = places.get(id);
    if (known !== undefined) return known;
    const step = graph.steps[id]!;
    const held = part.append(id === by ? input : constant, [], { shape: step.shape, dtype: step.dtype, value: values[id]! }, step).id;
    places.set(id, held);
    return held;
  };
  place(by);
  for (const step of graph.steps) {
    if (step.id === by || !needed[step.id] || !moves[step.id]) continue;
    places.set(step.id, part.append(step.primitive, step.inputs.map(place), step.params, step).id);
  }
  return { graph: part, of: place(of), by: place(by) };
}

/** How many entries of a line that count meet each side of a condition; axes the line does not have count as "any". */
function countBranch(
  branch: Branch, axes: readonly string[], met: ArrayLike<number>, lowering: Lowering,
): { whenTrue: number; whenFalse: number; unasked: number } {
  const extra = unionAxes([branch.mask, ...branch.inside.map((arm) => arm.branch.mask)]).filter((axis) => !axes.includes(axis));
  const inner = extra.reduce((product, axis) => product * lowering.size(axis), 1);
  const entries = (mask: Named) => stretchTo(mask, [...axes, ...extra], (axis) => lowering.size(axis)).tensor.data;
  const full = entries(branch.mask);
  const arms = branch.inside.map(({ branch: { mask }, holds }) => ({ held: entries(mask), holds }));
  let whenTrue = 0;
  let whenFalse = 0;
  let unasked = 0;
  for (let i = 0; i < full.length / inner; i++) {
    if (met[i] === 0) continue;
    const here = new Set<boolean>();
    for (let at = i * inner; at < (i + 1) * inner; at++) {
      if (arms.every(({ held, holds }) => (held[at] !== 0) === holds)) here.add(full[at] !== 0);
    }
    if (here.has(true)) whenTrue++;
    if (here.has(false)) whenFalse++;
    if (here.size === 0) unasked++;
  }
  return { whenTrue, whenFalse, unasked };
}

