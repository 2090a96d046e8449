// The engine below the transforms: what it appends, what it leaves alone, what it keeps.

import { describe, expect, it } from 'vitest';
import { grad, gradient, hessian, ruleOf, zerosLike } from '../../src/autodiff/index.ts';
import { filled, record, type Tensor, trace } from '../../src/graph/index.ts';
import {
  add, contract, div, equal, exp, less, log, mul, pow, primitivesByName, reshape, sqrt, sub, sumTo, where,
} from '../../src/primitives/index.ts';
import { expectBits, f64 } from '../values.ts';

const kinds = ({ graph }: { graph: { steps: readonly { primitive: { kind: string } }[] } }): string[] =>
  graph.steps.map((step) => step.primitive.kind);

/** The steps of a program and of its gradient. */
function adjoints(f: (x: Tensor) => Tensor, x: Tensor) {
  const forward = trace(f, [x]);
  const { recorder, inputs, outputs } = forward;
  const size = recorder.graph.steps.length;
  const seed = { step: outputs[0]!, cotangent: filled(1, forward.result.leaves[0]!.shape, x.dtype) };
  const found = record(recorder, () => gradient(recorder, [seed], inputs));
  return { recorder, found, added: recorder.graph.steps.slice(size), size };
}

describe('the gradient of a matrix product', () => {
  it('contains exactly two more contractions', () => {
    const product = (a: Tensor, b: Tensor): Tensor => sumTo(contract(a, b, { batch: [], sum: [[1, 0]] }), []);
    const inputs = [f64([[1, 2, 3], [4, 5, 6]]), f64([[1, 2], [3, 4], [5, 6]])];
    expect(kinds(trace(product, inputs)).filter((kind) => kind === 'contract')).toHaveLength(1);
    const both = (a: Tensor, b: Tensor) => grad(product, { wrt: [0, 1] })(a, b);
    expect(kinds(trace(both, inputs)).filter((kind) => kind === 'contract')).toHaveLength(3);
    const one = (a: Tensor, b: Tensor) => grad(product)(a, b);
    expect(kinds(trace(one, inputs)).filter((kind) => kind === 'contract')).toHaveLength(2);
  });
});

describe('the steps of a gradient', () => {
  it('name the forward step and the input they belong to', () => {
    const { added } = adjoints((x) => mul(exp(x), 3), f64(1));
    expect(added.map((step) => [step.primitive.name, step.origin])).toEqual([
      ['constant', undefined], ['chain', { step: 3, input: 0 }], ['chain', { step: 1, input: 0 }],
    ]);
  });

  it('are not made for what no gradient is asked of', () => {
    const { added } = adjoints((x) => mul(exp(f64(2)), x), f64(1));
    expect(added.map((step) => step.primitive.name)).toEqual(['constant', 'chain']);
  });

  it('give null where there is no path', () => {
    const { recorder } = trace((x: Tensor) => less(x, 2), [f64(1)]);
    const found = record(recorder, () => gradient(recorder, [{ step: 2, cotangent: f64(1) }], [0]));
    expect(found).toEqual([null]);
  });

  it('add what arrives on several paths', () => {
    expectBits(adjoints((x) => add(mul(x, x), mul(x, 3)), f64(5)).found[0]!, 13);
  });

  it('keep only the values that were asked for, when told that nobody else holds the trace', () => {
    const { recorder, inputs, outputs } = trace((x: Tensor) => exp(exp(exp(x))), [f64(0)]);
    gradient(recorder, [{ step: outputs[0]!, cotangent: f64(1) }], inputs, { release: true });
    expect(recorder.tensors.map((tensor) => tensor !== undefined)).toEqual([true, false, false, false]);
  });
});

describe('ruleOf', () => {
  it('repeats the last rule for all further inputs', () => {
    const concat = primitivesByName.get('concat')!;
    expect(ruleOf(concat, 5)).toBe(concat.vjp[0]);
    expect(ruleOf(primitivesByName.get('where')!, 0)).toBeNull();
    expect(ruleOf(primitivesByName.get('iota')!, 0)).toBeNull();
  });
});

it('a missing path stands for zeros of the same shape and type', () => {
  expectBits(zerosLike(f64([[1, 2]])), [[0, 0]]);
  expect(zerosLike(f64([1])).dtype).toBe('f64');
});

describe('dead branches', () => {
  const second = (f: (x: Tensor) => Tensor, x: number): number => hessian((y) => f(reshape(y, [])))(f64([x])).item();

  it('contribute exactly 0 at every order', () => {
    const root = (x: Tensor): Tensor => where(less(0, x), sqrt(x), 0);
    for (const f of [root, grad(root), grad(grad(root))] as ((x: Tensor) => Tensor)[]) expectBits(f(f64(0)), 0);
    expect(second(root, 0)).toBe(0);
    expect(second(root, 4)).toBeCloseTo(-1 / 32, 16);
  });

  it('do not hide a second derivative behind a first one that is 0', () => {
    // (√x − 1)² has the slope 1 − 1/√x, which is 0 at 1, and the curvature ½ there: the cotangent 0 that reaches √x
    // must itself be differentiated.
    const f = (x: Tensor): Tensor => mul(sub(sqrt(x), 1), sub(sqrt(x), 1));
    expectBits(grad(f)(f64(1)), 0);
    expect(second(f, 1)).toBe(0.5);
  });

  it.each([
    ['log', (x: Tensor) => where(less(0, x), log(x), 0)],
    ['1/x', (x: Tensor) => where(equal(x, 0), 0, div(1, x))],
    ['x^0.3', (x: Tensor) => where(less(0, x), pow(x, 0.3), 0)],
  ])('are 0 for %s at 0, and for its slope', (_, f) => {
    expectBits(grad(f)(f64(0)), 0);
    expectBits(grad(grad(f))(f64(0)), 0);
  });
});
