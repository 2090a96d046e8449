// Angles by hand, and where acos would lose its digits.

import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import { angleBetween, classAngles } from '../../src/metrics/index.ts';

const at = (...angles: readonly number[]) => ({ values: angles.flatMap((a) => [Math.cos(a), Math.sin(a)]), dims: 2 });

describe('angleBetween', () => {
  it('keeps its digits near 0 and π', () => {
    for (const angle of [1e-10, 1, Math.PI / 2, 3]) expect(angleBetween([1, 0], [Math.cos(angle), Math.sin(angle)]) / angle).toBeCloseTo(1, 14);
    expect(Math.PI - angleBetween([1, 0], [-Math.sqrt(1 - 1e-16), 1e-8])).toBeCloseTo(1e-8, 15);
    expect(angleBetween([1, 0], [-1, 0])).toBe(Math.PI);
  });
});

describe('classAngles', () => {
  it('measures from the centre of the directions, by hand', () => {
    const { classes, intra, nearest, meanIntra, meanNearest } = classAngles(at(0.1, 0.3, 1, 2), [3, 3, 1, 8]);
    expect(classes).toEqual([1, 3, 8]);
    [0.1, 0.1, 0, 0].forEach((wanted, i) => expect(intra[i]).toBeCloseTo(wanted, 14));
    [0.8, 0.8, 1].forEach((wanted, i) => expect(nearest[i]).toBeCloseTo(wanted, 14));
    expect(meanIntra).toBeCloseTo(0.05, 14);
    expect(meanNearest).toBeCloseTo(2.6 / 3, 14);
  });

  it('does not weigh samples by their length', () => {
    const long = { values: [1, 0, 0, 100], dims: 2 };
    expect(classAngles(long, [0, 0]).intra[0]).toBeCloseTo(Math.PI / 4, 14);
  });

  it('has no nearest class for one, and refuses what has no direction', () => {
    expect(classAngles(at(1), [0])).toMatchObject({ classes: [0], nearest: new Float64Array(0) });
    expect(classAngles(at(1), [0]).meanNearest).toBeUndefined();
    expect(() => classAngles({ values: [0, 0], dims: 2 }, [0])).toThrow(/row 0 is zero/);
    expect(() => classAngles({ values: [1, 0, -1, 0], dims: 2 }, [4, 4])).toThrow(/centre of class 4 is zero/);
    expect(() => classAngles({ values: [], dims: 2 }, [])).toThrow(DomainError);
  });
});
