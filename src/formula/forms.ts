// The two large families of forms: functions of arguments, and those that bind an index. Everything acts on arrays with
// named axes; what an axis is and how long, the lowering says.

import { lift, type Tensor } from '../graph/index.ts';
import { safeSqrt } from '../ops/index.ts';
import * as P from '../primitives/index.ts';
import type { BoundExpr, CallExpr, Expr } from './grammar.ts';
import type { Meaning } from './meaning.ts';
import { combine, dotOver, type Named, named, stretchTo, sumOver, unionAxes } from './named.ts';

/** A function of its arguments; dot, norm and unit act on the axes that are not indexed. */
export function callForm(meaning: Meaning, e: CallExpr): Named {
  const args = e.args.map((arg) => meaning.expr(arg));
  const [a, b] = args as [Named, Named];
  for (const [left, right] of choices(e)) meaning.branch({ kind: 'compare', op: '<', left, right });
  switch (e.name) {
    case 'dot': return dotOver(a, b, [...new Set([...a.open, ...b.open])]);
    case 'norm': return norm(meaning, a, e);
    case 'unit': {
      const reciprocal = combine([norm(meaning, a, e)], (n) => P.where(P.equal(n, 0), 0, P.div(1, n)));
      return combine([a, reciprocal], P.mul);
    }
    case 'clamp': return combine(args, (x, low, high) => P.where(P.less(x!, low!), low!, P.where(P.less(high!, x!), high!, x!)));
    case 'surrogate': return combine([a, stretchTo(b, a.axes, (axis) => meaning.size(axis))], P.surrogate);
    default: return combine(args, elementwise[e.name]! as (...xs: Tensor[]) => Tensor);
  }
}

/** What a function chooses by: each pair compared by <, both sides of which a line must meet. */
function choices({ name, args }: CallExpr): (readonly [Expr, Expr])[] {
  const [a, b, c] = args as [Expr, Expr, Expr];
  switch (name) {
    case 'abs': return [[a, { kind: 'number', value: 0, text: '0' }]];
    case 'max':
    case 'min': return [[a, b]];
    case 'clamp': return [[a, b], [c, a]];
    default: return [];
  }
}

function norm(meaning: Meaning, x: Named, node: CallExpr): Named {
  if (x.open.length === 0) {
    throw meaning.fail(node, `${node.name} of a number`, `${node.name} acts on the axes that are not indexed`, 'leave out the index of the vector');
  }
  return combine([dotOver(x, x, x.open)], safeSqrt);
}

/** A sum, mean, largest, smallest or rank over an index, perhaps under a condition. */
export function boundForm(meaning: Meaning, e: BoundExpr): Named {
  const axis = e.index;
  const body = meaning.expr(e.body);
  if (e.op === 'rank') return rank(meaning, body, axis, e);
  const mask = e.where === null ? undefined : meaning.cond(e.where);
  const parts = mask === undefined ? [body] : [body, mask];
  const axes = unionAxes([...parts, named(body.tensor, [axis])]);
  const full = stretchTo(body, axes, (a) => meaning.size(a));
  const fill = e.op === 'max' ? -Infinity : e.op === 'min' ? Infinity : 0;
  const kept = mask === undefined ? full : combine([mask, full], (m, x) => P.where(m, x, fill));
  if (e.op === 'max' || e.op === 'min') {
    const sign = e.op === 'max' ? kept : combine([kept], P.neg);
    const at = sign.axes.indexOf(axis);
    const rest = sign.axes.filter((a) => a !== axis);
    const best = P.reshape(P.maxAxes(sign.tensor, [at]), rest.map((a) => meaning.size(a)));
    const result = named(best, rest, kept.open.filter((a) => a !== axis));
    return e.op === 'max' ? result : combine([result], P.neg);
  }
  const total = sumOver(kept, [axis]);
  if (e.op === 'sum') return total;
  const counted = (m: Named): Named => stretchTo(m, unionAxes([m, named(body.tensor, [axis])]), (a) => meaning.size(a));
  const count = mask === undefined ? named(lift(meaning.size(axis), 'f64'), []) : sumOver(counted(mask), [axis]);
  return combine([total, count], P.div);
}

function rank(meaning: Meaning, body: Named, axis: string, node: BoundExpr): Named {
  const at = body.axes.indexOf(axis);
  if (at < 0) throw meaning.fail(node, `rank over '${axis}' of something that does not depend on it`, 'rank compares the entries along its index', 'use the index in the formula');
  const order = P.argsortAxis(P.neg(body.tensor), at);
  return named(P.cast(P.argsortAxis(P.cast(order, 'f64'), at), 'f64'), body.axes, body.open);
}

const elementwise: Readonly<Record<string, unknown>> = {
  exp: P.exp, log: P.log, log1p: P.log1p, expm1: P.expm1, sqrt: P.sqrt, sin: P.sin, cos: P.cos, acos: P.acos, tanh: P.tanh,
  abs: P.abs, floor: P.floor, softplus: P.softplus, sigmoid: P.sigmoid, stop: P.stopGradient, max: P.maximum, min: P.minimum,
};

