// Steps without inputs that compute their numbers: iota (0, 1, 2, … along an axis) and random bits from a key.
// (`input` and `constant` belong to the graph itself.) randomBits takes its key as a tensor, so it is not a source in
// the strict sense: the same key gives the same bits anywhere.

import type { DType } from '../base/dtype.ts';
import { DTypeError, message, ShapeError } from '../base/errors.ts';
import { bits } from '../base/random.ts';
import { checkList, type Shape, shapeText, sizeOf } from '../base/shape.ts';
import { constant as constant_, input as input_ } from '../graph/intrinsics.ts';
import type { SourcePrimitive } from '../graph/primitive.ts';
import { apply } from '../graph/recorder.ts';
import type { Tensor } from '../graph/tensor.ts';
import { Value } from '../graph/value.ts';

const iota_: SourcePrimitive = {
  name: 'iota', kind: 'source',
  vjp: [],
  print: (_, params) => `iota(${String(params['size'])})`,
  type: (_, params) => ({ shape: [params['size'] as number], dtype: params['dtype'] as DType }),
  run: (_, params) => {
    const result = Value.empty(params['dtype'] as DType, [params['size'] as number]);
    for (let i = 0; i < result.array.length; i++) result.array[i] = i;
    return result;
  },
};

const randomBits_: SourcePrimitive = {
  name: 'randomBits', kind: 'source',
  vjp: [null],
  print: ([key], params) => `randomBits(${key!}, ${shapeText(params['shape'] as Shape)})`,
  type: ([key], params) => {
    if (key!.dtype !== 'i32' || key!.shape.length !== 1 || key!.shape[0] !== 2) {
      throw new (key!.dtype === 'i32' ? ShapeError : DTypeError)(message(`randomBits: a key ${key!.dtype}${shapeText(key!.shape)}`, 'A key is i32[2]', 'Make it with key(seed) or foldIn(key, n)'));
    }
    return { shape: params['shape'] as Shape, dtype: 'i32' };
  },
  run: ([key], params) => {
    const [k0, k1] = key!.data();
    const shape = params['shape'] as Shape;
    return new Value('i32', shape, bits(k0!, k1!, sizeOf(shape)));
  },
};

/** 0, 1, …, size − 1. */
export const iota = (size: number, dtype: DType): Tensor => apply(iota_, [], { size, dtype });

/** 32 random bits per element, a function of the key alone. */
export function randomBits(key: Tensor, shape: Shape): Tensor {
  checkList(shape, 'randomBits');
  return apply(randomBits_, [key], { shape: [...shape] });
}

export const sources = [input_, constant_, iota_, randomBits_];
