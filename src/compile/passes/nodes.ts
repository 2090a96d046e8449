// What a schedule is made from: nodes, each of which becomes one pass over memory, one product or one step on the host,
// and what each of them waits for. Here are the nodes and the one question that keeps them free of circles; which step
// belongs to which node is decided in `grouping.ts`.

/** Steps that run through one space together. */
export interface LoopNode {
  readonly kind: 'loop';
  readonly id: number;
  /** The axes, those of size 1 left out. */
  readonly space: readonly number[];
  /** How many of the last axes form a row; undefined while nothing asks for rows. */
  row: number | undefined;
  readonly members: Set<number>;
  /** Sums over the whole space, or over rows and axes before them: block sums are stored, and combined by a node of their own. */
  readonly blocks: Set<number>;
  readonly after: Set<Node>;
}

/**
 * One step by itself: a contraction, a reduction over axes that are not the last, a step the reference runs, or the sum
 * of the block sums a loop has stored.
 */
export interface StepNode {
  readonly kind: 'product' | 'columns' | 'host' | 'combine';
  readonly id: number;
  readonly step: number;
  readonly after: Set<Node>;
}

export type Node = LoopNode | StepNode;

/** True when `later` waits for `earlier`, directly or through others, or is it. */
export function waitsFor(later: Node, earlier: Node, seen: Set<Node> = new Set()): boolean {
  if (later === earlier) return true;
  seen.add(later);
  for (const node of later.after) if (!seen.has(node) && waitsFor(node, earlier, seen)) return true;
  return false;
}

/** The nodes in an order in which each stands behind what it waits for; otherwise as they came. */
export function ordered(nodes: readonly Node[]): Node[] {
  const done = new Set<Node>();
  const list: Node[] = [];
  const visit = (node: Node): void => {
    if (done.has(node)) return;
    done.add(node);
    for (const before of [...node.after].sort((a, b) => a.id - b.id)) visit(before);
    list.push(node);
  };
  for (const node of nodes) visit(node);
  return list;
}
