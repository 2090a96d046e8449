// argsort: the stable ascending order of one axis. NaN comes last. Everything else about order is a composite: sort
// gathers by it, a rank is the argsort of an argsort, top-k is a slice of it.

import type { OrderPrimitive } from '../graph/primitive.ts';
import { apply } from '../graph/recorder.ts';
import type { Tensor } from '../graph/tensor.ts';
import { Value } from '../graph/value.ts';
import { fibresOf } from './scan.ts';

const argsort_: OrderPrimitive = {
  name: 'argsort', kind: 'order',
  vjp: [null],
  print: ([x], params) => `argsort(${x!}, axis ${String(params['axis'])})`,
  type: ([x]) => ({ shape: x!.shape, dtype: 'i32' }),
  run: ([x], params) => {
    const result = Value.empty('i32', x!.shape);
    const { fibres, length, step } = fibresOf(x!, params['axis'] as number);
    const keys = new Float64Array(length);
    const order = Array.from({ length }, (_, i) => i);
    fibres((from, to) => {
      for (let i = 0; i < length; i++) keys[i] = x!.array[from + i * step.from]!;
      const sorted = order.slice().sort((a, b) => compare(keys[a]!, keys[b]!) || a - b);
      for (let i = 0; i < length; i++) result.array[to + i * step.to] = sorted[i]!;
    });
    return result;
  },
};

function compare(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  if (Number.isNaN(b)) return -1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The stable ascending order along an axis (counted from the front); i32, no gradient. */
export const argsortAxis = (x: Tensor, axis: number): Tensor => apply(argsort_, [x], { axis });

export const orders = [argsort_];
