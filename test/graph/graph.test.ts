// The list of steps: which of them an output needs, and which a change reaches.

import { expect, it } from 'vitest';
import { Graph, type Tensor, trace } from '../../src/graph/index.ts';
import { add, exp, mul, neg } from '../../src/primitives/index.ts';
import { f64 } from '../values.ts';

const traced = trace((x: Tensor, y: Tensor) => {
  exp(y);
  return mul(add(x, y), neg(x));
}, [f64([1]), f64([2])]);

it('numbers its steps from 0, inputs before users', () => {
  traced.graph.steps.forEach((step, i) => {
    expect(step.id).toBe(i);
    for (const input of step.inputs) expect(input).toBeLessThan(i);
  });
  expect(traced.graph.steps.map((step) => step.primitive.name)).toEqual(['input', 'input', 'exp', 'add', 'neg', 'mul']);
});

it('knows what an output needs', () => {
  expect(traced.graph.live(traced.outputs)).toEqual([true, true, false, true, true, true]);
  expect(traced.graph.live([4])).toEqual([true, false, false, false, true, false]);
  expect(traced.graph.live([])).toEqual([false, false, false, false, false, false]);
});

it('stops at given steps, unless another path needs what lies before them', () => {
  const { graph } = trace((x: Tensor) => mul(exp(neg(x)), exp(x)), [f64([1])]);
  const needed = (given: number[]): number[] => graph.live([4], new Set(given)).flatMap((n, id) => (n ? [id] : []));
  expect(needed([])).toEqual([0, 1, 2, 3, 4]);
  expect(needed([2])).toEqual([0, 2, 3, 4]);
  expect(needed([2, 3])).toEqual([2, 3, 4]);
});

it('knows what a change reaches', () => {
  expect(traced.graph.dependents([1])).toEqual([false, true, true, true, false, true]);
  expect(traced.graph.dependents([4])).toEqual([false, false, false, false, true, true]);
});

it('keeps the origin only of an adjoint', () => {
  const graph = new Graph();
  const { primitive } = traced.graph.steps[0]!;
  graph.append(primitive, [], {}, { shape: [], dtype: 'f64' });
  graph.append(primitive, [], {}, { shape: [], dtype: 'f64' }, { step: 0, input: 1 });
  expect(graph.steps.map((step) => step.origin)).toEqual([undefined, { step: 0, input: 1 }]);
  expect('origin' in graph.steps[0]!).toBe(false);
});
