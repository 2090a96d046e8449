// Adam and AdamW: running means of the gradient and of its square, corrected for their start at 0. They differ only in
// where the weight decay enters: in the gradient, or in the parameter itself.

import type { Tensor } from '../graph/index.ts';
import { add, div, expm1, mul, neg, sqrt, square, sub } from '../ops/index.ts';
import { demandOptions } from '../ops/operands.ts';
import { demandNonNegative, demandShares, type Optimizer, optimizer } from './optimizer.ts';

export interface AdamOptions {
  /** The learning rate; an update may be given another. Default 1e-3. */
  readonly lr?: number;
  /** The shares of the running means that are kept. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the mean square. Default 1e-8. */
  readonly epsilon?: number;
  /** Default 0 for adam, 0.01 for adamW. */
  readonly weightDecay?: number;
}

/**
 * Adam (Kingma & Ba 2015), the weight decay being part of the gradient.
 *
 * Equation  d = g + weightDecay·p;  m ← β₁·m + (1 − β₁)·d;  v ← β₂·v + (1 − β₂)·d²;
 *           p ← p − lr/(1 − β₁ᵗ)·m/(√v/√(1 − β₂ᵗ) + epsilon) at step t = 1, 2, …
 * Shapes    state { step [], firstMoment, secondMoment like the parameters }
 * Gradient  differentiable like any composite, where no second moment is 0
 * Edges     a parameter whose gradients were all 0 stays where it is
 * Throws    DomainError for numbers out of range; ShapeError or DTypeError for trees that do not fit
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return adaptive('adam', options, 0, (p, g, _, decay) => ({ p, d: decay === 0 ? g : add(g, mul(p, decay)) }));
}

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2019): it shrinks the parameter and leaves the means alone.
 *
 * Equation  p ← p·(1 − lr·weightDecay), then Adam's update with d = g
 * Shapes    state { step [], firstMoment, secondMoment like the parameters }
 * Gradient  differentiable like any composite, where no second moment is 0
 * Edges     as in PyTorch the decay is multiplied by the learning rate of the step
 * Throws    DomainError for numbers out of range; ShapeError or DTypeError for trees that do not fit
 */
export function adamW(options: AdamOptions = {}): Optimizer {
  return adaptive('adamW', options, 0.01, (p, g, lr, decay) => ({ p: decay === 0 ? p : mul(p, sub(1, mul(lr, decay))), d: g }));
}

/** Where the weight decay enters: the parameter and the gradient Adam's update works with. */
type Decay = (p: Tensor, g: Tensor, lr: Tensor, decay: number) => { readonly p: Tensor; readonly d: Tensor };

function adaptive(who: string, options: AdamOptions, defaultDecay: number, decayed: Decay): Optimizer {
  demandOptions(options, ['lr', 'betas', 'epsilon', 'weightDecay'], who);
  const { lr = 1e-3, betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = defaultDecay } = options;
  const [beta1, beta2] = betas;
  demandShares(who, { beta1, beta2 });
  demandNonNegative(who, { epsilon, weightDecay });
  return optimizer(who, lr, ['firstMoment', 'secondMoment'], ({ lr: rate, step }) => {
    const scaled = div(rate, startup(beta1, step));
    const root = sqrt(startup(beta2, step));
    return (before, g, memory) => {
      const { p, d } = decayed(before, g, rate, weightDecay);
      const firstMoment = add(mul(memory.firstMoment, beta1), mul(d, 1 - beta1));
      const secondMoment = add(mul(memory.secondMoment, beta2), mul(square(d), 1 - beta2));
      const denominator = add(div(sqrt(secondMoment), root), epsilon);
      return { p: sub(p, mul(scaled, div(firstMoment, denominator))), memory: { firstMoment, secondMoment } };
    };
  });
}

/**
 * 1 − βᵗ, what a running mean that started at 0 has seen after t steps. Subtracted from 1 in Float32, 0.999¹ would leave
 * 0.00099999; by expm1 every digit is right.
 */
function startup(beta: number, step: Tensor): Tensor {
  return neg(expm1(mul(step, Math.log(beta))));
}
