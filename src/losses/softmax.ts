// Softmax losses whose scores are not plain cosines: the classical one, on the products W·x as they are, and the
// L2-constrained one, which normalises the features and leaves the weights free. They take no margin.

import { demandOptions } from '../base/demand.ts';
import { label, type Tensor } from '../graph/index.ts';
import { add, matmul, mul, normalize, reshape, transpose } from '../ops/index.ts';
import { crossEntropy, labelIndicator } from './classes.ts';
import { checkAgree, checkedClassInputs, checkFloats, fitting } from './inputs.ts';
import type { ClassLoss } from './marginSoftmax.ts';
import { checkParameter, type Parameter, positive } from './parameter.ts';
import { checkReduction, reduced, type ReductionOption } from './reduction.ts';

/** The softmax loss of every sample, from scores [N, C] and labels [N]. */
export function scoreLosses(z: Tensor, labels: Tensor): Tensor {
  return crossEntropy(label(z, 'z'), labelIndicator(labels, z.shape[1]!, z.dtype));
}

/**
 * The classical softmax loss.
 *
 * Equation  L = -log(exp(z[y]) / sum(k, exp(z[k]))), z[k] = dot(w[k], x)
 * Shapes    features [N, D], weights [C, D], labels [N] of i32 → [], or [N] with reduction none
 * Units     scores without a unit; a loss in nats
 * Gradient  exact: p[k] − 1[k = y] for z[k]
 * Edges     zero vectors give equal scores; a bias is a column of ones in the features
 * Throws    DomainError for a label out of range or an empty batch; ShapeError or DTypeError for tensors that do not fit
 */
export function softmaxLoss(options: ReductionOption = {}): ClassLoss {
  demandOptions(options, ['reduction'], 'softmaxLoss');
  const { reduction = 'mean' } = options;
  checkReduction('softmaxLoss', reduction);
  return (features, weights, labels) => {
    const y = checkedClassInputs('softmaxLoss', features, weights, labels);
    const z = matmul(label(features, 'x'), transpose(label(weights, 'w')));
    return reduced(label(scoreLosses(z, y), 'L'), reduction);
  };
}

/** A loss of features [N, D], weights [C, D], biases [C] and labels [N]. */
export type BiasedLoss = (features: Tensor, weights: Tensor, bias: Tensor, labels: Tensor) => Tensor;

/**
 * The L2-constrained softmax loss: features on a sphere of radius s, weights and biases free.
 *
 * Equation  L = -log(exp(z[y]) / sum(k, exp(z[k]))), z[k] = s*dot(w[k], unit(x)) + b[k]                (1703.09507)
 * Shapes    features [N, D], weights [C, D], bias [C], labels [N] of i32 → [], or [N] with reduction none
 * Units     radius s > 0 (the paper's α), fixed or learned; a loss in nats
 * Gradient  exact
 * Edges     the zero vector stays at the centre, with gradient 0
 * Throws    DomainError for a label out of range, an empty batch or s ≤ 0; ShapeError or DTypeError for tensors that
 *           do not fit
 */
export function l2Softmax(options: { readonly s?: Parameter } & ReductionOption = {}): BiasedLoss {
  demandOptions(options, ['s', 'reduction'], 'l2Softmax');
  const { s = 16, reduction = 'mean' } = options;
  checkParameter('l2Softmax', 's', s, positive);
  checkReduction('l2Softmax', reduction);
  return (features, weights, bias, labels) => {
    const y = checkedClassInputs('l2Softmax', features, weights, labels);
    checkFloats('l2Softmax', 'bias', bias, '[C]');
    checkAgree('l2Softmax', { name: 'weights', x: weights, axis: 0 }, { name: 'bias', x: bias, axis: 0 });
    const direction = label(normalize(label(features, 'x'), { axis: 1 }), 'x̂');
    const products = matmul(direction, transpose(label(weights, 'w')));
    const z = add(mul(s, products), reshape(label(bias, 'b'), [1, bias.shape[0]!]));
    return reduced(label(scoreLosses(fitting(z, products, 'l2Softmax: the radius s'), y), 'L'), reduction);
  };
}
