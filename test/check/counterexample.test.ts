// The smallest failing point is one that shows the mistake: inside its cell, and with the kinds of values it began with.

import { describe, expect, it } from 'vitest';
import { checkDerivation } from '../../src/check/derivation.ts';
import { counterexampleText } from '../../src/check/ledger-text.ts';
import { parseDerivation } from '../../src/formula/index.ts';

const exampleOf = (claim: string, declared = 'declare a b: scalar') =>
  checkDerivation(parseDerivation(`title T\n${declared}\nclaim D ${claim}`)).rows[0]!.counterexample!;

describe('the smallest failing point', () => {
  it.each([
    ['a kink', 'd(abs(a), a) = 1', { values: { a: -1 }, left: -1 }],
    ['a kink beside a constant', 'd(max(a, 0), a) = 1', { values: { a: -1 }, left: 0 }],
    ['a tie', 'd(max(a, b), a) = 1', { left: 0 }],
    ['a tie that is told by a condition', 'd(max(a, b), a) = 1 if a < b else 0', { values: { a: 1, b: 0 }, left: 1 }],
  ])('is not on %s that it did not begin on', (_, claim, shown) => {
    expect(exampleOf(claim)).toMatchObject(shown);
  });

  it('is on a border where the line fails nowhere else', () => {
    expect(exampleOf('d(abs(a), a) = 1 if a >= 0 else -1', 'declare a: scalar in {-1, 0, 1}')).toMatchObject({ values: { a: 0 }, left: 0, right: 1 });
  });

  it('shrinks all the same where a line fails differently at every neighbour', () => {
    expect(exampleOf('sin(1e12 * a) = 2').values).toEqual({ a: 1 });
  });

  it('keeps numbers at the ends of their interval, past which it does not look', () => {
    expect(exampleOf('2 * q = 3 * q', 'declare q: scalar in [1, 2]')).toMatchObject({ values: { q: 1 }, left: 2, right: 3 });
    expect(exampleOf('q != (q if q <= 1 else 0)', 'declare q: scalar in [0, 1]')).toMatchObject({ values: { q: 1 }, left: 1, right: 1 });
  });

  it('does not make infinite what was finite or had no value, and shows a finite side where there is one', () => {
    expect(exampleOf('log(a * b) = log(a) + log(b)')).toMatchObject({ values: { a: -1, b: -1 }, left: 0, right: NaN });
    expect(exampleOf('1 / a = a')).toMatchObject({ left: 0.5, right: 2 });
  });

  it('of an inequality does not end where the sides meet', () => {
    const { left, right } = exampleOf('a > b');
    expect(left).toBeLessThan(right);
    expect(exampleOf('a > a')).toMatchObject({ values: { a: 1 } });
  });

  it('is a small whole number rather than whatever the point rounds to', () => {
    expect(exampleOf('d(a^3, a) = 3 * a')).toMatchObject({ left: 12, right: 6 });
  });

  it('is found for sides that differ by little, and written with the digits in which they do', () => {
    const example = exampleOf('cos(a)^2 + sin(a)^2 = 1.00000000001');
    expect(example.values).toEqual({ a: 1 });
    expect(counterexampleText(example).at(-1)).toBe('  left 1, right 1.00000000001');
    expect(counterexampleText({ ...example, left: 1 / 3, right: 0.5 }).at(-1)).toBe('  left 0.3333333333, right 0.5');
  });
});
