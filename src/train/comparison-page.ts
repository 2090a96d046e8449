// A comparison as one page that stands alone: the table, what the losses chose, and pictures of the differences, the
// curves, the angles and the people.

import { demandSort } from '../base/demand.ts';
import { Markup, markup } from '../base/markup.ts';
import { page, table } from '../base/page.ts';
import type { Image } from '../data/index.ts';
import { angleHistogram, imageGrid, intervalPlot, type RateCurve, rocPlot } from '../plot/index.ts';
import type { ComparedLoss, Comparison, FinishedCell } from './comparison.ts';
import {
  type ComparisonFacts, demandComparison, differenceText, estimateText, legendOf, noteText, verdictText,
} from './comparison-text.ts';
import type { Dataset } from './dataset.ts';
import { columns, curveRates } from './protocol.ts';

export interface PageFacts extends ComparisonFacts {
  /** What was run, in a sentence. */
  readonly lead: string;
  readonly data: Dataset;
}

const tones: Readonly<Record<string, string>> = { better: 'holds', worse: 'fails' };

/** The page of a comparison and the cells it rests on. */
export function comparisonPage(comparison: Comparison, cells: readonly FinishedCell[], facts: PageFacts): string {
  demandComparison(comparison, 'comparisonPage');
  demandSort('record', { facts }, 'comparisonPage');
  const { title, lead, command, credit, data } = facts;
  const { losses, reference, judgedBy } = comparison;
  const compared = losses.filter(({ difference }) => difference !== null);
  const figure = (svg: string): Markup => markup`<div class="scroll">${new Markup(svg)}</div>\n`;
  const best = losses.reduce((a, b) => ((b.difference?.mean ?? 0) > (a.difference?.mean ?? 0) ? b : a));
  return page({
    title, lead: markup`<p>${lead}</p>`,
    contents: [
      ['table', 'Table'], ['differences', 'Differences'], ['curves', 'Curves'], ['angles', 'Angles'], ['people', 'People'],
    ],
    body: [
      markup`<h2 id="table">Table</h2>\n`,
      table('Percent, mean ± one standard error over the seeds', [
        { name: 'loss' }, ...columns.map((name) => ({ name, kind: 'number' as const })),
        { name: `${judgedBy} less ${reference}`, kind: 'number' }, { name: '' }, { name: 'chosen' },
      ], losses.map((row) => ({ cells: cellsOf(row), ...toneOf(row) }))),
      ...[...legendOf(comparison), markup`Made by <code>${command}</code>.`].map((line) => markup`<p class="note">${line}</p>\n`),
      markup`<h2 id="differences">Differences</h2>\n`,
      compared.length === 0 ? markup`<p>There is only ${reference}.</p>\n` : figure(intervalPlot({
        title: `${judgedBy} minus that of ${reference}`, axis: 'difference', format: 'percent', zero: { at: 0, name: reference },
        rows: compared.map(({ loss, difference }) => ({
          name: loss, value: difference!.mean,
          ...(difference!.low !== undefined && { low: difference!.low, high: difference!.high! }),
        })),
      })),
      markup`<h2 id="curves">Curves</h2>\n`,
      markup`<p>The share of same-person pairs accepted, at every share of different pairs accepted; means over the seeds.</p>\n`,
      // Six lines are told apart by their colours; more stand in a picture of their own, the reference in each.
      sixes(losses, reference).map((group, i) => figure(rocPlot(
        group.map(({ loss }) => ({ name: loss, ...meanCurve(loss, cells) })),
        { title: `Verification of people not trained on${i === 0 ? '' : ', continued'}`, width: 760, height: 400 },
      ))),
      markup`<h2 id="angles">Angles</h2>\n<p>Angles between the embeddings of two pictures, seed 1.</p>\n`,
      [...new Set([losses.find(({ loss }) => loss === reference) ?? best, best])].map(({ loss }) => {
        const cell = cells.find((one) => one.kind === 'test' && one.loss === loss && one.result !== undefined);
        return cell === undefined ? ''
          : figure(angleHistogram(cell.result!.genuine, cell.result!.impostor, { title: `Angles under ${loss}` }));
      }),
      markup`<h2 id="people">People</h2>\n<p>${credit}</p>\n`,
      figure(imageGrid({ title: 'Four pictures each of ten people', images: somePictures(data), columns: 10, cell: 64 })),
    ],
  });
}

function cellsOf(row: ComparedLoss): string[] {
  const { difference } = row;
  return [
    row.loss, ...columns.map((name) => estimateText(row.measures[name])),
    ...(difference === null ? ['', ''] : [differenceText(difference), verdictText(difference)]), noteText(row),
  ];
}

function toneOf({ difference }: ComparedLoss): { readonly tone?: string } {
  const tone = tones[difference?.verdict ?? ''];
  return tone === undefined ? {} : { tone };
}

function sixes(losses: readonly ComparedLoss[], reference: string): ComparedLoss[][] {
  const own = losses.filter(({ loss }) => loss === reference);
  const others = losses.filter(({ loss }) => loss !== reference);
  return Array.from({ length: Math.max(1, Math.ceil(others.length / 5)) }, (_, i) => [...own, ...others.slice(5 * i, 5 * i + 5)]);
}

/** The mean of the seeds' curves, from the rate that one impostor is worth; below it no curve is known. */
function meanCurve(loss: string, cells: readonly FinishedCell[]): Pick<RateCurve, 'far' | 'tar'> {
  const results = cells.flatMap((cell) => (
    cell.kind === 'test' && cell.loss === loss && cell.result !== undefined ? [cell.result] : []
  ));
  const least = Math.max(0, ...results.map(({ trials }) => 1 / trials.impostor));
  const at = curveRates.flatMap((far, i) => (far >= least ? [i] : []));
  const mean = (i: number): number => results.reduce((sum, { curve }) => sum + curve[i]!, 0) / Math.max(1, results.length);
  return { far: at.map((i) => curveRates[i]!), tar: at.map(mean) };
}

/** Four pictures of each of the first ten people, a person under another's neighbour: person by column. */
function somePictures({ images: { shape: [, , height, width], values }, labels, classes }: Dataset): Image[] {
  const people = Math.min(10, classes.length);
  const picture = (n: number): Image => ({
    width, height, channels: 1,
    pixels: Uint8Array.from(values.subarray(n * width * height, (n + 1) * width * height), (x) => Math.round(128 * x + 127.5)),
  });
  return Array.from({ length: 4 * people }, (_, i) => {
    const own = Array.from(labels, (_, n) => n).filter((n) => labels[n] === i % people);
    return picture(own[Math.floor(i / people) % own.length]!);
  });
}
