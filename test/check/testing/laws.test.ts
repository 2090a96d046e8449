import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adjointness, classification, classPermutation, cotangentLinearity, linearTranspose, type Loss, rotationInvariance,
  samplePermutation, tensors,
} from '../../../src/check/testing/index.ts';
import { apply, type Rule, type Tensor, tensor } from '../../../src/graph/index.ts';
import type { ScanPrimitive } from '../../../src/graph/primitive.ts';
import * as P from '../../../src/primitives/index.ts';
import { mapPrimitive, unary } from '../../../src/primitives/map.ts';

const runs = { seed: 1, numRuns: Number(process.env['RUNS'] ?? 30) };
const unit = (x: Tensor): Tensor => P.div(x, P.sqrt(P.sumAxes(P.mul(x, x), [1])));

/** Softmax cross entropy over cosines, the loss the laws are written for. */
const normFace: Loss = (features, weights, labels) => {
  const cosines = P.mul(P.contract(unit(features), unit(weights), { batch: [], sum: [[1, 1]] }), 8);
  const shift = P.stopGradient(P.maxAxes(cosines, [1]));
  const all = P.add(P.log(P.sumAxes(P.exp(P.sub(cosines, shift)), [1])), shift);
  const own = P.gatherAxis(cosines, P.reshape(labels, [labels.size, 1]), 1);
  return P.div(P.sumTo(P.sub(all, own), []), labels.size);
};

describe('laws of pull-backs', () => {
  const sinWith = (rule: Rule) => unary(mapPrimitive('sinus', { arity: 1, body: (A, _, x) => A.sin(x!), vjp: [rule] }));
  it('law: the engine is linear in the cotangent', () => {
    fc.assert(
      fc.property(tensors(fc), (x) => cotangentLinearity((y: Tensor) => ({ a: P.mul(P.softplus(y), y), b: P.exp(y) }), [x])),
      runs
    );
  });

  it('a rule that is not linear, or not steady, is refused', () => {
    const x = tensor([0.3, 1], { dtype: 'f64' });
    expect(() => cotangentLinearity(sinWith(({ grad }) => P.mul(grad, grad)) as never, [x])).toThrow(/twice the cotangent/);
    expect(() => cotangentLinearity(sinWith(({ grad }) => P.add(grad, 1)) as never, [x])).toThrow(/a cotangent of 0/);
    let calls = 0;
    expect(() => cotangentLinearity(sinWith(({ grad }) => P.mul(grad, calls++)) as never, [x])).toThrow(/two calls/);
  });

  it('law: ⟨Ax, y⟩ = ⟨x, Aᵀy⟩ for a linear map and its pull-back', () => {
    fc.assert(
      fc.property(tensors(fc, { shape: [3, 4] }), (x) => linearTranspose((y) => P.cumsumAxis(P.permute(y, [1, 0]), 1), x)),
      runs
    );
  });

  it('an adjoint that is not the transpose is refused', () => {
    const forwards: ScanPrimitive = {
      ...(P.primitives.find((p) => p.name === 'cumsum') as ScanPrimitive), vjp: [({ grad }) => P.cumsumAxis(grad, 0)],
    };
    const z = tensor([1, 2, 4], { dtype: 'f64' });
    expect(() => linearTranspose((y) => apply(forwards, [y], { axis: 0 }), z)).toThrow(/⟨A x, y⟩ is .*, ⟨x, Aᵀ y⟩ is/);
    const x = tensor([1, 2], { dtype: 'f64' });
    expect(() => adjointness((y) => P.mul(y, 2), (y) => P.mul(y, 2), x, x)).not.toThrow();
    expect(() => adjointness((y) => P.mul(y, 2), (y) => P.mul(y, 3), x, x)).toThrow(/⟨A x, y⟩ is 10/);
    expect(() => adjointness((y) => P.mul(y, NaN), (y) => P.mul(y, 3), x, x)).toThrow();
  });
});

describe('laws of losses over cosines', () => {
  it('law: hold for a softmax over cosines', () => {
    fc.assert(fc.property(classification(fc), fc.integer(), (problem, seed) => {
      fc.pre(!problem.features.data.every((x) => x === 0));
      // A zero feature has no direction; safe norms are tested with the losses.
      for (let i = 0; i < 3; i++) fc.pre(Math.hypot(...problem.features.data.slice(3 * i, 3 * i + 3)) > 1e-2);
      samplePermutation(normFace, problem, { seed });
      classPermutation(normFace, problem, { seed });
      rotationInvariance(normFace, problem, { seed });
    }), runs);
  });

  const problem = fc.sample(classification(fc), { seed: 5, numRuns: 1 })[0]!;
  const weighted = (of: (features: Tensor, weights: Tensor) => Tensor): Loss =>
    (x, w, y) => P.add(normFace(x, w, y), P.sumTo(of(x, w), []));

  it('refuse a loss in which the order of samples matters', () => {
    const first = weighted((x) => P.slice(x, [[0, 1]]));
    expect(() => samplePermutation(first, problem)).toThrow(/of permuted samples: agreement to/);
    expect(() => classPermutation(first, problem)).not.toThrow();
  });

  it('refuse a loss in which the names of classes matter', () => {
    const last = weighted((_, w) => P.mul(w, P.reshape(P.iota(4, 'f64'), [4, 1])));
    expect(() => classPermutation(last, problem)).toThrow(/of permuted classes: agreement to/);
    expect(() => samplePermutation(last, problem)).not.toThrow();
  });

  it('refuse a loss in which more than angles matters', () => {
    expect(() => rotationInvariance(weighted((x) => P.abs(x)), problem)).toThrow(/after a rotation: agreement to/);
    expect(() => rotationInvariance(weighted((x) => P.mul(x, x)), problem)).not.toThrow();
  });
});
