// Center loss: the softmax loss plus the distance of every sample to a centre of its class. The paper moves the centres
// by a rule of its own that is not the gradient of the loss; both are here under their names, and the loss only lets a
// gradient through to the centres when it is asked for the gradient.

import { demandOptions } from '../base/demand.ts';
import { filled, label, type Tensor } from '../graph/index.ts';
import {
  add, div, expand, matmul, mul, scatterAdd, square, stopGradient, sub, sum, take, transpose, unsqueeze,
} from '../ops/index.ts';
import { checkAgree, checkedClassInputs, checkedLabels, checkFloats, fitting } from './inputs.ts';
import { checkChoice, checkNumber, checkParameter, nonNegative, type Parameter, times } from './parameter.ts';
import { checkReduction, reduced, type ReductionOption } from './reduction.ts';
import { scoreLosses } from './softmax.ts';

/** A loss of features [N, D], weights [C, D], centers [C, D] and labels [N]. */
export type CenterLoss = (features: Tensor, weights: Tensor, centers: Tensor, labels: Tensor) => Tensor;

export interface CenterOptions extends ReductionOption {
  /** The weight of the distances. Default 0.003. */
  readonly lambda?: Parameter;
  /** `paper`: centres are constant here and moved by `paperCenterDelta`; `gradient`: they are parameters like others. */
  readonly centerUpdate?: 'paper' | 'gradient';
}

/**
 * The center loss, with the classical softmax loss it was proposed beside.
 *
 * Equation  L = -log(exp(z[y]) / sum(k, exp(z[k]))) + lambda/2*norm(x - o[y])^2, z[k] = dot(w[k], x)
 *                                                                                               (Wen et al., ECCV 2016)
 * Shapes    features [N, D], weights and centers o [C, D], labels [N] of i32 → [], or [N] with reduction none
 * Units     lambda ≥ 0, dimensionless; a loss in nats
 * Gradient  exact for features and weights: lambda*(x − o[y]) for x beside the softmax; for the centres 0 (stopped) in
 *           `paper`, exact in `gradient`
 * Edges     a sample at its centre has distance 0 and gradient 0
 * Throws    DomainError for a label out of range, an empty batch, lambda < 0 or an unknown rule; ShapeError or
 *           DTypeError for tensors that do not fit
 */
export function centerLoss(options: CenterOptions = {}): CenterLoss {
  demandOptions(options, ['lambda', 'centerUpdate', 'reduction'], 'centerLoss');
  const { lambda = 0.003, centerUpdate = 'paper', reduction = 'mean' } = options;
  checkParameter('centerLoss', 'lambda', lambda, nonNegative);
  checkChoice('centerLoss', 'centerUpdate', centerUpdate, ['paper', 'gradient']);
  checkReduction('centerLoss', reduction);
  return (features, weights, centers, labels) => {
    const y = checkedClassInputs('centerLoss', features, weights, labels);
    checkCenters('centerLoss', features, centers);
    checkAgree('centerLoss', { name: 'weights', x: weights, axis: 0 }, { name: 'centers', x: centers, axis: 0 });
    const [x, w, o] = [label(features, 'x'), label(weights, 'w'), label(centers, 'o')];
    const softmax = label(scoreLosses(matmul(x, transpose(w)), y), 'ℓ');
    const own = take(centerUpdate === 'paper' ? stopGradient(o) : o, y);
    const distance = label(sum(square(sub(x, own)), { axis: 1 }), 'd²', { role: 'center' });
    const total = fitting(add(softmax, mul(times(lambda, 0.5), distance)), softmax, 'centerLoss: lambda');
    return reduced(label(total, 'L'), reduction);
  };
}

function checkCenters(who: string, features: Tensor, centers: Tensor): void {
  checkFloats(who, 'centers', centers, '[C, D]');
  checkAgree(who, { name: 'features', x: features, axis: 1 }, { name: 'centers', x: centers, axis: 1 });
}

/** Σ over the samples of each class of (o − x), [C, D], and how many there are, [C, 1]. */
function pulls(who: string, features: Tensor, centers: Tensor, labels: Tensor): { sums: Tensor; counts: Tensor } {
  checkFloats(who, 'features', features, '[N, D]');
  checkCenters(who, features, centers);
  const y = checkedLabels(who, features, labels, centers.shape[0]!);
  const { dtype } = features;
  const rows = expand(unsqueeze(y, 1), features.shape);
  const counts = scatterAdd(filled(0, [centers.shape[0]!], dtype), y, filled(1, y.shape, dtype), 0);
  return {
    sums: scatterAdd(filled(0, centers.shape, dtype), rows, sub(take(centers, y), features), 0),
    counts: unsqueeze(counts, 1),
  };
}

/**
 * The paper's step for the centres: the mean pull of the class with one phantom sample at the centre itself.
 *
 * Equation  Δo[j] = Σ_i 1[y_i = j]*(o[j] - x_i) / (1 + Σ_i 1[y_i = j])                            (Wen et al., ECCV 2016)
 * Shapes    features [N, D], centers [C, D], labels [N] of i32 → [C, D]
 * Units     those of the features
 * Gradient  exact, though it is meant for `movedCenters` and not for an optimiser
 * Edges     a class without a sample does not move; λ plays no part
 * Throws    DomainError for a label out of range or an empty batch; ShapeError or DTypeError for tensors that do not fit
 */
export function paperCenterDelta(features: Tensor, centers: Tensor, labels: Tensor): Tensor {
  const { sums, counts } = pulls('paperCenterDelta', features, centers, labels);
  return div(sums, add(counts, 1));
}

/**
 * The gradient of the summed (not averaged) center loss for the centres, in closed form.
 *
 * Equation  Δo[j] = lambda*Σ_i 1[y_i = j]*(o[j] - x_i)
 * Shapes    features [N, D], centers [C, D], labels [N] of i32 → [C, D]
 * Units     those of the features
 * Gradient  exact
 * Edges     a class without a sample does not move; it is lambda*(1 + count) times the paper's step
 * Throws    DomainError for a label out of range, an empty batch or lambda < 0; ShapeError or DTypeError for tensors
 *           that do not fit
 */
export function gradientCenterDelta(features: Tensor, centers: Tensor, labels: Tensor, lambda = 0.003): Tensor {
  checkNumber('gradientCenterDelta', 'lambda', lambda, nonNegative);
  return mul(lambda, pulls('gradientCenterDelta', features, centers, labels).sums);
}

/**
 * The centres after a step of either rule.
 *
 * Equation  o' = o - alpha*Δo                                                                       (Wen et al., ECCV 2016)
 * Shapes    centers and delta [C, D] → [C, D]
 * Units     0 ≤ alpha ≤ 1, a rate
 * Gradient  exact
 * Edges     alpha = 0 leaves the centres, bit for bit
 * Throws    DomainError if alpha is outside [0, 1]; ShapeError or DTypeError for tensors that do not fit
 */
export function movedCenters(centers: Tensor, delta: Tensor, alpha = 0.5): Tensor {
  checkNumber('movedCenters', 'alpha', alpha, { from: 0, to: 1 });
  return sub(centers, mul(alpha, delta));
}
