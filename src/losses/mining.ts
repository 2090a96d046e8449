// The mining factor g: how much a sample counts, decided from its own loss. Focal weights by the probability of the
// label, hard mining keeps the worst and drops the rest. A factor is computed per sample, before any reduction.

import { demandOptions } from '../base/demand.ts';
import type { Tensor } from '../graph/index.ts';
import { argsort, cast, expm1, less, lessEqual, mul, neg, pow, stopGradient, where } from '../ops/index.ts';
import { checkChoice, checkNumber, checkParameter, checkSwitch, nonNegative, type Parameter, positive } from './parameter.ts';

/** What a factor may look at. */
export interface MinedLosses {
  /** ℓ = −log p[y] by the scores of the loss, margin and all, [N]. */
  readonly loss: Tensor;
  /** −log q[y] by plain cosines times s, [N]; computed when asked for. */
  readonly plainLoss: () => Tensor;
}

export interface Mining {
  readonly name: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** g by ℓ, s and c[k], in formula notation; null where g = 1. It may use what `definitions` define. */
  readonly equation: string | null;
  readonly definitions?: readonly string[];
  /** ∂(g·ℓ)/∂c[k] in formula notation, given the text of ∂ℓ/∂c[k]. */
  readonly gradient: (slope: string) => string;
  /** g [N]; null where g = 1. */
  readonly factor: ((losses: MinedLosses) => Tensor) | null;
  /** By how many samples a mean divides, where that is not the whole batch. */
  readonly count?: (batch: number) => number;
}

/** Every sample counts alike: g = 1. */
export const noMining: Mining = { name: 'none', parameters: {}, equation: null, gradient: (slope) => slope, factor: null };

export interface FocalOptions {
  /** Default 2. */
  readonly gamma?: Parameter;
  /** Default 1, the text of the SV paper; detection uses 0.25. */
  readonly alpha?: Parameter;
  /** Treat g as a constant, as some code does. Default false. */
  readonly detach?: boolean;
  /** Whose probability feeds g: plain cosines, as (2) defines it, or the scores of the loss itself, as its code does. */
  readonly probability?: 'plain' | 'margin';
}

/**
 * The focal factor of F-Softmax.
 *
 * Equation  g = alpha*(1 - p)^gamma, p = exp(s*c[y]) / sum(k, exp(s*c[k])), or by the margin scores  (1812.11317 (2a))
 * Shapes    losses [N] → [N]
 * Units     gamma ≥ 0 and alpha > 0, dimensionless
 * Gradient  through g as well, −alpha·γ·(1 − p)^(γ−1)·∂p; with `detach` g is constant (stopped)
 * Edges     1 − p is −expm1(log p), without cancellation; gamma = 0 gives g = 1 with gradient 0, also at p = 1
 * Throws    DomainError for a parameter outside its range or an unknown choice
 */
export function focal(options: FocalOptions = {}): Mining {
  demandOptions(options, ['gamma', 'alpha', 'detach', 'probability'], 'focal');
  const { gamma = 2, alpha = 1, detach = false, probability = 'plain' } = options;
  checkParameter('focal', 'gamma', gamma, nonNegative);
  checkParameter('focal', 'alpha', alpha, positive);
  checkSwitch('focal', 'detach', detach);
  checkChoice('focal', 'probability', probability, ['plain', 'margin']);
  const plain = probability === 'plain';
  const p = plain ? 'q[y]' : 'exp(-ℓ)';
  const power = `alpha * pow(1 - ${p}, gamma)`;
  const slope = `alpha * gamma * pow(1 - ${p}, gamma - 1)`;
  return {
    name: 'focal',
    parameters: { gamma, alpha },
    equation: detach ? `stop(${power})` : power,
    ...(plain && { definitions: ['q[k] = exp(s * c[k]) / sum(k, exp(s * c[k]))'] }),
    gradient: (inner) => {
      if (detach) return `g * (${inner})`;
      if (plain) return `g * (${inner}) - ${slope} * s * q[y] * ((1 if k = y else 0) - q[k]) * ℓ`;
      return `(g + ${slope} * ${p} * ℓ) * (${inner})`;
    },
    factor: ({ loss, plainLoss }) => {
      const missing = neg(expm1(neg(plain ? plainLoss() : loss)));
      // A power below 1 has an infinite slope at 0, where p has none: a sample that is certain sends nothing back.
      const weight = pow(where(lessEqual(missing, 0), stopGradient(missing), missing), gamma);
      const g = alpha === 1 ? weight : mul(alpha, weight);
      return detach ? stopGradient(g) : g;
    },
  };
}

export interface HardMiningOptions {
  /** The share of the batch that is kept. Default 0.9, the released code's. */
  readonly saveRate?: number;
  /** Whether a mean divides by the batch, as (2) reads, or by the samples kept, as the released code does. */
  readonly hardReduction?: 'batch' | 'kept';
}

/**
 * Hard mining: the samples with the largest losses count, the others do not.
 *
 * Equation  g = 1 if rank(n, ℓ) < max(1, floor(saveRate*N + 1e-9)) else 0                         (1812.11317 (2b))
 * Shapes    losses [N] → [N] of 0 and 1
 * Units     0 ≤ saveRate ≤ 1, a share
 * Gradient  that of the kept samples; the selection is constant
 * Edges     of equal losses the earlier sample ranks first; at least one is kept; saveRate = 1 keeps all, bit for bit
 * Throws    DomainError if saveRate is outside [0, 1] or for an unknown reduction
 */
export function hardMining(options: HardMiningOptions = {}): Mining {
  demandOptions(options, ['saveRate', 'hardReduction'], 'hardMining');
  const { saveRate = 0.9, hardReduction = 'batch' } = options;
  checkNumber('hardMining', 'saveRate', saveRate, { from: 0, to: 1 });
  checkChoice('hardMining', 'hardReduction', hardReduction, ['batch', 'kept']);
  // 0.29 · 100 is 28.999…: the 1e-9 makes it the 29 that is meant.
  const kept = (batch: number): number => Math.max(1, Math.floor(saveRate * batch + 1e-9));
  return {
    name: 'hard mining',
    parameters: { saveRate },
    equation: '1 if rank(n, ℓ) < max(1, floor(saveRate * sum(n, 1) + 1e-9)) else 0',
    gradient: (slope) => `g * (${slope})`,
    factor: ({ loss }) => {
      const rank = argsort(argsort(neg(loss)));
      return cast(less(rank, kept(loss.shape[0]!)), loss.dtype);
    },
    ...(hardReduction === 'kept' && { count: kept }),
  };
}
