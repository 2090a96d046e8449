// `marginalia mistakes`: the gallery of known mistakes, as a list, or one of them checked before your eyes.

import { setImmediate } from 'node:timers/promises';
import { perhaps } from '../base/nearest.ts';
import {
  checkMistake, mistakeList, mistakes as gallery, mistakesHtml, mistakesMarkdown, mistakeText, type MistakeReport,
} from '../papers/index.ts';
import { readArguments, UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { columns, painter, print, progress } from './output.ts';
import { demandPages, pageOptions, writePages } from './pages.ts';

const help = `usage: marginalia mistakes [name] [options]

Without a name, the list of known mistakes. With one: the line as people wrote it, what is wrong with
it, the smallest point found at which it shows, and the right line with its digits.

  --html FILE    write a page of the one, or of all, with formulas set
  --markdown FILE
                 the same as Markdown
  --json         print the list or the report as JSON
  --help         this text

Exit code 0 when the mistake is caught and the right line holds, 1 otherwise, 2 for bad usage.`;

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, { json: { type: 'boolean' }, ...pageOptions }, 'mistakes');
  const [id, extra] = positionals;
  if (extra !== undefined) throw new UsageError(`mistakes: one mistake at a time, found '${extra}' after '${id!}'`);
  const json = values['json'] === true;
  const wantsPages = Object.keys(pageOptions).some((kind) => values[kind] !== undefined);
  demandPages(values);
  if (id === undefined && wantsPages) {
    const reports: MistakeReport[] = [];
    for (const [i, mistake] of gallery.entries()) {
      progress(`checking ${mistake.id}, ${i + 1} of ${gallery.length}`);
      // Lets Ctrl-C be heard.
      await setImmediate();
      reports.push(checkMistake(mistake.id));
    }
    progress('');
    print(writePages(values, pagesOf(reports)).map((path) => `written: ${path}`).join('\n'));
    return reports.every(({ ok }) => ok) ? 0 : 1;
  }
  if (id === undefined) {
    print(json ? JSON.stringify(gallery.map(({ id: name, summary }) => ({ id: name, summary })), null, 1)
      : `${mistakeList(gallery, columns())}\n\nmarginalia mistakes NAME checks one of them`);
    return 0;
  }
  if (!gallery.some((mistake) => mistake.id === id)) {
    throw new UsageError(
      `mistakes: there is no mistake '${id}'${perhaps(id, gallery.map((one) => one.id))}; marginalia mistakes lists them`);
  }
  const report = checkMistake(id);
  const written = writePages(values, pagesOf([report]));
  if (written.length > 0) print(written.map((path) => `written: ${path}`).join('\n'));
  else print(json ? JSON.stringify(report, finite, 1) : mistakeText(report, painter(process.stdout), columns()));
  return report.ok ? 0 : 1;
}

function pagesOf(reports: readonly MistakeReport[]) {
  const all = gallery.filter(({ id }) => reports.some((report) => report.id === id));
  return { html: () => mistakesHtml(all, reports), markdown: () => mistakesMarkdown(all, reports) };
}

/** JSON has no NaN and no infinity: they become texts. */
const finite = (_: string, value: unknown): unknown =>
  (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value);

export const mistakes: Command = { help, run };
