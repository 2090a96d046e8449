// Gradients held within bounds, before an optimiser sees them: each number by itself, or the tree as one vector. Both
// are written in ops and can be part of a recorded training step.

import { flatten } from '../base/tree.ts';
import { isTensor, type Tensor } from '../graph/index.ts';
import { add, clamp, div, minimum, mul, norm, safeSqrt, square } from '../ops/index.ts';
import { demandOptions } from '../ops/operands.ts';
import { demandNonNegative, demandRange, type Gradients } from './optimizer.ts';

/** Applies f to every tensor of a tree and leaves null alone. */
function mapLeaves<G extends Gradients>(gradients: G, f: (g: Tensor) => Tensor): G {
  const flat = flatten(gradients, (x): x is Tensor | null => x === null || isTensor(x));
  return flat.rebuild(flat.leaves.map((g) => (g === null ? null : f(g)))) as G;
}

/**
 * Every number held within ±limit.
 *
 * Equation  g ← max(−limit, min(limit, g))
 * Shapes    a tree → the same
 * Gradient  1 within the limits, 0 beyond
 * Edges     NaN stays NaN; null stays null
 * Throws    DomainError for a limit that is negative or not a number
 */
export function clipByValue<G extends Gradients>(gradients: G, limit: number): G {
  demandRange('clipByValue', 'limit', limit, limit >= 0, 'The limit is a number ≥ 0');
  return mapLeaves(gradients, (g) => clamp(g, { min: -limit, max: limit }));
}

export interface GlobalNormOptions {
  /** Added to the norm before dividing, as in PyTorch; 0 clips to the limit exactly. Default 1e-6. */
  readonly epsilon?: number;
}

/**
 * The whole tree as one vector, shortened to a length where it is longer (Pascanu et al. 2013).
 *
 * Equation  g ← g·min(1, limit/(‖g‖ + epsilon)), ‖g‖ over all numbers of the tree
 * Shapes    a tree → { gradients: the same, norm [] } with the norm before clipping
 * Gradient  exact; a zero gradient stays zero
 * Edges     a number that is not finite becomes NaN (infinity takes all others to 0), so it is seen; null stays null
 * Throws    DomainError for a limit that is not positive or a tree without tensors; DTypeError for mixed types
 */
export function clipByGlobalNorm<G extends Gradients>(
  gradients: G, limit: number, options: GlobalNormOptions = {},
): { readonly gradients: G; readonly norm: Tensor } {
  demandOptions(options, ['epsilon'], 'clipByGlobalNorm');
  const { epsilon = 1e-6 } = options;
  demandRange('clipByGlobalNorm', 'limit', limit, limit > 0, 'The limit is a number > 0');
  demandNonNegative('clipByGlobalNorm', { epsilon });
  const squares = flatten(gradients, isTensor).leaves.map((g) => square(norm(g)));
  demandRange('clipByGlobalNorm', 'number of tensors', squares.length, squares.length > 0, 'There is something to clip');
  const whole = safeSqrt(squares.reduce((a, b) => add(a, b)));
  const factor = minimum(div(limit, add(whole, epsilon)), 1);
  return { gradients: mapLeaves(gradients, (g) => mul(g, factor)), norm: whole };
}
