// Overflows that end in finite numbers are named with what comes of them, and nothing is proved beside one.

import { describe, expect, it } from 'vitest';
import { gradcheck } from '../../src/check/index.ts';
import { proved } from '../../src/check/proofs.ts';
import { explain, type Explanation, renderHtml, renderMarkdown, renderText } from '../../src/explain/index.ts';
import { label, type Tensor, tensor } from '../../src/graph/index.ts';
import {
  add, cast, div, equal, exp, less, log, logSumExp, maximum, mul, neg, norm, normalize, reshape, sigmoid, sub, sum, where,
} from '../../src/ops/index.ts';
import { lossRow } from '../../src/losses/index.ts';
import { f64, i32 } from '../values.ts';

const f32 = (values: number[]): Tensor => tensor(values, { dtype: 'f32' });
const found = (f: (x: Tensor) => Tensor, x: Tensor): string[] =>
  explain(f, [x]).assumptions.filter(({ kind }) => kind === 'overflow').map(({ text }) => text.replace(/; derivatives here.*/, ''));
const direction = (x: Tensor): Tensor => sum(label(normalize(label(x, 'x')), 'x̂'));

describe('an overflow', () => {
  it('of the squares of a vector says that its length becomes infinite and its direction 0', () => {
    const text = 'x · x is beyond the largest f64 in 2 of 3 entries: u1 and u2 become infinite, and x̂ becomes 0';
    expect(found(direction, f64([1e200, -2e200, 3]))).toEqual([text]);
    expect(found(direction, f32([1e20, -2e20, 3]))).toEqual([text.replace('f64', 'f32')]);
  });

  it('may be that of the sum, where each square is still a number', () => {
    expect(found(direction, f64([1e154, 1e154]))).toEqual(['sum(x · x, axes [0]) is beyond the largest f64 in 1 of 1 entry: u1 and u2 become infinite, and x̂ becomes 0']);
  });

  it.each([[f64([1e150, 2e149])], [f64([1.3e154])], [f32([1e18, 3])]])('is not there up to the limit of normalize', (x) => {
    expect(found(direction, x)).toEqual([]);
  });

  it('speaks of the samples it is in, not of the others', () => {
    const rows = explain((x: Tensor) => sum(label(normalize(x, { axis: 1 }), 'u')), [f64([[1e200, 0], [3, 4]])]);
    expect(rows.assumptions[0]!.text).toMatch(/in 1 of 4 entries: u1 and u2 become infinite, and u becomes 0;/);
    expect(rows.lines.find(({ name }) => name === 'u')!.value.values!.slice(2)).toEqual([3 / 5, 4 / 5].map((x) => expect.closeTo(x, 12)));
  });

  it('that stays infinite up to the result is named too', () => {
    expect(found((x) => sum(label(exp(x), 'e')), f64([800, 1]))).toEqual(['exp(x) is beyond the largest f64 in 1 of 2 entries: e and result become infinite']);
  });

  it('that ends in some other number is told so', () => {
    expect(found((x) => sum(label(sigmoid(label(mul(x, x), 'q')), 'p')), f64([1e200]))).toEqual(
      ['x · x is beyond the largest f64 in 1 of 1 entry: q becomes infinite, and p becomes 1']);
    expect(found((x) => sum(label(maximum(neg(exp(x)), x), 'p')), f64([800, 900]))).toEqual(
      ['exp(x) is beyond the largest f64 in 2 of 2 entries: u1 becomes infinite, and p becomes finite again']);
  });

  it.each<[string, (x: Tensor) => Tensor, Tensor]>([
    ['a pole, guarded', (x) => sum(where(equal(x, 0), 0, div(1, x))), f64([0, 1])],
    ['a pole, not guarded', (x) => sum(div(1, log(x))), f64([0, 2])],
    ['a branch that is not taken', (x) => sum(where(less(x, 700), exp(x), mul(x, 2))), f64([800, 1])],
    ['what only decides', (x) => sum(mul(cast(less(exp(x), 2), 'f64'), x)), f64([800, 0])],
    ['an infinity that was written', (x) => sum(where(less(x, 0), 0, exp(add(x, -Infinity)))), f64([1, 2])],
    ['a safe form', (x) => logSumExp(x), f64([800, 1])],
    ['what the result does not need', (x) => (norm(x), sum(x)), f64([1e200, 1])],
  ])('is not seen in %s', (_, f, x) => {
    expect(found(f, x)).toEqual([]);
  });

  it('comes before what is taken for granted', () => {
    const { assumptions } = explain(direction, [f64([1e200, 1])]);
    expect(assumptions.map(({ kind }) => kind)).toEqual(['overflow', 'mask', 'mask']);
  });
});

describe('beside an overflow', () => {
  const row = lossRow('am-softmax').create() as (...inputs: never[]) => Tensor;
  const at = (size: number): Explanation => {
    const inputs = [f64([[0.8 * size, 0.6 * size], [-0.6, 0.8]]), f64([[1, 0], [0, 1], [-1, 0]]), i32([0, 1])];
    return proved(explain(row, inputs, { names: ['x', 'w', 'y'] }), row, inputs);
  };
  const beyond = at(1e200);

  it('nothing is proved, and every line with an adjoint says why', () => {
    const { line } = beyond.assumptions[0]!;
    for (const { adjoint, proof } of beyond.lines.filter(({ main }) => main)) {
      expect(proof).toEqual(adjoint === null ? undefined : { duals: null, differences: null, overflow: line });
    }
    expect(renderText(beyond)).not.toMatch(/[^t] proved/);
    expect(renderText(beyond)).toContain(`not proved: (${line}) overflows`);
    expect(renderHtml(beyond, { title: 'T' })).toContain(`<td class="number">(${line}) overflows</td>`);
    expect(renderMarkdown(beyond, { title: 'T' })).toContain(`Proof: (${line}) overflows.\n`);
    expect(renderMarkdown(beyond, { title: 'T' })).toMatch(/\| overflow \| \(\d+\) \| `x · x is beyond .* u1 and u2 become infinite, and x̂ becomes 0;/);
  });

  it('is proved again within the limit', () => {
    expect(renderText(at(1e150))).not.toContain('not proved');
    expect(renderText(at(1e150))).toContain('proved: dual numbers to 1');
  });

  it('gradcheck notes that all methods agree on the derivative of the overflow', () => {
    const f = (x: Tensor): Tensor => sum(sub(label(reshape(normalize(x), [2]), 'u'), 1));
    const notes = (size: number): string[] => [...gradcheck(f, [f64([size, 2 * size])], { orders: [1] }).notes];
    expect(notes(1e200)).toEqual([expect.stringMatching(
      /^step %1 \(mul\)  %0 · %0  at .*overflow\.test\.ts:\d+ is beyond the largest f64 in 2 of 2 entries: .* become infinite, and .* becomes 0; derivatives here are those of the overflow$/)]);
    expect(notes(1e150)).toEqual([]);
  });
});
