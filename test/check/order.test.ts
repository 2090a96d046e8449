import { describe, expect, it } from 'vitest';
import { checkOrder, columnsOf, cotangentRows, fullLimits } from '../../src/check/order.ts';
import { blocksOf, type Program } from '../../src/check/program.ts';
import { seeded } from '../../src/check/seeded.ts';
import { type Tensor, tensor, trace } from '../../src/graph/index.ts';
import * as P from '../../src/primitives/index.ts';
import { mapPrimitive, unary } from '../../src/primitives/map.ts';

function programOf(f: (x: Tensor) => Tensor, numbers: number[]): Program {
  const x = tensor(numbers, { dtype: 'f64' });
  const { graph, inputs, outputs, recorder } = trace(f, [x]);
  return {
    recorder, fragment: { graph, inputs, outputs }, base: [x.read()], point: Float64Array.from(numbers),
    inputs: blocksOf([{ name: 'x', shape: x.shape, position: 0 }]),
    outputs: blocksOf([{ name: 'f', shape: graph.steps[outputs[0]!]!.shape }]),
  };
}
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i / n);

describe('rows and columns', () => {
  it('are all entries of a small program', () => {
    const program = programOf((x) => P.exp(x), [1, 2]);
    expect(cotangentRows(program, seeded(1)).map((r) => [r.name, ...r.cotangent])).toEqual([['f[0]', 1, 0], ['f[1]', 0, 1]]);
    expect(columnsOf(program, seeded(1)).map((c) => [c.input, c.index])).toEqual([['x', [0]], ['x', [1]]]);
  });

  it('are seeded sums, sampled entries and dense directions of a large one, the same for the same seed', () => {
    const program = programOf((x) => P.exp(x), range(100));
    expect(cotangentRows(program, seeded(1))).toHaveLength(4);
    const columns = columnsOf(program, seeded(1));
    expect(columns.filter((c) => c.place !== undefined)).toHaveLength(24);
    expect(columns.filter((c) => c.index === 'direction')).toHaveLength(4);
    expect(columnsOf(program, seeded(1))).toEqual(columns);
    expect(columnsOf(program, seeded(2))).not.toEqual(columns);
  });

  it('the limit itself is still checked in full', () => {
    expect(columnsOf(programOf((x) => P.exp(x), range(fullLimits.columns)), seeded(1))).toHaveLength(fullLimits.columns);
  });
});

describe('checkOrder', () => {
  it('judges a wrong slope that only differences can see: duals read the same wrong body', () => {
    // The body says |x| and does not say that it decides; rule and body agree on slope +1 for all x.
    const blind = unary(mapPrimitive(
      'blind',
      { arity: 1, body: (A, _, x) => A.add(A.round(A.mul(A.constant(2), x!), 53), A.neg(x!)), vjp: [({ grad }) => P.neg(grad)] }
    ));
    const result = checkOrder(programOf((x) => blind(x), [0.3]), 1, seeded(1));
    expect(result.wrong.map((w) => w.against)).toEqual(['differences']);
    expect(result.wrong[0]!.entry).toMatchObject({ analytic: -1, numeric: -1 });
    expect(result.wrong[0]!.entry.difference).toBeCloseTo(1, 6);
  });

  it('counts what lies at a border and what agrees to rounding only', () => {
    const result = checkOrder(programOf((x) => P.sumTo(P.abs(x), []), [0, 1]), 1, seeded(1));
    expect(result.summary).toMatchObject({ entries: 2, atBorder: 1, atRounding: 0, full: true });
    // The slope p + q + r − (p + q + r) is what rounding leaves, and forward and reverse add in opposite orders.
    const [p, q, r] = [Math.SQRT2 * 1e9 * 12, (Math.PI * 1e8) / 12, Math.E * 1e7 * 12.3] as const;
    const factors = [q, r, -(p + q + r) * (1 + 1e-15)];
    const terms = (x: Tensor): Tensor => factors.reduce((sum, c) => P.add(sum, P.mul(x, c)), P.mul(x, p));
    const cancelling = checkOrder(programOf(terms, [0.7]), 1, seeded(1));
    expect(cancelling.summary).toMatchObject({ entries: 1, atRounding: 1, duals: null });
    expect([cancelling.wrong, cancelling.notes]).toEqual([[], []]);
  });
});
