// Decisions and cuts for a terminal and for a page, and a cut as the curves and guides of a chart. Data only comes in.

import { demandMade } from '../base/demand.ts';
import type { JsonNumber } from '../explain/index.ts';
import { plainNumber, short as numberText } from '../explain/numbers.ts';
import { columnsOf, type StudyPart, studyTable } from '../explain/report.ts';
import { wrap } from '../explain/text.ts';
import type { BranchCut, CutBorder } from './branch-cut.ts';
import type { BranchDecision, BranchMap } from './branch-map.ts';
import { short } from './report.ts';

const heads = ['distance', 'gap', 'what changes'] as const;
const widths = [11, 11, 18] as const;

const demandMap = (map: unknown, who: string): void => demandMade(map, ['decisions', 'more'], who, 'what branchMap returns');
const demandCut = (cut: unknown, who: string): void => demandMade(cut, ['cells', 'borders'], who, 'what branchCut returns');

/** The decisions whose borders change something, a line each, and how many others there are. */
export function branchMapText(map: BranchMap, width = 80): string {
  demandMap(map, 'branchMapText');
  const { decisions, more } = map;
  const felt = feltOf(decisions);
  const room = width - widths.reduce((sum, n) => sum + n, 2);
  const rows = felt.flatMap((decision) => {
    const { distance, gap, effect, jump, turn, at } = decision;
    const cells = [numberText(distance ?? NaN), numberText(gap), effectText(effect, jump, turn)];
    const beside = decision.beside.length === 0 ? '' : `; ${decision.beside.join(', ')} at the same border`;
    return row(cells, wrap(`${nameOf(decision)}${atText(at)} (${decision.kind})${beside}`, room));
  });
  const table = felt.length === 0
    ? [nothingFelt]
    : [...row([...heads], ['decision']), ...rows];
  return [...table, '', ...wrap(restText(decisions, more), width)].join('\n');
}

/** The same for a page. */
export function branchMapParts(map: BranchMap): StudyPart[] {
  demandMap(map, 'branchMapParts');
  const { decisions, more } = map;
  const felt = feltOf(decisions);
  const rows = felt.map((decision) => [
    `${nameOf(decision)}${atText(decision.at)}`, decision.kind, numberText(decision.distance ?? NaN), numberText(decision.gap),
    effectText(decision.effect, decision.jump, decision.turn), decision.beside.join(', '),
  ]);
  const columns = columnsOf('decision', 'kind', '#distance', '#gap', 'what changes', 'at the same border');
  return [felt.length === 0 ? nothingFelt : studyTable({ caption: 'Decisions, the nearest first', columns, rows }), restText(decisions, more)];
}

const nothingFelt = 'no decision that can change the result or its slope was found';
const feltOf = (decisions: readonly BranchDecision[]): BranchDecision[] =>
  decisions.filter(({ effect }) => effect === 'value' || effect === 'slope');

function row(cells: readonly string[], [first = '', ...rest]: readonly string[]): string[] {
  const lead = cells.map((cell, i) => cell.padEnd(widths[i]!)).join('');
  return [`  ${lead}${first}`.trimEnd(), ...rest.map((text) => ' '.repeat(lead.length + 2) + text)];
}

function restText(decisions: readonly BranchDecision[], more: number): string {
  const idle = decisions.filter(({ effect }) => effect === 'nothing');
  const never = decisions.filter(({ effect }) => effect === null);
  const count = (list: readonly BranchDecision[], what: string): string[] =>
    (list.length === 0 ? [] : [`${list.length} ${what} (${[...new Set(list.map(nameOf))].join('; ')})`]);
  const parts = [
    ...count(idle, 'change nothing at their borders'), ...count(never, 'met no border on the way their gap closes fastest'),
    ...(more === 0 ? [] : [`${more} farther ones were not followed`]),
  ];
  const gap = 'gap: by how much the compared quantities differ; distance: how far the nearest inputs are at which they meet';
  return `${gap}. ${parts.length === 0 ? 'No other decisions' : `Others: ${parts.join(', ')}`}.`;
}

const nameOf = ({ name, formula, serves }: Pick<BranchDecision, 'name' | 'formula' | 'serves'>): string => {
  const subject = serves.length === 0 ? name : serves.filter((line) => line !== 'result').join(', ');
  return subject === '' ? formula : `${subject}: ${formula}`;
};

const atText = (at: readonly number[]): string => (at.length === 0 ? '' : ` [${at.join(', ')}]`);

function effectText(effect: BranchDecision['effect'], jump: JsonNumber, turn: JsonNumber): string {
  if (effect === 'value') return `value ${plainNumber(jump) > 0 ? '+' : ''}${numberText(jump)}`;
  return effect === 'slope' ? `slope ${numberText(turn)}` : 'nothing';
}

/** The cells of a cut and the borders between them, upwards. */
export function branchCutText(cut: BranchCut, along: string, width = 80): string {
  demandCut(cut, 'branchCutText');
  const { cells, borders } = cut;
  const lines = cells.flatMap(({ h, value }, i) => {
    const values = value.map(plainNumber);
    const border = borders[i];
    return [
      ...wrap(`${short(h[0]!)} … ${short(h.at(-1)!)}: result ${short(values[0]!)} … ${short(values.at(-1)!)}`, width),
      ...(border === undefined ? [] : wrap(`${i + 1}  ${borderText(border, '  ', ': ')}`, width - 4).map((text) => `    ${text}`)),
    ];
  });
  return [...wrap(`the result along ${along}: ${cells.length} cell${cells.length === 1 ? '' : 's'}`, width), '', ...lines].join('\n');
}

/** The same for a page. */
export function branchCutParts(cut: BranchCut, along: string): StudyPart[] {
  demandCut(cut, 'branchCutParts');
  const { cells, borders } = cut;
  const ends = cells.map(({ h, value }, i) => {
    const values = value.map(plainNumber);
    return [`${i + 1}`, short(h[0]!), short(h.at(-1)!), short(values[0]!), short(values.at(-1)!)];
  });
  const crossed = borders.map((border, i) => [`${i + 1}`, short(border.h), effectText(border.effect, border.jump, border.turn), decidersOf(border)]);
  return [
    `The result along ${along}: ${cells.length} cell${cells.length === 1 ? '' : 's'}.`,
    { caption: 'Cells', columns: columnsOf('cell', '#from', '#to', '#result there', '#and there'), rows: ends },
    ...(borders.length === 0 ? [] : [
      { caption: 'Borders between them', columns: columnsOf('border', '#at', 'what changes', 'what decides otherwise'), rows: crossed },
    ]),
  ];
}

/** Where a border is, what changes there, and what decides otherwise. */
function borderText(border: CutBorder, first: string, second: string): string {
  const { h, effect, jump, turn } = border;
  return `at ${short(h)}${first}${effectText(effect, jump, turn)}${second}${decidersOf(border)}`;
}

const decidersOf = ({ flipped }: CutBorder): string => [...new Set(flipped.map((flip) => `${nameOf(flip)}${atText(flip.at)}`))].join(', ');

/** A cut as a chart takes it: a curve per cell, a numbered guide per border, and the borders in words. */
export function cutPicture(cut: BranchCut) {
  demandCut(cut, 'cutPicture');
  const { cells, borders } = cut;
  return {
    series: cells.map(({ h, value }, i) => ({ name: `cell ${i + 1}`, x: h, y: value.map(plainNumber), style: i })),
    guides: borders.map((border, i) => ({ x: border.h, name: `${i + 1}` })),
    words: borders.map((border, i) => `${i + 1}, ${borderText(border, ': ', ', ')}`),
  };
}
