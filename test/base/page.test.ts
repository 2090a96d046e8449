// What every page keeps: one file, well-formed, nothing fetched, tables with headers, colours that can be read.

import { describe, expect, it } from 'vitest';
import { markup } from '../../src/base/markup.ts';
import { fold, link, listing, page, table } from '../../src/base/page.ts';
import { find, type Node, parseXml } from '../plot/xml.ts';

const body = [
  markup`<h2 id="a">A</h2>\n`, table('Numbers', [{ name: 'name' }, { name: 'value', kind: 'number' }], [{ cells: ['x < y', 1], id: 'row' }, { cells: [link('#a', 'up'), link(undefined, 'plain')] }]),
  fold('more', listing('a & b', 'Code')), fold('less', 'inside', { open: false }),
];
const text = page({ title: 'A & B', lead: markup`<p>Lead.</p>`, contents: [['a', 'A']], body });
const root = parseXml(text.replace('<!DOCTYPE html>\n', ''));
const all = (name: string): Node[] => find(root, name).map(({ node }) => node);

describe('a page', () => {
  it('is one well-formed file that fetches and runs nothing', () => {
    expect(text.startsWith('<!DOCTYPE html>\n<html lang="en">')).toBe(true);
    for (const name of ['script', 'img', 'link', 'iframe']) expect(all(name)).toEqual([]);
    expect(text).not.toMatch(/@import|url\(/);
    expect([all('h1')[0]!.text, all('title')[0]!.text]).toEqual(['A & B', 'A & B']);
  });

  it('has tables with a caption, a header for every column and for every row, in a box that scrolls and can be reached by keyboard', () => {
    const [shown] = all('table');
    expect(find(shown!, 'caption').map(({ node }) => node.text)).toEqual(['Numbers']);
    expect(find(shown!, 'th').map(({ node }) => [node.attributes.get('scope'), node.text])).toEqual([['col', 'name'], ['col', 'value'], ['row', 'x < y'], ['row', '']]);
    expect(find(shown!, 'td').map(({ node }) => node.attributes.get('class'))).toEqual(['number', 'number']);
    const boxes = [...all('div'), ...all('pre')].filter(({ attributes }) => attributes.get('class') === 'scroll');
    expect(boxes.map(({ attributes }) => [attributes.get('tabindex'), attributes.get('aria-label')])).toEqual([['0', 'Numbers'], ['0', 'Code']]);
  });

  it('folds with the browser alone, and links only where there is somewhere to go', () => {
    expect(all('details').map(({ attributes }) => attributes.has('open'))).toEqual([true, false]);
    expect(all('summary').map((node) => node.text)).toEqual(['more', 'less']);
    expect(all('a').map(({ attributes }) => attributes.get('href'))).toEqual(['#a', '#a']);
  });
});

describe('the colours', () => {
  const style = all('style')[0]!.text;
  const variables = (block: string): Map<string, string> => new Map([...block.matchAll(/--(\w+):(#[0-9a-f]{6})/g)].map(([, name, value]) => [name!, value!]));
  const [light, dark] = [...style.matchAll(/:root\{([^}]*)\}/g)].map((match) => variables(match[1]!)) as [Map<string, string>, Map<string, string>];

  it.each([['light', light], ['dark', dark]])('of the %s scheme have a contrast of at least 4.5 on both grounds', (_, colours) => {
    expect(colours.size).toBe(11);
    const inks = [...colours.keys()].filter((name) => !['paper', 'band', 'rule', 'shade'].includes(name));
    for (const ground of ['paper', 'band']) for (const ink of inks) expect([ink, contrast(colours.get(ink)!, colours.get(ground)!)]).toSatisfy(([, ratio]) => ratio >= 4.5);
  });

  it('are all used, and none is written outside the two schemes', () => {
    for (const name of light.keys()) expect(style).toContain(`var(--${name})`);
    expect(style.replace(/:root\{[^}]*\}/g, '')).not.toMatch(/#[0-9a-f]{3}/i);
  });
});

/** Of WCAG 2: (L₁ + 0.05) / (L₂ + 0.05) of the relative luminances. */
function contrast(a: string, b: string): number {
  const luminance = (colour: string): number => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
    const part = parseInt(colour.slice(1 + 2 * i, 3 + 2 * i), 16) / 255;
    return sum + weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  }, 0);
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}
