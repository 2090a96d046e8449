// The split of a gradient entry for a terminal and for a page: the shares by role, sample and path, then the parts
// themselves, the largest first, on a terminal each with a bar. Data only comes in.

import { demandMade, demandSort } from '../base/demand.ts';
import type { Contributions, Share } from './contributions.ts';
import type { JsonNumber } from './explanation.ts';
import { plainNumber, short } from './numbers.ts';
import { columnsOf, type StudyPart } from './report.ts';
import { wrap } from './text.ts';

export interface ContributionsTextOptions {
  /** Columns to fill. Default 80. */
  readonly width?: number;
  /** How many samples, paths and parts are shown of each. Default 8. */
  readonly most?: number;
}

const words: Readonly<Record<string, string>> = { negative: 'plain negative', support: 'support vector', center: 'centre' };
const roleText = (role: string | null): string =>
  (role === null ? 'no role' : role.split(', ').map((name) => words[name] ?? name).join(', '));
const sampleText = (sample: number | string | null): string => (sample === null ? 'no sample' : `sample ${sample}`);

/** The split as lines of at most `width` columns, joined. */
export function contributionsText(split: Contributions, options: ContributionsTextOptions = {}): string {
  demandMade(split, ['parts'], 'contributionsText', 'what contributions returns');
  demandSort('record', { options }, 'contributionsText');
  const { width = 80, most = 8 } = options;
  const { entry, value, parts } = split;
  const largest = Math.max(...parts.map((part) => Math.abs(plainNumber(part.value))), 0);
  const row = (x: JsonNumber, text: string): string[] => {
    const lead = `  ${short(x).padStart(10)}  ${bar(plainNumber(x), largest)}  `;
    const [first = '', ...rest] = wrap(text, width - lead.length);
    return [lead + first, ...rest.map((more) => ' '.repeat(lead.length) + more)];
  };
  const rows = <T extends { readonly value: JsonNumber }>(list: readonly T[], text: (part: T) => string, what: string): string[] => {
    const rest = list.slice(most);
    const sum = rest.reduce((total, part) => total + plainNumber(part.value), 0);
    const shown = list.slice(0, most).flatMap((part) => row(part.value, text(part)));
    return [...shown, ...(rest.length === 0 ? [] : row(sum, `${rest.length} more ${what}`))];
  };
  const shares = (title: string, list: readonly Share[], text: (of: Share['of']) => string, what: string): string[] =>
    (list.length < 2 ? [] : ['', title, ...rows(bySize(list), ({ of }) => text(of), what)]);
  return [
    ...wrap(`∂result/∂${entry} = ${short(value)}`, width),
    ...singles(split).flatMap((text) => wrap(`  ${text}`, width)),
    ...shares('by role', split.roles, (of) => roleText(of as string | null), 'roles'),
    ...shares('by sample', split.samples, sampleText, 'samples'),
    ...shares('by path', split.paths, pathText, 'paths'),
    ...(parts.length < 2 ? [] : ['', 'parts', ...rows(parts, ({ sample, role, path }) =>
      `${sampleText(sample)}, ${roleText(role)}, ${pathText(path.join(' → '))}`, 'parts')]),
    '', ...wrap(residueText(split), width),
    ...split.notes.flatMap((note) => wrap(`note: ${note}`, width)),
  ].join('\n');
}

/** The same for a page. */
export function contributionsParts(split: Contributions, most = 12): StudyPart[] {
  demandMade(split, ['parts'], 'contributionsParts', 'what contributions returns');
  const { entry, value, parts, spread } = split;
  const figures = (x: JsonNumber): string[] => {
    const part = Math.abs(plainNumber(x)) / plainNumber(spread);
    return [short(x), Number.isFinite(part) ? `${(100 * part).toFixed(1)} %` : '·'];
  };
  const tableOf = <T extends { readonly value: JsonNumber }>(
    caption: string, names: readonly string[], list: readonly T[], cells: (part: T) => readonly string[],
  ): StudyPart[] => {
    if (list.length < 2) return [];
    const rest = list.slice(most);
    const sum = rest.reduce((total, part) => total + plainNumber(part.value), 0);
    const last = rest.length === 0 ? [] : [[`${rest.length} more`, ...names.slice(1).map(() => ''), ...figures(sum)]];
    const rows = list.slice(0, most).map((part) => [...cells(part), ...figures(part.value)]);
    return [{ caption, columns: columnsOf(...names, '#value', '#share of Σ|part|'), rows: [...rows, ...last] }];
  };
  return [
    `∂result/∂${entry} = ${short(value)}`, ...singles(split),
    ...tableOf('By role', ['role'], bySize(split.roles), ({ of }) => [roleText(of as string | null)]),
    ...tableOf('By sample', ['sample'], bySize(split.samples), ({ of }) => [sampleText(of)]),
    ...tableOf('By path', ['path'], bySize(split.paths), ({ of }) => [pathText(of)]),
    ...tableOf('The parts', ['sample', 'role', 'path'], parts, ({ sample, role, path }) =>
      [sampleText(sample), roleText(role), pathText(path.join(' → '))]),
    residueText(split), ...split.notes,
  ];
}

function residueText({ parts, residue, spread }: Contributions): string {
  const share = Math.abs(plainNumber(residue)) / plainNumber(spread);
  const relative = plainNumber(spread) === 0 ? '' : `, ${short(share)} of Σ|part| = ${short(spread)}`;
  return `${parts.length} part${parts.length === 1 ? '' : 's'}; residue ${short(residue)}${relative}`;
}

/** What all parts have in common. */
const singles = ({ roles, samples, paths }: Contributions): string[] => [
  ...only(roles, (of) => `all of it by ${roleText(of as string | null)}`),
  ...only(samples, (of) => `all of it by ${sampleText(of)}`),
  ...only(paths, (of) => `all of it by ${pathText(of)}`),
];

const only = (list: readonly Share[], text: (of: Share['of']) => string): string[] =>
  (list.length === 1 && list[0]!.of !== null ? [text(list[0]!.of)] : []);
const pathText = (path: Share['of']): string => (path === '' || path === null ? 'no labelled line' : `${path}`);
const bySize = (list: readonly Share[]): Share[] => {
  const size = ({ value }: Share): number => Math.abs(plainNumber(value));
  return [...list].sort((a, b) => size(b) - size(a));
};

const half = 6;

/** A value against the largest one: to the left of the middle where it is negative. */
function bar(x: number, largest: number): string {
  const length = largest === 0 || !Number.isFinite(x) ? 0 : Math.min(half, Math.round((half * Math.abs(x)) / largest));
  const full = '█'.repeat(length);
  return x < 0 ? `${full.padStart(half)}│${' '.repeat(half)}` : `${' '.repeat(half)}│${full.padEnd(half)}`;
}
