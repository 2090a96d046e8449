// Two gradients for a terminal and for a page: what makes them two, where they part, and line by line the angle between them, the
// ratio of their lengths and the entry at which they differ most. Data only comes in.

import { demandMade } from '../base/demand.ts';
import { plainNumber, short } from './numbers.ts';
import { columnsOf, type StudyPart } from './report.ts';
import { wrap } from './text.ts';
import type { GradientPair, Reason, TwoGradients } from './two-gradients.ts';

const heads = ['', 'angle', 'ratio', 'differ', 'entry: declared, true'] as const;

/** The comparison as lines of at most `width` columns, joined. */
export function twoGradientsText(pair: TwoGradients, width = 80): string {
  demandMade(pair, ['reasons', 'parting'], 'twoGradientsText', 'what twoGradients returns');
  const { reasons, parting } = pair;
  const rows = rowsOf(pair);
  const cells = rows.map((pair) => [pair.name, angleText(pair), ratioText(pair), countText(pair), worstText(pair)]);
  const widths = heads.slice(0, 4).map((head, i) => Math.max(columns(head), ...cells.map((row) => columns(row[i]!))) + 2);
  const line = (row: readonly string[]): string[] => {
    const lead = `  ${row.slice(0, 4).map((cell, i) => cell + ' '.repeat(widths[i]! - columns(cell))).join('')}`;
    const [first = '', ...rest] = wrap(row[4]!, Math.max(12, width - columns(lead)));
    return [(lead + first).trimEnd(), ...rest.map((text) => ' '.repeat(columns(lead)) + text)];
  };
  const table = parting.length === 0 ? [] : ['', ...[heads, ...cells].flatMap(line), '',
    ...wrap(explained, width)];
  return [
    ...(reasons.length === 0 ? [none] : reasons.flatMap((reason) => listed(reasonText(reason), width))), ...differText(pair),
    ...wrap(partingText(parting), width), ...table,
  ].join('\n');
}

/** The same for a page. */
export function twoGradientsParts(pair: TwoGradients): StudyPart[] {
  demandMade(pair, ['reasons', 'parting'], 'twoGradientsParts', 'what twoGradients returns');
  const { reasons, parting } = pair;
  const rows = rowsOf(pair).map((each) => [each.name, angleText(each), ratioText(each), countText(each), worstText(each)]);
  return [
    ...(reasons.length === 0 ? [none] : reasons.map(reasonText)), ...differText(pair), partingText(parting),
    ...(parting.length === 0 ? [] : [
      { caption: 'Declared and true gradient', columns: columnsOf('of', '#angle', '#ratio', '#differ', 'entry: declared, true'), rows }, explained,
    ]),
  ];
}

const explained = 'angle in radians between declared and true gradient, ratio of their lengths, how many entries differ';
const none = 'nothing is stopped, replaced or given by a rule: there is one gradient';

function rowsOf({ whole, lines, inputs }: TwoGradients): GradientPair[] {
  const others = lines.filter(({ name }) => !inputs.some((input) => input.name === name));
  return [{ ...whole, name: 'all inputs' }, ...inputs, ...others];
}

const differText = ({ results }: TwoGradients): string[] =>
  (results.declared === results.true ? [] : [`the results are ${short(results.declared)} and ${short(results.true)}`]);

function reasonText({ name, text, matters }: Reason): string {
  const subject = name === null ? text : `${name}: ${text}`;
  return matters ? subject : `${subject}; alone it changes nothing`;
}

const listed = (text: string, width: number): string[] =>
  wrap(text, width - 2).map((part, i) => (i === 0 ? `- ${part}` : `  ${part}`));

function partingText(parting: readonly string[]): string {
  if (parting.length === 0) return 'they are one gradient';
  return `they part at ${parting.join(' and ')}; what uses ${parting.length === 1 ? 'it' : 'these'} has one gradient`;
}

const angleText = ({ angle }: GradientPair): string => (angle === null ? '–' : short(plainNumber(angle) < 1e-9 ? 0 : angle));

function ratioText({ ratio, lengths }: GradientPair): string {
  if (ratio !== null) return short(ratio);
  const which = lengths.declared === 0 ? (lengths.true === 0 ? 'both' : 'declared') : 'true';
  return `${which} 0`;
}

const countText = ({ differing, shape }: GradientPair): string => `${differing} of ${shape.reduce((product, n) => product * n, 1)}`;

function worstText({ worst: [first] }: GradientPair): string {
  if (first === undefined) return '';
  return `${first.at.length === 0 ? '' : `[${first.at.join(', ')}] `}${short(first.declared)}, ${short(first.true)}`;
}

const columns = (text: string): number => Array.from(text.replace(/\p{M}/gu, '')).length;
