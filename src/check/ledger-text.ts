// The ledger as people read it: a table for a terminal, no line longer than it is wide, and Markdown for a file. Data
// only comes in; nothing is computed here.

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

/** Columns that are filled where nobody says how many there are. */
const fullWidth = 100;
const column = { mark: 2, id: 7, digits: 13 } as const;
const indent = column.mark + column.id;
/** Hits from data and seeds take more room than a narrow terminal has to spare. */
const hitsWidth = (width: number): number => (width < 80 ? 6 : 13);
const formulaWidth = (width: number): number => width - indent - column.digits - hitsWidth(width) - 2;

/** One row for a terminal: verdict, id, formula, digits, hits; below it what a reader must know. */
export function rowText(row: LedgerRow, paint: Paint, width = fullWidth): string {
  const room = formulaWidth(width);
  const id = pad(row.id, Math.max(column.id, shownLength(row.id) + 1));
  // A long id takes from the formula, so that the digits stay under their heading.
  const firstRoom = Math.max(0, room - shownLength(id) + column.id);
  const [first, ...rest] = broken(row.text, room, firstRoom);
  const numbers = [row.digits.statement, row.digits.duals, row.digits.differences].map(digitText).join('');
  const hits = row.kind === 'number' ? '' : hitsText(row);
  const mark = verdictOf(row) === 'defined' ? paint('dim', '≔') : paint(row.verdict, marks[row.verdict]);
  const head = `${mark} ${id}${pad(first!, firstRoom)} ${numbers} ${hits.padStart(hitsWidth(width))}`;
  const lines = [head.trimEnd(), ...rest.map((line) => `${' '.repeat(indent + 2)}${line}`)];
  const add = (text: string): void => {
    lines.push(...broken(text, width - indent).map((line) => ' '.repeat(indent) + line));
  };
  if (row.amended !== undefined && row.verdict === 'amended') {
    add(`${paint('fails', 'as printed it fails')}: ${row.reason ?? ''}`);
    add(`${paint('amended', 'it holds as')} ${row.amended}`);
  } else if (row.reason !== undefined) {
    const where = row.onlyWhere === undefined ? '' : `; ${row.onlyWhere}`;
    add(`${paint(row.verdict, row.verdict)}: ${row.reason}${where}`);
  }
  if (row.restsOn !== undefined) add(groundsText(row));
  if (row.atRounding > 0) add(paint('dim', `${row.atRounding} ${row.atRounding === 1 ? 'entry' : 'entries'} at rounding`));
  if (row.unresolved > 0) add(paint('dim', `${row.unresolved} derivative entries that differences could not judge`));
  if (row.drawn !== undefined) add(paint('dim', `drawn on to ${row.drawn} seeded points`));
  if (row.counterexample !== undefined) {
    lines.push(...counterexampleText(row.counterexample).flatMap((line) => hanging(' '.repeat(indent) + line, width)));
  }
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
  const written = [10, 17].map((digits) => [left, right].map((x) => String(Number(x.toPrecision(digits)))));
  // Sides that differ are written with the digits in which they do.
  const [a, b] = written.find(([l, r]) => l !== r) ?? written[0]!;
  return ['counterexample', ...names.map((line) => `  ${line}`), `  ${place}${sides[0]} ${a}, ${sides[1]} ${b}`];
}

/** The heading of a section, and of the columns under it. */
export function sectionText(title: string, paint: Paint, width = fullWidth): string {
  return ['', ...broken(title, width).map((line) => paint('bold', line))].join('\n');
}

export function headerText(ledger: Pick<Ledger, 'title' | 'source' | 'seed' | 'points'>, paint: Paint, width = fullWidth): string {
  const { points } = ledger;
  const drawn = points.data > 0 ? `${points.data} points from data, ${points.seeded} seeded` : `${points.seeded} seeded points`;
  const title = `${' '.repeat(column.mark)}${pad('line', column.id)}${pad('formula', formulaWidth(width))}`;
  return [
    ...(ledger.title === '' ? [] : broken(ledger.title, width).map((line) => paint('bold', line))),
    ...(ledger.source === '' ? [] : broken(ledger.source, width)), ...broken(`${drawn}, seed ${ledger.seed}`, width), '',
    paint('dim', `${title}    = dual diff ${'hits'.padStart(hitsWidth(width) - 1)}`),
  ].join('\n');
}

export interface SummaryOptions {
  readonly width?: number;
  /** The file the lines stand in. */
  readonly file?: string;
}

export function summaryText(ledger: Ledger, paint: Paint, { width = fullWidth, file }: SummaryOptions = {}): string {
  const count = (verdict: Verdict): number => ledger.rows.filter((row) => row.verdict === verdict).length;
  const defined = ledger.rows.filter((row) => verdictOf(row) === 'defined').length;
  const parts = [
    counted(ledger.rows.length), `${defined} defined`, paint('holds', `${count('holds') - defined} hold`), paint('amended', `${count('amended')} amended`),
    ...(count('fails') > 0 ? [paint('fails', `${count('fails')} fail`)] : []),
    ...(count('unexercised') > 0 ? [paint('unexercised', `${count('unexercised')} unexercised`)] : []),
  ];
  const place = (row: LedgerRow): string => `${lineName(row)} (${file === undefined ? 'line ' : `${file}:`}${row.lineNumber})`;
  const { wrong, engine } = firstWrong(ledger.rows);
  const said = [
    ...(wrong === undefined ? [] : [`The first line that is wrong: ${place(wrong)}`]),
    ...(engine === undefined ? [] : [`The engine fails its own proof at ${place(engine)}: the line may be right, this is a bug of ours`]),
  ];
  return ['', ...[parts.join(', '), ...said].flatMap((line) => hanging(line, width))].join('\n');
}

export const counted = (lines: number): string => `${lines} line${lines === 1 ? '' : 's'}`;

/** A line by its id and the section it stands in. */
export const lineName = ({ section, id }: LedgerRow): string => `line ${id}${section === '' ? '' : ` of section ${section}`}`;

/** Where to look first: a line that fails although nothing it rests on does, and is not the engine's fault. */
export function firstWrong(
  rows: readonly LedgerRow[],
): { readonly wrong: LedgerRow | undefined; readonly engine: LedgerRow | undefined } {
  const failing = rows.filter((row) => row.verdict === 'fails');
  const fails = ({ section, id }: Pick<LedgerRow, 'section' | 'id'>): boolean => failing.some((row) => row.section === section && row.id === id);
  const own = failing.filter((row) => row.engine !== true);
  return {
    wrong: own.find((row) => !(row.restsOn ?? []).some((ground) => fails(ground))) ?? own[0],
    engine: failing.find((row) => row.engine === true),
  };
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
  if (row.drawn !== undefined) reason.push(`- ${row.id}: drawn on to ${row.drawn} seeded points`);
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

/** The legend for a terminal; what does not fit goes on below its own text. */
export const legendText = (width = fullWidth): string[] => legend.flatMap((line) => hanging(line, width, 7));

/** Breaks a line that is too wide; what follows is indented by `more` than the line itself. */
function hanging(text: string, width: number, more = 2): string[] {
  const own = / */.exec(text)![0].length;
  const [first, ...rest] = broken(text.slice(own), width - own - more, width - own);
  return [' '.repeat(own) + first!, ...rest.map((line) => ' '.repeat(own + more) + line)];
}

/** Breaks a text at spaces into lines of at most `size` characters, the first of `first`; a longer word is cut. */
function broken(text: string, size: number, first = size): string[] {
  const lines: string[] = [];
  let line = '';
  const room = (): number => Math.max(1, lines.length === 0 ? first : size);
  for (const word of text.split(' ')) {
    if (line !== '' && shownLength(line) + 1 + shownLength(word) > room()) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
    // Colours are of short words only, which a cut never meets.
    while (shownLength(line) > room() && !line.includes('\u001b')) {
      lines.push(line.slice(0, room()));
      line = line.slice(lines.at(-1)!.length);
    }
  }
  return [...lines, line];
}
