// Trees of leaves: what flatten finds, in which order and under which path, and that rebuild goes back.

import { describe, expect, it } from 'vitest';
import { flatten } from '../../src/base/tree.ts';

const isNumber = (x: unknown): x is number => typeof x === 'number';

describe('flatten', () => {
  it('finds the leaves in their own order, with their paths', () => {
    const { leaves, paths } = flatten({ w: [1, { b: 2 }], a: 3, none: null, text: 'x' }, isNumber);
    expect(leaves).toEqual([1, 2, 3]);
    expect(paths).toEqual(['w[0]', 'w[1].b', 'a']);
  });

  it('rebuilds the same form with other leaves, and keeps what is no leaf', () => {
    const { rebuild } = flatten({ w: [1, { b: 2 }], a: 3, none: null, text: 'x' }, isNumber);
    expect(rebuild(['p', 'q', 'r'])).toEqual({ w: ['p', { b: 'q' }], a: 'r', none: null, text: 'x' });
  });

  it('takes a leaf for a tree', () => {
    const { leaves, paths, rebuild } = flatten(7, isNumber);
    expect([leaves, paths, rebuild([8])]).toEqual([[7], [''], 8]);
  });

  it('keeps hostile names as names of their own', () => {
    const tree = JSON.parse('{"__proto__": 1, "constructor": {"prototype": 2}}') as unknown;
    const { leaves, rebuild } = flatten(tree, isNumber);
    expect(leaves).toEqual([1, 2]);
    expect(JSON.stringify(rebuild([3, 4]))).toBe('{"__proto__":3,"constructor":{"prototype":4}}');
    expect(Object.getPrototypeOf(rebuild([3, 4]))).toBe(Object.prototype);
  });

  it('refuses what would come back as another object, and what has no end', () => {
    const isNumber = (x: unknown): x is number => typeof x === 'number';
    expect(() => flatten({ a: new Map([[1, 2]]) }, isNumber)).toThrow('a tree that holds an object of class Map at a.');
    expect(() => flatten([new Float32Array(2)], isNumber)).toThrow('class Float32Array at [0]. A tree is tensors and numbers in arrays and plain objects. Make a tensor');
    const round: Record<string, unknown> = { x: 1 };
    round['again'] = round;
    expect(() => flatten(round, isNumber)).toThrow('a tree that holds itself at again.again');
    expect(flatten(Object.assign(Object.create(null) as object, { x: 1 }), isNumber).leaves).toEqual([1]);
  });
});
