import { describe, expect, it } from 'vitest';
import { wrongNearby } from '../../src/check/nearby.ts';
import { blocksOf, derivativeOf, type Program } from '../../src/check/program.ts';
import { seeded } from '../../src/check/seeded.ts';
import { type Tensor, tensor, trace } from '../../src/graph/index.ts';
import * as P from '../../src/primitives/index.ts';
import { mapPrimitive, unary } from '../../src/primitives/map.ts';

function nearby(f: (x: Tensor) => Tensor, numbers: number[], seed = 1) {
  const x = tensor(numbers, { dtype: 'f64' });
  const { graph, inputs, outputs, recorder } = trace(f, [x]);
  const program: Program = {
    recorder, fragment: { graph, inputs, outputs }, base: [x.read()], point: Float64Array.from(numbers),
    inputs: blocksOf([{ name: 'x', shape: [numbers.length], position: 0 }]), outputs: blocksOf([{ name: 'f', shape: [] }]),
  };
  return wrongNearby(program, Float64Array.of(1), derivativeOf(program, Float64Array.of(1), 1)!, 1, seeded(seed));
}
const total = (x: Tensor): Tensor => P.sumTo(x, []);

describe('a recorded gradient at a neighbouring point', () => {
  it('agrees when rules are made of steps, also through stops and surrogates', () => {
    expect(nearby((x) => total(P.mul(P.surrogate(P.floor(x), P.sin(x)), P.stopGradient(x))), [0.3, 1.2])).toBeUndefined();
  });

  it('differs when a rule captured numbers, and the step is named', () => {
    const captured = unary(mapPrimitive(
      'captured',
      { arity: 1, body: (A, _, x) => A.exp(x!), vjp: [({ grad, out }) => P.mul(grad, tensor(out.data, { shape: out.shape }))] }
    ));
    expect(nearby((x) => total(captured(x)), [0.3, 1.2])).toMatchObject({
      kind: 'nearby', text: expect.stringMatching(/step %1 \(captured\).* does$/) as string,
    });
  });

  it('differs when a rule captured a single number', () => {
    const captured = unary(mapPrimitive(
      'captured', { arity: 1, body: (A, _, x) => A.exp(x!), vjp: [({ grad, out }) => P.mul(grad, out.data[0]!)] }
    ));
    expect(nearby((x) => total(captured(x)), [0.3])).toMatchObject({ kind: 'nearby' });
  });

  it('is sought inside the cell, on whichever side there is room', () => {
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      expect(nearby((x) => total(P.where(P.less(x, 0), x, P.mul(x, x))), [0], seed)).toBeUndefined();
    }
    expect(nearby((x) => total(P.mul(P.abs(x), P.exp(x))), [0])).toMatchObject({ kind: 'unreached' });
  });
});
