// The loss a derivation defines, as a function: its numbers, its inputs by their axes, and what it asks for.

import { describe, expect, it } from 'vitest';
import { compare, derivationLoss } from '../../src/check/index.ts';
import { parseDerivation } from '../../src/formula/index.ts';
import { lossRow } from '../../src/losses/index.ts';
import { readPaper } from '../../src/papers/index.ts';
import { f64, i32 } from '../values.ts';

const head = 'title Mine\ndeclare z: n d\ndeclare w: k d\ndeclare y: n -> k\ndeclare s: scalar\ndeclare spare: n d\n';
const softmax = `${head}define c c[k] = dot(w[k], z)\ndefine L L = log(sum(k, exp(s * c[k]))) - s * c[y]\n`;
const of = (text: string, options = {}): ReturnType<typeof derivationLoss> => derivationLoss(parseDerivation(text), { parameters: { s: 2 }, ...options });

describe('the loss of a derivation', () => {
  it('is a function of features, weights and labels, whatever they are called', () => {
    const { loss, perSample, text } = of(softmax);
    expect([perSample, text]).toEqual([true, 'L = log(sum(k, exp(s * c[k]))) - s * c[y]']);
    const [own, other] = [2 * 3, 2 * 1];
    expect(loss(f64([[3, 1], [3, 1]]), f64([[1, 0], [0, 1]]), i32([0, 1])).toArray())
      .toEqual([Math.log(Math.exp(own) + Math.exp(other)) - own, Math.log(Math.exp(own) + Math.exp(other)) - other]);
  });

  it('is one number where it is summed over samples', () => {
    expect(of(`${softmax}define all all = mean(n, L)\n`, { name: 'all' }).perSample).toBe(false);
  });

  it.each([['sv', 'sv-softmax', {}], ['am', 'sv-am-softmax', { m: 0.3 }]])('of section %s of the paper is %s', (section, id, more) => {
    const parameters = { s: 8, t: 1.3, ...more };
    const { loss } = derivationLoss(parseDerivation(readPaper('sv-softmax')), { parameters, section });
    expect(compare(loss, lossRow(id).create({ ...parameters, reduction: 'none' }) as never, { points: 12, digits: 12 }).agree).toBe(true);
  });

  it.each([
    [softmax, { parameters: { t: 1 } }, /the scalar 's' of L has no value\. Values are given for t\./],
    [softmax, { name: 'G' }, /0 sections define G\. The loss is defined under the name G\./],
    [softmax, { section: 'sv' }, /section sv does not define L/],
    [`${head}section a: A\ndefine L L = s * norm(z)\nsection b: B\ndefine L L = s\n`, {}, /2 sections define L\. Sections that define it are a, b\. .*FILE#a/],
    [`${head}define L L = s * norm(z)\n`, {}, /L rests on no labels/],
    [`${head}define L L = dot(w[y], w[y])\n`, {}, /L rests on no features/],
    [`${head}define L L = dot(w[y], z) + norm(spare)\n`, {}, /L rests on z and spare/],
    [`${head}declare b: k\ndefine L L = dot(w[y], z) + b[y]\n`, {}, /L rests on b: k/],
  ])('%# is refused in a sentence', (text, options, reason) => {
    expect(() => of(text, options)).toThrow(reason);
  });
});
