// The checks at the door of every op, and what their messages say.

import { describe, expect, it } from 'vitest';
import { DomainError, DTypeError, MarginaliaError, ShapeError } from '../../src/base/errors.ts';
import * as ops from '../../src/ops/index.ts';
import {
  axisOf, demandElements, demandFit, demandFloat, demandIndex, demandOptions, demandSameType, demandTensor,
} from '../../src/ops/operands.ts';
import { f32, f64, i32, thrown } from '../values.ts';

describe('what an op demands', () => {
  it('is a tensor, named with the op that asked', () => {
    demandTensor(f32([1]), 'sum');
    for (const [value, kind] of [[[1], 'array'], [3, 'number'], [null, 'null'], [undefined, 'undefined'], ['x', 'string']]) {
      expect(() => demandTensor(value, 'sum')).toThrow(`sum: an operand of type ${kind as string}`);
    }
  });

  it('is a float tensor, or an i32 index, or one type for all', () => {
    expect(() => demandFloat(i32([1]), 'mean')).toThrow(/mean: an operand i32\[1\]/);
    expect(() => demandIndex(f64([1]), 'take')).toThrow(/take: an index f64\[1\]/);
    expect(() => demandSameType('matmul', f32([1]), f64([1]))).toThrow(/matmul: operands f32\[1\] and f64\[1\]/);
    expect(() => demandFit(f32([1, 2]), f32([1, 2, 3]), 'greater')).toThrow(/greater: shapes \[2\] and \[3\]/);
    demandFit(1, f32([1, 2]), 'greater');
    expect(() => demandElements(f32([]), [0], 'max')).toThrow(ShapeError);
  });

  it('is options with known names', () => {
    demandOptions({ axis: 0 }, ['axis'], 'sum');
    for (const given of [1, null, [0], f32([1])]) {
      expect(() => demandOptions(given as never, ['axis'], 'sum')).toThrow(DTypeError);
    }
    const misspelt = () => demandOptions({ dim: 0 }, ['axis', 'keepDims'], 'sum');
    expect(misspelt).toThrow("sum: the option 'dim'. Options are axis, keepDims");
    expect(axisOf(f32([[1]]), {}, 'sort')).toBe(1);
    expect(() => axisOf(f32([[1]]), { axis: 2 }, 'sort')).toThrow(/sort: axis 2/);
    expect(() => axisOf(f32([[1]]), { other: 2 } as never, 'sort')).toThrow(DomainError);
  });
});

describe('every op', () => {
  const functions = Object.entries(ops as unknown as Record<string, (...args: unknown[]) => unknown>);
  const nonsense: unknown[] = [undefined, null, 'text', {}, [], [1, 2], true, () => 1, NaN, -3];

  it('answers nonsense with an error of our own, and works afterwards', () => {
    for (const [name, op] of functions) {
      for (const first of nonsense) {
        for (const second of [undefined, f32([[1, 2]]), 'text', {}]) {
          const error = thrown(() => op(first, second));
          const ours = error === undefined || error instanceof MarginaliaError;
          expect(ours ? 'ours' : `${name}(${String(first)}, ${String(second)}): ${String(error)}`).toBe('ours');
        }
      }
    }
    expect(ops.sum(f32([1, 2])).item()).toBe(3);
  });

  it('never takes a plain array for a tensor', () => {
    const makers = new Set(['zeros', 'ones', 'full', 'arange', 'eye', 'key', 'rng', 'concat', 'stack']);
    for (const [name, op] of functions) {
      if (!makers.has(name)) expect(thrown(() => op([1, 2], [1, 2])), name).toBeInstanceOf(MarginaliaError);
    }
    expect(thrown(() => ops.concat([[1], [2]] as never))).toBeInstanceOf(DTypeError);
  });
});
