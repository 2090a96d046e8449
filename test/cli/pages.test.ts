// `--html` and `--markdown` of every command that has pages: the file is there, whole, and says what the command found.

import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check } from '../../src/cli/check.ts';
import { explain } from '../../src/cli/explain.ts';
import { mistakes } from '../../src/cli/mistakes.ts';
import { demandPages, writePages } from '../../src/cli/pages.ts';
import type { Command } from '../../src/cli/command.ts';
import { find, parseXml } from '../plot/xml.ts';
import { root } from '../source.ts';
import '../values.ts';

const folder = mkdtempSync(join(tmpdir(), 'marginalia-pages-'));
const at = (name: string): string => join(folder, name);
const read = (name: string): string => readFileSync(at(name), 'utf8');

/** Runs a command in this process, which is quicker than one of its own. */
async function run(command: Command, args: readonly string[]): Promise<{ code: number; out: string }> {
  const write = process.stdout.write;
  let out = '';
  process.stdout.write = (text: string | Uint8Array) => {
    out += String(text);
    return true;
  };
  try {
    return { code: await command.run(args), out };
  } finally {
    process.stdout.write = write;
  }
}

describe('explain', () => {
  it('writes a page and Markdown of a loss, every main line proved, and says where', async () => {
    const { code, out } = await run(explain, ['l2-softmax', '--html', at('l2/page.html'), '--markdown', at('l2.md')]);
    expect([code, out]).toEqual([0, `written: ${at('l2/page.html')}\nwritten: ${at('l2.md')}\n`]);
    const root = parseXml(read('l2/page.html').replace('<!DOCTYPE html>\n', ''));
    expect(find(root, 'h1')[0]!.node.text).toBe('l2-softmax: L2-constrained softmax');
    expect(find(root, 'a')[0]!.node.attributes.get('href')).toBe('https://arxiv.org/abs/1703.09507');
    expect(read('l2/page.html').match(/>1\d \/ (1\d|[6-9])</g)!.length).toBeGreaterThan(5);
    expect(read('l2.md')).toMatch(/^# l2-softmax: L2-constrained softmax\n\n\[L2-constrained[\s\S]*s = 16[\s\S]*Proof: 1\d \/ /);
  });

  it('links to the files of the package: by a relative path within it, by the place on this machine elsewhere', async () => {
    mkdirSync(join(root, 'marginalia-report'), { recursive: true });
    const inside = mkdtempSync(join(root, 'marginalia-report/page-'));
    try {
      await run(explain, ['normface', '--html', join(inside, 'a b/page.html'), '--markdown', at('normface.md')]);
      const [, address] = /<a href="([^"#]*)#L\d+">classes\.ts:\d+</.exec(readFileSync(join(inside, 'a b/page.html'), 'utf8'))!;
      expect(readFileSync(join(inside, 'a b', address!), 'utf8')).toContain('export function cosines');
      const [, elsewhere] = /\[part of c\]\(#equation\) · \[paper \(1\)\]\(https:\S+\) · \[classes\.ts:\d+\]\((\S+)#L\d+\)/.exec(read('normface.md'))!;
      expect(readFileSync(new URL(elsewhere!), 'utf8')).toContain('export function cosines');
    } finally {
      rmSync(inside, { recursive: true });
    }
  });

  it('proves every adjoint in the JSON when asked', async () => {
    const { lines } = JSON.parse((
      await run(explain, ['softmax', '--prove', '--json'])
    ).out) as { lines: { proof?: { duals: number } }[] };
    expect(lines.filter(({ proof }) => proof !== undefined).length).toBeGreaterThan(3);
  });
});

describe('check', () => {
  it('writes the page of a derivation into the report, and where it is asked to', async () => {
    writeFileSync(at('mine.derivation'), 'title Mine\ndeclare x: n d\nclaim (1) norm(x)^2 = dot(x, x)\n');
    const { code, out } = await run(
      check, [at('mine.derivation'), '--cases', '24', '--out', at('report'), '--html', at('mine.html')]);
    expect(code).toBe(0);
    // One line where it fits the terminal, otherwise a line for each.
    const files = [...['mine.json', 'mine.md', 'mine.html'].map((name) => join(at('report'), name)), at('mine.html')];
    expect(/report:([^]*)$/.exec(out)![1]!.trim().split(/,? \s*|\n\s*/)).toEqual(files);
    expect(read('mine.html')).toBe(read('report/mine.html'));
    expect(read('mine.html')).toContain('<h1>Mine</h1>');
    expect(read('mine.html')).toContain('3  claim (1) norm(x)^2');
    expect(read('report/mine.md')).toContain('| $\\left\\lVert x \\right\\rVert^{2} = {x}^{\\top} x$ | holds |');
  });
});

describe('mistakes', () => {
  it('writes a page of one', async () => {
    const { code, out } = await run(mistakes, ['softmax-twice', '--html', at('one.html'), '--markdown', at('one.md')]);
    expect([code, out]).toEqual([0, `written: ${at('one.html')}\nwritten: ${at('one.md')}\n`]);
    expect(read('one.html')).toContain('✓ caught');
    expect(read('one.md')).toContain('## softmax-twice');
  });
});

describe('a page', () => {
  it('is written only when it is asked for', () => {
    const never = (): string => {
      throw new Error('not asked for');
    };
    expect(writePages({}, { html: never, markdown: never })).toEqual([]);
    expect(writePages({ markdown: at('a.md') }, { html: never, markdown: () => 'text\n' })).toEqual([at('a.md')]);
    expect(read('a.md')).toBe('text\n');
    expect(() => writePages({ html: folder }, { html: () => 'text', markdown: never }))
      .toThrow(`${folder}: is a folder, a file is needed`);
    expect(() => demandPages({ markdown: `${at('none')}/` })).toThrow(`${at('none')}/: is a folder, a file is needed`);
  });

  // By links, so that a device of the machine is safe even from a program that replaces what it should write to.
  it.runIf(existsSync('/dev/full'))('that is a device is written to, and is not replaced by a file', () => {
    const write = (path: string): string[] => writePages({ html: path }, { html: () => 'text', markdown: () => '' });
    for (const device of ['null', 'full']) symlinkSync(`/dev/${device}`, at(device));
    expect(write(at('null'))).toEqual([at('null')]);
    expect(() => write(at('full'))).toThrow(expect.objectContaining({ code: 'ENOSPC', path: at('full') }));
    for (const device of ['null', 'full']) expect(lstatSync(at(device)).isSymbolicLink()).toBe(true);
  });
});
