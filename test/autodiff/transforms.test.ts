// grad, vjp, jvp, jacobian, hessian, hvp: against closed forms, and against each other.

import * as fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { grad, type GradientTree, hessian, hvp, jacobian, jvp, type TensorTree, valueAndGrad, vjp } from '../../src/autodiff/index.ts';
import { DTypeError, MarginaliaError, ShapeError, TraceError } from '../../src/base/errors.ts';
import { label, type Tensor, tensor } from '../../src/graph/index.ts';
import {
  add, concatAlong, contract, cos, exp, gatherAxis, mul, pow, reshape, sin, slice, stopGradient, sub, sumTo,
} from '../../src/primitives/index.ts';
import { expectBits, f32, f64, i32, runs } from '../values.ts';

const total = (x: Tensor): Tensor => sumTo(x, []);
const scalar = (f: (x: Tensor) => unknown) => (x: number): number => (f(f64(x)) as Tensor).item();

describe('grad', () => {
  it('gives the shape of the argument', () => {
    expectBits(grad((x: Tensor) => total(mul(x, x)))(f64([[1, 2], [3, 4]])), [[2, 4], [6, 8]]);
    expectBits(grad((x: Tensor) => reshape(mul(x, 3), [1, 1]))(f64([[1]])), [[3]]);
  });

  it('has the type of the arguments, as the type check of the tests sees', () => {
    const f = ({ w, b }: { w: Tensor; b: readonly [Tensor, number] }, x: Tensor): Tensor => total(mul(add(mul(w, x), b[0]), b[1]));
    const params = { w: f64(2), b: [f64(3), 4] } as const;
    const { w, b: [shift, scale] } = grad(f)(params, f64(5));
    expect([w, shift, scale].map((x) => x.item())).toEqual([20, 4, 13]);
    expectTypeOf(scale).toEqualTypeOf<Tensor>();
    expectTypeOf(grad(f, { wrt: 1 })).returns.toEqualTypeOf<Tensor>();
    expectTypeOf(grad(f, { wrt: 'c' })).returns.toEqualTypeOf<Tensor>();
    const [slope, { b }] = grad(f, { wrt: [1, 0] })(params, 5);
    expectTypeOf([slope, ...b] as const).toEqualTypeOf<readonly [Tensor, Tensor, Tensor]>();
    expectTypeOf(grad((x: TensorTree) => x)).returns.toEqualTypeOf<GradientTree>();
    expectTypeOf(hvp(f, [params, 5], [params, 1])[1]).toEqualTypeOf<Tensor>();
    expectTypeOf(jvp(f, [params, 5], [params, 1]).tangent).toEqualTypeOf<Tensor>();
    const { value, pullback } = vjp(f, [params, f64(5)]);
    expectTypeOf(value).toEqualTypeOf<Tensor>();
    expectTypeOf(pullback()[1]).toEqualTypeOf<Tensor>();
    // @ts-expect-error one argument is missing
    expect(() => grad(f)(params)).toThrow();
  });

  it('does not confuse the variables of nested gradients', () => {
    const nested = grad((x: Tensor) => mul(x, grad((y: Tensor) => mul(x, y))(f64(1))));
    expect(scalar(nested)(1)).toBe(2);
    const perturbed = grad((x: Tensor) => grad((y: Tensor) => add(x, mul(x, mul(y, y))))(x));
    expect(scalar(perturbed)(3)).toBe(12);
  });

  it('chooses arguments, and gives a list for a list', () => {
    const f = (x: Tensor, y: Tensor): Tensor => mul(mul(x, x), y);
    expectBits(grad(f, { wrt: 1 })(f64(3), f64(5)), 9);
    expect(grad(f, { wrt: [1, 0] })(f64(3), f64(5)).map((g) => g.item())).toEqual([9, 30]);
  });

  it('goes through trees of arguments, with their own type of numbers', () => {
    const loss = ({ w, b }: { w: Tensor; b: Tensor }, x: Tensor): Tensor => total(add(mul(w, x), b));
    const g = grad(loss)({ w: f64([1, 2]), b: 3 }, f64([10, 20])) as { w: Tensor; b: Tensor };
    expectBits(g.w, [10, 20]);
    expectBits(g.b, 2);
    expect(g.b.dtype).toBe('f64');
  });

  it('takes the label of an intermediate quantity', () => {
    const f = (x: Tensor): Tensor => {
      const q = label(mul(x, x), 'q');
      return total(mul(q, q));
    };
    expectBits(grad(f, { wrt: 'q' })(f64([1, 3])), [2, 18]);
    expect(() => grad(f, { wrt: 'p' })(f64([1]))).toThrow("grad: no step is labelled 'p'. Labels of this trace: q.");
    expect(() => grad(f, { wrt: 1 })(f64([1]))).toThrow(TraceError);
  });

  it('leaves integers without a gradient, and gives zeros where there is no path', () => {
    const f = (x: Tensor, labels: Tensor, unused: Tensor): Tensor => {
      add(unused, 1);
      return total(gatherAxis(x, labels, 0));
    };
    const [gx, gi, gu] = grad(f, { wrt: [0, 1, 2] })(f64([5, 6, 7]), i32([2, 2]), f64([1, 2])) as (Tensor | null)[];
    expectBits(gx!, [0, 0, 2]);
    expect(gi).toBeNull();
    expectBits(gu!, [0, 0]);
    expectBits(grad((x: Tensor) => stopGradient(total(x)))(f64([1])), [0]);
  });

  it('gives zeros for a constant function, and 1 for the identity', () => {
    expectBits(grad((_: Tensor) => f64(5))(f64([1, 2])), [0, 0]);
    expectBits(grad((x: Tensor) => x)(f64(7)), 1);
  });

  it('keeps the type: f32 stays f32', () => {
    expect(grad((x: Tensor) => total(mul(x, x)))(f32([0.1])).dtype).toBe('f32');
  });

  it.each([['two numbers', (x: Tensor) => x], ['a pair', (x: Tensor) => [total(x), total(x)]]])('refuses to differentiate %s', (_, f) => {
    expect(() => grad(f)(f64([1, 2]))).toThrow(ShapeError);
    expect(() => grad(f)(f64([1, 2]))).toThrow(/The gradient of one number is taken/);
  });

  it('returns the value beside the gradient', () => {
    const { value, gradient } = valueAndGrad((x: Tensor) => total(mul(x, x)))(f64([3, 4]));
    expectBits(value, 25);
    expectBits(gradient, [6, 8]);
  });
});

describe('orders above one', () => {
  const third = (f: (x: Tensor) => Tensor) => scalar(grad(grad(grad(f))));

  it('follow the closed forms', () => {
    expect(third((x) => pow(x, 4))(2)).toBe(48);
    expect(third(sin)(0.3)).toBeCloseTo(-Math.cos(0.3), 14);
    expect(third(exp)(1)).toBeCloseTo(Math.E, 14);
    expect(third((x) => mul(x, mul(x, sin(x))))(0.5))
      .toBeCloseTo(6 * Math.cos(0.5) - 6 * 0.5 * Math.sin(0.5) - 0.25 * Math.cos(0.5), 13);
  });

  it('agree along the diagonal of a Hessian of gradients', () => {
    const cube = (x: Tensor): Tensor => total(mul(x, mul(x, x)));
    expectBits(hessian(cube)(f64([1, 2])), [[6, 0], [0, 12]]);
    expectBits(jacobian(hessian(cube))(f64([1, 2])), [[[6, 0], [0, 0]], [[0, 0], [0, 6]]]);
  });
});

describe('vjp', () => {
  const f = (x: Tensor, y: Tensor): Tensor => mul(sin(x), y);

  it('pulls a cotangent back, any number of times with equal bits', () => {
    const { value, pullback } = vjp(f, [f64([0, 1]), f64([2, 3])]);
    expectBits(value, [0, 3 * Math.sin(1)]);
    const first = pullback(f64([1, 10])).map((g) => g.toArray());
    expect(first).toEqual([[2, 30 * Math.cos(1)], [0, 10 * Math.sin(1)]]);
    pullback(f64([5, 5]));
    expect(pullback(f64([1, 10])).map((g) => g.toArray())).toStrictEqual(first);
  });

  it('takes trees for results and cotangents', () => {
    const { value, pullback } = vjp((x: Tensor) => ({ a: mul(x, 2), b: [mul(x, x)] }), [f64([3])]);
    expect((value as { b: Tensor[] }).b[0]!.item()).toBe(9);
    expectBits(pullback({ a: f64([1]), b: [f64([10])] })[0], [62]);
  });

  it('has the cotangent 1 for a single element and asks for one otherwise', () => {
    expectBits(vjp((x: Tensor) => mul(x, x), [f64([3])]).pullback()[0], [6]);
    const { pullback } = vjp((x: Tensor) => x, [f64([1, 2])]);
    expect(() => pullback()).toThrow(/without a cotangent/);
    expect(() => pullback(f64([1]))).toThrow('vjp: a cotangent of shape [1] for [2]');
    expect(() => pullback(f32([1, 2]))).toThrow(DTypeError);
  });

  it('law: is linear in its cotangent, and 0 of 0', () => {
    const { pullback } = vjp((x: Tensor) => mul(exp(x), x), [f64([0.3, -1.2, 2])]);
    const at = (c: number[]): number[] => Array.from(pullback(f64(c))[0].data);
    fc.assert(fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 3, maxLength: 3 }), (c) => {
      expect(at(c.map((x) => 2 * x))).toEqual(at(c).map((x) => 2 * x));
    }), runs);
    expect(at([0, 0, 0])).toEqual([0, 0, 0]);
  });
});

describe('jvp', () => {
  it('is the derivative along a direction, through trees and past integers', () => {
    const { value, tangent } = jvp((x: Tensor, at: Tensor) => mul(gatherAxis(x, at, 0), 3), [f64([1, 2]), i32([1, 0])], [f64([10, 20]), i32([0, 0])]);
    expectBits(value, [6, 3]);
    expectBits(tangent, [60, 30]);
  });

  it('is zero where there is no path', () => {
    expectBits(jvp((_: Tensor) => f64([1, 2]), [f64(1)], [f64(1)]).tangent, [0, 0]);
  });

  it('law: ⟨jvp, cotangent⟩ = ⟨tangent, vjp⟩', () => {
    const f = (x: Tensor): Tensor => mul(sin(mul(x, x)), exp(x));
    const vector = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }).map((v) => f64(v));
    fc.assert(fc.property(vector, vector, vector, (x, tangent, cotangent) => {
      const forward = total(mul(jvp(f, [x], [tangent]).tangent, cotangent)).item();
      const backward = total(mul(vjp(f, [x]).pullback(cotangent)[0], tangent)).item();
      expect(forward).toBeCloseTo(backward, 12);
    }), runs);
  });

  it('refuses a tangent of another shape', () => {
    expect(() => jvp((x: Tensor) => x, [f64([1, 2])], [f64([1])])).toThrow(ShapeError);
  });
});

describe('jacobian, hessian, hvp', () => {
  const f = (x: Tensor): Tensor => {
    const [a, b] = [slice(x, [[0, 1]]), slice(x, [[1, 2]])];
    return concatAlong([mul(a, b), sin(a), mul(b, b)], 0);
  };

  it('match the closed forms', () => {
    expectBits(jacobian(f)(f64([2, 5])), [[5, 2], [Math.cos(2), 0], [0, 10]]);
    expectBits(jacobian((x) => mul(x, x))(f64([[1, 2]])), [[[[2, 0]], [[0, 4]]]]);
  });

  it('of a quadratic form are its matrix', () => {
    const A = f64([[2, 1], [1, 3]]);
    const quadratic = (x: Tensor): Tensor => mul(0.5, contract(x, contract(A, x, { batch: [], sum: [[1, 0]] }), { batch: [], sum: [[0, 0]] }));
    expectBits(hessian(quadratic)(f64([7, -5])), [[2, 1], [1, 3]]);
    expectBits(hvp(quadratic, [f64([7, -5])], [f64([1, 10])])[0]!, [12, 31]);
  });

  it('mix several inputs in one product', () => {
    const g = (x: Tensor, y: Tensor): Tensor => total(mul(mul(x, x), y));
    const three = (x: Tensor, y: Tensor, z: Tensor): Tensor => total(mul(mul(x, y), z));
    const products = hvp(three, [f64([2]), f64([3]), f64([5])], [f64([1]), f64([10]), f64([100])]);
    expect(products.map((p) => p.item())).toEqual([10 * 5 + 100 * 3, 5 + 100 * 2, 3 + 10 * 2]);
    const [hx, hy] = hvp(g, [f64([3]), f64([5])], [f64([1]), f64([10])]);
    expectBits(hx!, [2 * 5 * 1 + 2 * 3 * 10]);
    expectBits(hy!, [2 * 3 * 1]);
  });

  it('of a linear function are zero', () => {
    expectBits(hessian((x) => total(mul(x, 3)))(f64([1, 2])), [[0, 0], [0, 0]]);
  });
});

describe('a transform inside a transform', () => {
  it('differentiates a pull-back, a jvp and an hvp again', () => {
    const cube = (x: Tensor): Tensor => mul(x, mul(x, x));
    expect(scalar(grad((x: Tensor) => vjp(cube, [x]).pullback()[0]))(2)).toBe(12);
    expect(scalar(grad((x: Tensor) => jvp(cube, [x], [f64(1)]).tangent))(2)).toBe(12);
    expect(scalar(grad((x: Tensor) => hvp(cube, [x], [f64(1)])[0]!))(2)).toBe(6);
  });

  it('sees a tensor of the outer function as a constant of the inner one', () => {
    const f = grad((x: Tensor) => sub(grad((y: Tensor) => mul(sin(y), x))(f64(0)), cos(x)));
    expect(scalar(f)(0.5)).toBeCloseTo(1 + Math.sin(0.5), 15);
  });
});

it('an argument that is a plain list of numbers is a tree of numbers', () => {
  const g = grad(([a, b]: [Tensor, Tensor]) => mul(a, b))([tensor(3, { dtype: 'f64' }), 4]);
  expect(g.map((x) => x.item())).toEqual([4, 3]);
});

describe('what cannot be differentiated', () => {
  const x = f64([1, 2, 3]);
  const whole = i32([1, 2, 3]);
  const pair = { a: x, b: x };
  const any = (f: unknown): ((...args: unknown[]) => unknown) => f as (...args: unknown[]) => unknown;
  it.each([
    ['a function that returns nothing', () => grad((_: Tensor) => undefined)(x), /^grad: the function returned nothing/],
    ['a function that returns null', () => grad((_: Tensor) => null)(x), /^grad: the function returned null/],
    ['what is no function', () => any(any(grad)(3))(x), /^grad: number 3 for the function/],
    ['inputs that are no list', () => any(vjp)(total, x), /^vjp: object for the inputs.*Write \[x\]/],
    ['no tangents', () => any(jvp)(total, [x]), /^jvp: no tangents/],
    ['a missing tangent', () => jvp(total, [x], [] as never), /^jvp: a tangent is missing for \[3\]/],
    ['a tangent of another shape', () => jvp(total, [x], [f64([1])]), /^jvp: a tangent of shape \[1\] for \[3\]/],
    ['a vector of another shape', () => hvp(total, [x], [f64([1])]), /^hvp: a vector of shape \[1\]/],
    ['a product with vectors where no input is a float', () => hvp((k: Tensor) => total(k), [whole], [whole]), /^hvp: no input is a float/],
    ['a Jacobian by a tree', () => any(jacobian(any(({ a }: typeof pair) => a) as never))(pair), /^jacobian: the argument is f64\[3\], f64\[3\]/],
    ['a Jacobian of a tree', () => any(jacobian((() => pair) as never))(x), /^jacobian: the result is f64\[3\], f64\[3\]/],
    ['a Jacobian by whole numbers', () => jacobian((k) => k)(whole), /^jacobian: the argument is i32\[3\]/],
    ['a Hessian by a tree', () => any(hessian(any(({ a }: typeof pair) => total(a)) as never))(pair), /^hessian: the argument is f64\[3\], f64\[3\]/],
    ['a Hessian by nothing', () => any(hessian(total))(undefined), /^hessian: the argument is undefined/],
  ])('is said clearly: %s', (_, run, says) => {
    expect(run).toThrow(MarginaliaError);
    expect(run).toThrow(says);
  });

  it('is not a tensor without entries: it has a Jacobian and a Hessian without entries', () => {
    const empty = tensor([], { shape: [0], dtype: 'f64' });
    expect(jacobian((y) => mul(y, y))(empty).shape).toEqual([0, 0]);
    expect(jacobian((y) => slice(y, [[0, 0]]))(x).shape).toEqual([0, 3]);
    expect(hessian(total)(empty).shape).toEqual([0, 0]);
  });
});
