// Syntax tree to text in the notation, with the fewest parentheses the grammar allows: what is printed reads back as the same
// tree, and printing what was read changes spacing only. No layout and no line breaking. Next: latex.ts, the same walk for
// typesetting, and derivation.ts, which prints whole files.

import { precedence, precedenceOf, type Claim, type Cond, type Expr, type NameExpr } from './grammar.ts';

export function printExpr(e: Expr): string {
  switch (e.kind) {
    case 'number': return e.text;
    case 'name': return printName(e);
    case 'negate': return `-${operand(e.of, precedence.negate)}`;
    case 'binary': {
      const level = precedenceOf(e);
      if (e.op === '^') return `${operand(e.left, precedence.atom)}^${operand(e.right, precedence.negate)}`;
      return `${operand(e.left, level)} ${e.op} ${operand(e.right, level + 1)}`;
    }
    case 'call': return `${e.name}(${e.args.map(printExpr).join(', ')})`;
    case 'bound': return `${e.op}(${e.where === null ? e.index : printCond(e.where)}, ${printExpr(e.body)})`;
    case 'select':
      return `${operand(e.then, precedence.add)} if ${printCond(e.cond)} else ${printExpr(e.otherwise)}`;
    case 'derivative': return `d(${printExpr(e.of)}, ${printName(e.by)})`;
    case 'at': {
      const bindings = e.bindings.map(({ name, value }) => `${name} = ${printExpr(value)}`);
      return `at(${[printExpr(e.of), ...bindings].join(', ')})`;
    }
  }
}

export function printCond(c: Cond): string {
  switch (c.kind) {
    case 'compare': return `${operand(c.left, precedence.add)} ${c.op} ${operand(c.right, precedence.add)}`;
    case 'not': return `not ${grouped(c.of)}`;
    case 'and': return c.all.map(grouped).join(' and ');
  }
}

/** A choice on the left of a claim is put in parentheses for the eye. */
export function printClaim(claim: Claim): string {
  const where = claim.where === null ? '' : ` where ${printCond(claim.where)}`;
  return `${operand(claim.left, precedence.add)} ${claim.op} ${printExpr(claim.right)}${where}`;
}

export function printName(e: Pick<NameExpr, 'name' | 'index'>): string {
  return e.index.length === 0 ? e.name : `${e.name}[${e.index.join(', ')}]`;
}

function operand(e: Expr, least: number): string {
  return precedenceOf(e) < least ? `(${printExpr(e)})` : printExpr(e);
}

function grouped(c: Cond): string {
  return c.kind === 'and' ? `(${printCond(c)})` : printCond(c);
}
