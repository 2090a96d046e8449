// Reads the derivation files that lie beside this module and in its folder of mistakes.

import { readFileSync } from 'node:fs';

/** Ids of the built-in derivations. */
export const papers: readonly string[] = ['sv-softmax'];

/** The text of a built-in derivation. */
export function readPaper(id: string): string {
  return read(`${id}.derivation`);
}

/** The text of a mistake that is a formula. */
export function readMistake(id: string): string {
  return read(`mistakes/${id}.derivation`);
}

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}
