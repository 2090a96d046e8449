// Stochastic gradient descent as PyTorch defines it, with momentum, dampening, Nesterov's look-ahead and weight decay.

import { DomainError, message } from '../base/errors.ts';
import { add, equal, mul, sub, where } from '../ops/index.ts';
import { demandOptions } from '../ops/operands.ts';
import { demandNonNegative, type Optimizer, optimizer } from './optimizer.ts';

export interface SgdOptions {
  /** The learning rate; an update may be given another. */
  readonly lr: number;
  /** The share of the velocity that is kept. Default 0. */
  readonly momentum?: number;
  /** What the gradient loses before it is added to the velocity, except at the first step. Default 0. */
  readonly dampening?: number;
  /** This many times the parameter is added to its gradient. Default 0. */
  readonly weightDecay?: number;
  /** Steps along the gradient plus momentum times the new velocity. Default false. */
  readonly nesterov?: boolean;
}

/**
 * Gradient descent with momentum.
 *
 * Equation  d = g + weightDecay·p;  v ← momentum·v + (1 − dampening)·d (v = d at the first step);
 *           p ← p − lr·v, with Nesterov p ← p − lr·(d + momentum·v), without momentum p ← p − lr·d
 * Shapes    state { step [], velocity like the parameters } (velocity with momentum only)
 * Gradient  differentiable like any composite
 * Edges     the learning rate multiplies the velocity and is not stored in it, as in PyTorch
 * Throws    DomainError for numbers that are negative or not finite, or Nesterov without momentum or with dampening;
 *           ShapeError or DTypeError for trees that do not fit
 */
export function sgd(options: SgdOptions): Optimizer {
  demandOptions(options, ['lr', 'momentum', 'dampening', 'weightDecay', 'nesterov'], 'sgd');
  const { lr, momentum = 0, dampening = 0, weightDecay = 0, nesterov = false } = options;
  demandNonNegative('sgd', { momentum, dampening, weightDecay });
  if (nesterov && (momentum === 0 || dampening !== 0)) {
    throw new DomainError(message(
      `sgd: nesterov with momentum ${momentum} and dampening ${dampening}`,
      'Nesterov needs a momentum and no dampening', 'Use { momentum: 0.9, nesterov: true }'));
  }
  return optimizer('sgd', lr, momentum === 0 ? [] : ['velocity'], ({ lr: rate, step }) => {
    // The velocity starts with the whole first gradient; without dampening that is what the sum gives anyway.
    const share = dampening === 0 ? 1 : where(equal(step, 1), 1, 1 - dampening);
    return (p, g, memory) => {
      const d = weightDecay === 0 ? g : add(g, mul(p, weightDecay));
      if (momentum === 0) return { p: sub(p, mul(rate, d)), memory };
      const velocity = add(mul(memory.velocity, momentum), mul(share, d));
      const direction = nesterov ? add(d, mul(velocity, momentum)) : velocity;
      return { p: sub(p, mul(rate, direction)), memory: { velocity } };
    };
  });
}
