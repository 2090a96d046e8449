// Tensors with every hard bit pattern, and equality of bits.

import fc from 'fast-check';
import { expect } from 'vitest';
import { fromValue, type Tensor, tensor, Value } from '../../src/graph/index.ts';

export const runs = { seed: 1, numRuns: Number(process.env['RUNS'] ?? 30) };

/** A tensor of the type whose bytes are given, so that every pattern occurs, signalling NaNs included. */
export function fromBytes(dtype: 'f32' | 'f64' | 'i32', shape: readonly number[], bytes: Uint8Array): Tensor {
  const buffer = new Uint8Array(bytes).buffer;
  return fromValue(new Value(dtype, shape, dtype === 'f32' ? new Float32Array(buffer) : dtype === 'f64' ? new Float64Array(buffer) : new Int32Array(buffer)));
}

/** f32: a signalling NaN, a quiet one with a payload, −0, a denormal; f64 likewise. */
export const hard = {
  f32: fromBytes('f32', [4], new Uint8Array(Uint32Array.of(0x7f800001, 0xffc12345, 0x80000000, 1).buffer)),
  f64: fromBytes('f64', [2, 2], new Uint8Array(BigUint64Array.of(0x7ff0000000000001n, 0xfff8123456789abcn, 0x8000000000000000n, 1n).buffer)),
  i32: tensor([[-(2 ** 31)], [2 ** 31 - 1], [0]], { dtype: 'i32' }),
} as const;

export const bytesOf = (x: Tensor): number[] => Array.from(new Uint8Array(x.data.buffer, x.data.byteOffset, x.data.byteLength));

export function expectSameBits(actual: Tensor | undefined, wanted: Tensor): void {
  expect(actual?.dtype).toBe(wanted.dtype);
  expect(actual!.shape).toEqual(wanted.shape);
  expect(bytesOf(actual!)).toEqual(bytesOf(wanted));
}

/** Random tensors with random bits; empty ones and scalars included. */
export const anyTensor: fc.Arbitrary<Tensor> = fc.tuple(fc.constantFrom('f32', 'f64', 'i32' as const), fc.array(fc.nat(4), { maxLength: 3 })).chain(
  ([dtype, shape]) => {
    const count = shape.reduce((product, n) => product * n, 1) * (dtype === 'f64' ? 8 : 4);
    return fc.uint8Array({ minLength: count, maxLength: count }).map((bytes) => fromBytes(dtype as 'f32' | 'f64' | 'i32', shape, bytes));
  });

/** Names a careless reader trips over. */
export const anyName: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', 'a.b/c', '', '名前', '"quoted"\\', 'w'), fc.string({ unit: 'grapheme', maxLength: 8 }));

export const anyTensors: fc.Arbitrary<[string, Tensor][]> = fc.uniqueArray(fc.tuple(anyName, anyTensor), { selector: ([name]) => name, maxLength: 5 });
