import { describe, expect, it } from 'vitest';
import { customGradient, grad } from '../../src/autodiff/index.ts';
import { cutAt, freeze } from '../../src/check/freeze.ts';
import { evaluate, label, type Tensor, tensor, trace, type Value } from '../../src/graph/index.ts';
import * as P from '../../src/primitives/index.ts';

const f64 = (values: number[]): Tensor => tensor(values, { dtype: 'f64' });
const at = (frozen: ReturnType<typeof freeze>, values: number[]): number[] => {
  const { graph, inputs, outputs } = frozen.fragment;
  return Array.from(evaluate(graph, outputs, new Map([[inputs[0]!, f64(values).read()]]))[outputs[0]!]!.data());
};
const base = (values: number[]): Value[] => [f64(values).read()];

describe('freeze', () => {
  it('makes a stopped value the constant it had', () => {
    const frozen = freeze(trace((x: Tensor) => P.mul(x, P.stopGradient(x)), [f64([3])]), base([3]));
    expect(at(frozen, [5])).toEqual([15]);
    expect(frozen.frozen).toEqual([{ step: 1, kind: 'stop' }]);
  });

  it('makes a surrogate move with its proxy from the value it had', () => {
    const frozen = freeze(trace((x: Tensor) => P.surrogate(P.floor(x), P.mul(x, x)), [f64([2.5])]), base([2.5]));
    expect(at(frozen, [2.5])).toEqual([2]);
    expect(at(frozen, [3])).toEqual([2 + (9 - 6.25)]);
    expect(frozen.frozen.map((x) => x.kind)).toEqual(['surrogate']);
  });

  it('has the gradient the engine gives the original', () => {
    const f = (x: Tensor): Tensor => P.sumTo(P.mul(P.surrogate(P.floor(x), P.tanh(x)), P.add(P.stopGradient(P.exp(x)), x)), []);
    const frozen = freeze(trace(f, [f64([0.7, -1.2])]), base([0.7, -1.2]));
    const slope = (i: number): number => {
      const [up, down] = [1, -1].map(
        (s) => at(frozen, [0.7, -1.2].map((x, k) => (k === i ? x + s * 1e-6 : x)))[0]!
      ) as [number, number];
      return (up - down) / 2e-6;
    };
    const expected = grad(f)(f64([0.7, -1.2])).data;
    expect(slope(0)).toBeCloseTo(expected[0]!, 7);
    expect(slope(1)).toBeCloseTo(expected[1]!, 7);
  });

  it('freezes inside custom steps too', () => {
    const straight = customGradient((x) => P.mul(x!, P.stopGradient(x!)), ({ inputs: [x], grad: g }) => [P.mul(g, x!)]);
    const frozen = freeze(trace((x: Tensor) => straight(x), [f64([3])]), base([3]));
    expect(at(frozen, [5])).toEqual([15]);
    expect(frozen.frozen).toEqual([{ step: 1, kind: 'stop' }]);
  });

  it('keeps labels, says where each step went, and leaves out what no output needs', () => {
    const traced = trace((x: Tensor) => {
      P.exp(x);
      return label(P.stopGradient(label(P.sin(x), 'v')), 'w');
    }, [f64([1])]);
    const { fragment, steps, frozen } = freeze(traced, base([1]));
    expect(traced.graph.steps.map((s) => s.primitive.name)).toEqual(['input', 'exp', 'sin', 'stopGradient']);
    expect(steps[1]).toBe(-1);
    expect(fragment.graph.steps[steps[2]!]).toMatchObject({ label: 'v' });
    expect(fragment.graph.steps[steps[3]!]!.primitive.kind).toBe('source');
    expect(frozen).toEqual([{ step: 3, kind: 'stop', label: 'w' }]);
  });

  it('refuses a base point with too few values', () => {
    expect(() => freeze(trace((x: Tensor) => P.exp(x), [f64([1])]), [])).toThrow(/0 values for 1 inputs/);
  });
});

describe('cutAt', () => {
  it('turns bound steps into inputs and drops what only they needed', () => {
    const traced = trace((x: Tensor) => P.exp(P.mul(x, 3)), [f64([1])]);
    const middle = traced.graph.steps.find((s) => s.primitive.name === 'mul')!.id;
    const { recorder, steps } = cutAt(traced.graph, traced.outputs, new Map([[middle, f64([2]).read()]]));
    expect(recorder.graph.steps.map((s) => s.primitive.name)).toEqual(['input', 'exp']);
    expect(recorder.tensors[steps[traced.outputs[0]!]!]!.item()).toBe(Math.exp(2));
    expect(steps[traced.inputs[0]!]).toBe(-1);
  });
});
