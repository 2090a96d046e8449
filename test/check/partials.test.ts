import { describe, expect, it } from 'vitest';
import { partialsByDifferences, partialsByDual } from '../../src/check/partials.ts';
import { label, type Tensor, tensor, trace } from '../../src/graph/index.ts';
import * as P from '../../src/primitives/index.ts';
import { agreement } from '../../src/check/testing/index.ts';

const f64 = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'f64' });

/** Two rows of softmax probabilities of 3·x, with the logits labelled v and the result labelled p. */
const traced = trace((x: Tensor) => {
  const v = label(P.mul(x, 3), 'v');
  const e = P.exp(v);
  return label(P.div(e, P.sumAxes(e, [1])), 'p');
}, [f64([[0.1, 0.5, -0.2], [0.3, 0, 0.4]])]);
const { graph } = traced;
const [p, v] = [graph.labelled('p')!.id, graph.labelled('v')!.id];

/** ∂p/∂v = diag(p) − p·pᵀ, row by row. */
function expected(): number[] {
  const probabilities = Array.from(traced.recorder.tensors[p]!.data);
  return probabilities.flatMap((pi, i) => probabilities.map((pj, j) =>
    (Math.floor(i / 3) !== Math.floor(j / 3) ? 0 : (i === j ? pi : 0) - pi * pj)));
}

describe('the Jacobian between two intermediate steps', () => {
  it('is the same by duals and by differences', () => {
    const duals = partialsByDual(graph, p, v);
    const slopes = partialsByDifferences(graph, p, v);
    expect([duals.rows, duals.columns]).toEqual([6, 6]);
    expect(agreement(duals.values, expected(), { digits: 12 }).message).toMatch(/1[3-7]\.\d digits/);
    expect(agreement(slopes.values, expected(), { digits: 8 }).ok).toBe(true);
    expect(slopes.borders.size).toBe(0);
    expect(duals.spread.every((mu, i) => mu >= Math.abs(duals.values[i]!) * (1 - 1e-12))).toBe(true);
  });

  it('follows every path from the named step and none through what it was computed from', () => {
    // L = v² + x with v = 3x: ∂L/∂v is 2v, not 2v + ∂x/∂v.
    const t = trace((x: Tensor) => P.add(P.mul(label(P.mul(x, 3), 'v'), P.mul(x, 3)), x), [f64([2])]);
    const by = t.graph.labelled('v')!.id;
    expect(partialsByDual(t.graph, t.outputs[0]!, by).values).toEqual(Float64Array.of(6));
    expect(partialsByDifferences(t.graph, t.outputs[0]!, by).values[0]).toBeCloseTo(6, 10);
  });

  it('may be taken at another point, by bindings', () => {
    const t = trace((x: Tensor) => P.exp(label(P.mul(x, 3), 'v')), [f64([2])]);
    const by = t.graph.labelled('v')!.id;
    const bindings = new Map([[t.inputs[0]!, f64([0.5]).read()]]);
    for (const method of [partialsByDual, partialsByDifferences]) {
      expect(method(t.graph, t.outputs[0]!, by, bindings).values[0]).toBeCloseTo(Math.exp(1.5), 9);
      expect(method(t.graph, t.outputs[0]!, by, new Map([[by, f64([1]).read()]])).values[0]).toBeCloseTo(Math.E, 9);
    }
  });

  it('says which columns lie on a border', () => {
    const t = trace((x: Tensor) => P.maximum(x, 0), [f64([1, 0])]);
    const { borders, values } = partialsByDifferences(t.graph, t.outputs[0]!, t.inputs[0]!);
    expect([...borders.keys()]).toEqual([1]);
    expect(borders.get(1)!.kind).toBe('kink');
    expect(values[0]).toBeCloseTo(1, 10);
    expect(values[3]).toBeNaN();
  });
});
