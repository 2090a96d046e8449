import { describe, expect, it } from 'vitest';
import { customGradient } from '../../src/autodiff/index.ts';
import { decisionsOf, firstFlip } from '../../src/check/cells.ts';
import { freeze } from '../../src/check/freeze.ts';
import { evaluate, type Tensor, tensor, trace } from '../../src/graph/index.ts';
import * as P from '../../src/primitives/index.ts';

const f64 = (values: number[]): Tensor => tensor(values, { dtype: 'f64' });

/** What flips in the frozen program between two points, by the name of the step that decides. */
function flip(f: (x: Tensor) => Tensor, from: number[], to: number[]) {
  const { fragment } = freeze(trace(f, [f64(from)]), [f64(from).read()]);
  const at = (point: number[]) => {
    const bindings = new Map([[fragment.inputs[0]!, f64(point).read()]]);
    return decisionsOf(fragment.graph, fragment.outputs, evaluate(fragment.graph, fragment.outputs, bindings), bindings);
  };
  const found = firstFlip(at(from), at(to));
  return found && {
    op: fragment.graph.steps[found.step]!.primitive.name, entry: found.entry, before: found.before, after: found.after,
  };
}

describe('decisions', () => {
  it.each([
    ['less', (x: Tensor) => P.less(x, 0), { op: 'less', entry: 1, before: 1, after: 0 }],
    ['sign', (x: Tensor) => P.sign(x), { op: 'sign', entry: 1, before: -1, after: 1 }],
    ['floor', (x: Tensor) => P.floor(x), { op: 'floor', entry: 1, before: -1, after: 0 }],
    ['abs by its operand, not its output', (x: Tensor) => P.abs(x), { op: 'abs', entry: 1, before: -1, after: 1 }],
    ['maximum by the operand taken', (x: Tensor) => P.maximum(x, 0), { op: 'maximum', entry: 1, before: 2, after: 1 }],
    ['minimum by the operand taken', (x: Tensor) => P.minimum(x, 0), { op: 'minimum', entry: 1, before: 1, after: 2 }],
    [
      'roundTo', (x: Tensor) => P.roundTo(x, 'f16'),
      { op: 'roundTo', entry: 1, before: -0.0999755859375, after: 0.0999755859375 },
    ],
    ['a cast to i32', (x: Tensor) => P.cast(P.mul(x, 20), 'i32'), { op: 'truncate', entry: 1, before: -2, after: 2 }],
  ])('%s', (_, f, expected) => {
    expect(flip(f, [1, -0.1], [1, 0.1])).toEqual(expected);
    expect(flip(f, [1, -0.1], [1, -0.1])).toBeUndefined();
  });

  it('max by the set of tied elements, argmax and argsort by their places', () => {
    expect(flip((x) => P.maxAxes(x, [0]), [1, 2], [3, 2])).toMatchObject({ op: 'max', entry: 0 });
    expect(flip((x) => P.maxAxes(x, [0]), [2, 2], [3, 2])).toMatchObject({ op: 'max', entry: 1, before: 1, after: 0 });
    expect(flip((x) => P.maxAxes(x, [0]), [1, 2], [1.5, 2.5])).toBeUndefined();
    // Only what is equal to the bit is tied.
    expect(flip((x) => P.maxAxes(x, [0]), [1, 2], [2 - 2 ** -50, 2])).toBeUndefined();
    expect(flip((x) => P.argmaxAxis(x, 0), [1, 2], [3, 2])).toEqual({ op: 'argmax', entry: 0, before: 1, after: 0 });
    expect(flip((x) => P.argsortAxis(x, 0), [1, 2, 3], [1, 3, 2.5])).toEqual({ op: 'argsort', entry: 1, before: 1, after: 2 });
  });

  it('broadcast operands are compared entry by entry', () => {
    const f = (x: Tensor): Tensor => P.maximum(P.reshape(x, [2, 1]), P.reshape(f64([0, 5]), [1, 2]));
    expect(flip(f, [1, -1], [1, 6])).toMatchObject({ op: 'maximum', entry: 2 });
  });

  it('smooth functions decide nothing, also where their bodies compare', () => {
    expect(flip((x) => P.add(P.sigmoid(x), P.softplus(x)), [-1, -1], [1, 1])).toBeUndefined();
  });

  it('the shift of log-sum-exp decides nothing, because it only feeds a stopGradient', () => {
    const logSumExp = (x: Tensor): Tensor => {
      const shift = P.stopGradient(P.maxAxes(x, [0]));
      return P.add(P.log(P.sumAxes(P.exp(P.sub(x, shift)), [0])), shift);
    };
    expect(flip(logSumExp, [1, 2], [2, 1])).toBeUndefined();
    expect(flip((x) => P.sub(logSumExp(x), P.maxAxes(x, [0])), [1, 2], [2, 1])).toMatchObject({ op: 'max' });
  });

  it('a custom step decides what its function decides', () => {
    const relu = customGradient((x) => P.maximum(x!, 0), ({ inputs: [x], grad }) => [P.mul(grad, P.less(0, x!))]);
    expect(flip((x) => relu(x), [1, -1], [1, 1])).toMatchObject({ op: 'custom', entry: 1 });
  });

  it('a bound step decides nothing, nor what only it needs', () => {
    const traced = trace((x: Tensor) => P.maximum(P.floor(x), 0), [f64([1.5])]);
    const floor = traced.graph.steps.find((s) => s.primitive.name === 'floor')!.id;
    const bindings = new Map([[floor, f64([1]).read()]]);
    const values = evaluate(traced.graph, traced.outputs, bindings);
    const decisions = decisionsOf(traced.graph, traced.outputs, values, bindings);
    expect(decisions.map((d) => traced.graph.steps[d.step]!.primitive.name)).toEqual(['maximum']);
  });

  it('NaN decides like NaN', () => {
    expect(flip((x) => P.floor(x), [NaN, 1], [NaN, 1])).toBeUndefined();
  });
});
