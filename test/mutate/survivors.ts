// The mutants that survive, each with the reason why it is the same program. A survivor without a reason is a hole in
// the judges; a reason without a survivor is stale. docs/decisions.md says the same.

import type { Verdict } from './hunt.ts';

/** What was changed: the rule of a primitive, a step of a loss, or an adjoint step of its gradient. */
export type Part = 'rule' | 'loss' | 'gradient';

export interface Reason {
  readonly part: Part;
  /** Pairs of step and change, as the run prints them; a pattern stands for a family of steps. */
  readonly mutants: readonly (readonly [step: string | RegExp, change: string])[];
  /** The losses it holds for, as id and options; all when left out. */
  readonly losses?: RegExp;
  readonly because: string;
}

const each = (steps: readonly string[], changes: readonly string[]): (readonly [string, string])[] =>
  steps.flatMap((step) => changes.map((change) => [step, change] as const));

const hinge = 'sub(1, where(…, 0, …))';
const differences = ['sub(x, x)', 'sub(x1, x1)', 'sub(x2, x2)', 'sub(x3, x3)', 'sub(x, gather(stopGradient(o), y))', 'sub(x, gather(o, y))'];
const lengths = ['mul(x, x)', 'mul(w, w)'];
const kept = (pairs: string): string => `mul(${pairs}, less(cast(…), maximum(…, 1)))`;
const sorts = [
  'mul(cast(…), same)', 'mul(cast(…), different)',
  'mul(mul(…, same), less(…, …))', 'mul(mul(…, different), less(…, …))', 'mul(mul(…, …), less(…, …))',
];
const scores = ['z', 'mul(30, c)'];
const missing = 'neg(expm1(…))';
const guarded = 'lessEqual(neg(…), 0), stopGradient(neg(…))';
const semiHard = 'add(sub(d², d²), 0.2)';

export const reasons: readonly Reason[] = [
  {
    part: 'loss', mutants: each(differences, ['negate', 'swap operands']),
    because: 'the difference is squared next',
  },
  {
    part: 'loss',
    mutants: [
      ...lengths.map((q) => [`lessEqual(sum(${q}), 0)`, 'flip strictness'] as const),
      ['where(lessEqual(sum(…), 0), 0, sqrt(sum(…)))', 'drop condition (else)'],
    ],
    because: '√0 = 0 either way, and normalize has made the cotangent of a length 0 an exact 0, which wins over the slope of √',
  },
  {
    part: 'gradient',
    mutants: [
      ['where(…, 0, …) by 3: where(lessEqual(…, 0), 0, chain(…, …))', 'drop condition (else)'],
      ['where(…, 0, …) by 3: where(equal(…, 0), 0, sum(…))', 'drop condition (else)'],
      ['0 of where(equal(…, 0), 0, sum(…))', 'constant → 1'],
      ['div(1, …) by 2: chain(where(…, 0, …), neg(…))', 'swap operands'],
    ],
    because: 'the zero vector is guarded twice, in normalize and in safeSqrt: what one guard lets through the other makes 0',
  },
  {
    part: 'loss',
    mutants: each(['stopGradient(max(where(1[k = y], -Infinity, z)))', 'stopGradient(max(where(1[k = y], -Infinity, …)))'], ['remove stop']),
    because: 'the shift is subtracted and added again, log Σ e^(z − a) + a − z_y, so its gradient cancels',
  },
  {
    part: 'loss',
    mutants: each(['where(1[k = y], -Infinity, mul(30, c))'], ['drop condition (else)', 'swap branches']),
    losses: /detach/,
    because: 'a detached factor has no slope, and its 1 − p is 1 to rounding where an exponential overflows, and below every normal number where one '
      + 'underflows',
  },
  {
    part: 'loss',
    mutants: scores.flatMap((z) => [
      [`0 of where(1[k = y], 0, sub(${z}, stopGradient(…)))`, 'constant → 1'],
      [`where(1[k = y], 0, sub(${z}, stopGradient(…)))`, 'drop condition (else)'],
    ] as const),
    because: 'the exponential in the column of the label is left out of the sum next',
  },
  {
    part: 'gradient',
    mutants: [
      ['0 of where(1[k = y], 0, chain(…, …))', 'constant → 1'],
      ['where(1[k = y], 0, …) by 3: where(1[k = y], 0, chain(…, …))', 'drop condition (else)'],
    ],
    because: 'the column of the label is masked twice, before the exponential and after it',
  },
  {
    part: 'gradient', mutants: each(['log(…) by 1: chain(chain(…, …), div(1, …))', 'log(…) by 1: chain(chain(∂L, …), div(1, …))'], ['swap operands']),
    because: 'shifted by their largest, the others sum to at least 1, and between finite numbers chain is a plain product',
  },
  {
    part: 'loss', mutants: [[`stopGradient(${missing})`, 'negate']],
    because: 'it is taken where 1 − p is 0, and a power of −0 is that of 0',
  },
  {
    part: 'loss',
    mutants: [
      [`lessEqual(${missing}, 0)`, 'flip strictness'], [`stopGradient(${missing})`, 'remove stop'], [`where(${guarded}, ${missing})`, 'drop condition (else)'],
    ],
    losses: /^f-softmax|"probability":"margin"|detach/,
    because: 'where the p of the loss itself is 1, ℓ is an exact 0, which wins over the infinite slope of the power; a detached factor has no slope',
  },
  {
    part: 'loss',
    mutants: [
      [`0 of lessEqual(${missing}, 0)`, 'constant → 1'], [`lessEqual(${missing}, 0)`, 'swap operands'],
      ...each([`where(${guarded}, ${missing})`], ['drop condition (then)', 'swap branches']),
    ],
    losses: /detach/,
    because: 'both branches have one value, and a detached factor has no slope',
  },
  {
    part: 'gradient', mutants: [['0 of where(lessEqual(…, 0), 0, chain(…, …))', 'constant → 1']],
    losses: /^f-/,
    because: 'where 1 − p is 0 the slope of its softplus is 0 too, and no finite cotangent passes',
  },
  {
    part: 'gradient', mutants: [['where(…, …, …) by 3: where(lessEqual(…, 0), 0, chain(…, …))', 'drop condition (else)']],
    losses: /^f-softmax|"probability":"margin"/,
    because: 'where the p of the loss itself is 1, the cotangent of its factor is ℓ, an exact 0, which chain keeps',
  },
  {
    part: 'loss', mutants: [['lessEqual(mul(sub(1, c_y), add(1, c_y)), 0)', 'flip strictness']],
    losses: /straightThrough|easy0|^curricular/,
    because: '√0 = 0 either way, and nobody asks this sine for a slope: it is passed by, or only compared with',
  },
  {
    part: 'loss', mutants: [['where(1[k = y], f, c)', 'drop condition (else)']],
    losses: /^(normface|hm-softmax|f-softmax|a-softmax \{"m":1\})/,
    because: 'without a margin f is c_y, which stands in the column of the label already',
  },
  {
    part: 'loss',
    mutants: [['where(1[k = y], 0, less(f, c))', 'drop condition (else)'], ['where(1[k = y], f, add(c, mul(…, I)))', 'drop condition (else)']],
    losses: /^sv-softmax/,
    because: 'without a margin f is c_y, so c_y < c_y keeps the label out of I, and its column is c_y already',
  },
  {
    part: 'loss', mutants: each(['where(1[k = y], c, 0)', 'sum(where(1[k = y], c, 0))'], ['negate']),
    losses: /^(hm-|f-|sv-)?a-softmax/,
    because: 'cos 4θ is an even polynomial of cosθ',
  },
  {
    part: 'loss',
    mutants: [
      ...each(['lessEqual(c_y, 0.7071)', 'lessEqual(c_y, 6.123e-17)', 'lessEqual(c_y, -0.7071)'], ['flip strictness']),
      ...each(['6.123e-17 of lessEqual(c_y, 6.123e-17)'], ['constant → −a', 'constant → 2a']),
    ],
    because: 'ψ is continuous and flat where one segment ends and the next begins, so both forms agree there to rounding',
  },
  {
    part: 'loss', mutants: [['surrogate(sub(c_y, 0.35), c_y)', 'remove surrogate (value)']],
    because: 'the slope of c − m is that of c, so passing it by changes nothing',
  },
  {
    part: 'loss', mutants: [['add(mul(1.5, where(…, …, …)), 0.3)', 'negate']],
    because: 'its cosine is taken next, an even function',
  },
  {
    part: 'loss', mutants: [['less(c_y, 0)', 'flip strictness'], ['0 of less(c_y, 0)', 'constant → 1']],
    losses: /^combined-margin/,
    because: 'asked only where |c| ≥ 1, and there c < 0, c ≤ 0 and c < 1 are one question',
  },
  {
    part: 'loss',
    mutants: [[`lessEqual(${hinge}, 0)`, 'flip strictness'], [`where(lessEqual(sub(1, …), 0), 0, ${hinge})`, 'negate']],
    because: 'the hinge is squared next: its sign does not count, and its slope at 0 meets a cotangent of 0',
  },
  {
    part: 'gradient', mutants: [['where(…, 0, …) by 3: where(lessEqual(…, 0), 0, add(…, …))', 'drop condition (else)']],
    because: 'the cotangent is twice the hinge times another: 0 wherever the hinge is',
  },
  {
    part: 'loss',
    mutants: [
      ['where(cast(equal(iota, iota)), 0, mul(0.5, where(same, d², …)))', 'drop condition (else)'],
      ...[1, 2, 3].map((i) => [`where(cast(equal(iota, iota)), 0, mul(g${i}, mul(0.5, …)))`, 'drop condition (else)'] as const),
    ],
    because: 'a sample and itself are one class at distance 0, so their loss is 0 anyway',
  },
  {
    part: 'gradient',
    mutants: [['where(…, 0, …) by 3: where(cast(…), 0, chain(…, …))', 'drop condition (else)'], ['0 of where(cast(…), 0, chain(…, …))', 'constant → 1']],
    because: 'a cotangent of a sample with itself meets the slope 2(x − x) = 0',
  },
  {
    part: 'loss',
    mutants: [
      [`lessEqual(${semiHard}, 0)`, 'flip strictness'],
      [`0 of where(lessEqual(add(…, 0.2), 0), 0, ${semiHard})`, 'constant → 1'],
      [`where(lessEqual(add(…, 0.2), 0), 0, ${semiHard})`, 'drop condition (else)'],
    ],
    losses: /semiHard/,
    because: 'a semi-hard triplet has a hinge above 0, and the others are not looked at',
  },
  {
    part: 'gradient', mutants: [['where(…, 0, …) by 3: where(lessEqual(…, 0), 0, where(…, …, 0))', 'drop condition (else)']],
    losses: /semiHard/,
    because: 'the mask of the semi-hard triplets has made the cotangent 0 there already',
  },
  {
    part: 'loss',
    mutants: [
      ...each(['mul(0, mul(0.5, where(same, d², …)))'], ['negate', 'drop factor 2']),
      ['stopGradient(mul(0, mul(0.5, …)))', 'negate'],
    ],
    because: 'the first level ranks zeros; −0 ranks like 0',
  },
  {
    part: 'loss', mutants: each(['stopGradient(mul(0, mul(0.5, …)))', 'stopGradient(mul(0.5, where(same, d², …)))'], ['remove stop']),
    because: 'it leads to an argsort only, through which no gradient passes',
  },
  {
    part: 'loss',
    mutants: [
      ...sorts.slice(0, 2).map((pairs) => [`-1 of where(${pairs}, stopGradient(mul(0, …)), -1)`, 'constant → 2a'] as const),
      ...sorts.slice(2).map((pairs) => [`-1 of where(${pairs}, stopGradient(mul(0.5, …)), -1)`, 'constant → 2a'] as const),
    ],
    because: 'a loss is never negative, so any number below 0 ranks a pair behind all that are asked about',
  },
  {
    part: 'loss', mutants: ['1', '0.5', '0.2'].map((share) => [`0.001 of add(mul(${share}, sum(…)), 0.001)`, 'constant → 2a'] as const),
    because: 'whole percents of a count are whole hundredths: any addend from the rounding error to 0.01 does the same',
  },
  {
    part: 'loss', mutants: each(sorts.map(kept), ['drop factor 1']),
    because: 'pairs asked about rank first and are at least as many as kept; where there is none, (0, 0) is, which the mean leaves out',
  },
  {
    part: 'gradient',
    mutants: each(['pow(…, 2) by 1: chain(chain(…, 2), pow(…, …))', 'pow(…, 2) by 1: chain(chain(…, 0.25), 2)', 'pow(…, 2) by 1: chain(chain(…, ℓ), 2)'], ['swap operands']),
    because: 'a power of 1 − p is finite, or masked next, and between finite numbers chain is a plain product',
  },
  {
    part: 'gradient',
    mutants: each([
      'exp(…) by 1: chain(where(1[k = y], 0, …), exp(…))',
      'div(…, 3) by 1: chain(∂L, div(1, 3))', 'div(…, 4) by 1: chain(∂L, div(1, 4))', 'div(…, 5) by 1: chain(∂L, div(1, 5))',
      'div(…, 4) by 1: chain(chain(∂L, …), div(1, 4))', 'div(…, …) by 1: chain(chain(∂L, …), div(1, …))', 'div(…, 3) by 1: chain(sum(…), div(1, 3))',
      'expm1(…) by 1: chain(neg(…), exp(…))',
    ], ['swap operands']),
    because: 'this slope is finite by construction (e^x with x ≤ 0, one over a count), and a finite slope makes chain a plain product',
  },
  {
    part: 'gradient', mutants: [[/^(mul|softplus|sin|cos|tanh|sigmoid|abs)\(.*\) by \d: chain\(/, 'swap operands']],
    because: 'no loss has a factor that is not finite in a branch it does not take, and between finite numbers chain is a plain product',
  },
];

/** Whether a pair of a reason speaks of this mutant. */
export function speaksOf([step, name]: Reason['mutants'][number], text: string, change: string): boolean {
  return name === change && (typeof step === 'string' ? step === text : step.test(text));
}

/** The reason of a survivor of a loss (its id and options) or of a rule (the primitive). */
export function reasonOf(part: Part, subject: string, { text, change }: Pick<Verdict, 'text' | 'change'>): Reason | undefined {
  return reasons.find((reason) => reason.part === part && (reason.losses?.test(subject) ?? true)
    && reason.mutants.some((pair) => speaksOf(pair, text, change)));
}
