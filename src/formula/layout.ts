// What the printers for a page (latex.ts, mathml.ts) ask of a tree: where parentheses are needed, which differs from
// text because a fraction bar, a brace and an exponent group by themselves, and how a chain of choices reads.

import { precedenceOf, type Cond, type Expr, type SelectExpr } from './grammar.ts';

/** Whether e needs parentheses where parts must hold together at least this tightly. */
export function needsParens(e: Expr, least: number): boolean {
  const closed = e.kind === 'select' || (e.kind === 'binary' && e.op === '/');
  return precedenceOf(e) < least && !closed;
}

/** Whether what follows on the page would be read as part of e: the body of a sum, or what a derivative applies to. */
export function opensRight(e: Expr): boolean {
  if (e.kind === 'bound') return e.op !== 'rank';
  if (e.kind === 'derivative') return e.of.kind !== 'name';
  if (e.kind === 'negate') return opensRight(e.of);
  return e.kind === 'binary' && e.op === '*' && opensRight(e.right);
}

/** A vector whose inner product is set with ⊤ rather than with brackets. */
export function isVectorName(e: Expr | undefined): e is Expr {
  return e?.kind === 'name' || (e?.kind === 'call' && e.name === 'unit' && e.args[0]?.kind === 'name');
}

/** `a if p else b if q else c` is one brace with three rows; the last has no condition. */
export function rowsOf(e: SelectExpr): { readonly value: Expr; readonly cond?: Cond }[] {
  const rows: { value: Expr; cond?: Cond }[] = [];
  let rest: Expr = e;
  while (rest.kind === 'select') {
    rows.push({ value: rest.then, cond: rest.cond });
    rest = rest.otherwise;
  }
  return [...rows, { value: rest }];
}
