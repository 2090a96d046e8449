// Losses of distances between the samples of a batch: contrastive (every pair) and triplet (an anchor, one of its class,
// one of another). There are no class weights; features are taken as given, so pass unit vectors where a paper wants
// them. Distances come from differences, not from products, which lose all digits between close samples.

import { demandOptions } from '../base/demand.ts';
import { DomainError, DTypeError, message, ShapeError } from '../base/errors.ts';
import { shapeText } from '../base/shape.ts';
import { isTensor, label, type Tensor } from '../graph/index.ts';
import {
  add, cast, div, equal, eye, less, lessEqual, max, maximum, min, mul, relu, reshape, safeSqrt, square, sub, sum, unsqueeze, where,
} from '../ops/index.ts';
import { checkFloats, fitting } from './inputs.ts';
import { checkChoice, checkParameter, type Parameter, positive } from './parameter.ts';
import { checkReduction, reduced, type ReductionOption } from './reduction.ts';

/** A loss of features [N, D] and labels [N] (i32, any whole numbers: only their equality counts). */
export type PairLoss = (features: Tensor, labels: Tensor) => Tensor;

/** Refuses labels that are not [N] of i32 or a batch without a pair. */
export function checkPairInputs(who: string, features: Tensor, labels: Tensor): void {
  checkFloats(who, 'features', features, '[N, D]');
  if (!isTensor(labels) || labels.dtype !== 'i32') {
    throw new DTypeError(message(
      `${who}: labels of type ${isTensor(labels) ? labels.dtype : typeof labels}`,
      'Labels are an i32 tensor [N]', "Use tensor([…], { dtype: 'i32' })"));
  }
  if (labels.rank !== 1 || labels.shape[0] !== features.shape[0]) {
    throw new ShapeError(message(
      `${who}: labels ${shapeText(labels.shape)} for features ${shapeText(features.shape)}`,
      'One label per sample', 'Check the batch'));
  }
  if (features.shape[0]! < 2) {
    throw new DomainError(message(
      `${who}: features ${shapeText(features.shape)}`, 'A pair takes two samples', 'Use a larger batch'));
  }
}

/** 1 where two samples are of one class, [N, N]; the diagonal too. */
export function sameClass(labels: Tensor, dtype: 'f32' | 'f64'): Tensor {
  const y = label(labels, 'y');
  const same = equal(unsqueeze(y, 1), unsqueeze(y, 0));
  return label(cast(same, dtype), 'same', { role: 'target' });
}

/** Squared distances between all samples, [N, N]. */
export function squaredDistances(x: Tensor): Tensor {
  return label(sum(square(sub(unsqueeze(x, 1), unsqueeze(x, 0))), { axis: 2 }), 'd²');
}

/** The contrastive loss of every pair, [N, N], from squared distances: ½d² for one class, ½(m − d)² below m for two. */
export function contrastivePairs(squared: Tensor, same: Tensor, m: Parameter): Tensor {
  const far = square(relu(sub(m, safeSqrt(squared))));
  return mul(0.5, where(same, squared, far));
}

/** The sum of every row without its diagonal entry, divided by the number of the others: [N, N] → [N]. */
export function meanOverOthers(pairs: Tensor): Tensor {
  const samples = pairs.shape[0]!;
  const others = where(eye(samples, { dtype: pairs.dtype }), 0, pairs);
  return div(sum(others, { axis: 1 }), samples - 1);
}

/**
 * The contrastive loss over all pairs of a batch. The loss of a sample is the mean over its pairs, so the mean over
 * samples is the mean over pairs.
 *
 * Equation  L = 1/2*r^2 if same class else 1/2*max(m - r, 0)^2, r = norm(a - b)          (Hadsell et al., CVPR 2006)
 * Shapes    features [N, D], labels [N] of i32 → [], or [N] with reduction none
 * Units     m > 0 in units of distance
 * Gradient  exact: a − b for one class, −(m − r)*(a − b)/r for two within the margin
 * Edges     r = m gives 0 with gradient 0; two classes at r = 0 have gradient 0 (no direction is better than another)
 * Throws    DomainError if m ≤ 0 or for a batch of one; ShapeError or DTypeError for tensors that do not fit
 */
export function contrastiveLoss(options: { readonly m?: Parameter } & ReductionOption = {}): PairLoss {
  demandOptions(options, ['m', 'reduction'], 'contrastiveLoss');
  const { m = 1, reduction = 'mean' } = options;
  checkParameter('contrastiveLoss', 'm', m, positive);
  checkReduction('contrastiveLoss', reduction);
  return (features, labels) => {
    checkPairInputs('contrastiveLoss', features, labels);
    const squared = squaredDistances(label(features, 'x'));
    const pairs = fitting(contrastivePairs(squared, sameClass(labels, floatOf(features)), m), squared, 'contrastiveLoss: m');
    return reduced(label(meanOverOthers(pairs), 'L'), reduction);
  };
}

export const floatOf = (x: Tensor): 'f32' | 'f64' => (x.dtype === 'f64' ? 'f64' : 'f32');

export interface TripletOptions extends ReductionOption {
  /** The α of FaceNet. Default 0.2. */
  readonly m?: Parameter;
  /** All triplets; those whose negative is farther than the positive and still within the margin; the farthest positive with the nearest negative. */
  readonly selection?: 'all' | 'semiHard' | 'batchHard';
}

/**
 * The triplet loss over the triplets of a batch. The loss of a sample is the mean over the triplets it anchors, 0
 * where it anchors none.
 *
 * Equation  L = max(norm(a - p)^2 - norm(a - q)^2 + m, 0)                    (1503.03832; batch-hard: 1703.07737)
 * Shapes    features [N, D], labels [N] of i32 → [], or [N] with reduction none
 * Units     m > 0 in units of squared distance
 * Gradient  exact where active: 2*(q − p) for the anchor; the selection is constant
 * Edges     a hinge of exactly 0 has gradient 0; batch-hard takes the mean of triplets that tie
 * Throws    DomainError if m ≤ 0, for an unknown selection or a batch of one; ShapeError or DTypeError for tensors that
 *           do not fit
 */
export function tripletLoss(options: TripletOptions = {}): PairLoss {
  demandOptions(options, ['m', 'selection', 'reduction'], 'tripletLoss');
  const { m = 0.2, selection = 'all', reduction = 'mean' } = options;
  checkParameter('tripletLoss', 'm', m, positive);
  checkChoice('tripletLoss', 'selection', selection, ['all', 'semiHard', 'batchHard']);
  checkReduction('tripletLoss', reduction);
  return (features, labels) => {
    checkPairInputs('tripletLoss', features, labels);
    const squared = squaredDistances(label(features, 'x'));
    const same = sameClass(labels, floatOf(features));
    const [positive, negative] = [sub(same, eye(labels.shape[0]!, { dtype: same.dtype })), sub(1, same)];
    const valid = mul(unsqueeze(positive, 2), unsqueeze(negative, 1));
    const margin = typeof m === 'number' || m.rank === 0 ? m : reshape(m, [...m.shape, 1]);
    const [near, far] = [unsqueeze(squared, 2), unsqueeze(squared, 1)];
    const excess = add(sub(near, far), margin);
    // Every selection leaves triplets out, so that one with a NaN stays in and shows.
    const without = (...tests: readonly Tensor[]): Tensor => tests.reduce((left, test) => where(test, 0, left), valid);
    const farthest = () => max(where(positive, squared, -Infinity), { axis: 1, keepDims: true });
    const nearest = () => min(where(negative, squared, Infinity), { axis: 1, keepDims: true });
    const chosen = selection === 'all' ? valid
      : selection === 'semiHard' ? without(lessEqual(far, near), lessEqual(excess, 0))
        : without(less(near, unsqueeze(farthest(), 2)), less(unsqueeze(nearest(), 2), far));
    const total = sum(where(chosen, relu(excess), 0), { axis: [1, 2] });
    return reduced(label(div(total, maximum(sum(chosen, { axis: [1, 2] }), 1)), 'L'), reduction);
  };
}
