// Every mistake of the gallery is caught, shown at a point that fits on a slide, and put right; the page is current; and
// the gallery itself would notice a mistake that is none, or an amendment that does not hold.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import { type Claim, editsBetween, parseClaim, parseDerivation, printExpr } from '../../src/formula/index.ts';
import { checkFormula, checkMistake, checkSnippets, type MistakeReport, mistakes } from '../../src/papers/mistakes.ts';
import { mistakeList, mistakesMarkdown, mistakeText } from '../../src/papers/mistakes-text.ts';
import { readMistake } from '../../src/papers/node.ts';
import { snippetMistakes } from '../../src/papers/snippets.ts';
import { filesBelow, readSources, root } from '../source.ts';

const reports = new Map<string, MistakeReport>();
function reportOf(id: string): MistakeReport {
  const found = reports.get(id) ?? checkMistake(id);
  reports.set(id, found);
  return found;
}

const plain = (_: string, text: string): string => text;
const squeezed = (text: string): string => text.replace(/\s+/g, ' ').trim();

describe('the list', () => {
  it('names every mistake once, with a line for each', () => {
    const ids = mistakes.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(25);
    expect(mistakeList(mistakes).split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual(mistakes.map(({ id, summary }) => [id, summary]));
    for (const width of [100, 60]) expect(mistakeList(mistakes, width).split('\n').every((line) => line.length <= width)).toBe(true);
  });

  it('has every file of the folder', () => {
    const files = filesBelow('src/papers/mistakes').map((path) => path.replace(/^.*\/|\.derivation$/g, ''));
    expect(files).toEqual(mistakes.map(({ id }) => id).filter((id) => !snippetMistakes.some((snippet) => snippet.id === id)).sort());
  });

  it('says which mistakes there are when one does not exist', () => {
    expect(() => checkMistake('focal')).toThrow(DomainError);
    expect(() => checkMistake('focal')).toThrow(/focal-batch-mean/);
  });
});

describe.each(mistakes.map(({ id }) => id))('%s', (id) => {
  it('is caught, and the right line holds', () => {
    const { ok, written, right, title, source, notes } = reportOf(id);
    expect({ caught: written.caught, holds: right.holds, why: right.reason }).toEqual({ caught: true, holds: true, why: undefined });
    expect(ok).toBe(true);
    expect(Object.values(right.digits).some((digits) => digits !== null && digits >= 6)).toBe(true);
    expect([title, source, written.reason].every((text) => text.length > 10)).toBe(true);
    expect(notes.join(' ').length).toBeGreaterThan(100);
    expect(squeezed(right.text)).not.toBe(squeezed(written.text));
  });

  it('names line, branch and cause, and the checker comes to the same three', () => {
    const { line, branch, cause } = mistakes.find((mistake) => mistake.id === id)!;
    expect(reportOf(id).written.found).toEqual({ line, branch, cause });
    const text = mistakeText(reportOf(id), plain).replace(/\s+/g, ' ');
    for (const [name, found] of Object.entries({ line, branch, cause })) expect(text).toContain(`${name} ${found}`.replace(/\s+/g, ' '));
  });

  it('differs from the right line in one edit', () => {
    const { written, right, language } = reportOf(id);
    if (language === 'typescript') {
      const [a, b] = [written.text, right.text].map((text) => text.split('\n')) as [string[], string[]];
      expect([b.length, a.filter((part, i) => part !== b[i]).length]).toEqual([a.length, 1]);
      return;
    }
    const [a, b] = [written.text, right.text].map((text) => parseClaim(text, { indices: ['k', 'n', 'j', 'd'] })) as [Claim, Claim];
    const edits = editsBetween(a, b);
    expect(edits).toHaveLength(1);
    // A whole side that was written anew is no edit.
    const [edit] = edits;
    const sides = [a.left, a.right].map(printExpr);
    expect(sides.includes(edit!.from) && !edit!.to.includes(edit!.from)).toBe(false);
  });

  it('is shown at a point that fits on a slide', () => {
    const { values, left, right } = reportOf(id).written.counterexample!;
    const numbers = Object.values(values).flat(3) as number[];
    expect(numbers.length).toBeLessThanOrEqual(12);
    expect(numbers.every((x) => String(x).length <= 5)).toBe(true);
    const distance = Math.abs(left - right);
    expect(!Number.isFinite(distance) || distance > 1e-2 * Math.abs(right)).toBe(true);
    expect(left).not.toBe(right);
  });

  it('prints within 100 columns, or those there are, and survives JSON', () => {
    const report = reportOf(id);
    const text = mistakeText(report, plain);
    expect(text.split('\n').filter((line) => [...line].length > 100)).toEqual([]);
    expect(mistakeText(report, plain, 80).split('\n').filter((line) => [...line].length > 80)).toEqual([]);
    for (const part of [report.title, 'as people wrote it', '✓ caught', 'counterexample', 'the right line', '✓ holds: ']) expect(text).toContain(part);
    const { written, ...rest } = report;
    expect(JSON.parse(JSON.stringify(rest))).toEqual(rest);
    expect(JSON.parse(JSON.stringify(written.counterexample!.values))).toEqual(written.counterexample!.values);
  });
});

describe('a snippet', () => {
  const { code } = readSources('src/papers').find(({ path }) => path.endsWith('snippets.ts'))!;
  const source = squeezed(code.join('\n'));

  it.each(snippetMistakes)('$id shows the code that runs', ({ written, right }) => {
    for (const { text } of [written, right]) {
      // The shown tool stands alone; in the code it is returned.
      const [tool = '', ...before] = squeezed(text).split(/(?=\{ value:)/).reverse();
      for (const part of [tool.replace(/;$/, ''), ...before]) expect(source).toContain(part.trim());
    }
  });
});

describe('the gallery', () => {
  const text = readMistake('softmax-twice');
  const change = (from: string, to: string): MistakeReport => {
    expect(text).toContain(from);
    return checkFormula('softmax-twice', parseDerivation(text.replace(from, to)));
  };

  it('does not call a true line a mistake', () => {
    const { ok, written, right } = change('claim   CE   L = at(E, a = p[k])', 'claim   CE   L = at(E, a = 1 * z[k])');
    expect([ok, written.caught, right.holds]).toEqual([false, false, false]);
    expect(written.counterexample).toBeUndefined();
    expect(mistakeText({ ...reportOf('softmax-twice'), written, ok }, plain)).toMatch(/✗ not caught\n {2}the printed line holds/);
  });

  it('does not call an amendment right that fails', () => {
    const report = change('amend        L = at', 'amend        L = 2 * at');
    expect([report.ok, report.right.holds]).toEqual([false, false]);
    expect(report.right.reason).toMatch(/CE: the sides agree to/);
    expect(mistakeText(report, plain)).toMatch(/✗ does not hold\n {2}CE: /);
  });

  it('wants every other line of the file to hold as well', () => {
    const report = change('claim   CE', 'claim   other L > 1\nclaim   CE');
    expect([report.ok, report.written.caught]).toEqual([false, true]);
    expect(report.right.reason).toMatch(/other: left > right does not hold/);
  });

  it('refuses a file without an amended line', () => {
    expect(() => checkFormula('none', parseDerivation(text.replace(/^amend.*$/m, '')))).toThrow(/no amended line/);
  });

  it('judges a tool in the same way', () => {
    const [power] = snippetMistakes;
    const bothRight = checkSnippets({ ...power!, written: power!.right });
    expect([bothRight.ok, bothRight.written.caught, bothRight.right.holds]).toEqual([false, false, true]);
    const bothWrong = checkSnippets({ ...power!, right: power!.written });
    expect([bothWrong.ok, bothWrong.right.holds]).toEqual([false, false]);
    expect(bothWrong.right.reason).toMatch(/∂f/);
  });
});

describe('docs/mistakes.md', () => {
  it('is what the gallery says today (vitest -u writes it)', async () => {
    await expect(mistakesMarkdown(mistakes, mistakes.map(({ id }) => reportOf(id)))).toMatchFileSnapshot(join(root, 'docs/mistakes.md'));
  });
});
