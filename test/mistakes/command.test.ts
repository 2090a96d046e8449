// `marginalia mistakes` as people meet it.

import { describe, expect, it } from 'vitest';
import { mistakes as command } from '../../src/cli/mistakes.ts';
import { mistakes } from '../../src/papers/mistakes.ts';
import { run } from '../cli/run.ts';

describe('marginalia mistakes', () => {
  it('lists every mistake with a line, also as JSON', () => {
    const { code, out, err } = run(['mistakes']);
    expect([code, err]).toEqual([0, '']);
    for (const { id, summary } of mistakes) expect(out).toMatch(new RegExp(`^  ${id} +${summary.slice(0, 10).replace(/[^\w ]/g, '.')}`, 'm'));
    const json = run(['mistakes', '--json']);
    expect(JSON.parse(json.out)).toEqual(mistakes.map(({ id, summary }) => ({ id, summary })));
  });

  it('says in its help what it prints and what its exit codes mean', () => {
    const { code, out } = run(['mistakes', '--help']);
    expect([code, out]).toEqual([0, `${command.help}\n`]);
    expect(out).toMatch(/^usage: marginalia mistakes \[name\][\s\S]*Exit code 0 when the mistake is caught and the right line holds, 1/);
    expect(run(['--help']).out).toMatch(/^ {2}mistakes +known mistakes of public code/m);
  });

  it('shows one: what people wrote, where it fails, the right line; exit code 0', () => {
    const { code, out, err } = run(['mistakes', 'focal-batch-mean']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/as people wrote it\n {2}mean\(n, F\) = mean\(n, \(1 - exp\(-mean\(n, L\)\)\)\^γ \* L\)/);
    expect(out).toMatch(/✓ caught[\s\S]*counterexample\n {4}x = \[\[/);
    expect(out).toMatch(/the right line\n {2}mean\(n, F\) = mean\(n, \(1 - exp\(-L\)\)\^γ \* L\)\n\n✓ holds: both sides agree to 1\d digits/);
    expect(out).not.toMatch(/\u001b/);
  });

  it('prints one as JSON, with what is not finite as text', () => {
    const { code, out } = run(['mistakes', 'dead-branch', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      version: 1, id: 'dead-branch', language: 'typescript', ok: true,
      written: { caught: true, counterexample: { values: { x: [0] }, left: 'NaN', right: 0 } }, right: { holds: true },
    });
  });

  it.each([
    [['nothing'], /there is no mistake 'nothing'/],
    [['power-two', 'dead-branch'], /one mistake at a time/],
    [['--colour'], /see marginalia mistakes --help/],
  ])('says in one line what is wrong with %s', (args, text) => {
    const { code, out, err } = run(['mistakes', ...args]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(text);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });
});
