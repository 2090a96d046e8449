// Directions land on the circle and the sphere where they point.

import { describe, expect, it } from 'vitest';
import { DomainError, ShapeError } from '../../src/base/errors.ts';
import { circlePlot, spherePlot } from '../../src/plot/index.ts';
import { find, parseXml, value } from './xml.ts';

const circles = (source: string) => find(parseXml(source), 'circle').map(({ node }) => ({ x: value(node, 'cx'), y: value(node, 'cy'), r: value(node, 'r'), opacity: Number(node.attributes.get('opacity') ?? 1) }));

describe('circlePlot', () => {
  it('puts a direction at its angle, whatever its length, y upwards', () => {
    const [rim, right, up] = circles(circlePlot({ features: [5, 0, 0, 0.1], labels: [0, 0] }));
    expect(right!.y).toBeCloseTo(rim!.y, 6);
    expect(right!.x - rim!.x).toBeGreaterThan(0.9 * rim!.r);
    expect(up!.x).toBeCloseTo(rim!.x, 6);
    expect(rim!.y - up!.y).toBeCloseTo(right!.x - rim!.x, 1);
  });

  it('gives classes rings of their own and weights a spoke to the rim', () => {
    const source = circlePlot({ features: [1, 0, 1, 0], labels: [0, 6], weights: [0, 2] });
    const [rim, dot] = circles(source);
    const square = find(parseXml(source), 'path').map(({ node }) => node).find((node) => node.attributes.get('class') === 'a0 rim')!;
    expect(Number(/^M(\S+)/.exec(square.attributes.get('d')!)![1])).toBeLessThan(dot!.x - 5);
    expect(source).toContain(`M${rim!.x} ${rim!.y}L${rim!.x} ${rim!.y - rim!.r}`);
  });

  it('refuses rows without a direction and lists that do not fit', () => {
    expect(() => circlePlot({ features: [0, 0], labels: [0] })).toThrow(/row 0 has length 0/);
    expect(() => circlePlot({ features: [NaN, 0], labels: [0] })).toThrow(DomainError);
    expect(() => circlePlot({ features: [1, 2, 3], labels: [0] })).toThrow(ShapeError);
    expect(() => circlePlot({ features: [1, 2], labels: [] })).toThrow(ShapeError);
    expect(() => circlePlot({ features: [1, 2], labels: [-1] })).toThrow(DomainError);
  });
});

describe('spherePlot', () => {
  it('keeps every point within the rim and draws near ones last, larger and darker', () => {
    const features = Array.from({ length: 60 }, (_, i) => Math.sin(i * 3 + 1));
    const [, ...all] = circles(spherePlot({ features, labels: new Array<number>(20).fill(0) }));
    const rim = circles(spherePlot({ features, labels: new Array<number>(20).fill(0) }))[0]!;
    const dots = all.slice(0, 20);
    for (const { x, y } of dots) expect(Math.hypot(x - rim.x, y - rim.y)).toBeLessThanOrEqual(rim.r + 0.02);
    dots.slice(1).forEach((dot, i) => {
      expect(dot.opacity).toBeGreaterThanOrEqual(dots[i]!.opacity);
      expect(dot.r).toBeGreaterThanOrEqual(dots[i]!.r);
    });
    expect(dots.at(-1)!.opacity).toBeGreaterThan(dots[0]!.opacity + 0.3);
  });

  it('shows opposite directions as mirrored points, one near and one far', () => {
    const [rim, far, near] = circles(spherePlot({ features: [1, 2, 3, -1, -2, -3], labels: [0, 0] }));
    expect(far!.x + near!.x).toBeCloseTo(2 * rim!.x, 1);
    expect(far!.y + near!.y).toBeCloseTo(2 * rim!.y, 1);
    expect(near!.opacity).toBeGreaterThan(far!.opacity);
  });

  it('lists the classes that fit and says how many do not', () => {
    const source = spherePlot({ features: Array.from({ length: 120 }, (_, i) => Math.sin(i) + 1e-3), labels: Array.from({ length: 40 }, (_, i) => i), size: 200 });
    expect(source).toContain('and 32 more');
  });
});
