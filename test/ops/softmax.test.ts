// softmax and logSoftmax against the formula in plain numbers, and at the points where exponentials break.

import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.ts';
import { DTypeError, ShapeError } from '../../src/base/errors.ts';
import { type Tensor, trace } from '../../src/graph/index.ts';
import { logSoftmax, logSumExp, softmax, square, sum, zeros } from '../../src/ops/index.ts';
import { expectBits, f32, f64, i32 } from '../values.ts';
import { at, build, expectClose, expectGradients, gradientOf, sample } from './numeric.ts';

const probability = (x: ReturnType<typeof sample>, index: readonly number[], axis: number): number => {
  const e = (i: number): number => Math.exp(at(x, index.with(axis, i)));
  let total = 0;
  for (let i = 0; i < x.shape[axis]!; i++) total += e(i);
  return e(index[axis]!) / total;
};

describe('softmax', () => {
  it('is e^x over the sum of e^x along any axis', () => {
    const x = sample(1, [3, 4, 2]);
    for (const axis of [0, 1, 2]) {
      const expected = build(x.shape, (index) => probability(x, index, axis));
      expectClose(softmax(x, { axis }), expected);
      expectClose(softmax(x, { axis: axis - 3 }), expected);
      expectClose(logSoftmax(x, { axis }), build(x.shape, (index) => Math.log(probability(x, index, axis))));
    }
    expectBits(softmax(x), softmax(x, { axis: 2 }).toArray());
    expectClose(sum(softmax(x), { axis: -1 }), build([3, 4], () => 1));
  });

  it('does not move when all scores move', () => {
    expectBits(softmax(f64([1001, 1002, 1003])), softmax(f64([1, 2, 3])).toArray());
    expectBits(logSoftmax(f64([-1e5, -1e5])), [-Math.LN2, -Math.LN2]);
    expectBits(softmax(f32([1e30, 0])), [1, 0]);
    expectBits(logSoftmax(f64([0, -1e4])), [0, -1e4]);
  });

  it('gives −∞ the probability 0 and the gradient 0', () => {
    const x = f64([0, -Infinity, 0]);
    expectBits(softmax(x), [0.5, 0, 0.5]);
    expectBits(logSoftmax(x), [-Math.LN2, -Infinity, -Math.LN2]);
    const first = gradientOf((z) => softmax(z), x);
    expect(Array.from(first.data).every(Number.isFinite)).toBe(true);
    expect(first.data[1]).toBe(0);
  });

  it('gives NaN where there is no distribution, in that row only', () => {
    const x = f64([[-Infinity, -Infinity], [1, 1], [NaN, 0]]);
    expectBits(softmax(x), [[NaN, NaN], [0.5, 0.5], [NaN, NaN]]);
    expectBits(logSoftmax(x), [[NaN, NaN], [-Math.LN2, -Math.LN2], [NaN, NaN]]);
  });

  it('has the derivatives that differences show', () => {
    expectGradients((x) => softmax(x, { axis: 0 }), [sample(2, [3, 2])]);
    expectGradients((x) => logSoftmax(x), [sample(3, [2, 4])]);
  });

  it('stops the gradient at the shift, whose value cancels: no derivative passes through the maximum', () => {
    for (const op of [softmax, logSoftmax, logSumExp]) {
      const { graph } = trace(grad(((x: Tensor) => sum(square(op(x)))) as never) as never, [sample(4, [3])]);
      const adjointsOfMax = graph.steps.filter(({ origin }) => {
        const primitive = origin && graph.steps[origin.step]!.primitive;
        return primitive?.kind === 'reduce' && primitive.combine === 'max';
      });
      expect(adjointsOfMax).toEqual([]);
    }
  });

  it('of nothing is nothing', () => {
    expect(softmax(zeros([2, 0])).shape).toEqual([2, 0]);
    expect(logSoftmax(zeros([0, 3])).shape).toEqual([0, 3]);
  });

  it('refuses integers, wrong axes and an axis in the place of the options', () => {
    for (const op of [softmax, logSoftmax]) {
      expect(() => op(i32([1]))).toThrow(DTypeError);
      expect(() => op(f64([1]), { axis: 1 })).toThrow(ShapeError);
      expect(() => op(f64(1))).toThrow(ShapeError);
      expect(() => op(f64([[1]]), 0 as never)).toThrow(DTypeError);
      expect(() => op(f64([1]), { axis: 5 })).toThrow(op.name);
    }
  });
});
