// The LFW list by its rules, and pairs drawn the same way.

import { describe, expect, it } from 'vitest';
import { DomainError, FormatError } from '../../src/base/errors.ts';
import { drawPairs, lfwPath, parsePairs } from '../../src/data/index.ts';
import { feedMutants } from '../mutants.ts';

const list = '2\t1\nAnn_Bo\t1\t4\nAnn_Bo\t1\tCy\t2\nDee\t2\t1\nDee 3 Cy 1\n';
const parse = (text: string) => parsePairs(text, 'pairs.txt');

describe('parsePairs', () => {
  it('reads folds of same and different pairs, and a list of one set', () => {
    expect(parse(list)).toEqual([
      { a: { person: 'Ann_Bo', number: 1 }, b: { person: 'Ann_Bo', number: 4 }, same: true, fold: 0 },
      { a: { person: 'Ann_Bo', number: 1 }, b: { person: 'Cy', number: 2 }, same: false, fold: 0 },
      { a: { person: 'Dee', number: 2 }, b: { person: 'Dee', number: 1 }, same: true, fold: 1 },
      { a: { person: 'Dee', number: 3 }, b: { person: 'Cy', number: 1 }, same: false, fold: 1 },
    ]);
    expect(parse('1\r\nAnn 1 2\r\nAnn 1 Cy 2').map(({ same, fold }) => [same, fold])).toEqual([[true, 0], [false, 0]]);
  });

  it.each([
    ['an empty text', '', /^pairs\.txt:1: the header ""/],
    ['a header that is no number', 'ten 300\n', /^pairs\.txt:1: /],
    ['a header of three numbers', '1 1 1\n', /^pairs\.txt:1: /],
    ['a line too few', list.split('\n').slice(0, 4).join('\n'), /3 pairs; the header promises 2 × 2 = 4/],
    ['a line too many', `${list}Dee 1 2\n`, /5 pairs/],
    [
      'a same pair where a different one belongs', list.replace('Dee 3 Cy 1', 'Dee 3 1'),
      /^pairs\.txt:5: "Dee 3 1" where a different pair belongs/,
    ],
    [
      'a different pair where a same one belongs', list.replace('Dee\t2\t1', 'Dee 2 Cy 1'),
      /^pairs\.txt:4: .*where a same pair belongs/,
    ],
    ['a number that is none', list.replace('Dee 3', 'Dee x'), /^pairs\.txt:5: /],
    ['picture 0', list.replace('Dee 3', 'Dee 0'), /^pairs\.txt:5: /],
    ['a photograph against itself', list.replace('Dee\t2\t1', 'Dee\t2\t2'), /one photograph twice/],
    ['a person against themselves', list.replace('Dee 3 Cy 1', 'Dee 3 Dee 1'), /one person twice/],
  ])('refuses %s', (_, text, fault) => {
    expect(() => parse(text)).toThrow(FormatError);
    expect(() => parse(text)).toThrow(fault);
  });

  it('answers mutants with pairs or a FormatError', () => {
    expect(feedMutants(new TextEncoder().encode(list), (bytes, name) => parsePairs(new TextDecoder().decode(bytes), name)))
      .toBeGreaterThan(400);
  });
});

describe('lfwPath', () => {
  it('pads the number to four digits', () => {
    expect(lfwPath({ person: 'Ann_Bo', number: 12 })).toBe('Ann_Bo/Ann_Bo_0012.jpg');
    expect(lfwPath({ person: 'Cy', number: 1 }, 'png')).toBe('Cy/Cy_0001.png');
  });
});

describe('drawPairs', () => {
  const labels = Int32Array.from({ length: 120 }, (_, i) => Math.floor(i / 6));

  it('draws distinct pairs of the right kind, nobody in two folds', () => {
    const { a, b, same, fold } = drawPairs(labels, { folds: 5, pairs: 20, seed: 3 });
    expect(a.length).toBe(200);
    const seen = new Set<string>();
    const foldOf = new Map<number, number>();
    for (let i = 0; i < a.length; i++) {
      expect(labels[a[i]!] === labels[b[i]!]).toBe(same[i] === 1);
      expect(a[i]).not.toBe(b[i]);
      seen.add([a[i]!, b[i]!].sort((x, y) => x - y).join());
      for (const photo of [a[i]!, b[i]!]) {
        expect(foldOf.get(labels[photo]!) ?? fold[i]).toBe(fold[i]);
        foldOf.set(labels[photo]!, fold[i]!);
      }
    }
    expect(seen.size).toBe(200);
    for (let f = 0; f < 5; f++) expect([0, 1].map(
      (kind) => Array.from(fold).filter((g, i) => g === f && same[i] === kind).length
    )).toEqual([20, 20]);
  });

  it('gives the same pairs for the same seed, others for another, and draws from lists as from large sets', () => {
    expect(drawPairs(labels, { folds: 2, pairs: 30, seed: 1 })).toEqual(drawPairs(labels, { folds: 2, pairs: 30, seed: 1 }));
    expect(drawPairs(
      labels, { folds: 2, pairs: 30, seed: 2 }
    ).a).not.toEqual(drawPairs(labels, { folds: 2, pairs: 30, seed: 1 }).a);
    // Two people of 6 in a fold: exactly 36 different pairs, all of which are drawn.
    const all = drawPairs(labels.subarray(0, 12), { folds: 1, pairs: 30, seed: 1 });
    expect(new Set(Array.from(all.a, (a, i) => `${a} ${all.b[i]}`)).size).toBe(60);
  });

  it('says how many pairs there are when there are too few', () => {
    expect(() => drawPairs(labels, { folds: 10, pairs: 300 })).toThrow(DomainError);
    expect(() => drawPairs(labels, { folds: 10, pairs: 300 }))
      .toThrow(/2 people, 12 images and 30 same pairs, and 300 are asked for/);
    expect(() => drawPairs(labels, { folds: 0 })).toThrow(DomainError);
  });
});
