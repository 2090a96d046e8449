// Nothing that is put into a template can become a tag.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeText, Markup, markup } from '../../src/base/markup.ts';
import { parseXml } from '../plot/xml.ts';

const runs = { seed: 1, numRuns: Number(process.env['RUNS'] ?? 30) };

describe('markup', () => {
  it('escapes texts, keeps markup, joins lists and writes numbers', () => {
    const inner = markup`<b>${'1 < 2'}</b>`;
    expect(inner).toBeInstanceOf(Markup);
    expect(markup`<p title="${'"'}">${[inner, ' & ', 3]}</p>`.text).toBe('<p title="&quot;"><b>1 &lt; 2</b> &amp; 3</p>');
  });

  it('law: any text comes back from the page as it went in', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const root = parseXml(markup`<p title="${text}">${text}</p>`.text);
      expect([root.text, root.attributes.get('title'), root.children.length]).toEqual([text, text, 0]);
    }), runs);
  });

  it('replaces what a page cannot hold', () => {
    expect(escapeText('a\u0000b\ud800c\td')).toBe('a\ufffdb\ufffdc\td');
  });
});
