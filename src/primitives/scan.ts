// cumsum: running sums along one axis, accumulated in double. Its adjoint is the running sum from the other end.

import type { ScanPrimitive } from '../graph/primitive.ts';
import { apply } from '../graph/recorder.ts';
import type { Tensor } from '../graph/tensor.ts';
import { Value } from '../graph/value.ts';
import { flipAxes } from './slicing.ts';

const cumsum_: ScanPrimitive = {
  name: 'cumsum', kind: 'scan',
  vjp: [({ grad, params }) => {
    const axis = params['axis'] as number;
    return flipAxes(cumsumAxis(flipAxes(grad, [axis]), axis), [axis]);
  }],
  print: ([x], params) => `cumsum(${x!}, axis ${String(params['axis'])})`,
  type: ([x]) => x!,
  run: ([x], params) => {
    const result = Value.empty(x!.dtype, x!.shape);
    const { fibres, length, step } = fibresOf(x!, params['axis'] as number);
    fibres((from, to) => {
      let total = 0;
      for (let i = 0; i < length; i++) {
        total += x!.array[from + i * step.from]!;
        result.array[to + i * step.to] = total;
      }
    });
    return result;
  },
};

/** All runs of a value along one axis: calls back with the first position in the value and in a dense result. */
export function fibresOf(x: Value, axis: number) {
  const inner = x.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const length = x.shape[axis]!;
  const others = x.shape.map((_, a) => a).filter((a) => a !== axis);
  const fibres = (visit: (from: number, to: number) => void): void => {
    const walk = (level: number, from: number, outer: number, within: number): void => {
      if (level === others.length) {
        visit(from, outer * length * inner + within);
        return;
      }
      const a = others[level]!;
      for (let i = 0; i < x.shape[a]!; i++) {
        const next = from + i * x.strides[a]!;
        if (a < axis) walk(level + 1, next, outer * x.shape[a]! + i, within);
        else walk(level + 1, next, outer, within * x.shape[a]! + i);
      }
    };
    walk(0, x.offset, 0, 0);
  };
  return { fibres, length, step: { from: x.strides[axis]!, to: inner } };
}

/** Running sums along an axis (counted from the front). */
export const cumsumAxis = (x: Tensor, axis: number): Tensor => apply(cumsum_, [x], { axis });

export const scans = [cumsum_];
