// General position, and the counterexamples to a derivation that keep to it.

import { describe, expect, it } from 'vitest';
import { checkDerivation } from '../../src/check/derivation.ts';
import { inGeneralPosition, rowsOver } from '../../src/check/position.ts';
import { parseDerivation } from '../../src/formula/index.ts';

describe('general position', () => {
  it.each([
    ['two directions', [[1, 0], [1, 1]], true],
    ['no vector at all', [], true],
    ['a vector of zeros', [[1, 0], [0, 0]], false],
    ['the same direction', [[1, 2], [0, 1], [2, 4]], false],
    ['opposite directions', [[1, 2], [-1, -2]], false],
    ['directions that are only near', [[1, 0], [1, 0.01]], true],
  ])('knows %s', (_, vectors, expected) => {
    expect(inGeneralPosition(vectors)).toBe(expected);
  });

  it('speaks of the rows over the last axis, where they are vectors', () => {
    expect(rowsOver([1, 2, 3, 4, 5, 6], [3, 2])).toEqual([[1, 2], [3, 4], [5, 6]]);
    expect(rowsOver([1, 2, 3], [3, 1])).toEqual([]);
    expect(rowsOver([1], [])).toEqual([]);
  });
});

describe('a counterexample', () => {
  const text = (claim: string): string => `
declare x: n d
declare w: k d
declare y: n -> k
define  c  c[k] = dot(unit(w[k]), unit(x))
${claim}`;
  const last = (claim: string, printedCounterexamples = false) =>
    checkDerivation(parseDerivation(text(claim)), { cases: 24, printedCounterexamples }).rows.at(-1)!;
  const vectorsOf = (values: Readonly<Record<string, unknown>>): number[][] => [...values['x'] as number[][], ...values['w'] as number[][]];

  it('has no two parallel vectors: a cosine of 1 would show a rule for an edge', () => {
    const { values } = last('claim D c[k] = 2 * c[k]').counterexample!;
    expect(vectorsOf(values)).toHaveLength(3);
    expect(inGeneralPosition(vectorsOf(values))).toBe(true);
  });

  it('to a printed line that is amended is there when it is asked for', () => {
    const claim = 'claim D c[k] = dot(w[k], unit(x))\namend c[k] * norm(w[k]) = dot(w[k], unit(x))';
    expect(last(claim)).toMatchObject({ verdict: 'amended' });
    expect(last(claim).counterexample).toBeUndefined();
    const { verdict, counterexample } = last(claim, true);
    expect(verdict).toBe('amended');
    expect(inGeneralPosition(vectorsOf(counterexample!.values))).toBe(true);
    expect(counterexample!.left).not.toBeCloseTo(counterexample!.right, 3);
  });

  it('to a line about a whole batch has no entry to name', () => {
    const { reason } = last('claim D mean(n, c[y]) = 1\namend mean(n, c[y]) <= 1');
    expect(reason).toMatch(/^the sides agree to [\d.]+ digits$/);
  });
});
