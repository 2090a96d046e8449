// What people write wrongly, and what they meant: signs of papers and other languages, misspelt words, and tokens where
// they cannot stand. Only sentences live here; parse.ts and tokens.ts notice the mistake, and tokens.ts shows it.

import { compareOps } from './grammar.ts';

export interface Token {
  readonly kind: 'number' | 'name' | 'word' | 'symbol' | 'end';
  readonly text: string;
  readonly column: number;
}

/** A token as an error names it. */
export function shown(token: Token): string {
  return token.kind === 'end' ? 'the end' : `'${token.text.length > 40 ? `${token.text.slice(0, 40)}…` : token.text}'`;
}

/** What people type from a paper or another language, and what is written here instead. */
export const lookalikes: ReadonlyMap<string, string> = new Map([
  ['==', '='], ['**', '^'], ['<>', '!='], ['&&', 'and'], ['||', 'not (not p and not q)'], ['≤', '<='], ['≥', '>='],
  ['≠', '!='], ['−', '-'], ['–', '-'], ['·', '*'], ['⋅', '*'], ['×', '*'], ['÷', '/'], ['²', '^2'], ['³', '^3'],
  ['∑', 'sum(k, e)'], ['∂', 'd(e, x)'], ['√', 'sqrt(e)'], ['!', '!= or not'], ['&', 'and'], ['→', '->'],
  ['.', '0.5, not .5'],
]);

/** The rule that a token breaks where something else was needed, and what to do. */
export function advice(token: Token, before: Token | undefined, needed: string): readonly [rule: string, hint: string] {
  const ends = before !== undefined && (['number', 'name'].includes(before.kind) || [')', ']'].includes(before.text));
  if (ends && (token.kind === 'name' || token.kind === 'number' || token.text === '(')) {
    return ['the product is always written with *', `write * before ${shown(token)}`];
  }
  if (needed.startsWith('a comparison') && ends) {
    return ['a condition compares two values; a mask is a value like any other', 'write mask = 1, k != y or a < b'];
  }
  if (compareOps.has(token.text)) {
    return needed.startsWith('an operator') || needed.startsWith("')'") || needed.startsWith("','")
      ? ['a comparison is a condition or a claim, not a value, and comparisons do not chain',
        'write 1 if a = b else 0 for an indicator, and a < b and b < c for a chain']
      : ['a comparison stands between two expressions', 'write the side that is missing'];
  }
  switch (token.text) {
    case 'or': return ['conditions are joined by and, and turned round by not', 'write not (not p and not q)'];
    case 'where': return ['where ends a claim', 'remove it, or write e if … else … for a choice inside a formula'];
    case 'and': case 'not':
      return ['and and not belong to conditions: after if, after where, or first in a sum', 'multiply values with *'];
    case 'if': return ['a choice inside a comparison, product or sum stands in parentheses', 'write (a if … else b)'];
    case 'else': return ['else belongs to an if', 'write a if … else b'];
    case '+': return ['there is no sign +; a number is positive as it stands', 'remove it'];
    case ',': return ['commas separate arguments and the indices in brackets', 'remove it, or check the parentheses'];
    case ')':
      if (needed.startsWith("','")) return ['this form has a second part', `write ${needed}`];
      return ['each ) closes one (', ends ? 'remove it, or open one earlier' : 'write what is missing before it'];
    case '[': return ['indices follow a name directly', 'give the quantity a name with define, and index that'];
    case '':
      return ['a formula is complete on its own', 'write what is missing; a continuation is indented by two spaces'];
    default:
      return ['this does not fit the grammar of the notation', `write ${needed} here, or remove ${shown(token)}`];
  }
}
