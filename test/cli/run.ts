// Runs the command line in a process of its own, as a user does: with pipes, so without colours.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { vi } from 'vitest';
import { dispatch } from '../../src/cli/dispatch.ts';
import { filesBelow, root } from '../source.ts';

const changed = (path: string): number => statSync(join(root, path)).mtimeMs;
const newest = Math.max(...filesBelow('src').map(changed));
/** The built program, which starts three times as fast, unless a source is newer than it. */
const built = 'dist/cli/main.js';
const program = existsSync(join(root, built)) && changed(built) >= newest
  ? [join(root, built)] : [
    '--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href, join(root, 'src/cli/main.ts'),
  ];

/** How the program is started, as the words of a command. */
export const command: readonly string[] = [process.execPath, ...program];

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export function run(args: readonly string[], env: Record<string, string> = {}, cwd = root): Outcome {
  const { status, stdout, stderr } = spawnSync(
    process.execPath, [...program, ...args], { cwd, encoding: 'utf8', env: { ...process.env, ...env } });
  return { code: status, out: stdout, err: stderr };
}

/** The same with what it prints going to a file. */
export function runInto(path: string, args: readonly string[]): Pick<Outcome, 'code' | 'err'> {
  const file = openSync(path, 'w');
  const { status, stderr } = spawnSync(
    process.execPath, [...program, ...args], { cwd: root, encoding: 'utf8', stdio: ['ignore', file, 'pipe'] });
  closeSync(file);
  return { code: status, err: stderr };
}

/** The same without a process, for what does not depend on one: a tenth of the time. */
export async function call(args: readonly string[]): Promise<Outcome> {
  const written = { out: '', err: '' };
  const catching = (stream: NodeJS.WriteStream, to: keyof typeof written) => vi.spyOn(stream, 'write')
    .mockImplementation((text) => {
    written[to] += String(text);
    return true;
  });
  const spies = [catching(process.stdout, 'out'), catching(process.stderr, 'err')];
  try {
    return { code: await dispatch(args), ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** Starts it and leaves it running; `act` may write, close or kill. Resolves with the outcome. */
export function start(args: readonly string[], act: (child: ChildProcess) => void): Promise<Outcome> {
  const child = spawn(process.execPath, [...program, ...args], { cwd: root });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  act(child);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}
