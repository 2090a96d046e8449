import { expect, it } from 'vitest';
import { DTypeError, ShapeError } from '../../src/base/errors.ts';
import { bits } from '../../src/base/random.ts';
import { tensor } from '../../src/graph/index.ts';
import { iota, randomBits } from '../../src/primitives/index.ts';
import { expectBits, f64, i32 } from '../values.ts';

it('counts from 0 in the type asked for', () => {
  expectBits(iota(3, 'i32'), [0, 1, 2]);
  expectBits(iota(3, 'f64'), [0, 1, 2]);
  expect(iota(0, 'f32').shape).toEqual([0]);
});

it('draws the bits of the generator for its key, in any shape', () => {
  const words = randomBits(i32([7, 9]), [2, 3]);
  expect(words.dtype).toBe('i32');
  expect(words.data).toEqual(bits(7, 9, 6));
  expect(randomBits(tensor(Int32Array.of(7, 9)), [6]).data).toEqual(words.data);
});

it('refuses what is no key', () => {
  expect(() => randomBits(i32([1]), [2])).toThrow(ShapeError);
  expect(() => randomBits(f64([1, 2]), [2])).toThrow(DTypeError);
  expect(() => randomBits(i32([1, 2]), [2 ** 31])).toThrow(ShapeError);
});
