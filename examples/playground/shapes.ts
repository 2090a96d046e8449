// What the pictures are drawn with, as the text of paths: arrows, arcs, boundaries, sectors of the unit disc. Points are
// those of the page, which counts upwards down.

import { pointOf } from './model.ts';

type Point = readonly [number, number];

/** A point of the plane as one of the page. */
export const at = ([x, y]: Point): Point => [Math.round(x * 1e4) / 1e4, -Math.round(y * 1e4) / 1e4];

const f = (v: number): string => v.toFixed(3);

/** The two strokes of a head that ends at a point and comes along a unit vector. */
const head = ([x, y]: Point, [ux, uy]: Point, size: number): string =>
  `M${f(x - size * (ux + uy / 2))} ${f(y - size * (uy - ux / 2))}L${f(x)} ${f(y)}L${f(x - size * (ux - uy / 2))} ${f(y - size * (uy + ux / 2))}`;

/** A line with a head, between two points of the page; nothing for one too short to see. */
export function arrow([x1, y1]: Point, [x2, y2]: Point, size = 0.05): string {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = Math.hypot(dx, dy);
  if (length < size / 5) return '';
  return `M${f(x1)} ${f(y1)}L${f(x2)} ${f(y2)}${head([x2, y2], [dx / length, dy / length], Math.min(size, length / 2))}`;
}

/** An arc of the unit circle with a head, the short way from one angle to `gap` degrees before another; nothing for one too short to see. */
export function arcArrow(from: number, to: number, gap: number, size = 0.05): string {
  const by = ((to - from + 540) % 360) - 180;
  if (Math.abs(by) < gap + 1) return '';
  const turn = Math.sign(by);
  const [start, end] = [at(pointOf(from)), at(pointOf(to - turn * gap))];
  // The tangent at the end, on the page.
  const along: Point = [turn * end[1], -turn * end[0]];
  return `M${start.join(' ')}A1 1 0 0 ${by > 0 ? 0 : 1} ${end.join(' ')}${head(end, along, size)}`;
}

/** The parts of a circle of radius r where a flag is set. */
export function arcs(flags: readonly boolean[], r: number): string {
  const n = flags.length;
  const point = (i: number): string => at(pointOf((360 * i) / n, r)).join(' ');
  if (flags.every(Boolean)) return `M${point(0)}A${r} ${r} 0 1 0 ${point(n / 2)}A${r} ${r} 0 1 0 ${point(0)}`;
  let path = '';
  for (let i = 0; i < n; i++) {
    if (!flags[i] || flags[(i + n - 1) % n]) continue;
    let length = 0;
    while (flags[(i + length + 1) % n]) length++;
    path += `M${point(i - 0.5)}A${r} ${r} 0 ${length + 1 > n / 2 ? 1 : 0} 0 ${point(i + length + 0.5)}`;
  }
  return path;
}

/** Lines from the middle to where a flag changes: the decision boundary of figures 1, 4 and 5. */
export function boundaries(flags: readonly boolean[], r: number): string {
  const n = flags.length;
  return flags.map((flag, i) => (flag === flags[(i + n - 1) % n] ? '' : `M0 0L${at(pointOf((360 * (i - 0.5)) / n, r)).join(' ')}`)).join('');
}

export const wedgeCount = 72;

/** A sector of the disc. */
export function wedge(i: number): string {
  const edge = (k: number): string => at(pointOf((360 * k) / wedgeCount)).join(' ');
  return `M0 0L${edge(i)}A1 1 0 0 0 ${edge(i + 1)}Z`;
}
