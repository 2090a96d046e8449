import { describe, expect, it } from 'vitest';

import { childrenOf, equalCond, equalExpr, freeIndices } from '../../src/formula/grammar.ts';
import { parseCond, parseExpr } from '../../src/formula/parse.ts';
import { indices } from './arbitraries.ts';

const free = (text: string): string[] => freeIndices(parseExpr(text, { indices }), indices);

describe('the tree', () => {
  it('is equal to another wherever both stand and however numbers are printed', () => {
    expect(equalExpr(parseExpr('a + 1.50'), parseExpr('  a  +  1.5'))).toBe(true);
    expect(equalExpr(parseExpr('a + b'), parseExpr('b + a'))).toBe(false);
    expect(equalExpr(parseExpr('c[k]'), parseExpr('c'))).toBe(false);
    expect(equalExpr(parseExpr('sum(k, c[k])'), parseExpr('sum(k != y, c[k])'))).toBe(false);
    expect(equalCond(parseCond('a < 1'), parseCond('a < 1.0'))).toBe(true);
    expect(equalCond(parseCond('a < 1'), parseCond('a <= 1'))).toBe(false);
  });

  it('names its parts in reading order', () => {
    const parts = childrenOf(parseExpr('a if k = y else b'));
    expect(parts.map((part) => part.kind)).toEqual(['name', 'compare', 'name']);
    expect(childrenOf(parseExpr('at(L, t = 1)')).map((part) => part.kind)).toEqual(['name', 'number']);
  });

  it('survives JSON', () => {
    const tree = parseExpr('sum(k != y, at(L, t = 1.50)) if not a < b else d(L, c[k])');
    expect(JSON.parse(JSON.stringify(tree))).toEqual(tree);
  });
});

describe('free indices', () => {
  it('are those that stand in brackets or alone and are not bound', () => {
    expect(free('c[k] * x')).toEqual(['k']);
    expect(free('A[j, k] + A[k, j]')).toEqual(['j', 'k']);
    expect(free('1 if k = y else 0')).toEqual(['k']);
    expect(free('sum(k != y, c[k])')).toEqual([]);
    expect(free('sum(k != y, c[k]) * c[k]')).toEqual(['k']);
    expect(free('sum(k != j, A[k, j])')).toEqual(['j']);
    expect(free('c[y]')).toEqual([]);
  });

  it('are also those of the name to differentiate by, and of other values', () => {
    expect(free('d(c[k], w[j])')).toEqual(['k', 'j']);
    expect(free('at(L, t = c[k])')).toEqual(['k']);
  });

  it('keep the index of a rank, which compares one with the others', () => {
    expect(free('rank(k, c[k])')).toEqual(['k']);
    expect(free('sum(k, rank(k, c[k]))')).toEqual([]);
  });
});
