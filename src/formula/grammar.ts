// What a formula is: the syntax tree, the table of precedences and the table of functions, and the three questions
// every reader of a tree asks (its parts, whether two are equal, which indices are free). Trees are plain data and
// survive JSON. Meaning does not live here: whether a name is declared and what it stands for is decided when a tree is
// lowered. Next: tokens.ts and parse.ts (text to tree), print.ts and latex.ts (tree to text), derivation.ts (files of
// formulas).

/**
 * Where a caret belongs, 0-based in the statement's text: an operator's own column, else the first character of the
 * node.
 */
export interface At {
  readonly column?: number;
}

/** A literal; `text` keeps the printed digits, because "1.60" says more than 1.6. */
export interface NumberExpr extends At { readonly kind: 'number'; readonly value: number; readonly text: string }
/** `x`, `c[k]`, `A[i, l]`, `sv.L`. */
export interface NameExpr extends At { readonly kind: 'name'; readonly name: string; readonly index: readonly string[] }
export interface NegateExpr extends At { readonly kind: 'negate'; readonly of: Expr }
export interface BinaryExpr extends At {
  readonly kind: 'binary'; readonly op: BinaryOp; readonly left: Expr; readonly right: Expr;
}
/** A function of `functions` below; `pow` never occurs, it reads as `^`. */
export interface CallExpr extends At { readonly kind: 'call'; readonly name: string; readonly args: readonly Expr[] }
/** `sum(k, e)`, `max(k != y, e)`. With a condition, `index` is the name the condition begins with. */
export interface BoundExpr extends At {
  readonly kind: 'bound'; readonly op: BoundOp;
  readonly index: string; readonly where: Cond | null; readonly body: Expr;
}
export interface SelectExpr extends At {
  readonly kind: 'select'; readonly then: Expr; readonly cond: Cond; readonly otherwise: Expr;
}
/** `d(of, by)`. */
export interface DerivativeExpr extends At { readonly kind: 'derivative'; readonly of: Expr; readonly by: NameExpr }
/** `at(of, t = 1)`: the same quantity with other values for names. */
export interface AtExpr extends At { readonly kind: 'at'; readonly of: Expr; readonly bindings: readonly Binding[] }
export interface Binding extends At { readonly name: string; readonly value: Expr }

export type Expr =
  | NumberExpr | NameExpr | NegateExpr | BinaryExpr | CallExpr | BoundExpr | SelectExpr | DerivativeExpr | AtExpr;

/** `k = y` and `k != y` are compares of two names that are indices. */
export interface CompareCond extends At {
  readonly kind: 'compare'; readonly op: CompareOp; readonly left: Expr; readonly right: Expr;
}
export interface NotCond extends At { readonly kind: 'not'; readonly of: Cond }
/** At least two conditions. */
export interface AndCond extends At { readonly kind: 'and'; readonly all: readonly Cond[] }

export type Cond = CompareCond | NotCond | AndCond;

export interface Claim extends At {
  readonly op: CompareOp; readonly left: Expr; readonly right: Expr; readonly where: Cond | null;
}

export type BinaryOp = '+' | '-' | '*' | '/' | '^';
export type CompareOp = '<' | '<=' | '>' | '>=' | '=' | '!=';
export type BoundOp = 'sum' | 'mean' | 'max' | 'min' | 'rank';

export const compareOps: ReadonlySet<string> = new Set<CompareOp>(['<', '<=', '>', '>=', '=', '!=']);
export const binaryOps: ReadonlySet<string> = new Set<BinaryOp>(['+', '-', '*', '/', '^']);
export const boundOps: ReadonlySet<string> = new Set<BoundOp>(['sum', 'mean', 'max', 'min', 'rank']);

/**
 * How tightly each form holds its parts together; a part that holds less tightly than its place asks gets parentheses.
 */
export const precedence = { select: 0, add: 1, multiply: 2, negate: 3, power: 4, atom: 5 } as const;

export function precedenceOf(e: Expr): number {
  if (e.kind === 'select') return precedence.select;
  if (e.kind === 'negate') return precedence.negate;
  if (e.kind !== 'binary') return precedence.atom;
  if (e.op === '^') return precedence.power;
  return e.op === '*' || e.op === '/' ? precedence.multiply : precedence.add;
}

/** Every function that takes plain arguments, with how many. `pow` reads as `^`; max and min are also bound forms. */
export const functions: ReadonlyMap<string, number> = new Map([
  ['exp', 1], ['log', 1], ['log1p', 1], ['expm1', 1], ['sqrt', 1], ['sin', 1], ['cos', 1], ['acos', 1], ['tanh', 1],
  ['abs', 1], ['floor', 1], ['softplus', 1], ['sigmoid', 1], ['norm', 1], ['unit', 1], ['stop', 1],
  ['max', 2], ['min', 2], ['dot', 2], ['surrogate', 2], ['pow', 2], ['clamp', 3],
]);

export const keywords: ReadonlySet<string> = new Set(['if', 'else', 'and', 'or', 'not', 'where']);

/** Names that always mean a form of the language. `d` is not among them: without `(` it is an ordinary name. */
export const reserved: ReadonlySet<string> = new Set([...functions.keys(), ...boundOps, ...keywords, 'at']);

/** The parts of a node in reading order. */
export function childrenOf(node: Expr | Cond): readonly (Expr | Cond)[] {
  switch (node.kind) {
    case 'number':
    case 'name': return [];
    case 'negate':
    case 'not': return [node.of];
    case 'binary':
    case 'compare': return [node.left, node.right];
    case 'call': return node.args;
    case 'bound': return node.where === null ? [node.body] : [node.where, node.body];
    case 'select': return [node.then, node.cond, node.otherwise];
    case 'derivative': return [node.of, node.by];
    case 'at': return [node.of, ...node.bindings.map((binding) => binding.value)];
    case 'and': return node.all;
  }
}

/** The value of a written number, also a negative one. */
export function constantOf(e: Expr): number | undefined {
  if (e.kind === 'negate') return e.of.kind === 'number' ? -e.of.value : undefined;
  return e.kind === 'number' ? e.value : undefined;
}

/** The name a condition begins with, when it stands alone on the left of its first comparison: what a sum binds. */
export function leadingName(cond: Cond): string | null {
  if (cond.kind === 'not') return leadingName(cond.of);
  if (cond.kind === 'and') return cond.all[0] === undefined ? null : leadingName(cond.all[0]);
  const { left } = cond;
  return left.kind === 'name' && left.index.length === 0 && !left.name.includes('.') ? left.name : null;
}

/** The same expression, wherever it stands and however its numbers are printed. */
export function equalExpr(a: Expr, b: Expr): boolean {
  return sameTree(a, b, (key) => key === 'column' || key === 'text');
}

/** The same condition, wherever it stands and however its numbers are printed. */
export function equalCond(a: Cond, b: Cond): boolean {
  return sameTree(a, b, (key) => key === 'column' || key === 'text');
}

/** Deep equality of plain data that leaves out the keys for which `ignore` says so. */
export function sameTree(a: unknown, b: unknown, ignore: (key: string, owner: object) => boolean): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = new Map(Object.entries(a).filter(([key]) => !ignore(key, a)));
  const right = Object.entries(b).filter(([key]) => !ignore(key, b));
  return left.size === right.length
    && right.every(([key, value]) => left.has(key) && sameTree(left.get(key), value, ignore));
}

/**
 * The indices a formula leaves free, in reading order: those of `indices` that stand in brackets or alone and that no
 * sum, mean, max or min around them binds. `rank(n, e)` compares this n with the others, so n stays free; `d(c[k],
 * w[j])` has k and j free.
 */
export function freeIndices(node: Expr | Cond, indices: ReadonlySet<string>): string[] {
  const found = new Set<string>();
  const visit = (part: Expr | Cond, bound: ReadonlySet<string>): void => {
    const rank = part.kind === 'bound' && part.op === 'rank';
    const used = rank ? [part.index] : part.kind !== 'name' ? [] : part.index.length === 0 ? [part.name] : part.index;
    for (const name of used) if (indices.has(name) && !bound.has(name)) found.add(name);
    const inside = part.kind === 'bound' && !rank ? new Set([...bound, part.index]) : bound;
    for (const child of childrenOf(part)) visit(child, inside);
  };
  visit(node, new Set());
  return [...found];
}
