// What numbers settle about conditions: on derivations whose branches cannot occur at them, and on ones that only do not.

import { describe, expect, it } from 'vitest';
import { settledByNumbers } from '../../src/check/branch-bounds.ts';
import { checkDerivation } from '../../src/check/derivation.ts';
import { Names, parseCond, parseDerivation } from '../../src/formula/index.ts';

const text = `title T
declare x: n d
declare e: n
declare rate: scalar in {0.1, 0.5, 1}
declare t m: scalar in [0, 2]
define keep keep = max(floor(rate * sum(n, 1) + 1e-9), 1)
define kept kept = e if rank(n, e) < keep else 0
define step step = (e if t > 1 else -e) if m > 0 else 2 * e
`;
const derivation = parseDerivation(text);
const names = new Names(derivation);

function ask(condition: string, given: Readonly<Record<string, number | undefined>>, known: Readonly<Record<string, number>> = {}): boolean | undefined {
  const keyed = <T>(from: Readonly<Record<string, T>>) => new Map(Object.entries(from).map(([name, x]) => [`.${name}`, x]));
  const cond = parseCond(condition, { indices: ['n', 'd'] });
  return settledByNumbers({ cond, section: derivation.sections[0]!, given: keyed(given) }, names, keyed(known));
}

describe('numbers settle a condition', () => {
  it.each([
    ['t < 1', 1, false], ['t <= 1', 1, true], ['t > 1', 1, false], ['t >= 1', 1, true], ['t = 1', 1, true], ['t != 1', 1, false],
    ['t < 1', 0, true], ['t <= 1', 2, false], ['t > 1', 2, true], ['t >= 1', 0, false], ['t = 1', 2, false], ['t != 1', 0, true],
    ['not t < 1', 1, true], ['t > 0 and t < 2', 1, true], ['m > 0 and t < 1', 1, false], ['m > 0 and t = 1', 1, undefined],
    ['2 - t * 3 < -t', 2, true], ['-t < 1 - 2 * t', 1, false],
  ] as const)('%s at t = %s is %s', (condition, t, truth) => {
    expect(ask(condition, { t })).toBe(truth);
    expect(ask(condition, {}, { t })).toBe(truth);
  });

  it('knows how ranks and numbers of samples lie, whatever the number of samples', () => {
    expect(ask('rank(n, e) < sum(n, 1)', {})).toBe(true);
    expect(ask('rank(n, e) < sum(n, 1) - 1', {})).toBe(undefined);
    expect(ask('rank(n, e) >= 0', {})).toBe(true);
    expect(ask('rank(n, e) > 0', {})).toBe(undefined);
    expect(ask('sum(n, 1) < 1', {})).toBe(false);
    expect(ask('sum(n, 1) < 6', {})).toBe(undefined);
    expect(ask('sum(n, t) >= 2', { t: 2 })).toBe(true);
    expect(ask('sum(d, 1) >= 1', {})).toBe(undefined);
    expect(ask('floor(sum(n, 1) / 2) < 1', {})).toBe(undefined);
  });

  it('follows definitions', () => {
    expect(ask('rank(n, e) < keep', { rate: 1 })).toBe(true);
    expect(ask('rank(n, e) < keep', { rate: 2 })).toBe(true);
    expect(ask('rank(n, e) < keep', { rate: 0.5 })).toBe(undefined);
    expect(ask('keep >= 1', {})).toBe(true);
    expect(ask('floor(rate * sum(n, 1)) <= sum(n, 1)', { rate: 0.5 })).toBe(true);
    expect(ask('floor(0.5 * sum(n, 1)) >= 0.5 * sum(n, 1)', {})).toBe(undefined);
  });

  it('leaves open what is replaced by more than a number, and what a declared interval rules out', () => {
    expect(ask('t = 1', { t: undefined }, { t: 1 })).toBe(undefined);
    expect(ask('keep >= 1', { keep: undefined })).toBe(undefined);
    expect(ask('t <= 2', {})).toBe(undefined);
    expect(ask('t / 2 < 1', { t: 1 })).toBe(undefined);
  });
});

describe('a line about a name with a number', () => {
  const verdicts = (...claims: string[]) =>
    checkDerivation(parseDerivation(text + claims.map((claim, i) => `claim C${i} ${claim}`).join('\n')), { cases: 64 }).rows
      .filter(({ kind }) => kind === 'claim').map(({ verdict }) => verdict);

  it('holds although a branch cannot occur there: hard mining that keeps every sample', () => {
    expect(verdicts('at(kept, rate = 1) = e', 'kept = e where rate = 1', 'kept = e where rate = 1 and m > 1')).toEqual(['holds', 'holds', 'holds']);
  });

  it('is refused where the branch can occur and did not, and fails where it does', () => {
    expect(verdicts('kept = e where rank(n, e) < 1 and t > 1', 'at(kept, rate = 0.5) = e')).toEqual(['unexercised', 'fails']);
  });

  it('needs no hits in an arm that cannot be reached, nor where at replaces what where says', () => {
    expect(verdicts('at(step, m = 0) = 2 * e', 'at(step, m = 1, t = 2) = e', 'step = 2 * e where m > 0')).toEqual(['holds', 'holds', 'fails']);
    expect(verdicts('at(kept, rate = 1) = e where rate = 0.1', 'at(kept, rate = rate + 1) = e')).toEqual(['holds', 'unexercised']);
  });
});
