#!/usr/bin/env node
// The command line: `marginalia <command>`. Exit codes: 0 all holds, 1 a line is wrong, 2 bad usage or input (one clear
// line on stderr, never a stack), 130 interrupted. Each command is a file of its own.

import { readFileSync } from 'node:fs';
import { MarginaliaError } from '../base/errors.ts';
import { UsageError } from './arguments.ts';
import { check } from './check.ts';
import type { Command } from './command.ts';
import { explain } from './explain.ts';
import { mistakes } from './mistakes.ts';
import { print } from './output.ts';

const commands: ReadonlyMap<string, Command> = new Map([['check', check], ['explain', explain], ['mistakes', mistakes]]);

function help(): string {
  const list = [...commands].map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`);
  return [
    'marginalia: write a loss as the paper writes it, and have every line of its derivation proved', '',
    'usage: marginalia <command> [options]', '', ...list, '',
    '  --help      this text; marginalia <command> --help for one command', '  --version   the version',
  ].join('\n');
}

async function main(args: readonly string[]): Promise<number> {
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
  const command = name === undefined ? undefined : commands.get(name);
  if (command === undefined) {
    const what = name === undefined ? 'no command given' : `there is no command '${name}'`;
    throw new UsageError(`${what}; commands are ${[...commands.keys()].join(', ')}; see marginalia --help`);
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    print(command.help);
    return 0;
  }
  return command.run(rest);
}

/** The sentence for an error a user can cause; undefined for a bug, which keeps its stack. */
function sentence(error: unknown): string | undefined {
  if (error instanceof MarginaliaError) return error.message;
  if (error instanceof Error && 'code' in error && 'syscall' in error) {
    const path = 'path' in error ? `${String(error.path)}: ` : '';
    const reasons: Record<string, string> = {
      ENOENT: 'no such file or folder', EACCES: 'no permission', EISDIR: 'is a folder, a file is needed', ENOTDIR: 'is a file, a folder is needed',
      ENOSPC: 'no space left on the disk', EROFS: 'the file system is read-only', EPERM: 'not permitted',
    };
    return `${path}${reasons[String(error.code)] ?? error.message}`;
  }
  return undefined;
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of a pipe went away (`| head`): nothing is left to do.
  process.exit(error.code === 'EPIPE' ? 0 : 2);
});
process.on('SIGINT', () => {
  process.stderr.write('\ninterrupted\n');
  process.exit(130);
});

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const text = sentence(error);
    if (text === undefined) throw error;
    process.stderr.write(`marginalia: ${text}\n`);
    process.exitCode = 2;
  },
);
