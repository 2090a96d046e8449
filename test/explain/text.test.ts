// Explanations as text: what a reader sees, within the width of the terminal, with and without colour.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explain, type Explanation, renderText } from '../../src/explain/index.ts';
import { label, type Tensor } from '../../src/graph/index.ts';
import { exp, mul, sum } from '../../src/ops/index.ts';
import { functionOf, recipes } from '../graph/programs.ts';
import { f64, runs } from '../values.ts';
import { cosines, isLabel, margin } from './margin.ts';

const explained = explain(margin, [cosines, isLabel, f64(1.2)], { names: ['c', 'own', 't'] });
/** Columns as a terminal counts them: escape sequences and combining marks take none. */
const columns = (line: string): number => Array.from(line.replace(/\u001b\[\d+m|\p{M}/gu, '')).length;
const widest = (text: string): number => Math.max(...text.split('\n').map(columns));

describe('renderText', () => {
  it('folds unnamed steps into the formulas of the named ones', async () => {
    await expect(`${renderText(explained, { width: 100 })}\n`).toMatchFileSnapshot('../golden/explain-margin.golden.txt');
  });

  it('shows every step when nothing is folded', async () => {
    await expect(`${renderText(explained, { width: 80, fold: false })}\n`).toMatchFileSnapshot('../golden/explain-margin-unfolded.golden.txt');
  });

  it('folds only the scopes it is told to', () => {
    const numbers = (text: string): number => text.split('\n').filter((line) => /^\(\d+\)/.test(line)).length;
    const [all, some, none] = [true, ['softmax'], false].map((fold) => numbers(renderText(explained, { fold })));
    expect(all).toBe(explained.lines.filter(({ main }) => main).length);
    expect(none).toBe(explained.lines.length);
    expect(some).toBeGreaterThan(all!);
    expect(some).toBeLessThan(none!);
  });

  it('colours nothing but the text it would print without colours', () => {
    const coloured = renderText(explained, { color: true });
    expect(coloured).toContain('\u001b[');
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(renderText(explained, { color: false }));
  });

  it('law: stays within the width, whatever the program', () => {
    fc.assert(fc.property(recipes, fc.integer({ min: 40, max: 120 }), fc.boolean(), (recipe, width, fold) => {
      const { f, x } = functionOf({ ...recipe, order: 0 });
      expect(widest(renderText(explain(f, [x]), { width, fold }))).toBeLessThanOrEqual(width);
    }), runs);
  });

  it('shows a large tensor in a few figures and a tensor of rank 3 row by row', () => {
    const large = renderText(explain((x: Tensor) => sum(mul(x, x)), [f64(Array.from({ length: 100 }, (_, i) => i))]));
    expect(large).toContain('100 numbers from 0 to 99, mean 49.5');
    expect(large).toContain('∂x  100 numbers from 0 to 198, mean 99');
    const rank3 = renderText(explain((x: Tensor) => sum(mul(x, x)), [f64([[[1, 2]], [[3, 4]]])]));
    expect(rank3).toMatch(/\[0, 0\] 1 {2}2 .*∂x {2}\[0, 0\] 2 {2}4\n {6}\[1, 0\] 3 {2}4/);
  });

  it('says so when there is nothing to take for granted, and nothing folded', () => {
    const text = renderText(explain((x: Tensor) => exp(x), [f64(1)]));
    expect(text).toContain('nothing: no stop, no choice, and a path to every input');
    expect(text).not.toContain('missing');
  });

  it('names a use that was made twice once', () => {
    expect(renderText(explain((x: Tensor) => label(mul(x, x), 'q'), [f64(3)]))).toContain('∂x = ∂q · x   from (1) q, 2 times');
  });

  it('prints from the data alone', () => {
    expect(renderText(JSON.parse(JSON.stringify(explained)) as Explanation)).toBe(renderText(explained));
  });
});
