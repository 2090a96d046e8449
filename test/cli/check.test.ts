// `marginalia check` as people meet it: exit codes, one clear line on stderr, a whole report or none.

import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { check } from '../../src/cli/check.ts';
import { call, run } from './run.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'marginalia-check-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs it in the test's own folder. */
function marginalia(...args: string[]) {
  const { code: status, out: stdout, err: stderr } = run(args, {}, folder);
  return { status, stdout, stderr };
}

function derivation(name: string, lines: string): string {
  const head = 'title Test\ndeclare x: n d\ndeclare w: k d\ndeclare y: n -> k\ndeclare s: scalar in [1, 4]\n';
  writeFileSync(join(folder, name), `${head}${lines}\n`);
  return name;
}

const right = 'define c c[k] = dot(unit(w[k]), unit(x))\nclaim D4 d(c[k], x) = (unit(w[k]) - c[k] * unit(x)) / norm(x)';
const wrong = 'define c c[k] = dot(unit(w[k]), unit(x))\nclaim D4 d(c[k], x) = unit(w[k]) / norm(x)';

describe('marginalia check', () => {
  it('prints the help of its command', () => {
    expect(marginalia('check', '--help').stdout).toBe(`${check.help}\n`);
  });

  it('exits 0 on a right derivation, prints the ledger and writes the report whole', () => {
    const { status, stdout, stderr } = marginalia('check', derivation('right.derivation', right), '--cases', '8');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/✓ D4/);
    expect(stdout).not.toMatch(/\u001b|\r/);
    expect(stdout.split('\n').every((line) => line.length <= 100)).toBe(true);
    expect(readdirSync(join(folder, 'marginalia-report')).sort()).toEqual(['right.html', 'right.json', 'right.md']);
    expect(JSON.parse(readFileSync(join(folder, 'marginalia-report/right.json'), 'utf8')))
      .toMatchObject({ version: 1, ok: true });
  });

  it('exits 1 on a wrong line, names it and shows a counterexample', () => {
    const { status, stdout } = marginalia('check', derivation('wrong.derivation', wrong), '--cases', '8');
    expect(status).toBe(1);
    expect(stdout).toMatch(/✗ D4/);
    expect(stdout).toMatch(/counterexample/);
    expect(stdout).toMatch(/The first line that is wrong: line D4 \(wrong\.derivation:7\)/);
  });

  it('prints the ledger as JSON, and reads the machine form of a derivation', () => {
    const { status, stdout } = marginalia('check', derivation('wrong2.derivation', wrong), '--cases', '8', '--json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, rows: [{ id: 'c' }, { id: 'D4', verdict: 'fails' }] });
  });

  it.each([
    [[], /which derivation\?/],
    [['nothing'], /neither a paper \(sv-softmax\) nor a file/],
    [['nothing.derivation'], /nothing.derivation: no such file/],
    [['sv-softmax', '--cases', '0'], /--cases 0: a whole number ≥ 1/],
    [['sv-softmax', '--cases', '1e9x'], /--cases 1e9x/],
    [['sv-softmax', '--seed', '-1'], /seed/],
    [['sv-softmax', '--colour'], /'--colour'/],
    [['sv-softmax', 'more'], /one derivation at a time/],
    [['sv-softmax', '--data', 'nowhere'], /nowhere: no such file or folder/],
    [['sv-softmax', '--data', 'src/papers'], /a folder per person/],
  ])('exits 2 with one clear line for %j', async (args, pattern) => {
    const { code, out, err: stderr } = await call(['check', ...args]);
    expect([code, out]).toEqual([2, '']);
    expect(stderr).toMatch(pattern);
    expect(stderr).not.toMatch(/\n {4}at /);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('points into the file where its text is wrong, before anything is proved', () => {
    const { status, stdout, stderr } = marginalia('check', derivation('bad.derivation', `${right}\nclaim E z = 1`));
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/bad\.derivation:8:9: found the name 'z', which is not declared/);
  });

  it.each([
    ['', 'no lines'], [`${right.split('\n')[0]!}\nstep A x' = x - w[y]`, 'only definitions'],
  ])('says that a derivation without a claim has nothing to check: %j', (lines, what) => {
    const { status, stdout, stderr } = marginalia('check', derivation('empty.derivation', lines));
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toBe(`marginalia: empty.derivation: ${what}, so there is nothing to check. A claim or a number line says what should hold. Add one, such as claim (1) a = b\n`);
  });

  it('takes a number line for something to check', () => {
    expect(marginalia('check', derivation('number.derivation', 'number N -log(0.2) = 1.6094')).status).toBe(0);
  });

  it('refuses a file that is no image, by name', () => {
    for (const person of ['a', 'b']) {
      mkdirSync(join(folder, 'people', person), { recursive: true });
      for (const name of ['1.pgm', '2.pgm']) writeFileSync(join(folder, 'people', person, name), 'P6 nonsense');
    }
    const { status, stderr } = marginalia('check', 'sv-softmax', '--data', 'people');
    expect(status).toBe(2);
    expect(stderr).toMatch(/1\.pgm/);
  });

  // A superuser may write anywhere, so the folder's mode would stop nobody.
  it.skipIf(process.getuid?.() === 0)('leaves nothing behind when the report cannot be written', () => {
    const locked = join(folder, 'locked');
    mkdirSync(locked);
    chmodSync(locked, 0o555);
    const { status, stderr } = marginalia('check', derivation('right2.derivation', right), '--cases', '8', '--out', 'locked/report');
    chmodSync(locked, 0o755);
    expect(status).toBe(2);
    expect(stderr).toMatch(/no permission/);
    expect(existsSync(join(locked, 'report'))).toBe(false);
  });

  it('says so when the place of the report is a file', () => {
    writeFileSync(join(folder, 'taken'), '');
    const { status, stderr } = marginalia('check', derivation('right3.derivation', right), '--cases', '8', '--out', 'taken');
    expect(status).toBe(2);
    expect(stderr).toMatch(/taken/);
    expect(readFileSync(join(folder, 'taken'), 'utf8')).toBe('');
  });
});

const orl = process.env['MARGINALIA_ORL'];

describe('marginalia check --data', () => {
  it.skipIf(orl === undefined)(`takes points from the ORL faces${orl === undefined ? ' (skipped: MARGINALIA_ORL is not set)' : ''}`, () => {
    // The whole paper takes half a minute; the long tier has the time.
    const target = Number(process.env['RUNS'] ?? 30) > 30 ? 'sv-softmax' : derivation('faces.derivation', right);
    const { status, stdout } = marginalia('check', target, '--data', orl!, '--json');
    expect(status).toBe(0);
    const ledger = JSON.parse(stdout) as { points: unknown; rows: { kind: string; hits: { data: number; seeded: number } }[] };
    expect(ledger.points).toEqual({ data: 12, seeded: 64 });
    expect(ledger.rows.some((row) => row.hits.data > 0)).toBe(true);
  });
});
