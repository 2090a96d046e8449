// What the command line writes and how: colour only on a terminal that wants it, progress only on a terminal, files
// whole or not at all.

import { statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder, writeWhole } from '../base/node.ts';
import type { Paint } from '../check/ledger-text.ts';
import { UsageError } from './arguments.ts';

const codes = { holds: '32', amended: '33', fails: '31;1', unexercised: '35', dim: '2', bold: '1' } as const;

/** True where the stream is a terminal and NO_COLOR is not set. */
export function hasColour(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}

export function painter(stream: NodeJS.WriteStream): Paint {
  const colour = hasColour(stream);
  return (kind, text) => (colour ? `\u001b[${codes[kind]}m${text}\u001b[0m` : text);
}

/** Columns to fill: those of the terminal, but no line grows longer than is read at ease. */
export const columns = (): number => Math.max(40, Math.min(100, process.stdout.columns ?? 100));

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/**
 * A line that is overwritten, on a terminal only; in a log file there is none. A longer one than fits could not be
 * overwritten.
 */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
}

/** Refuses a folder where a file is to be written. */
export function demandFile(path: string): void {
  const isFolder = path.endsWith('/') || statSync(path, { throwIfNoEntry: false })?.isDirectory();
  if (isFolder) throw new UsageError(`${path}: is a folder, a file is needed`);
}

/** Writes a text file whole, with the folders it stands in; a device or a pipe is written to, and not replaced by a file. */
export function writeText(path: string, text: string): void {
  demandFile(path);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
    try {
      writeFileSync(path, text);
    } catch (error) {
      // Node's own has no path where the device is full.
      throw Object.assign(error as Error, { path });
    }
    return;
  }
  makeFolder(dirname(path));
  writeWhole(path, new TextEncoder().encode(text));
}
