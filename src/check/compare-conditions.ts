// Under which decisions two losses differ. At every point with a single sample the decisions of both programs are noted
// as facts ("some class is hard", "0 < c_y does not hold"); a fact explains the difference when the losses differ only
// where it has one of its values. It is found by counting, so it names where to look, and proves nothing.

import { Formulas } from '../explain/formulas.ts';
import { evaluate } from '../graph/evaluate.ts';
import type { Step } from '../graph/graph.ts';
import type { Trace } from '../graph/trace.ts';
import { decisionsOf } from './cells.ts';
import { freeze } from './freeze.ts';

/** A step that decides, as a reader can find it. */
interface Deciding {
  /** Its formula, unnamed operands written out. */
  readonly formula: string;
  readonly label?: string;
  readonly role?: string;
  readonly scope?: string;
}

/** What a step decided at a point. */
export interface Fact extends Deciding {
  /** `true` or `false` for one entry, `some` or `none` for a mask over classes, or the number decided. */
  readonly value: string;
}

export interface ConditionReport extends Deciding {
  readonly loss: 'a' | 'b';
  /** The losses differ only where the step decides so. */
  readonly value: string;
  /** Points where it does, and how many of them differ. */
  readonly points: number;
  readonly differing: number;
  /** Points where it does not; none of them differs. */
  readonly elsewhere: number;
}

/** Fewer points than this on either side say nothing. */
const least = 3;
/** Conditions that are much less sharp than the sharpest are left out, and so are all but the first few. */
const nearly = 0.9;
const reported = 3;
const inputNames = ['features', 'weights', 'labels'] as const;

/** The decisions of the frozen program, and its labelled masks, by step. */
export function factsOf(trace: Trace): ReadonlyMap<number, Fact> {
  const base = trace.inputs.map((id) => trace.recorder.tensors[id]!.read());
  const { fragment: { graph, inputs, outputs } } = freeze(trace, base);
  const values = evaluate(graph, outputs, new Map(inputs.map((id, i) => [id, base[i]!])));
  const names = new Map(inputs.map((id, i) => [id, inputNames[i]!] as [number, string]));
  for (const { id, label } of graph.steps) if (label !== undefined) names.set(id, label);
  const formulas = new Formulas({ steps: graph.steps, names });
  const facts = new Map<number, Fact>();
  const note = ({ id, label, role, scope }: Step, taken: ArrayLike<number>): void => {
    const value = decided(taken);
    if (value === undefined) return;
    const named = { ...(label !== undefined && { label }), ...(role !== undefined && { role }) };
    facts.set(id, { formula: formulas.expanded(id), ...named, ...(scope !== undefined && { scope }), value });
  };
  for (const { step, inside, taken } of decisionsOf(graph, outputs, values)) {
    if (inside === undefined) note(graph.steps[step]!, taken);
  }
  for (const step of graph.steps) {
    const data = values[step.id]?.data();
    if (step.label !== undefined && data !== undefined && data.every((x) => x === 0 || x === 1)) note(step, data);
  }
  return facts;
}

/** Decisions of several entries that are no mask are left out: there is no short way to say them. */
function decided(taken: ArrayLike<number>): string | undefined {
  const all = Array.from(taken);
  const mask = all.every((x) => x === 0 || x === 1);
  if (all.length === 1) return mask ? (all[0] === 1 ? 'true' : 'false') : String(all[0]);
  return mask ? (all.includes(1) ? 'some' : 'none') : undefined;
}

/** A point with one sample: what each program decided, and whether the losses differ there. */
export interface Observation {
  readonly a: ReadonlyMap<number, Fact>;
  readonly b: ReadonlyMap<number, Fact>;
  readonly differs: boolean;
}

/** The conditions that explain a difference, the sharpest first. */
export function conditionsOf(observations: readonly Observation[]): ConditionReport[] {
  const found = (['a', 'b'] as const).flatMap((loss) => {
    const ids = new Set(observations.flatMap((point) => [...point[loss].keys()]));
    return [...ids].flatMap((id) => conditionOf(observations, loss, id));
  });
  const sharpness = ({ differing, points }: ConditionReport): number => differing / points;
  const clarity = ({ role, label }: ConditionReport): number => (role === undefined ? 0 : 2) + (label === undefined ? 0 : 1);
  found.sort((x, y) => sharpness(y.report) - sharpness(x.report) || clarity(y.report) - clarity(x.report));
  // Of several steps that decide alike at every point, one is named.
  const seen = new Set<string>();
  const different = found.filter(({ pattern }) => !seen.has(pattern) && seen.add(pattern)).map(({ report }) => report);
  return different.filter((report) => sharpness(report) >= nearly * sharpness(different[0]!)).slice(0, reported);
}

interface Found {
  readonly report: ConditionReport;
  /** At which points it holds. */
  readonly pattern: string;
}

function conditionOf(observations: readonly Observation[], loss: 'a' | 'b', id: number): Found[] {
  const values = observations.map((point) => point[loss].get(id)?.value);
  const differing = new Set(observations.flatMap((point, i) => (point.differs ? [values[i]] : [])));
  // Two values that both see differences explain nothing; nor does a step that is missing at some points.
  if (differing.size !== 1 || values.includes(undefined)) return [];
  const [value] = [...differing] as [string];
  const under = observations.filter((_, i) => values[i] === value);
  const elsewhere = observations.length - under.length;
  const hits = under.filter((point) => point.differs).length;
  if (elsewhere < least || hits < least) return [];
  return [{
    report: { loss, ...under[0]![loss].get(id)!, points: under.length, differing: hits, elsewhere },
    pattern: values.map((x) => (x === value ? '1' : '0')).join(''),
  }];
}
