import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { FormatError } from '../../src/base/errors.ts';
import { equalCond, equalExpr, type Expr } from '../../src/formula/grammar.ts';
import { parseClaim, parseCond, parseDefinition, parseExpr } from '../../src/formula/parse.ts';
import { printClaim, printCond, printExpr } from '../../src/formula/print.ts';
import { claims, conds, exprs, indices, mutated, runs, withoutOrigin } from './arbitraries.ts';

/** The tree as brackets: every grouping shown. */
function grouping(text: string): string {
  const show = (e: Expr): string => {
    switch (e.kind) {
      case 'negate': return `(-${show(e.of)})`;
      case 'binary': return `(${show(e.left)}${e.op}${show(e.right)})`;
      case 'select': return `(${show(e.then)}?${show(e.otherwise)})`;
      default: return printExpr(e);
    }
  };
  return show(parseExpr(text));
}

function errorOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return (error as FormatError).message;
  }
  throw new Error('nothing was thrown');
}

describe('reading expressions', () => {
  it('groups sums and products to the left and powers to the right', () => {
    expect(grouping('a - b - c')).toBe('((a-b)-c)');
    expect(grouping('a / b * c')).toBe('((a/b)*c)');
    expect(grouping('a + b * c')).toBe('(a+(b*c))');
    expect(grouping('a^b^c')).toBe('(a^(b^c))');
  });

  it('puts the minus sign between the product and the power', () => {
    expect(grouping('-a^2')).toBe('(-(a^2))');
    expect(grouping('-a * b')).toBe('((-a)*b)');
    expect(grouping('a * -b')).toBe('(a*(-b))');
    expect(grouping('a^-b * c')).toBe('((a^(-b))*c)');
    expect(grouping('a - -b')).toBe('(a-(-b))');
  });

  it('reads choices last and to the right', () => {
    expect(grouping('a + b if p = 1 else c if q = 1 else e')).toBe('((a+b)?(c?e))');
    expect(grouping('(a if p = 1 else b) + c')).toBe('((a?b)+c)');
  });

  it('reads pow as the power it is', () => {
    expect(equalExpr(parseExpr('pow(a, b + 1)'), parseExpr('a^(b + 1)'))).toBe(true);
  });

  it('keeps the printed digits of a number', () => {
    expect(parseExpr('1.60')).toEqual({ kind: 'number', value: 1.6, text: '1.60', column: 0 });
    expect(parseExpr('1e-3')).toMatchObject({ value: 0.001, text: '1e-3' });
  });

  it('reads names with indices, primes, Greek letters and sections', () => {
    expect(parseExpr("sv.w'[k, y]")).toMatchObject({ kind: 'name', name: "sv.w'", index: ['k', 'y'] });
    expect(parseExpr('θ_1')).toMatchObject({ kind: 'name', name: 'θ_1' });
  });

  it('takes two spellings of one accented letter for one name', () => {
    expect(equalExpr(parseExpr('\u00e9'), parseExpr('e\u0301'))).toBe(true);
  });

  it('reads sums over an index and over a condition', () => {
    expect(parseExpr('sum(k, x)')).toMatchObject({ kind: 'bound', op: 'sum', index: 'k', where: null });
    expect(parseExpr('sum(k != y and a > 0, x)')).toMatchObject({ kind: 'bound', index: 'k', where: { kind: 'and' } });
    expect(parseExpr('sum(not k = y, x)')).toMatchObject({ kind: 'bound', index: 'k', where: { kind: 'not' } });
    expect(parseExpr('rank(n, L)')).toMatchObject({ kind: 'bound', op: 'rank', index: 'n' });
  });

  it('reads max over an axis only when its first argument is an index', () => {
    expect(parseExpr('max(k, c[k])', { indices })).toMatchObject({ kind: 'bound', op: 'max', index: 'k' });
    expect(parseExpr('max(k != y, c[k])', { indices })).toMatchObject({ kind: 'bound', op: 'max', index: 'k' });
    expect(parseExpr('max(k, c[k])')).toMatchObject({ kind: 'call', name: 'max' });
    expect(parseExpr('max(a if a < b else c, 0)', { indices })).toMatchObject({ kind: 'call', name: 'max' });
  });

  it('reads d with a parenthesis as a derivative and d alone as a name', () => {
    expect(parseExpr('d(L, c[k])')).toMatchObject({ kind: 'derivative', by: { name: 'c', index: ['k'] } });
    expect(parseExpr('d * 2')).toMatchObject({ kind: 'binary', left: { kind: 'name', name: 'd' } });
    expect(parseExpr('sum(d, x[d])')).toMatchObject({ kind: 'bound', index: 'd' });
  });

  it('reads a quantity at other values', () => {
    expect(parseExpr('at(L, t = 1, m = a if k = y else b)')).toMatchObject({
      kind: 'at', bindings: [{ name: 't', column: 6 }, { name: 'm', value: { kind: 'select' } }],
    });
  });

  it('tells parentheses around a condition from parentheses around a value', () => {
    expect(parseCond('(a + b) * 2 < c')).toMatchObject({ kind: 'compare' });
    expect(parseCond('not (a < b and b < c) and ((k = y))')).toMatchObject({
      kind: 'and', all: [{ kind: 'not' }, { kind: 'compare' }],
    });
  });

  it('reads a claim with its condition', () => {
    expect(parseClaim('a if k = y else b <= c where s > 0')).toMatchObject({
      op: '<=', left: { kind: 'select' }, where: { kind: 'compare', op: '>' }, column: 18,
    });
  });

  it('reads a definition', () => {
    expect(parseDefinition('c[k] = 2')).toMatchObject({ target: { name: 'c', index: ['k'] }, value: { value: 2 } });
  });

  it('marks each node with its column: the sign of an operation, the first letter of the rest', () => {
    expect(parseExpr('  a + exp(b)')).toMatchObject({
      column: 4, left: { column: 2 }, right: { column: 6, args: [{ column: 10 }] },
    });
  });
});

describe('refusing what is no formula', () => {
  it.each([
    ['2 x', 3, /'x' where an operator[^]*always written with \*/],
    ['2x', 2, /always written/],
    ['a (b)', 1, /no function 'a'/],
    ['(a) (b)', 5, /always written/],
    ['f(c)', 1, /no function 'f'[^]*f\[…\]/],
    ['Exp(c)', 1, /did you mean exp/],
    ['a +', 4, /the end where a name, a number or \( is needed/],
    ['', 1, /the end/],
    ['+a', 1, /no sign \+/],
    ['(a', 3, /'\)' to close '\(' of column 1/],
    ['a)', 2, /each \) closes one/],
    ['c[k', 4, /'\]' to close the indices of 'c'/],
    ['c[1]', 3, /the number 1 as an index/],
    ['c[]', 3, /an index of 'c'/],
    ['a[k][j]', 5, /indices follow a name/],
    ['c[sv.k]', 3, /dotted name/],
    ['exp', 1, /function 'exp' without its arguments/],
    ['exp(a, b)', 1, /exp takes 1 argument\./],
    ['dot(a)', 1, /dot takes 2 arguments\./],
    ['max(a, b, c)', 1, /nest it: max\(a, max\(b, c\)\)/],
    ['max(z != y, b)', 5, /'z' in max, and that is not an index here/],
    ['sum(exp(c[k]))', 5, /where the index of sum is needed/],
    ['sum(c[k] > 0, c[k])', 5, /where the index of sum is needed/],
    ['sum(k)', 5, /where the index of sum is needed/],
    ['d(L)', 4, /write ',' and the name to differentiate by/],
    ['d(L, a + b)', 6, /as what to differentiate by/],
    ['d(L, exp(b))', 6, /as what to differentiate by/],
    ['d(L, a, b)', 7, /nest second derivatives/],
    ['at(L)', 5, /a name with its new value/],
    ['at(L, t)', 8, /'=' and the new value of 't'/],
    ['at(L, t = 1, t = 2)', 14, /'t' twice/],
    ['a if b else c', 8, /where a comparison/],
    ['a if b < c', 11, /'else' to complete 'if' of column 3/],
    ['a else b', 3, /else belongs to an if/],
    ['a * b if c < 1 else 2 < 3', 23, /not a value/],
    ['a < b', 3, /not a value/],
    ['(k = y) * 2', 4, /1 if a = b else 0/],
    ['a or b', 3, /not \(not p and not q\)/],
    ['a where b < c', 3, /where ends a claim/],
    ['a, b', 2, /commas/],
    ['a == b', 3, /write =\./],
    ['a ** b', 3, /write \^\./],
    ['a ≤ b', 3, /write <=\./],
    ['a · b', 3, /write \*\./],
    ['∑ x', 1, /write sum/],
    ['x² + 1', 2, /write \^2/],
    ['1.', 2, /both sides of a decimal point/],
    ['.5', 1, /write 0\.5/],
    ['1e999', 1, /finite double/],
    ['a $ b', 3, /'\$', which the notation does not have/],
    ['a \u001b[31m', 3, /U\+001b/],
    ['\ud800', 1, /U\+d800/],
  ])('refuses %j at column %i', (text, column, says) => {
    const message = errorOf(() => parseExpr(text, { indices }));
    expect(message).toMatch(new RegExp(`^column ${column}: found `));
    expect(message).toMatch(says);
    expect(message).toMatch(/\nRule: [^]*\.\nDo: [^]*\.$/);
  });

  it.each([
    ['a', 2, /= or another comparison/],
    ['a < b < c', 7, /do not chain/],
    ['a = b where c', 14, /a comparison/],
    ['= b', 1, /a comparison stands between two expressions/],
  ])('refuses the claim %j at column %i', (text, column, says) => {
    const message = errorOf(() => parseClaim(text));
    expect(message).toMatch(new RegExp(`^column ${column}: found `));
    expect(message).toMatch(says);
  });

  it.each([
    ['exp = 2', 1, /cannot be names/],
    ['sv.L = 2', 1, /dotted name/],
    ['A[k, k] = 2', 9, /index 'k' twice/],
    ['c[k] 2', 6, /'=' after the defined name/],
  ])('refuses the definition %j at column %i', (text, column, says) => {
    const message = errorOf(() => parseDefinition(text));
    expect(message).toMatch(new RegExp(`^column ${column}: found `));
    expect(message).toMatch(says);
  });

  it('refuses formulas far larger than a page', () => {
    expect(errorOf(() => parseExpr(`${'('.repeat(300)}a`))).toMatch(/^column 101: found forms nested more than 100/);
    expect(errorOf(() => parseExpr('- '.repeat(300)))).toMatch(/^column 399: found forms nested/);
    expect(errorOf(() => parseExpr('a ^ '.repeat(300)))).toMatch(/found forms nested/);
    expect(errorOf(() => parseCond('not '.repeat(300)))).toMatch(/found forms nested/);
    expect(errorOf(() => parseExpr(`a${' + a'.repeat(1000)}`))).toMatch(/^column 4001: found more than 2000/);
  });

  it('shows the line with a caret under the column', () => {
    expect(errorOf(() => parseExpr('s*c[y] + 2 x'))).toMatchInlineSnapshot(`
      "column 12: found 'x' where an operator or the end is needed
        s*c[y] + 2 x
                   ^
      Rule: the product is always written with *.
      Do: write * before 'x'."
    `);
  });

  it('shows the part of a long line that matters', () => {
    const lines = errorOf(() => parseExpr(`${'a + '.repeat(100)}) ${'+ b'.repeat(100)}`)).split('\n');
    expect(lines[1]?.length).toBeLessThan(120);
    expect(lines[1]?.[lines[2]?.indexOf('^') ?? 0]).toBe(')');
  });
});

describe('laws of reading', () => {
  it('law: what is printed reads back as the same expression', () => {
    fc.assert(fc.property(exprs, (tree) => {
      expect(withoutOrigin(parseExpr(printExpr(tree), { indices }))).toEqual(tree);
    }), { ...runs, numRuns: 10 * runs.numRuns });
  });

  it('law: what is printed reads back as the same condition', () => {
    fc.assert(fc.property(conds, (tree) => {
      const again = parseCond(printCond(tree), { indices });
      expect(withoutOrigin(again)).toEqual(tree);
      expect(equalCond(again, tree)).toBe(true);
    }), { ...runs, numRuns: 10 * runs.numRuns });
  });

  it('law: what is printed reads back as the same claim', () => {
    fc.assert(fc.property(claims, (tree) => {
      expect(withoutOrigin(parseClaim(printClaim(tree), { indices }))).toEqual(tree);
    }), { ...runs, numRuns: 10 * runs.numRuns });
  });

  it('law: any text is a formula whose print is stable, or a FormatError', () => {
    const texts = [
      'L = -log(exp(s * c[y]) / (exp(s * c[y]) + sum(k != y, exp(s * c[k])))) where s > 0',
      'a < (b if k = y else c)^-2',
      "at(sv.L, w = w', t = 1.5e-3) != max(k, d(mean(n, L), w[k]))", 'a = clamp(x, 0, 1) where not (a < b and b <= c)',
    ];
    let formulas = 0;
    fc.assert(fc.property(fc.oneof(mutated(texts), fc.string({ unit: 'binary' })), (text) => {
      try {
        const printed = printClaim(parseClaim(text, { indices }));
        expect(printClaim(parseClaim(printed, { indices }))).toBe(printed);
        formulas += 1;
      } catch (error) {
        expect(error, text).toBeInstanceOf(FormatError);
      }
    }), { ...runs, numRuns: 100 * runs.numRuns });
    expect(formulas).toBeGreaterThan(runs.numRuns);
  });

  it('reads hostile nesting in linear time', () => {
    const start = performance.now();
    expect(() => parseExpr(`${'((a if '.repeat(600)}`)).toThrow(FormatError);
    expect(() => parseExpr(`${'max('.repeat(900)}`)).toThrow(FormatError);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
