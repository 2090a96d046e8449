// RMSprop as PyTorch defines it: the gradient divided by the root of the running mean of its square, on request with
// the running mean of the gradient taken out, and with momentum.

import { add, div, mul, safeSqrt, square, sub } from '../ops/index.ts';
import { demandOptions } from '../ops/operands.ts';
import { demandNonNegative, demandRange, type Optimizer, optimizer } from './optimizer.ts';

export interface RmspropOptions {
  /** The learning rate; an update may be given another. Default 1e-2. */
  readonly lr?: number;
  /** The share of the running mean square that is kept. Default 0.99. */
  readonly alpha?: number;
  /** Added to the root. Default 1e-8. */
  readonly epsilon?: number;
  readonly weightDecay?: number;
  /** The share of the velocity that is kept. Default 0. */
  readonly momentum?: number;
  /** Divide by the standard deviation instead of the root mean square. Default false. */
  readonly centered?: boolean;
}

/**
 * RMSprop (Tieleman & Hinton 2012; centered: Graves 2013).
 *
 * Equation  d = g + weightDecay·p;  v ← α·v + (1 − α)·d²;  a ← α·a + (1 − α)·d when centered, else 0;
 *           u = d/(√(v − a²) + epsilon);  b ← momentum·b + u;  p ← p − lr·b, without momentum p ← p − lr·u
 * Shapes    state { step [], meanSquare, mean (centered), velocity (momentum) like the parameters }
 * Gradient  differentiable like any composite
 * Edges     a v − a² that rounding made negative counts as 0, where PyTorch gives NaN
 * Throws    DomainError for numbers out of range; ShapeError or DTypeError for trees that do not fit
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  demandOptions(options, ['lr', 'alpha', 'epsilon', 'weightDecay', 'momentum', 'centered'], 'rmsprop');
  const { lr = 1e-2, alpha = 0.99, epsilon = 1e-8, weightDecay = 0, momentum = 0, centered = false } = options;
  demandRange('rmsprop', 'alpha', alpha, alpha >= 0 && alpha <= 1, 'alpha lies in [0, 1]');
  demandNonNegative('rmsprop', { epsilon, weightDecay, momentum });
  const slots = ['meanSquare', ...(centered ? ['mean'] : []), ...(momentum > 0 ? ['velocity'] : [])];
  return optimizer('rmsprop', lr, slots, ({ lr: rate }) => (p, g, memory) => {
    const d = weightDecay === 0 ? g : add(g, mul(p, weightDecay));
    const meanSquare = add(mul(memory['meanSquare']!, alpha), mul(square(d), 1 - alpha));
    const mean = centered ? add(mul(memory['mean']!, alpha), mul(d, 1 - alpha)) : undefined;
    const spread = mean === undefined ? meanSquare : sub(meanSquare, square(mean));
    const unit = div(d, add(safeSqrt(spread), epsilon));
    const velocity = momentum > 0 ? add(mul(memory['velocity']!, momentum), unit) : undefined;
    return {
      p: sub(p, mul(rate, velocity ?? unit)),
      memory: { meanSquare, ...(mean && { mean }), ...(velocity && { velocity }) },
    };
  });
}
