import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apart, short } from '../../examples/playground/words.ts';

const runs = { seed: 1, numRuns: Number(process.env['RUNS'] ?? 30) };

describe('a number', () => {
  it('has three digits, four from a thousand on, wherever it stands', () => {
    expect([9.10214, -0.5, 1234.5, 12345, 1e-4, 0, -Infinity, NaN].map(short)).toEqual(['9.10', '−0.500', '1235', '1.2e+4', '1.0e−4', '0', '−∞', 'not a number']);
  });

  it('beside another one has the digits in which they differ, and no more than three where these do', () => {
    expect(apart(9.10214, 9.09989)).toEqual(['9.102', '9.100']);
    expect(apart(1234.5, 1234.52)).toEqual(['1234.50', '1234.52']);
    expect(apart(12345, 12351)).toEqual(['1.23e+4', '1.24e+4']);
    expect(apart(1, 2)).toEqual(['1.00', '2.00']);
    expect(apart(1, 1 + Number.EPSILON)[0]).not.toBe(apart(1, 1 + Number.EPSILON)[1]);
    expect(apart(3, 3)[0]).toBe(apart(3, 3)[1]);
  });

  it('law: two numbers that differ never look the same beside each other', () => {
    const numbers = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => x !== 0);
    fc.assert(fc.property(numbers, fc.integer({ min: 1, max: 9 }), (a, ulps) => {
      const b = a * (1 + ulps * Number.EPSILON);
      if (a !== b && Number.isFinite(b)) expect(apart(a, b)[0]).not.toBe(apart(a, b)[1]);
    }), runs);
  });
});
