// The target margin f: what a loss does to the cosine of a sample's own class before the softmax. A margin is a value
// with its formula beside it; a loss is handed one. It sees the label's cosines [N, 1] only, never the whole matrix.
// The forms are chosen when a margin is made: numbers get the shortest exact one, a tensor parameter the general one.

import { demandOptions } from '../base/demand.ts';
import type { Tensor } from '../graph/index.ts';
import { add, cos, div, less, lessEqual, mul, sub, surrogate, where } from '../ops/index.ts';
import { angleOf, chebyshev, sineOf } from './angle.ts';
import {
  checkChoice, checkNumber, checkParameter, cosine, nonNegative, type Parameter, plus, type Range, sine, times,
} from './parameter.ts';

export interface TargetMargin {
  readonly name: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** f by c[y], in formula notation; it may use `b`, the boundary, and what `definitions` define. */
  readonly equation: string;
  readonly definitions?: readonly string[];
  /** df/dc[y] in formula notation. */
  readonly derivative: string;
  /** c_y [N, 1] → f [N, 1] */
  readonly value: (c: Tensor) => Tensor;
  /** What another class must exceed to be hard, where that is not f itself. */
  readonly boundary?: Pick<TargetMargin, 'equation' | 'value'>;
}

/** What happens where the margin would harm: θ + m beyond π, or a target that is still on the wrong side. */
export type TargetRule = 'paper' | 'fallback' | 'easy0' | 'easyMargin';

export interface GradientOption {
  /** `straightThrough` keeps the value and passes the gradient by as if f were c (as some public code does). */
  readonly gradient?: 'exact' | 'straightThrough';
}

interface RuleOption<Unknown extends TargetRule> extends GradientOption {
  /** Default paper. */
  readonly targetRule?: Exclude<TargetRule, Unknown>;
}

/** The largest whole multiple of an angle that is unrolled into a polynomial. */
const multiples: Range = { from: 1, to: 64, whole: true };
const angles: Range = { from: 0, to: Math.PI };
const theta = 'acos(c[y])';

/** No margin: f = c. */
export const plainTarget: TargetMargin = { name: 'plain', parameters: {}, equation: 'c[y]', derivative: '1', value: (c) => c };

/**
 * The additive cosine margin of AM-Softmax (CosFace).
 *
 * Equation  f = c[y] - m; easy0: that if c[y] > 0 else c[y]; easyMargin: that if c[y] > m else c[y]  (1812.11317 (3b))
 * Shapes    c [N, 1] → [N, 1]
 * Units     cosines in [−1, 1]; m ≥ 0, dimensionless
 * Gradient  1, in every rule; `straightThrough` is the same here
 * Edges     m = 0 gives c bit for bit; the easy rules jump by m at their threshold, and a class is hard by c − m still
 * Throws    DomainError if m < 0 or for an unknown rule; `fallback` is unknown, c − m never turns round
 */
export function cosineMargin(m: Parameter, options: RuleOption<'fallback'> = {}): TargetMargin {
  demandOptions(options, ['targetRule', 'gradient'], 'cosineMargin');
  const { targetRule = 'paper', gradient = 'exact' } = options;
  checkParameter('cosineMargin', 'm', m, nonNegative);
  checkChoice('cosineMargin', 'targetRule', targetRule, ['paper', 'easy0', 'easyMargin']);
  const margin: TargetMargin = {
    name: 'cosine', parameters: { m }, equation: 'c[y] - m', derivative: '1', value: (c) => sub(c, m),
  };
  if (targetRule === 'paper') return withGradient(margin, gradient);
  return withGradient(eased(margin, targetRule === 'easy0' ? 0 : m, targetRule === 'easy0' ? '0' : 'm'), gradient);
}

/**
 * The additive angular margin of Arc-Softmax (ArcFace).
 *
 * Equation  f = cos(θ + m) = c*cos(m) - sinθ*sin(m); fallback: that if c[y] > -cos(m) else c[y] - m*sin(m);
 *           easy0: that if c[y] > 0 else c[y]                                                  (1812.11317 (3c))
 * Shapes    c [N, 1] → [N, 1]
 * Units     cosines in [−1, 1]; m in radians, 0 ≤ m ≤ π
 * Gradient  sin(θ + m) / sinθ, negative beyond θ + m = π; 1 in the else branches; `straightThrough` 1
 * Edges     cos m at c = ±1 (sinθ has gradient 0 there); m = 0 gives c bit for bit; the rules jump at their thresholds. A gradient in
 *           f32 is right to 1e-4 for 1 − |c| above 1e-3, to 1e-3 at 1e-5, 1e-2 at 1e-6: of 1 − c few digits are left
 * Throws    DomainError if m is outside [0, π] or for an unknown rule; `easyMargin` is unknown, it compares a cosine
 *           with an angle
 */
export function arcMargin(m: Parameter, options: RuleOption<'easyMargin'> = {}): TargetMargin {
  demandOptions(options, ['targetRule', 'gradient'], 'arcMargin');
  const { targetRule = 'paper', gradient = 'exact' } = options;
  checkParameter('arcMargin', 'm', m, angles);
  checkChoice('arcMargin', 'targetRule', targetRule, ['paper', 'fallback', 'easy0']);
  const margin: TargetMargin = {
    name: 'arc', parameters: { m }, equation: `cos(${theta} + m)`, derivative: `sin(${theta} + m) / sin(${theta})`,
    value: shifted(1, 0, m),
  };
  if (targetRule === 'easy0') return withGradient(eased(margin, 0, '0'), gradient);
  if (targetRule === 'paper') return withGradient(margin, gradient);
  const turn = 'c[y] > -cos(m)';
  return withGradient({
    ...margin,
    equation: `${margin.equation} if ${turn} else c[y] - m * sin(m)`,
    derivative: `(${margin.derivative} if ${turn} else 1)`,
    value: (c) => where(less(times(-1, cosine(m)), c), margin.value(c), sub(c, times(m, sine(m)))),
  }, gradient);
}

export interface AngleFactorOptions extends GradientOption {
  /** `literal` is cos(mθ) as the SV paper prints it; `psi` the monotone function of SphereFace. */
  readonly reading?: 'literal' | 'psi';
  /** How much of the plain cosine is mixed in: f = (λ·c + f) / (1 + λ). See `annealedLambda`. */
  readonly lambda?: Parameter;
}

/**
 * The multiplicative angular margin of A-Softmax (SphereFace).
 *
 * Equation  literal: f = cos(m*θ); psi: f = (-1)^q*cos(m*θ) - 2*q, q = min(floor(m*θ/π), m - 1);
 *           mixed: (lambda*c[y] + f) / (1 + lambda)                                 (1812.11317 (3a); 1704.08063)
 * Shapes    c [N, 1] → [N, 1]
 * Units     cosines in [−1, 1]; m a whole number; lambda ≥ 0, dimensionless
 * Gradient  (lambda + (±1)*m*sin(m*θ)/sinθ) / (1 + lambda); the segment q is constant; `straightThrough` 1
 * Edges     a polynomial of c, so finite at c = ±1 (gradient m²; literal (±1)^(m−1)*m²); m = 1, lambda = 0 gives c bit for bit
 * Throws    DomainError if m is no whole number from 1 to 64, if lambda < 0, or for an unknown reading
 */
export function angleFactor(m: number, options: AngleFactorOptions = {}): TargetMargin {
  demandOptions(options, ['reading', 'lambda', 'gradient'], 'angleFactor');
  const { reading = 'literal', lambda = 0, gradient = 'exact' } = options;
  checkNumber('angleFactor', 'm', m, multiples, 'For a fraction or a tensor use combinedMargin(m, 0, 0)');
  checkParameter('angleFactor', 'lambda', lambda, nonNegative);
  checkChoice('angleFactor', 'reading', reading, ['literal', 'psi']);
  const psi = reading === 'psi';
  const mixes = lambda !== 0;
  const pure = psi ? `sign * cos(m * ${theta}) - 2 * turns` : `cos(m * ${theta})`;
  const slope = `${psi ? 'sign * ' : ''}m * sin(m * ${theta}) / sin(${theta})`;
  const segment = [`turns = min(floor(m * ${theta} / acos(-1)), m - 1)`, 'sign = 1 - 2 * (turns - 2 * floor(turns / 2))'];
  return withGradient({
    name: psi ? 'angle factor, psi' : 'angle factor',
    parameters: { m, lambda },
    equation: mixes ? `(lambda * c[y] + ${pure}) / (1 + lambda)` : pure,
    ...(psi && { definitions: segment }),
    derivative: mixes ? `(lambda + ${slope}) / (1 + lambda)` : slope,
    value: (c) => {
      const f = psi ? monotone(c, m) : chebyshev(c, m).cosine;
      return mixes ? div(add(mul(lambda, c), f), plus(1, lambda)) : f;
    },
  }, gradient);
}

/**
 * ψ of SphereFace without the angle: θ has passed jπ/m exactly when c ≤ cos(jπ/m), so q counts the thresholds passed
 * and can never reach m, where rounding of acos(−1) would turn the sign of the slope round.
 */
function monotone(c: Tensor, m: number): Tensor {
  if (m === 1) return c;
  const passed = Array.from({ length: m - 1 }, (_, j) => lessEqual(c, Math.cos(((j + 1) * Math.PI) / m)));
  const turned = passed.reduce((f, step) => mul(f, sub(1, mul(2, step))), chebyshev(c, m).cosine);
  return sub(turned, mul(2, passed.reduce((q, step) => add(q, step))));
}

/**
 * Factor, cosine margin and angular margin in one, with the letters of the SV paper (insightface writes m2 for the
 * angle and m3 for the cosine).
 *
 * Equation  f = cos(m1*θ + m3) - m2                                                            (1812.11317 (3d))
 * Shapes    c [N, 1] → [N, 1]
 * Units     cosines in [−1, 1]; m1 > 0 and m2 ≥ 0 dimensionless; m3 in radians, 0 ≤ m3 ≤ π
 * Gradient  m1*sin(m1*θ + m3)/sinθ; `straightThrough` 1
 * Edges     (1, 0, 0) gives c bit for bit; a whole m1 goes by Chebyshev polynomials (at c = ±1 only the sine term
 *           loses its slope), any other m1 by acos, whose slope is 0 at c = ±1
 * Throws    DomainError for a parameter outside its range
 */
export function combinedMargin(m1: Parameter, m2: Parameter, m3: Parameter, options: GradientOption = {}): TargetMargin {
  demandOptions(options, ['gradient'], 'combinedMargin');
  checkParameter('combinedMargin', 'm1', m1, { from: 0, to: multiples.to, open: true });
  checkParameter('combinedMargin', 'm2', m2, nonNegative);
  checkParameter('combinedMargin', 'm3', m3, angles);
  return withGradient({
    name: 'combined', parameters: { m1, m2, m3 }, equation: `cos(m1 * ${theta} + m3) - m2`,
    derivative: `m1 * sin(m1 * ${theta} + m3) / sin(${theta})`, value: shifted(m1, m2, m3),
  }, options.gradient ?? 'exact');
}

/** cos(m1·θ + m3) − m2 from c = cosθ, in the shortest form its parameters allow. */
function shifted(m1: Parameter, m2: Parameter, m3: Parameter): (c: Tensor) => Tensor {
  const lowered = (f: Tensor): Tensor => (m2 === 0 ? f : sub(f, m2));
  if (typeof m1 !== 'number' || !Number.isInteger(m1)) return (c) => lowered(cos(add(mul(m1, angleOf(c)), m3)));
  return (c) => {
    const { cosine: turned, sineFactor } = chebyshev(c, m1);
    if (m3 === 0) return lowered(turned);
    const side = mul(sineOf(c), sine(m3));
    return lowered(sub(mul(turned, cosine(m3)), sineFactor === 1 ? side : mul(side, sineFactor)));
  };
}

/** The margin only for targets above a threshold; classes are still compared with the margin itself, as its code does. */
function eased(margin: TargetMargin, threshold: Parameter, text: string): TargetMargin {
  const above = `c[y] > ${text}`;
  return {
    ...margin,
    equation: `b if ${above} else c[y]`,
    derivative: `(${margin.derivative} if ${above} else 1)`,
    value: (c) => where(less(threshold, c), margin.value(c), c),
    boundary: margin,
  };
}

function withGradient(margin: TargetMargin, gradient: 'exact' | 'straightThrough'): TargetMargin {
  checkChoice(`${margin.name} margin`, 'gradient', gradient, ['exact', 'straightThrough']);
  if (gradient === 'exact') return margin;
  return {
    ...margin,
    name: `${margin.name}, straight-through`,
    equation: `surrogate(${margin.equation}, c[y])`,
    derivative: '1',
    value: (c) => surrogate(margin.value(c), c),
  };
}

export interface Annealing {
  /** λ at step 0. Default 1000. */
  readonly start?: number;
  /** How fast it falls. Default 0.12. */
  readonly gamma?: number;
  /** The exponent of the fall. Default 1. */
  readonly power?: number;
  /** Where it stays. Default 5. */
  readonly least?: number;
}

/**
 * The schedule of SphereFace for the λ of `angleFactor`: a plain number for a step of training.
 *
 * Equation  lambda = max(least, start*(1 + gamma*i)^-power)          (SphereFace, 1704.08063, released training code)
 * Shapes    step i, a number → a number
 * Units     i a whole number of steps; all others dimensionless and ≥ 0
 * Gradient  none: plain numbers
 * Edges     step 0 gives the start, unless least is larger
 * Throws    DomainError for a negative step or option
 */
export function annealedLambda(step: number, options: Annealing = {}): number {
  demandOptions(options, ['start', 'gamma', 'power', 'least'], 'annealedLambda');
  const { start = 1000, gamma = 0.12, power = 1, least = 5 } = options;
  for (const [name, value] of Object.entries({ step, start, gamma, power, least })) {
    checkNumber('annealedLambda', name, value, nonNegative);
  }
  return Math.max(least, start * (1 + gamma * step) ** -power);
}
