// Hard-aware deeply cascaded embedding: three embeddings of one batch, from shallow to deep. All pairs train the first;
// each later one is trained by the pairs that the one before found hardest, same-class pairs and others counted apart.

import { demandList, demandOptions } from '../base/demand.ts';
import { DomainError, message, ShapeError } from '../base/errors.ts';
import { sameShape, shapeText } from '../base/shape.ts';
import { isTensor, label, scope, type Tensor } from '../graph/index.ts';
import {
  add, arange, argsort, cast, floor, less, maximum, mul, neg, reshape, stopGradient, sub, sum, transpose, unsqueeze, where,
} from '../ops/index.ts';
import { checkPairInputs, contrastivePairs, floatOf, meanOverOthers, sameClass, squaredDistances } from './pairs.ts';
import { checkNumber, checkParameter, type Parameter, positive } from './parameter.ts';
import { checkReduction, reduced, type ReductionOption } from './reduction.ts';

/** A loss of the features of every level, each [N, D], and labels [N]. */
export type CascadeLoss = (features: readonly Tensor[], labels: Tensor) => Tensor;

export interface CascadeOptions extends ReductionOption {
  /** The margin between classes. Default 1. */
  readonly m?: Parameter;
  /** The share of the previous level's pairs that a level keeps, in percent. Default 100, 50, 20. */
  readonly h?: readonly [number, number, number];
}

/**
 * The cascaded contrastive loss (HDC). The loss of a sample is the mean over its pairs, a dropped pair counting 0, added
 * over the levels.
 *
 * Equation  L = Σ_i g_i*(1/2*r_i^2 if same class else 1/2*max(m - r_i, 0)^2), g_i = 1 for the pairs level i keeps: the
 *           top h_i percent of level i − 1's by its loss                                                (1611.05720)
 * Shapes    features: three of [N, D] (D may differ), labels [N] of i32 → [], or [N] with reduction none
 * Units     m > 0 in units of distance; 0 < h ≤ 100, percent
 * Gradient  that of the kept pairs; the selection is constant
 * Edges     at least one pair of each sort is kept where there is one; of equal losses the earlier pair ranks first
 * Throws    DomainError for a value outside its range or a batch of one; ShapeError or DTypeError for tensors that do
 *           not fit
 */
export function cascadeLoss(options: CascadeOptions = {}): CascadeLoss {
  demandOptions(options, ['m', 'h', 'reduction'], 'cascadeLoss');
  const { m = 1, h = [100, 50, 20], reduction = 'mean' } = options;
  demandList(h, 'h', 'cascadeLoss');
  checkParameter('cascadeLoss', 'm', m, positive);
  for (const [i, share] of h.entries()) checkNumber('cascadeLoss', `h${i + 1}`, share, { from: 0, to: 100, open: true });
  checkReduction('cascadeLoss', reduction);
  return (features, labels) => {
    checkLevels(features, h.length);
    for (const x of features) checkPairInputs('cascadeLoss', x, labels);
    const same = sameClass(labels, floatOf(features[0]!));
    // Every pair once: its sample with the smaller number first.
    const places = arange(labels.shape[0]!, { dtype: 'i32' });
    const once = cast(less(unsqueeze(places, 1), unsqueeze(places, 0)), same.dtype);
    let sorts = [mul(once, same), mul(once, label(sub(1, same), 'different', { role: 'negative' }))];
    let before: Tensor | undefined;
    const levels = features.map((x, i) => scope(`level ${i + 1}`, () => {
      const losses = contrastivePairs(squaredDistances(label(x, `x${i + 1}`)), same, m);
      // The first level has no loss to rank by: it keeps the earliest pairs, all of them at 100 percent.
      const rankedBy = stopGradient(before ?? mul(0, losses));
      sorts = sorts.map((pairs) => hardest(rankedBy, pairs, h[i]!));
      before = losses;
      const kept = sorts.reduce(add);
      const both = label(add(kept, transpose(kept)), `g${i + 1}`, { role: 'mining' });
      return meanOverOthers(mul(both, losses));
    }));
    return reduced(label(levels.reduce((a, b) => add(a, b)), 'L'), reduction);
  };
}

function checkLevels(features: readonly Tensor[], count: number): void {
  if (!Array.isArray(features) || features.length !== count || !features.every(isTensor)) {
    throw new DomainError(message(
      'cascadeLoss: features that are no list of three tensors',
      'One tensor [N, D] per level', 'Pass [shallow, middle, deep]'));
  }
  const odd = features.find((x) => !sameShape([x.shape[0]!], [features[0]!.shape[0]!]));
  if (odd !== undefined) {
    throw new ShapeError(message(
      `cascadeLoss: features ${features.map((x) => shapeText(x.shape)).join(', ')}`,
      'All levels embed one batch', 'Check the batch'));
  }
}

/** The share of these pairs (an indicator [N, N]) with the largest losses, as an indicator. */
function hardest(losses: Tensor, pairs: Tensor, percent: number): Tensor {
  const flat = [losses.size];
  // Losses are never negative, so a pair that is not asked about ranks behind all that are.
  const keys = reshape(where(pairs, losses, -1), flat);
  const rank = cast(argsort(argsort(neg(keys))), keys.dtype);
  // The small addend undoes the rounding of a share of a whole number, as for 29 percent of 100 pairs.
  const count = maximum(floor(add(mul(percent / 100, sum(pairs)), 1e-3)), 1);
  return mul(pairs, reshape(less(rank, count), losses.shape));
}
