// The pictures of the derivation pages: what every margin does to the target's logit and to its pull on the angle, and
// what every rule does to the logit of another class. The curves are computed by the losses themselves.

import { grad } from '../../src/autodiff/index.ts';
import { type Tensor, tensor } from '../../src/graph/index.ts';
import {
  angleFactor, arcMargin, combinedMargin, cosineMargin, curricular, misclassified, type OtherRule, plainOthers, plainTarget,
  supportVectors, type TargetMargin,
} from '../../src/losses/index.ts';
import { cos, less, neg, sum } from '../../src/ops/index.ts';
import { lineChart } from '../../src/plot/index.ts';

const margins: readonly (readonly [name: string, TargetMargin])[] = [
  ['none: cos θ', plainTarget], ['A, m = 4, as printed', angleFactor(4)], ['A, m = 4, ψ', angleFactor(4, { reading: 'psi' })],
  ['AM, m = 0.35', cosineMargin(0.35)], ['Arc, m = 0.5', arcMargin(0.5)], ['combined, 1, 0.2, 0.3', combinedMargin(1, 0.2, 0.3)],
];

const rules: readonly (readonly [name: string, OtherRule])[] = [
  ['plain', plainOthers], ['SV, t = 1.2', supportVectors({ t: 1.2 })], ['MV fixed, t = 0.2', misclassified({ t: 0.2, mode: 'fixed' })],
  ['Curricular, t = 0.3', curricular({ t: 0.3 })],
];

/** Angles inside (0, π): at the ends a direction is missing. */
const angles = Array.from({ length: 181 }, (_, i) => 0.01 + (i / 180) * (Math.PI - 0.02));
const column = tensor(angles.map((angle) => [angle]), { dtype: 'f64' });
const rounded = (x: Tensor): number[] => Array.from(x.data, (value) => Math.round(value * 1e6) / 1e6 + 0);

/** The target whose class another one is compared with in the third picture. */
const beaten = 0.5;

/** File names to SVG. */
export function pictures(): Map<string, string> {
  const axis = { label: 'angle θ between a feature and its class', format: 'pi', domain: [0, Math.PI] } as const;
  const logit = ({ value }: TargetMargin) => (theta: Tensor): Tensor => value(cos(theta));
  const pull = (margin: TargetMargin): Tensor => neg(grad((theta: Tensor) => sum(logit(margin)(theta)))(column));
  const chart = (title: string, x: typeof axis | (Omit<typeof axis, 'label'> & { label: string }), y: string, series: readonly (readonly [string, Tensor])[]): string =>
    lineChart({ title, x, y: { label: y }, series: series.map(([name, values]) => ({ name, x: angles, y: rounded(values) })), width: 860, height: 420 });
  const hard = (c: Tensor) => (): Tensor => less(beaten, c);
  return new Map([
    ['target-logits.svg', chart('The target logit f of every margin, before the scale', axis, 'f(cos θ)', margins.map(([name, margin]) => [name, logit(margin)(column)]))],
    ['target-gradients.svg', chart('How strongly f pulls the angle down: −∂f/∂θ', axis, '−∂f/∂θ', margins.map(([name, margin]) => [name, pull(margin)]))],
    ['other-logits.svg', chart(`The logit of another class while the target stands at f = ${beaten}`, { ...axis, label: 'angle between a feature and another class' }, 'v',
      rules.map(([name, rule]) => [name, rule.value(cos(column), hard(cos(column)))]))],
  ]);
}
