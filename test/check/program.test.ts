import { describe, expect, it } from 'vitest';
import { blockAt, blocksOf, cut, derivativeOf, joined, pull, tangentsOf, type Program } from '../../src/check/program.ts';
import { type Tensor, tensor, trace } from '../../src/graph/index.ts';
import * as P from '../../src/primitives/index.ts';

const f64 = (values: number[]): Tensor => tensor(values, { dtype: 'f64' });

function programOf(f: (a: Tensor, k: Tensor, b: Tensor) => Tensor): Program {
  const { graph, inputs, outputs, recorder } = trace(f, [f64([1, 2]), tensor([0], { dtype: 'i32' }), f64([3])]);
  const blocks = blocksOf([{ name: 'a', shape: [2], position: 0 }, { name: 'b', shape: [1], position: 2 }]);
  return {
    recorder, fragment: { graph, inputs, outputs }, base: inputs.map((id) => recorder.tensors[id]!.read()), inputs: blocks,
    outputs: blocksOf([{ name: 'f', shape: graph.steps[outputs[0]!]!.shape }]), point: Float64Array.of(1, 2, 3),
  };
}

describe('a program as a function of one vector', () => {
  const program = programOf((a, k, b) => P.mul(P.gatherAxis(P.exp(a), k, 0), P.mul(b, b)));

  it('lays its float inputs end to end and skips integers', () => {
    const [a, b] = program.inputs;
    expect(a).toMatchObject({ name: 'a', offset: 0, size: 2, position: 0 });
    expect(b).toMatchObject({ name: 'b', offset: 2, size: 1, position: 2 });
    expect(blockAt(program.inputs, 2).name).toBe('b');
    expect(cut(program.point, program.inputs[0]!)).toEqual(Float64Array.of(1, 2));
    const tangents = tangentsOf(program, program.fragment, Float64Array.of(0, 0, 5));
    expect([...tangents]).toEqual([[program.fragment.inputs[2], Float64Array.of(5)]]);
    expect(joined(program.base)).toEqual(Float64Array.of(1, 2, 0, 3));
  });

  it('is pulled back along a cotangent without recording anything', () => {
    const steps = program.fragment.graph.steps.length;
    expect(Array.from(pull(program, Float64Array.of(2)).slopes)).toEqual([2 * Math.E * 9, 0, 2 * Math.E * 6]);
    expect(program.fragment.graph.steps).toHaveLength(steps);
  });

  it('has a derivative that is again a program', () => {
    const slope = derivativeOf(program, Float64Array.of(1), 1)!;
    expect(slope.outputs.map((o) => o.name)).toEqual(['∂f/∂a', '∂f/∂b']);
    expect(slope.detached).toBeUndefined();
    // ∂(u·∇f)/∂inputs for u on ∂f/∂b: e^a·2b by a, e^a·2 by b.
    expect(Array.from(pull(slope, Float64Array.of(0, 0, 1)).slopes)).toEqual([Math.E * 6, 0, Math.E * 2]);
    const second = derivativeOf(slope, Float64Array.of(1, 2, 3), 2)!;
    expect(second.outputs[0]!.name).toBe('∂²f/∂a');
    // The cotangent is an array of numbers too, but no rule brought it in.
    expect(second.detached).toBeUndefined();
  });

  it('says which inputs have no path, and has no derivative when none has', () => {
    const partial = programOf((a) => P.sumTo(a, []));
    expect(pull(partial, Float64Array.of(1)).reached).toEqual([true, false]);
    expect(derivativeOf(partial, Float64Array.of(1), 1)!.outputs.map((o) => o.of.name)).toEqual(['a']);
    expect(derivativeOf(programOf((a) => P.sumTo(P.floor(a), [])), Float64Array.of(1), 1)).toBeUndefined();
  });
});
