// The little statistics a table of results needs: mean, standard error, and the interval of a paired difference by
// Student's t. A seed fixes the split and the initial weights for all losses, so results of one seed are paired: the
// differences vary far less than the results themselves.

import { demandSort } from '../base/demand.ts';
import { DomainError, message } from '../base/errors.ts';

export interface Estimate {
  readonly mean: number;
  /** σ / √n with the sample deviation σ; undefined for one value. */
  readonly standardError?: number;
  readonly count: number;
}

/**
 * Mean and standard error.
 *
 * Throws    DomainError for no values
 */
export function estimate(values: readonly number[]): Estimate {
  demandSort('list', { values }, 'estimate');
  const count = values.length;
  if (count === 0) throw new DomainError(message('the mean of no values', 'A mean has at least one', 'Check what was left out'));
  const mean = values.reduce((sum, x) => sum + x, 0) / count;
  if (count === 1) return { mean, count };
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (count - 1);
  return { mean, standardError: Math.sqrt(variance / count), count };
}

/**
 * The distribution function of Student's t for a whole number of degrees of freedom.
 *
 * Equation  P(|T| ≤ t) by the finite sums for odd and even degrees        (source: Abramowitz & Stegun, 26.7.3 and 26.7.4)
 */
export function studentWithin(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const odd = degrees % 2 === 1;
  let [term, sum] = odd ? [cosine, degrees === 1 ? 0 : cosine] : [1, 1];
  for (let k = odd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= (cosine * cosine * (k - 1)) / k;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}

/** The t that |T| stays within with a probability. */
export function studentQuantile(probability: number, degrees: number): number {
  let [low, high] = [0, 1];
  while (studentWithin(high, degrees) < probability) high *= 2;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (studentWithin(middle, degrees) < probability) low = middle;
    else high = middle;
  }
  return high;
}

export interface Difference extends Estimate {
  /** The ends of the interval; undefined for a single pair. */
  readonly low?: number;
  readonly high?: number;
  /** Whether the interval leaves out 0; undefined where there is none. */
  readonly verdict?: 'better' | 'worse' | 'within noise';
}

/**
 * The mean difference of pairs, with its interval.
 *
 * Equation  mean ± t·σ/√n, t the quantile of Student's distribution with n − 1 degrees of freedom
 * Edges     pairs without any spread have an interval without width: 0 is within noise, anything else is not
 * Throws    DomainError for lists that do not pair
 */
export function pairedDifference(values: readonly number[], reference: readonly number[], probability = 0.95): Difference {
  demandSort('list', { values, reference }, 'pairedDifference');
  if (values.length !== reference.length) {
    throw new DomainError(message(
      `${values.length} values paired with ${reference.length}`, 'Every value has a partner', 'Leave out what has none'));
  }
  const found = estimate(values.map((x, i) => x - reference[i]!));
  if (found.standardError === undefined) return found;
  const reach = studentQuantile(probability, found.count - 1) * found.standardError;
  const [low, high] = [found.mean - reach, found.mean + reach];
  return { ...found, low, high, verdict: low > 0 ? 'better' : high < 0 ? 'worse' : 'within noise' };
}
