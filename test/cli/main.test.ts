// The command line from outside: help, exit codes, one line for every mistake, and what happens when it is interrupted.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { call, run, runInto, start } from './run.ts';

const commands = ['check', 'explain', 'mistakes', 'train', 'compare'];

describe('help and version', () => {
  it('lists every command with a line', () => {
    const { code, out, err } = run(['--help']);
    expect([code, err]).toEqual([0, '']);
    for (const command of commands) expect(out).toMatch(new RegExp(`^  ${command} +\\S`, 'm'));
  });

  it.each(commands)('of %s says how it is used and what its exit codes mean', async (command) => {
    const { code, out } = await call([command, '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^usage: marginalia ${command} `));
    expect(out).toMatch(/Exit code 0/);
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(101);
  });

  it('prints the version of the package', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
    expect(run(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });
});

const folder = mkdtempSync(join(tmpdir(), 'marginalia-main-'));
mkdirSync(join(folder, 'a.derivation'));
mkdirSync(join(folder, 'people/ann/1.pgm'), { recursive: true });
writeFileSync(join(folder, 'bytes.derivation'), Uint8Array.of(0, 200, 255, 10, 7, 65));
writeFileSync(join(folder, 'one.derivation'), 'claim A 1 < 2\n');
writeFileSync(join(folder, 'infinite.json'), '{"features": [[1, 1e999]], "weights": [[1, 2], [2, 1]], "labels": [0]}');
afterAll(() => rmSync(folder, { recursive: true }));

describe('a mistake', () => {
  it.each([
    ['no command', []],
    ['an unknown command', ['chekc'], /^marginalia: there is no command 'chekc', perhaps check; commands are/],
    ['an unknown option', ['explain', 'sv-am-softmax', '--colour']],
    ['a value that looks like an option', ['explain', 'sv-am-softmax', '--seed', '-1']],
    ['an option given twice', ['check', 'sv-softmax', '--cases', '1', '--cases', '2']],
    ['a folder for a picture', ['train', '--data', join(folder, 'people')], /people\/ann\/1\.pgm: is a folder/],
    [
      'a setting given twice', ['explain', 'sv-am-softmax', '--set', 'm=0.3', '--set', 'm=0.4'],
      /^marginalia: --set m is given twice/,
    ],
    ['an empty value', ['train', '--out', ''], /^marginalia: --out is given without a value/],
    ['a whole number that is none', ['train', '--epochs', 'x'], /such as --epochs 10$/m],
    [
      'more people than anybody draws', ['train', '--people', '1e12', '--out', 'no/such'],
      /^marginalia: --people 1e12: at most 100000/,
    ],
    ['more points than fit', ['check', 'sv-softmax', '--cases', '1e9']],
    ['a setting that is no number', ['explain', 'sv-softmax', '--set', 't=abc'], /^marginalia: --set t=abc: t is a number/],
    [
      'a report in the place of a file', ['check', join(folder, 'one.derivation'), '--cases', '1', '--out', 'LICENSE'],
      /^marginalia: --out LICENSE: is a file/,
    ],
    ['a folder for a derivation', ['check', join(folder, 'a.derivation')], /a\.derivation: is a folder/],
    ['a binary file', ['check', join(folder, 'bytes.derivation')], /bytes\.derivation: is no text/],
    ['a binary case', ['explain', 'softmax', '--case', join(folder, 'bytes.derivation')]],
    [
      'numbers that are none', ['explain', 'softmax', '--case', join(folder, 'infinite.json')],
      /infinite\.json: features: a list of rows/,
    ],
    ['a loss misspelt', ['explain', 'arc-sotfmax'], /Choose one of them, perhaps arc-softmax\.$/m],
    ['another loss misspelt', ['explain', 'am-softmax', '--against', 'arc-sotfmax'], /perhaps arc-softmax\) nor a file/],
    ['a mistake misspelt', ['mistakes', 'easy-margin-masc'], /'easy-margin-masc', perhaps easy-margin-mask;/],
    ['a folder in the place of a page', ['mistakes', '--html', folder], /: is a folder, a file is needed$/m],
    ['a folder for a page of a derivation', ['check', 'sv-softmax', '--html', folder], /: is a folder, a file is needed$/m],
    [
      'a folder that cannot be made', ['check', join(folder, 'one.derivation'), '--cases', '1', '--out', 'LICENSE/report'],
      /is a file, a folder/,
    ],
    ['a setting outside its range', ['explain', 'sv-softmax', '--set', 't=0.9']],
    ['a file that is not there', ['explain', 'softmax', '--case', 'no/such/file.json']],
    ['a folder for a file', ['explain', 'softmax', '--case', 'src']],
    ['a file that is no JSON', ['explain', 'softmax', '--case', 'LICENSE']],
  ] as [string, string[], RegExp?][])('such as %s is one line on stderr and exit code 2', async (_, args, says = /./) => {
    const { code, out, err } = await call(args);
    expect(err).toMatch(says);
    expect(err).toMatch(/^marginalia: \S[^\n]*\n$/);
    expect(err).not.toMatch(/\n {4}at |node:internal/);
    expect([code, out]).toEqual([2, '']);
  });
});

it('a mistake leaves the process with its code, and stdout empty', () => {
  const { code, out, err } = run(['explain', 'softmax', '--case', 'no/such/file.json', '--json']);
  expect([code, out]).toEqual([2, '']);
  expect(err).toBe('marginalia: no/such/file.json: no such file or folder\n');
});

it('a bug says that it is one, in one line', async () => {
  const broken = vi.spyOn(JSON, 'parse').mockImplementation(() => {
    throw new TypeError('nothing\nto parse');
  });
  const { code, err } = await call(['--version']);
  broken.mockRestore();
  expect(code).toBe(2);
  expect(err)
    .toBe('marginalia: this is a bug of ours, please report it: TypeError: nothing to parse (MARGINALIA_STACK=1 shows where)\n');
});

describe('the streams', () => {
  it.runIf(existsSync('/dev/full'))('that are full are told, and are no success', () => {
    const { code, err } = runInto('/dev/full', ['explain', 'softmax']);
    expect([code, err]).toEqual([2, expect.stringMatching(/^marginalia: the output cannot be written: ENOSPC[^\n]*\n$/)]);
  });

  it('carry no colours where they are no terminal, nor with NO_COLOR', () => {
    expect(run(['explain', 'softmax']).out).not.toContain('\u001b');
    expect(run(['explain', 'softmax'], { NO_COLOR: '1', FORCE_COLOR: '1' }).out).not.toContain('\u001b');
  });

  it('may lose their reader: a closed pipe is no error', async () => {
    const { code, err } = await start(['explain', 'sv-am-softmax', '--json'], (child) => child.stdout!.destroy());
    expect([code, err]).toEqual([0, '']);
  });

  it('hear Ctrl-C between two lines and leave with 130', async () => {
    const out = mkdtempSync(join(tmpdir(), 'marginalia-'));
    const { code, err } = await start(['check', 'sv-softmax', '--cases', '200', '--out', out], (child) => {
      child.stdout!.once('data', () => child.kill('SIGINT'));
    });
    expect(code).toBe(130);
    expect(err).toContain('interrupted');
  });
});
