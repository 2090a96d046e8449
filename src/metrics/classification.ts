// Closed-set accuracy: everybody asked about was trained on, and the class with the highest score is the answer.

import { DomainError, message, ShapeError } from '../base/errors.ts';
import { checkScores, checkSome } from './scores.ts';

/**
 * The share of samples whose highest score is that of their label.
 *
 * Shapes    scores [N, C] row by row, labels [N]
 * Edges     among equal scores the first class is the answer, as in `argmax`; so a constant row counts for class 0 only
 * Throws    ShapeError for lists that do not fit, DomainError for NaN, no samples, or a label outside 0 … C − 1
 */
export function closedSetAccuracy(scores: ArrayLike<number>, classes: number, labels: ArrayLike<number>): number {
  checkSome(labels, 'samples', 'closedSetAccuracy');
  if (scores.length !== labels.length * classes) {
    throw new ShapeError(message(
      `closedSetAccuracy: ${scores.length} scores for ${labels.length} labels and ${classes} classes`,
      'Scores are [N, C]', 'Check the two lists'));
  }
  checkScores(scores, 'closedSetAccuracy');
  let right = 0;
  for (let n = 0; n < labels.length; n++) {
    const label = labels[n]!;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new DomainError(message(
        `closedSetAccuracy: label ${label} at position ${n}`,
        `Labels are 0 … ${classes - 1}`, 'Use the labels the classifier was trained with'));
    }
    let best = 0;
    for (let c = 1; c < classes; c++) if (scores[n * classes + c]! > scores[n * classes + best]!) best = c;
    if (best === label) right++;
  }
  return right / labels.length;
}
