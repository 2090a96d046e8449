import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { argsortAxis } from '../../src/primitives/index.ts';
import { expectBits, f64, i32, runs } from '../values.ts';

it('is ascending and stable, with NaN last and the zeros tied', () => {
  expectBits(argsortAxis(f64([3, 1, 2]), 0), [1, 2, 0]);
  expectBits(argsortAxis(f64([2, 1, 2, 1]), 0), [1, 3, 0, 2]);
  expectBits(argsortAxis(f64([NaN, Infinity, -Infinity, NaN, 0]), 0), [2, 4, 1, 0, 3]);
  expectBits(argsortAxis(f64([0, -0, 0]), 0), [0, 1, 2]);
  expectBits(argsortAxis(i32([5, -5]), 0), [1, 0]);
});

it('orders along any axis', () => {
  expectBits(argsortAxis(f64([[3, 1], [2, 4]]), 0), [[1, 0], [0, 1]]);
  expectBits(argsortAxis(f64([[3, 1], [2, 4]]), 1), [[1, 0], [0, 1]]);
  expect(argsortAxis(f64([[], []]), 1).shape).toEqual([2, 0]);
});

it('law: the argsort of an argsort is the rank', () => {
  fc.assert(fc.property(fc.array(fc.double({ noDefaultInfinity: true }), { minLength: 1 }), (numbers) => {
    const order = argsortAxis(f64(numbers), 0);
    const rank = argsortAxis(order, 0).data;
    Array.from(order.data).forEach((at, i) => expect(rank[at]).toBe(i));
  }), runs);
});
