// checkDerivation: every line of a derivation at every point, gathered into a ledger. A printed line with an
// amendment must be seen to fail and its amendment to hold; every side of every branch needs its hits.

import { digits } from '../base/compare.ts';
import { DomainError, message } from '../base/errors.ts';
import { type Claim, type Derivation, type Expr, type Line, Names, printClaim, printCond, printExpr, printName, type Section } from '../formula/index.ts';
import { type Facts, condKey, factsOf, settled } from './branches.ts';
import { smallestFailure } from './counterexample.ts';
import type { Counterexample, Ledger, LedgerRow, Verdict } from './ledger.ts';
import { type Failure, type LineRun, type Proof, runLine } from './line.ts';
import { inGeneralPosition, rowsOver } from './position.ts';
import { type Dataset, dataPoint, type PointData, samplePoint } from './sampling.ts';

export interface DerivationOptions {
  /** Seed of all points. Default 1. */
  readonly seed?: number;
  /** Number of seeded points. Default 64. */
  readonly cases?: number;
  /** Somebody's own features, class weights and labels; seeded points fill in what they do not reach. */
  readonly dataset?: Dataset;
  /** Hits every side of every branch needs. Default 20. */
  readonly hits?: number;
  /** Also shrink a point at which the printed line of an amended one fails. Default false: it takes a while. */
  readonly printedCounterexamples?: boolean;
}

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
  const { seed = 1, cases = 64, dataset, hits = 20, printedCounterexamples = false } = options;
  if (!Number.isInteger(cases) || cases < 1) throw new DomainError(message(`${cases} cases`, 'The number of points is a whole number ≥ 1', 'Use --cases 64'));
  if (!Number.isInteger(seed)) throw new DomainError(message(`the seed ${seed}`, 'A seed is a whole number', 'Use --seed 1'));
  const site = (data: PointData): Site => ({ data, proofs: new Map() });
  const points: Points = {
    data: dataset === undefined ? [] : Array.from({ length: dataCases }, (_, i) => site(dataPoint(derivation, dataset, seed, i))),
    seeded: Array.from({ length: cases }, (_, i) => site(samplePoint(derivation, seed, i))),
  };
  // Mistakes of the text are reported before anything is proved.
  for (const section of derivation.sections) {
    for (const line of section.lines) {
      runLine(derivation, section, line, line.claim ?? null, line.text, points.seeded[0]!.data, {});
      if (line.amended !== undefined) runLine(derivation, section, line, line.amended, line.amendedText!, points.seeded[0]!.data, {});
    }
  }
  const rows: LedgerRow[] = [];
  for (const section of derivation.sections) {
    for (const line of section.lines) {
      const row = checkLine(derivation, section, line, points, { hits, printedCounterexamples });
      rows.push(row);
      yield row;
    }
  }
  return {
    version: 1, title: derivation.title, source: derivation.source, seed,
    points: { data: points.data.length, seeded: points.seeded.length },
    sections: derivation.sections.map(({ id, title }) => ({ id, title })),
    rows, ok: rows.every((row) => row.verdict === 'holds' || row.verdict === 'amended'),
  };
}

/** A point, with the proofs of the derivatives already taken there. */
interface Site {
  readonly data: PointData;
  readonly proofs: Map<string, Proof>;
}

interface Points {
  readonly data: readonly Site[];
  readonly seeded: readonly Site[];
}

/** A claim at all points. */
interface Survey extends Pick<LedgerRow, 'hits' | 'branches' | 'digits' | 'atRounding' | 'aboveFloor' | 'atBorder'> {
  readonly failure?: Failure & { readonly point: PointData };
}

function checkLine(
  derivation: Derivation, section: Section, line: Line, points: Points,
  { hits: needed, printedCounterexamples }: { readonly hits: number; readonly printedCounterexamples: boolean },
): LedgerRow {
  const run = (claim: Claim | null, text: string) => (point: PointData, proofs?: Map<string, Proof>): LineRun =>
    line.kind === 'number' ? runNumber(derivation, section, line, point) : runLine(derivation, section, line, claim, text, point, proofs === undefined ? {} : { proofs });
  const names = new Names(derivation);
  const facts = (claim: Claim | undefined): Facts => factsOf(claim?.where ?? null, names, section);
  const printed = survey(run(line.claim ?? null, line.text), facts(line.claim), points);
  const base = {
    section: section.id, id: line.id, kind: line.kind, text: textOf(line), notes: line.notes, lineNumber: line.lineNumber,
    ...(line.amended && { amended: printClaim(line.amended) }),
  };
  const chosen = line.amended === undefined ? printed : survey(run(line.amended, line.amendedText ?? line.text), facts(line.amended), points);
  const result = {
    ...base, hits: chosen.hits, branches: chosen.branches, digits: chosen.digits, atRounding: chosen.atRounding, aboveFloor: chosen.aboveFloor,
    atBorder: chosen.atBorder,
  };
  const row = (verdict: Verdict, reason?: string): LedgerRow => ({ ...result, verdict, ...(reason !== undefined && { reason }) });

  if (line.amended !== undefined && printed.failure === undefined) {
    return row('fails', 'the printed line holds at every point, so there is nothing to amend');
  }
  const counterexample = (claim: Claim | undefined, text: string, found: NonNullable<Survey['failure']>): Counterexample => {
    const { point, ...failure } = found;
    const parts = claim === undefined ? [line.value!] : partsOf(claim);
    const again = run(claim ?? null, text);
    const general = isGeneral(point);
    const fails = (candidate: PointData): Failure | undefined =>
      (general && !isGeneral(candidate) ? undefined : again(candidate, failure.proof ? new Map() : undefined).failure);
    return smallestFailure(derivation, names.declaredUnder(parts, section), point, failure, fails);
  };
  if (chosen.failure !== undefined) {
    const found = counterexample(line.amended ?? line.claim, line.amendedText ?? line.text, chosen.failure);
    return { ...row('fails', chosen.failure.reason), counterexample: found };
  }
  // Only a line without any declared name says the same at every point.
  const judged = line.amended ?? line.claim;
  const constant = line.kind === 'number' || names.declaredUnder(judged === undefined ? [line.value!] : partsOf(judged), section).size === 0;
  if (!constant) {
    const few = [{ ...chosen.hits, text: 'the line' }, ...chosen.branches.map((b) => ({ ...b, text: `${b.condition} ${b.holds ? 'true' : 'false'}` }))]
      .filter((x) => x.data + x.seeded < needed);
    // An equality that is only ever met where both sides vanish has not been met; a claim that something is 0 is exempt.
    if (judged?.op === '=' && !isZero(judged.right) && chosen.aboveFloor < needed) {
      few.push({ data: 0, seeded: chosen.aboveFloor, text: 'entries other than 0' });
    }
    if (few.length > 0) {
      return row('unexercised', few.map((x) => `${x.text}: ${x.data + x.seeded} of ${needed} hits`).join('; '));
    }
  }
  if (line.amended === undefined) return row('holds');
  const { reason, entry } = printed.failure!;
  const found = row('amended', entry === '' ? reason : `${reason}, at ${entry}`);
  return printedCounterexamples ? { ...found, counterexample: counterexample(line.claim, line.text, printed.failure!) } : found;
}

function survey(run: (point: PointData, proofs?: Map<string, Proof>) => LineRun, facts: Facts, points: Points): Survey {
  const branches = new Map<string, { condition: string; holds: boolean; data: number; seeded: number }>();
  const hits = { data: 0, seeded: 0 };
  let [statement, duals, differences]: (number | null)[] = [null, null, null];
  let [atRounding, aboveFloor, atBorder] = [0, 0, 0];
  let failure: Survey['failure'];
  const least = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.min(a, b));
  for (const source of ['data', 'seeded'] as const) {
    points[source].forEach(({ data: point, proofs }, i) => {
      const found = run(point, i < provedCases[source] ? proofs : undefined);
      hits[source] += found.hits;
      // A condition that stands at several places of a line is one branch: the place that met it most often counts.
      const here = new Map<string, number>();
      for (const { branch, whenTrue, whenFalse } of found.branches) {
        const decided = settled(branch.cond, facts);
        for (const holds of [true, false]) {
          if (decided === !holds) continue;
          const key = `${condKey(branch.cond)} ${holds}`;
          const entry = branches.get(key) ?? { condition: printCond(branch.cond), holds, data: 0, seeded: 0 };
          const met = holds ? whenTrue : whenFalse;
          entry[source] += Math.max(0, met - (here.get(key) ?? 0));
          here.set(key, Math.max(met, here.get(key) ?? 0));
          branches.set(key, entry);
        }
      }
      statement = least(statement, found.statement);
      duals = least(duals, found.duals);
      differences = least(differences, found.differences);
      atRounding += found.atRounding;
      aboveFloor += found.aboveFloor;
      atBorder += found.atBorder;
      if (found.failure !== undefined && (failure === undefined || found.failure.error > failure.error)) failure = { ...found.failure, point };
    });
  }
  return {
    hits, branches: [...branches.values()], digits: { statement, duals, differences }, atRounding, aboveFloor, atBorder,
    ...(failure && { failure }),
  };
}

/** Whether the vectors of a point, by the axis they lie over, have directions of their own. */
function isGeneral({ sizes, arrays }: PointData): boolean {
  const vectors = [...arrays.values()].filter(({ axes, labels }) => axes.length > 0 && labels === undefined);
  return [...sizes.keys()].every((axis) => inGeneralPosition(vectors.filter(({ axes }) => axes.at(-1) === axis)
    .flatMap(({ axes, data }) => rowsOver(data, axes.map((a) => sizes.get(a)!)))));
}

/** A number line: the left side equals the literal to its last printed digit. */
function runNumber(derivation: Derivation, section: Section, line: Line, point: PointData): LineRun {
  const claim = line.claim!;
  const literal = claim.right.kind === 'negate' ? claim.right.of : claim.right;
  const text = literal.kind === 'number' ? literal.text : '';
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const unit = 10 ** (Number(exponent) - (mantissa.split('.')[1]?.length ?? 0));
  const { failure, ...found } = runLine(derivation, section, line, claim, line.text, point, {});
  if (failure === undefined) return { ...found, hits: 0 };
  const error = Math.abs(failure.left - failure.right);
  if (error <= 0.5 * unit * (1 + 1e-9)) return { ...found, hits: 0, statement: digits(error / Math.abs(failure.right)) };
  return { ...found, hits: 0, failure: { ...failure, reason: `${failure.left.toPrecision(8)} is not ${text} to its last digit` } };
}

const partsOf = ({ left, right, where }: Claim) => [left, right, ...(where === null ? [] : [where])];
const isZero = (e: Expr): boolean => e.kind === 'number' && e.value === 0;

function textOf(line: Line): string {
  return line.claim === undefined ? `${printName(line.target!)} = ${printExpr(line.value!)}` : printClaim(line.claim);
}
