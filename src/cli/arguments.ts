// Reading arguments: node's parser, with every mistake turned into one sentence that says what to do.

import { readFileSync, statSync } from 'node:fs';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { MarginaliaError } from '../base/errors.ts';
import { perhaps } from '../base/nearest.ts';

/** Bad usage or bad input: one line on stderr, exit code 2. */
export class UsageError extends MarginaliaError {}

export type Options = NonNullable<ParseArgsConfig['options']>;

export interface Arguments {
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

/** How an option of the command line is called that sets what the engine calls by this name: `warmUp`, `--warm-up`. */
export const optionOf = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

export function readArguments(args: readonly string[], options: Options, command: string): Arguments {
  try {
    const { values, positionals, tokens } = parseArgs({
      args: [...args], options, allowPositionals: true, strict: true, tokens: true
    });
    const given = tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []));
    const twice = given.find((name, i) => options[name]?.multiple !== true && given.indexOf(name) < i);
    if (twice !== undefined) throw new UsageError(`--${twice} is given twice; leave one out`);
    const empty = Object.keys(values).find((name) => values[name] === '');
    if (empty !== undefined) throw new UsageError(`--${empty} is given without a value; see marginalia ${command} --help`);
    return { values, positionals };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const option = error instanceof Error && /argument is ambiguous/.test(error.message)
      && /'(--[\w-]+)'/.exec(error.message)?.[1];
    if (option) {
      const next = args.find((_, i) => args[i - 1] === option && args[i]!.startsWith('-')) ?? '--';
      throw new UsageError(next.startsWith('--') ? `${option} is given without a value; see marginalia ${command} --help`
        : `${option} is followed by ${next}; a value that begins with - is written ${option}=${next}`);
    }
    const text = error instanceof Error ? error.message.split(/\.\s/)[0]! : String(error);
    const stranger = /^Unknown option '--(.+)'/.exec(text)?.[1] ?? '';
    throw new UsageError(
      `${text}${perhaps(stranger, Object.keys(options)).replace('perhaps ', 'perhaps --')}; see marginalia ${command} --help`);
  }
}

/** The text of a file; what is none is said to be none. */
export function readText(path: string): string {
  if (statSync(path).isDirectory()) throw new UsageError(`${path}: is a folder, a file is needed`);
  const text = readFileSync(path, 'utf8');
  // Neither stands in a text: what cannot be decoded becomes U+FFFD.
  if (/[\0\uFFFD]/.test(text)) throw new UsageError(`${path}: is no text in UTF-8`);
  return text;
}

/** A whole number given as text. */
export function wholeNumber(
  text: string | boolean | (string | boolean)[] | undefined, name: string, least: number, standard: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  if (text === undefined) return standard;
  const value = Number(text);
  if (typeof text !== 'string' || text.trim() === '' || !Number.isSafeInteger(value) || value < least) {
    throw new UsageError(`--${name} ${String(text)}: a whole number ≥ ${least} is needed, such as --${name} ${standard}`);
  }
  if (value > most) throw new UsageError(`--${name} ${text}: at most ${most}, such as --${name} ${standard}`);
  return value;
}

/** A number given as text. */
export function decimal(
  text: string | boolean | (string | boolean)[] | undefined, name: string, standard: unknown = 0.1
): number {
  const value = Number(text);
  if (typeof text === 'string' && text.trim() !== '' && Number.isFinite(value)) return value;
  throw new UsageError(`--${name} ${String(text)}: a number is needed, such as --${name} ${String(standard)}`);
}
