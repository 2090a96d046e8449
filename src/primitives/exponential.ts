// Powers, roots, exponentials and logarithms. log1p, expm1, tanh, sigmoid and softplus are primitives because no
// composite of the others keeps their accuracy, and the stable composites have kinks the functions do not have.
// Slopes that can be infinite or overflow are carried by `chain`.

import { add, chain, div, mul, neg, sub } from './arithmetic.ts';
import { binary, mapPrimitive, unary } from './map.ts';

// ∂e^x = e^x
const exp_ = mapPrimitive('exp', { arity: 1, body: (A, _, x) => A.exp(x!), vjp: [({ grad, out }) => chain(grad, out)] });
// ∂(e^x − 1) = e^x = out + 1
const expm1_ = mapPrimitive('expm1', { arity: 1, body: (A, _, x) => A.expm1(x!), vjp: [({ grad }, x) => chain(grad, exp(x!))] });
// ∂log x = 1/x
const log_ = mapPrimitive('log', {
  arity: 1, body: (A, _, x) => A.log(x!), vjp: [({ grad }, x) => chain(grad, div(1, x!))], domain: [{ from: 0.2, to: 4 }],
});
// ∂log(1 + x) = 1/(1 + x)
const log1p_ = mapPrimitive('log1p', {
  arity: 1, body: (A, _, x) => A.log1p(x!), vjp: [({ grad }, x) => chain(grad, div(1, add(1, x!)))], domain: [{ from: -0.7, to: 4 }],
});
// ∂√x = 1/(2√x)
const sqrt_ = mapPrimitive('sqrt', {
  arity: 1, body: (A, _, x) => A.sqrt(x!), vjp: [({ grad, out }) => chain(grad, div(0.5, out))], domain: [{ from: 0.2, to: 4 }],
});
// ∂tanh x = 1 − tanh² x, written (1 − out)(1 + out)
const tanh_ = mapPrimitive('tanh', {
  arity: 1, body: (A, _, x) => A.tanh(x!), vjp: [({ grad, out }) => chain(grad, mul(sub(1, out), add(1, out)))],
});
// σ(x) = 1/(1 + e^−x) for x ≥ 0, e^x/(1 + e^x) for x < 0: the exponent is never positive. ∂σ = σ(x)·σ(−x)
const sigmoid_ = mapPrimitive('sigmoid', {
  arity: 1, printed: 'call',
  body: (A, _, x) => {
    // Not e^−|x|: read as dual numbers, |x| would have slope 0 at x = 0, and σ′(0) is ¼.
    const negative = A.less(x!, A.constant(0));
    const e = A.exp(A.select(negative, x!, A.neg(x!)));
    return A.div(A.select(negative, e, A.constant(1)), A.add(A.constant(1), e));
  },
  vjp: [({ grad, out }, x) => chain(grad, mul(out, sigmoid(neg(x!))))],
});
// log(1 + e^x) = max(x, 0) + log1p(e^−|x|), exact for large x. ∂softplus = σ(x)
const softplus_ = mapPrimitive('softplus', {
  arity: 1, printed: 'call',
  body: (A, _, x) => A.add(A.max(x!, A.constant(0)), A.log1p(A.exp(A.neg(A.abs(x!))))),
  vjp: [({ grad }, x) => chain(grad, sigmoid(x!))],
});
// ∂(a^b)/∂a = b·a^(b−1), 0 at b = 0 also where a = 0;  ∂(a^b)/∂b = a^b·log a, 0 at a = 0. The factor b is chained
// and not selected away by b = 0: there ∂²(a^b)/∂a∂b is 1/a, not 0. The cotangent meets one factor after the other and
// stays in front: a^b is the NaN of a branch that was not taken when a < 0, and a cotangent of 0 must win over each
// factor at every order.
const pow_ = mapPrimitive('pow', {
  arity: 2,
  body: (A, _, a, b) => A.pow(a!, b!),
  vjp: [
    ({ grad }, a, b) => chain(chain(grad, b!), pow(a!, sub(b!, 1))),
    ({ grad, out }, a) => chain(chain(grad, out), log(a!)),
  ],
  laws: { rightIdentity: 1 },
  domain: [{ from: 0.3, to: 3 }, { from: -2, to: 3 }],
});

export const exp = unary(exp_);
export const expm1 = unary(expm1_);
export const log = unary(log_);
export const log1p = unary(log1p_);
export const sqrt = unary(sqrt_);
export const tanh = unary(tanh_);
export const sigmoid = unary(sigmoid_);
export const softplus = unary(softplus_);
export const pow = binary(pow_);

export const exponential = [exp_, expm1_, log_, log1p_, sqrt_, tanh_, sigmoid_, softplus_, pow_];
