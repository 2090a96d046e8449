// Where weights start: bounds and variances of the papers, orthogonality, and bits that depend on the key alone.

import { describe, expect, it } from 'vitest';
import type { Shape } from '../../src/base/shape.ts';
import type { Tensor } from '../../src/graph/index.ts';
import {
  allOnes, allZeros, constant, conv2d, glorotNormal, glorotUniform, heNormal, heUniform, type Initializer, lecunNormal, lecunUniform,
  linear, orthogonal,
} from '../../src/nn/index.ts';
import { key, matmul, reshape, transpose } from '../../src/ops/index.ts';
import { expectBits } from '../values.ts';

const moments = ({ data, size }: Tensor): { mean: number; deviation: number; largest: number } => {
  const numbers = Array.from(data);
  const average = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / size;
  const mean = average(numbers);
  return { mean, deviation: Math.sqrt(average(numbers.map((v) => (v - mean) ** 2))), largest: Math.max(...numbers.map(Math.abs)) };
};

// A kernel [O, C, KH, KW] = [40, 30, 3, 3] has fan-in 270 and fan-out 360.
const shape: Shape = [40, 30, 3, 3];
const table: readonly (readonly [name: string, initializer: Initializer, deviation: number, uniform: boolean])[] = [
  ['glorotUniform', glorotUniform(), Math.sqrt(2 / 630), true],
  ['glorotUniform with a gain', glorotUniform({ gain: 3 }), 3 * Math.sqrt(2 / 630), true],
  ['glorotNormal', glorotNormal(), Math.sqrt(2 / 630), false],
  ['glorotNormal with a gain', glorotNormal({ gain: 0.5 }), 0.5 * Math.sqrt(2 / 630), false],
  ['heUniform', heUniform(), Math.sqrt(2 / 270), true],
  ['heUniform for PReLU by fan-out', heUniform({ slope: 0.25, fan: 'out' }), Math.sqrt(2 / (1.0625 * 360)), true],
  ['heNormal', heNormal(), Math.sqrt(2 / 270), false],
  ['heNormal for PReLU by fan-out', heNormal({ slope: 0.25, fan: 'out' }), Math.sqrt(2 / (1.0625 * 360)), false],
  ['lecunUniform', lecunUniform(), Math.sqrt(1 / 270), true],
  ['lecunNormal', lecunNormal(), Math.sqrt(1 / 270), false],
];

describe.each(table)('%s', (_, initializer, deviation, uniform) => {
  it('has mean 0, the deviation of its paper and the spread of its distribution', () => {
    const found = moments(initializer(key(1), shape, { dtype: 'f64' }));
    // Standard errors over 10,800 numbers, four of them allowed: 1/√n of the mean, at most 0.71/√n of the deviation.
    expect(Math.abs(found.mean) / deviation).toBeLessThan(4 / Math.sqrt(10_800));
    expect(Math.abs(found.deviation / deviation - 1)).toBeLessThan(4 * 0.71 / Math.sqrt(10_800));
    if (uniform) {
      expect(found.largest).toBeLessThanOrEqual(Math.sqrt(3) * deviation);
      expect(found.largest).toBeGreaterThan(Math.sqrt(3) * deviation * 0.999);
    } else expect(found.largest).toBeGreaterThan(3 * deviation);
  });

  it('depends on the key alone, and is Float32 by default', () => {
    const [a, b, c] = [initializer(key(2), [3, 2]), initializer(key(2), [3, 2]), initializer(key(3), [3, 2])];
    expect(a.dtype).toBe('f32');
    expectBits(a, b.toArray());
    expect(Array.from(a.data)).not.toEqual(Array.from(c.data));
  });
});

describe('orthogonal', () => {
  const gram = (w: Tensor): Tensor => matmul(w, transpose(w, 0, 1));
  it.each<readonly [Shape]>([[[5, 5]], [[3, 7]], [[7, 3]], [[4, 2, 3, 3]], [[1, 6]], [[6, 1]]])('has orthonormal rows or columns times the gain: %o', (size) => {
    for (const [dtype, tolerance] of [['f64', 1e-14], ['f32', 1e-5]] as const) {
      const w = orthogonal({ gain: 2 })(key(4), size, { dtype });
      expect([...w.shape]).toEqual([...size]);
      const matrix = reshape(w, [size[0]!, -1]);
      const n = Math.min(...matrix.shape);
      const product = gram(matrix.shape[0] === n ? matrix : transpose(matrix, 0, 1)).data;
      for (let i = 0; i < n * n; i++) expect(Math.abs(product[i]! - (i % (n + 1) === 0 ? 4 : 0))).toBeLessThan(tolerance);
    }
  });

  it('prefers no direction: the mean of many is near 0', () => {
    const many = Array.from({ length: 400 }, (_, seed) => orthogonal()(key(seed), [2, 2], { dtype: 'f64' }));
    for (let i = 0; i < 4; i++) expect(Math.abs(many.reduce((sum, w) => sum + w.data[i]!, 0) / 400)).toBeLessThan(4 * 0.71 / 20);
  });
});

describe('constants', () => {
  it('are the same number everywhere', () => {
    expectBits(constant(-2.5)(key(1), [2, 1]), [[-2.5], [-2.5]]);
    expectBits(allZeros(key(1), [2]), [0, 0]);
    expectBits(allOnes(key(1), [], { dtype: 'f64' }), 1);
  });
});

describe('layers', () => {
  it('start as they are told, with a bias of 0', () => {
    const { params } = linear({ inputs: 2, outputs: 3, weight: constant(0.5) }).init(key(1));
    expectBits(params.weight, [[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]]);
    expectBits(params.bias!, [0, 0, 0]);
    expect(linear({ inputs: 2, outputs: 3, bias: false }).init(key(1)).params.bias).toBe(undefined);
  });

  it('start Glorot uniform (linear) and He normal (conv2d) when they are not', () => {
    const weight = linear({ inputs: 3, outputs: 2 }).init(key(6)).params.weight;
    expectBits(weight, glorotUniform()(key(6), [2, 3]).toArray());
    const kernel = conv2d({ inputs: 4, outputs: 2, kernel: 3, groups: 2 }).init(key(6)).params.weight;
    expectBits(kernel, heNormal()(key(6), [2, 2, 3, 3]).toArray());
  });
});
