// How compact classes are and how far apart, in angles on the sphere of features (the measures of ArcFace, arXiv 1801.07698,
// table 3, computed on features rather than on class weights, so that they serve people never trained on).

import { demandSort } from '../base/demand.ts';
import { DomainError, message } from '../base/errors.ts';
import { checkLabels, checkSome, type Features, rowCount, unitRows } from './scores.ts';

/**
 * The angle between two vectors of length 1.
 *
 * Equation  θ = 2·atan2(‖a − b‖, ‖a + b‖)        (source: W. Kahan, "How futile are mindless assessments of roundoff", 2006)
 * Units     radians in [0, π]
 * Edges     exact to rounding where acos(a·b) loses half its digits, near 0 and π
 */
export function angleBetween(a: ArrayLike<number>, b: ArrayLike<number>): number {
  demandSort('list', { a, b }, 'angleBetween');
  let [minus, plus] = [0, 0];
  for (let d = 0; d < a.length; d++) {
    minus += (a[d]! - b[d]!) ** 2;
    plus += (a[d]! + b[d]!) ** 2;
  }
  return 2 * Math.atan2(Math.sqrt(minus), Math.sqrt(plus));
}

export interface ClassAngles {
  /** The classes that occur, ascending. */
  readonly classes: readonly number[];
  /** The angle from every sample to the centre of its class. */
  readonly intra: Float64Array;
  /** The angle from every class centre to the nearest other one; empty for one class. */
  readonly nearest: Float64Array;
  /** The mean of `intra`. */
  readonly meanIntra: number;
  /** The mean of `nearest`; undefined for one class. */
  readonly meanNearest?: number;
}

/**
 * Angles within classes and between them.
 *
 * Equation  centre = mean of the unit features of a class, at length 1; intra = ∠(x, own centre);
 *           nearest = min ∠(centre, other centre)
 * Shapes    features [N, D], labels [N] → intra [N], nearest [C]
 * Units     radians
 * Edges     a class of one sample has intra 0; one class alone has no nearest
 * Throws    ShapeError for labels that do not fit, DomainError for no samples, features that are not finite, or a sample or
 *           centre without a direction (a zero vector, or opposite samples that cancel)
 */
export function classAngles(features: Features, labels: ArrayLike<number>): ClassAngles {
  const rows = rowCount(features, 'classAngles');
  checkSome(labels, 'samples', 'classAngles');
  checkLabels(labels, rows, 'classAngles');
  const { dims } = features;
  const unit = unitRows(features, 'classAngles');
  const classes = [...new Set(Array.from(labels))].sort((a, b) => a - b);
  const position = new Map(classes.map((label, c) => [label, c]));
  const sums = new Float64Array(classes.length * dims);
  for (let n = 0; n < rows; n++) {
    const row = unit.subarray(n * dims, (n + 1) * dims);
    if (row.every((x) => x === 0)) throw noDirection(`row ${n}`);
    const c = position.get(labels[n]!)!;
    for (let d = 0; d < dims; d++) sums[c * dims + d]! += row[d]!;
  }
  const centres = classes.map((label, c) => {
    const centre = unitRows({ values: sums.subarray(c * dims, (c + 1) * dims), dims }, 'classAngles');
    if (centre.every((x) => x === 0)) throw noDirection(`the centre of class ${label}`);
    return centre;
  });
  const intra = Float64Array.from({ length: rows }, (_, n) =>
    angleBetween(unit.subarray(n * dims, (n + 1) * dims), centres[position.get(labels[n]!)!]!),
  );
  const nearest = classes.length < 2 ? new Float64Array(0) : Float64Array.from(centres, (centre) => {
    let least = Math.PI;
    for (const other of centres) if (other !== centre) least = Math.min(least, angleBetween(centre, other));
    return least;
  });
  const mean = (values: Float64Array): number => values.reduce((sum, x) => sum + x, 0) / values.length;
  return { classes, intra, nearest, meanIntra: mean(intra), ...(nearest.length > 0 && { meanNearest: mean(nearest) }) };
}

function noDirection(what: string): DomainError {
  return new DomainError(message(
    `classAngles: ${what} is zero`,
    'An angle needs a direction', 'Leave the sample out, or look for the step that made it zero'));
}
