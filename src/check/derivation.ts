// checkDerivation: every line of a derivation at every point, gathered into a ledger. A printed line with an
// amendment must be seen to fail and its amendment to hold; every side of every branch needs its hits.

import { digits } from '../base/compare.ts';
import { demandMade, demandOptions } from '../base/demand.ts';
import { DomainError, message } from '../base/errors.ts';
import {
  type Claim, type Cond, type Derivation, editsBetween, type Expr, type Line, Names, type Origin, printClaim, printCond, printExpr, printName,
} from '../formula/index.ts';
import { numbersIn, settledByNumbers } from './branch-bounds.ts';
import { condKey, factsOf, settled } from './branches.ts';
import { smallestFailure } from './counterexample.ts';
import type { Counterexample, Ledger, LedgerRow, Verdict } from './ledger.ts';
import { type Failure, isStrict, type LineRun, type Proof, runLine, type Statement } from './line.ts';
import { inGeneralPosition, rowsOver } from './position.ts';
import { type Dataset, dataPoint, type PointData, samplePoint } from './sampling.ts';

export interface DerivationOptions {
  /** Seed of all points. Default 1. */
  readonly seed?: number;
  /** Number of seeded points. Default 64, and for a line met at some of them, but too seldom, up to 16 times as many. */
  readonly cases?: number;
  /** Somebody's own features, class weights and labels; seeded points fill in what they do not reach. */
  readonly dataset?: Dataset;
  /** Hits every side of every branch needs. Default 20. */
  readonly hits?: number;
  /** Also shrink a point at which the printed line of an amended one fails. Default false: it takes a while. */
  readonly printedCounterexamples?: boolean;
}

/** 64 points take seconds, so many half an hour. */
export const mostCases = 10_000;
/** Seeded points unless told, and how many times as many a line that is met too seldom is drawn on to. */
export const usualCases = 64;
const mostTimes = 16;
/** Points taken from a dataset. */
export const dataCases = 12;
/** Points of each source at which derivatives are also proved by duals and differences; values are compared at all. */
const provedCases = { data: 4, seeded: 8 } as const;

/**
 * Checks every line of a derivation.
 *
 * Gradient  derivatives are the engine's; each is taken again by dual numbers (≥ 10 digits) and differences (≥ 6)
 * Edges     entries at a border of their cell are left out of the differences and counted
 * Throws    FormatError for an undeclared name or an index free on one side only; DomainError for a number of cases
 *           that is no whole number ≥ 1
 */
export function checkDerivation(derivation: Derivation, options: DerivationOptions = {}): Ledger {
  const lines = checkLines(derivation, options);
  for (;;) {
    const next = lines.next();
    if (next.done) return next.value;
  }
}

/** The same, a row at a time as each is proved; the ledger at the end. For callers that show progress. */
export function* checkLines(derivation: Derivation, options: DerivationOptions = {}): Generator<LedgerRow, Ledger> {
  demandMade(derivation, ['sections'], 'checkDerivation', 'what parseDerivation returns');
  demandOptions(options, ['seed', 'cases', 'dataset', 'hits', 'printedCounterexamples'], 'checkDerivation');
  const { seed = 1, cases = usualCases, dataset, hits = 20, printedCounterexamples = false } = options;
  if (!Number.isInteger(cases) || cases < 1 || cases > mostCases) {
    throw new DomainError(message(
      `${cases} cases`, `The number of points is a whole number from 1 to ${mostCases}`,
      'Use 64; a branch that so many points do not meet wants a where, or a narrower declared interval'));
  }
  if (!Number.isInteger(seed)) throw new DomainError(message(`the seed ${seed}`, 'A seed is a whole number', 'Use 1'));
  const site = (data: PointData, proved: boolean): Site => ({ data, ...(proved && { proofs: new Map<string, Proof>() }) });
  const points: Points = {
    data: dataset === undefined ? [] : Array.from({ length: dataCases }, (_, i) => site(dataPoint(derivation, dataset, seed, i), i < provedCases.data)),
    seeded: Array.from({ length: cases }, (_, i) => site(samplePoint(derivation, seed, i), i < provedCases.seeded)),
  };
  const drawnOn = [...points.seeded];
  const drawOn = (times: number): Points => {
    const wanted = Math.ceil(cases * Math.min(times, mostTimes));
    while (drawnOn.length < wanted) drawnOn.push(site(samplePoint(derivation, seed, drawnOn.length), false));
    return { ...points, seeded: drawnOn.slice(0, wanted) };
  };
  const names = new Names(derivation);
  // Mistakes of the text are reported before anything is printed, so every line is run at one point first.
  const trial = points.seeded.at(-1)!;
  const examined = derivation.sections.flatMap((section) => section.lines.map((line): Examined => {
    const begin = (claim: Claim | null, from: Origin): Tried => {
      const statement = { section, line, claim, from };
      return { statement, at: trial, run: runStatement(names, statement, trial) };
    };
    const printed = begin(line.claim ?? null, line);
    return line.amended === undefined ? { printed } : { printed, amended: begin(line.amended, line.amendedFrom ?? line) };
  }));
  const rows: LedgerRow[] = [];
  for (const each of examined) {
    // So many points as were asked for are what was asked for.
    const row = checkLine(names, each, points, { hits, printedCounterexamples, ...(options.cases === undefined && { drawOn }) });
    rows.push(row);
    yield row;
  }
  return {
    version: 1, title: derivation.title, source: derivation.source, seed,
    points: { data: points.data.length, seeded: points.seeded.length },
    sections: derivation.sections.map(({ id, title }) => ({ id, title })),
    rows, ok: rows.every((row) => row.verdict === 'holds' || row.verdict === 'amended'),
  };
}

/** A point; with the proofs of the derivatives already taken there, where derivatives are proved. */
interface Site {
  readonly data: PointData;
  readonly proofs?: Map<string, Proof>;
}

/** A statement that was run at one point. */
interface Tried {
  readonly statement: Statement;
  readonly at: Site;
  readonly run: LineRun;
}

/** A line as printed and, where it has one, its amendment. */
interface Examined {
  readonly printed: Tried;
  readonly amended?: Tried;
}

interface Points {
  readonly data: readonly Site[];
  readonly seeded: readonly Site[];
}

interface Demands {
  readonly hits: number;
  readonly printedCounterexamples: boolean;
  /** So many times the points, for a line that is met at some and too seldom; not given once that was done. */
  readonly drawOn?: (times: number) => Points;
}

/** A claim at all points. */
interface Survey extends Pick<LedgerRow, 'hits' | 'branches' | 'digits' | 'atRounding' | 'aboveFloor' | 'atBorder' | 'unresolved'> {
  readonly failure?: Failure & { readonly point: PointData };
  /** Sides of conditions on which alone the claim fails. */
  readonly failsWhere: Pick<LedgerRow, 'failsWhere' | 'onlyWhere'>;
}

function checkLine(
  names: Names, examined: Examined, points: Points, { hits: needed, printedCounterexamples, drawOn }: Demands,
): LedgerRow {
  const { section, line } = examined.printed.statement;
  const judge = (tried: Tried): Survey => survey(names, tried, points);
  const printed = judge(examined.printed);
  const base = {
    section: section.id, id: line.id, kind: line.kind, text: textOf(line), notes: line.notes, lineNumber: line.lineNumber,
    ...(line.amended && { amended: printClaim(line.amended) }),
    ...(line.amended && line.claim && { edits: editsBetween(line.claim, line.amended) }),
  };
  const chosen = examined.amended === undefined ? printed : judge(examined.amended);
  const result = {
    ...base, hits: chosen.hits, branches: chosen.branches, digits: chosen.digits, atRounding: chosen.atRounding, aboveFloor: chosen.aboveFloor,
    atBorder: chosen.atBorder, unresolved: chosen.unresolved,
  };
  const row = (verdict: Verdict, reason?: string): LedgerRow => ({ ...result, verdict, ...(reason !== undefined && { reason }) });

  // Only a line without any declared name says the same at every point.
  const { statement: ran } = examined.amended ?? examined.printed;
  const constant = line.kind === 'number' || names.declaredUnder(partsOf(ran), section).size === 0;
  // That a printed line holds takes as many hits as any other line: at a few points it may just not have met its failure.
  const seenToHold = printed.failure === undefined && (constant || printed.hits.data + printed.hits.seeded >= needed);
  if (line.amended !== undefined && seenToHold) {
    return row('fails', 'the printed line holds at every point, so there is nothing to amend');
  }
  const counterexample = ({ statement }: Tried, { point, ...failure }: NonNullable<Survey['failure']>): Counterexample => {
    const general = isGeneral(point);
    const fails = (data: PointData): Failure | undefined => {
      if (general && !isGeneral(data)) return undefined;
      const found = runStatement(names, statement, failure.engine ? { data, proofs: new Map() } : { data }).failure;
      return found?.engine === failure.engine ? found : undefined;
    };
    return smallestFailure(names.derivation, names.declaredUnder(partsOf(statement), section), point, failure, fails);
  };
  const tried = examined.amended ?? examined.printed;
  if (chosen.failure !== undefined) {
    const restsOn = names.definitionsUnder(partsOf(tried.statement), section)
      .map((entity) => ({ section: entity.section.id, id: entity.definition!.id, name: entity.name }));
    return {
      ...row('fails', chosen.failure.reason), ...chosen.failsWhere,
      ...(chosen.failure.engine && { engine: true }), ...(restsOn.length > 0 && { restsOn }),
      counterexample: counterexample(tried, chosen.failure),
    };
  }
  const judged = line.amended ?? line.claim;
  // A strict inequality that was only ever met at rounding is not shown, at however few points it is told.
  const unmet = judged != null && isStrict(judged) && chosen.hits.data + chosen.hits.seeded === 0;
  if (!constant || unmet) {
    const few = [{ ...chosen.hits, text: 'the line' }, ...chosen.branches.map((b) => ({ ...b, text: `${b.condition} ${b.holds ? 'true' : 'false'}` }))]
      .filter((x) => x.data + x.seeded < needed);
    if (line.amended !== undefined && printed.failure === undefined) {
      few.push({ ...printed.hits, text: 'the printed line, not yet seen to fail' });
    }
    // An equality that is only ever met where both sides vanish has not been met; a claim that something is 0 is exempt.
    if (judged?.op === '=' && !isZero(judged.right) && chosen.aboveFloor < needed) {
      few.push({ data: 0, seeded: chosen.aboveFloor, text: otherThanZero });
    }
    const least = Math.min(...few.map((x) => x.data + x.seeded));
    if (few.length > 0 && least > 0 && drawOn !== undefined) {
      // Half as many again as should do.
      const more = drawOn((1.5 * needed) / least);
      return { ...checkLine(names, examined, more, { hits: needed, printedCounterexamples }), drawn: more.seeded.length };
    }
    if (few.length > 0) {
      const met = few.map((x) => `${x.text}: ${x.data + x.seeded} of ${needed} hits`).join('; ');
      const zero = few.some((x) => x.text === otherThanZero) ? ', or claim = 0 if both sides always vanish' : '';
      return row('unexercised', `${met}. Draw more points (now ${points.seeded.length}), give data that meets it, `
        + `or rule the side out with where if it cannot occur${zero}`);
    }
  }
  if (line.amended === undefined) return row('holds');
  const { reason, entry } = printed.failure!;
  const found = { ...row('amended', entry === '' ? reason : `${reason}, at ${entry}`), ...printed.failsWhere };
  return printedCounterexamples ? { ...found, counterexample: counterexample(examined.printed, printed.failure!) } : found;
}

const otherThanZero = 'entries other than 0';

function survey(names: Names, { statement: judged, at, run }: Tried, points: Points): Survey {
  const where = judged.claim?.where;
  const asserted = where == null ? [] : [{ cond: where, holds: true, section: judged.section }];
  const known = numbersIn(where ?? null, judged.section, names);
  const branches = new Map<string, { condition: string; holds: boolean; data: number; seeded: number }>();
  const wrong = new Map<string, number>();
  const hits = { data: 0, seeded: 0 };
  let [statement, duals, differences]: (number | null)[] = [null, null, null];
  let [atRounding, aboveFloor, atBorder, unresolved] = [0, 0, 0, 0];
  let failure: Survey['failure'];
  const least = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.min(a, b));
  for (const source of ['data', 'seeded'] as const) {
    for (const site of points[source]) {
      const found = site === at ? run : runStatement(names, judged, site);
      hits[source] += found.hits;
      // A condition that stands at several places of a line is one branch: the place that met it most often counts.
      const here = new Map<string, number>();
      for (const { branch, whenTrue, whenFalse, wrongTrue, wrongFalse } of found.branches) {
        const arms = branch.inside.map(({ branch: { cond, section }, holds }) => ({ cond, holds, section }));
        const facts = factsOf([...asserted, ...arms], names);
        const unreached = branch.inside.some((arm) => settledByNumbers(arm.branch, names, known) === !arm.holds);
        if (facts === undefined || unreached) continue;
        const decided = settled(branch.cond, facts) ?? settledByNumbers(branch, names, known);
        for (const holds of [true, false]) {
          if (decided === !holds) continue;
          const key = `${condKey(branch.cond)} ${holds}`;
          const entry = branches.get(key) ?? { condition: printCond(branch.cond), holds, data: 0, seeded: 0 };
          const met = holds ? whenTrue : whenFalse;
          entry[source] += Math.max(0, met - (here.get(key) ?? 0));
          here.set(key, Math.max(met, here.get(key) ?? 0));
          branches.set(key, entry);
          wrong.set(key, (wrong.get(key) ?? 0) + (holds ? wrongTrue : wrongFalse));
        }
      }
      statement = least(statement, found.statement);
      duals = least(duals, found.duals);
      differences = least(differences, found.differences);
      atRounding += found.atRounding;
      aboveFloor += found.aboveFloor;
      atBorder += found.atBorder;
      unresolved += found.unresolved;
      if (found.failure !== undefined && worse(found.failure, failure)) failure = { ...found.failure, point: site.data };
    }
  }
  const met = (key: string): number => branches.get(key)!.data + branches.get(key)!.seeded;
  const sides = [...branches].flatMap(([key, { condition, holds }]) => {
    const other = `${key.slice(0, key.lastIndexOf(' '))} ${!holds}`;
    // A side that is ruled out was not looked at.
    if (wrong.get(other) !== 0) return [];
    const [failed, here, elsewhere] = [wrong.get(key)!, met(key), met(other)];
    // How likely so many failures would all lie on this side if they fell on entries as they come.
    const chance = failed === 0 ? 1 : (here / (here + elsewhere)) ** failed;
    if (chance > 0.05) return [];
    const side = holds ? condition : `not (${condition})`;
    // Where much of a side holds, what was not seen on the other may just be rarer there.
    const counts = chance < 1e-3 && failed >= 0.9 * here ? '' : ` (${failed} of ${here} entries, 0 of ${elsewhere} elsewhere)`;
    return [{ side, counts }];
  });
  const failsWhere = sides.length === 0 ? {} : {
    failsWhere: sides.map(({ side }) => side),
    onlyWhere: `${sides.some(({ counts }) => counts !== '') ? 'seen ' : ''}only where ${sides.map(({ side, counts }) => side + counts).join(' and ')}`,
  };
  return {
    hits, failsWhere, branches: [...branches.values()], digits: { statement, duals, differences }, atRounding, aboveFloor, atBorder, unresolved,
    ...(failure && { failure }),
  };
}

/** A line that is wrong comes before an engine that is, whatever the sizes. */
function worse(a: Failure, b: Failure | undefined): boolean {
  if (b === undefined || a.engine !== b.engine) return b === undefined || b.engine === true;
  if (a.error !== b.error) return a.error > b.error;
  // Of two that miss beyond all measure, the one with more to compare.
  const finite = ({ left, right }: Failure): number => [left, right].filter(Number.isFinite).length;
  return finite(a) > finite(b);
}

function runStatement(names: Names, statement: Statement, { data, proofs }: Site): LineRun {
  return statement.line.kind === 'number' ? runNumber(names, statement, data) : runLine(names, statement, data, proofs);
}

/** Whether the vectors of a point, by the axis they lie over, have directions of their own. */
function isGeneral({ sizes, arrays }: PointData): boolean {
  const vectors = [...arrays.values()].filter(({ axes, labels }) => axes.length > 0 && labels === undefined);
  return [...sizes.keys()].every((axis) => inGeneralPosition(vectors.filter(({ axes }) => axes.at(-1) === axis)
    .flatMap(({ axes, data }) => rowsOver(data, axes.map((a) => sizes.get(a)!)))));
}

/** A number line: the left side, rounded to the digits of the literal with halves away from zero, is the literal. */
function runNumber(names: Names, statement: Statement, point: PointData): LineRun {
  const claim = statement.claim!;
  const literal = claim.right.kind === 'negate' ? claim.right.of : claim.right;
  const text = literal.kind === 'number' ? literal.text : '';
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const unit = 10 ** (Number(exponent) - (mantissa.split('.')[1]?.length ?? 0));
  const { failure, ...found } = runLine(names, statement, point);
  if (failure === undefined) return { ...found, hits: 0 };
  const error = Math.abs(failure.left - failure.right);
  // How far the left side lies beyond the literal, away from zero; what is a half but for rounding counts as one.
  const beyond = failure.right === 0 ? Math.abs(failure.left) : (failure.left - failure.right) * Math.sign(failure.right);
  const slack = 1e-9 * unit;
  if (beyond >= -0.5 * unit - slack && beyond < 0.5 * unit - slack) return { ...found, hits: 0, statement: digits(error / Math.abs(failure.right)) };
  return { ...found, hits: 0, failure: { ...failure, reason: `${failure.left.toPrecision(8)} is not ${text} to its last digit` } };
}

/** The formulas of a statement. */
function partsOf({ claim, line }: Statement): (Expr | Cond)[] {
  return claim === null ? [line.value!] : [claim.left, claim.right, ...(claim.where === null ? [] : [claim.where])];
}

const isZero = (e: Expr): boolean => e.kind === 'number' && e.value === 0;

function textOf(line: Line): string {
  return line.claim === undefined ? `${printName(line.target!)} = ${printExpr(line.value!)}` : printClaim(line.claim);
}
