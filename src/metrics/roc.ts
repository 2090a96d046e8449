// Rates of acceptance over all thresholds: the ROC curve and what is read from it. A pair is accepted when its score is at
// least the threshold; FAR is the share of impostor pairs accepted, TAR that of genuine pairs. Equal scores cross together,
// so no order among ties can flatter a curve.

import { demandSort } from '../base/demand.ts';
import { DomainError, message } from '../base/errors.ts';
import { checkScores, checkSome } from './scores.ts';

export interface Roc {
  /** Descending from +∞, one entry per distinct score. */
  readonly thresholds: Float64Array;
  readonly far: Float64Array;
  readonly tar: Float64Array;
}

function sortedDown(scores: ArrayLike<number>, what: string, who: string): Float64Array {
  checkSome(scores, `${what} scores`, who);
  checkScores(scores, who);
  return Float64Array.from(scores).sort().reverse();
}

/**
 * The ROC curve, from accepting nothing (0, 0) to accepting everything (1, 1).
 *
 * Shapes    genuine [G], impostor [M] → T + 1 points for T distinct scores
 * Edges     exact: no binning; the straight line between two points is what random choice among ties would give
 * Throws    DomainError for NaN or an empty list
 */
export function rocCurve(genuine: ArrayLike<number>, impostor: ArrayLike<number>): Roc {
  const [g, f] = [sortedDown(genuine, 'genuine', 'rocCurve'), sortedDown(impostor, 'impostor', 'rocCurve')];
  const [thresholds, far, tar] = [[Infinity], [0], [0]];
  let [i, k] = [0, 0];
  while (i < g.length || k < f.length) {
    const score = Math.max(g[i] ?? -Infinity, f[k] ?? -Infinity);
    while (i < g.length && g[i] === score) i++;
    while (k < f.length && f[k] === score) k++;
    thresholds.push(score);
    far.push(k / f.length);
    tar.push(i / g.length);
  }
  return { thresholds: Float64Array.from(thresholds), far: Float64Array.from(far), tar: Float64Array.from(tar) };
}

/**
 * The area under the ROC curve: the probability that a genuine pair scores above an impostor pair.
 *
 * Equation  AUC = (#{g > f} + ½·#{g = f}) / (G·M)        (source: J. Hanley and B. McNeil, Radiology 143, 1982)
 * Throws    DomainError for NaN or an empty list
 */
export function areaUnderRoc(genuine: ArrayLike<number>, impostor: ArrayLike<number>): number {
  const { far, tar } = rocCurve(genuine, impostor);
  let area = 0;
  for (let i = 1; i < far.length; i++) area += ((far[i]! - far[i - 1]!) * (tar[i]! + tar[i - 1]!)) / 2;
  return area;
}

/**
 * The equal error rate: where as many impostors are accepted as genuine pairs are rejected.
 *
 * Equation  FAR = 1 − TAR on the ROC curve, with straight lines between its points        (source: ISO/IEC 19795-1, informally)
 * Edges     without the lines there is no such point on small sets; the threshold is the lower end of the line
 * Throws    DomainError for NaN or an empty list
 */
export function equalErrorRate(
  genuine: ArrayLike<number>,
  impostor: ArrayLike<number>,
): { readonly rate: number; readonly threshold: number } {
  const { thresholds, far, tar } = rocCurve(genuine, impostor);
  // FAR − (1 − TAR) climbs from −1 to 1.
  let i = 1;
  while (far[i]! + tar[i]! < 1) i++;
  const [before, after] = [far[i - 1]! + tar[i - 1]! - 1, far[i]! + tar[i]! - 1];
  const share = before / (before - after);
  return { rate: far[i - 1]! + share * (far[i]! - far[i - 1]!), threshold: thresholds[i]! };
}

interface Trials {
  /** The false accept rate asked for. */
  readonly far: number;
  readonly genuine: number;
  readonly impostors: number;
}

/** A point at a false accept rate, or why there is none. */
export type OperatingPoint =
  | (Trials & { readonly defined: true; readonly tar: number; readonly threshold: number; readonly falseAccepts: number })
  | (Trials & { readonly defined: false; readonly reason: string });

/**
 * TAR at a FAR: the share of genuine pairs accepted when at most the share `far` of impostor pairs is.
 *
 * Equation  τ = min{ τ : #{impostor ≥ τ}/M ≤ far },  TAR = #{genuine ≥ τ}/G
 * Shapes    genuine [G], impostor [M]; one point
 * Edges     never interpolated: with fewer than 1/far impostors the point is undefined, and says so with M. Just above a tie of
 *           impostors the minimum is not attained; the threshold given is the smallest score seen that is accepted, +∞ if none
 * Throws    DomainError for NaN, an empty list, or a rate outside (0, 1]
 */
export function tarAtFar(genuine: ArrayLike<number>, impostor: ArrayLike<number>, far: number): OperatingPoint {
  if (!(far > 0 && far <= 1)) throw new DomainError(message(
    `tarAtFar: a rate of ${far}`, 'A false accept rate lies in (0, 1]', 'Use 1e-3, for instance'));
  const [g, f] = [sortedDown(genuine, 'genuine', 'tarAtFar'), sortedDown(impostor, 'impostor', 'tarAtFar')];
  const trials: Trials = { far, genuine: g.length, impostors: f.length };
  // A product such as 1e-3 · 3000 may lie a rounding below the whole number it means.
  const allowed = Math.floor(far * f.length * (1 + 4 * Number.EPSILON));
  if (allowed < 1) {
    return {
      ...trials,
      defined: false,
      reason: `a false accept rate of ${far} takes at least ${Math.ceil(1 / far)} impostor scores; there are ${f.length}`,
    };
  }
  // The highest impostor score that may not be accepted, if there is one: what lies strictly above it is accepted.
  const limit = f[allowed];
  const [accepted, falseAccepts] = limit === undefined ? [g.length, f.length] : [countAbove(g, limit), countAbove(f, limit)];
  const threshold = Math.min(g[accepted - 1] ?? Infinity, f[falseAccepts - 1] ?? Infinity);
  return { ...trials, defined: true, tar: accepted / g.length, threshold, falseAccepts };
}

/** How many of a descending list lie strictly above a limit. */
function countAbove(sorted: Float64Array, limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! > limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

export interface TrialsPoint {
  readonly far: number;
  /** Means over the trials; undefined when any trial has too few impostors, with the reason of the first. */
  readonly mean?: number;
  readonly deviation?: number;
  /** Mean minus one deviation, which the BLUFR benchmark ranks by. */
  readonly meanMinusDeviation?: number;
  readonly reason?: string;
  readonly trials: readonly OperatingPoint[];
}

/** The false accept rates the SV-Softmax paper quotes on BLUFR (table 1). */
export const blufrRates = [1e-3, 1e-4, 1e-5] as const;

/**
 * TAR at given FARs over several random splits, as BLUFR reports them.
 *
 * Equation  mean μ and sample deviation σ of the trials' TAR; μ − σ        (source: S. Liao et al., IJCB 2014)
 * Shapes    one pair of score lists per trial → one point per rate
 * Edges     BLUFR has 10 trials over all pairs of a test split; whether a paper quotes μ or μ − σ, it has to say; one trial
 *           has no σ
 * Throws    DomainError for NaN, empty lists, or no trial
 */
export function tarOverTrials(
  trials: readonly { readonly genuine: ArrayLike<number>; readonly impostor: ArrayLike<number> }[],
  rates: readonly number[] = blufrRates,
): TrialsPoint[] {
  demandSort('records', { trials }, 'tarOverTrials');
  demandSort('list', { rates }, 'tarOverTrials');
  checkSome(trials, 'trials', 'tarOverTrials');
  return rates.map((far): TrialsPoint => {
    const points = trials.map(({ genuine, impostor }) => tarAtFar(genuine, impostor, far));
    const tars = points.flatMap((point) => (point.defined ? [point.tar] : []));
    if (tars.length < points.length) {
      return { far, trials: points, reason: points.flatMap((point) => (point.defined ? [] : [point.reason]))[0]! };
    }
    const mean = tars.reduce((sum, tar) => sum + tar, 0) / tars.length;
    if (tars.length === 1) return { far, trials: points, mean };
    const deviation = Math.sqrt(tars.reduce((sum, tar) => sum + (tar - mean) ** 2, 0) / (tars.length - 1));
    return { far, trials: points, mean, deviation, meanMinusDeviation: mean - deviation };
  });
}
