// Copies as loops: what a copy moves is a load and a store through strides. A concatenation is a loop for every part; a
// pad is stored by the loop that makes its operand, around which the result is filled first.

import { denseStrides, sizeOf } from '../../base/shape.ts';
import type { Step } from '../../graph/index.ts';
import type { Access, Loop } from '../kernels/group.ts';

/** One input: its shape and where it lies. */
interface Source {
  readonly shape: readonly number[];
  readonly access: Access;
}

/** Fills the dense result of a pad. */
export function fillLoop({ shape, dtype, params }: Step, to: number): Loop {
  const fill = { op: 'constant', dtype: dtype as 'f32' | 'i32', value: params['fill'] as number } as const;
  const access = { buffer: to, offset: 0, strides: [1] };
  return { kind: 'loop', space: [sizeOf(shape)], quantities: [fill], stores: [{ quantity: 0, as: 'whole', access }] };
}

/** True for a copy that puts its inputs one after another along an axis. */
export const isJoin = ({ primitive, dtype, params }: Step): boolean =>
  primitive.kind === 'copy' && dtype !== 'f64' && typeof params['axis'] === 'number';

/** The loops of such a step, in order, into its dense result. */
export function joinLoops({ shape, dtype, params }: Step, inputs: readonly Source[], to: number): Loop[] {
  const strides = denseStrides(shape);
  const axis = params['axis'] as number;
  let from = 0;
  return inputs.map(({ shape: space, access }): Loop => {
    const load = { op: 'load', dtype: dtype as 'f32' | 'i32', access } as const;
    const place = { buffer: to, offset: from * strides[axis]!, strides };
    from += space[axis]!;
    return { kind: 'loop', space, quantities: [load], stores: [{ quantity: 0, as: 'whole', access: place }] };
  });
}
