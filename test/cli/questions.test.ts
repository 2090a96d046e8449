// The questions of `marginalia explain`: each answers as text within the terminal and as versioned JSON, and refuses what it
// cannot answer in one sentence.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { questionHelp, questionOptions } from '../../src/cli/questions.ts';
import { call } from './run.ts';

const said = async (...args: string[]): Promise<string> => {
  const { code, out, err } = await call(['explain', ...args]);
  expect([code, err]).toEqual([0, '']);
  return out;
};
const asked = async (...args: string[]): Promise<Record<string, unknown>> =>
  JSON.parse(await said(...args, '--json')) as Record<string, unknown>;

describe('a question', () => {
  it.each([
    [['sv-arc-softmax', '--along', 'nearest'], /along the way to the nearest border: 2 cells\n.*at 0\.08678 {2}value \+4\.66:/s],
    [['center', '--entry', 'features[0, 0]'], /∂result\/∂x\[0, 0\] = /],
    [['hdc', '--entry', 'features[2][1, 0]'], /∂result\/∂x3\[1, 0\] = /],
    [['triplet', '--entry', 'x[0, 0]'], /= -0\.\d+\n[\s\S]*target[\s\S]*plain negative/],
    [['sv-softmax', '--along', 'features[0, 1]'], /the result along features\[0, 1\]/],
    [['center', '--surrogate'], /- o: is moved by a rule given for it\n.*they part at o;.*\n {2}o +0 +333\.3 /s],
    [['a-softmax', '--set', 'lambda=5', '--surrogate'], /- result: is held against another function\nthe results are/],
  ])('%j is answered in text', async (args, pattern) => {
    const out = await said(...args);
    expect(out).toMatch(new RegExp(`^${args[0]!}: `));
    expect(out).toMatch(pattern);
    for (const line of out.split('\n')) expect(Array.from(line.replace(/\p{M}/gu, '')).length).toBeLessThanOrEqual(100);
  });

  it('is answered in JSON, with the loss, the question and a version', async () => {
    for (const question of [['--entry', 'x[0, 0]'], ['--surrogate']]) {
      expect(await asked('normface', ...question))
        .toMatchObject({ loss: { id: 'normface' }, question: question[0]!.slice(2), version: 1 });
    }
  });

  it('may have its cut drawn', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'marginalia-')), 'cut.svg');
    const out = await said('sv-arc-softmax', '--along', 'x[1, 0]', '--svg', path);
    expect(out).toMatch(/the result along x\[1, 0\]: 2 cells\n.*1 {2}at -0\.2643 {2}value -4\.643: I: f < c \[1, 3\]/s);
    expect(out).toContain(`picture: ${path}`);
    const picture = readFileSync(path, 'utf8');
    expect(picture).toMatch(/^<svg[\s\S]*cell 2[\s\S]*<\/svg>\n$/);
    expect(picture).toContain('1, at -0.2643: value -4.643, I: f &lt; c [1, 3]');
  });

  it('is among the options and in the help', () => {
    for (const name of Object.keys(questionOptions)) expect(questionHelp).toContain(`--${name}`);
  });
});

describe('the README', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
  const [, block] = /```console\n([\s\S]*?)```/.exec(readme)!;

  it.each(block!.split(/^\$ /m).slice(1).map(
    (text) => text.trimEnd().split('\n')
  ))('shows lines of what is printed: %s', async (command, ...lines) => {
    const args = [...command.replace(/^.*main\.js explain /, '').matchAll(/'([^']*)'|(\S+)/g)].map((word) => word[1] ?? word[2]!);
    const out = await said(...args);
    expect(out).toMatch(new RegExp(`^${args[0]!}: `));
    // What is left out is marked by …; the rest stands there line after line.
    expect(lines.filter((line) => line !== '…').length).toBeGreaterThan(2);
    const pattern = lines.map((line) => (line === '…' ? '(?:.*\\n)+' : `${line.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')} *\\n`))
      .join('');
    expect(`${out}\n`).toMatch(new RegExp(`^${pattern}\n*$`));
    expect(Math.max(...out.split('\n').map((line) => Array.from(line.replace(/\p{M}/gu, '')).length))).toBeLessThanOrEqual(100);
  });
});

describe('a mistake', () => {
  it.each([
    [['softmax', '--entry', 'w[0.5]'], /the entry 'w\[0\.5\]'\. w has the shape \[4, 3\], and an index is made of whole numbers/],
    [['softmax', '--entry', 'q[0]'], /there is no line 'q'/],
    [['softmax', '--entry', 'x[9, 9]'], /x has the shape \[2, 3\]/],
    [['softmax', '--entry', 'labels[0]'], /y holds whole numbers, which have no derivative\. Name an entry of a float/],
    [['softmax', '--entry', 'features[9, 9]'], /x has the shape \[2, 3\]/],
    [['softmax', '--along', 'x'], /Name an entry such as/],
    [['softmax', '--along', 'nearest'], /no border was found/],
    [['softmax', '--along', 'z[0, 0]'], /the input 'z'/],
    [['softmax', '--branches', '--precision'], /one question at a time, found --branches and --precision/],
    [['softmax', '--svg', 'a.svg'], /--svg draws a cut; add --along/],
  ])('%j is refused in one sentence', async (args, reason) => {
    const { code, err } = await call(['explain', ...args]);
    expect(code).toBe(2);
    expect(err).toMatch(reason);
    expect(err.trimEnd()).not.toContain('\n');
  });
});

describe('a page', () => {
  it('has who made an entry, the borders, the digits, and true beside declared where they part', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'marginalia-questions-'));
    const page = async (...args: string[]): Promise<string> => {
      const file = join(folder, 'page.html');
      expect((await call(['explain', ...args, '--html', file])).code).toBe(0);
      return readFileSync(file, 'utf8');
    };
    const plain = await page('sv-arc-softmax');
    expect(plain).toContain('∂result/∂x[0, 0] = -10.5');
    const [study] = plain.slice(plain.indexOf('Who made an entry')).split('</div>\n</div>');
    expect(study).not.toContain('<pre');
    expect(study).toContain('<caption>By role</caption>');
    expect(study).toContain('<th scope="row">target</th><td class="number">-6.531</td><td class="number">62.2 %</td>');
    // A column in which nothing stands is no column.
    expect(plain).not.toContain('at the same border');
    for (
      const title of ['Who made an entry of the gradient', 'How near the decisions are to changing', 'Where digits are lost']) {
      expect(plain).toContain(`<h2>${title}</h2>`);
    }
    const parted = await page('arc-softmax', '--set', 'gradient=straightThrough', '--entry', 'x[0, 0]');
    expect(parted).toContain('∂result/∂x[0, 0] = ');
    expect(parted).toContain('they part at c_y');
    rmSync(folder, { recursive: true });
  });
});
