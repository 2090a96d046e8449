// A report about a mistake as people read it: on a terminal, and the whole gallery as Markdown. Data only
// comes in; nothing is checked here.

import { counterexampleText, type Paint } from '../check/ledger-text.ts';
import type { Counterexample, Digits } from '../check/ledger.ts';
import { wrap } from '../explain/text.ts';
import type { Mistake, MistakeReport } from './mistakes.ts';

/** Sentences in lines that all begin alike. */
const prose = (text: string, width: number): string[] => wrap(text, width).map((line) => line.trimStart());

/** What people wrote, what is wrong with it, where it shows, and the right line. */
export function mistakeText(report: MistakeReport, paint: Paint, width = 100): string {
  const indented = (text: string): string[] => text.split('\n').flatMap((line) => wrap(line, width - 2)).map((line) => `  ${line}`);
  const { title, source, notes, given, written, right } = report;
  const { digits } = right;
  const known = given.length === 0 ? [] : ['', paint('bold', 'given'), ...given.flatMap(indented)];
  const facts = factsOf(written.found).flatMap(([name, text]) =>
    wrap(text, width - 10).map((part, i) => `  ${(i === 0 ? name : '').padEnd(8)}${part}`));
  const example = written.counterexample === undefined ? [] : counterexampleText(written.counterexample);
  return [
    paint('bold', title), ...wrap(source, width).map((line) => paint('dim', line)), '', ...prose(notes.join(' '), width), ...known, '',
    paint('bold', 'as people wrote it'), ...indented(written.text), '',
    paint(written.caught ? 'holds' : 'fails', written.caught ? '✓ caught' : '✗ not caught'), ...facts, ...indented(written.reason), ...example.flatMap(indented), '',
    paint('bold', 'the right line'), ...indented(right.text), '',
    ...wrap(right.holds ? `✓ holds${digitsText(digits)}` : '✗ does not hold', width).map((line) => paint(right.holds ? 'holds' : 'fails', line)),
    ...(right.reason === undefined ? [] : indented(right.reason)),
  ].join('\n');
}

/** The line, the branch and the cause, where the checker found them. */
export function factsOf(found: MistakeReport['written']['found']): (readonly [string, string])[] {
  return found === undefined ? [] : [['line', found.line], ['branch', found.branch], ['cause', found.cause]];
}

/** `: both sides agree to 12 digits`, or nothing where nothing was judged. */
export function digitsText({ statement, duals, differences }: Digits): string {
  const by = (name: string, x: number | null): string[] => (x === null ? [] : [`${name} ${Math.floor(x)} digits`]);
  const all = [...by('both sides agree to', statement), ...by('dual numbers to', duals), ...by('differences to', differences)];
  return all.length === 0 ? '' : `: ${all.join(', ')}`;
}

/** One line per mistake. */
export function mistakeList(all: readonly Mistake[], width = 100): string {
  const column = Math.max(...all.map(({ id }) => id.length)) + 2;
  return all.flatMap(({ id, summary }) =>
    prose(summary, width - column - 2).map((part, i) => `  ${(i === 0 ? id : '').padEnd(column)}${part}`)).join('\n');
}

/** The gallery as one page. Digits are left out: they may differ in the last place between machines. */
export function mistakesMarkdown(all: readonly Mistake[], reports: readonly MistakeReport[]): string {
  const head = [
    '# A gallery of mistakes', '',
    'Bugs of public code about losses and gradients. Each is written as people wrote it and run as it stands: the checker',
    'finds it, shrinks a point at which it shows until it fits on a slide, and proves the line that is right.',
    'Formulas are in the notation of [notation.md](notation.md); `marginalia mistakes NAME` checks one of them again.', '',
    '| name | what is wrong |', '|---|---|', ...all.map(({ id, summary }) => `| [\`${id}\`](#${id}) | ${summary} |`), '',
  ];
  return `${[...head, ...reports.flatMap(sectionOf)].join('\n').trimEnd()}\n`;
}

function sectionOf({ id, title, source, notes, language, given, written, right }: MistakeReport): string[] {
  const fence = (text: string, kind = ''): string[] => [`\`\`\`${kind}`, text, '```', ''];
  const kind = language === 'typescript' ? 'typescript' : '';
  const { counterexample } = written;
  return [
    `## ${id}`, '', `**${title}.** ${source}.`, '', ...notes, '',
    ...(given.length === 0 ? [] : ['Given', '', ...fence(given.join('\n'))]),
    given.length === 0 ? 'As people wrote it' : 'as people wrote it', '', ...fence(written.text, kind),
    ...factsOf(written.found).map(([name, text]) => `- ${name}: \`${text}\``), ...(written.found === undefined ? [] : ['']),
    ...(counterexample === undefined ? [] : ['It is seen to fail at', '', ...fence(pointText(counterexample))]),
    `${right.holds ? 'The right line, which holds' : 'This does not hold'}:`, '', ...fence(right.text, kind),
  ];
}

/** A side of a line at a point: as many digits as show that it is not the other. */
export const sideText = (x: number): string => String(Number.isFinite(x) ? Number(x.toPrecision(6)) : x);

function pointText({ values, entry, left, right }: Counterexample): string {
  const names = Object.entries(values).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  return [...names, `${entry === '' ? '' : `${entry}: `}left ${sideText(left)}, right ${sideText(right)}`].join('\n');
}
