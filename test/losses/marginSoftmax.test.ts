import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.ts';
import { DomainError, ShapeError } from '../../src/base/errors.ts';
import { type Tensor, tensor, trace } from '../../src/graph/index.ts';
import { cosineMargin, type TargetMargin } from '../../src/losses/margin.ts';
import { marginSoftmax } from '../../src/losses/marginSoftmax.ts';
import { focal, noMining } from '../../src/losses/mining.ts';
import type { Reduction } from '../../src/losses/reduction.ts';
import { plainOthers, supportVectors } from '../../src/losses/support.ts';
import { inputsOf, sample } from './samples.ts';
import { lossRow } from '../../src/losses/catalogue.ts';

const inputs = inputsOf(lossRow('normface'), sample(5)) as [Tensor, Tensor, Tensor];
const full = { target: cosineMargin(0.35), others: supportVectors({ t: 1.2 }), mining: focal({ gamma: 2 }), scale: 16 };

describe('marginSoftmax', () => {
  it('gives every quantity the symbol of the paper', () => {
    const { graph } = trace(marginSoftmax(full), inputs);
    const shapes = Object.fromEntries(graph.steps.flatMap((step) => (step.label === undefined ? [] : [[step.label, step.shape]])));
    expect(shapes).toEqual({
      'x': [4, 3], 'w': [5, 3], 'y': [4], '1[k = y]': [4, 5], 'x̂': [4, 3], 'ŵ': [5, 3], 'c': [4, 5], 'c_y': [4, 1], 'f': [4, 1],
      'I': [4, 5], 'v': [4, 5], 'z': [4, 5], 'ℓ': [4], 'g': [4], 'L': [4],
    });
  });

  it('gives the target, the hard classes and the weights their roles', () => {
    const { graph } = trace(marginSoftmax(full), inputs);
    const roles = graph.steps.flatMap((step) => (step.role === undefined ? [] : [`${step.role}: ${step.label!}`]));
    expect(roles).toEqual(['target: 1[k = y]', 'support: I', 'mining: g']);
  });

  it('puts its parts in scopes', () => {
    const { graph } = trace(marginSoftmax(full), inputs);
    const scopes = [...new Set(graph.steps.flatMap((step) => (step.scope === undefined ? [] : [step.scope])))];
    expect(scopes).toEqual(['cosines', 'margin', 'others', 'others/support', 'softmax', 'mining/plain softmax', 'mining']);
  });

  it('makes the same numbers outside a trace as inside', () => {
    expect(marginSoftmax(full)(...inputs).item()).toBe(trace(marginSoftmax(full), inputs).result.leaves[0]!.item());
  });

  it('makes one product of features and weights, and two more for its gradients', () => {
    const products = (f: (x: Tensor, w: Tensor, y: Tensor) => unknown): number =>
      trace(f as (...given: never[]) => unknown, inputs).graph.steps.filter(({ primitive }) => primitive.kind === 'contract').length;
    expect(products(marginSoftmax(full))).toBe(1);
    expect(products((x, w, y) => grad(marginSoftmax(full), { wrt: [0, 1] })(x, w, y))).toBe(3);
  });

  it('computes the margin on the column of the label alone', () => {
    const seen: (readonly number[])[] = [];
    const watching: TargetMargin = { ...cosineMargin(0.3), value: (c) => { seen.push(c.shape); return c; } };
    marginSoftmax({ target: watching })(...inputs);
    expect(seen).toEqual([[4, 1]]);
  });

  it('takes a scale, and margins, as tensors: one value, or one per sample', () => {
    const plain = marginSoftmax({ ...full, scale: 16, reduction: 'none' })(...inputs);
    const f64 = (value: number, shape: number[]): Tensor => tensor(new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(value), { shape });
    for (const shape of [[], [4, 1]]) {
      const learned = marginSoftmax({ ...full, target: cosineMargin(f64(0.35, shape)), scale: f64(16, shape), reduction: 'none' })(...inputs);
      expect(Array.from(learned.data)).toEqual(Array.from(plain.data));
    }
    const byScale = grad((s: Tensor) => marginSoftmax({ scale: s })(...inputs))(f64(16, []));
    expect(byScale.shape).toEqual([]);
    expect(byScale.item()).not.toBe(0);
  });

  it('refuses a choice that spreads a column over the classes', () => {
    const wide: TargetMargin = { ...cosineMargin(0), value: () => inputs[0] };
    expect(() => marginSoftmax({ target: wide })(...inputs)).toThrow(ShapeError);
    expect(() => marginSoftmax({ others: { ...plainOthers, name: 'narrow', value: () => inputs[1] } })(...inputs)).toThrow("the rule 'narrow' made [5, 3] of [4, 5]");
    expect(() => marginSoftmax({ mining: { ...noMining, factor: () => inputs[0] } })(...inputs)).toThrow(ShapeError);
    expect(() => marginSoftmax({ scale: tensor([[1], [1]], { dtype: 'f64' }) })(...inputs)).toThrow(ShapeError);
  });

  it('refuses a scale that is not positive and an unknown reduction', () => {
    for (const scale of [0, -1, NaN, Infinity]) expect(() => marginSoftmax({ scale })).toThrow(DomainError);
    expect(() => marginSoftmax({ reduction: 'average' as Reduction })).toThrow(DomainError);
  });
});
