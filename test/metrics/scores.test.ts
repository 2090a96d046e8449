// Cosines of pairs, and what is refused at the door.

import { describe, expect, it } from 'vitest';
import { DomainError, ShapeError } from '../../src/base/errors.ts';
import { allPairCosines, pairCosines, splitScores } from '../../src/metrics/index.ts';

const features = { values: [3, 4, 1, 0, 0, 0, -6, -8], dims: 2 };

describe('pairCosines', () => {
  it('gives cosines by hand; a zero row has cosine 0', () => {
    const scores = pairCosines(features, [0, 0, 0, 2], [1, 3, 2, 2]);
    [0.6, -1, 0, 0].forEach((wanted, i) => expect(scores[i]).toBeCloseTo(wanted, 15));
  });

  it('is not spoilt by lengths that overflow or underflow', () => {
    const scores = pairCosines({ values: [3e200, 4e200, 3e-200, 4e-200, 5e-324, 0], dims: 2 }, [0, 0], [1, 2]);
    expect(scores[0]).toBeCloseTo(1, 15);
    expect(scores[1]).toBeCloseTo(0.6, 15);
  });

  it('refuses rows that do not exist and values that are not finite', () => {
    expect(() => pairCosines(features, [0], [4])).toThrow(/row 4 of 4, in pair 0/);
    expect(() => pairCosines(features, [0, 1], [1])).toThrow(ShapeError);
    expect(() => pairCosines({ values: [1, Infinity], dims: 2 }, [0], [0])).toThrow(DomainError);
    expect(() => pairCosines({ values: [1], dims: 0 }, [], [])).toThrow(ShapeError);
  });
});

describe('allPairCosines', () => {
  it('takes every pair once and splits by label', () => {
    const { genuine, impostor } = allPairCosines({ values: [1, 0, 0, 1, 1, 0], dims: 2 }, [5, 5, 2]);
    expect([[...genuine], [...impostor]]).toEqual([[0], [1, 0]]);
    expect(() => allPairCosines(features, [1])).toThrow(ShapeError);
  });
});

describe('splitScores', () => {
  it('keeps the order on both sides', () => {
    const { genuine, impostor } = splitScores([1, 2, 3, 4], [1, 0, 0, 1]);
    expect([[...genuine], [...impostor]]).toEqual([[1, 4], [2, 3]]);
    expect(() => splitScores([1], [])).toThrow(ShapeError);
  });
});
