import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { equalExpr, type Expr } from '../../src/formula/grammar.ts';
import { toMathml } from '../../src/formula/mathml.ts';
import { parseClaim, parseCond, parseExpr } from '../../src/formula/parse.ts';
import { find, type Node, parseXml } from '../plot/xml.ts';
import { claims, conds, exprs, indices, runs, withoutOrigin } from './arbitraries.ts';

/** The page's part of a formula, without what carries no sign: rows, attributes, the annotation. */
const shown = (text: string): string => toMathml(parseExpr(text, { indices })).text
  .replace(/<annotation.*<\/annotation>/, '').replace(/<\/?(math|semantics|mrow)[^>]*>/g, '').replace(/ \w+="[^"]*"/g, '');

describe('setting a formula for a browser', () => {
  it('sets the softmax loss as the paper does', () => {
    const root = parseXml(toMathml(parseClaim('L = -log(exp(s * c[y]) / (exp(s * c[y]) + sum(k != y, exp(s * c[k]))))')).text);
    expect(root.name).toBe('math');
    expect(find(root, 'mfrac')).toHaveLength(1);
    const [sum] = find(root, 'munder');
    expect(sum!.node.children.map(leaves)).toEqual(['∑', 'k≠y']);
    expect(find(root, 'annotation')[0]!.node.text).toBe('L = -log(exp(s * c[y]) / (exp(s * c[y]) + sum(k != y, exp(s * c[k]))))');
  });

  it.each([
    ['theta', '<mi>θ</mi>'], ['m1[k]', '<msub><mi>m</mi><mn>1</mn><mo>,</mo><mi>k</mi></msub>'],
    ['sv.L', '<msup><mi>L</mi><mi>sv</mi></msup>'], ["w'[k]", '<msubsup><mi>w</mi><mi>k</mi><mo>′</mo></msubsup>'],
    ['ŵ[k]', '<msub><mover><mi>w</mi><mo>^</mo></mover><mi>k</mi></msub>'],
    ['unit(x)', '<mover><mi>x</mi><mo>^</mo></mover>'], ['norm(x)', '<mo>‖</mo><mi>x</mi><mo>‖</mo>'],
    ['dot(a, b)', '<msup><mi>a</mi><mo>⊤</mo></msup><mi>b</mi>'], ['exp(a)', '<msup><mi>e</mi><mi>a</mi></msup>'],
    ['d(L, c[k])', '<mfrac><mo>∂</mo><mi>L</mi><mo>∂</mo><msub><mi>c</mi><mi>k</mi></msub></mfrac>'],
    ['at(L, t = 1)', '<msub><mi>L</mi><mo>|</mo><mi>t</mi><mo>=</mo><mn>1</mn></msub>'],
    ['1.5e-3', '<mn>1.5</mn><mo>⋅</mo><msup><mn>10</mn><mn>−3</mn></msup>'],
    ['2 * 3', '<mn>2</mn><mo>⋅</mo><mn>3</mn>'], ['2 * a', '<mn>2</mn><mo>\u2062</mo><mi>a</mi>'],
    ['softplus(a)', '<mi>softplus</mi><mo>\u2061</mo><mo>(</mo><mi>a</mi><mo>)</mo>'],
    ['a if p > 0 else b', '<mo>{</mo><mtable><mtr><mtd><mi>a</mi></mtd><mtd><mtext>if\u00a0</mtext><mi>p</mi><mo>&gt;</mo><mn>0</mn></mtd></mtr>'
      + '<mtr><mtd><mi>b</mi></mtd><mtd><mtext>otherwise</mtext></mtd></mtr></mtable>'],
  ])('sets %j as %s', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it('law: every element has the parts it needs, and what is copied from the page reads back as the same tree', () => {
    const parts = new Map([['mfrac', 2], ['msup', 2], ['msub', 2], ['munder', 2], ['mover', 2], ['msubsup', 3], ['mtr', 2], ['semantics', 2]]);
    fc.assert(fc.property(fc.oneof(exprs, conds, claims), (tree) => {
      const root = parseXml(toMathml(tree).text);
      for (const [name, count] of parts) for (const { node } of find(root, name)) expect([name, node.children.length]).toEqual([name, count]);
      const text = find(root, 'annotation')[0]!.node.text;
      const read = !('kind' in tree) ? parseClaim(text, { indices }) : ['compare', 'not', 'and'].includes(tree.kind) ? parseCond(text, { indices }) : parseExpr(text, { indices });
      expect(withoutOrigin(read, ['column', 'text'])).toEqual(withoutOrigin(tree, ['column', 'text']));
    }), runs);
  });

  it('law: read as a person reads it, invisible rows left out, the page says the same number as the tree', () => {
    fc.assert(fc.property(arithmetic, fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 3, maxLength: 3 }), (tree, [a, b, c]) => {
      const values = new Map([['a', a!], ['b', b!], ['c', c!]]);
      const [seen, meant] = [read(parseXml(toMathml(tree).text), values), value(tree, values)];
      if (Number.isFinite(meant)) expect(Math.abs(seen - meant)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(meant)));
    }), { ...runs, numRuns: 10 * runs.numRuns });
  });

  it('ends a sum where it ends', () => {
    const names = new Map([['a', 5], ['b', 3]]);
    for (const text of ['sum(a, a) * a', 'b * sum(a, a) * a', '-sum(a, a) * a', 'sum(a, a * a)', 'sum(a, a) + a', 'sum(a, -a)']) {
      const tree = parseExpr(text, { indices: ['a'] });
      expect([text, read(parseXml(toMathml(tree).text), names)]).toEqual([text, value(tree, names)]);
    }
  });

  it('would notice a pair of parentheses that is missing', () => {
    const values = new Map([['a', 2], ['b', 3], ['c', 5]]);
    const text = toMathml(parseExpr('a * (b + c)')).text;
    expect(read(parseXml(text), values)).toBe(16);
    expect(read(parseXml(text.replace(/<mo[^>]*>[()]<\/mo>/g, '')), values)).toBe(11);
    expect(equalExpr(parseExpr('a * (b + c)'), parseExpr('a * b + c'))).toBe(false);
  });
});

const leaves = (node: Node): string => node.text + node.children.map(leaves).join('');

const arithmetic = fc.letrec<{ e: Expr }>((tie) => {
  const e = tie('e');
  const name = fc.constantFrom('a', 'b', 'c').map((text): Expr => ({ kind: 'name', name: text, index: [] }));
  return {
    e: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      name,
      fc.nat(9).map((n): Expr => ({ kind: 'number', value: n, text: String(n) })),
      e.map((of): Expr => ({ kind: 'negate', of })),
      fc.record({ kind: fc.constant('binary' as const), op: fc.constantFrom('+', '-', '*', '/', '^'), left: e, right: e }),
      fc.record({ kind: fc.constant('call' as const), name: fc.constantFrom('abs', 'exp'), args: fc.tuple(e) }),
      e.map((body): Expr => ({ kind: 'bound', op: 'sum', index: 'a', where: null, body })),
    ),
  };
}).e;

/** Sums run over these values of their index. */
const range = [1, 2];

function value(e: Expr, values: ReadonlyMap<string, number>): number {
  if (e.kind === 'number') return e.value;
  if (e.kind === 'name') return values.get(e.name)!;
  if (e.kind === 'negate') return -value(e.of, values);
  if (e.kind === 'call') return (e.name === 'abs' ? Math.abs : Math.exp)(value(e.args[0]!, values));
  if (e.kind === 'bound') return range.reduce((sum, a) => sum + value(e.body, new Map([...values, [e.index, a]])), 0);
  if (e.kind !== 'binary') throw new Error(e.kind);
  return combined(e.op, value(e.left, values), value(e.right, values));
}

function combined(op: string, a: number, b: number): number {
  return op === '+' ? a + b : op === '-' || op === '−' ? a - b : op === '*' ? a * b : op === '/' ? a / b : a ** b;
}

/** What a person sees: the row flattened, then sums, products, signs and brackets by the usual rules. */
function read(math: Node, values: ReadonlyMap<string, number>): number {
  const flat = (node: Node): Node[] => (['math', 'mrow', 'semantics'].includes(node.name)
    ? node.children.flatMap(flat) : node.name === 'annotation' ? [] : [node]);
  return line(flat(math), values);

  function line(items: readonly Node[], known: ReadonlyMap<string, number>): number {
    let at = 0;
    const text = (): string => (items[at]?.name === 'mo' ? items[at]!.text : '');
    const sum = (scope: ReadonlyMap<string, number>): number => {
      let total = term(scope);
      while (text() === '+' || text() === '−') total = combined(items[at++]!.text, total, term(scope));
      return total;
    };
    const term = (scope: ReadonlyMap<string, number>): number => {
      let product = factor(scope);
      while (text() === '\u2062' || text() === '⋅') {
        at++;
        product *= factor(scope);
      }
      return product;
    };
    const factor = (scope: ReadonlyMap<string, number>): number => {
      const item = items[at++]!;
      if (item.name === 'mo' && item.text === '−') return -term(scope);
      if (item.name === 'mo') {
        const inside = sum(scope);
        at++;
        return item.text === '|' ? Math.abs(inside) : inside;
      }
      if (item.name === 'munder') {
        const start = at;
        return range.reduce((total, a) => {
          at = start;
          return total + term(new Map([...scope, [leaves(item.children[1]!), a]]));
        }, 0);
      }
      if (item.name === 'mn') return Number(item.text);
      if (item.name === 'mi') return item.text === 'e' ? Math.E : scope.get(item.text)!;
      const [first, second] = item.children.map((child) => line(flat(child), scope)) as [number, number];
      return item.name === 'mfrac' ? first / second : first ** second;
    };
    return sum(known);
  }
}
