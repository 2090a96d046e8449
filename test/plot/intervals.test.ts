// Estimates with their intervals, one under the other.

import { describe, expect, it } from 'vitest';
import { intervalPlot } from '../../src/plot/index.ts';
import { find, parseXml } from './xml.ts';

const draw = (rows: Parameters<typeof intervalPlot>[0]['rows']) =>
  parseXml(intervalPlot({ title: 'Differences', axis: 'difference', zero: { at: 0, name: 'none' }, rows }));
const lines = (root: ReturnType<typeof parseXml>) =>
  find(root, 'path').map(({ node }) => node.attributes).filter((one) => /^l\d/.test(one.get('class')!)).map((one) => [one.get('class'), one.get('d')!] as const);

describe('an interval', () => {
  it('is a line from low to high, told apart where it leaves out zero', () => {
    const root = draw([{ name: 'a', value: 1, low: -1, high: 3 }, { name: 'b', value: 2, low: 1, high: 3 }, { name: 'c', value: -2, low: -3, high: -1 }]);
    expect(lines(root).map(([style]) => style)).toEqual(['l0', 'l1', 'l1']);
    const ends = lines(root).map(([, d]) => /^M([\d.]+) [\d.]+H([\d.]+)$/.exec(d)!.slice(1).map(Number) as [number, number]);
    // b is half as long as a, and c as long as b; b and a end at the same place.
    expect(ends[1]![1] - ends[1]![0]).toBeCloseTo((ends[0]![1] - ends[0]![0]) / 2, 1);
    expect(ends[1]![1]).toBe(ends[0]![1]);
    expect(ends[2]![0]).toBeLessThan(ends[0]![0]);
  });

  it('of one seed is its mark alone, and the description says every number', () => {
    const root = draw([{ name: 'alone', value: 0.5 }, { name: 'pair', value: -1, low: -2, high: 0.25 }]);
    expect(lines(root)).toHaveLength(1);
    expect(root.children[1]!.text).toBe('difference. alone: 0.5; pair: -1, from -2 to 0.25.');
  });
});
