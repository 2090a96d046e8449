// The reader's own margin, rule and factor, and their own gradient line, put to the proof: the formulas become a
// derivation, the derivation is checked, and what is found is said in a sentence.

import { checkDerivation, type LedgerRow } from 'marginalia/check';
import { parseDerivation } from 'marginalia/formula';
import type { OwnFormulas } from './state.ts';

/** The formulas as a derivation in the notation of the papers. */
export function derivationText({ f, h, g, line }: OwnFormulas): string {
  return `title   My loss
declare x: n d
declare w: k d
declare y: n -> k
declare s: scalar in [2, 10]
declare t: scalar in [1.05, 1.4]
declare m: scalar in [0.1, 0.5]
index   j: k
section mine: My loss
define  c    c[k] = dot(unit(w[k]), unit(x))
define  f    f = ${f}
define  v    v[k] = f if k = y else (${h})
define  p    p[k] = exp(s * v[k]) / sum(j, exp(s * v[j]))
define  ℓ    ℓ = log(sum(k, exp(s * v[k]))) - s * v[y]
define  L    L = (${g}) * ℓ
claim   line ${line}
`;
}

export interface Finding {
  readonly verdict: LedgerRow['verdict'] | 'unreadable';
  readonly text: string;
  /** The smallest point at which the line fails. */
  readonly counterexample?: LedgerRow['counterexample'];
}

/** The box each line of the derivation holds. */
const boxes: readonly (readonly [RegExp, string])[] = [[/^define {2}f/, 'f'], [/^define {2}v/, 'h'], [/^define {2}L/, 'g'], [/^claim/, 'your line']];

/** A complaint about a place in the derivation, as one about the box the reader typed into. */
function inBox(complaint: string, derivation: string): string {
  return complaint.replace(/^derivation:(\d+):\d+: /, (place, line: string) => {
    const text = derivation.split('\n')[Number(line) - 1] ?? '';
    const box = boxes.find(([start]) => start.test(text));
    return box === undefined ? place : `In ${box[1]}: `;
  });
}

/** What the checker says of the reader's line; a formula that cannot be read is told where it stops making sense. */
export function check(formulas: OwnFormulas): Finding {
  const derivation = derivationText(formulas);
  let row: LedgerRow;
  try {
    row = checkDerivation(parseDerivation(derivation), { cases: 32 }).rows.findLast((r) => r.kind === 'claim')!;
  } catch (error) {
    return { verdict: 'unreadable', text: inBox(error instanceof Error ? error.message : String(error), derivation) };
  }
  const { statement, duals, differences } = row.digits;
  const by = (means: string, x: number | null): string[] => (x === null ? [] : [`${Math.floor(x)}${means}`]);
  const derivatives = [...by(' with dual numbers', duals), ...by(' with differences', differences)].join(' and ');
  const digits = [...by(' digits', statement).map((n) => `: both sides agree to ${n}`), ...(derivatives === '' ? [] : [`, its derivatives to ${derivatives}`])].join('');
  const where = row.onlyWhere === undefined ? '' : `; ${row.onlyWhere}`;
  const text = row.verdict === 'holds' ? `The line holds${digits === '' ? ' at every point tried' : digits}.` : `The line ${row.verdict === 'fails' ? 'is wrong' : 'was not put to the proof'}: ${row.reason ?? ''}${where}`;
  return { verdict: row.verdict, text, ...(row.counterexample && { counterexample: row.counterexample }) };
}
