// One row of scores per sample, one column per class, and the label that picks a column. The pick is a sum over
// where(k = y, x, 0) rather than a gather: its adjoint is again a `where`, which an engine can fuse into the pass over
// the scores, and not a matrix of zeros to scatter into.

import { type DType } from '../base/dtype.ts';
import { label, type Tensor } from '../graph/index.ts';
import {
  add, arange, cast, equal, exp, log, matmul, max, normalize, reshape, softplus, stopGradient, sub, sum, transpose, unsqueeze, where,
} from '../ops/index.ts';
import { checkFloats } from './inputs.ts';

/**
 * The indicator of the label.
 *
 * Equation  isLabel[k] = 1 if k = y else 0
 * Shapes    labels [N] of i32 → [N, classes] of 0 and 1
 * Units     dimensionless
 * Gradient  none: labels are whole numbers
 * Edges     a label out of range gives a row of zeros; losses check labels before they come here
 * Throws    DTypeError for labels that are not i32
 */
export function labelIndicator(labels: Tensor, classes: number, dtype: DType): Tensor {
  const places = reshape(arange(classes, { dtype: 'i32' }), [1, classes]);
  return label(cast(equal(unsqueeze(label(labels, 'y'), 1), places), dtype), '1[k = y]', { role: 'target' });
}

/**
 * The entry of the label in every row.
 *
 * Equation  x[y] = sum(k, x[k] if k = y else 0)
 * Shapes    x and isLabel [N, C] → [N, 1]
 * Units     those of x
 * Gradient  the cotangent at the label, 0 elsewhere
 * Edges     the other entries are not looked at, also when they are infinite or NaN
 * Throws    ShapeError for shapes that differ
 */
export function ofLabel(x: Tensor, isLabel: Tensor): Tensor {
  return sum(where(isLabel, x, 0), { axis: 1, keepDims: true });
}

/**
 * The cosines between every sample and every class.
 *
 * Equation  c[k] = dot(unit(w[k]), unit(x))                                                      (1812.11317 (1))
 * Shapes    x [N, D], w [C, D] → [N, C]
 * Units     cosines, in [−1, 1] up to rounding; never clamped, which would cut the gradient off
 * Gradient  (unit(w[k]) − c[k]·unit(x)) / norm(x) for x, and the same with the roles exchanged for w[k]
 * Edges     the unit vector of the zero vector is 0 with gradient 0
 * Throws    ShapeError or DTypeError for operands that do not fit
 */
export function cosines(x: Tensor, w: Tensor): Tensor {
  const directions = label(normalize(x, { axis: 1 }), 'x̂');
  const centres = label(normalize(w, { axis: 1 }), 'ŵ');
  return label(matmul(directions, transpose(centres)), 'c');
}

/**
 * Softmax cross-entropy from scores, without a difference of large numbers: exact also for a sample that is all but
 * certain, where log Σ e^z − z_y leaves rounding noise of the size of z (and may be negative).
 *
 * Equation  ℓ = -log(exp(z[y]) / sum(k, exp(z[k]))) = log(1 + Σ_{k≠y} e^(z[k] − z[y]))
 * Shapes    z and isLabel [N, C] → [N]
 * Units     scores, and a loss in nats; never negative
 * Gradient  p[k] − 1[k = y]; the shift by the largest other score is a constant (stopped), its value cancels
 * Edges     0 with gradient 0 once e^−lead underflows (a lead of 104 in f32, 746 in f64) or for a single class. The others
 *           are shifted by their own largest score: shifted by the label's they would underflow, and 1 over them overflow
 * Throws    ShapeError for shapes that differ or no class
 */
export function crossEntropy(z: Tensor, isLabel: Tensor): Tensor {
  checkFloats('crossEntropy', 'scores', z, '[N, C]');
  const largest = stopGradient(max(where(isLabel, -Infinity, z), { axis: 1, keepDims: true }));
  const rest = where(isLabel, 0, sub(z, largest));
  const others = sum(where(isLabel, 0, exp(rest)), { axis: 1, keepDims: true });
  return reshape(softplus(sub(add(log(others), largest), ofLabel(z, isLabel))), [z.shape[0]!]);
}
