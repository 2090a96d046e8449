// A small margin softmax, written out, for the tests of explanations: two samples, three classes, cosines given.

import { label, scope, type Tensor } from '../../src/graph/index.ts';
import { exp, less, log, max, maximum, mean, mul, stopGradient, sub, sum, where } from '../../src/ops/index.ts';
import { f64 } from '../values.ts';

export const cosines = f64([[0.9, 0.7, -0.2], [0.1, 0.6, 0.4]]);
export const isLabel = f64([[1, 0, 0], [0, 0, 1]]);

export function margin(c: Tensor, own: Tensor, t: Tensor): Tensor {
  label(c, 'c');
  const f = label(sub(sum(where(own, c, 0), { axis: 1, keepDims: true }), 0.25), 'f');
  const hard = scope('support', () => label(where(own, 0, less(f, c)), 'I', { role: 'support' }));
  const z = label(mul(4, where(own, f, mul(c, maximum(1, mul(t, hard))))), 'z', { role: 'logit' });
  const losses = scope('softmax', () => {
    const rest = sub(z, stopGradient(max(z, { axis: 1, keepDims: true })));
    return label(sub(log(sum(exp(rest), { axis: 1 })), sum(where(own, rest, 0), { axis: 1 })), 'L');
  });
  return mean(losses);
}
