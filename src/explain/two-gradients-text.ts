// Two gradients as text for a terminal: what makes them two, where they part, and line by line the angle between them, the
// ratio of their lengths and the entry at which they differ most. Data only comes in.

import type { JsonNumber } from './explanation.ts';
import { plainNumber } from './numbers.ts';
import { wrap } from './text.ts';
import type { GradientPair, Reason, TwoGradients } from './two-gradients.ts';

const heads = ['', 'angle', 'ratio', 'differ', 'entry: declared, true'] as const;

/** The comparison as lines of at most `width` columns, joined. */
export function twoGradientsText({ reasons, results, whole, lines, inputs, parting }: TwoGradients, width = 80): string {
  const others = lines.filter(({ name }) => !inputs.some((input) => input.name === name));
  const rows = [{ ...whole, name: 'all inputs' }, ...inputs, ...others];
  const cells = rows.map((pair) => [pair.name, angleText(pair), ratioText(pair), countText(pair), worstText(pair)]);
  const widths = heads.slice(0, 4).map((head, i) => Math.max(columns(head), ...cells.map((row) => columns(row[i]!))) + 2);
  const line = (row: readonly string[]): string[] => {
    const lead = `  ${row.slice(0, 4).map((cell, i) => cell + ' '.repeat(widths[i]! - columns(cell))).join('')}`;
    const [first = '', ...rest] = wrap(row[4]!, Math.max(12, width - columns(lead)));
    return [(lead + first).trimEnd(), ...rest.map((text) => ' '.repeat(columns(lead)) + text)];
  };
  const differ = results.declared === results.true ? [] : [`the results are ${numberText(results.declared)} and ${numberText(results.true)}`];
  const table = parting.length === 0 ? [] : ['', ...[heads, ...cells].flatMap(line), '',
    ...wrap('angle in radians between declared and true gradient, ratio of their lengths, how many entries differ', width)];
  const none = ['nothing is stopped, replaced or given by a rule: there is one gradient'];
  return [
    ...(reasons.length === 0 ? none : reasons.flatMap((reason) => reasonText(reason, width))), ...differ, ...wrap(partingText(parting), width), ...table,
  ].join('\n');
}

function reasonText({ name, text, matters }: Reason, width: number): string[] {
  const subject = name === null ? text : `${name}: ${text}`;
  return wrap(matters ? subject : `${subject}; alone it changes nothing`, width - 2).map((part, i) => (i === 0 ? `- ${part}` : `  ${part}`));
}

function partingText(parting: readonly string[]): string {
  if (parting.length === 0) return 'they are one gradient';
  return `they part at ${parting.join(' and ')}; what uses ${parting.length === 1 ? 'it' : 'these'} has one gradient`;
}

const angleText = ({ angle }: GradientPair): string => (angle === null ? '–' : numberText(plainNumber(angle) < 1e-9 ? 0 : angle));

function ratioText({ ratio, lengths }: GradientPair): string {
  if (ratio !== null) return numberText(ratio);
  const which = lengths.declared === 0 ? (lengths.true === 0 ? 'both' : 'declared') : 'true';
  return `${which} 0`;
}

const countText = ({ differing, shape }: GradientPair): string => `${differing} of ${shape.reduce((product, n) => product * n, 1)}`;

function worstText({ worst: [first] }: GradientPair): string {
  if (first === undefined) return '';
  return `${first.at.length === 0 ? '' : `[${first.at.join(', ')}] `}${numberText(first.declared)}, ${numberText(first.true)}`;
}

const columns = (text: string): number => Array.from(text.replace(/\p{M}/gu, '')).length;
const numberText = (x: JsonNumber): string => (typeof x === 'number' ? String(Number(x.toPrecision(4))) : x);
