import { expect, it } from 'vitest';
import { allocate, bytesPerElement, dtypeOf, dtypes, epsilon, isFloat } from '../../src/base/dtype.ts';

it.each(dtypes)('allocates zeros of %s, of the size it says, and recognizes them', (dtype) => {
  const array = allocate(dtype, 3);
  expect(Array.from(array)).toEqual([0, 0, 0]);
  expect(array.BYTES_PER_ELEMENT).toBe(bytesPerElement[dtype]);
  expect(dtypeOf(array)).toBe(dtype);
});

it('knows two float types and their distance from 1 to the next number', () => {
  expect(dtypes.filter(isFloat)).toEqual(['f32', 'f64']);
  expect(Math.fround(1 + epsilon.f32)).toBeGreaterThan(1);
  expect(Math.fround(1 + epsilon.f32 / 2)).toBe(1);
  expect(1 + epsilon.f64).toBeGreaterThan(1);
  expect(1 + epsilon.f64 / 2).toBe(1);
});
