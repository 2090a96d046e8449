// The gallery of mistakes as one page for a browser: each as people wrote it, what is wrong, the point at which it shows,
// the cause the checker names, and the line that is right. Data only comes in; nothing is checked here.

import { markup, type Markup, type Part } from '../base/markup.ts';
import { link, listing, page, table } from '../base/page.ts';
import { type Claim, parseClaim, toMathml } from '../formula/index.ts';
import type { Counterexample } from '../check/ledger.ts';
import type { Mistake, MistakeReport } from './mistakes.ts';
import { digitsText, factsOf, sideText } from './mistakes-text.ts';

/** The whole file; of one report, a page of its own. */
export function mistakesHtml(all: readonly Mistake[], reports: readonly MistakeReport[]): string {
  const [only] = reports;
  if (reports.length === 1 && only !== undefined) return page({ title: only.title, body: sectionOf(only) });
  const shown = all.filter(({ id }) => reports.some((report) => report.id === id));
  const list = table('What is wrong, by name', [{ name: 'name' }, { name: 'what is wrong' }], shown.map(({ id, summary }) => ({ cells: [link(`#${id}`, id), summary] })));
  return page({
    title: 'A gallery of mistakes',
    lead: markup`<p>Bugs of public code about losses and gradients. Each is written as people wrote it and run as it stands:
the checker finds it, shrinks a point at which it shows until it fits on a slide, and proves the line that is right.</p>\n`,
    body: [list, ...reports.map((report) => markup`<h2 id="${report.id}">${report.title}</h2>\n${sectionOf(report)}`)],
  });
}

function sectionOf(report: MistakeReport): Markup {
  const { id, source, notes, given, written, right } = report;
  const definitions = given.length === 0 ? '' : markup`<h3>Given</h3>\n${given.map((text) => shown(text, report))}`;
  const { counterexample } = written;
  return markup`<p class="quiet">${source}. <code>marginalia mistakes ${id}</code></p>
<p>${notes.join(' ')}</p>
${definitions}<h3>As people wrote it</h3>
${shown(written.text, report)}
${mark(written.caught, written.caught ? 'caught' : 'not caught', `: ${written.reason}.`)}
${factsTable(report)}${counterexample === undefined ? '' : pointTable(counterexample)}<h3>The right line</h3>
${shown(right.text, report)}
${mark(right.holds, right.holds ? 'holds' : 'does not hold', right.reason === undefined ? digitsText(right.digits) : `: ${right.reason}.`)}
`;
}

function factsTable({ written }: MistakeReport): Part {
  const rows = factsOf(written.found).map(([name, text]): readonly [string, Part] => [name, markup`<code>${text}</code>`]);
  return rows.length === 0 ? '' : table('What is wrong where, as the checker found it', [{ name: 'what' }, { name: 'found' }], rows.map((cells) => ({ cells })));
}

const mark = (good: boolean, word: string, rest: string): Markup =>
  markup`<p><span class="${good ? 'holds' : 'fails'}">${good ? '✓' : '✗'} ${word}</span>${rest}</p>`;

/** A line of a formula set, with the text that was checked below it; code as it stands. */
function shown(text: string, { language, id }: MistakeReport): Markup {
  if (language !== 'formula') return listing(text, `Code of ${id}`);
  return markup`<div class="formula scroll">${toMathml(claimOf(text))}</div>\n`;
}

/** Formulas of the gallery speak of classes k and samples n; what else is bound says so itself. */
const claimOf = (text: string): Claim => parseClaim(text, { indices: ['k', 'n', 'j'] });

function pointTable({ values, entry, left, right }: Counterexample): Markup {
  const rows = Object.entries(values).map(([name, value]): readonly [string, Part] => [name, markup`<code>${JSON.stringify(value)}</code>`]);
  const at = entry === '' ? '' : ` at ${entry}`;
  const sides = [[`left${at}`, sideText(left)], [`right${at}`, sideText(right)]] as const;
  return table('The smallest point found at which it shows', [{ name: 'quantity' }, { name: 'value' }], [...rows, ...sides].map((cells) => ({ cells })));
}
