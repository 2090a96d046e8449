// Functions of an angle, computed from its cosine. acos has an infinite slope at ±1 and a cosine may leave [−1, 1] by
// an ulp, so the angle itself is formed only where nothing else will do: a multiple of it goes by Chebyshev polynomials,
// a shift of it by the sine. What is chosen at cos = ±1 is said at each function.

import type { Tensor } from '../graph/index.ts';
import { abs, acos, add, less, lessEqual, mul, safeSqrt, sub, where } from '../ops/index.ts';

/**
 * The sine of an angle in [0, π], from its cosine.
 *
 * Equation  sinθ = √((1 − c)·(1 + c)); the product keeps the digits near ±1 that 1 − c² loses
 * Shapes    any → the same
 * Units     a cosine → a sine, dimensionless
 * Gradient  −c / sinθ
 * Edges     0 with gradient 0 at c = ±1 and for a cosine that rounding has carried past ±1
 * Throws    DTypeError for i32
 */
export function sineOf(c: Tensor): Tensor {
  return safeSqrt(mul(sub(1, c), add(1, c)));
}

/**
 * The angle of a cosine.
 *
 * Equation  θ = acos(c)
 * Shapes    any → the same
 * Units     a cosine → radians in [0, π]
 * Gradient  −1 / sinθ
 * Edges     0 or π with gradient 0 at c = ±1 and for a cosine that rounding has carried past ±1
 * Throws    DTypeError for i32
 */
export function angleOf(c: Tensor): Tensor {
  return where(lessEqual(1, abs(c)), where(less(c, 0), Math.PI, 0), acos(c));
}

/**
 * The cosine of a whole multiple of an angle, and how much faster than the sine its sine runs. Both are polynomials of
 * the cosine: finite everywhere with every derivative, and T₁ is c itself, bit for bit.
 *
 * Equation  T_m(c) = cos(mθ),  U_(m−1)(c) = sin(mθ) / sinθ
 * Shapes    c any → T the same; U the same, or the number 1 for m = 1
 * Units     cosines in [−1, 1]; m a whole number ≥ 1
 * Gradient  exact: ∂T_m/∂c = m·U_(m−1)
 * Edges     at c = ±1: T_m = (±1)^m, U_(m−1) = m·(±1)^(m−1)
 * Throws    DTypeError for i32
 */
export function chebyshev(c: Tensor, m: number): { readonly cosine: Tensor; readonly sineFactor: Tensor | number } {
  if (m === 1) return { cosine: c, sineFactor: 1 };
  const twice = mul(2, c);
  let [before, cosine]: [Tensor, Tensor] = [c, sub(mul(twice, c), 1)];
  let [factorBefore, sineFactor]: [Tensor | number, Tensor] = [1, twice];
  for (let k = 2; k < m; k++) {
    [before, cosine] = [cosine, sub(mul(twice, cosine), before)];
    [factorBefore, sineFactor] = [sineFactor, sub(mul(twice, sineFactor), factorBefore)];
  }
  return { cosine, sineFactor };
}
