// Edits between statements: the smallest parts that differ, each wrong in its own way.

import { describe, expect, it } from 'vitest';
import { editsBetween, parseClaim } from '../../src/formula/index.ts';

const claim = (text: string) => parseClaim(text, { indices: ['k', 'n'] });
const edits = (from: string, to: string) => editsBetween(claim(from), claim(to));

describe('the edits between two statements', () => {
  it('are none where only spaces and printed digits differ', () => {
    expect(edits('L = 1.0 * a[k]', 'L = 1*a[k]')).toEqual([]);
  });

  it('are the parts that were replaced, wrapped or unwrapped', () => {
    expect(edits('f = cos(θ + m)', 'f = cos(θ + m * 2)')).toEqual([{ from: 'm', to: 'm * 2' }]);
    expect(edits('f = exp(min(a, 1))', 'f = exp(a)')).toEqual([{ from: 'min(a, 1)', to: 'a' }]);
    expect(edits('f = a if b > 0 else c', 'f = a if b >= 0 else c')).toEqual([{ from: 'b > 0', to: 'b >= 0' }]);
    expect(edits('f = 2 * a', 'f = 3 * a')).toEqual([{ from: '2', to: '3' }]);
  });

  it('are several where several parts differ, and one where two changed places', () => {
    expect(edits('f = a + exp(b)', 'f = c + exp(e)')).toHaveLength(2);
    expect(edits('f = cos(a) - b', 'f = cos(b) - a')).toEqual([{ from: 'a', to: 'b', exchanged: true }]);
  });

  it('see the sign of the statement and its where', () => {
    expect(edits('f < a', 'f <= a')).toEqual([{ from: '<', to: '<=' }]);
    expect(edits('f = a[k]', 'f = a[k] where k != y')).toEqual([{ from: 'anywhere', to: 'where k != y' }]);
    expect(edits('f = a where a > 0', 'f = a where a > 1')).toEqual([{ from: '0', to: '1' }]);
  });
});
