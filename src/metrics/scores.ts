// What all metrics start from: features as rows, cosines between them, and scores split into genuine (two pictures of one
// person) and impostor (of two people). A higher score means more alike. NaN is refused at the door: it compares as
// neither above nor below anything, and every rate would be silently wrong.

import { demandMade, demandSort, described } from '../base/demand.ts';
import { DomainError, message, ShapeError } from '../base/errors.ts';

/** N feature vectors of length `dims`, row by row. */
export interface Features {
  readonly values: ArrayLike<number>;
  readonly dims: number;
}

export interface SplitScores {
  readonly genuine: Float64Array;
  readonly impostor: Float64Array;
}

/** Refuses NaN, naming where it is. */
export function checkScores(scores: ArrayLike<number>, who: string): void {
  for (let i = 0; i < scores.length; i++) {
    if (typeof scores[i] !== 'number') throw new DomainError(message(
      `${who}: the score at position ${i} is ${described(scores[i])}`, 'Scores are numbers', 'Pass a Float64Array or a list of numbers'));
    if (Number.isNaN(scores[i])) throw new DomainError(message(
      `${who}: the score at position ${i} is NaN`, 'Scores can be put in order', 'Look for the NaN in the features'));
  }
}

/** Refuses an empty list: a rate over nothing is no rate. */
export function checkSome(trials: { readonly length: number }, what: string, who: string): void {
  // What has no length, from a caller without types, is no list either.
  if (!(Object(trials).length > 0)) throw new DomainError(message(
    `${who}: no ${what}`, 'A rate is a share of at least one trial', 'Check the labels and the pairs'));
}

export function rowCount(features: Features, who: string): number {
  demandMade(features, ['values', 'dims'], who, 'features { values, dims }');
  const { values, dims } = features;
  demandSort('list', { values }, who);
  if (!Number.isInteger(dims) || dims < 1 || values.length % dims !== 0) {
    throw new ShapeError(message(
      `${who}: ${values.length} values as rows of ${dims}`, 'Features are N rows of `dims` numbers', 'Check dims'));
  }
  return values.length / dims;
}

export function checkLabels(labels: ArrayLike<number>, rows: number, who: string): void {
  demandSort('list', { labels }, who);
  if (labels.length !== rows) throw new ShapeError(message(
    `${who}: ${labels.length} labels for ${rows} rows`, 'Every row has one label', 'Check the two lists'));
}

/** The rows at length 1, in Float64; a zero row stays zero, so that its cosine with everything is 0. */
export function unitRows(features: Features, who: string): Float64Array {
  const rows = rowCount(features, who);
  const { values, dims } = features;
  const unit = new Float64Array(rows * dims);
  for (let n = 0; n < rows; n++) {
    // Divided by the largest entry first, so that neither overflow nor underflow spoils the length.
    let largest = 0;
    for (let d = 0; d < dims; d++) {
      if (!Number.isFinite(values[n * dims + d]!)) throw new DomainError(message(
        `${who}: row ${n} holds ${values[n * dims + d]} at position ${d}`,
        'Features are finite', 'Look for the step that made it'));
      largest = Math.max(largest, Math.abs(values[n * dims + d]!));
    }
    if (largest === 0) continue;
    let square = 0;
    for (let d = 0; d < dims; d++) square += (values[n * dims + d]! / largest) ** 2;
    const length = Math.sqrt(square);
    for (let d = 0; d < dims; d++) unit[n * dims + d] = values[n * dims + d]! / largest / length;
  }
  return unit;
}

/** The product of row i of `a` and row k of `b`: the cosine when both have length 1. */
export function dotRows(a: Float64Array, i: number, b: Float64Array, k: number, dims: number): number {
  let sum = 0;
  for (let d = 0; d < dims; d++) sum += a[i * dims + d]! * b[k * dims + d]!;
  return sum;
}

/**
 * Cosines of given pairs of rows.
 *
 * Shapes    features [N, D], a [M], b [M] → [M]
 * Units     cosines in [−1, 1], up to rounding
 * Edges     a zero row has cosine 0 with everything
 * Throws    ShapeError for lists that do not fit, DomainError for features that are not finite
 */
export function pairCosines(features: Features, a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const rows = rowCount(features, 'pairCosines');
  const unit = unitRows(features, 'pairCosines');
  demandSort('list', { a, b }, 'pairCosines');
  if (a.length !== b.length) throw new ShapeError(message(
    `pairCosines: lists of ${a.length} and ${b.length}`, 'A pair has two sides', 'Check the two lists'));
  return Float64Array.from({ length: a.length }, (_, i) => {
    for (const row of [a[i]!, b[i]!]) {
      if (!Number.isInteger(row) || row < 0 || row >= rows) throw new ShapeError(message(
        `pairCosines: row ${row} of ${rows}, in pair ${i}`, 'Pairs name rows', 'Check the pairs'));
    }
    return dotRows(unit, a[i]!, unit, b[i]!, features.dims);
  });
}

/**
 * Cosines of all pairs, split by whether the labels agree.
 *
 * Shapes    features [N, D], labels [N] → N·(N − 1)/2 scores in two lists
 * Throws    ShapeError for labels that do not fit, DomainError for features that are not finite
 */
export function allPairCosines(features: Features, labels: ArrayLike<number>): SplitScores {
  const rows = rowCount(features, 'allPairCosines');
  checkLabels(labels, rows, 'allPairCosines');
  const unit = unitRows(features, 'allPairCosines');
  const sizes = new Map<number, number>();
  for (let n = 0; n < rows; n++) sizes.set(labels[n]!, (sizes.get(labels[n]!) ?? 0) + 1);
  const own = [...sizes.values()].reduce((sum, n) => sum + (n * (n - 1)) / 2, 0);
  const split = { genuine: new Float64Array(own), impostor: new Float64Array((rows * (rows - 1)) / 2 - own) };
  let [g, f] = [0, 0];
  for (let i = 0; i < rows; i++) {
    for (let k = i + 1; k < rows; k++) {
      const score = dotRows(unit, i, unit, k, features.dims);
      if (labels[i] === labels[k]) split.genuine[g++] = score;
      else split.impostor[f++] = score;
    }
  }
  return split;
}

/** Scores of pairs split by what the pairs are: `same[i]` is 1 for one person, 0 for two. */
export function splitScores(scores: ArrayLike<number>, same: ArrayLike<number>): SplitScores {
  demandSort('list', { scores, same }, 'splitScores');
  if (scores.length !== same.length) throw new ShapeError(message(
    `splitScores: ${scores.length} scores for ${same.length} pairs`, 'Every pair has one score', 'Check the two lists'));
  const all = Array.from(scores);
  return {
    genuine: Float64Array.from(all.filter((_, i) => same[i])),
    impostor: Float64Array.from(all.filter((_, i) => !same[i])),
  };
}
