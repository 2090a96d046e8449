// Reads the derivation files that lie beside this module.

import { readFileSync } from 'node:fs';

/** Ids of the built-in derivations. */
export const papers: readonly string[] = ['sv-softmax'];

/** The text of a built-in derivation. */
export function readPaper(id: string): string {
  return readFileSync(new URL(`${id}.derivation`, import.meta.url), 'utf8');
}
