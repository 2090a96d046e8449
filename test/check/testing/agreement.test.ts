import { describe, expect, it } from 'vitest';
import { agreement, assertAgreement } from '../../../src/check/testing/agreement.ts';
import { tensor } from '../../../src/graph/index.ts';

describe('agreement', () => {
  it('counts digits by the norm of the project and names the worst entry', () => {
    const expected = tensor([[1, 2], [3, 4]], { dtype: 'f64' });
    const found = agreement(tensor([[1, 2], [3.003, 4]], { dtype: 'f64' }), expected, { digits: 6 });
    expect(found).toMatchObject(
      { ok: false, at: [1, 0], message: 'agreement to 3.0 digits, 6 demanded; worst at [1, 0]: 3.003 against 3' }
    );
    expect(found.digits).toBeCloseTo(3, 5);
    expect(agreement(tensor([[1, 2], [3.003, 4]], { dtype: 'f64' }), expected, { digits: 2 }).ok).toBe(true);
  });

  it('judges an entry that is small beside its neighbours on their scale', () => {
    expect(agreement([1e-8, 1], [0, 1], { digits: 6 }).ok).toBe(false);
    expect(agreement([1e-8, 1], [0, 1]).digits).toBeCloseTo(5, 5);
    expect(agreement([1e-10, 1], [0, 1], { digits: 6 }).ok).toBe(true);
  });

  it('takes numbers, arrays and tensors; NaN agrees with NaN only', () => {
    expect(agreement(2, 2)).toMatchObject({ ok: true, digits: 17 });
    expect(agreement([NaN, Infinity], Float64Array.of(NaN, Infinity)).ok).toBe(true);
    expect(agreement([NaN], [1]).ok).toBe(false);
    expect(agreement([1], [NaN]).ok).toBe(false);
    expect(agreement([], []).ok).toBe(true);
  });

  it('does not compare different shapes', () => {
    expect(agreement(tensor([[1, 2]]), tensor([1, 2]))).toMatchObject({ ok: false, message: 'shapes [1, 2] and [2] differ' });
    expect(agreement([1, 2], [1]).ok).toBe(false);
  });

  it('asserts', () => {
    expect(() => assertAgreement([1], [2])).toThrow(/agreement to 0.3 digits, 10 demanded; worst at \[0\]: 1 against 2/);
    expect(() => assertAgreement([1], [1])).not.toThrow();
  });
});
