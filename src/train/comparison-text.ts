// A comparison in the form of the paper's table: as text for a terminal of 80 columns, as Markdown and as CSV. Every mean
// stands with its standard error, every difference with its interval and with what it says.

import { counted, demandMade, demandSort } from '../base/demand.ts';
import type { ComparedLoss, Comparison } from './comparison.ts';
import { choiceText } from './grid.ts';
import { columns } from './protocol.ts';
import type { Difference, Estimate } from './statistics.ts';

const hundred = (x: number): string => (100 * x).toFixed(2);
const signed = (x: number): string => `${x < 0 ? '−' : '+'}${hundred(Math.abs(x))}`;

export const demandComparison = (comparison: unknown, who: string): void =>
  demandMade(comparison, ['losses', 'reference'], who, 'what compareCells returns');

/** 97.12 ± 0.21, in percent. */
export function estimateText(x: Estimate | null): string {
  if (x === null) return '–';
  return x.standardError === undefined ? hundred(x.mean) : `${hundred(x.mean)} ± ${hundred(x.standardError)}`;
}

/** +1.23 [−0.42, +2.88], in points of percent. */
export function differenceText(x: Difference): string {
  return x.low === undefined ? signed(x.mean) : `${signed(x.mean)} [${signed(x.low)}, ${signed(x.high!)}]`;
}

export const verdictText = ({ verdict }: Difference): string => verdict ?? 'one seed tells no noise';

/** What a reader has to know about a loss beside its numbers. */
export function noteText({ diverged, choice }: ComparedLoss): string {
  const lost = diverged.length === 0 ? [] : [`diverged at seed ${diverged.join(', ')}`];
  return [choiceText(choice), ...lost].filter((part) => part !== '').join('; ');
}

/** How the table is to be read: a few sentences. */
export function legendOf({ reference, judgedBy, seeds, losses }: Comparison): readonly string[] {
  const others = losses.filter(({ difference }) => difference?.verdict !== undefined).length;
  return [
    `Means over ${counted(seeds, 'seed')} ± one standard error, in percent. People of the test are never trained on.`,
    `Differences to ${reference} are paired by seed, in points of ${judgedBy}, with 95 % intervals of Student's t; `
      + '"within noise" where the interval holds 0.',
    ...(others > 1 ? [`Of ${others} such intervals about one in twenty leaves out 0 by chance alone.`] : []),
    'Every loss chose from four settings on people it trains on (seed 1).',
  ];
}

/** Two tables of at most 80 columns. */
export function comparisonText(comparison: Comparison): string {
  demandComparison(comparison, 'comparisonText');
  const { losses, reference, judgedBy } = comparison;
  const name = Math.max(10, ...losses.map(({ loss }) => loss.length)) + 1;
  const width = Math.floor((80 - name) / columns.length);
  const table = [
    ''.padEnd(name) + columns.map((column) => column.padStart(width)).join(''),
    ...losses.map(({ loss, measures }) => loss.padEnd(name) + columns.map(
      (column) => estimateText(measures[column]).padStart(width)
    ).join('')),
  ];
  const compared = losses.flatMap(({ loss, difference }) => (difference === null ? []
    : [`${loss.padEnd(name)} ${differenceText(difference).padEnd(26)} ${verdictText(difference)}`]));
  return [
    ...table,
    ...(compared.length === 0 ? [] : ['', `${judgedBy} minus that of ${reference}, in points:`, ...compared]),
    '', 'chosen:', ...losses.map((row) => `${row.loss.padEnd(name)} ${noteText(row)}`.trimEnd()),
    '', ...legendOf(comparison).flatMap((line) => wrapped(line, 80)),
  ].join('\n');
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    if (lines.length === 0 || lines.at(-1)!.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] += ` ${word}`;
  }
  return lines;
}

/** What a reader of a comparison has to know beside its numbers. */
export interface ComparisonFacts {
  readonly title: string;
  readonly command: string;
  /** Where the pictures come from. */
  readonly credit: string;
}

/** The same as Markdown. */
export function comparisonMarkdown(comparison: Comparison, facts: ComparisonFacts): string {
  demandComparison(comparison, 'comparisonMarkdown');
  demandSort('record', { facts }, 'comparisonMarkdown');
  const { title, command, credit } = facts;
  const { losses, reference, judgedBy } = comparison;
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    `# ${title}`, '', '```sh', command, '```', '',
    row(['', ...columns, `${judgedBy} − ${reference}`, '', 'chosen']),
    row(['---', ...columns.map(() => '---:'), '---:', '---', '---']),
    ...losses.map((entry) => row([
      entry.loss, ...columns.map((column) => estimateText(entry.measures[column])),
      ...(entry.difference === null ? ['', ''] : [differenceText(entry.difference), verdictText(entry.difference)]),
      noteText(entry),
    ])),
    '', legendOf(comparison).join(' '), '', credit, '',
  ].join('\n');
}

/** The same as comma-separated values, as shares and with all digits. */
export function comparisonCsv(comparison: Comparison): string {
  demandComparison(comparison, 'comparisonCsv');
  const { losses } = comparison;
  const text = (cell: string): string => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const number = (x: number | undefined): string => (x === undefined ? '' : String(x));
  const head = [
    'loss', ...columns.flatMap((name) => [name, `${name} standard error`]), 'difference', 'low', 'high', 'verdict', 'seeds',
    'chosen',
  ];
  const lines = losses.map((entry) => [
    entry.loss, ...columns.flatMap((name) => [number(entry.measures[name]?.mean), number(entry.measures[name]?.standardError)]),
    number(entry.difference?.mean), number(entry.difference?.low), number(entry.difference?.high),
    entry.difference?.verdict ?? '',
    number(entry.measures.pairs?.count), noteText(entry),
  ]);
  return `${[head, ...lines].map((cells) => cells.map(text).join(',')).join('\n')}\n`;
}
