// Marks on single steps: none where a step is exact, the same for the same rounding, others for others.

import { describe, expect, it } from 'vitest';
import { forwardDual } from '../../src/check/dual.ts';
import { type Tensor, tensor, trace } from '../../src/graph/index.ts';
import * as P from '../../src/primitives/index.ts';

const f64 = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'f64' });
function marks(f: (...xs: Tensor[]) => Tensor, ...xs: Tensor[]): number[] {
  const { graph, outputs } = trace(f, xs);
  return [...forwardDual(graph, outputs, { tangents: new Map(), marks: true })[0]!.tangent];
}
const dot = (a: Tensor, b: Tensor): Tensor => P.contract(a, b, { batch: [], sum: [[0, 0]] });
/** Numbers that are rounded: thirds. */
const third = (x: Tensor): Tensor => P.div(x, f64([3]));
const index = tensor([0, 0, 1], { dtype: 'i32' });

describe('marks', () => {
  it.each<[string, (x: Tensor) => Tensor, number[]]>([
    ['whole numbers added, multiplied and divided', (x) => P.div(P.mul(P.add(x, x), x), f64([2])), [1, 2, 4]],
    ['a product by a power of two', (x) => P.mul(x, f64([0.25])), [0.1, 1 / 3, Math.PI]],
    ['a power of whole numbers and a root of a square', (x) => P.sqrt(P.pow(x, f64([2]))), [1, 3, 7]],
    ['functions at their exact points', (x) => P.cos(P.log(P.exp(x))), [0]],
    ['sums and dot products of whole numbers', (x) => P.add(P.sumAxes(x, [0]), dot(x, x)), [1, 2, 3]],
    ['a selection, a maximum, a gathered number', (x) => P.gatherAxis(P.maximum(x, P.neg(x)), index, 0), [0.1, 0.7]],
    ['a decision, however it came about', (x) => P.floor(third(x)), [1, 2, 4]],
  ])('are 0 for %s', (_, f, x) => expect(marks(f, f64(x)).every((mark) => mark === 0)).toBe(true));

  it.each<[string, (x: Tensor) => Tensor, number[]]>([
    ['a sum', (x) => P.add(x, f64([0.2])), [0.1]], ['a product', (x) => P.mul(x, x), [0.1]], ['a quotient', third, [1]],
    ['a difference', (x) => P.sub(f64([1]), x), [1e-30]], ['an underflow', (x) => P.exp(x), [-900]], ['a root', (x) => P.sqrt(x), [2]],
    ['a total', (x) => P.sumAxes(x, [0]), [1, 0.1]], ['a running sum', (x) => P.slice(P.cumsumAxis(x, 0), [[1, null, 1]]), [1, 0.1]],
    ['a dot product', (x) => dot(x, x), [0.1, 0]], ['an added entry', (x) => P.slice(P.scatterAddAxis(f64([1, 1]), index, x, 0), [[0, 1, 1]]), [1, 0.1, 0]],
  ])('are not 0 for %s', (_, f, x) => expect(marks(f, f64(x)).some((mark) => mark === 0)).toBe(false));

  it('pass through steps that are exact, and cancel with themselves', () => {
    const [mark] = marks(third, f64([1]));
    const through = (x: Tensor): Tensor => P.add(P.mul(third(x), f64([1])), P.mul(third(x), f64([0])));
    expect(marks(through, f64([1]))).toEqual([mark]);
    expect(marks((x) => P.stopGradient(P.neg(P.neg(third(x)))), f64([1]))).toEqual([mark]);
    expect(marks((x) => P.sub(third(x), third(x)), f64([1]))).toEqual([0]);
    expect(marks((x) => P.sumAxes(P.mul(third(x), f64([0, 1, 0])), [0]), f64([1, 1, 1]))).toEqual([mark]);
  });

  it('are the same for the same rounding and others for others that give the same number', () => {
    const beside = (x: number[]): number[] => marks((a) => P.add(f64([1]), a), f64(x));
    const [a, b] = beside([1e-17, 2e-17]);
    expect(beside([1e-17])).toEqual([a]);
    expect(a).not.toBe(b);
    expect(marks((x) => P.add(x, f64([0.2])), f64([0.1]))).toEqual(marks((x) => P.add(f64([0.2]), x), f64([0.1])));
  });
});
