import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.ts';
import { type Tensor, tensor } from '../../src/graph/index.ts';
import { angleOf, chebyshev, sineOf } from '../../src/losses/angle.ts';
import { sum } from '../../src/ops/index.ts';

const angles = [0.01, 0.7, Math.PI / 2, 2.5, 3.1];
const cosines = (values: readonly number[]): Tensor => tensor([...values], { dtype: 'f64' });
const slopes = (f: (c: Tensor) => Tensor, at: readonly number[]): number[] =>
  Array.from(grad((c: Tensor) => sum(f(c)))(cosines(at)).data);
/** Beyond ±1 by one unit of rounding. */
const beyond = [1 + 2 ** -52, -1 - 2 ** -52];

describe('sineOf', () => {
  it('is the sine of the angle, with slope −c/sinθ', () => {
    const c = angles.map(Math.cos);
    sineOf(cosines(c)).data.forEach((s, i) => expect(s).toBeCloseTo(Math.sin(angles[i]!), 14));
    slopes(sineOf, c).forEach((g, i) => expect(g).toBeCloseTo(-c[i]! / Math.sin(angles[i]!), 10));
  });

  it('keeps the digits near 1 that 1 − c² loses', () => {
    const c = 1 - 2 ** -40;
    expect(sineOf(cosines([c])).item()).toBe(Math.sqrt(2 ** -40 * (1 + c)));
  });

  it('is 0 with gradient 0 at ±1 and where rounding has carried a cosine past it', () => {
    for (const at of [[1, -1], beyond]) {
      expect(Array.from(sineOf(cosines(at)).data)).toEqual([0, 0]);
      expect(slopes(sineOf, at).map(Math.abs)).toEqual([0, 0]);
    }
  });

  it('does not hide a NaN', () => expect(sineOf(cosines([NaN])).item()).toBeNaN());
});

describe('angleOf', () => {
  it('is acos inside, with slope −1/sinθ', () => {
    const c = angles.map(Math.cos);
    angleOf(cosines(c)).data.forEach((t, i) => expect(t).toBeCloseTo(angles[i]!, 12));
    slopes(angleOf, c).forEach((g, i) => expect(g).toBeCloseTo(-1 / Math.sin(angles[i]!), 9));
  });

  it('is 0 or π with gradient 0 at ±1 and past it', () => {
    for (const at of [[1, -1], beyond]) {
      expect(Array.from(angleOf(cosines(at)).data)).toEqual([0, Math.PI]);
      expect(slopes(angleOf, at).map(Math.abs)).toEqual([0, 0]);
    }
  });

  it('does not hide a NaN', () => expect(angleOf(cosines([NaN])).item()).toBeNaN());
});

describe('chebyshev', () => {
  it.each([1, 2, 3, 4, 7])('gives cos(mθ) and sin(mθ)/sinθ for m = %i', (m) => {
    const { cosine, sineFactor } = chebyshev(cosines(angles.map(Math.cos)), m);
    angles.forEach((angle, i) => {
      expect(cosine.data[i]).toBeCloseTo(Math.cos(m * angle), 11);
      const factor = typeof sineFactor === 'number' ? sineFactor : sineFactor.data[i]!;
      expect(factor).toBeCloseTo(Math.sin(m * angle) / Math.sin(angle), 10);
    });
  });

  it('has slope m·U_(m−1), finite at ±1 where it is ±m²', () => {
    expect(slopes((c) => chebyshev(c, 4).cosine, [1, -1])).toEqual([16, -16]);
    const { sineFactor } = chebyshev(cosines([0.3]), 4);
    expect(slopes((c) => chebyshev(c, 4).cosine, [0.3])[0]).toBeCloseTo(4 * (sineFactor as Tensor).item(), 13);
  });

  it('returns the very cosine for m = 1', () => {
    const c = cosines([0.1, -0.2]);
    expect(chebyshev(c, 1).cosine).toBe(c);
  });
});
