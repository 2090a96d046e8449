import { describe, expect, it } from 'vitest';
import { DTypeError } from '../../src/base/errors.ts';
import type { Tensor } from '../../src/graph/index.ts';
import {
  exp, expm1, less, log, log1p, mul, pow, sigmoid, slice, softplus, sqrt, sumTo, tanh, where,
} from '../../src/primitives/index.ts';
import { expectBits, f32, f64, i32, slopes } from '../values.ts';

describe('values', () => {
  it('are those of the textbook', () => {
    expectBits(exp(f64([0, 1])), [1, Math.E]);
    expectBits(log(f64([1, Math.E])), [0, 1]);
    expectBits(sqrt(f64([4, 2])), [2, Math.SQRT2]);
    expectBits(pow(f64([2, 2, 4]), f64([10, -1, 0.5])), [1024, 0.5, 2]);
    expectBits(sigmoid(f64([0])), [0.5]);
    expectBits(softplus(f64([0])), [Math.LN2]);
    expectBits(exp(f32([1])), [Math.fround(Math.E)]);
  });

  it('keep the digits that the composite forms lose', () => {
    expectBits(log1p(f64([1e-20])), [1e-20]);
    expectBits(expm1(f64([1e-20])), [1e-20]);
    expectBits(tanh(f64([1e-20, 30])), [1e-20, 1]);
    expectBits(softplus(f64([-800, 800])), [0, 800]);
    expectBits(sigmoid(f64([-745, 745])), [5e-324, 1]);
  });

  it('are IEEE at the special values', () => {
    const special = f64([-Infinity, -1, -0, 0, Infinity, NaN]);
    expectBits(exp(special), [0, Math.exp(-1), 1, 1, Infinity, NaN]);
    expectBits(log(special), [NaN, NaN, -Infinity, -Infinity, Infinity, NaN]);
    expectBits(sqrt(special), [NaN, NaN, -0, 0, Infinity, NaN]);
    expectBits(log1p(special), [NaN, -Infinity, -0, 0, Infinity, NaN]);
    expectBits(expm1(special), [-1, Math.expm1(-1), -0, 0, Infinity, NaN]);
    expectBits(tanh(special), [-1, Math.tanh(-1), -0, 0, 1, NaN]);
    expectBits(sigmoid(f64([-Infinity, Infinity, NaN])), [0, 1, NaN]);
    expectBits(softplus(f64([-Infinity, Infinity, NaN])), [0, Infinity, NaN]);
  });

  it('raises to powers as IEEE 754 says, also where JavaScript does not', () => {
    const cases: [number, number, number][] = [
      [1, NaN, 1], [1, Infinity, 1], [1, -Infinity, 1], [-1, Infinity, 1], [-1, -Infinity, 1],
      [NaN, 0, 1], [0, 0, 1], [-0, 0, 1], [Infinity, 0, 1], [NaN, 1, NaN], [2, NaN, NaN], [-1, NaN, NaN],
      [0, -1, Infinity], [-0, -1, -Infinity], [-0, -2, Infinity], [-0, 3, -0], [-0, 2, 0], [-8, 1 / 3, NaN],
      [0.5, Infinity, 0], [2, -Infinity, 0], [-Infinity, 3, -Infinity], [-Infinity, -3, -0], [-2, 3, -8],
    ];
    expectBits(pow(f64(cases.map(([x]) => x)), f64(cases.map(([, y]) => y))), cases.map(([, , z]) => z));
  });

  it('are not defined on integers', () => {
    for (const f of [exp, log, sqrt, tanh, sigmoid, softplus, log1p, expm1]) expect(() => f(i32([1]))).toThrow(DTypeError);
    expect(() => pow(i32([2]), 2)).toThrow('pow: an operand of type i32');
  });
});

describe('gradients', () => {
  it('follow the textbook', () => {
    expectBits(slopes(exp, f64([1]))[0]!, [Math.E]);
    expectBits(slopes(log, f64([4]))[0]!, [0.25]);
    expectBits(slopes(sqrt, f64([4]))[0]!, [0.25]);
    expectBits(slopes(log1p, f64([3]))[0]!, [0.25]);
    expectBits(slopes(expm1, f64([1]))[0]!, [Math.E]);
    expectBits(slopes(tanh, f64([0]))[0]!, [1]);
    expectBits(slopes(sigmoid, f64([0]))[0]!, [0.25]);
    expectBits(slopes(softplus, f64([0]))[0]!, [0.5]);
    const [base, exponent] = slopes(pow, f64([2]), f64([3]));
    expectBits(base!, [12]);
    expectBits(exponent!, [8 * Math.LN2]);
  });

  it('of a power are 0 where the exponent is 0, also at the base 0, and for the exponent where the base is 0', () => {
    expectBits(slopes((x) => pow(x, 0), f64([0, 2, -3, Infinity]))[0]!, [0, 0, 0, 0]);
    expectBits(slopes((x) => pow(x, 1), f64([0, -0]))[0]!, [1, 1]);
    expectBits(slopes((x) => pow(x, 2), f64([0]))[0]!, [0]);
    expectBits(slopes((y) => pow(0, y), f64([2]))[0]!, [0]);
  });

  it('of a power change with the exponent at exponent 0 too: ∂²(a^b)/∂a∂b = 1/a there', () => {
    const byBase = (b: Tensor): Tensor => slopes((a) => pow(a, b), f64([2, 4]))[0]!;
    expectBits(slopes(byBase, f64([0, 0]))[0]!, [0.5, 0.25]);
  });

  it('of a power are exactly 0 in a branch that was not taken, at every order', () => {
    const f = (xy: Tensor): Tensor => {
      const [x, y] = [slice(xy, [[0, 1, 1]]), slice(xy, [[1, 2, 1]])];
      return sumTo(where(less(0, x), pow(x, y), 0), []);
    };
    for (const at of [[-0.5, 1.3], [-2, 0.5], [0, 2], [0, 0]]) {
      const first = (xy: Tensor): Tensor => slopes(f, xy)[0]!;
      const second = (xy: Tensor): Tensor => slopes(first, xy)[0]!;
      const third = (xy: Tensor): Tensor => slopes(second, xy)[0]!;
      for (const order of [first, second, third]) expect(Array.from(order(f64(at)).data, (x) => x === 0), String(at)).toEqual([true, true]);
    }
  });

  it('stay finite far out, where a composite would overflow', () => {
    expectBits(slopes(softplus, f64([800, -800]))[0]!, [1, 0]);
    expectBits(slopes(sigmoid, f64([800, -800]))[0]!, [0, 0]);
    expectBits(slopes(tanh, f64([400]))[0]!, [0]);
  });

  it('are infinite at the border of the domain, but 0 when nothing asks for them', () => {
    expectBits(slopes(sqrt, f64([0]))[0]!, [Infinity]);
    expectBits(slopes(log, f64([0]))[0]!, [Infinity]);
    expectBits(slopes((x) => mul(sqrt(x), 0), f64([0]))[0]!, [0]);
    expectBits(slopes((x) => mul(log(x), 0), f64([0]))[0]!, [0]);
  });
});
