import { expect, it } from 'vitest';
import { neededSteps } from '../../src/check/needed.ts';
import { type Tensor, tensor, trace } from '../../src/graph/index.ts';
import { exp, mul, sin } from '../../src/primitives/index.ts';

it('stops at given steps, unless another path needs what lies before them', () => {
  const traced = trace((x: Tensor) => mul(exp(sin(x)), exp(x)), [tensor([1])]);
  const [x, inner, left, right, out] = traced.graph.steps.map((s) => s.id) as [number, number, number, number, number];
  const needed = (given: number[]): number[] =>
    neededSteps(traced.graph, [out], new Set(given)).flatMap((n, id) => (n ? [id] : []));
  expect(needed([])).toEqual([x, inner, left, right, out]);
  expect(needed([left])).toEqual([x, left, right, out]);
  expect(needed([left, right])).toEqual([left, right, out]);
});
