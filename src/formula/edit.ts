// What was changed between two statements: the smallest parts of their trees that differ. A part that was wrapped,
// unwrapped or replaced is one edit, and so is a pair of parts that changed places. Nothing is evaluated here: whether an
// edit is a correction is for the checker to say.

import { type Claim, type Cond, childrenOf, type Expr, sameTree } from './grammar.ts';
import { printCond, printExpr } from './print.ts';

/** `from` stands where `to` is due; exchanged, each stands where the other is due. */
export interface Edit {
  readonly from: string;
  readonly to: string;
  readonly exchanged?: true;
}

type Node = Expr | Cond;

/** The edits that lead from one statement to another, in reading order; none where they are the same. */
export function editsBetween(from: Claim, to: Claim): Edit[] {
  const where = (claim: Claim): string => (claim.where === null ? 'anywhere' : `where ${printCond(claim.where)}`);
  const sides = [...changes(from.left, to.left), ...changes(from.right, to.right)];
  const both = from.where !== null && to.where !== null;
  const edits = [...sides, ...(both ? changes(from.where, to.where) : [])];
  const op = from.op === to.op ? [] : [{ from: from.op, to: to.op }];
  const [one, other] = edits;
  const exchanged = edits.length === 2 && one!.from === other!.to && one!.to === other!.from;
  return [
    ...(exchanged ? [{ ...one!, exchanged: true as const }] : edits), ...op,
    ...(both || from.where === to.where ? [] : [{ from: where(from), to: where(to) }]),
  ];
}

function changes(from: Node, to: Node): Edit[] {
  if (sameNode(from, to)) return [];
  const [a, b] = [childrenOf(from), childrenOf(to)];
  if (a.length > 0 && a.length === b.length && sameHead(from, to)) return a.flatMap((child, i) => changes(child, b[i]!));
  return [{ from: printed(from), to: printed(to) }];
}

const sameNode = (a: Node, b: Node): boolean => sameTree(a, b, (key) => key === 'column' || key === 'text');

const parts: ReadonlySet<string> = new Set(['column', 'of', 'by', 'left', 'right', 'args', 'where', 'body', 'then', 'cond', 'otherwise', 'all', 'value']);
/** The same node but for what hangs below it. */
const sameHead = (a: Node, b: Node): boolean => sameTree(a, b, (key) => parts.has(key));

const printed = (node: Node): string =>
  (node.kind === 'compare' || node.kind === 'not' || node.kind === 'and' ? printCond(node) : printExpr(node));
