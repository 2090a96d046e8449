// A small tier of `npm run mutate`: a few rules and two losses must leave no mutant unexplained, and the hunt itself
// must be able to find one.

import { describe, expect, it } from 'vitest';
import { type Primitive, trace } from '../src/graph/index.ts';
import { lossRow } from '../src/losses/catalogue.ts';
import { less, log, mul, primitivesByName, stopGradient, sub, surrogate, where } from '../src/primitives/index.ts';
import { hunt, type Site } from './mutate/hunt.ts';
import { faultsOf, type Found, reportText, survivorsOf } from './mutate/report.ts';
import { forwardSites, gradientSites } from './mutate/rows.ts';
import { ruleSites } from './mutate/rules.ts';
import { changedValues, copyOf, mutationsOf, programOf } from './mutate/surgery.ts';
import { reasons } from './mutate/survivors.ts';
import { f64 } from './values.ts';

const ofRule = (name: string, sites = ruleSites(primitivesByName.get(name)!)): Found => ({ part: 'rule', group: name, subject: name, verdicts: hunt(sites) });

/** x ↦ a program of it, whose every step is judged by the numbers it gave. */
function siteOf(f: Parameters<typeof trace>[0], x: number[], judge: Site['judges'][number]): Site {
  const { recorder, inputs, outputs } = trace(f, [f64(x)]);
  return { name: 'here', program: programOf(recorder, inputs, outputs), mutable: (id) => id > 0, key: String, text: String, judges: [judge] };
}
const changesOf = ({ program }: Site, id: number): string[] => mutationsOf(program.graph, id, () => true).map(({ name }) => name);

describe('the changes to a step', () => {
  const site = siteOf((x) => where(less(x, 2.5), 0, mul(sub(1, log(x)), -1)), [2, 3], () => undefined);
  const id = (name: string): number => site.program.graph.steps.find(({ primitive }) => primitive.name === name)!.id;

  it('follow from its primitive, and none leaves it as it is', () => {
    expect(changesOf(site, id('log'))).toEqual(['negate']);
    expect(changesOf(site, id('sub'))).toEqual(['negate', 'swap operands', 'drop addend 1', 'drop addend 2']);
    expect(changesOf(site, id('mul'))).toEqual(['negate', 'drop factor 1', 'drop factor 2']);
    expect(changesOf(site, id('where'))).toEqual(['negate', 'swap branches', 'drop condition (then)', 'drop condition (else)']);
    const constants = site.program.graph.steps.filter(({ primitive }) => primitive.name === 'constant');
    // 0 is only replaced by 1; of 1 there are −1 and 2; of −1 it is 1 that −a gives again.
    expect(constants.map((step) => changesOf(site, step.id).join(', ')).sort()).toEqual(
      ['constant → 1', 'constant → 1, constant → 2a', 'constant → 1, constant → −a, constant → 2a', 'constant → −a, constant → 2a']);
  });

  it('reach comparisons, stops and surrogates, and leave a decision its sign', () => {
    const other = siteOf((x) => where(less(x, 1), stopGradient(x), surrogate(x, mul(x, x))), [2, 3], () => undefined);
    const of = (name: string): string[] => changesOf(other, other.program.graph.steps.find(({ primitive }) => primitive.name === name)!.id);
    expect(of('less')).toEqual(['swap operands', 'flip strictness']);
    expect(of('stopGradient')).toEqual(['negate', 'remove stop']);
    expect(of('surrogate')).toEqual(['negate', 'remove surrogate (value)', 'remove surrogate (proxy)']);
  });

  it('give the same numbers by values alone and as a recorded copy', () => {
    const { program } = site;
    for (const { id: step } of program.graph.steps.slice(1)) {
      for (const mutation of mutationsOf(program.graph, step, () => true)) {
        const { recorder, steps } = copyOf(program, mutation);
        expect(recorder.tensors[steps[program.outputs[0]!]!]!.data).toEqual(changedValues(program, mutation)[0]!.data());
      }
    }
  });
});

describe('the hunt', () => {
  it('reports what no judge sees, and refuses judges that find the program itself wrong', () => {
    const blind = siteOf((x) => log(x), [2], () => undefined);
    expect(hunt([blind]).map(({ change, killedBy }) => [change, killedBy])).toEqual([['negate', undefined]]);
    expect(() => hunt([siteOf((x) => log(x), [2], () => 'wrong')])).toThrow('the program itself is judged wrong: wrong');
  });

  it('kills by any of its places', () => {
    const [blind, seeing] = [undefined, 'a number'].map((wrong) => siteOf((x) => log(x), [2], ({ outputs }) => (outputs[0]!.data()[0]! > 0 ? undefined : wrong)));
    expect(hunt([blind!, seeing!])[0]!.killedBy).toBe('here: a number');
  });

  it('notices a rule that is wrong', () => {
    const right = primitivesByName.get('sub')!;
    const wrong = { ...right, vjp: [right.vjp[0]!, right.vjp[0]!] } as Primitive;
    expect(() => hunt(ruleSites(wrong))).toThrow(/judged wrong: cotangent: entry 0/);
  });
});

describe('law: nothing that is not explained survives', () => {
  it.each(['sub', 'chain', 'div', 'sqrt', 'pow', 'maximum', 'where', 'max', 'contract', 'custom'])('in the rule of %s', (name) => {
    const found = ofRule(name);
    expect(found.verdicts.length).toBeGreaterThan(0);
    expect(survivorsOf([found])).toEqual([]);
  });

  it.each(['sv-am-softmax', 'contrastive'])('in %s and its gradient', (id) => {
    const row = lossRow(id);
    const subject = `${id} {}`;
    const found: Found[] = [
      { part: 'loss', group: id, subject, verdicts: hunt(forwardSites(row, {})) },
      { part: 'gradient', group: id, subject, verdicts: hunt(gradientSites(row, {})) },
    ];
    for (const { verdicts } of found) expect(verdicts.length).toBeGreaterThan(60);
    expect(faultsOf(survivorsOf(found), false)).toEqual([]);
    for (const line of reportText(found, survivorsOf(found), []).split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('and a survivor without a reason, or a reason without a survivor, fails a run', () => {
    const survivor = { text: 'sub(x, x)', change: 'drop addend 1' };
    const survivors = survivorsOf([{ part: 'loss', group: 'triplet', subject: 'triplet {}', verdicts: [survivor] }]);
    const faults = faultsOf(survivors, true);
    expect(faults[0]).toBe('survivor without a reason: triplet {} (loss): sub(x, x) | drop addend 1');
    expect(faults.length).toBe(1 + reasons.reduce((sum, { mutants }) => sum + mutants.length, 0));
  });
});
