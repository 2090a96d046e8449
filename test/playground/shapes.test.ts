import { describe, expect, it } from 'vitest';
import { arcArrow, arcs, arrow, boundaries } from '../../examples/playground/shapes.ts';

const numbersOf = (path: string): number[] => path.match(/-?\d+(\.\d+)?/g)!.map(Number);

describe('an arrow', () => {
  it('ends in a head at its second point, and is nothing when too short to see', () => {
    expect(arrow([0, 0], [1, 0], 0.1)).toBe('M0.000 0.000L1.000 0.000M0.900 0.050L1.000 0.000L0.900 -0.050');
    expect(arrow([0, 0], [0.001, 0])).toBe('');
  });

  it('along the circle goes the short way, over 0° too, and stops before its end', () => {
    const [from, to] = [numbersOf(arcArrow(350, 20, 5)), numbersOf(arcArrow(20, 350, 5))];
    expect(from.slice(0, 9)).toEqual([0.9848, 0.1736, 1, 1, 0, 0, 0, 0.9659, -0.2588]);
    expect(to.slice(0, 9)).toEqual([0.9397, -0.342, 1, 1, 0, 0, 1, 0.9962, 0.0872]);
    // The head opens backwards: its strokes begin on the side the arrow comes from.
    expect(from[10]).toBeGreaterThan(-0.2588);
    expect(to[10]).toBeLessThan(0.0872);
    expect(arcArrow(10, 14, 5)).toBe('');
  });
});

describe('flags around the circle', () => {
  it('are drawn as arcs where they are set, and as boundaries where they change', () => {
    const flags = Array.from({ length: 360 }, (_, i) => i < 10 || i >= 350);
    expect(arcs(flags, 1).split('M')).toHaveLength(2);
    expect(boundaries(flags, 1)).toBe('M0 0L0.9863 -0.165M0 0L0.9833 0.1822');
    expect(arcs(flags.map(() => true), 1).split('A')).toHaveLength(3);
    expect(boundaries(flags.map(() => true), 1)).toBe('');
  });
});
