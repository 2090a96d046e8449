// Charts: points land where the axes say.

import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import { angleHistogram, cmcPlot, detPlot, figure2, figure6, lineChart, panels, rocPlot } from '../../src/plot/index.ts';
import { find, type Node, parseXml, value } from './xml.ts';

const axes = { x: { label: 'a', domain: [0, 10] }, y: { label: 'b', domain: [0, 1] } } as const;

/** Points of the paths with a class, as shares of the frame they are in: (0, 0) lower left, (1, 1) upper right. */
function drawn(source: string, name: string): [number, number][][] {
  return find(parseXml(source), 'svg').slice(1).flatMap(({ node: frame }) => frame.children.filter((child) => child.attributes.get('class') === name)
    .map((path) => points(path).map(([x, y]): [number, number] => [x / value(frame, 'width'), 1 - y / value(frame, 'height')])));
}
const points = (path: Node): [number, number][] => [...path.attributes.get('d')!.matchAll(/[ML](\S+) ([^MLZ]+)/g)].map((match) => [Number(match[1]), Number(match[2])]);
const near = (actual: readonly (readonly number[])[], wanted: readonly (readonly number[])[]): void => {
  expect(actual.length).toBe(wanted.length);
  actual.forEach((point, i) => point.forEach((v, k) => expect(Math.abs(v - wanted[i]![k]!)).toBeLessThan(1e-3)));
};

describe('lineChart', () => {
  it('draws lines, bands, marks and guides where the axes say', () => {
    const source = lineChart({
      title: 'T', ...axes, series: [{ name: 's', x: [0, 5, 10], y: [0, 0.5, 0.25], low: [0, 0.4, 0.2], high: [0.1, 0.6, 0.3] }], guides: [{ x: 2.5 }, { y: 0.75, name: 'limit' }],
    });
    near(drawn(source, 'l0')[0]!, [[0, 0], [0.5, 0.5], [1, 0.25]]);
    near(drawn(source, 'a0')[0]!, [[0, 0.1], [0.5, 0.6], [1, 0.3], [1, 0.2], [0.5, 0.4], [0, 0]]);
    const [vertical, horizontal] = drawn(source, 'axis');
    near(vertical!, [[0.25, 0], [0.25, 1]]);
    near(horizontal!, [[0, 0.75], [1, 0.75]]);
    expect(source).toContain('limit');
  });

  it('names series in a legend only where there is a choice, and describes them all', () => {
    const one = { name: 'alone', x: [0, 1], y: [0.25, 0.5] };
    expect(find(parseXml(lineChart({ title: 'T', ...axes, series: [one] })), 'text').map(({ node }) => node.text)).not.toContain('alone');
    const two = parseXml(lineChart({ title: 'T', ...axes, series: [one, { name: 'other', x: [], y: [] }] }));
    expect(find(two, 'text').map(({ node }) => node.text)).toEqual(expect.arrayContaining(['alone', 'other']));
    expect(two.children[1]!.text).toBe('b against a. alone: 2 points, from 0.25 to 0.5, lowest 0.25, highest 0.5; other: no points.');
    expect(parseXml(lineChart({ title: 'T', desc: 'my own words', ...axes, series: [one] })).children[1]!.text).toBe('my own words');
  });

  it('draws measured points whole at the edge and leaves out those beyond a domain', () => {
    const source = lineChart({ title: 'T', ...axes, series: [{ name: 's', x: [0, 5, 11], y: [0, 1, 0], marked: true }] });
    expect(find(parseXml(source), 'circle').length).toBe(2);
  });

  it('refuses lists that do not fit and values that are not finite', () => {
    expect(() => lineChart({ title: 'T', ...axes, series: [{ name: 's', x: [0], y: [] }] })).toThrow(DomainError);
    expect(() => lineChart({ title: 'T', ...axes, series: [{ name: 's', x: [0], y: [0], low: [0] }] })).toThrow(/the series 's'/);
    expect(() => lineChart({ title: 'T', ...axes, series: [{ name: 's', x: [0], y: [NaN] }] })).toThrow(DomainError);
    expect(() => lineChart({ title: 'T', x: { label: 'a' }, y: { label: 'b' }, series: [{ name: 's', x: [Infinity], y: [0] }] })).toThrow(DomainError);
  });
});

describe('panels', () => {
  it('stand side by side with axes of their own', () => {
    const frames = find(parseXml(panels({ title: 'T', panels: [{ ...axes, series: [] }, { ...axes, series: [] }] })), 'svg').slice(1).map(({ node }) => node);
    expect(value(frames[0]!, 'x') + value(frames[0]!, 'width')).toBeLessThan(value(frames[1]!, 'x'));
  });
});

describe('rocPlot', () => {
  it('begins at the first false accept, on a log axis down to its decade', () => {
    const source = rocPlot([{ name: 'a', far: [0, 0.01, 0.1, 1], tar: [0.2, 0.5, 0.75, 1] }]);
    // FAR 0.01 … 1 is the whole axis; TAR from 0.5 to 1 likewise.
    near(drawn(source, 'l0')[0]!, [[0, 0], [0.5, 0.5], [1, 1]]);
  });
});

describe('detPlot', () => {
  it('shows rejects against accepts, both logarithmic, and ends where nobody is rejected', () => {
    near(drawn(detPlot([{ name: 'a', far: [0, 0.01, 0.1, 1], tar: [0, 0.9, 0.99, 1] }]), 'l0')[0]!, [[0, 0.5], [0.5, 0]]);
  });
});

describe('cmcPlot', () => {
  it('counts ranks from 1', () => {
    near(drawn(cmcPlot([{ name: 'a', shares: [0.5, ...new Array<number>(98).fill(0.75), 1] }]), 'l0')[0]!.slice(0, 2), [[0, 0], [Math.log10(2) / 2, 0.5]]);
  });
});

describe('angleHistogram', () => {
  it('counts every angle once, the ends included, as shares of its own list', () => {
    const source = angleHistogram([0, 0, Math.PI, 1.7], [1.6, 1.6], { bins: 2 });
    // Shares 1/2 and 1/2 for genuine, 0 and 1 for impostor; the axis goes to 1.
    near(drawn(source, 'l0')[0]!, [[0, 0], [0, 0.5], [0.5, 0.5], [0.5, 0.5], [1, 0.5], [1, 0]]);
    near(drawn(source, 'l1')[0]!, [[0, 0], [0, 0], [0.5, 0], [0.5, 1], [1, 1], [1, 0]]);
    expect(() => angleHistogram([4], [])).toThrow(/genuine angle 4 at position 0/);
    expect(() => angleHistogram([], [NaN])).toThrow(DomainError);
  });
});

describe('figure2', () => {
  it('has the losses and ratios of the paper', () => {
    const desc = parseXml(figure2()).children[1]!.text;
    for (const ratio of ['3.15', '4.51', '12.60']) expect(desc).toContain(ratio);
    // On axes 0 … 1 and 0 … 5, the mined curve passes (0.6, 0.0817): point 120 of 200.
    near([drawn(figure2(), 'l1')[0]![119]!], [[0.6, 0.0817 / 5]]);
  });
});

describe('figure6', () => {
  it('sorts by t and has a band only where every error is known', () => {
    const point = { verification: 0.99, identification: 0.9 };
    const source = figure6([{ ...point, t: 1.2, verification: 0.98 }, { ...point, t: 1 }].map((p) => ({ ...p, identificationError: 0.01 })), { verification: 'ORL' });
    near(drawn(source, 'l0')[0]!, [[0, 1], [1, 0]]);
    expect([drawn(source, 'a0').length, drawn(source, 'a1').length]).toEqual([0, 1]);
    expect(source).toContain('ORL');
  });
});
