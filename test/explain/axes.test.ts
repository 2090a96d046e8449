// Axes that hold the same things have one number. Every size here is 3, so that no size tells anything.

import { describe, expect, it } from 'vitest';
import { customGradient } from '../../src/autodiff/index.ts';
import { axesOf } from '../../src/explain/axes.ts';
import { type Tensor, trace } from '../../src/graph/index.ts';
import { add, einsum, gather, matmul, mul, reshape, scatterAdd, slice, sum, transpose } from '../../src/ops/index.ts';
import { f64, i32 } from '../values.ts';

const square = f64([[1, 2, 3], [4, 5, 6], [7, 8, 9]]);
const places = i32([[0, 1, 2], [0, 1, 2], [0, 1, 2]]);

/** The axes of the inputs and of the result, as letters in the order in which they come. */
function letters(f: (...xs: Tensor[]) => Tensor, ...given: Tensor[]): string {
  const { graph, inputs, outputs } = trace(f, given);
  const axes = axesOf(graph, outputs[0]!);
  const seen = [...new Set([...inputs, ...outputs].flatMap((id) => axes[id]!))].filter((axis) => axis !== 0);
  const text = (id: number): string => axes[id]!.map((axis) => (axis === 0 ? '1' : 'abcdefgh'[seen.indexOf(axis)]!)).join('');
  return `${inputs.map(text).join(',')} -> ${text(outputs[0]!)}`;
}

describe('the axes of', () => {
  it.each<[string, (...xs: Tensor[]) => Tensor, Tensor[], string]>([
    ['a map are those of its operands, place by place', (x, y) => add(x!, mul(2, y!)), [square, square], 'ab,ab -> ab'],
    ['a map are told from the right', (x, y) => add(x!, y!), [square, f64([1, 2, 3])], 'ab,b -> ab'],
    ['a product are those it does not sum over', (x, y) => matmul(x!, y!), [square, square], 'ab,bc -> ac'],
    ['a product with itself are the same twice', (x) => matmul(x!, transpose(x!)), [square], 'ab -> aa'],
    ['a product in a batch begin with the batch', (x, y) => einsum('ij,ik->ijk', x!, y!), [square, square], 'ab,ac -> abc'],
    ['what is turned round change places', (x) => transpose(x!), [square], 'ab -> ba'],
    ['what gains an axis are kept', (x) => reshape(x!, [3, 1, 3]), [square], 'ab -> a1b'],
    ['what is put in one row are new', (x) => reshape(x!, [9]), [square], 'ab -> c'],
    ['a part are kept where all of it is taken', (x) => slice(x!, [[0, 2], [0, 3]]), [square], 'ab -> cb'],
    ['a sum are those it leaves', (x) => sum(x!, { axis: 1, keepDims: true }), [square], 'ab -> a1'],
    ['what is taken by index are those of the index', (x, i) => gather(x!, i!, 0), [square, places], 'ab,cb -> cb'],
    ['what is scattered to are its own', (x, i) => scatterAdd(x!, i!, mul(2, x!), 0), [square, places], 'ab,cb -> ab'],
    ['a custom step are those of its function',
      customGradient((x, y) => matmul(x!, y!), ({ inputs: [x, y], grad }) => [matmul(grad, y!), matmul(x!, grad)]), [square, square], 'ab,bc -> ac'],
  ])('%s', (_, f, given, expected) => expect(letters(f, ...given)).toBe(expected));
});
