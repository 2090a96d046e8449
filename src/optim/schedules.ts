// Learning rates over time: plain functions from a step number to a number, without memory. The number is an argument of
// the update, so a compiled training step serves all of them and never has to be compiled again.
// Steps count from 0: the rate of step k is the one the (k + 1)-th update uses.

import { DomainError, message } from '../base/errors.ts';
import { demandOptions } from '../ops/operands.ts';
import { demandNonNegative, demandRange } from './optimizer.ts';

/** Step number, from 0 → learning rate. */
export type Schedule = (step: number) => number;

/** A schedule that refuses what is no step number. */
function schedule(who: string, rate: Schedule): Schedule {
  return (step) => {
    demandRange(who, 'step', step, step >= 0 && step < Infinity, 'Steps are counted from 0');
    return rate(step);
  };
}

function demandSteps(who: string, name: string, steps: number): void {
  demandRange(who, name, steps, steps > 0 && steps < Infinity, `${name} is a positive number of steps`);
}

function demandAscending(who: string, milestones: readonly number[]): void {
  const follows = (m: number, i: number): boolean => m >= 0 && m < Infinity && (i === 0 || m > milestones[i - 1]!);
  if (Array.isArray(milestones) && milestones.every(follows)) return;
  throw new DomainError(message(
    `${who}: milestones [${String(milestones)}]`, 'Milestones are steps ≥ 0 in ascending order', 'Sort them'));
}

const passed = (milestones: readonly number[], step: number): number => milestones.filter((m) => m <= step).length;

/** Half a cosine: 1 at 0, 0 at 1. */
const fade = (x: number): number => (1 + Math.cos(Math.PI * x)) / 2;

/**
 * The same rate always.
 *
 * Equation  lr(k) = lr
 * Throws    DomainError for a rate that is negative or not finite, or a step that is none
 */
export function constantSchedule(lr: number): Schedule {
  demandNonNegative('constantSchedule', { lr });
  return schedule('constantSchedule', () => lr);
}

/**
 * A factor every so many steps.
 *
 * Equation  lr(k) = lr·factor^⌊k/every⌋
 * Throws    DomainError for numbers out of range
 */
export function stepSchedule(options: { readonly lr: number; readonly every: number; readonly factor?: number }): Schedule {
  demandOptions(options, ['lr', 'every', 'factor'], 'stepSchedule');
  const { lr, every, factor = 0.1 } = options;
  demandNonNegative('stepSchedule', { lr, factor });
  demandSteps('stepSchedule', 'every', every);
  return schedule('stepSchedule', (step) => lr * factor ** Math.floor(step / every));
}

/**
 * A factor at every milestone.
 *
 * Equation  lr(k) = lr·factor^(number of milestones ≤ k)
 * Throws    DomainError for numbers out of range or milestones that do not ascend
 */
export function multiStepSchedule(
  options: { readonly lr: number; readonly milestones: readonly number[]; readonly factor?: number },
): Schedule {
  demandOptions(options, ['lr', 'milestones', 'factor'], 'multiStepSchedule');
  const { lr, milestones, factor = 0.1 } = options;
  demandNonNegative('multiStepSchedule', { lr, factor });
  demandAscending('multiStepSchedule', milestones);
  return schedule('multiStepSchedule', (step) => lr * factor ** passed(milestones, step));
}

/**
 * A rate for every stretch between milestones: one more rate than milestones.
 *
 * Equation  lr(k) = rates[number of milestones ≤ k]
 * Throws    DomainError for numbers out of range, milestones that do not ascend or another number of rates
 */
export function piecewiseSchedule(
  options: { readonly rates: readonly number[]; readonly milestones: readonly number[] },
): Schedule {
  demandOptions(options, ['rates', 'milestones'], 'piecewiseSchedule');
  const { rates, milestones } = options;
  demandAscending('piecewiseSchedule', milestones);
  const stretches = milestones.length + 1;
  const rule = `${milestones.length} milestones take ${stretches} rates`;
  demandRange('piecewiseSchedule', 'number of rates', rates.length, rates.length === stretches, rule);
  for (const lr of rates) demandNonNegative('piecewiseSchedule', { lr });
  return schedule('piecewiseSchedule', (step) => rates[passed(milestones, step)]!);
}

/**
 * Half a cosine down to a final rate (Loshchilov & Hutter 2017).
 *
 * Equation  lr(k) = final + (lr − final)·(1 + cos(π·min(k/steps, 1)))/2
 * Edges     stays at the final rate afterwards
 * Throws    DomainError for numbers out of range
 */
export function cosineSchedule(options: { readonly lr: number; readonly steps: number; readonly final?: number }): Schedule {
  demandOptions(options, ['lr', 'steps', 'final'], 'cosineSchedule');
  const { lr, steps, final = 0 } = options;
  demandNonNegative('cosineSchedule', { lr, final });
  demandSteps('cosineSchedule', 'steps', steps);
  return schedule('cosineSchedule', (step) => final + (lr - final) * fade(Math.min(step / steps, 1)));
}

/**
 * A power of the remaining time.
 *
 * Equation  lr(k) = final + (lr − final)·(1 − min(k/steps, 1))^power
 * Edges     stays at the final rate afterwards
 * Throws    DomainError for numbers out of range
 */
export function polynomialSchedule(
  options: { readonly lr: number; readonly steps: number; readonly power?: number; readonly final?: number },
): Schedule {
  demandOptions(options, ['lr', 'steps', 'power', 'final'], 'polynomialSchedule');
  const { lr, steps, power = 1, final = 0 } = options;
  demandNonNegative('polynomialSchedule', { lr, power, final });
  demandSteps('polynomialSchedule', 'steps', steps);
  return schedule('polynomialSchedule', (step) => final + (lr - final) * (1 - Math.min(step / steps, 1)) ** power);
}

/**
 * Another schedule, reached by a straight line (Goyal et al. 2017). The other schedule is not shifted.
 *
 * Equation  lr(k) = rate(k)·(start + (1 − start)·k/steps) for k < steps, then rate(k)
 * Edges     start is 1/steps by default, so the first update already moves
 * Throws    DomainError for numbers out of range
 */
export function warmUp(rate: Schedule, options: { readonly steps: number; readonly start?: number }): Schedule {
  demandOptions(options, ['steps', 'start'], 'warmUp');
  const { steps, start = 1 / steps } = options;
  demandSteps('warmUp', 'steps', steps);
  demandRange('warmUp', 'start', start, start >= 0 && start <= 1, 'start is a share in [0, 1]');
  return schedule('warmUp', (step) => rate(step) * (step < steps ? start + (1 - start) * step / steps : 1));
}

export interface OneCycleOptions {
  /** The largest rate. */
  readonly peak: number;
  /** The length of the cycle. */
  readonly steps: number;
  /** The share of the cycle in which the rate rises. Default 0.3. */
  readonly rise?: number;
  /** The first rate is peak/startDivisor. Default 25. */
  readonly startDivisor?: number;
  /** The last rate is peak/(startDivisor·endDivisor). Default 1e4. */
  readonly endDivisor?: number;
}

/**
 * Up to a peak and down to almost nothing, both by half a cosine (Smith & Topin 2018), as in PyTorch.
 *
 * Equation  from peak/startDivisor at step 0 to the peak at step rise·steps − 1, to peak/(startDivisor·endDivisor) at
 *           step steps − 1
 * Edges     stays at the last rate afterwards
 * Throws    DomainError for numbers out of range, or a cycle without room to rise and to fall
 */
export function oneCycleSchedule(options: OneCycleOptions): Schedule {
  demandOptions(options, ['peak', 'steps', 'rise', 'startDivisor', 'endDivisor'], 'oneCycleSchedule');
  const { peak, steps, rise = 0.3, startDivisor = 25, endDivisor = 1e4 } = options;
  demandNonNegative('oneCycleSchedule', { peak });
  demandSteps('oneCycleSchedule', 'steps', steps);
  for (const [name, x] of Object.entries({ startDivisor, endDivisor })) {
    demandRange('oneCycleSchedule', name, x, x > 0 && x < Infinity, `${name} is a positive number`);
  }
  const top = rise * steps - 1;
  const rule = `rise is a share below 1 that takes more than one of the ${steps} steps`;
  demandRange('oneCycleSchedule', 'rise', rise, top > 0 && rise < 1, rule);
  const first = peak / startDivisor;
  const last = first / endDivisor;
  return schedule('oneCycleSchedule', (step) => (step <= top
    ? peak + (first - peak) * fade(step / top)
    : last + (peak - last) * fade(Math.min((step - top) / (steps - 1 - top), 1))));
}

/** How long the SV-Softmax paper trains. */
export const svSoftmaxSteps = 240_000;

/**
 * The schedule of the SV-Softmax paper (arXiv 1812.11317): 0.1, divided by 10 at 100k, 160k and 220k steps.
 *
 * Equation  lr(k) = 0.1, 0.01, 0.001, 0.0001 from k = 0, 100,000, 160,000, 220,000
 * Edges     0 from step 240,000 on, where the paper stops: nothing moves any more
 * Throws    DomainError for a step that is none
 */
export const svSoftmaxSchedule: Schedule = piecewiseSchedule({
  rates: [0.1, 0.01, 0.001, 0.0001, 0], milestones: [100_000, 160_000, 220_000, svSoftmaxSteps],
});
