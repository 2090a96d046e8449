// Estimates with their intervals, one under the other: a point and a line for each, and a dashed line at the value they
// are compared with.

import { demandSort } from '../base/demand.ts';
import { makeScale } from './scale.ts';
import { element, label, marker, num, picture, type PictureOptions, textWidth } from './svg.ts';

export interface Interval {
  readonly name: string;
  readonly value: number;
  /** Both or neither. */
  readonly low?: number;
  readonly high?: number;
}

export interface IntervalOptions extends PictureOptions {
  readonly rows: readonly Interval[];
  /** What is measured. */
  readonly axis: string;
  readonly format?: 'number' | 'percent';
  /** Where "no difference" lies, and its name. */
  readonly zero?: { readonly at: number; readonly name: string };
  readonly width?: number;
}

const rowHeight = 26;

/**
 * A line per estimate, from low to high, with a mark at its value.
 *
 * Edges     a row without an interval is its mark alone; marks differ where the interval leaves out `zero`
 * Throws    DomainError for values that are not finite
 */
export function intervalPlot(given: IntervalOptions): string {
  demandSort('record', { options: given }, 'intervalPlot');
  const { rows, axis, format = 'number', zero, width = 640, ...options } = given;
  demandSort('records', { rows }, 'intervalPlot');
  const values = [...rows.flatMap(({ value, low = value, high = value }) => [value, low, high]), ...(zero === undefined ? [] : [zero.at])];
  // A twentieth of room on both sides, so that no line ends on the frame.
  const room = (sign: number): number => sign * Math.max(...values.map((v) => sign * v));
  const [least, most] = [room(-1), room(1)];
  const pad = (most - least || Math.abs(most) || 1) / 20;
  const x = makeScale({ label: axis, format, domain: [least - pad, most + pad] }, values);
  const left = 24 + Math.max(0, ...rows.map(({ name }) => textWidth(name)));
  const [w, h] = [width - left - 24, rows.length * rowHeight];
  const unit = format === 'percent' ? `${axis} (%)` : axis;
  const said = (v: number): string => String(Number(v.toPrecision(3)));
  const desc = options.desc ?? `${axis}. ${rows.map(({ name, value, low, high }) =>
    `${name}: ${said(value)}${low === undefined ? '' : `, from ${said(low)} to ${said(high!)}`}`).join('; ')}.`;
  return picture({ ...options, desc, width, height: h + 74 }, (top) => {
    const y = (row: number): number => top + 24 + (row + 0.5) * rowHeight;
    const at = (value: number): number => left + x.at(value) * w;
    const [first, last] = [top + 24, top + 24 + h];
    return [
      ...x.ticks.map(({ value }) => element('path', { class: 'grid', d: `M${num(at(value))} ${num(first)}V${num(last)}` })),
      element('path', { class: 'axis', d: `M${num(left)} ${num(last)}h${num(w)}` }),
      ...x.ticks.map(({ value, text }) => label(text, at(value), last + 17, { anchor: 'middle', tone: 'quiet' })),
      label(unit, left + w / 2, last + 38, { anchor: 'middle' }),
      ...(zero === undefined ? [] : [
        element('path', { class: 'axis', 'stroke-dasharray': '4 4', d: `M${num(at(zero.at))} ${num(first)}V${num(last)}` }),
        label(zero.name, at(zero.at), first - 6, { anchor: 'middle', size: 11, tone: 'quiet' }),
      ]),
      ...rows.map(({ name, value, low, high }, i) => {
        const isApart = zero !== undefined && low !== undefined && (low > zero.at || high! < zero.at);
        const style = isApart ? 1 : 0;
        const line = low === undefined ? ''
          : element('path', { class: `l${style}`, 'stroke-width': 2, d: `M${num(at(low))} ${num(y(i))}H${num(at(high!))}` });
        return label(name, left - 12, y(i) + 4, { anchor: 'end' }) + line + marker(style, at(value), y(i), 5);
      }),
    ].join('');
  });
}
