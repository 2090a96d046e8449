import { describe, expect, it } from 'vitest';

import { FormatError } from '../../src/base/errors.ts';
import { formulaError, tokenize } from '../../src/formula/tokens.ts';

const words = (text: string): string[] =>
  tokenize(text, (column) => ({ text, column })).map((token) => `${token.kind} ${token.text}`);

describe('tokens', () => {
  it('are numbers, names, words and signs, and the end', () => {
    expect(words("w'<=1.5e-3 if θ_1")).toEqual(
      ["name w'", 'symbol <=', 'number 1.5e-3', 'word if', 'name θ_1', 'end ']);
    expect(words('sv.L->x!=2e')).toEqual(
      ['name sv.L', 'symbol ->', 'name x', 'symbol !=', 'number 2', 'name e', 'end ']);
  });
});

describe('an error about a formula', () => {
  it('says what, where, the rule and what to do', () => {
    const error = formulaError('a + q', 4, "found 'q'", 'names are declared', 'declare it', 'p.derivation:7');
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toBe(
      "p.derivation:7:5: found 'q'\n  a + q\n      ^\nRule: names are declared.\nDo: declare it.");
  });

  it('keeps its caret under tabs, accents and a column beyond the line', () => {
    expect(formulaError('\ta\u0301 q', 4, '', '', '').message.split('\n')[2]).toBe('  \t  ^');
    expect(formulaError('ab', 99, '', '', '').message.split('\n')[2]).toBe('    ^');
  });

  it('lets no control character through', () => {
    expect(formulaError('a\u001b[31m\u202e', 0, 'found \u001b', '', '').message).not.toMatch(/[\u001b\u202e]/);
  });
});
