// The command line from outside: help, exit codes, one line for every mistake, and what happens when it is interrupted.

import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run, start } from './run.ts';

const commands = ['check', 'explain', 'mistakes'];

describe('help and version', () => {
  it('lists every command with a line', () => {
    const { code, out, err } = run(['--help']);
    expect([code, err]).toEqual([0, '']);
    for (const command of commands) expect(out).toMatch(new RegExp(`^  ${command} +\\S`, 'm'));
  });

  it.each(commands)('of %s says how it is used and what its exit codes mean', (command) => {
    const { code, out } = run([command, '--help']);
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

describe('a mistake', () => {
  it.each([
    ['no command', []],
    ['an unknown command', ['chekc']],
    ['an unknown option', ['explain', 'sv-am-softmax', '--colour']],
    ['a value that looks like an option', ['explain', 'sv-am-softmax', '--seed', '-1']],
    ['a setting outside its range', ['explain', 'sv-softmax', '--set', 't=0.9']],
    ['a file that is not there', ['explain', 'softmax', '--case', 'no/such/file.json']],
    ['a folder for a file', ['explain', 'softmax', '--case', 'src']],
    ['a file that is no JSON', ['explain', 'softmax', '--case', 'LICENSE']],
  ])('such as %s is one line on stderr and exit code 2', (_, args) => {
    const { code, out, err } = run(args);
    expect(err).toMatch(/^marginalia: \S[^\n]*\n$/);
    expect(err).not.toMatch(/\n {4}at |node:internal/);
    expect([code, out]).toEqual([2, '']);
  });
});

describe('the streams', () => {
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
