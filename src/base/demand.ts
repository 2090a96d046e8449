// What a public function asks of its arguments before it works with them: a function where one is called, a list where
// one is walked, a text where one is read, options that are options. A caller without types is told in a sentence what
// is wrong, and not by a TypeError from the middle of the engine. Tensors are asked for in graph/, numbers and shapes
// where they are read.

import { DomainError, DTypeError, message } from './errors.ts';

/** What stands where something else should be, in the words of a message. */
export function described(x: unknown): string {
  if (x === null) return 'null';
  if (Array.isArray(x)) return 'an array';
  if (typeof x === 'string') return `the text '${x.length > 40 ? `${x.slice(0, 40)}…` : x}'`;
  if (typeof x === 'number' || typeof x === 'boolean') return `${typeof x} ${String(x)}`;
  return typeof x;
}

/** So many of a thing, in words: 1 step, 2 steps. */
export const counted = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** Refuses what cannot be called; `what` is its part, as in `the body`. */
export function demandFunction(f: unknown, who: string, what = 'the function'): void {
  if (typeof f === 'function') return;
  throw new DTypeError(message(
    `${who}: ${described(f)} for ${what}`, `${who} calls ${what}`, `Pass a function, as in ${who}((x) => …)`));
}

/** Refuses what is no list of arguments: a single tensor has to be written [x]. */
export function demandList(list: unknown, what: string, who: string): void {
  if (Array.isArray(list)) return;
  throw new DTypeError(message(
    `${who}: ${list === undefined ? 'no' : described(list)} ${list === undefined ? what : `for the ${what}`}`,
    `The ${what} are a list, one entry per argument`, 'Write [x]'));
}

export function demandText(text: unknown, who: string): asserts text is string {
  if (typeof text === 'string') return;
  throw new DTypeError(message(`${who}: ${described(text)} for the text`, `${who} reads a string`, 'Pass a string'));
}

/** Refuses what is no record with these parts, which another function of the engine makes: `source` says which. */
export function demandMade(x: unknown, parts: readonly string[], who: string, source: string): void {
  if (typeof x === 'object' && x !== null && parts.every((part) => part in x)) return;
  throw new DTypeError(message(`${who}: ${described(x)}`, `${who} takes ${source}`, 'Pass that'));
}

const sorts = {
  record: [(x: unknown) => typeof x === 'object' && x !== null && !Array.isArray(x), 'an object'],
  records: [(x: unknown) => Array.isArray(x) && x.every((each) => typeof each === 'object' && each !== null), 'a list of objects'],
  list: [(x: unknown) => Array.isArray(x) || (ArrayBuffer.isView(x) && 'length' in x), 'a list or a typed array'],
  bytes: [(x: unknown) => x instanceof Uint8Array, 'a Uint8Array'],
} as const;

/** Refuses what is not of a sort; the arguments are given by name. */
export function demandSort(sort: keyof typeof sorts, given: Readonly<Record<string, unknown>>, who: string): void {
  const [fits, what] = sorts[sort];
  for (const [name, x] of Object.entries(given)) {
    if (!fits(x)) throw new DTypeError(message(`${who}: ${described(x)} for ${name}`, `It is ${what}`, 'Check the order of the arguments'));
  }
}

/** An object as `{ … }` writes it, in whatever realm: no list, no tensor, no instance of a class. */
function isRecord(x: unknown): x is object {
  if (typeof x !== 'object' || x === null || Array.isArray(x)) return false;
  const parent: unknown = Object.getPrototypeOf(x);
  return parent === null || Object.getPrototypeOf(parent) === null;
}

/**
 * Refuses a number or a tensor in the place of the options, and names nobody knows: `sum(x, 1)` and `sum(x, { dim: 1 })`
 * would both be the sum of everything.
 */
export function demandOptions(options: unknown, known: readonly string[], who: string): void {
  if (!isRecord(options)) {
    throw new DTypeError(message(
      `${who}: options ${String(options)}`, `Options are an object { ${known.join(', ')} }`, 'Name the option'));
  }
  const stranger = Object.keys(options).find((name) => !known.includes(name));
  if (stranger !== undefined) {
    throw new DomainError(message(`${who}: the option '${stranger}'`, `Options are ${known.join(', ')}`, 'Check the spelling'));
  }
}
