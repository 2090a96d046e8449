// What a line is to the equation: a definition's own quantity, or part of the narrowest one that all of it goes into.

import { describe, expect, it } from 'vitest';
import { belongings } from '../../src/explain/belonging.ts';
import { explain, type Line } from '../../src/explain/index.ts';
import { label, type Tensor } from '../../src/graph/index.ts';
import { add, exp, mul, sum } from '../../src/ops/index.ts';
import { f64 } from '../values.ts';

function f(x: Tensor, w: Tensor): Tensor {
  const c = label(exp(label(mul(x, 2), 'inner')), 'c');
  const both = label(mul(w, 3), 'both');
  const g = label(add(c, both), 'g');
  return sum(label(mul(label(mul(g, both), 'product'), g), 'L'));
}
const { lines } = explain(f, [f64([1, 2]), f64([3, 4])], { names: ['x', 'w'] });
const textOf = (defined: readonly string[], own: readonly Line[] = lines): Record<string, string> => {
  const found = belongings(own, new Set(defined));
  return Object.fromEntries(own.flatMap(({ number, name }) => {
    const one = found.get(number);
    return one === undefined ? [] : [[name, one.whole ? `is ${one.name}` : one.name]];
  }));
};

describe('a line', () => {
  it('is the quantity it is named for, or part of the narrowest definition all of it goes into', () => {
    expect(textOf(['c', 'g', 'L'])).toEqual({ x: 'c', inner: 'c', c: 'is c', g: 'is g', w: 'L', both: 'L', product: 'L', L: 'is L' });
  });

  it('goes into the next wider definition where the equation has no narrower one', () => {
    expect(textOf(['g', 'L'])).toEqual({ x: 'g', inner: 'g', c: 'g', g: 'is g', w: 'L', both: 'L', product: 'L', L: 'is L' });
  });

  it('has no definition where some of it goes into none, as a sum over the batch', () => {
    expect(textOf(['c', 'both'])).toEqual({ x: 'c', inner: 'c', c: 'is c', w: 'both', both: 'is both' });
    expect(textOf([])).toEqual({});
  });

  it('is told from its operands alone, in any order', () => {
    expect(textOf(['c', 'g', 'L'], [...lines].reverse())).toEqual(textOf(['c', 'g', 'L']));
  });
});
