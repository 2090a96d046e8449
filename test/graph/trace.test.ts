// From a function to a program and back to a function.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DTypeError } from '../../src/base/errors.ts';
import { flattenResult, floatTypeOfTrees, liftTrees, replay, type Tensor, tensor, trace } from '../../src/graph/index.ts';
import { add, mul, neg } from '../../src/primitives/index.ts';
import { expectBits, f64, i32, runs } from '../values.ts';
import { program, recipes, sameBits } from './programs.ts';

describe('trace', () => {
  it('takes trees and gives trees', () => {
    const { inputs, outputs, result } = trace(({ a, b }: { a: Tensor; b: Tensor[] }) => ({ sum: add(a, b[0]!), rest: [b[1]!] }), [
      { a: f64([1]), b: [f64([2]), f64([3])] },
    ]);
    expect(inputs).toEqual([0, 1, 2]);
    expect(outputs).toEqual([3, 2]);
    expect(result.paths).toEqual(['sum', 'rest[0]']);
  });

  it('makes numbers tensors of the float type of the program', () => {
    const { graph } = trace((x: Tensor, y: Tensor) => mul(x, y), [2, f64([1])]);
    expect(graph.steps.map((step) => step.dtype)).toEqual(['f64', 'f64', 'f64']);
    expect(trace((x: Tensor) => x, [2]).graph.steps[0]!.dtype).toBe('f32');
  });

  it('lets a function return an input, a number, or the same tensor twice', () => {
    expect(trace((x: Tensor) => [x, x, 5], [f64([1])]).outputs).toEqual([0, 0, 1]);
  });

  it.each([[undefined, 'nothing'], [null, 'null'], ['text', 'string'], [{}, 'object']])('refuses a function that returns %j', (result, found) => {
    expect(() => trace(() => result, [])).toThrow(DTypeError);
    expect(() => trace(() => result, [])).toThrow(`trace: the function returned ${found}`);
  });
});

describe('replay', () => {
  it('applies a recorded program to other tensors', () => {
    const square = trace((x: Tensor) => mul(x, x), [f64([1])]);
    expectBits(replay(square, [f64([3])])[0]!, [9]);
  });

  it('lets a step be replaced', () => {
    const traced = trace((x: Tensor) => neg(mul(x, x)), [f64([3])]);
    const doubled = replay(traced, [f64([3])], (step, [x]) => (step.id === 1 ? add(x!, x!) : undefined));
    expectBits(doubled[0]!, [-6]);
  });

  it('law: a replay at the same inputs gives the same bits', () => {
    fc.assert(fc.property(recipes, (recipe) => {
      const traced = program(recipe);
      const input = traced.recorder.tensors[traced.inputs[0]!]!;
      const again = replay(traced, [input]);
      again.forEach((x, i) => expect(sameBits(x.data, traced.result.leaves[i]!.data)).toBe(true));
    }), runs);
  });
});

describe('trees of operands', () => {
  it('lifts numbers and leaves tensors as they are', () => {
    const x = i32([1]);
    const { leaves } = liftTrees([{ x, lr: 0.1 }], 'f64')[0]!;
    expect(leaves[0]).toBe(x);
    expectBits(leaves[1]!, 0.1);
  });

  it('finds the float type among several trees', () => {
    expect(floatTypeOfTrees([{ a: i32([1]) }, [3, [f64(1)]]])).toBe('f64');
  });

  it('gives a number among the results the type of the tensors beside it', () => {
    expect(flattenResult([f64([1]), 2], 'f').leaves.map((x) => x.dtype)).toEqual(['f64', 'f64']);
    expect(flattenResult([tensor([1]), 2], 'f').leaves.map((x) => x.dtype)).toEqual(['f32', 'f32']);
  });
});
