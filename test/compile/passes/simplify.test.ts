import { describe, expect, it } from 'vitest';
import { customGradient } from '../../../src/autodiff/index.ts';
import { type Simplified, simplify } from '../../../src/compile/passes/simplify.ts';
import { evaluate, printGraph, type Tensor, tensor, trace } from '../../../src/graph/index.ts';
import {
  abs, add, alias, cast, chain, contract, div, exp, floor, gatherAxis, iota, maxAxes, mul, neg, permute, pow, reshape, scatterAddAxis, slice,
  stopGradient, sub, sumAxes, surrogate,
} from '../../../src/primitives/index.ts';
import { expectBits, i32 } from '../../values.ts';

const x = tensor([[1.5, -0, 0, -3], [NaN, Infinity, 2, 7]]);

const simplified = (f: (...xs: never[]) => unknown, ...inputs: readonly Tensor[]): Simplified => simplify(trace(f, inputs, { mode: 'abstract' }));
/** The primitives that are left, inputs and numbers aside. */
const steps = (f: (...xs: never[]) => unknown, ...inputs: readonly Tensor[]): string[] =>
  simplified(f, ...inputs).graph.steps.filter((step) => step.primitive.kind !== 'source').map((step) => step.primitive.name);

/** The same bits before and after. */
function expectSame(f: (x: Tensor) => Tensor, input = x): void {
  const { graph, inputs, outputs } = simplified(f, input);
  const value = evaluate(graph, outputs, new Map([[inputs[0]!, input.read()]]))[outputs[0]!]!;
  expectBits(tensor(value.data(), { shape: value.shape }), f(input).toArray());
}

describe('what goes', () => {
  it.each<[string, (x: Tensor) => Tensor]>([
    ['x · 1', (y) => mul(y, 1)],
    ['1 · x', (y) => mul(1, y)],
    ['x / 1', (y) => div(y, 1)],
    ['x^1', (y) => pow(y, 1)],
    ['x − 0', (y) => sub(y, 0)],
    ['−(−x)', (y) => neg(neg(y))],
    ['a cast to the own type', (y) => cast(y, 'f32')],
    ['alias, stop and surrogate', (y) => surrogate(stopGradient(alias(y)), exp(y))],
    ['a view and its inverse', (y) => reshape(permute(permute(reshape(y, [4, 2]), [1, 0]), [1, 0]), [2, 4])],
    ['the maximum of one element', (y) => reshape(maxAxes(reshape(y, [2, 4, 1]), [2]), [2, 4])],
  ])('%s', (_, f) => {
    expect(steps(f, x)).toEqual([]);
    expectSame(f);
  });

  it.each<[string, (x: Tensor) => Tensor, string[]]>([
    ['one of two equal steps', (y) => add(exp(y), exp(y)), ['exp', 'add']],
    ['one of two commuted steps', (y) => sub(add(y, 2), add(2, y)), ['add', 'sub']],
    ['a step nobody needs', (y) => [exp(y), neg(y)][1]!, ['neg']],
    ['a step done twice that changes nothing the second time', (y) => abs(abs(floor(floor(y)))), ['floor', 'abs']],
    ['the power 2, for a product', (y) => pow(y, 2), ['mul']],
    ['steps of constants', (y) => mul(y, add(exp(tensor(0)), 1)), ['mul']],
    ['a sum of one element, but for the 0 it begins with', (y) => sumAxes(reshape(y, [2, 4, 1]), [2]), ['reshape', 'add']],
  ])('%s', (_, f, left) => {
    expect(steps(f, x)).toEqual(left);
    expectSame(f);
  });

  it('a custom step, for the steps of its function', () => {
    const f = customGradient((y) => exp(mul(y!, 1)), ({ grad }) => [grad]);
    expect(steps(f, x)).toEqual(['exp']);
  });
});

describe('what stays, because some number would change', () => {
  it.each<[string, (x: Tensor) => Tensor, string[]]>([
    ['x · 0: NaN, infinity and −x', (y) => mul(y, 0), ['mul']],
    ['x − x: NaN and infinity', (y) => sub(y, y), ['sub']],
    ['x + 0: −0', (y) => add(y, 0), ['add']],
    ['x − (−0): −0', (y) => sub(y, -0), ['sub']],
    ['0 − x: 0', (y) => sub(0, y), ['sub']],
    ['chain(x, 1): −0', (y) => chain(y, 1), ['chain']],
    ['(x + 1) + 2: another sum', (y) => add(add(y, 1), 2), ['add', 'add']],
    ['a number that stretches what it leaves unchanged', (y) => mul(slice(y, [[0, 1]]), tensor([[1], [1]])), ['slice', 'mul']],
  ])('%s', (_, f, left) => {
    expect(steps(f, x)).toEqual(left);
    expectSame(f);
  });
});

describe('a product of which only its transpose is read', () => {
  const [a, b] = [tensor([[1, 2], [3, 4], [5, 6]]), tensor([[1, 0, 2, 1], [0, 1, 1, 3]])];
  const product = (x1: Tensor, x2: Tensor): Tensor => contract(x1, x2, { batch: [], sum: [[1, 0]] });
  const value = (f: (...xs: Tensor[]) => Tensor): Tensor => {
    const { graph, inputs, outputs } = simplified(f, a, b);
    const { array, shape } = evaluate(graph, outputs, new Map(inputs.map((id, i) => [id, [a, b][i]!.read()])))[outputs[0]!]!.dense();
    return tensor(array, { shape });
  };

  it('is the product of the operands exchanged', () => {
    const turned = (x1: Tensor, x2: Tensor): Tensor => permute(product(x1, x2), [1, 0]);
    expect(steps(turned, a, b)).toEqual(['contract']);
    expectBits(value(turned), turned(a, b).toArray());
  });

  it('is left alone where the view is another one, or not the only reader', () => {
    const bent = (x1: Tensor, x2: Tensor): Tensor => reshape(product(x1, x2), [4, 3]);
    expect(steps(bent, a, b)).toEqual(['contract', 'reshape']);
    expectBits(value(bent), bent(a, b).toArray());
    const both = (x1: Tensor, x2: Tensor): Tensor[] => [permute(product(x1, x2), [1, 0]), product(x1, x2)];
    expect(steps(both, a, b)).toEqual(['contract', 'permute']);
  });
});

describe('indices from an input', () => {
  const y = i32([[2], [0]]);

  it('are looked at by the host, once for every length they point along', () => {
    const { checks, inputs } = simplified((a: Tensor, at: Tensor) => [gatherAxis(a, at, 1), gatherAxis(exp(a), at, 1)], x, y);
    expect(checks.map(({ index, params }) => [index, params])).toEqual([[inputs[1], { axis: 1 }]]);
  });

  it('are what a table of positions holds there', () => {
    expect(steps((at: Tensor) => gatherAxis(iota(5, 'i32'), reshape(at, [2]), 0), y)).toEqual(['reshape']);
  });

  it('make one scattered number per row a choice by position', () => {
    const scatter = (a: Tensor, at: Tensor, g: Tensor): Tensor => scatterAddAxis(mul(tensor([[0]]).shape.length === 2 ? a : g, a), at, g, 1);
    expect(steps(scatter, x, y, tensor([[1], [2]]))).toContain('scatterAdd');
    const intoZeros = (at: Tensor, g: Tensor): Tensor => scatterAddAxis(tensor([[0, 0, 0], [0, 0, 0]]), at, g, 1);
    const { graph } = simplified(intoZeros, y, tensor([[1], [2]]));
    expect(printGraph({ graph, inputs: [], outputs: [] })).not.toContain('where');
  });

  it('that were computed stay with the step, which refuses them itself', () => {
    const { checks } = simplified((a: Tensor, at: Tensor) => gatherAxis(a, add(at, 1), 1), x, y);
    expect(checks).toEqual([]);
  });
});
