import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { toLatex } from '../../src/formula/latex.ts';
import { parseClaim, parseCond, parseExpr } from '../../src/formula/parse.ts';
import { claims, conds, exprs, indices, runs } from './arbitraries.ts';

const latex = (text: string): string => toLatex(parseExpr(text, { indices }));

describe('setting a formula', () => {
  it('sets the softmax loss as the paper does', () => {
    expect(toLatex(parseClaim('L = -log(exp(s * c[y]) / (exp(s * c[y]) + sum(k != y, exp(s * c[k]))))'))).toBe(
      'L = -\\log\\left(\\frac{e^{s \\, c_{y}}}{e^{s \\, c_{y}} + \\sum_{k \\neq y} e^{s \\, c_{k}}}\\right)');
  });

  it('sets unit vectors with hats, lengths with bars, inner products of vectors without brackets', () => {
    expect(latex('(unit(w[k]) - c[k] * unit(x)) / norm(x)')).toBe(
      '\\frac{\\hat{w}_{k} - c_{k} \\, \\hat{x}}{\\left\\lVert x \\right\\rVert}');
    expect(latex('dot(unit(w[k]), unit(x))')).toBe('{\\hat{w}_{k}}^{\\top} \\hat{x}');
    expect(latex('dot(a + b, x)')).toBe('\\left\\langle a + b,\\, x \\right\\rangle');
    expect(latex('unit(a + b)')).toBe('\\frac{a + b}{\\left\\lVert a + b \\right\\rVert}');
  });

  it('sets derivatives with round d', () => {
    expect(latex('d(L, c[k])')).toBe('\\frac{\\partial L}{\\partial c_{k}}');
    expect(latex('d(mean(n, L), w[k])')).toBe('\\frac{\\partial}{\\partial w_{k}} \\operatorname*{mean}_{n} L');
    expect(latex('d(d(L, x), w)')).toBe('\\frac{\\partial}{\\partial w} \\frac{\\partial L}{\\partial x}');
  });

  it('sets a chain of choices in one brace', () => {
    expect(latex('0 if k = y else 1 if v >= 0 else 2')).toBe(
      '\\begin{cases} 0 & \\text{if } k = y \\\\ 1 & \\text{if } v \\geq 0 \\\\ 2 & \\text{otherwise} \\end{cases}');
  });

  it('sets other values of a quantity after a bar', () => {
    expect(latex('at(L, t = 1, m = 0)')).toBe('\\left. L \\right|_{t = 1,\\, m = 0}');
  });

  it.each([
    ['theta', '\\theta'], ['θ', '\\theta'], ['Gamma', '\\Gamma'], ['m1', 'm_{1}'], ['m1[k]', 'm_{1,k}'],
    ['p_y', 'p_{y}'], ["w'[k]", "w_{k}'"],
    ['loss', '\\mathrm{loss}'], ['sv.L', 'L^{\\mathrm{sv}}'], ["sv.w'", 'w^{\\mathrm{sv}\\prime}'],
    ['theta_0', '\\theta_{0}'],
    ['_', '\\_'], ['A[k, j]', 'A_{k,j}'], ['cosθ', '\\mathrm{cos\\theta}'],
  ])('sets the name %s as %s', (text, expected) => {
    expect(latex(text)).toBe(expected);
  });

  it.each([
    ['ŵ', '\\hat{w}'], ['∂c_y', '\\partial c_{y}'], ['axis 1', '\\text{axis 1}'], ['%14', '\\mathrm{\\%14}'], ['∞', '\\infty'], ['u12', 'u_{12}'],
  ])('sets the name %s of an explanation as %s', (name, expected) => {
    expect(toLatex({ kind: 'name', name, index: [] })).toBe(expected);
  });

  it.each([
    ['2 * 3', '2 \\cdot 3'], ['a * -b', 'a \\, \\left(-b\\right)'], ['a * (b + c)', 'a \\, \\left(b + c\\right)'],
    ['a - (b - c)', 'a - \\left(b - c\\right)'], ['a - -b', 'a - \\left(-b\\right)'],
    ['(a + b)^2', '\\left(a + b\\right)^{2}'],
    ['a^(b + c)', 'a^{b + c}'], ['sv.L^2', '{L^{\\mathrm{sv}}}^{2}'], ['2^3^4', '2^{3^{4}}'],
    ['1.5e-3', '1.5 \\cdot 10^{-3}'],
    ['sum(k, a) * b', '\\left(\\sum_{k} a\\right) \\, b'],
    ['a * sum(k, b) * c', '\\left(a \\, \\sum_{k} b\\right) \\, c'],
    ['sum(k, a + b)', '\\sum_{k} \\left(a + b\\right)'], ['sum(k, -a)', '\\sum_{k} \\left(-a\\right)'],
    ['max(a, b)', '\\max\\left(a,\\, b\\right)'], ['max(k != y, c[k])', '\\max_{k \\neq y} c_{k}'],
    ['rank(n, L)', '\\operatorname{rank}_{n}\\left(L\\right)'], ['sqrt(a)', '\\sqrt{a}'],
    ['acos(c)', '\\arccos\\left(c\\right)'],
    ['stop(a)', '\\operatorname{stop}\\left(a\\right)'], ['floor(a)^2', '\\left\\lfloor a \\right\\rfloor^{2}'],
  ])('sets %j as %s', (text, expected) => {
    expect(latex(text)).toBe(expected);
  });

  it('sets conditions and where', () => {
    expect(toLatex(parseCond('not (a < b and k != y) and a <= b'))).toBe(
      '\\lnot \\left(a < b \\land k \\neq y\\right) \\land a \\leq b');
    expect(toLatex(parseClaim('a > b where s >= 1'))).toBe('a > b \\qquad \\text{where } s \\geq 1');
  });

  it('law: braces, brackets and environments are balanced, and no superscript follows another', () => {
    fc.assert(fc.property(fc.oneof(exprs, conds, claims), (tree) => {
      const text = toLatex(tree);
      const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
      expect(count(/\\left[^a-z]/g)).toBe(count(/\\right[^a-z]/g));
      expect(count(/\{/g)).toBe(count(/\}/g));
      expect(count(/\\begin/g)).toBe(count(/\\end/g));
      expect(supersTwice(text)).toBe(false);
    }), { ...runs, numRuns: 10 * runs.numRuns });
  });
});

/** Whether TeX would complain of a double superscript: ^{…} or ' directly followed by ^. */
function supersTwice(text: string): boolean {
  for (const match of text.matchAll(/\^\{/g)) {
    let depth = 0;
    let end = match.index + 1;
    do {
      depth += text[end] === '{' ? 1 : text[end] === '}' ? -1 : 0;
      end += 1;
    } while (depth > 0);
    if (text[end] === '^' || text[end] === "'") return true;
  }
  return false;
}
