// einsum against one plain loop over all letters at once.

import { describe, expect, it } from 'vitest';
import { DTypeError, FormatError, ShapeError } from '../../src/base/errors.ts';
import { type Tensor, trace } from '../../src/graph/index.ts';
import { einsum, ones, zeros } from '../../src/ops/index.ts';
import { expectBits, f32, f64, i32 } from '../values.ts';
import { at, build, expectClose, expectGradients, sample } from './numeric.ts';

const sizes: Record<string, number> = { a: 2, b: 3, c: 2, i: 3, j: 2, k: 4, l: 2 };

/** Σ over all letters that the result does not bear of the product of the entries. */
function plain(equation: string, inputs: readonly Tensor[]): Tensor {
  const [left, right] = equation.split('->') as [string, string];
  const groups = left.split(',');
  const letters = [...new Set(left.replace(/,/g, ''))];
  const gone = letters.filter((letter) => !right.includes(letter));
  return build([...right].map((letter) => sizes[letter]!), (index) => {
    const value = new Map([...right].map((letter, i) => [letter, index[i]!]));
    const total = (rest: readonly string[]): number => {
      if (rest.length === 0) {
        return groups.reduce((product, group, g) => product * at(inputs[g]!, [...group].map((letter) => value.get(letter)!)), 1);
      }
      let sum = 0;
      for (let n = 0; n < sizes[rest[0]!]!; n++) {
        value.set(rest[0]!, n);
        sum += total(rest.slice(1));
      }
      return sum;
    };
    return total(gone);
  });
}

const equations = [
  'ij->ij', 'ij->ji', 'ij->', 'ij->j', 'ii->i', 'ii->', 'iji->j', 'aibi->ba', 'i,i->', 'i,j->ij', 'i,j->ji', 'ij,ij->ij',
  'ij,ij->i', 'ij,jk->ik', 'ij,jk->ki', 'ij,kj->ik', 'aij,ajk->aik', 'aij,jk->aki', 'aij,bjk->abik', 'ab,abi,i->b',
  'ij,jk,kl->il', 'ij,jk,kl->', 'ii,ij->j', 'i,i,i->i', 'ab,cb->', 'abc,cab->b', 'ij,kl->',
];
const inputsOf = (equation: string): Tensor[] =>
  equation.split('->')[0]!.split(',').map((group, i) => sample(i + 1, [...group].map((letter) => sizes[letter]!)));

describe('einsum', () => {
  for (const equation of equations) {
    it(`'${equation}' equals the plain loop, derivatives included`, () => {
      const inputs = inputsOf(equation);
      expectClose(einsum(equation, ...inputs), plain(equation, inputs));
      expectGradients((...xs) => einsum(equation, ...xs), inputs);
    });
  }

  it('without an arrow keeps the letters that occur once, in alphabetical order', () => {
    const [a, b] = [sample(1, [3, 2]), sample(2, [2, 4])];
    expectBits(einsum('ij,jk', a, b), einsum('ij,jk->ik', a, b).toArray());
    expectBits(einsum('ji', a), einsum('ji->ij', a).toArray());
    expectBits(einsum('ii', f64([[1, 2], [3, 4]])), 5);
    expectBits(einsum(' i , i ', f64([1, 2]), f64([3, 4])), 11);
  });

  it("'...' stands for leading axes, which broadcast", () => {
    const [a, b] = [sample(3, [5, 2, 3]), sample(4, [3, 4])];
    expectClose(einsum('...ij,...jk->...ik', a, b), einsum('bij,jk->bik', a, b));
    const [one, five] = [sample(5, [1, 2, 3]), sample(6, [5, 3, 4])];
    expectClose(einsum('...ij,...jk', one, five), einsum('ij,bjk->bik', sample(5, [2, 3]), five));
    expectClose(einsum('...ii->...i', sample(7, [2, 3, 3])), einsum('aii->ai', sample(7, [2, 3, 3])));
    expectBits(einsum('...->...', f64([1, 2])), [1, 2]);
    expectBits(einsum('->', f64(5)), 5);
  });

  it('contracts where there is a matrix to contract, and only multiplies where there is none', () => {
    const names = (equation: string, ...inputs: Tensor[]): string[] =>
      trace(((...xs: Tensor[]) => einsum(equation, ...xs)) as never, inputs).graph.steps
        .flatMap((step) => (step.primitive.kind === 'source' ? [] : [step.primitive.name]));
    expect(names('ij,jk->ik', ones([2, 3]), ones([3, 4]))).toEqual(['contract']);
    expect(names('ij,ij->i', ones([2, 3]), ones([2, 3]))).toEqual(['mul', 'sum', 'reshape']);
    expect(names('ij,ij->ij', ones([2, 3]), ones([2, 3]))).toEqual(['mul']);
    expect(names('...ij,...jk->...ik', ones([1, 2, 3]), ones([5, 3, 4]))).not.toContain('mul');
  });

  it('works on integers where no contraction is needed, and on sizes of 0', () => {
    expectBits(einsum('ij->j', i32([[1, 2], [3, 4]])), [4, 6]);
    expectBits(einsum('i,i->', i32([1, 2]), i32([3, 4])), 11);
    expectBits(einsum('ij,jk->ik', zeros([2, 0]), zeros([0, 1])), [[0], [0]]);
    expect(() => einsum('ij,jk->ik', i32([[1]]), i32([[1]]))).toThrow(DTypeError);
  });

  it('refuses equations that cannot be read', () => {
    const x = zeros([2, 2]);
    for (const equation of ['ij->ik', 'ij->ii', 'ij,jk->ik', 'i-j->i', 'ij->i->j', '......', 'i...j...', '1j->j']) {
      expect(() => einsum(equation, x)).toThrow(FormatError);
    }
    expect(() => einsum(x as never)).toThrow(FormatError);
    expect(() => einsum('ij->ik', x)).toThrow(/'k'.*'ij->ik'/);
  });

  it('names the letter and both shapes when sizes differ', () => {
    expect(() => einsum('ij,jk->ik', zeros([2, 3]), zeros([2, 3]))).toThrow(/'j' is 3 in \[2, 3\] and 2 in \[2, 3\]/);
    expect(() => einsum('ii->i', zeros([2, 3]))).toThrow(ShapeError);
    expect(() => einsum('...i,...i->i', zeros([2, 3]), zeros([4, 3]))).toThrow(ShapeError);
    expect(() => einsum('ijk->i', zeros([2, 3]))).toThrow(/'ijk' for \[2, 3\]/);
    expect(() => einsum('i->i', zeros([2, 3]))).toThrow(ShapeError);
    expect(() => einsum('i,i', f32([1]), f64([1]))).toThrow(DTypeError);
    expect(() => einsum('i', [1] as never)).toThrow(DTypeError);
  });
});
