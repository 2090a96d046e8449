import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import { tensor } from '../../src/graph/index.ts';
import { catalogue, lossRow } from '../../src/losses/catalogue.ts';
import { marginSoftmax } from '../../src/losses/marginSoftmax.ts';
import { arcMargin } from '../../src/losses/margin.ts';
import { focal } from '../../src/losses/mining.ts';
import type { Range } from '../../src/losses/parameter.ts';
import { supportVectors } from '../../src/losses/support.ts';
import { inputsOf, sample } from './samples.ts';

const rows = Object.values(catalogue);

describe('the catalogue', () => {
  it('holds every loss of the paper, and successors', () => {
    expect(Object.keys(catalogue).sort()).toEqual([
      'softmax', 'normface', 'l2-softmax', 'hm-softmax', 'f-softmax', 'hdc', 'center', 'a-softmax', 'am-softmax', 'arc-softmax',
      'combined-margin', 'hm-a-softmax', 'hm-am-softmax', 'hm-arc-softmax', 'f-a-softmax', 'f-am-softmax', 'f-arc-softmax',
      'sv-softmax', 'sv-a-softmax', 'sv-am-softmax', 'sv-arc-softmax', 'sv-combined', 'contrastive', 'triplet',
      'mv-am-softmax', 'mv-arc-softmax', 'curricular',
    ].sort());
  });

  it('says what there is when it is asked for something else', () => {
    expect(lossRow('sv-softmax').id).toBe('sv-softmax');
    for (const id of ['sv', 'SV-Softmax', 'constructor', '']) expect(() => lossRow(id)).toThrow(DomainError);
    expect(() => lossRow('cosface')).toThrow(/the loss 'cosface'.*am-softmax/);
  });

  it.each(rows)('$id: has a title, a source, formulas for L and its derivative, and a meaning for every parameter', (row) => {
    expect(row.title).not.toBe('');
    expect(row.source.paper).not.toBe('');
    expect(row.source.arxiv ?? '1234.56789').toMatch(/^\d{4}\.\d{4,5}$/);
    expect(row.equation.split('\n').at(-1)).toMatch(/^L = /);
    expect(row.handGradient.split('\n').at(-1)).toMatch(/^d\(L, /);
    for (const parameter of Object.values(row.parameters)) expect(parameter.meaning).not.toBe('');
    expect(row.parameters['reduction']).toBeDefined();
  });

  it('reads the paper by default', () => {
    const defaults = (id: string) => Object.fromEntries(Object.entries(lossRow(id).parameters).map(([name, p]) => [name, p.default]));
    expect(defaults('sv-am-softmax')).toEqual({ s: 30, m: 0.35, targetRule: 'paper', gradient: 'exact', t: 1.2, reduction: 'mean' });
    expect(defaults('sv-arc-softmax')).toMatchObject({ s: 30, m: 0.5, t: 1.2 });
    expect(defaults('a-softmax')).toMatchObject({ m: 4, reading: 'literal', lambda: 0 });
    expect(defaults('f-am-softmax')).toMatchObject({ gamma: 2, alpha: 1, probability: 'plain', detach: false });
    expect(defaults('hm-softmax')).toMatchObject({ saveRate: 0.9, hardReduction: 'batch' });
    expect(defaults('center')).toMatchObject({ lambda: 0.003, centerUpdate: 'paper' });
    expect(defaults('mv-am-softmax')).toMatchObject({ s: 32, t: 0.2, m: 0.35, mode: 'adaptive' });
  });

  it.each(rows)('$id: accepts the ends of every range and refuses what lies beyond', (row) => {
    for (const [name, parameter] of Object.entries(row.parameters)) {
      if (parameter.kind !== 'continuous' && parameter.kind !== 'fixed') continue;
      const { from, to, open, whole }: Range = parameter.range;
      const nearest = open === true ? from + 1e-6 : from;
      expect(() => row.create({ [name]: nearest }), `${name} = ${nearest}`).not.toThrow();
      expect(() => row.create({ [name]: from - 1e-6 }), `${name} below ${from}`).toThrow(DomainError);
      if (open === true) expect(() => row.create({ [name]: from })).toThrow(DomainError);
      if (whole === true) expect(() => row.create({ [name]: from + 0.5 })).toThrow(DomainError);
      if (to !== Infinity) {
        expect(() => row.create({ [name]: to })).not.toThrow();
        expect(() => row.create({ [name]: to + 1e-6 })).toThrow(DomainError);
      }
      for (const value of [NaN, Infinity, '1']) expect(() => row.create({ [name]: value })).toThrow(DomainError);
    }
  });

  it('names the loss and the other convention when t is below 1', () => {
    expect(() => lossRow('sv-am-softmax').create({ t: 0.2 })).toThrow(/sv-am-softmax: t = 0.2. t ≥ 1.*t_MV = t_SV − 1/);
  });

  it('makes what the same choices make by hand', () => {
    const row = lossRow('sv-arc-softmax');
    const [x, w, y] = inputsOf(row, sample(8)) as [never, never, never];
    const byHand = marginSoftmax({ target: arcMargin(0.4, { targetRule: 'fallback' }), others: supportVectors({ t: 1.3 }), scale: 20 });
    expect(row.create({ m: 0.4, targetRule: 'fallback', t: 1.3, s: 20 })(x, w, y).item()).toBe(byHand(x, w, y).item());
    const naive = marginSoftmax({ target: arcMargin(0.5), mining: focal({ gamma: 3, probability: 'margin' }) });
    expect(lossRow('f-arc-softmax').create({ gamma: 3, probability: 'margin' })(x, w, y).item()).toBe(naive(x, w, y).item());
  });

  it.each(rows)('$id: refuses an empty batch, a wrong type and another number of arguments', (row) => {
    const inputs = inputsOf(row, sample(1));
    expect(() => row.create()(...inputs.slice(1))).toThrow(DomainError);
    const none = inputsOf(row, { ...sample(1), features: [], labels: [], samples: 0 });
    expect(() => row.create()(...none)).toThrow(DomainError);
    const floats = [...inputs.slice(0, -1), tensor([0, 1, 2, 3])];
    expect(() => row.create()(...floats)).toThrow(/labels of type f32/);
  });

  it('curricular compares with cos(θ + m) itself, though its target falls back beyond π', () => {
    expect(lossRow('curricular').equation).toContain('b = cos(acos(c[y]) + m)');
    expect(lossRow('curricular').equation).toContain('b < c[k]');
    expect(lossRow('arc-softmax').text({ targetRule: 'easy0' }).equation).toContain('f = b if c[y] > 0 else c[y]');
  });
});
