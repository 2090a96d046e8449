// How a name of the notation looks on a page: its letters, what stands above and below them, and which words are Greek
// letters. Shared by the printers for typesetting; how a printer writes the parts is its own affair.

import type { NameExpr } from './grammar.ts';

/** `sv.m1'[k]` is m with 1 and k below it, sv and a prime above. */
export interface Symbol {
  readonly letters: string;
  readonly below: readonly string[];
  readonly above: readonly string[];
  readonly primes: number;
}

/** A name, its own digits and underscores read as subscripts. */
export function symbolOf({ name, index }: Pick<NameExpr, 'name' | 'index'>): Symbol {
  const parts = name.split('.');
  const last = parts.at(-1)!;
  const bare = last.replaceAll("'", '');
  const [head = '', ...rest] = bare.split('_').filter((part) => part !== '');
  // What is more than a word (`axis 1`, `%14`) keeps its digits.
  const digits = /^[\p{L}\p{M}\d]*?(\d*)$/u.exec(head)?.[1] ?? '';
  const letters = head.slice(0, head.length - digits.length);
  // A name of digits and underscores alone has nothing to hang them on.
  const split = letters === '' ? { letters: bare, below: [] } : { letters, below: [...(digits === '' ? [] : [digits]), ...rest] };
  return { letters: split.letters, below: [...split.below, ...index], above: parts.slice(0, -1), primes: last.length - bare.length };
}

const lower = [
  'alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta', 'iota', 'kappa', 'lambda', 'mu', 'nu', 'xi',
  'pi', 'rho', 'sigma', 'tau', 'upsilon', 'phi', 'chi', 'psi', 'omega',
];
const capital = ['Gamma', 'Delta', 'Theta', 'Lambda', 'Xi', 'Pi', 'Sigma', 'Upsilon', 'Phi', 'Psi', 'Omega'];

/** Names of Greek letters to the letters. */
export const greek: ReadonlyMap<string, string> = new Map([
  ...[...'αβγδεζηθικλμνξπρστυφχψω'].map((char, at) => [lower[at]!, char] as const),
  ...[...'ΓΔΘΛΞΠΣΥΦΨΩ'].map((char, at) => [capital[at]!, char] as const),
]);

/** The letter under a circumflex, for a word that is one such letter. */
export function hatted(word: string): string | undefined {
  return /^(\p{L})\u0302$/u.exec(word.normalize('NFD'))?.[1];
}
