import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Claim } from '../../src/formula/grammar.ts';
import { parseClaim, parseCond, parseExpr } from '../../src/formula/parse.ts';
import { printClaim, printCond, printExpr } from '../../src/formula/print.ts';
import { exprs, indices, runs } from './arbitraries.ts';

describe('printing', () => {
  it.each([
    ['((a)) + ((b * c))', 'a + b * c'],
    ['(a + b) + c', 'a + b + c'],
    ['a + (b + c)', 'a + (b + c)'],
    ['a - (b - c)', 'a - (b - c)'],
    ['(a / b) * c', 'a / b * c'],
    ['a / (b * c)', 'a / (b * c)'],
    ['(-a) * b', '-a * b'],
    ['-(a * b)', '-(a * b)'],
    ['(-a)^2', '(-a)^2'],
    ['-(a^2)', '-a^2'],
    ['a^(-b)', 'a^-b'],
    ['(a^b)^c', '(a^b)^c'],
    ['a^(b^c)', 'a^b^c'],
    ['pow(a + 1, b)', '(a + 1)^b'],
    ['a if (k = y) else (b if k < y else c)', 'a if k = y else b if k < y else c'],
    ['(a if k = y else b) if k < y else c', '(a if k = y else b) if k < y else c'],
    ['a if (b if k = y else c) > 0 else 1', 'a if (b if k = y else c) > 0 else 1'],
    ['s*c[ y ]', 's * c[y]'],
    ['A[i,l]', 'A[i, l]'],
    ['sum( k!=y , exp( c[k] ) )', 'sum(k != y, exp(c[k]))'],
    ['d( d(L,c[k]) , c[j] )', 'd(d(L, c[k]), c[j])'],
    ['at( L,t=1 ,m=0 )', 'at(L, t = 1, m = 0)'],
  ])('prints %j as %j, with no parenthesis too many', (text, printed) => {
    expect(printExpr(parseExpr(text, { indices }))).toBe(printed);
  });

  it.each([
    ['((a < b))', 'a < b'],
    ['not (a < b)', 'not a < b'],
    ['not ((a < b) and (k = y))', 'not (a < b and k = y)'],
    ['(a < b and b < c) and c < e', '(a < b and b < c) and c < e'],
  ])('prints the condition %j as %j', (text, printed) => {
    expect(printCond(parseCond(text))).toBe(printed);
  });

  it('puts a choice on the left of a claim in parentheses, for the eye', () => {
    const text = '(a if k = y else b) = c where k != y';
    expect(printClaim(parseClaim(text))).toBe(text);
    expect(printClaim(parseClaim(text.replace(/[()]/g, '')))).toBe(text);
  });

  it('keeps the digits of the literal', () => {
    expect(printClaim(parseClaim('-log(0.20)=1.60940'))).toBe('-log(0.20) = 1.60940');
  });

  it('law: removing any pair of parentheses changes what is read', () => {
    const without = (text: string, open: number): string => {
      let depth = 0;
      for (let close = open; close < text.length; close += 1) {
        if (text[close] === '(') depth += 1;
        if (text[close] === ')') depth -= 1;
        if (depth === 0) return `${text.slice(0, open)} ${text.slice(open + 1, close)} ${text.slice(close + 1)}`;
      }
      return text;
    };
    const read = (text: string): Claim | null => {
      try {
        return parseClaim(`${text} = 0`, { indices });
      } catch {
        return null;
      }
    };
    fc.assert(fc.property(exprs, (tree) => {
      const printed = printExpr(tree);
      for (const match of printed.matchAll(/(?<![\p{L}\p{N}\p{M}_'])\(/gu)) {
        const again = read(without(printed, match.index));
        if (again !== null) expect(printExpr(again.left)).not.toBe(printed);
      }
    }), { ...runs, numRuns: 3 * runs.numRuns });
  });
});
