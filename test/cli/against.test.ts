// `explain --against`: a loss beside another one, or beside the one of a file, with an exit code that says whether they are one.

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { call } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'marginalia-against-'));
const file = (name: string, hard: string): string => {
  const text = `title Mine\ndeclare x: n d\ndeclare w: k d\ndeclare y: n -> k\ndeclare s t m: scalar\ndefine c c[k] = dot(unit(w[k]), unit(x))
define f f = c[y] - m\ndefine I I[k] = 1 if k != y and f < c[k] else 0
define v v[k] = f if k = y else ${hard} if I[k] = 1 else c[k]\ndefine L L = log(sum(k, exp(s * v[k]))) - s * f\n`;
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe('a loss against another', () => {
  it('is the same as that of a file that writes it otherwise', async () => {
    const { code, out } = await call([
      'explain', 'sv-am-softmax', '--set', 'm=0.3', '--against', file('mine.derivation', 't * c[k] + t - 1')
    ]);
    expect(out)
      .toMatch(/a: .*mine\.derivation, L = log\(sum\(k, exp\(s \* v\[k\]\)\)\) - s \* f\nb: sv-am-softmax, s = 30, m = 0\.3/);
    expect(out).toContain('compare: the two agree at 60 points (seed 1, 9 digits demanded)');
    expect(code).toBe(0);
  });

  it('differs where a line is wrong: by how much, under which decision, at how small a point', async () => {
    const [wrong, page] = [file('wrong.derivation', 't * c[k] + t'), join(folder, 'page.html')];
    const { code, out } = await call(['explain', 'sv-am-softmax', '--against', wrong]);
    expect(code).toBe(1);
    expect(out).toMatch(/value +differs at \d+ points; worst at point/);
    expect(out).toMatch(/only where I holds for some class .* 0 of \d+ elsewhere/);
    expect(out).toMatch(/smallest point\n {4}features = /);
    const machine = await call(['explain', 'sv-am-softmax', '--against', wrong, '--seed', '2', '--json']);
    expect(JSON.parse(machine.out)).toMatchObject({
      question: 'against', version: 1, agree: false, seed: 2, a: expect.stringContaining('wrong.derivation') as string
    });
    expect((await call(['explain', 'softmax', '--against', 'normface', '--html', page])).code).toBe(1);
    expect(readFileSync(page, 'utf8')).toMatch(/<h2>Beside another loss<\/h2>[\s\S]*<caption>Values and gradients<\/caption>/);
  });

  it('has no cause read off entries that agree, for two saturated losses agree there too', async () => {
    expect((await call(['explain', 'sv-am-softmax', '--against', 'am-softmax,m=0.2'])).out).not.toContain('the others right');
  });

  it('may be the same one with other parameters', async () => {
    const { code, out } = await call([
      'explain', 'arc-softmax', '--set', 's=8', '--against', 'arc-softmax,gradient=straightThrough'
    ]);
    expect(code).toBe(1);
    expect(out).toContain('a: arc-softmax, s = 8, m = 0.5, targetRule = paper, gradient = straightThrough');
    expect(out).toContain('the values agree everywhere, only the gradients differ');
  });

  it.each([
    [['softmax', '--against', 'softmaxx'], /neither a loss \(.*\) nor a file ending in \.derivation/],
    [['softmax', '--against', join(folder, 'none.derivation')], /no such file/],
    [['hdc', '--against', 'softmax'], /hdc takes features\[3\], labels/],
    [['softmax', '--against', 'hdc'], /hdc takes features\[3\], labels/],
    [['softmax', '--against', 'am-softmax,q=1'], /the option 'q'/],
    [['softmax', '--against', 'am-softmax,m=x'], /--against am-softmax,m=x: m is a number, such as --against am-softmax,m=0\.35/],
    [['softmax', '--against', file('mine.derivation', 't * c[k]')], /the scalar '[stm]' of L has no value/],
  ])('%# is refused in one sentence', async (args, reason) => {
    const { code, err } = await call(['explain', ...args]);
    expect(code).toBe(2);
    expect(err).toMatch(reason);
    expect(err.trimEnd()).not.toContain('\n');
  });
});
