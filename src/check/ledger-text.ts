// The ledger as people read it: a table for a terminal of 100 columns, and Markdown for a file. Data only comes in;
// nothing is computed here.

import { demandMade } from '../base/demand.ts';
import { type Claim, type Derivation, type Expr, type Line, toLatex } from '../formula/index.ts';
import type { Counterexample, Ground, Ledger, LedgerRow, Verdict } from './ledger.ts';

/** Colours a word of the terminal text; the identity where there is no colour. */
export type Paint = (verdict: Verdict | 'dim' | 'bold', text: string) => string;

export const marks: Readonly<Record<Verdict, string>> = { holds: '✓', amended: '✎', fails: '✗', unexercised: '?' };

/** Verdict word of a row; a definition that evaluates everywhere is said to be defined. */
export function verdictOf(row: LedgerRow): string {
  return row.verdict === 'holds' && (row.kind === 'define' || row.kind === 'step') ? 'defined' : row.verdict;
}

const width = 100;
const column = { mark: 2, id: 7, digits: 13, hits: 13 } as const;
const formulaWidth = width - column.mark - column.id - column.digits - column.hits - 2;
const indent = column.mark + column.id;

/** One row for a terminal: verdict, id, formula, digits, hits; below it what a reader must know. */
export function rowText(row: LedgerRow, paint: Paint): string {
  const [first, ...rest] = broken(row.text, formulaWidth);
  const numbers = [row.digits.statement, row.digits.duals, row.digits.differences].map(digitText).join('');
  const hits = row.kind === 'number' ? '' : hitsText(row);
  const mark = verdictOf(row) === 'defined' ? paint('dim', '≔') : paint(row.verdict, marks[row.verdict]);
  const head = `${mark} ${pad(row.id, column.id)}${pad(first!, formulaWidth)} ${numbers} ${hits.padStart(column.hits)}`;
  const lines = [head.trimEnd(), ...rest.map((line) => `${' '.repeat(indent + 2)}${line}`)];
  const add = (text: string): void => {
    lines.push(...broken(text, width - indent).map((line) => ' '.repeat(indent) + line));
  };
  if (row.amended !== undefined && row.verdict === 'amended') {
    add(`${paint('fails', 'as printed it fails')}: ${row.reason ?? ''}`);
    add(`${paint('amended', 'it holds as')} ${row.amended}`);
  } else if (row.reason !== undefined) {
    const where = row.failsWhere === undefined ? '' : `; only where ${row.failsWhere.join(' and ')}`;
    add(`${paint(row.verdict, row.verdict)}: ${row.reason}${where}`);
  }
  if (row.restsOn !== undefined) add(groundsText(row));
  if (row.atRounding > 0) add(paint('dim', `${row.atRounding} entries at rounding`));
  if (row.unresolved > 0) add(paint('dim', `${row.unresolved} derivative entries that differences could not judge`));
  if (row.counterexample !== undefined) lines.push(...counterexampleText(row.counterexample).map((line) => ' '.repeat(indent) + line));
  return lines.join('\n');
}

/** What a failing line rests on, by the ids a reader finds it under. */
export function groundsText({ section, restsOn = [] }: LedgerRow): string {
  return `it rests on ${restsOn.map((ground) => groundText(ground, section)).join(', ')}`;
}

function groundText({ section, id, name }: Ground, from: string): string {
  const qualified = section === from || section === '' ? name : `${section}.${name}`;
  return id === name ? qualified : `${qualified} ${id.startsWith('(') ? id : `(${id})`}`;
}

function hitsText(row: LedgerRow): string {
  const least = weakest(row);
  return least.data === 0 ? String(least.seeded) : `${least.data} / ${least.seeded}`;
}

/** The side of a branch with the fewest hits: what the line's hits amount to. */
export function weakest(row: Pick<LedgerRow, 'hits' | 'branches'>): { data: number; seeded: number } {
  return [row.hits, ...row.branches].reduce((a, b) => (b.data + b.seeded < a.data + a.seeded ? b : a));
}

function digitText(digits: number | null): string {
  return (digits === null ? '·' : String(Math.floor(digits))).padStart(4);
}

export function counterexampleText({ values, entry, left, right, sides = ['left', 'right'] }: Counterexample): string[] {
  const names = Object.entries(values).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  const place = entry === '' ? '' : `at ${entry}: `;
  return ['counterexample', ...names.map((line) => `  ${line}`), `  ${place}${sides[0]} ${numberText(left)}, ${sides[1]} ${numberText(right)}`];
}

function numberText(x: number): string {
  return Number.isFinite(x) ? String(Number(x.toPrecision(10))) : String(x);
}

/** The heading of a section, and of the columns under it. */
export function sectionText(title: string, paint: Paint): string {
  return `\n${paint('bold', title)}`;
}

export function headerText(ledger: Pick<Ledger, 'title' | 'source' | 'seed' | 'points'>, paint: Paint): string {
  const { points } = ledger;
  const drawn = points.data > 0 ? `${points.data} points from data, ${points.seeded} seeded` : `${points.seeded} seeded points`;
  const title = `${' '.repeat(column.mark)}${pad('line', column.id)}${pad('formula', formulaWidth)}`;
  return [
    ...(ledger.title === '' ? [] : [paint('bold', ledger.title)]), ...(ledger.source === '' ? [] : [ledger.source]), `${drawn}, seed ${ledger.seed}`, '',
    paint('dim', `${title}    = dual diff ${'hits'.padStart(column.hits - 1)}`),
  ].join('\n');
}

export function summaryText(ledger: Ledger, paint: Paint): string {
  const count = (verdict: Verdict): number => ledger.rows.filter((row) => row.verdict === verdict).length;
  const defined = ledger.rows.filter((row) => verdictOf(row) === 'defined').length;
  const parts = [
    `${ledger.rows.length} lines`, `${defined} defined`, paint('holds', `${count('holds') - defined} hold`), paint('amended', `${count('amended')} amended`),
    ...(count('fails') > 0 ? [paint('fails', `${count('fails')} fail`)] : []),
    ...(count('unexercised') > 0 ? [paint('unexercised', `${count('unexercised')} unexercised`)] : []),
  ];
  return [`\n${parts.join(', ')}`, ...firstWrong(ledger.rows.filter((row) => row.verdict === 'fails'))].join('\n');
}

/** Where to look first: a line that fails although nothing it rests on does, and is not the engine's fault. */
function firstWrong(failing: readonly LedgerRow[]): string[] {
  const fails = ({ section, id }: Pick<LedgerRow, 'section' | 'id'>): boolean => failing.some((row) => row.section === section && row.id === id);
  const place = (row: LedgerRow): string => `${row.section === '' ? '' : `${row.section} `}${row.id} (line ${row.lineNumber})`;
  const own = failing.filter((row) => row.engine !== true);
  const wrong = own.find((row) => !(row.restsOn ?? []).some((ground) => fails(ground))) ?? own[0];
  const engine = failing.find((row) => row.engine === true);
  return [
    ...(wrong === undefined ? [] : [`The first line that is wrong: ${place(wrong)}`]),
    ...(engine === undefined ? [] : [`The engine fails its own proof at ${place(engine)}: the line may be right, this is a bug of ours`]),
  ];
}

/** What the columns mean; printed once under the ledger. */
export const legend = [
  '=      digits to which both sides of the line agree (at least 11 are demanded)',
  'dual   digits to which its derivatives agree with dual numbers, an independent method (10)',
  'diff   digits to which they agree with differences that stay inside one branch (6)',
  'hits   entries compared, on the branch met least often (20), as data / seeded',
  '·      the question does not arise',
];

/** The whole ledger as Markdown; with the derivation at hand its formulas are set in LaTeX. */
export function ledgerMarkdown(ledger: Ledger, derivation?: Derivation): string {
  demandMade(ledger, ['sections', 'rows'], 'ledgerMarkdown', 'what checkDerivation returns');
  const points = ledger.points.data > 0 ? `${ledger.points.data} points from data and ` : '';
  const lines = [
    `# ${ledger.title || 'Derivation'}`, '', `${ledger.source === '' ? '' : `${ledger.source}. `}${points}${ledger.points.seeded} seeded points, seed ${ledger.seed}.`, '',
    '`=`: digits to which both sides agree. `duals`, `diff`: digits to which the derivatives agree with dual numbers and with differences.',
    'Hits are counted on the branch met least often, as data / seeded.', '',
  ];
  for (const section of ledger.sections) {
    const rows = ledger.rows.filter((row) => row.section === section.id);
    if (rows.length === 0) continue;
    lines.push(`## ${section.title || 'Shared by all sections'}`, '', '| line | formula | verdict | = | duals | diff | hits |', '|---|---|---|--:|--:|--:|--:|');
    for (const row of rows) {
      const digit = (x: number | null): string => (x === null ? '' : x.toFixed(1));
      const least = weakest(row);
      const hits = row.kind === 'number' ? '' : `${least.data} / ${least.seeded}`;
      const line = derivation?.sections.find(({ id }) => id === row.section)?.lines.find(({ id }) => id === row.id);
      const printed = line === undefined ? code(row.text) : set(line.claim ?? defined(line));
      const amended = line?.amended === undefined ? code(row.amended ?? '') : set(line.amended);
      const formula = row.amended === undefined ? printed : `${printed} ✗<br>${amended}`;
      lines.push(`| ${cell(row.id)} | ${formula} | ${verdictOf(row)} | ${digit(row.digits.statement)} | ${digit(row.digits.duals)} | ${digit(row.digits.differences)} | ${hits} |`);
    }
    lines.push('', ...rows.flatMap(details));
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function details(row: LedgerRow): string[] {
  const notes = row.notes.map((note) => `- ${row.id}: ${note}`);
  const reason = row.reason === undefined ? [] : [`- ${row.id}, ${row.verdict}: ${row.reason}`];
  if (row.restsOn !== undefined) reason.push(`- ${row.id}: ${groundsText(row)}`);
  const example = row.counterexample === undefined ? [] : ['', '```', ...counterexampleText(row.counterexample), '```'];
  const all = [...notes, ...reason, ...example];
  return all.length > 0 ? [...all, ''] : [];
}

/** A bar would end the cell. */
const set = (claim: Claim): string => `$${toLatex(claim).replaceAll('|', '\\vert ')}$`;

/** What a definition says, as an equation; a unit vector is written out, as elsewhere it is set as its own name with a hat. */
export function defined({ target, value }: Line): Claim {
  const of = value?.kind === 'call' && value.name === 'unit' ? value.args[0] : undefined;
  const right: Expr = of === undefined ? value! : { kind: 'binary', op: '/', left: of, right: { kind: 'call', name: 'norm', args: [of] } };
  return { op: '=', left: { kind: 'name', ...target! }, right, where: null };
}

const code = (text: string): string => `\`${cell(text)}\``;
const cell = (text: string): string => text.replaceAll('|', '\\|');

/** Pads by characters as a terminal shows them: combining marks and colours take no room. */
function pad(text: string, size: number): string {
  return text + ' '.repeat(Math.max(0, size - shownLength(text)));
}

function shownLength(text: string): number {
  return [...text.normalize('NFC').replace(/\u001b\[[\d;]*m/g, '')].filter((char) => !/\p{M}/u.test(char)).length;
}

/** Breaks a text at spaces into lines of at most `size` characters. */
function broken(text: string, size: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && shownLength(line) + 1 + shownLength(word) > size) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
