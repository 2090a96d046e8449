// Lengths and directions. The zero vector is the only special point, and `safeSqrt` settles it once: the length is 0
// with gradient 0, the direction is 0 with gradient 0. No ε is added anywhere, so every other vector is exact.

import type { Tensor } from '../graph/tensor.ts';
import { div, equal, lessEqual, mul, sqrt, where } from '../primitives/index.ts';
import { square } from './elementwise.ts';
import { type AxisOptions, axisOf, demandFit, demandFloat } from './operands.ts';
import { axesOf, type ReduceOptions, sum } from './reduce.ts';

/**
 * The square root that ends at 0.
 *
 * Equation  safeSqrt(q) = √q if q > 0, else 0
 * Shapes    any → the same
 * Gradient  1/(2√q) for q > 0; 0 at q ≤ 0, at every order
 * Edges     a negative q (a rounding error of a square) gives 0; NaN gives NaN
 * Throws    DTypeError for i32
 */
export function safeSqrt(q: Tensor): Tensor {
  demandFloat(q, 'safeSqrt');
  return where(lessEqual(q, 0), 0, sqrt(q));
}

/**
 * The Euclidean length over some axes.
 *
 * Equation  norm(x) = √(Σ x²)
 * Shapes    [..., n, ...] → [..., ...], or [..., 1, ...] with keepDims; all axes by default, as for every reduction
 * Gradient  x/norm(x) times the cotangent
 * Edges     the zero vector has length 0 and gradient 0. Lengths from 1e-18 to 1e19 in Float32 (1e-153 to 1e154 in
 *           Float64) are exact to rounding; beyond, the squares vanish (length 0) or overflow (length Infinity)
 * Throws    ShapeError for an axis out of range; DTypeError for i32
 */
export function norm(x: Tensor, options: ReduceOptions = {}): Tensor {
  demandFloat(x, 'norm');
  const axis = axesOf(x, options, 'norm');
  return safeSqrt(sum(square(x), { ...options, axis }));
}

/**
 * The vector of length 1 in the same direction.
 *
 * Equation  normalize(x) = x / norm(x)
 * Shapes    [..., D, ...] → the same; along the last axis by default
 * Gradient  (grad − u·Σ u·grad) / norm(x) with u = normalize(x)
 * Edges     the zero vector gives the zero vector with gradient 0; so does one whose squares vanish (see norm). In between, from
 *           1e-22 to 1e-19 in Float32, digits are lost and the gradient can be infinite. The limit above is a length of 1e150
 *           in Float64, 1e18 in Float32: where the squares overflow the length is Infinity and the direction becomes 0, which
 *           explain and gradcheck name
 * Throws    ShapeError for an axis out of range; DTypeError for i32
 */
export function normalize(x: Tensor, options: AxisOptions = {}): Tensor {
  demandFloat(x, 'normalize');
  const length = norm(x, { axis: axisOf(x, options, 'normalize'), keepDims: true });
  // One reciprocal per vector: the choice at 0 is made on lengths, never on the whole tensor.
  return mul(x, where(equal(length, 0), 0, div(1, length)));
}

/**
 * The cosine of the angle between vectors.
 *
 * Equation  cosineSimilarity(a, b) = Σ a·b / (norm(a)·norm(b))
 * Shapes    a [..., D, ...], b the same or broadcasting → [..., ...]; along the last axis by default
 * Units     a cosine; rounding may leave [−1, 1] by an ulp, so clamp it before acos
 * Gradient  exact; through both directions
 * Edges     beside a zero vector the cosine is 0 with gradient 0
 * Throws    ShapeError for shapes that do not fit; DTypeError for i32 or mixed types
 */
export function cosineSimilarity(a: Tensor, b: Tensor, options: AxisOptions = {}): Tensor {
  demandFloat(a, 'cosineSimilarity');
  demandFloat(b, 'cosineSimilarity');
  demandFit(a, b, 'cosineSimilarity');
  const rank = Math.max(a.rank, b.rank);
  // Counted from the end, an axis means the same in operands of different rank.
  const axis = axisOf(a.rank === rank ? a : b, options, 'cosineSimilarity') - rank;
  return sum(mul(normalize(a, { axis }), normalize(b, { axis })), { axis });
}
