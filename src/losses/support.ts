// The other-class rule h: what a loss does to the cosines of the classes a sample does not belong to. A class is hard
// (a support vector of the sample) when its cosine exceeds the target's boundary; the comparison is decided once per
// forward pass on the very cosines the logits use, and never differentiated. A rule never forms h itself: e^(s·v) is
// h·e^(s·c), and only v is computed.

import { demandOptions } from '../base/demand.ts';
import { isTensor, type Tensor } from '../graph/index.ts';
import { add, less, mul, stopGradient, where } from '../ops/index.ts';
import { checkChoice, checkNumber, checkParameter, nonNegative, type Parameter, plus } from './parameter.ts';

export interface OtherRule {
  readonly name: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** h[k] by c[k], I[k] and s, in formula notation; null where h = 1 and no class is called hard. */
  readonly equation: string | null;
  /** dv[k]/dc[k] in formula notation. */
  readonly derivative: string;
  /** c [N, C] → v [N, C] for every class but the label's; `hard()` gives the indicator I [N, C] of hard classes. */
  readonly value: (c: Tensor, hard: () => Tensor) => Tensor;
}

/** Every other class counts as it is: h = 1, v = c. */
export const plainOthers: OtherRule = { name: 'plain', parameters: {}, equation: null, derivative: '1', value: (c) => c };

/**
 * Which classes are hard for which sample.
 *
 * Equation  I[k] = 1 if k != y and f < c[k] else 0                                         (1812.11317 (5), (13))
 * Shapes    c [N, C], boundary f [N, 1], isLabel [N, C] of 0 and 1 → [N, C] of 0 and 1 in the type of c
 * Units     cosines in [−1, 1]
 * Gradient  none: an indicator is piecewise constant
 * Edges     a tie is not hard; the label's own column is 0, though c > c − m always holds there
 * Throws    ShapeError or DTypeError for operands that do not fit
 */
export function hardClasses(c: Tensor, boundary: Tensor, isLabel: Tensor): Tensor {
  return where(isLabel, 0, less(boundary, c));
}

/**
 * SV-Softmax: pushes the scores of hard classes up, so that they weigh more.
 *
 * Equation  h[k] = exp(s*(t - 1)*(c[k] + 1)*I[k]), so v[k] = t*c[k] + t - 1 where hard, else c[k]  (1812.11317 (7))
 * Shapes    c [N, C], I [N, C] → v [N, C]
 * Units     cosines in [−1, 1]; hardness t ≥ 1, dimensionless
 * Gradient  1 + (t - 1)*I[k]: exact inside each region; the indicator is constant
 * Edges     coded c + (t − 1)·(c + 1)·I, which at t = 1 is c bit for bit (t·c + t − 1 is not)
 * Throws    DomainError if t < 1
 */
export function supportVectors(options: { readonly t: Parameter }): OtherRule {
  demandOptions(options, ['t'], 'supportVectors');
  const { t } = options;
  checkParameter('supportVectors', 't', t, { from: 1, to: Infinity },
    'MV-Softmax code counts from 0: t_MV = t_SV − 1, so its 0.2 is 1.2 here; or use misclassified({ t })');
  return {
    name: 'support vectors', parameters: { t }, equation: 'exp(s * (t - 1) * (c[k] + 1) * I[k])',
    derivative: '(1 + (t - 1) * I[k])', value: (c, hard) => add(c, mul(mul(plus(t, -1), add(c, 1)), hard())),
  };
}

/**
 * MV-Softmax, the successor: the same push with another count of t, or one that does not depend on the cosine.
 *
 * Equation  adaptive: h[k] = exp(s*t*(c[k] + 1)*I[k]); fixed: h[k] = exp(s*t*I[k])                  (1912.00833)
 * Shapes    c [N, C], I [N, C] → v [N, C]
 * Units     cosines in [−1, 1]; t ≥ 0, dimensionless: t_MV = t_SV − 1
 * Gradient  adaptive: 1 + t*I[k]; fixed: 1; the indicator is constant
 * Edges     t = 0 gives c bit for bit
 * Throws    DomainError if t < 0 or for an unknown mode
 */
export function misclassified(options: { readonly t: Parameter; readonly mode?: 'adaptive' | 'fixed' }): OtherRule {
  demandOptions(options, ['t', 'mode'], 'misclassified');
  const { t, mode = 'adaptive' } = options;
  checkParameter('misclassified', 't', t, nonNegative);
  checkChoice('misclassified', 'mode', mode, ['adaptive', 'fixed']);
  if (mode === 'fixed') {
    return {
      name: 'misclassified, fixed', parameters: { t }, equation: 'exp(s * t * I[k])', derivative: '1',
      value: (c, hard) => add(c, mul(t, hard())),
    };
  }
  return {
    name: 'misclassified, adaptive', parameters: { t }, equation: 'exp(s * t * (c[k] + 1) * I[k])',
    derivative: '(1 + t * I[k])', value: (c, hard) => add(c, mul(mul(t, add(c, 1)), hard())),
  };
}

/**
 * CurricularFace: hard classes weigh little at first and more as t, a running mean of the target cosines, grows.
 *
 * Equation  h[k] = exp(s*c[k]*(t + c[k] - 1)*I[k]), so v[k] = c[k]*(t + c[k]) where hard, else c[k]   (2004.00288)
 * Shapes    c [N, C], I [N, C] → v [N, C]
 * Units     cosines in [−1, 1]; t in [−1, 1], see `nextCurricularT`
 * Gradient  t + 2*c[k] where hard, else 1; t and the indicator are constant (stopped)
 * Edges     not monotone: hard classes below c = −t/2 are pushed the other way
 * Throws    DomainError if t is outside [−1, 1]
 */
export function curricular(options: { readonly t: Parameter }): OtherRule {
  demandOptions(options, ['t'], 'curricular');
  const { t } = options;
  checkParameter('curricular', 't', t, { from: -1, to: 1 });
  const constant = isTensor(t) ? stopGradient(t) : t;
  return {
    name: 'curricular', parameters: { t }, equation: 'exp(s * c[k] * (t + c[k] - 1) * I[k])',
    derivative: '(1 + (t + 2 * c[k] - 1) * I[k])', value: (c, hard) => where(hard(), mul(c, add(constant, c)), c),
  };
}

export interface RunningMean {
  /** How much of one side is kept. Default 0.99. */
  readonly momentum?: number;
  /** Which side: the batch's, as the paper prints it, or the old one, as its code does. */
  readonly reading?: 'paper' | 'code';
}

/**
 * The running mean that is the t of `curricular`: a plain number for the mean target cosine of a batch, updated before
 * it is used.
 *
 * Equation  paper: t' = momentum*r + (1 - momentum)*t; code: t' = (1 - momentum)*r + momentum*t       (2004.00288)
 * Shapes    numbers → a number
 * Units     t and the batch mean r are cosines; 0 ≤ momentum ≤ 1
 * Gradient  none: plain numbers
 * Edges     with momentum 0.99 the two readings differ by a factor of 99 in speed; the released code is the slow one
 * Throws    DomainError for a value outside its range or an unknown reading
 */
export function nextCurricularT(t: number, batchMean: number, options: RunningMean = {}): number {
  demandOptions(options, ['momentum', 'reading'], 'nextCurricularT');
  const { momentum = 0.99, reading = 'paper' } = options;
  checkNumber('nextCurricularT', 't', t, { from: -1, to: 1 });
  checkNumber('nextCurricularT', 'batchMean', batchMean, { from: -1, to: 1 });
  checkNumber('nextCurricularT', 'momentum', momentum, { from: 0, to: 1 });
  checkChoice('nextCurricularT', 'reading', reading, ['paper', 'code']);
  const weight = reading === 'paper' ? momentum : 1 - momentum;
  return weight * batchMean + (1 - weight) * t;
}
