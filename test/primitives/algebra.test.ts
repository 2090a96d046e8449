// The two readings of a body that live beside the primitives: numbers and text. (Dual numbers are tested with the checker.)

import { describe, expect, it } from 'vitest';
import { bodyText, integers, numbers } from '../../src/primitives/algebra.ts';
import { primitivesByName } from '../../src/primitives/index.ts';

const print = (name: string, ...inputs: string[]): string => primitivesByName.get(name)!.print(inputs, {});

describe('numbers', () => {
  it('select by anything that is not 0, a NaN included', () => {
    expect([1, -2, NaN, 0, -0].map((c) => numbers.select(c, 'a' as never, 'b' as never))).toEqual(['a', 'a', 'a', 'b', 'b']);
  });

  it('multiply integers exactly modulo 2^32', () => {
    expect(integers.mul(0x7fffffff, 0x7fffffff)).toBe(1);
    expect(integers.add(0x7fffffff, 1)).toBe(-(2 ** 31));
    expect(numbers.mul(3, 4)).toBe(12);
  });
});

describe('text', () => {
  it.each([
    ['add', ['a', 'b'], 'a + b'],
    ['mul', ['a + b', 'c'], '(a + b) · c'],
    ['sub', ['a', 'b − c'], 'a − (b − c)'],
    ['div', ['a', 'b · c'], 'a / (b · c)'],
    ['neg', ['a + b'], '−(a + b)'],
    ['pow', ['−a', 'b'], '(−a)^b'],
    ['exp', ['a + b'], 'exp(a + b)'],
    ['mul', ['cos(θ)', 'w[k]'], 'cos(θ) · w[k]'],
    ['abs', ['x'], '|x|'],
    ['floor', ['x'], '⌊x⌋'],
    ['less', ['a', 'b'], 'a < b'],
    ['where', ['I', 'a', 'b'], 'a if I else b'],
    ['maximum', ['a', 'b'], 'max(a, b)'],
  ])('writes %s of %j as %j', (name, inputs, text) => {
    expect(print(name, ...inputs)).toBe(text);
  });

  it('keeps the parentheses that change a value, and no others', () => {
    expect(bodyText((A, a, b, c) => A.mul(A.add(a!, b!), A.neg(c!)), ['a', 'b', 'c'])).toBe('(a + b) · −c');
    expect(bodyText((A, a, b) => A.sub(A.sub(a!, b!), A.sub(a!, b!)), ['a', 'b'])).toBe('a − b − (a − b)');
    expect(bodyText((A, a, b) => A.div(A.mul(a!, b!), A.div(a!, b!)), ['a', 'b'])).toBe('a · b / (a / b)');
    expect(bodyText((A, a) => A.pow(A.exp(a!), A.constant(-2)), ['a'])).toBe('exp(a)^(-2)');
  });
});
