// `marginalia check`: runs a derivation and prints its ledger, line by line as it is proved. A built-in derivation is
// named by its id, any other by its file. The report is also written to marginalia-report/.

import { accessSync, constants, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { makeFolder } from '../base/node.ts';
import { checkLines, dataCases, mostCases, usualCases } from '../check/derivation.ts';
import { ledgerHtml } from '../check/ledger-html.ts';
import { headerText, ledgerMarkdown, legendText, rowText, sectionText, summaryText } from '../check/ledger-text.ts';
import { type Derivation, derivationFromJson, parseDerivation } from '../formula/index.ts';
import { papers, readPaper } from '../papers/index.ts';
import { readArguments, readText, UsageError, wholeNumber } from './arguments.ts';
import { readImageFolders } from './images.ts';
import type { Command } from './command.ts';
import { columns, painter, print, progress, writeText } from './output.ts';
import { demandPages, pageOptions, writePages } from './pages.ts';

const help = `usage: marginalia check <paper | FILE.derivation | FILE.json> [options]

Runs every line of a derivation: both sides are compared, and every derivative is taken again by
dual numbers and by differences. Papers: ${papers.join(', ')}.

  --data DIR     take points from images: a folder per person of PGM, PPM or PNG files
  --cases N      number of seeded points (64, and more for a line that is met too seldom)
  --seed N       seed of the points (1)
  --out DIR      where the report goes, as a page, Markdown and JSON (marginalia-report)
  --html FILE    also write the page of the report here
  --markdown FILE
                 also write its Markdown here
  --json         print the ledger as JSON
  --help         this text

Exit code 0 when nothing fails and nothing is unexercised, 1 when a line is wrong, 2 for bad usage
or input.`;

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    data: { type: 'string' }, cases: { type: 'string' }, seed: { type: 'string' }, out: { type: 'string' },
    json: { type: 'boolean' }, ...pageOptions,
  }, 'check');
  const [target, extra] = positionals;
  if (target === undefined) {
    throw new UsageError(`check: which derivation? Give a paper (${papers.join(', ')}) or a file; see marginalia check --help`);
  }
  if (extra !== undefined) throw new UsageError(`check: one derivation at a time, found '${extra}' after '${target}'`);
  const asked = values['cases'] !== undefined;
  const cases = wholeNumber(values['cases'], 'cases', 1, usualCases, mostCases);
  const seed = wholeNumber(values['seed'], 'seed', 0, 1);
  const out = String(values['out'] ?? 'marginalia-report');
  const { derivation, text } = load(target);
  const kinds = derivation.sections.flatMap(({ lines }) => lines.map(({ kind }) => kind));
  if (!kinds.some((kind) => kind === 'claim' || kind === 'number')) {
    throw new UsageError(`${target}: ${kinds.length === 0 ? 'no lines' : 'only definitions'}, so there is nothing to check. `
      + 'A claim or a number line says what should hold. Add one, such as claim (1) a = b');
  }
  const dataset = typeof values['data'] === 'string' ? readImageFolders(values['data']) : undefined;

  // What is proved for a minute should not be lost for want of a folder.
  if (statSync(out, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new UsageError(`--out ${out}: is a file, a folder is needed`);
  }
  demandPages(values);
  makeFolder(out);
  accessSync(out, constants.W_OK);

  const json = values['json'] === true;
  const paint = painter(process.stdout);
  const width = columns();
  const titles = new Map(derivation.sections.map(
    ({ id, title }) => [id, title === '' && id === '' ? 'Shared by all sections' : title || id]
  ));
  let section: string | undefined;
  const points = { data: dataset === undefined ? 0 : dataCases, seeded: cases };
  const lines = checkLines(derivation, { seed, ...(asked && { cases }), ...(dataset && { dataset }) });
  let next = lines.next();
  if (!json) print(headerText({ title: derivation.title, source: derivation.source, seed, points }, paint, width));
  for (let done = 1; !next.done; done++) {
    const row = next.value;
    if (!json) {
      progress('');
      if (row.section !== section) print(sectionText(titles.get(row.section) ?? '', paint, width));
      section = row.section;
      print(rowText(row, paint, width));
      if (done < kinds.length) progress(`proving line ${done + 1} of ${kinds.length}`);
    }
    // Lets the output flow and Ctrl-C be heard between two lines.
    await setImmediate();
    next = lines.next();
  }
  const ledger = next.value;
  const name = basename(target).replace(/\.(derivation|json)$/, '');
  const files = [join(out, `${name}.json`), join(out, `${name}.md`), join(out, `${name}.html`)];
  writeText(files[0]!, `${JSON.stringify(ledger, null, 1)}\n`);
  const pages = {
    html: () => ledgerHtml(ledger, derivation, text === undefined ? {} : { text }),
    markdown: () => ledgerMarkdown(ledger, derivation),
  };
  writeText(files[1]!, pages.markdown());
  writeText(files[2]!, pages.html());
  files.push(...writePages(values, pages));
  if (json) print(JSON.stringify(ledger, null, 1));
  else {
    // The machine form has no lines to point at.
    const file = text === undefined ? {} : { file: `${name}.derivation` };
    const legend = legendText(width).map((line) => paint('dim', line));
    const report = `report: ${files.join(', ')}`;
    print([
      summaryText(ledger, paint, { width, ...file }), '', ...legend, '',
      ...(report.length <= width ? [report] : ['report:', ...files.map((path) => `  ${path}`)]),
    ].join('\n'));
  }
  return ledger.ok ? 0 : 1;
}

/** A derivation, and the text of its file where that is what people write. */
function load(target: string): { readonly derivation: Derivation; readonly text?: string } {
  const parsed = (text: string, name: string) => ({ derivation: parseDerivation(text, name), text });
  if (papers.includes(target)) return parsed(readPaper(target), `${target}.derivation`);
  if (!/\.(derivation|json)$/.test(target)) {
    throw new UsageError(
      `check: '${target}' is neither a paper (${papers.join(', ')}) nor a file ending in .derivation or .json`);
  }
  const text = readText(target);
  return target.endsWith('.json') ? { derivation: derivationFromJson(text, target) } : parsed(text, target);
}

export const check: Command = { help, run };
