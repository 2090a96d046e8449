// The page of the gallery: each mistake with the formula as people wrote it, the reason, the point, and the right line.

import { describe, expect, it } from 'vitest';
import { checkMistake, mistakes } from '../../src/papers/mistakes.ts';
import { mistakesHtml } from '../../src/papers/mistakes-html.ts';
import { find, type Node, parseXml } from '../plot/xml.ts';

const reports = ['softmax-twice', 'dead-branch'].map(checkMistake);
const html = mistakesHtml(mistakes, reports);
const root = parseXml(html.replace('<!DOCTYPE html>\n', ''));
const all = (name: string, inside: Node = root): Node[] => find(inside, name).map(({ node }) => node);

describe('the page of the gallery', () => {
  it('lists what it holds and links to each', () => {
    expect(all('a').map(({ attributes }) => attributes.get('href'))).toEqual(['#softmax-twice', '#dead-branch']);
    expect(all('h2').map(({ attributes, text }) => [attributes.get('id'), text])).toEqual(reports.map(({ id, title }) => [id, title]));
    for (const { id } of reports) expect(html).toContain(mistakes.find((mistake) => mistake.id === id)!.summary);
  });

  it('sets what people wrote, what was given and what is right', () => {
    const [formula, code] = reports as [typeof reports[0] & object, typeof reports[0] & object];
    expect(all('annotation').map(({ text }) => text)).toEqual([...formula.given, formula.written.text, formula.right.text]);
    expect(all('code').map(({ text }) => text)).toEqual(expect.arrayContaining([code.written.text, code.right.text]));
  });

  it('shows the cause the report names and the point at which it shows', () => {
    const paragraphs = all('p').map((node) => [...node.children.map(({ text }) => text), node.text].join(''));
    for (const { written } of reports) expect(paragraphs).toContain(`✓ caught: ${written.reason}.`);
    const { values } = reports[0]!.written.counterexample!;
    const cells = all('table')[2]!;
    for (const [name, value] of Object.entries(values)) {
      expect(all('th', cells).map(({ text }) => text)).toContain(name);
      expect(all('code', cells).map(({ text }) => text)).toContain(JSON.stringify(value));
    }
  });

  it('of one mistake has no list, and says when a line does not hold', () => {
    const [report] = reports;
    const broken = { ...report!, right: { ...report!.right, holds: false, reason: 'CE: the sides differ' }, written: { ...report!.written, caught: false } };
    const text = mistakesHtml(mistakes, [broken]);
    expect(text).toContain(`<h1>${report!.title}</h1>`);
    expect(text).not.toContain('What is wrong, by name');
    expect(text).toMatch(/✗ not caught<\/span>[\s\S]*✗ does not hold<\/span>: CE: the sides differ\./);
  });
});
