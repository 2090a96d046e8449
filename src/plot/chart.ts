// The chart everything with two axes is made of: lines, bands, points, marks and guides in a frame with ticks, and a legend
// beside it where no data can be hidden. Panels stand side by side in one picture.

import { demandSort } from '../base/demand.ts';
import { DomainError, message } from '../base/errors.ts';
import { type AxisOptions, makeScale, type Scale } from './scale.ts';
import { element, label, marker, num, pathOf, picture, type PictureOptions, strokeOf, styles, textWidth } from './svg.ts';

export interface Series {
  readonly name: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** The band around the line: both or neither. */
  readonly low?: ArrayLike<number>;
  readonly high?: ArrayLike<number>;
  /** Points are marked as well; for few points that were measured. */
  readonly marked?: boolean;
  /** The area down to the axis is filled. */
  readonly filled?: boolean;
  /** Its colour and dash, when they are not those of its place in the list. */
  readonly style?: number;
}

/** A point with a name beside it, and where it came from. */
export interface Mark {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly from?: readonly [number, number];
  readonly style?: number;
  /** Which side of the point its name is on: right by default. */
  readonly side?: 'left' | 'right';
}

/** A dashed line across the frame, at an x or a y. */
export interface Guide {
  readonly x?: number;
  readonly y?: number;
  readonly name?: string;
}

export interface PanelOptions {
  readonly heading?: string;
  readonly x: AxisOptions;
  readonly y: AxisOptions;
  readonly series: readonly Series[];
  readonly marks?: readonly Mark[];
  readonly guides?: readonly Guide[];
  /** Beside the frame, where no data can be hidden, or inside its upper right corner, where the caller knows there is none. */
  readonly legend?: 'beside' | 'inside';
}

export interface ChartOptions extends PictureOptions, PanelOptions {
  readonly width?: number;
  readonly height?: number;
}

const margin = { top: 12, right: 18, bottom: 50, left: 66 } as const;

/**
 * A chart of lines, with bands where they are given.
 *
 * Shapes    every series has as many y as x; bands likewise
 * Edges     on a log axis values ≤ 0 are shown at its lower end; points outside a given domain are cut off
 * Throws    DomainError for lists that do not fit and values that are not finite
 */
export function lineChart(given: ChartOptions): string {
  demandSort('record', { options: given }, 'lineChart');
  const { width = 640, height = 380, ...options } = given;
  return panels({ ...options, panels: [options], width, height });
}

/** Charts side by side in one picture, under one title, with one legend each. */
export function panels(given: PictureOptions & { readonly panels: readonly PanelOptions[]; readonly width?: number; readonly height?: number }): string {
  demandSort('record', { options: given }, 'panels');
  const { width = 900, height = 360, panels: list, ...options } = given;
  demandSort('records', { panels: list }, 'panels');
  for (const { x, y, series } of list) {
    demandSort('record', { x, y }, 'a chart');
    demandSort('records', { series }, 'a chart');
  }
  const desc = options.desc ?? list.map(describe).join(' ');
  const each = width / list.length;
  return picture({ ...options, desc, width, height }, (top) =>
    list.map((panel, i) => drawPanel(panel, i * each, top, each, height)).join(''),
  );
}

/** What a chart shows, in words. */
function describe({ heading, x, y, series, marks = [] }: PanelOptions): string {
  const lines = series.map((s) => {
    const values = Array.from(s.y);
    if (values.length === 0) return `${s.name}: no points`;
    const ends = `from ${round(values[0]!)} to ${round(values.at(-1)!)}`;
    const highest = -least(values.map((v) => -v));
    return `${s.name}: ${values.length} points, ${ends}, lowest ${round(least(values))}, highest ${round(highest)}`;
  });
  const points = marks.map(({ name, x: at, y: value }) => `point ${name} at ${round(at)}, ${round(value)}`);
  return `${heading === undefined ? '' : `${heading}. `}${y.label} against ${x.label}. ${[...lines, ...points].join('; ')}.`;
}

const round = (x: number): string => String(Number(x.toPrecision(4)));
const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity);

function check({ name, x, y, low, high }: Series): void {
  demandSort('list', { x, y }, `the series '${name}'`);
  const wrong =
    [y, low, high].some((list) => list !== undefined && list.length !== x.length)
    || (low === undefined) !== (high === undefined);
  if (wrong) throw new DomainError(message(
    `the series '${name}': ${x.length} x, ${y.length} y, ${low?.length ?? 0} and ${high?.length ?? 0} ends of the band`,
    'Every point has all of them', 'Check the lists'));
}

function* valuesOf(options: PanelOptions, axis: 'x' | 'y'): Iterable<number> {
  for (const series of options.series) {
    yield* Array.from(series[axis]);
    if (axis === 'y') yield* [...Array.from(series.low ?? []), ...Array.from(series.high ?? [])];
  }
  for (const mark of options.marks ?? []) yield mark[axis];
}

function drawPanel(options: PanelOptions, left: number, top: number, width: number, height: number): string {
  const { heading, x: xAxis, y: yAxis, series, marks = [], guides = [] } = options;
  series.forEach(check);
  const [x, y] = [makeScale(xAxis, valuesOf(options, 'x')), makeScale(yAxis, valuesOf(options, 'y'))];
  // The legend takes what its longest name needs, up to a third of the panel; one series without a choice needs none.
  const named = series.length > 1 ? series : [];
  const legend = named.length === 0 ? 0 : Math.min(width / 3, 44 + Math.max(...named.map(({ name }) => textWidth(name))));
  const inside = options.legend === 'inside';
  const frame = {
    x: left + margin.left,
    y: top + margin.top + (heading === undefined ? 0 : 18),
    w: width - margin.left - margin.right - (inside ? 0 : legend),
    h: 0,
  };
  frame.h = top + height - margin.bottom - frame.y;
  const at: At = (vx, vy) => [x.at(vx) * frame.w, (1 - y.at(vy)) * frame.h];
  const styleOf = (i: number): number => series[i]!.style ?? i;

  const guided = guides.map((guide) => drawGuide(guide, x, y, at));
  const lines = [...guided, ...series.map((s, i) => drawSeries(s, styleOf(i), at, frame))];
  const entries = { x: frame.x + frame.w + (inside ? -legend : 12), y: frame.y + 12, room: legend - 40 };
  // Marks at the edge of the frame are drawn whole; those beyond a given domain are left out.
  const marked = series.flatMap((s, i) => (s.marked ? placesOf(s, s.y, at) : []).filter(within(frame))
    .map(([px, py]) => marker(styleOf(i), frame.x + px, frame.y + py)));
  return [
    heading === undefined ? '' : label(heading, frame.x, frame.y - 8, { weight: 'bold' }),
    drawAxes(x, y, xAxis, yAxis, frame),
    // An inner picture cuts off what lies outside the frame.
    element('svg', { x: frame.x, y: frame.y, width: frame.w, height: frame.h, overflow: 'hidden' }, lines.join('')),
    ...marked,
    ...marks.map((mark) => drawMark(mark, at, frame)),
    ...guides.map((guide) => nameGuide(guide, x, y, at, frame)),
    ...named.map((s, i) => drawEntry(s, styleOf(i), entries.x, entries.y + i * 20, entries.room)),
  ].join('');
}

type Place = readonly [number, number];
/** From values to pixels within the frame. */
type At = (x: number, y: number) => Place;

function placesOf({ x }: Series, y: ArrayLike<number>, at: At): Place[] {
  return Array.from(x, (value, k) => at(value, y[k]!));
}

function drawSeries(s: Series, style: number, at: At, { h }: Frame): string {
  const line = placesOf(s, s.y, at);
  if (line.length === 0) return '';
  const area = (points: readonly Place[], opacity: number): string =>
    element('path', { class: `a${style % styles}`, opacity, d: `${pathOf(points)}Z` });
  const { low, high } = s;
  return [
    low === undefined || high === undefined ? '' : area([...placesOf(s, high, at), ...placesOf(s, low, at).reverse()], 0.18),
    s.filled ? area([[line[0]![0], h], ...line, [line.at(-1)![0], h]], 0.22) : '',
    element('path', { ...strokeOf(style), 'stroke-linejoin': 'round', d: pathOf(line) }),
  ].join('');
}

function drawGuide({ x: gx, y: gy = 0 }: Guide, x: Scale, y: Scale, at: At): string {
  const ends = gx === undefined ? [at(x.domain[0], gy), at(x.domain[1], gy)] : [at(gx, y.domain[0]), at(gx, y.domain[1])];
  return element('path', { class: 'axis', 'stroke-dasharray': '4 4', d: pathOf(ends) });
}

function nameGuide({ x: gx, y: gy = 0, name }: Guide, x: Scale, y: Scale, at: At, frame: Frame): string {
  if (name === undefined) return '';
  const small = { size: 11, tone: 'quiet' } as const;
  if (gx !== undefined) return label(name, frame.x + at(gx, y.domain[0])[0] + 5, frame.y + 12, small);
  return label(name, frame.x + frame.w - 4, frame.y + at(x.domain[0], gy)[1] - 5, { ...small, anchor: 'end' });
}

/** One line of a legend: a piece of the stroke, its marker, the name. */
function drawEntry({ name, marked }: Series, style: number, x: number, y: number, room: number): string {
  const stroke = element('path', { ...strokeOf(style), d: `M${num(x)} ${num(y - 4)}h24` });
  return stroke + (marked ? marker(style, x + 12, y - 4) : '') + label(fitted(name, room), x + 30, y);
}

/** A name cut to the room it has. */
function fitted(name: string, width: number): string {
  const most = Math.max(3, Math.floor(width / textWidth('m')));
  return [...name].length <= most + 1 ? name : `${[...name].slice(0, most).join('')}…`;
}

const within = ({ w, h }: Frame) => ([x, y]: Place): boolean => x >= -0.01 && x <= w + 0.01 && y >= -0.01 && y <= h + 0.01;

interface Frame { readonly x: number; readonly y: number; readonly w: number; readonly h: number }

function drawAxes(x: Scale, y: Scale, xAxis: AxisOptions, yAxis: AxisOptions, { x: fx, y: fy, w, h }: Frame): string {
  const unit = (axis: AxisOptions): string => (axis.format === 'percent' ? `${axis.label} (%)` : axis.label);
  return [
    ...x.ticks.map(({ value }) => element('path', { class: 'grid', d: `M${num(fx + x.at(value) * w)} ${num(fy)}v${num(h)}` })),
    ...y.ticks.map(({ value }) =>
      element('path', { class: 'grid', d: `M${num(fx)} ${num(fy + (1 - y.at(value)) * h)}h${num(w)}` }),
    ),
    element('path', { class: 'axis', d: `M${num(fx)} ${num(fy)}v${num(h)}h${num(w)}` }),
    ...thinned(x, w).map(({ value, text }) =>
      label(text, fx + x.at(value) * w, fy + h + 17, { anchor: 'middle', tone: 'quiet' }),
    ),
    ...y.ticks.map(({ value, text }) => label(text, fx - 7, fy + (1 - y.at(value)) * h + 4, { anchor: 'end', tone: 'quiet' })),
    label(unit(xAxis), fx + w / 2, fy + h + 38, { anchor: 'middle' }),
    label(unit(yAxis), fx - 48, fy + h / 2, { anchor: 'middle', upwards: true }),
  ].join('');
}

/** Every tick whose text has room beside the one before. */
function thinned({ ticks, at }: Scale, width: number): Scale['ticks'] {
  let reached = -Infinity;
  return ticks.filter(({ value, text }) => {
    const half = textWidth(text) / 2;
    const place = at(value) * width;
    if (place - half < reached + 4) return false;
    reached = place + half;
    return true;
  });
}

function drawMark(
  { name, x, y, from, style = 0, side = 'right' }: Mark,
  at: At,
  frame: Frame,
): string {
  const [px, py] = at(x, y);
  const parts: string[] = [];
  if (from !== undefined) {
    const [sx, sy] = at(...from);
    const length = Math.sqrt((px - sx) ** 2 + (py - sy) ** 2) || 1;
    const [ux, uy] = [(px - sx) / length, (py - sy) / length];
    // The arrow stops before the mark, so that its head is seen.
    const [tx, ty] = [frame.x + px - 7 * ux, frame.y + py - 7 * uy];
    const barb = (side: number): string => pathOf([[tx - 6 * ux - side * uy, ty - 6 * uy + side * ux], [tx, ty]]);
    const shaft = pathOf([[frame.x + sx + 7 * ux, frame.y + sy + 7 * uy], [tx, ty]]);
    parts.push(element('path', { class: 'axis', 'stroke-width': 1.5, d: shaft + barb(3.5) + barb(-3.5) }));
  }
  return [
    ...parts,
    marker(style, frame.x + px, frame.y + py, 4.5),
    side === 'right'
      ? label(name, frame.x + px + 8, frame.y + py - 7, { weight: 'bold' })
      : label(name, frame.x + px - 8, frame.y + py + 13, { weight: 'bold', anchor: 'end' }),
  ].join('');
}
