// What a condition settles about other conditions, from the text alone.

import { describe, expect, it } from 'vitest';
import { factsOf, settled } from '../../src/check/branches.ts';
import { Names, parseCond, parseDerivation } from '../../src/formula/index.ts';

const derivation = parseDerivation(`
declare x: n d
declare w: k d
declare y: n -> k
declare f: n
define c c[k] = dot(w[k], x)
define I I[k] = 1 if k != y and f < c[k] else 0
`);
const names = new Names(derivation);
const context = { indices: ['n', 'k', 'd'] };

function ask(where: string, condition: string): boolean | undefined {
  const facts = factsOf([{ cond: parseCond(where, context), holds: true, section: derivation.sections[0]! }], names);
  return settled(parseCond(condition, context), facts!);
}

describe('branches', () => {
  it('settles a condition, its opposite and the other ways of writing it', () => {
    expect(ask('k = y', 'k = y')).toBe(true);
    expect(ask('k = y', 'y != k')).toBe(false);
    expect(ask('k != y', 'k = y')).toBe(false);
    expect(ask('f < c[k]', 'c[k] > f')).toBe(true);
    expect(ask('f < c[k]', 'f >= c[k]')).toBe(false);
    expect(ask('f < c[k]', 'f = c[k]')).toBe(false);
    expect(ask('not f < c[k]', 'f < c[k]')).toBe(false);
    expect(ask('c[k] < f', 'c[k] > f')).toBe(false);
    expect(ask('c[k] = f', 'f < c[k]')).toBe(false);
    expect(ask('c[k] <= f and c[k] != f', 'f > c[k]')).toBe(true);
  });

  it('leaves open what the text does not say', () => {
    expect(ask('k != y', 'f < c[k]')).toBe(undefined);
    expect(ask('k != y', 'k != y and f < c[k]')).toBe(undefined);
    expect(ask('f >= c[k]', 'f > c[k]')).toBe(undefined);
  });

  it('says where conditions contradict each other', () => {
    const facts = (...texts: string[]) =>
      factsOf(texts.map((text) => ({ cond: parseCond(text, context), holds: true, section: derivation.sections[0]! })), names);
    expect(facts('c[k] < f', 'f < c[k]')).toBe(undefined);
    expect(facts('I[k] = 1', 'k = y')).toBe(undefined);
    expect(facts('k != y', 'f < c[k]')).not.toBe(undefined);
  });

  it('settles a conjunction by any part that fails', () => {
    expect(ask('k = y', 'k != y and f < c[k]')).toBe(false);
    expect(ask('k != y and f < c[k]', 'k = y')).toBe(false);
  });

  it('reads an indicator through its definition', () => {
    expect(ask('I[k] = 1', 'k != y and f < c[k]')).toBe(true);
    expect(ask('I[k] = 1', 'k = y')).toBe(false);
    expect(ask('I[k] = 0', 'k != y and f < c[k]')).toBe(false);
    expect(ask('I[k] = 0', 'k = y')).toBe(undefined);
    expect(ask('I[k] != 0', 'f < c[k]')).toBe(true);
  });
});
