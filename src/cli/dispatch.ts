// From arguments to an exit code: finds the command, runs it, and turns whatever goes wrong into a sentence on stderr.
// Exit codes: 0 all holds, 1 a line is wrong, 2 bad usage or input. Each command is a file of its own, read only when it
// is called for. What belongs to a process (signals, pipes) is in main.ts.

import { readFileSync } from 'node:fs';
import { MarginaliaError } from '../base/errors.ts';
import { perhaps } from '../base/nearest.ts';
import { UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { print } from './output.ts';

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** A command's file is read when it is called for: the list of commands needs none of the engine. */
const commands: ReadonlyMap<string, Entry> = new Map(Object.entries<Entry>({
  check: { summary: 'prove a derivation line by line', load: async () => (await import('./check.ts')).check },
  compare: {
    summary: 'train with several losses under one protocol, and compare them',
    load: async () => (await import('./compare.ts')).compare,
  },
  explain: { summary: 'show a loss line by line, with its derivative', load: async () => (await import('./explain.ts')).explain },
  explore: {
    summary: 'serve the playground: a loss on the circle, live', load: async () => (await import('./explore.ts')).explore,
  },
  mistakes: { summary: 'known mistakes of public code, each caught', load: async () => (await import('./mistakes.ts')).mistakes },
  train: { summary: 'train a network with a loss, and judge it', load: async () => (await import('./train.ts')).train },
}));

function help(): string {
  const list = [...commands].map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`);
  return [
    'marginalia: write a loss as the paper writes it, and have every line of its derivation proved', '',
    'usage: marginalia <command> [options]', '', ...list, '',
    '  --help      this text; marginalia <command> --help for one command', '  --version   the version',
  ].join('\n');
}

async function command(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--version') {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
    print(version);
    return 0;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    print(help());
    return 0;
  }
  const entry = name === undefined ? undefined : commands.get(name);
  if (entry === undefined) {
    const what = name === undefined ? 'no command given' : `there is no command '${name}'${perhaps(name, commands.keys())}`;
    throw new UsageError(`${what}; commands are ${[...commands.keys()].join(', ')}; see marginalia --help`);
  }
  const { help: text, run } = await entry.load();
  if (rest.includes('--help') || rest.includes('-h')) {
    print(text);
    return 0;
  }
  return run(rest);
}

/** One sentence for every error; a bug says that it is one, and shows its stack where that is asked for. */
function sentence(error: unknown): string {
  if (error instanceof MarginaliaError) return error.message;
  if (error instanceof Error && 'code' in error && 'syscall' in error) {
    const path = 'path' in error ? `${String(error.path)}: ` : '';
    const reasons: Record<string, string> = {
      ENOENT: 'no such file or folder', EACCES: 'no permission', EISDIR: 'is a folder, a file is needed',
      ENOTDIR: 'is a file, a folder is needed',
      ENOSPC: 'no space left on the disk', EROFS: 'the file system is read-only', EPERM: 'not permitted',
      EEXIST: 'is a file, a folder is needed',
    };
    // The folders above are there.
    const isMaking = error.syscall === 'mkdir' && error.code === 'ENOENT';
    return `${path}${isMaking ? 'no folder can be made there' : reasons[String(error.code)] ?? error.message}`;
  }
  if (error instanceof Error && process.env['MARGINALIA_STACK']) return error.stack ?? error.message;
  return `this is a bug of ours, please report it: ${String(error).replace(/\s+/g, ' ')} (MARGINALIA_STACK=1 shows where)`;
}

/** Runs the command line; what goes wrong is one message on stderr and the code 2. */
export async function dispatch(args: readonly string[]): Promise<number> {
  try {
    return await command(args);
  } catch (error) {
    process.stderr.write(`marginalia: ${sentence(error)}\n`);
    return 2;
  }
}
