import { describe, expect, it } from 'vitest';
import { customGradient, grad, jvp } from '../../src/autodiff/index.ts';
import { ShapeError, TraceError } from '../../src/base/errors.ts';
import { type Tensor, trace } from '../../src/graph/index.ts';
import { mul, neg, sin, sumTo } from '../../src/primitives/index.ts';
import { expectBits, f64, thrown } from '../values.ts';

const cube = customGradient((x) => mul(x, mul(x, x)), ({ inputs: [x], grad: g }) => [mul(g, mul(3, mul(x!, x!)))]);

describe('customGradient', () => {
  it('is the plain function outside a trace', () => {
    expectBits(cube(f64(2)), 8);
  });

  it('is one step inside', () => {
    expect(trace(cube, [f64(2)]).graph.steps.map((step) => step.primitive.name)).toEqual(['input', 'custom']);
  });

  it('differentiates again and again through its rule', () => {
    let f: (x: Tensor) => Tensor = (x) => cube(x);
    for (const expected of [8, 12, 12, 6, 0]) {
      expectBits(f(f64(2)), expected);
      const inner = f;
      f = (x) => grad(inner)(x);
    }
  });

  it('follows its rule, right or wrong', () => {
    const wrong = customGradient((x) => sin(x), ({ out, grad: g }) => [mul(g, neg(out))]);
    expect(grad(wrong)(f64(0.5)).item()).toBe(-Math.sin(0.5));
    expect(jvp(wrong, [f64(0.5)], [f64(2)]).tangent.item()).toBe(-2 * Math.sin(0.5));
  });

  it('reads null as no path', () => {
    const first = customGradient((a, b) => mul(a, b), ({ inputs: [, b], grad: g }) => [mul(g, b!), null]);
    const [ga, gb] = grad((a: Tensor, b: Tensor) => sumTo(first(a, b), []), { wrt: [0, 1] })(f64([1, 2]), f64([3, 4]));
    expectBits(ga!, [3, 4]);
    expectBits(gb!, [0, 0]);
  });

  it('captures numbers from outside every trace, and refuses tensors of the surrounding one', () => {
    const outside = f64(10);
    const scaled = customGradient((x) => mul(x, outside), ({ grad: g }) => [mul(g, outside)]);
    expectBits(grad(scaled)(f64(3)), 10);
    const leaking = (x: Tensor): Tensor => customGradient((y) => mul(x, y), ({ grad: g }) => [g])(x);
    expect(thrown(() => grad(leaking)(f64(1)))).toBeInstanceOf(TraceError);
  });

  it('refuses to read a value, and a cotangent of another shape', () => {
    const reading = customGradient((x) => (x.item() > 0 ? x : neg(x)), ({ grad: g }) => [g]);
    expect(() => grad(reading)(f64(1))).toThrow(TraceError);
    const narrow = customGradient((x) => mul(x, x), ({ grad: g }) => [sumTo(g, [])]);
    expect(() => grad((x: Tensor) => sumTo(narrow(x), []))(f64([1, 2]))).toThrow(ShapeError);
    expect(() => grad((x: Tensor) => sumTo(narrow(x), []))(f64([1, 2]))).toThrow('cotangent 0 has shape []. Input 0 has shape [2]');
  });
});

describe('a rule that does not fit', () => {
  const run = (rule: () => unknown) => () =>
    grad(customGradient((a, b) => mul(a, b), rule as never))(f64(2), f64(3));

  it('is refused when it leaves an input out, is no list, or gives another type', () => {
    expect(run(() => [f64(1)])).toThrow(/1 cotangents for 2 inputs/);
    expect(run(() => 3)).toThrow(/a number for 2 inputs/);
    expect(run(() => [f64(1), 3])).toThrow(/cotangent 1 is a number/);
  });
});
