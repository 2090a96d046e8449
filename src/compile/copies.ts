// Copies as loops: what a pad or a concatenation moves is a load and a store through strides, and what it does not move
// is filled first. Which copy a step is, is read from its params: `edges` around one input, or an `axis` along which
// the inputs follow each other.

import { denseStrides, sizeOf } from '../base/shape.ts';
import type { Step } from '../graph/index.ts';
import type { Access, Loop } from './group.ts';

/** One input: its shape and where it lies. */
export interface Source {
  readonly shape: readonly number[];
  readonly access: Access;
}

/** The loops of a copy step of f32 or i32, in order, into a dense buffer. */
export function copyLoops(step: Step & { readonly dtype: 'f32' | 'i32' }, inputs: readonly Source[], to: number): Loop[] {
  const { shape, dtype, params } = step;
  const strides = denseStrides(shape);
  const loops: Loop[] = [];
  const edges = params['edges'] as readonly (readonly [before: number, after: number, interior: number])[] | undefined;
  if (edges !== undefined) {
    const whole: Access = { buffer: to, offset: 0, strides: [1] };
    const fill = { op: 'constant', dtype, value: params['fill'] as number } as const;
    loops.push({ kind: 'loop', space: [sizeOf(shape)], quantities: [fill], stores: [{ quantity: 0, as: 'whole', access: whole }] });
  }
  const place = (offset: number, steps: readonly number[]): Access => ({ buffer: to, offset, strides: steps });
  const axis = params['axis'] as number;
  let from = 0;
  for (const { shape: space, access } of inputs) {
    const inside = edges === undefined
      ? place(from * strides[axis]!, strides)
      : place(edges.reduce((sum, [before], i) => sum + before * strides[i]!, 0), strides.map((s, i) => s * (edges[i]![2] + 1)));
    loops.push({ kind: 'loop', space, quantities: [{ op: 'load', dtype, access }], stores: [{ quantity: 0, as: 'whole', access: inside }] });
    from += space[axis] ?? 0;
  }
  return loops;
}
