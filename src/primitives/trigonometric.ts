// Sine, cosine and the angle of a cosine. Angles are in radians everywhere. The slope of acos is infinite at ±1;
// losses use forms that stay finite there, and a dead branch is protected by `chain`.

import { add, chain, div, mul, neg, sub } from './arithmetic.ts';
import { sqrt } from './exponential.ts';
import { mapPrimitive, unary } from './map.ts';

const sin_ = mapPrimitive('sin', { arity: 1, body: (A, _, x) => A.sin(x!), vjp: [({ grad }, x) => chain(grad, cos(x!))] });
const cos_ = mapPrimitive('cos', { arity: 1, body: (A, _, x) => A.cos(x!), vjp: [({ grad }, x) => chain(grad, neg(sin(x!)))] });
// ∂acos x = −1/√((1 − x)(1 + x)); the product form keeps the digits near ±1 that 1 − x² loses
const acos_ = mapPrimitive('acos', {
  arity: 1,
  body: (A, _, x) => A.acos(x!),
  vjp: [({ grad }, x) => chain(grad, div(-1, sqrt(mul(sub(1, x!), add(1, x!)))))],
  domain: [{ from: -0.9, to: 0.9 }],
});

export const sin = unary(sin_);
export const cos = unary(cos_);
export const acos = unary(acos_);

export const trigonometric = [sin_, cos_, acos_];
