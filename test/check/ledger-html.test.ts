// The page of a ledger: a row for every line, formulas set, links to the file and to the paper, reasons and points.

import { describe, expect, it } from 'vitest';
import { checkDerivation } from '../../src/check/derivation.ts';
import { ledgerHtml } from '../../src/check/ledger-html.ts';
import { ledgerMarkdown } from '../../src/check/ledger-text.ts';
import type { Ledger } from '../../src/check/index.ts';
import { derivationFromJson, parseDerivation } from '../../src/formula/index.ts';
import { find, type Node, parseXml } from '../plot/xml.ts';

const text = `title   A <small> derivation
source  Somebody; arXiv 1812.11317
# What it is about.
declare x: n d
declare w: k d
declare y: n -> k
declare s: scalar in [2, 10]
define  X   x̂ = unit(x)
section one: The first
# About one section.
define  (1) c[k] = dot(unit(w[k]), unit(x))     # the cosines
define  L   L = log(sum(k, exp(s * c[k]))) - s * c[y]
claim   (2) d(c[k], x) = unit(w[k])             # as printed
amend       d(c[k], x) = (unit(w[k]) - c[k] * unit(x)) / norm(x)
claim   (3) d(L, c[k]) = s * exp(s * c[k])
number  N   -log(0.2) = 1.6094
`;
const derivation = parseDerivation(text);
const ledger = checkDerivation(derivation, { cases: 24 });
const html = ledgerHtml(ledger, derivation, { text });
const root = parseXml(html.replace('<!DOCTYPE html>\n', ''));
const all = (name: string, inside: Node = root): Node[] => find(inside, name).map(({ node }) => node);
const words = (node: Node): string => [node.text, ...node.children.filter(({ name }) => name !== 'annotation').map(words)].join(' ').replace(/\s+/g, ' ');
const row = (id: string): Node => all('tr').find(({ attributes }) => attributes.get('id') === id)!;

describe('the page of a ledger', () => {
  it('has a row for every line, with its formula and the digits of the ledger', () => {
    expect(all('tr').filter(({ attributes }) => attributes.has('id'))).toHaveLength(ledger.rows.length);
    for (const { section, id, digits } of ledger.rows) {
      const cells = row(`section-${section === '' ? 'shared' : section}-${id}`).children;
      expect(cells).toHaveLength(7);
      expect(cells.slice(3, 6).map(words)).toEqual([digits.statement, digits.duals, digits.differences].map((x) => (x === null ? '·' : String(Math.floor(x)))));
    }
    expect(all('annotation', row('section-one-L')).map((node) => node.text)).toEqual(['L = log(sum(k, exp(s * c[k]))) - s * c[y]']);
    expect(all('annotation', row('section-shared-X')).map((node) => node.text)).toEqual(['x̂ = x / norm(x)']);
  });

  it('shows both lines of an amended one, and of a wrong one the reason, what it rests on and the point', () => {
    expect(all('math', row('section-one-(2)'))).toHaveLength(2);
    expect(words(row('section-one-(2)'))).toMatch(/✗ as printed .*✎ it holds as this .*as printed .*✎ amended/);
    const wrong = words(row('section-one-(3)'));
    expect(wrong).toContain('✗ fails');
    expect(wrong).toContain(ledger.rows.find(({ id }) => id === '(3)')!.reason!);
    expect(wrong).toMatch(/counterexample .*x = \[\[.*left .*, right /);
    expect(all('p').map(words)).toContainEqual(expect.stringMatching(/The first line that is wrong: line \(3\) of section one \(line \d+\)/));
  });

  it('links lines to the file, equations to the paper, and nothing to nowhere', () => {
    const ids = new Set([...html.matchAll(/ id="([^"]*)"/g)].map((match) => match[1]!));
    const targets = all('a').map(({ attributes }) => attributes.get('href')!);
    for (const target of targets) expect(target.startsWith('#') ? ids.has(target.slice(1)) : target === 'https://arxiv.org/abs/1812.11317').toBe(true);
    expect(words(all('span').find(({ attributes }) => attributes.get('id') === 'L12')!)).toMatch(/^12 define L L = log/);
    expect(all('a', row('section-one-L')).map(({ attributes }) => attributes.get('href'))).toEqual(['#L12']);
    expect(all('a', row('section-one-(1)')).map(({ text: shown }) => shown)).toEqual(['(1)', 'line 11']);
  });

  it('is made of the JSON of ledger and derivation', () => {
    expect(ledgerHtml(JSON.parse(JSON.stringify(ledger)) as Ledger, derivationFromJson(JSON.stringify(derivation)), { text })).toBe(html);
  });

  it('has the title, the counts, the prose and the contents; without the file no links to it', () => {
    expect(words(all('header')[0]!)).toMatch(/A <small> derivation Somebody; .*6 lines: 3 defined.* 1 hold 1 amended 1 fail 24 seeded points, seed 1\./);
    expect(words(root)).toMatch(/Declared here # What it is about\.\s+declare x: n d\s+declare w: k d/);
    expect(words(root)).toContain('About one section.');
    expect(all('a', all('nav')[0]).map(words)).toEqual(['Shared by all sections', 'The first', 'The file']);
    expect(ledgerHtml(ledger, derivation)).not.toMatch(/#L\d|The file/);
  });
});

describe('its Markdown', () => {
  it('sets formulas in LaTeX when the derivation is at hand, and shows their text when not', () => {
    const set = ledgerMarkdown(ledger, derivation);
    expect(set).toContain('| $c_{k} = {\\hat{w}_{k}}^{\\top} \\hat{x}$ | defined |');
    expect(set).toMatch(/\| \(2\) \| \$.*\$ ✗<br>\$.*\$ \| amended \|/);
    expect(ledgerMarkdown(ledger)).toContain('| `c[k] = dot(unit(w[k]), unit(x))` | defined |');
    for (const line of set.split('\n').filter((each) => each.startsWith('| ('))) expect(line.split('|')).toHaveLength(9);
  });
});
