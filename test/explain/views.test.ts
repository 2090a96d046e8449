// How views and products are written: as a reader would, and never as a view of a view.

import { describe, expect, it } from 'vitest';
import { explain } from '../../src/explain/index.ts';
import { label, type Tensor } from '../../src/graph/index.ts';
import {
  add, equal, expand, flip, matmul, mul, permute, reshape, slice, sub, sum, transpose, unsqueeze, where,
} from '../../src/ops/index.ts';
import { f64 } from '../values.ts';

const matrix = f64([[1, 2, 3], [4, 5, 6]]);

/** The formula of y, in which a and b stand for themselves. */
function formula(f: (a: Tensor, b: Tensor) => Tensor, a = matrix, b = matrix): string {
  const { lines } = explain((p: Tensor, q: Tensor) => sum(label(f(p, q), 'y')), [a, b], { names: ['a', 'b'] });
  return lines.find(({ name }) => name === 'y')!.expanded;
}

/** The adjoint of a, as it is written. */
function adjoint(f: (a: Tensor, b: Tensor) => Tensor, a = matrix, b = matrix): string[] {
  const { lines } = explain((p: Tensor, q: Tensor) => sum(label(f(p, q), 'y')), [a, b], { names: ['a', 'b'] });
  return lines[0]!.adjoint!.contributions.map(({ expanded }) => expanded);
}

const turned = (x: Tensor): Tensor => transpose(x, 0, 1);

describe('a view', () => {
  it.each<[string, (a: Tensor, b: Tensor) => Tensor, string]>([
    ['that exchanges two axes is a raised T', (a) => turned(a), 'aᵀ'],
    ['of a view is one view', (a) => turned(unsqueeze(turned(turned(a)), 0).shape.length === 3 ? turned(turned(turned(a))) : a), 'a'],
    ['that turns back is not written', (a) => turned(turned(a)), 'a'],
    ['of a sum keeps the sum together', (a, b) => turned(add(a, b)), '(a + b)ᵀ'],
    ['that only stretches is not written', (a) => mul(expand(sum(a, { axis: 1, keepDims: true }), [2, 3]), a), 'sum(a, axes [1]) · a'],
    ['that broadcasting would make is not written', (a) => mul(unsqueeze(a, 0), unsqueeze(a, 0)), 'a · a'],
    ['that puts a new axis between is indexed', (a) => sub(unsqueeze(a, 1), unsqueeze(a, 0)), 'a[:, None] − a'],
    ['that puts a new axis behind is indexed', (a, b) => mul(unsqueeze(add(a, b), 2), 2), '(a + b)[:, :, None] · 2'],
    ['that does more is written out', (a) => reshape(a, [3, 2]), 'reshape(a, [3, 2])'],
    ['of a copy ends at the copy', (a) => reshape(turned(a), [6]), 'reshape(aᵀ, [6])'],
  ])('%s', (_, f, expected) => {
    expect(formula(f)).toBe(expected);
  });

  it('that starts elsewhere or runs backwards is written out', () => {
    expect(formula((a) => slice(a, [[1, null]]))).toMatch(/^slice\(a, /);
    expect(formula((a) => flip(a, [0]))).toMatch(/^slice\(a, /);
  });

  it('of a vector beside itself says which of the two is upright', () => {
    const v = f64([1, 2]);
    expect(formula((a) => where(equal(unsqueeze(a, 1), unsqueeze(a, 0)), unsqueeze(a, 1), 0), v, v)).toBe('column(a) if column(a) = a else 0');
  });

  it('never shows a view of a view, nor a turned turn', () => {
    for (const axes of [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]) {
      const text = formula((a) => permute(permute(unsqueeze(a, 0), axes), axes));
      expect(text).not.toMatch(/permute\(.*permute|ᵀᵀ|ᵀ\)ᵀ/);
    }
  });
});

describe('a product', () => {
  it.each<[string, (a: Tensor, b: Tensor) => Tensor, string]>([
    ['of matrices is matmul', (a, b) => matmul(a, turned(b)), 'matmul(a, bᵀ)'],
    ['of a turned matrix', (a, b) => matmul(turned(a), b), 'matmul(aᵀ, b)'],
    ['of sums', (a, b) => matmul(add(a, b), turned(add(a, b))), 'matmul(a + b, (a + b)ᵀ)'],
  ])('%s', (_, f, expected) => {
    expect(formula(f)).toBe(expected);
  });

  it('of vectors is dot', () => {
    const v = f64([1, 2]);
    expect(formula((a, b) => matmul(a, b), v, v)).toBe('dot(a, b)');
    expect(formula((a, b) => matmul(a, b), f64([[1, 2], [3, 4]]), v)).toBe('matmul(a, b)');
  });

  it('has adjoints written as products too', () => {
    expect(adjoint((a, b) => matmul(a, turned(b)))).toEqual(['matmul(∂y, b)']);
    expect(adjoint((a, b) => matmul(b, turned(a)))).toEqual(['matmul(∂yᵀ, b)']);
    expect(adjoint((a, b) => matmul(turned(a), b))).toEqual(['matmul(∂y, bᵀ)ᵀ']);
  });
});
