// Trees: a leaf, or arrays and plain objects of trees. Arguments and results of transforms are trees, so a parameter
// set can be a record of layers. Keys are visited in their own order; a flattened tree is a list and a way back.

export type Tree<T> = T | readonly Tree<T>[] | { readonly [name: string]: Tree<T> };

export interface Flat<T> {
  readonly leaves: readonly T[];
  readonly paths: readonly string[];
  /** Puts a list of the same length back into the shape of the tree. */
  readonly rebuild: <U>(leaves: readonly U[]) => Tree<U>;
}

const rebuildLeaf = <U>(leaves: readonly U[]): U => leaves[0]!;

export function flatten<T>(tree: unknown, isLeaf: (node: unknown) => node is T, path = ''): Flat<T> {
  if (isLeaf(tree)) return { leaves: [tree], paths: [path], rebuild: rebuildLeaf };
  if (typeof tree !== 'object' || tree === null) {
    return { leaves: [], paths: [], rebuild: () => tree as never };
  }
  const keys = Object.keys(tree);
  const isList = Array.isArray(tree);
  const children = keys.map((key) =>
    flatten((tree as Record<string, unknown>)[key], isLeaf, isList ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`));
  return {
    leaves: children.flatMap((child) => child.leaves),
    paths: children.flatMap((child) => child.paths),
    rebuild: <U>(leaves: readonly U[]): Tree<U> => {
      let from = 0;
      const parts = children.map((child) => child.rebuild(leaves.slice(from, (from += child.leaves.length))));
      if (isList) return parts;
      const record: Record<string, Tree<U>> = {};
      keys.forEach((key, i) => Object.defineProperty(record, key, { value: parts[i]!, enumerable: true, writable: true }));
      return record;
    },
  };
}
