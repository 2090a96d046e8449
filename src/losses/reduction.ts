// From one loss per sample to the result: mean, sum, or the samples as they are. The paper never states its reduction;
// the mean is the default here. Weights per sample are applied before, never after.

import type { Tensor } from '../graph/index.ts';
import { div, sum } from '../ops/index.ts';
import { checkChoice } from './parameter.ts';

/** `none` gives the losses of the samples, [N]. */
export const reductions = ['mean', 'sum', 'none'] as const;
export type Reduction = (typeof reductions)[number];

export interface ReductionOption {
  /** Default mean. */
  readonly reduction?: Reduction;
}

export function checkReduction(who: string, reduction: Reduction): void {
  checkChoice(who, 'reduction', reduction, reductions);
}

/**
 * The losses of a batch as one number.
 *
 * Equation  mean: sum(n, L) / count; sum: sum(n, L); none: L
 * Shapes    [N] → [], or [N] for none
 * Units     a loss in nats
 * Gradient  exact
 * Edges     count is N unless hard mining divides by the samples it kept
 * Throws    DomainError for an unknown reduction
 */
export function reduced(losses: Tensor, reduction: Reduction, count = losses.shape[0]!): Tensor {
  checkReduction('reduced', reduction);
  if (reduction === 'none') return losses;
  const total = sum(losses);
  return reduction === 'sum' ? total : div(total, count);
}
