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

const named = (names: string): RegExp => new RegExp(`(?<![\\p{L}\\p{N}_])[${names}](?![\\p{L}\\p{N}_(])`, 'u');
/** What is made of each box, and therefore cannot be used in it. */
const madeOf = { f: named('fvpℓL'), h: named('vpℓL'), g: named('L') } as const;

/** A box that uses what is made of it: the checker would complain where the circle closes, which may be in a line nobody typed. */
function circular(formulas: OwnFormulas): string | undefined {
  for (const box of ['f', 'h', 'g'] as const) {
    const found = madeOf[box].exec(formulas[box]);
    if (found === null) continue;
    const [name] = found;
    return `In ${box}: '${name}' ${name === box ? 'is what is being defined' : `is made of ${box}`}\n  ${formulas[box]}\n  ${' '.repeat(found.index)}^\nDo: use c, s, t, m${box === 'f' ? '' : box === 'h' ? ' or f' : ', f, v, p or ℓ'}.`;
  }
  return undefined;
}

/** What the checker says of the reader's line; a formula that cannot be read is told where it stops making sense. */
export function check(formulas: OwnFormulas): Finding {
  const circle = circular(formulas);
  if (circle !== undefined) return { verdict: 'unreadable', text: circle };
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
  // The checker goes on with advice for who has the points in hand; here it is the formulas and the line that can be changed.
  const reason = row.verdict === 'unexercised' ? `${row.reason!.split('. Draw more points')[0]!}. Change a formula so that this happens, or say in the line where it holds, with where` : row.reason ?? '';
  const text = row.verdict === 'holds' ? `The line holds${digits === '' ? ' at every point tried' : digits}.` : `The line ${row.verdict === 'fails' ? 'is wrong' : 'was not put to the proof'}: ${reason}${where}.`;
  return { verdict: row.verdict, text, ...(row.counterexample && { counterexample: row.counterexample }) };
}
