// What every picture keeps: well-formed, titled, described, readable in both schemes, no label over another.

import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import { lineChart } from '../../src/plot/index.ts';
import { escapeText } from '../../src/base/markup.ts';
import { marker, num, strokeOf, wrapped } from '../../src/plot/svg.ts';
import { pictures } from './pictures.ts';
import { find, parseXml, value } from './xml.ts';

const both = [...pictures].flatMap(([name, draw]) => (['light', 'dark', 'auto'] as const).map((theme) => [name, theme, draw] as const));

/** The box of a line of text: 0.6 of the size a character, a fair width for common fonts. */
function boxes(source: string): { text: string; left: number; right: number; top: number; bottom: number }[] {
  return find(parseXml(source), 'text').map(({ node, dx, dy }) => {
    const size = value(node, 'font-size');
    const length = 0.6 * size * [...node.text].length;
    const [x, y] = [value(node, 'x') + dx, value(node, 'y') + dy];
    const anchor = node.attributes.get('text-anchor');
    const before = anchor === 'end' ? length : anchor === 'middle' ? length / 2 : 0;
    // Turned text runs upwards from its point.
    if (node.attributes.has('transform')) return { text: node.text, left: x - 0.75 * size, right: x, top: y - length / 2, bottom: y + length / 2 };
    return { text: node.text, left: x - before, right: x - before + length, top: y - 0.75 * size, bottom: y };
  });
}

describe('every picture', () => {
  it.each(both)('%s in %s is well-formed, with a title, a description and finite coordinates', (_, theme, draw) => {
    const source = draw(theme);
    const root = parseXml(source);
    expect(root.name).toBe('svg');
    expect(root.attributes.get('role')).toBe('img');
    expect(root.children.slice(0, 3).map(({ name }) => name)).toEqual(['title', 'desc', 'style']);
    expect(root.children[0]!.text.length).toBeGreaterThan(3);
    expect(root.children[1]!.text.length).toBeGreaterThan(20);
    expect(source).not.toMatch(/NaN|Infinity|undefined/);
    expect(root.attributes.get('viewBox')).toBe(`0 0 ${root.attributes.get('width')} ${root.attributes.get('height')}`);
  });

  it.each([...pictures])('%s has all its labels inside, and none over another', (_, draw) => {
    const source = draw();
    const root = parseXml(source);
    const list = boxes(source);
    for (const box of list) {
      expect([box.text, box.left >= 0, box.top >= 0, box.right <= value(root, 'width') + 1, box.bottom <= value(root, 'height')]).toEqual([box.text, true, true, true, true]);
    }
    list.forEach((a, i) => list.slice(i + 1).forEach((b) => {
      const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
      expect([a.text, b.text, apart]).toEqual([a.text, b.text, true]);
    }));
  });

  it('uses only classes its style sheet has, under its own scope, so that pictures of two schemes can share a page', () => {
    for (const [, theme, draw] of both) {
      const root = parseXml(draw(theme));
      const style = root.children[2]!.text;
      for (const node of ['path', 'circle', 'rect', 'text'].flatMap((name) => find(root, name))) {
        for (const name of (node.node.attributes.get('class') ?? '').split(' ').filter(Boolean)) expect(style).toContain(`.marginalia-${theme} .${name}{`);
      }
      expect(root.attributes.get('class')).toBe(`marginalia-${theme}`);
      expect(style.includes('prefers-color-scheme:dark')).toBe(theme === 'auto');
    }
  });
});

describe('the colours', () => {
  /** Relative luminance and contrast of WCAG 2.1. */
  const luminance = (hex: string): number => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i]!, 0);
  const contrast = (a: string, b: string): number => (Math.max(luminance(a), luminance(b)) + 0.05) / (Math.min(luminance(a), luminance(b)) + 0.05);

  it.each(['light', 'dark'] as const)('stand out from the %s ground: text at least 4.5 to 1, lines at least 4.5 to 1', (theme) => {
    const style = parseXml(pictures.get('roc')!(theme)).children[2]!.text;
    const colour = (name: string): string => new RegExp(`\\.${name}\\{(?:fill|stroke):(#[0-9a-f]{6})`).exec(style)![1]!;
    for (const name of ['ink', 'quiet', 'l0', 'l1', 'l2', 'l3', 'l4', 'l5']) expect([name, contrast(colour(name), colour('paper')) >= 4.5]).toEqual([name, true]);
  });

  it('are never alone: the six series differ by dash and by shape, and the next six by both again', () => {
    const styles = Array.from({ length: 12 }, (_, i) => JSON.stringify(strokeOf(i)));
    expect(new Set(styles).size).toBe(12);
    expect(new Set(styles.slice(0, 6).map((style) => /dasharray[^}]*/.exec(style)?.[0])).size).toBe(6);
    expect(new Set(Array.from({ length: 6 }, (_, i) => marker(i, 0, 0).replace(/class="[^"]*"/, ''))).size).toBe(6);
    expect(new Set(Array.from({ length: 36 }, (_, i) => marker(i, 0, 0))).size).toBe(36);
  });
});

describe('text', () => {
  it('is escaped wherever it comes from, and what XML does not have is replaced', () => {
    const hostile = `</title><script>alert("1")</script>&amp;'\u0000\ud800`;
    const root = parseXml(lineChart({ title: hostile, x: { label: hostile }, y: { label: hostile }, series: [{ name: hostile, x: [0, 1], y: [0, 1] }, { name: 'b', x: [0], y: [0] }] }));
    expect(find(root, 'script')).toEqual([]);
    expect(root.children[0]!.text).toBe(hostile.replace('\u0000', '\ufffd').replace('\ud800', '\ufffd'));
    expect(escapeText('a\tb\n😀')).toBe('a\tb\n😀');
  });

  it('is broken into lines between words', () => {
    expect(wrapped('one two three', 60, 10)).toEqual(['one two', 'three']);
    expect(wrapped('word', 1, 10)).toEqual(['word']);
  });
});

describe('num', () => {
  it('writes two decimals, no −0, and refuses what is not finite', () => {
    expect([num(1.005), num(-0.001), num(3), num(2.345)]).toEqual(['1', '0', '3', '2.35']);
    expect(() => num(NaN)).toThrow(DomainError);
  });
});
