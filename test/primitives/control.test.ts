import { describe, expect, it } from 'vitest';
import { DTypeError, ShapeError } from '../../src/base/errors.ts';
import { input } from '../../src/graph/intrinsics.ts';
import { apply, type Fragment, Recorder, record, type Tensor, trace } from '../../src/graph/index.ts';
import { add, alias, custom, mul, neg, stopGradient, surrogate } from '../../src/primitives/index.ts';
import { expectBits, f32, f64, slopes } from '../values.ts';

const x = f64([2, -3]);

describe('alias and stopGradient', () => {
  it('pass the value on as a new step', () => {
    expectBits(alias(x), [2, -3]);
    expect(trace((y: Tensor) => alias(y), [x]).graph.steps).toHaveLength(2);
  });

  it('pass the cotangent on, and stop it', () => {
    expectBits(slopes((y) => mul(alias(y), y), x)[0]!, [4, -6]);
    expectBits(slopes((y) => mul(stopGradient(y), y), x)[0]!, [2, -3]);
    expectBits(slopes(stopGradient, x)[0]!, [0, 0]);
  });
});

describe('surrogate', () => {
  it('has the bits of the value and the gradient of the proxy', () => {
    expectBits(surrogate(f64([0.1, -0]), f64([7, 7])), [0.1, -0]);
    const [value, proxy] = slopes((a, b) => surrogate(mul(a, 3), mul(b, 5)), x, x);
    expectBits(value!, [0, 0]);
    expectBits(proxy!, [5, 5]);
  });

  it('refuses a proxy of another shape or type', () => {
    expect(() => surrogate(x, f64([1]))).toThrow(ShapeError);
    expect(() => surrogate(x, f32([1, 2]))).toThrow(DTypeError);
  });
});

describe('custom', () => {
  const type = { shape: [2], dtype: 'f64' } as const;
  const fragment = (count: number, body: (...xs: Tensor[]) => Tensor[]): Fragment => {
    const recorder = new Recorder('abstract');
    return record(recorder, () => {
      const xs = Array.from({ length: count }, () => apply(input, [], type));
      const outputs = body(...xs).map((y) => recorder.stepOf(y).id);
      return { graph: recorder.graph, inputs: xs.map((y) => recorder.stepOf(y).id), outputs };
    });
  };
  const programs = {
    forward: fragment(2, (a, b) => [mul(a!, b!)]),
    backward: fragment(4, (a, b, out, grad) => [mul(grad!, b!), neg(add(out!, mul(grad!, a!)))]),
  };

  it('runs its first program', () => {
    expectBits(custom([x, f64([5, 7])], programs), [10, -21]);
  });

  it('has the gradients of its second one, which sees inputs, result and cotangent', () => {
    const [a, b] = slopes((p, q) => custom([p, q], programs), x, f64([5, 7]));
    expectBits(a!, [5, 7]);
    expectBits(b!, [-12, 24]);
  });
});
