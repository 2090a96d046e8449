// Proofs beside the lines of an explanation: right rules have them, a wrong rule is without them from there on back.

import { describe, expect, it } from 'vitest';
import { customGradient } from '../../src/autodiff/index.ts';
import { proved, provedLines } from '../../src/check/index.ts';
import { explain, type Proof, renderText } from '../../src/explain/index.ts';
import { label, type Tensor } from '../../src/graph/index.ts';
import { exp, mul, relu, stopGradient, sum, surrogate } from '../../src/ops/index.ts';
import { f32, f64 } from '../values.ts';
import { cosines, isLabel, margin } from '../explain/margin.ts';

function proofsOf(f: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[], names: readonly string[] = []): Map<string, Proof | undefined> {
  const { lines } = proved(explain(f, inputs, { names }), f, inputs);
  return new Map(lines.filter((line) => line.main).map((line) => [line.name, line.proof]));
}

describe('a proof', () => {
  it('says before each main line how far it is, and ends with what proved gives', () => {
    const inputs = [cosines, isLabel, f64(1.2)];
    const explained = explain(margin, inputs);
    const lines = provedLines(explained, margin, inputs);
    const mains = explained.lines.filter(({ main }) => main).length;
    for (let line = 1; line <= mains; line++) expect(lines.next()).toEqual({ value: { line, of: mains }, done: false });
    expect(lines.next()).toEqual({ value: proved(explained, margin, inputs), done: true });
  });

  it('stands at every main line with an adjoint, with the digits a derivation demands', () => {
    const { lines } = proved(explain(margin, [cosines, isLabel, f64(1.2)]), margin, [cosines, isLabel, f64(1.2)]);
    for (const { main, adjoint, proof } of lines) expect(proof !== undefined).toBe(main && adjoint !== null);
    const digits = lines.flatMap(({ proof }) => (proof === undefined ? [] : [proof]));
    for (const { duals, differences } of digits) {
      expect(duals ?? 17).toBeGreaterThanOrEqual(10);
      expect(differences ?? 17).toBeGreaterThanOrEqual(6);
    }
    expect(digits.filter(({ duals, differences }) => duals !== null && differences !== null).length).toBeGreaterThan(5);
  });

  it('is refused to a wrong rule, and to all that rests on it', () => {
    const wrong = customGradient((a) => exp(a!), ({ grad, out }) => [mul(grad, mul(out, 1.001))]);
    const proofs = proofsOf((x) => sum(label(wrong(label(mul(x, 2), 'a')), 'b')), [f64([0.3, -1.2])]);
    expect(proofs.get('b')!.duals).toBeGreaterThan(10);
    for (const name of ['a', 'x']) {
      expect(proofs.get(name)!.duals).toBeLessThan(3.1);
      expect(proofs.get(name)!.differences).toBeLessThan(3.1);
    }
  });

  it('speaks of the frozen program, so stops and surrogates agree', () => {
    const proofs = proofsOf((x) => sum(mul(label(surrogate(exp(x), x), 's'), stopGradient(x))), [f64([0.3, -1.2])]);
    for (const name of ['s', 'x']) {
      expect(proofs.get(name)!.duals).toBeGreaterThan(10);
      expect(proofs.get(name)!.differences).toBeGreaterThan(6);
    }
  });

  it('leaves out what cannot be judged: an entry at a kink, an adjoint that is zero', () => {
    expect(proofsOf((x) => sum(relu(x)), [f64([0])]).get('x')!.differences).toBeNull();
    expect(proofsOf((x) => sum(mul(x, 0)), [f64([1, 2])]).get('x')).toEqual({ duals: null, differences: null });
  });

  it('of Float32 has the digits of Float32', () => {
    const { duals } = proofsOf((x) => sum(exp(x)), [f32([0.3, -1.2])]).get('x')!;
    expect(duals).toBeGreaterThan(6);
    expect(duals).toBeLessThan(12);
  });

  it('is not taken of an adjoint that is summarised or has too many numbers', () => {
    const f = (x: Tensor): Tensor => sum(mul(x, x));
    const x = f64([1, 2, 3]);
    expect(proved(explain(f, [x], { whole: 2 }), f, [x]).lines[0]!.proof).toBeUndefined();
    expect(proved(explain(f, [x]), f, [x], { most: 2 }).lines[0]!.proof).toBeUndefined();
  });

  it('is printed below the rules', () => {
    const f = (x: Tensor): Tensor => sum(mul(x, x));
    const text = renderText(proved(explain(f, [f64([1, 2, 3])]), f, [f64([1, 2, 3])]));
    expect(text).toMatch(/∂x = .*\n +proved: dual numbers to 1\d digits, differences to 1\d digits/);
    expect(text).not.toMatch(/at rounding/);
  });
});
