import { expect, it } from 'vitest';
import { gradcheck } from '../../src/check/index.ts';
import { type Tensor, tensor } from '../../src/graph/index.ts';
import * as P from '../../src/primitives/index.ts';
import { mapPrimitive, unary } from '../../src/primitives/map.ts';

const x = tensor([[1, 2], [0.5, -1]], { dtype: 'f64' });
const total = (y: Tensor): Tensor => P.sumTo(y, []);

it('explains the input that is furthest off, with its own shape and point', () => {
  // y/‖y‖ with the norm held still: what is missing points along y.
  const cutNorm = unary(mapPrimitive('root', { arity: 1, body: (A, _, q) => A.sqrt(q!), vjp: [({ grad }) => P.mul(grad, 0)] }));
  const unit = (y: Tensor): Tensor => P.div(y, cutNorm(P.sumAxes(P.mul(y, y), [1])));
  const weights = tensor([[3, -1], [2, 5]], { dtype: 'f64' });
  const f = (a: Tensor, y: Tensor): Tensor => total(P.add(P.mul(unit(y), weights), P.sin(a)));
  const report = gradcheck(f, [x, x]);
  expect(report.worst).toMatchObject({ input: 'inputs[1]', step: { op: 'root' } });
  expect(report.cause!.name).toBe('alongInput');
});

it('puts what duals contradict before what only differences contradict', () => {
  const blind = unary(mapPrimitive(
    'blind',
    { arity: 1, body: (A, _, y) => A.add(A.round(A.mul(A.constant(2), y!), 53), A.neg(y!)), vjp: [({ grad }) => P.neg(grad)] }
  ));
  const wrong = unary(mapPrimitive(
    'wrong', { arity: 1, body: (A, _, y) => A.sin(y!), vjp: [({ grad }, y) => P.mul(P.mul(grad, 1.001), P.cos(y!))] }
  ));
  const report = gradcheck((y: Tensor) => total(P.add(blind(y), wrong(P.mul(y, 2)))), [x], { orders: [1] });
  expect(report.worst!.step!.op).toBe('wrong');
  const only = gradcheck((y: Tensor) => total(blind(y)), [x], { orders: [1] });
  expect(only.worst!.step).toBeUndefined();
  expect(only.cause).toMatchObject({ name: 'sign' });
});
