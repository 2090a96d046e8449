// Trees: a leaf, or arrays and plain objects of trees. Arguments and results of transforms are trees, so a parameter
// set can be a record of layers. Keys are visited in their own order; a flattened tree is a list and a way back. A Map, a
// date or an object of a class is no tree: taken apart it would come back as a plain object.

import { DTypeError, message } from './errors.ts';

export type Tree<T> = T | readonly Tree<T>[] | { readonly [name: string]: Tree<T> };

export interface Flat<T> {
  readonly leaves: readonly T[];
  readonly paths: readonly string[];
  /** Puts a list of the same length back into the shape of the tree. */
  readonly rebuild: <U>(leaves: readonly U[]) => Tree<U>;
}

/** Deeper than any tree that is meant: an object that holds itself. */
const deepest = 200;

const rebuildLeaf = <U>(leaves: readonly U[]): U => leaves[0]!;

export function flatten<T>(tree: unknown, isLeaf: (node: unknown) => node is T, path = '', depth = 0): Flat<T> {
  if (isLeaf(tree)) return { leaves: [tree], paths: [path], rebuild: rebuildLeaf };
  if (typeof tree !== 'object' || tree === null) {
    return { leaves: [], paths: [], rebuild: () => tree as never };
  }
  const isList = Array.isArray(tree);
  if (!isList && !isPlain(tree) || depth > deepest) throw noTree(tree, path);
  const keys = Object.keys(tree);
  const children = keys.map((key) =>
    flatten((tree as Record<string, unknown>)[key], isLeaf, isList ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`, depth + 1));
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

function isPlain(tree: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(tree);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function noTree(tree: object, path: string): DTypeError {
  const found = isPlain(tree) || Array.isArray(tree) ? 'itself' : `an object of class ${tree.constructor?.name}`;
  const place = path === '' ? '' : ` at ${path.slice(0, 40)}`;
  const todo = ArrayBuffer.isView(tree) ? 'Make a tensor of it' : 'Let the function capture it';
  return new DTypeError(message(`a tree that holds ${found}${place}`, 'A tree is tensors and numbers in arrays and plain objects', todo));
}
