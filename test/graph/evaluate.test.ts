// A recorded program run again: at its own point, at another, and with an intermediate step held at a value.

import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { evaluate, type Tensor, trace } from '../../src/graph/index.ts';
import { exp, mul, neg, sumTo } from '../../src/primitives/index.ts';
import { f64, runs } from '../values.ts';
import { program, recipes, sameBits } from './programs.ts';

const traced = trace((x: Tensor) => sumTo(neg(mul(x, x)), []), [f64([1, 2])]);
const at = (bindings: [number, Tensor][]) =>
  evaluate(traced.graph, traced.outputs, new Map(bindings.map(([id, x]) => [id, x.read()])));

it('gives the recorded numbers again without bindings', () => {
  expect(at([])[traced.outputs[0]!]!.data()[0]).toBe(-5);
});

it('gives the numbers of another point', () => {
  expect(at([[0, f64([3, 4])]])[traced.outputs[0]!]!.data()[0]).toBe(-25);
});

it('does not compute a held step, nor what only it needs', () => {
  const values = at([[2, f64([10, 20])]]);
  expect(values[traced.outputs[0]!]!.data()[0]).toBe(30);
  expect([values[0], values[1]]).toEqual([undefined, undefined]);
});

it('does not compute what no output needs', () => {
  const other = trace((x: Tensor) => {
    exp(x);
    return neg(x);
  }, [f64([1])]);
  expect(Array.from(evaluate(other.graph, other.outputs), (value) => value !== undefined)).toEqual([true, false, true]);
});

it('law: evaluating a trace gives the bits that were recorded', () => {
  fc.assert(fc.property(recipes, (recipe) => {
    const { graph, outputs, result } = program(recipe);
    const values = evaluate(graph, outputs);
    outputs.forEach((id, i) => expect(sameBits(values[id]!.data(), result.leaves[i]!.data)).toBe(true));
  }), runs);
});
