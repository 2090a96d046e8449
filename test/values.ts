// What nearly every test writes: tensors of a type, a comparison bit for bit, the settings of a property.

import { expect } from 'vitest';
import { grad } from '../src/autodiff/index.ts';
import { tensor, type Nested, type Tensor } from '../src/graph/index.ts';
import { sumTo } from '../src/primitives/index.ts';

export const f64 = (values: Nested): Tensor => tensor(values, { dtype: 'f64' });
export const f32 = (values: Nested): Tensor => tensor(values, { dtype: 'f32' });
export const i32 = (values: Nested): Tensor => tensor(values, { dtype: 'i32' });

/** 30 runs with a fixed seed; RUNS asks for more. */
export const runs = { seed: 1, numRuns: Number(process.env['RUNS'] ?? 30) };

/** The same shape and the same bits: NaN equals NaN, −0 differs from 0. */
export function expectBits(actual: Tensor, expected: Nested): void {
  const wanted = tensor(expected, { dtype: actual.dtype });
  expect([...actual.shape]).toEqual([...wanted.shape]);
  expect(Array.from(actual.data)).toStrictEqual(Array.from(wanted.data));
}

/** The gradients of the sum of everything f gives, one per argument. */
export function slopes(f: (...xs: Tensor[]) => Tensor, ...xs: Tensor[]): Tensor[] {
  return grad((...args: Tensor[]) => sumTo(f(...args), []), { wrt: xs.map((_, i) => i) })(...xs);
}

/** The error a call throws, or undefined. */
export function thrown(call: () => unknown): unknown {
  try {
    call();
    return undefined;
  } catch (error) {
    return error;
  }
}
