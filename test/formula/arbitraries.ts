// Random syntax trees and mutated texts for the tests of the notation. Trees follow the grammar's own promises: a
// condition under a sum begins with the index it binds, and max of two numbers does not begin with an index.

import fc from 'fast-check';

import { functions, type CompareOp, type Cond, type Expr, type NameExpr } from '../../src/formula/grammar.ts';

/** 30 runs in the small tier, RUNS in the long one; always the same ones. */
export const runs = { numRuns: Number(process.env['RUNS'] ?? 30), seed: 20260101 };

export const indices: ReadonlySet<string> = new Set(['k', 'n', 'j']);

const indexName = fc.constantFrom(...indices);
const anyName = fc.constantFrom('x', 'c', "w'", 'θ', 'p_y', 'm1', 'sv.L', 'd', 'lambda', '_t', 'ℒ', 'x̂',
  'constructor', '__proto__');
const compareOp = fc.constantFrom<CompareOp>('<', '<=', '>', '>=', '=', '!=');
const name: fc.Arbitrary<NameExpr> = fc.record({
  kind: fc.constant('name'), name: anyName, index: fc.array(fc.constantFrom('k', 'y', 'j'), { maxLength: 2 }),
});
const number: fc.Arbitrary<Expr> = fc.oneof(fc.nat(), fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }))
  .map((value) => ({ kind: 'number', value: value + 0, text: String(value + 0) }));

const callOf = (expr: fc.Arbitrary<Expr>): fc.Arbitrary<Expr> => fc.constantFrom(...functions)
  .filter(([function_]) => function_ !== 'pow')
  .chain(([function_, arity]) => fc.record({
    kind: fc.constant('call'), name: fc.constant(function_),
    args: fc.array(expr, { minLength: arity, maxLength: arity }),
  }));

const trees = fc.letrec<{ expr: Expr; cond: Cond }>((tie) => {
  const [expr, cond] = [tie('expr'), tie('cond')];
  const onIndex = (index: string): fc.Arbitrary<Cond> => fc.record({
    kind: fc.constant('compare'), op: compareOp, left: fc.constant({ kind: 'name', name: index, index: [] } as const),
    right: expr,
  });
  const wheres = (index: string): fc.Arbitrary<Cond | null> => fc.oneof(
    fc.constant(null),
    onIndex(index),
    fc.tuple(onIndex(index), cond).map(([first, second]) => ({ kind: 'and', all: [first, second] }) as const),
    onIndex(index).map((of) => ({ kind: 'not', of }) as const),
  );
  return {
    expr: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      name,
      number,
      fc.record({ kind: fc.constant('negate'), of: expr }),
      fc.record({ kind: fc.constant('binary'), op: fc.constantFrom('+', '-', '*', '/', '^'), left: expr, right: expr }),
      callOf(expr),
      indexName.chain((index) => fc.record({
        kind: fc.constant('bound'), op: fc.constantFrom('sum', 'mean', 'max', 'min', 'rank'), index: fc.constant(index),
        where: wheres(index), body: expr,
      })),
      fc.record({ kind: fc.constant('select'), then: expr, cond, otherwise: expr }),
      fc.record({ kind: fc.constant('derivative'), of: expr, by: name }),
      fc.record({
        kind: fc.constant('at'), of: expr,
        bindings: fc.uniqueArray(fc.record({ name: fc.constantFrom('t', "w'", 'm', 's'), value: expr }),
          { minLength: 1, maxLength: 3, selector: (binding) => binding.name }),
      }),
    ),
    cond: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.record({ kind: fc.constant('compare'), op: compareOp, left: expr, right: expr }),
      fc.record({ kind: fc.constant('not'), of: cond }),
      fc.record({ kind: fc.constant('and'), all: fc.array(cond, { minLength: 2, maxLength: 3 }) }),
    ),
  };
});

export const exprs = trees.expr;
export const conds = trees.cond;
export const claims = fc.record({
  op: compareOp, left: exprs, right: exprs, where: fc.oneof(fc.constant(null), conds),
});

/** The same data without the keys that say where a thing was read. */
export function withoutOrigin(value: unknown, keys: readonly string[] = ['column']): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutOrigin(item, keys));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key))
    .map(([key, part]) => [key, withoutOrigin(part, keys)]));
}

const pieces = [
  '(', ')', '[', ']', ',', '+', '-', '*', '^', '/', '=', '!=', '<', 'k', 'x', '1', '.', 'e', ' ', '  ', '\n', '\n  ',
  "'", ' if ', ' else ', ' and ', ' not ', ' where ', 'sum(', 'max(', 'd(', 'at(', 'exp(', '#', ':', '{', '}', '->',
  'θ', '∑', '\u0000', '\ud800', '\uFEFF', '__proto__', '1e999', 'amend ', 'claim ', 'section a', '"', 'null',
];

/** A text with some of its parts removed, doubled, or replaced. */
export function mutated(texts: readonly string[]): fc.Arbitrary<string> {
  const put = fc.array(fc.constantFrom(...pieces), { maxLength: 3 });
  const edit = fc.record({ at: fc.nat(5000), cut: fc.nat(4), put });
  return fc.tuple(fc.constantFrom(...texts), fc.array(edit, { minLength: 1, maxLength: 4 })).map(([text, edits]) => {
    let result = text;
    for (const { at, cut, put } of edits) {
      const place = at % (result.length + 1);
      result = result.slice(0, place) + put.join('') + result.slice(place + cut);
    }
    return result;
  });
}
