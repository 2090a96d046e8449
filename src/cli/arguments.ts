// Reading arguments: node's parser, with every mistake turned into one sentence that says what to do.

import { parseArgs, type ParseArgsConfig } from 'node:util';
import { MarginaliaError } from '../base/errors.ts';

/** Bad usage or bad input: one line on stderr, exit code 2. */
export class UsageError extends MarginaliaError {}

export type Options = NonNullable<ParseArgsConfig['options']>;

export interface Arguments {
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

export function readArguments(args: readonly string[], options: Options, command: string): Arguments {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    return { values, positionals };
  } catch (error) {
    const text = error instanceof Error ? error.message.split(/\.\s/)[0]! : String(error);
    throw new UsageError(`${text}; see marginalia ${command} --help`);
  }
}

/** A whole number given as text. */
export function wholeNumber(text: string | boolean | (string | boolean)[] | undefined, name: string, least: number, standard: number): number {
  if (text === undefined) return standard;
  const value = Number(text);
  if (typeof text !== 'string' || text.trim() === '' || !Number.isSafeInteger(value) || value < least) {
    throw new UsageError(`--${name} ${String(text)}: a whole number ≥ ${least} is needed, such as --${name} ${standard}`);
  }
  return value;
}
