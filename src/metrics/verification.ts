// Verification accuracy as LFW reports it ("unrestricted, labelled outside data"; G. Huang et al., UMass TR 07-49, and
// G. Huang and E. Learned-Miller, TR 14-003): a threshold is chosen on all folds but one and judged on that one.

import { demandSort } from '../base/demand.ts';
import { DomainError, message, ShapeError } from '../base/errors.ts';
import { checkScores } from './scores.ts';

export interface FoldResult {
  /** A pair is accepted when its score is at least this. */
  readonly threshold: number;
  readonly accuracy: number;
  readonly pairs: number;
}

export interface FoldsResult {
  /** The mean of the folds' accuracies. */
  readonly mean: number;
  /** σ / √folds, with the sample deviation σ of the folds. */
  readonly standardError: number;
  readonly folds: readonly FoldResult[];
}

/**
 * Accuracy over folds, each judged with the threshold that is best on the others.
 *
 * Equation  mean = Σ aᵢ / F, standardError = √(Σ (aᵢ − mean)² / (F − 1)) / √F        (source: TR 07-49; F = 10 for LFW)
 * Shapes    scores [M], same [M] of 0 and 1, fold [M] → one result per fold, folds in ascending order
 * Edges     accept when score ≥ threshold. Candidates are the scores of the other folds and +∞ (accept nothing); among
 *           equally accurate ones the smallest is taken. Codes that scan a grid of thresholds differ in the last digits
 * Throws    ShapeError for lists that do not fit, DomainError for NaN or fewer than two folds
 */
export function foldAccuracy(scores: ArrayLike<number>, same: ArrayLike<number>, fold: ArrayLike<number>): FoldsResult {
  demandSort('list', { scores, same, fold }, 'foldAccuracy');
  if (same.length !== scores.length || fold.length !== scores.length) {
    throw new ShapeError(message(
      `foldAccuracy: ${scores.length} scores, ${same.length} kinds, ${fold.length} folds`,
      'Every pair has one of each', 'Check the three lists'));
  }
  checkScores(scores, 'foldAccuracy');
  const ids = [...new Set(Array.from(fold))].sort((a, b) => a - b);
  if (ids.length < 2) throw new DomainError(message(
    `foldAccuracy: ${ids.length} fold(s)`,
    'The threshold of a fold is chosen on the others', 'Use two folds or more; LFW has 10'));
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  const folds = ids.map((id): FoldResult => {
    const threshold = bestThreshold(scores, same, order.filter((i) => fold[i] !== id));
    const own = order.filter((i) => fold[i] === id);
    const right = own.filter((i) => scores[i]! >= threshold === Boolean(same[i])).length;
    return { threshold, accuracy: right / own.length, pairs: own.length };
  });
  const mean = folds.reduce((sum, { accuracy }) => sum + accuracy, 0) / folds.length;
  const variance = folds.reduce((sum, { accuracy }) => sum + (accuracy - mean) ** 2, 0) / (folds.length - 1);
  return { mean, standardError: Math.sqrt(variance / folds.length), folds };
}

/** `order` lists pairs by descending score. Going down, every pair of the kind "same" accepted is one more right. */
function bestThreshold(scores: ArrayLike<number>, same: ArrayLike<number>, order: readonly number[]): number {
  let right = order.filter((i) => !same[i]).length;
  let [best, threshold] = [right, Infinity];
  order.forEach((i, at) => {
    right += same[i] ? 1 : -1;
    // Pairs of one score are accepted together.
    const complete = at + 1 === order.length || scores[order[at + 1]!] !== scores[i];
    if (complete && right >= best) [best, threshold] = [right, scores[i]!];
  });
  return threshold;
}
