// Sum, difference, product, quotient, and the product that carries cotangents: `chain`.
// A cotangent that is exactly 0 stays 0 whatever the slope, so a branch that was not taken contributes nothing at any
// order. Every rule with a slope uses it: div has an infinite one at b = 0, and a factor of a product may itself be the
// NaN of a branch that was not taken.

import { binary, mapPrimitive, unary } from './map.ts';

const neg_ = mapPrimitive('neg', {
  arity: 1, integers: true,
  body: (A, _, x) => A.neg(x!),
  vjp: [({ grad }) => neg(grad)],
  laws: { involution: true },
});

const add_ = mapPrimitive('add', {
  arity: 2, integers: true,
  body: (A, _, a, b) => A.add(a!, b!),
  vjp: [({ grad }) => grad, ({ grad }) => grad],
  laws: { commutative: true },
});

const sub_ = mapPrimitive('sub', {
  arity: 2, integers: true,
  body: (A, _, a, b) => A.sub(a!, b!),
  vjp: [({ grad }) => grad, ({ grad }) => neg(grad)],
  laws: { rightIdentity: 0 },
});

const mul_ = mapPrimitive('mul', {
  arity: 2, integers: true,
  body: (A, _, a, b) => A.mul(a!, b!),
  vjp: [({ grad }, _, b) => chain(grad, b!), ({ grad }, a) => chain(grad, a!)],
  laws: { commutative: true, rightIdentity: 1 },
});

// ∂(g·slope): both cotangents are chained again. The slope's must be, too: from order 3 on the cotangent that arrives
// at a dead branch can itself be NaN (where(x < 0, 0, √x) at x = −1), and 0·NaN would reach the live branch.
const chain_ = mapPrimitive('chain', {
  arity: 2,
  body: (A, _, g, slope) => A.chain(g!, slope!),
  vjp: [({ grad }, _, slope) => chain(grad, slope!), ({ grad }, g) => chain(g!, grad)],
});

// ∂(a/b)/∂a = 1/b,  ∂(a/b)/∂b = −(a/b)/b
const div_ = mapPrimitive('div', {
  arity: 2,
  body: (A, _, a, b) => A.div(a!, b!),
  vjp: [({ grad }, _, b) => chain(grad, div(1, b!)), ({ grad, out }, _, b) => chain(grad, neg(div(out, b!)))],
  laws: { rightIdentity: 1 },
  domain: [{ from: -3, to: 3 }, { from: 0.3, to: 3 }],
});

export const neg = unary(neg_);
export const add = binary(add_);
export const sub = binary(sub_);
export const mul = binary(mul_);
/** g · slope, but exactly 0 where g is exactly 0, even when the slope is infinite or NaN. */
export const chain = binary(chain_);
export const div = binary(div_);

export const arithmetic = [neg_, add_, sub_, mul_, chain_, div_];
