// Pairs for verification in folds: the list of the LFW benchmark (vis-www.cs.umass.edu/lfw, G. Huang et al. 2007), and
// the same protocol drawn from any labelled set, so that a small experiment is judged the way the big ones are.

import { demandMade, demandSort, demandText } from '../base/demand.ts';
import { DomainError, FormatError, message } from '../base/errors.ts';
import { Stream } from './random.ts';

/** One photograph of the list: the person and the number of the picture, from 1. */
export interface Photo {
  readonly person: string;
  readonly number: number;
}

export interface PhotoPair {
  readonly a: Photo;
  readonly b: Photo;
  readonly same: boolean;
  /** From 0. */
  readonly fold: number;
}

/**
 * The pairs of an LFW list: `pairs.txt` (10 folds of 300 same and 300 different pairs) or a list of one set, whose header
 * is one number.
 *
 * Edges     fields are separated by tabs or spaces; an empty line at the end is allowed
 * Throws    FormatError, with `name` and the line, for a wrong header, a line that is no pair of its kind, and for too few
 *           or too many lines
 */
export function parsePairs(text: string, name: string): PhotoPair[] {
  demandText(text, 'parsePairs');
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/).map((line) => line.trim().split(/\s+/));
  const bad = (line: number, what: string): FormatError =>
    new FormatError(
      message(
        `${name}:${line + 1}: ${what}`,
        'The header is "folds pairs", a line of a same pair is "person i j", of a different pair "person i person j"',
        'Fetch the list again',
      ),
    );
  const header = lines[0]!.map(whole);
  if (header.length > 2 || header.some((n) => n === undefined || n > 100_000)) {
    throw bad(0, `the header ${JSON.stringify(lines[0]!.join(' ').slice(0, 60))}`);
  }
  const [folds, size] = (header.length === 2 ? header : [1, header[0]]) as [number, number];
  const wanted = folds * size * 2;
  if (lines.length - 1 !== wanted) {
    throw bad(lines.length - 1, `${lines.length - 1} pairs; the header promises ${folds} × ${2 * size} = ${wanted}`);
  }
  return lines.slice(1).map((fields, index): PhotoPair => {
    const same = index % (2 * size) < size;
    const photo = (person: string | undefined, number: string | undefined): Photo => {
      const n = whole(number ?? '');
      if (person === undefined || n === undefined) {
        throw bad(
          index + 1,
          `${JSON.stringify(fields.join(' ').slice(0, 80))} where a ${same ? 'same' : 'different'} pair belongs`,
        );
      }
      return { person, number: n };
    };
    if (fields.length !== (same ? 3 : 4)) photo(undefined, undefined);
    const [a, b] = same
      ? [photo(fields[0], fields[1]), photo(fields[0], fields[2])]
      : [photo(fields[0], fields[1]), photo(fields[2], fields[3])];
    if (same ? a.number === b.number : a.person === b.person) {
      throw bad(index + 1, `${JSON.stringify(fields.join(' '))} is ${same ? 'one photograph' : 'one person'} twice`);
    }
    return { a, b, same, fold: Math.floor(index / (2 * size)) };
  });
}

/** A whole number from 1, as text without anything else; undefined for other text. */
function whole(text: string): number | undefined {
  return /^[1-9]\d{0,6}$/.test(text) ? Number(text) : undefined;
}

/** Where LFW keeps a photograph: `Ann_Veneman/Ann_Veneman_0003` and the extension. */
export function lfwPath(photo: Photo, extension = 'jpg'): string {
  demandMade(photo, ['person', 'number'], 'lfwPath', 'a photo { person, number }');
  const { person, number } = photo;
  return `${person}/${person}_${String(number).padStart(4, '0')}.${extension}`;
}

/** Pairs as positions in a labelled set. */
export interface IndexPairs {
  readonly a: Int32Array;
  readonly b: Int32Array;
  /** 1 for the same person, 0 for two. */
  readonly same: Uint8Array;
  /** From 0. */
  readonly fold: Int32Array;
}

export interface PairOptions {
  readonly folds?: number;
  /** Same pairs in a fold; as many different ones are drawn. */
  readonly pairs?: number;
  readonly seed?: number;
}

/**
 * Draws pairs as LFW did: folds of equally many same and different pairs, no pair twice, no person in two folds.
 *
 * Shapes    labels [N] → 2·pairs·folds pairs, fold by fold, same pairs first; 10 folds of 300 by default
 * Edges     the same labels and seed give the same pairs on every platform
 * Throws    DomainError when the people of a fold do not have that many pairs
 */
export function drawPairs(labels: ArrayLike<number>, options: PairOptions = {}): IndexPairs {
  demandSort('list', { labels }, 'drawPairs');
  demandSort('record', { options }, 'drawPairs');
  const { folds = 10, pairs = 300, seed = 1 } = options;
  if (![folds, pairs].every((n) => Number.isInteger(n) && n >= 1)) {
    throw new DomainError(message(
      `drawPairs: ${folds} folds of ${pairs} pairs`, 'Both are whole numbers ≥ 1', 'Use 10 folds of 300 pairs, as LFW does'));
  }
  const order = new Stream(seed, 0);
  const people = [...new Set(Array.from(labels))].sort((x, y) => x - y);
  const foldOf = new Map(Array.from(order.permutation(people.length), (p, i) => [people[p]!, i % folds]));
  const total = 2 * pairs * folds;
  const result = { a: new Int32Array(total), b: new Int32Array(total), same: new Uint8Array(total), fold: new Int32Array(total) };
  let at = 0;
  for (let fold = 0; fold < folds; fold++) {
    const members: number[] = [];
    for (let i = 0; i < labels.length; i++) if (foldOf.get(labels[i]!) === fold) members.push(i);
    for (const same of [true, false]) {
      for (const [a, b] of drawDistinct(members, labels, same, pairs, new Stream(seed, 1, fold, Number(same)), fold)) {
        result.a[at] = a;
        result.b[at] = b;
        result.same[at] = Number(same);
        result.fold[at++] = fold;
      }
    }
  }
  return result;
}

/** Same pairs, and different ones where they are few, are listed and drawn from the list; otherwise with rejection. */
function drawDistinct(
  members: readonly number[], labels: ArrayLike<number>, same: boolean, wanted: number, stream: Stream, fold: number,
): (readonly [number, number])[] {
  const sizes = new Map<number, number>();
  for (const i of members) sizes.set(labels[i]!, (sizes.get(labels[i]!) ?? 0) + 1);
  const within = [...sizes.values()].reduce((sum, n) => sum + (n * (n - 1)) / 2, 0);
  const available = same ? within : (members.length * (members.length - 1)) / 2 - within;
  if (available < wanted) {
    throw new DomainError(
      message(
        `drawPairs: fold ${fold} has ${sizes.size} people, ${members.length} images and `
          + `${available} ${same ? 'same' : 'different'} pairs, and ${wanted} are asked for`,
        'People are dealt to the folds, and no pair is drawn twice',
        'Ask for fewer pairs or fewer folds',
      ),
    );
  }
  const groups = [...sizes.keys()].map((label) => members.filter((i) => labels[i] === label));
  if (same || available < 4 * wanted) {
    const all: (readonly [number, number])[] = [];
    for (const group of same ? groups : [members]) {
      for (let i = 0; i < group.length; i++)
        for (let k = i + 1; k < group.length; k++)
          if ((labels[group[i]!] === labels[group[k]!]) === same) all.push([group[i]!, group[k]!]);
    }
    return Array.from(stream.permutation(all.length).subarray(0, wanted), (i) => all[i]!);
  }
  const found = new Map<string, readonly [number, number]>();
  while (found.size < wanted) {
    const [a, b] = [members[stream.below(members.length)]!, members[stream.below(members.length)]!];
    if (labels[a] !== labels[b]) found.set(`${Math.min(a, b)} ${Math.max(a, b)}`, [Math.min(a, b), Math.max(a, b)]);
  }
  return [...found.values()];
}
