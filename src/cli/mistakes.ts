// `marginalia mistakes`: the gallery of known mistakes, as a list, or one of them checked before your eyes.

import { checkMistake, mistakeList, mistakes as gallery, mistakeText } from '../papers/index.ts';
import { readArguments, UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { painter, print } from './output.ts';

const help = `usage: marginalia mistakes [name] [options]

Without a name, the list of known mistakes. With one: the line as people wrote it, what is wrong with
it, the smallest point found at which it shows, and the right line with its digits.

  --json         print the list or the report as JSON
  --help         this text

Exit code 0 when the mistake is caught and the right line holds, 1 otherwise, 2 for bad usage.`;

function run(args: readonly string[]): number {
  const { values, positionals } = readArguments(args, { json: { type: 'boolean' } }, 'mistakes');
  const [id, extra] = positionals;
  if (extra !== undefined) throw new UsageError(`mistakes: one mistake at a time, found '${extra}' after '${id!}'`);
  const json = values['json'] === true;
  if (id === undefined) {
    print(json ? JSON.stringify(gallery.map(({ id: name, summary }) => ({ id: name, summary })), null, 1)
      : `${mistakeList(gallery)}\n\nmarginalia mistakes NAME checks one of them`);
    return 0;
  }
  if (!gallery.some((mistake) => mistake.id === id)) {
    throw new UsageError(`mistakes: there is no mistake '${id}'; marginalia mistakes lists them`);
  }
  const report = checkMistake(id);
  print(json ? JSON.stringify(report, finite, 1) : mistakeText(report, painter(process.stdout)));
  return report.ok ? 0 : 1;
}

/** JSON has no NaN and no infinity: they become texts. */
const finite = (_: string, value: unknown): unknown =>
  (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value);

export const mistakes: Command = { summary: 'known mistakes of public code, each caught', help, run };
