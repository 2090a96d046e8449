// Which decisions are named as the place of a difference, on observations made up for the purpose.

import { describe, expect, it } from 'vitest';
import { conditionsOf, type Fact, type Observation } from '../../src/check/compare-conditions.ts';

const fact = (formula: string, value: string, named: Partial<Fact> = {}): Fact => ({ formula, value, ...named });

/** Twelve points; the losses differ at the first six. */
function observe(facts: (i: number) => readonly Fact[], differs = (i: number): boolean => i < 6): Observation[] {
  return Array.from({ length: 12 }, (_, i) => ({ a: new Map(facts(i).map((x, id) => [id, x])), b: new Map(), differs: differs(i) }));
}

describe('a condition', () => {
  it('is named when the losses differ exactly where it holds', () => {
    const [found, ...others] = conditionsOf(observe((i) => [fact('0 < c', i < 6 ? 'true' : 'false')]));
    expect(found).toEqual({ loss: 'a', formula: '0 < c', value: 'true', points: 6, differing: 6, elsewhere: 6 });
    expect(others).toEqual([]);
  });

  it('is named when they differ only where it holds, though not always there', () => {
    const [found] = conditionsOf(observe((i) => [fact('0 < c', i < 8 ? 'true' : 'false')]));
    expect(found).toMatchObject({ points: 8, differing: 6, elsewhere: 4 });
  });

  it.each([
    ['they differ on both sides', (i: number) => [fact('0 < c', i % 2 === 0 ? 'true' : 'false')]],
    ['it never changes', () => [fact('k = y', 'some')]],
    ['too few points lie elsewhere to tell', (i: number) => [fact('0 < c', i < 10 ? 'true' : 'false')]],
    ['it is missing at some points', (i: number) => (i === 11 ? [] : [fact('0 < c', i < 6 ? 'true' : 'false')])],
  ])('is not named when %s', (_, facts) => {
    expect(conditionsOf(observe(facts))).toEqual([]);
  });

  it('is not named for one or two points that differ', () => {
    expect(conditionsOf(observe((i) => [fact('0 < c', i < 2 ? 'true' : 'false')], (i) => i < 2))).toEqual([]);
  });

  it('stands for all that decide alike: the one with a role before one with a label before a formula', () => {
    const value = (i: number): string => (i < 6 ? 'some' : 'none');
    const facts = (i: number): Fact[] => [fact('f < c', value(i)), fact('u', value(i), { label: 'u' }), fact('m', value(i), { label: 'I', role: 'support' })];
    expect(conditionsOf(observe(facts))).toMatchObject([{ label: 'I', role: 'support' }]);
    expect(conditionsOf(observe((i) => facts(i).slice(0, 2)))).toMatchObject([{ label: 'u' }]);
  });

  it('is the sharpest; much looser ones are left out', () => {
    const facts = (i: number): Fact[] => [fact('loose', i < 9 ? 'true' : 'false'), fact('sharp', i < 6 ? 'true' : 'false')];
    expect(conditionsOf(observe(facts)).map(({ formula }) => formula)).toEqual(['sharp']);
  });
});
