// The pages of an explanation: every line with all that is known of it, links that lead somewhere, formulas set.

import { describe, expect, it } from 'vitest';
import { explain, type Explanation, renderHtml, renderMarkdown } from '../../src/explain/index.ts';
import { columnsOf, studyTable } from '../../src/explain/report.ts';
import { label, type Tensor } from '../../src/graph/index.ts';
import { mul, sum } from '../../src/ops/index.ts';
import { find, type Node, parseXml } from '../plot/xml.ts';
import { f64 } from '../values.ts';
import { cosines, isLabel, margin } from './margin.ts';

const explained = explain(margin, [cosines, isLabel, f64(1.2)], { names: ['c', 'own', 't'] });
const options = {
  title: 'A <margin>', source: { text: 'a paper', href: 'https://arxiv.org/abs/1812.11317', equation: '(1)' }, notes: ['m = 0.25'],
  equation: 'c[k] = dot(unit(w[k]), unit(x))\nf = c[y] - 1 / 4',
};
const withProof: Explanation = { ...explained, lines: explained.lines.map((line) => (line.name === 'f' ? { ...line, proof: { duals: 15.4, differences: null } } : line)) };
const html = renderHtml(withProof, options);
const root = parseXml(html.replace('<!DOCTYPE html>\n', ''));
const all = (name: string, inside: Node = root): Node[] => find(inside, name).map(({ node }) => node);
const rows = new Map(all('tr').filter(({ attributes }) => attributes.has('id')).map((node) => [node.attributes.get('id')!, node]));
const words = (node: Node): string => [node.text, ...node.children.filter(({ name }) => name !== 'annotation').map(words)].join(' ');

describe('the page', () => {
  it('has a row for every line, the unnamed ones folded away', () => {
    expect([...rows.keys()].sort()).toEqual(explained.lines.map(({ number }) => `line-${number}`).sort());
    const folded = all('details').filter(({ attributes }) => !attributes.has('open')).flatMap((node) => all('tr', node)).map(({ attributes }) => attributes.get('id')).filter((id) => id !== undefined);
    expect(folded.sort()).toEqual(explained.lines.filter(({ main }) => !main).map(({ number }) => `line-${number}`).sort());
  });

  it('says of a line its number, formula, shape, role, value, adjoint, rules, proof, equation and place in the file', () => {
    const f = explained.lines.find(({ name }) => name === 'f')!;
    const cells = rows.get(`line-${f.number}`)!.children;
    expect(cells.map(({ name }) => name)).toEqual(['th', 'td', 'td', 'td', 'td']);
    expect(cells[0]!.text).toBe(`(${f.number})`);
    expect(all('annotation', cells[1]).map(({ text }) => text)).toEqual(['f = sum(axis 1, c if own != 0 else 0) - 0.25', '∂f = sum(axis 1, ∂z * 4 if own != 0 else 0)']);
    expect(words(cells[1]!)).toMatch(/f64\[2, 1\][\s\S]*margin\.ts:\d+[\s\S]*from/);
    expect(cells.slice(2).map(words).map((text) => text.trim())).toEqual(['0.65\n0.15', '-1.369\n-1.828', '15 / ·']);
    const i = explained.lines.find(({ name }) => name === 'I')!;
    expect(words(rows.get(`line-${i.number}`)!)).toContain('support');
  });

  it('has links that lead to a line, to the equation, to the paper or to the file', () => {
    const ids = new Set([...html.matchAll(/ id="([^"]*)"/g)].map((match) => match[1]!));
    const targets = all('a').map(({ attributes }) => attributes.get('href')!);
    for (const target of targets) expect(target.startsWith('#') ? ids.has(target.slice(1)) : /^(https:\/\/arxiv\.org|file:\/\/\/.*\.ts#L\d+$)/.test(target)).toBe(true);
    expect(targets).toContain('#equation-f');
    const f = rows.get(`line-${explained.lines.find(({ name }) => name === 'f')!.number}`)!;
    expect(all('a', f).filter(({ attributes }) => attributes.get('href') === options.source.href).map(({ text }) => text)).toEqual(['paper (1)']);
    const words = (name: string): string[] => all('a', rows.get(`line-${explained.lines.find((line) => line.name === name)!.number}`)!).map(({ text }) => text);
    expect([words('f'), words('c')].map((texts) => texts.slice(0, 2))).toEqual([['equation', 'paper (1)'], ['equation', 'paper (1)']]);
    expect(words('result')).not.toContain('paper (1)');
    expect(targets.filter((target) => target.startsWith('file:')).length).toBeGreaterThan(3);
  });

  it('folds scope by scope and lists what is taken for granted', () => {
    expect(all('summary').map(({ text }) => text).filter((text) => !/unnamed/.test(text))).toEqual(['the function itself', 'support', 'the function itself', 'softmax', 'the function itself']);
    const last = all('table').at(-1)!;
    expect(all('tr', last)).toHaveLength(explained.assumptions.length + 1);
  });

  it('sets every formula of this function', () => {
    const codes = all('code').map(({ text }) => text);
    expect(codes.filter((text) => text.includes(' = ') && !text.endsWith(' = input')).filter((text) => !explained.assumptions.some((each) => each.text === text))).toEqual([]);
  });

  it('is made of the JSON alone', () => {
    const copy = JSON.parse(JSON.stringify(withProof)) as Explanation;
    expect(renderHtml(copy, options)).toBe(html);
    expect(renderMarkdown(copy, options)).toBe(renderMarkdown(withProof, options));
  });

  it('escapes the names people give', () => {
    const text = renderHtml(explain((x: Tensor) => sum(label(mul(x, x), '<b>"&')), [f64([1, 2])]), { title: '</title>' });
    expect(text).not.toContain('<b>');
    expect(() => parseXml(text.replace('<!DOCTYPE html>\n', ''))).not.toThrow();
    expect(text).toContain('Nothing: no stop, no choice');
  });
});

describe('the Markdown', () => {
  const text = renderMarkdown(withProof, options);

  it('has the equation and every main line in LaTeX, with values, rules, proof and shape', () => {
    expect(text).toContain('# A <margin>\n\n[a paper](https://arxiv.org/abs/1812.11317)\n\nm = 0.25\n\n## Equation\n\n$$\nc_{k} = {\\hat{w}_{k}}^{\\top} \\hat{x}\n$$');
    for (const { number, main } of explained.lines) expect(text.includes(`**(${number})** `)).toBe(main);
    expect(text).toMatch(/\*\*\(7\)\*\* \$f = .*\$ · f64\[2, 1\] · \[equation\]\(#equation\) · \[paper \(1\)\]\(https:\/\/arxiv\.org\/abs\/1812\.11317\) · \[margin\.ts:\d+\]\(file:\/\/\/.*margin\.ts#L\d+\)\n\n```\n0\.65\n0\.15\n\nadjoint\n-1\.369\n-1\.828\n```\n\n- \$\\partial f = .*\$ from \(\d+\) z|- \$\\partial f/);
    expect(text).toContain('Proof: 15 / · digits.');
  });

  it('has a heading per scope and a row per assumption', () => {
    expect([...text.matchAll(/^### (.*)$/gm)].map((match) => match[1])).toEqual(['support', 'softmax']);
    expect(text.split('\n').filter((line) => /^\| (mask|stop|choice|tie|clamp|no path) /.test(line))).toHaveLength(explained.assumptions.length);
  });
});

describe('a line of this package', () => {
  const source = 'marginalia/src/losses/classes.ts:52';
  const own = { ...explained, lines: explained.lines.map((line) => ({ ...line, source })) };
  const address = (file: string, line: number): string => `../${file.slice(11)}#L${line}`;

  it('links to where the report says the package lies', () => {
    expect(renderHtml(own, { ...options, address })).toContain('<a href="../src/losses/classes.ts#L52">classes.ts:52</a>');
    expect(renderMarkdown(own, { ...options, address })).toContain(' · [classes.ts:52](../src/losses/classes.ts#L52)\n');
  });

  it('is named from the package, without a link, where the report does not know', () => {
    expect(renderHtml(own, options)).toContain(` · ${source}</p>`);
    expect(renderHtml(own, options)).not.toContain('file://');
    expect(renderMarkdown(own, options)).toContain(` · \`${source}\`\n`);
  });
});

describe('a study', () => {
  const studies = [{ title: 'Who', parts: ['a < b', { caption: 'Parts', columns: columnsOf('by', '#value'), rows: [['x|y_z', '1']] }] }];

  it('is sentences and tables with captions, numbers to the right', () => {
    const page = parseXml(renderHtml(explained, { ...options, studies }).replace('<!DOCTYPE html>\n', ''));
    const tables = all('table', page).filter((node) => all('caption', node).some(({ text }) => text === 'Parts'));
    expect(tables).toHaveLength(1);
    expect(all('th', tables[0]).map(({ text, attributes }) => [text, attributes.get('scope')])).toEqual([['by', 'col'], ['value', 'col'], ['x|y_z', 'row']]);
    expect(all('td', tables[0]).map(({ text, attributes }) => [text, attributes.get('class')])).toEqual([['1', 'number']]);
    expect(all('p', page).map(({ text }) => text)).toContain('a < b');
  });

  it('is the same in Markdown, with what Markdown would take for its own escaped', () => {
    expect(renderMarkdown(explained, { ...options, studies })).toContain(
      '## Who\n\na \\< b\n\n**Parts**\n\n| by | value |\n|---|---:|\n| x\\|y\\_z | 1 |\n');
  });

  it('has no column that is empty in every row', () => {
    const table = { caption: 'T', columns: columnsOf('a', 'b', '#c'), rows: [['1', '', '2'], ['3', '', '']] };
    expect(studyTable(table)).toEqual({ caption: 'T', columns: columnsOf('a', '#c'), rows: [['1', '2'], ['3', '']] });
  });
});
