// The ledger as one page for a browser: a table per section with the formulas set, what a reader must know below each,
// and the file itself at the end, so that every row links to its line. Data only comes in; nothing is computed here.

import { demandMade, demandOptions } from '../base/demand.ts';
import { markup, type Markup, type Part } from '../base/markup.ts';
import { type Column, fold, link, listing, page, table } from '../base/page.ts';
import { type Derivation, type Line, type Section, toMathml } from '../formula/index.ts';
import type { Ledger, LedgerRow, Verdict } from './ledger.ts';
import {
  counted, counterexampleText, defined, firstWrong, groundsText, legend, lineName, marks, verdictOf, weakest,
} from './ledger-text.ts';

export interface LedgerPageOptions {
  /** The text of the file, which is shown at the end. */
  readonly text?: string;
}

/** The whole file. */
export function ledgerHtml(ledger: Ledger, derivation: Derivation, options: LedgerPageOptions = {}): string {
  demandMade(ledger, ['sections', 'rows'], 'ledgerHtml', 'what checkDerivation returns');
  demandMade(derivation, ['sections'], 'ledgerHtml', 'the derivation of its ledger');
  demandOptions(options, ['text'], 'ledgerHtml');
  const { text } = options;
  const { points, seed, source } = ledger;
  const paper = addressOf(source);
  const sections = derivation.sections.filter(({ id }) => ledger.rows.some((row) => row.section === id));
  const shared = sections.length === 1 ? 'Lines' : 'Shared by all sections';
  const named = sections.map(({ id, title }) => [anchor(id), title || id || shared] as const);
  const drawn = `${points.data > 0 ? `${points.data} points from data, ` : ''}${points.seeded} seeded points, seed ${seed}.`;
  const body = sections.map((section, i) => {
    const rows = ledger.rows.filter((row) => row.section === section.id);
    const lines = new Map(section.lines.map((line) => [line.id, line]));
    const notes = section.notes.length === 0 ? '' : markup`<p>${section.notes.join(' ')}</p>\n`;
    return markup`<h2 id="${named[i]![0]}">${named[i]![1]}</h2>
${notes}${declarationsOf(section)}${table(named[i]![1], columns, rows.map((row) => rowOf(row, lines.get(row.id)!, paper, text !== undefined)))}`;
  });
  return page({
    title: ledger.title || 'Derivation',
    lead: [
      ...(source === '' ? [] : [markup`<p>${link(paper, source)}</p>\n`]), ...derivation.notes.length === 0 ? [] : [markup`<p>${derivation.notes.join(' ')}</p>\n`],
      markup`<p>${totals(ledger)}. <span class="quiet">${drawn}</span></p>\n`, whereToLook(ledger),
      fold('What the columns mean', listing(legend.join('\n'), 'What the columns mean'), { open: false }),
    ],
    contents: [...named, ...(text === undefined ? [] : [['source', 'The file'] as const])],
    body: [...body, text === undefined ? '' : sourceOf(text)],
  });
}

const columns: readonly Column[] = [
  { name: 'line' }, { name: 'formula' }, { name: 'verdict' }, { name: '=', kind: 'number' }, { name: 'dual', kind: 'number' },
  { name: 'diff', kind: 'number' }, { name: 'hits', kind: 'number' },
];

/** What a section speaks of, as its file says it. */
function declarationsOf({ declarations, indices }: Section): Part {
  const lines = [...declarations, ...indices].flatMap(({ text, notes }) => [...notes.map((note) => `# ${note}`), text.trim()]);
  return lines.length === 0 ? '' : fold('Declared here', listing(lines.join('\n'), 'Declarations'), { open: false });
}

const anchor = (section: string): string => `section-${section === '' ? 'shared' : section}`;

function rowOf(row: LedgerRow, line: Line, paper: string | undefined, hasSource: boolean) {
  const { id, section, digits, verdict, lineNumber, kind } = row;
  const least = weakest(row);
  const digit = (x: number | null): Part => (x === null ? '·' : Math.floor(x));
  const equation = /^\(.+\)$/.test(id) ? link(paper, id) : markup`${id}`;
  const source = hasSource ? markup`<a class="under" href="#L${lineNumber}">line ${lineNumber}</a>` : '';
  const hits = kind === 'number' ? '' : least.data === 0 ? least.seeded : `${least.data} / ${least.seeded}`;
  return {
    id: `${anchor(section)}-${id}`,
    cells: [
      [equation, source], [...formulasOf(row, line), ...remarks(row)],
      markup`<span class="${verdict}">${verdictOf(row) === 'defined' ? '≔' : marks[verdict]} ${verdictOf(row)}</span>`,
      digit(digits.statement), digit(digits.duals), digit(digits.differences), hits,
    ],
  };
}

/** The line as it stands, and what it holds as where that is something else. */
function formulasOf(row: LedgerRow, line: Line): Markup[] {
  const shown = (formula: Markup, note: Part = ''): Markup => markup`<div class="formula">${formula}${note}</div>\n`;
  const printed = toMathml(line.claim ?? defined(line));
  if (line.amended === undefined || row.verdict !== 'amended') return [shown(printed)];
  return [
    shown(printed, markup` <span class="fails">${marks.fails} as printed</span>`),
    shown(toMathml(line.amended), markup` <span class="amended">${marks.amended} it holds as this</span>`),
  ];
}

function remarks(row: LedgerRow): Markup[] {
  const { notes, reason, restsOn, atRounding, drawn, counterexample } = row;
  const said = [
    ...notes, ...(reason === undefined ? [] : [reason]), ...(restsOn === undefined ? [] : [groundsText(row)]),
    ...(atRounding > 0 ? [`${atRounding} ${atRounding === 1 ? 'entry' : 'entries'} at rounding`] : []),
    ...(drawn === undefined ? [] : [`drawn on to ${drawn} seeded points`]),
  ];
  const example = counterexample === undefined ? []
    : [fold('counterexample', listing(counterexampleText(counterexample).slice(1).map((text) => text.trim()).join('\n'), 'Counterexample'))];
  return [...said.map((text) => markup`<p class="quiet">${text}</p>\n`), ...example];
}

function totals({ rows }: Ledger): Part {
  const count = (verdict: Verdict): number => rows.filter((row) => row.verdict === verdict).length;
  const word = (verdict: Verdict, text: string, of = count(verdict)): Part => (of === 0 ? '' : markup`, <span class="${verdict}">${of} ${text}</span>`);
  const defined = rows.filter((row) => verdictOf(row) === 'defined').length;
  return [
    `${counted(rows.length)}: ${defined} defined`, word('holds', 'hold', count('holds') - defined), word('amended', 'amended'),
    word('fails', 'fail'), word('unexercised', 'unexercised'),
  ];
}

function whereToLook({ rows }: Ledger): Part {
  const { wrong, engine } = firstWrong(rows);
  const linked = (row: LedgerRow): Markup =>
    markup`<a href="#${anchor(row.section)}-${row.id}">${lineName(row)} (line ${row.lineNumber})</a>`;
  return [
    wrong === undefined ? '' : markup`<p class="fails">The first line that is wrong: ${linked(wrong)}</p>\n`,
    engine === undefined ? ''
      : markup`<p class="fails">The engine fails its own proof at ${linked(engine)}: the line may be right, this is a bug of ours</p>\n`,
  ];
}

function sourceOf(text: string): Markup {
  const lines = text.trimEnd().split('\n');
  const wide = String(lines.length).length;
  const shown = lines.map((line, i) => markup`<span id="L${i + 1}">${String(i + 1).padStart(wide)}  ${line}</span>\n`);
  return markup`<h2 id="source">The file</h2>
<pre class="scroll" role="region" aria-label="The file" tabindex="0"><code>${shown}</code></pre>
`;
}

/** The page of a paper on arXiv, where the source names one. */
function addressOf(source: string): string | undefined {
  const number = /arXiv[ :]*(\d{4}\.\d{4,5})/i.exec(source)?.[1];
  return number === undefined ? undefined : `https://arxiv.org/abs/${number}`;
}
