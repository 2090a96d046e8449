// max and argmax over axes. The gradient of max is split evenly over all tied elements (as a mean of the choices);
// argmax takes the first. A NaN counts as the maximum, so it is never swallowed.

import { sameShape, type Shape, shapeText } from '../base/shape.ts';
import type { ReducePrimitive } from '../graph/primitive.ts';
import { Value } from '../graph/value.ts';
import { apply } from '../graph/recorder.ts';
import type { Tensor } from '../graph/tensor.ts';
import { div } from './arithmetic.ts';
import { expand, reducedType, reduceValue, refuseEmpty, refuseIntegers, sumAxes } from './broadcast.ts';
import { equal, where } from './comparison.ts';

const max_: ReducePrimitive = {
  name: 'max', kind: 'reduce', combine: 'max',
  vjp: [({ grad, out, params }, x) => {
    const tied = equal(x!, out);
    const count = sumAxes(tied, params['axes'] as readonly number[]);
    return where(tied, expandTo(div(grad, count), x!.shape), 0);
  }],
  print: ([x], params) => `max(${x!}, axes ${shapeText(params['axes'] as Shape)})`,
  type: ([x], params) => {
    refuseEmpty(x!, params['axes'] as Shape, 'max');
    return reducedType(x!, params['axes'] as Shape);
  },
  run: ([x], params) => reduceValue(x!, params['axes'] as Shape, largest),
};

const expandTo = (x: Tensor, shape: Shape): Tensor => (sameShape(x.shape, shape) ? x : expand(x, shape));

function largest(array: ArrayLike<number>, from: number, stride: number, length: number): number {
  let best = -Infinity;
  for (let i = 0; i < length; i++) {
    best = Math.max(best, array[from + i * stride]!);
    if (Number.isNaN(best)) return NaN;
  }
  return best;
}

const argmax_: ReducePrimitive = {
  name: 'argmax', kind: 'reduce', combine: 'argmax',
  vjp: [null],
  print: ([x], params) => `argmax(${x!}, axes ${shapeText(params['axes'] as Shape)})`,
  type: ([x], params) => {
    refuseEmpty(x!, params['axes'] as Shape, 'argmax');
    refuseIntegers(x!, 'argmax');
    return { shape: reducedType(x!, params['axes'] as Shape).shape, dtype: 'i32' };
  },
  run: ([x], params) => {
    const places = reduceValue(x!, params['axes'] as Shape, firstLargest).data();
    const shape = reducedType(x!, params['axes'] as Shape).shape;
    return new Value('i32', shape, Int32Array.from(places));
  },
};

function firstLargest(array: ArrayLike<number>, from: number, stride: number, length: number): number {
  let at = 0;
  for (let i = 1; i < length; i++) {
    const x = array[from + i * stride]!;
    const best = array[from + at * stride]!;
    if (x > best || (Number.isNaN(x) && !Number.isNaN(best))) at = i;
  }
  return at;
}

/** The largest element over some axes, kept with size 1. */
export const maxAxes = (x: Tensor, axes: readonly number[]): Tensor =>
  axes.length === 0 ? x : apply(max_, [x], { axes: [...axes] });

/** The position of the first largest element along one axis, kept with size 1; i32. */
export const argmaxAxis = (x: Tensor, axis: number): Tensor => apply(argmax_, [x], { axes: [axis] });

export const extrema = [max_, argmax_];
