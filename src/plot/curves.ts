// The curves of verification and identification: ROC and DET with logarithmic axes, CMC, and histograms of angles. Rates
// come from `metrics` or from anywhere else; nothing is computed here but bins.

import { demandSort } from '../base/demand.ts';
import { DomainError, message } from '../base/errors.ts';
import { lineChart, type Series } from './chart.ts';
import type { PictureOptions } from './svg.ts';

export interface RateCurve {
  readonly name: string;
  /** Ascending. */
  readonly far: ArrayLike<number>;
  readonly tar: ArrayLike<number>;
}

type CurveOptions = Partial<PictureOptions> & { readonly width?: number; readonly height?: number };

function demandCurves(curves: readonly RateCurve[], who: string): void {
  demandSort('records', { curves }, who);
  for (const { far, tar } of curves) demandSort('list', { far, tar }, who);
}

/** The lowest rate above 0: what one impostor is worth. Below it a curve says nothing. */
function lowestRate(curves: readonly RateCurve[], rates: (curve: RateCurve) => Iterable<number>): number {
  let low = 1;
  for (const curve of curves) for (const rate of rates(curve)) if (rate > 0) low = Math.min(low, rate);
  return 10 ** Math.floor(Math.log10(Math.min(low, 0.1)) + 1e-9);
}

/** The points with at least one false accept: below one over the number of impostors a curve is not known, so it begins there. */
function known({ far, tar }: RateCurve): { x: number[]; y: number[] } {
  const at = Array.from(far, (_, i) => i).filter((i) => far[i]! > 0);
  return { x: at.map((i) => far[i]!), y: at.map((i) => tar[i]!) };
}

/** TAR against FAR, FAR logarithmic and down to what the data can tell. */
export function rocPlot(curves: readonly RateCurve[], options: CurveOptions = {}): string {
  demandCurves(curves, 'rocPlot');
  return lineChart({
    title: 'Receiver operating characteristic', ...options,
    x: { label: 'false accept rate', scale: 'log', domain: [lowestRate(curves, ({ far }) => Array.from(far)), 1] },
    y: { label: 'true accept rate', format: 'percent' },
    series: curves.map((curve): Series => ({ name: curve.name, ...known(curve) })),
  });
}

/** Detection error trade-off: false rejects against false accepts, both logarithmic (A. Martin et al., Eurospeech 1997). */
export function detPlot(curves: readonly RateCurve[], options: CurveOptions = {}): string {
  demandCurves(curves, 'detPlot');
  // Where nobody is rejected the logarithm has no place for the curve, so it ends there.
  const errors = (curve: RateCurve): { x: number[]; y: number[] } => {
    const { x, y } = known(curve);
    return { x: x.filter((_, i) => y[i]! < 1), y: y.filter((tar) => tar < 1).map((tar) => 1 - tar) };
  };
  return lineChart({
    title: 'Detection error trade-off', ...options,
    x: { label: 'false accept rate', scale: 'log', domain: [lowestRate(curves, ({ far }) => Array.from(far)), 1] },
    y: { label: 'false reject rate', scale: 'log', domain: [lowestRate(curves, (curve) => errors(curve).y), 1] },
    series: curves.map((curve): Series => ({ name: curve.name, ...errors(curve) })),
  });
}

/** The share of queries whose mate is among the first r, r logarithmic. */
export function cmcPlot(
  curves: readonly { readonly name: string; readonly shares: ArrayLike<number> }[],
  options: CurveOptions = {},
): string {
  demandSort('records', { curves }, 'cmcPlot');
  for (const { shares } of curves) demandSort('list', { shares }, 'cmcPlot');
  return lineChart({
    title: 'Cumulative match characteristic',
    ...options,
    x: { label: 'rank', scale: 'log', domain: [1, Math.max(10, ...curves.map(({ shares }) => shares.length))] },
    y: { label: 'identification rate', format: 'percent' },
    series: curves.map(({ name, shares }): Series => ({ name, x: Array.from(shares, (_, r) => r + 1), y: shares })),
  });
}

/**
 * Histograms of angles between pictures of one person (genuine) and of two (impostor).
 *
 * Units     angles in radians, 0 … π; heights are shares of each list, so that lists of any lengths compare
 * Throws    DomainError for angles outside 0 … π
 */
export function angleHistogram(
  genuine: ArrayLike<number>,
  impostor: ArrayLike<number>,
  given: CurveOptions & { readonly bins?: number } = {},
): string {
  demandSort('list', { genuine, impostor }, 'angleHistogram');
  demandSort('record', { options: given }, 'angleHistogram');
  const { bins = 45, ...options } = given;
  return lineChart({
    title: 'Angles between pairs',
    ...options,
    x: { label: 'angle', domain: [0, Math.PI], format: 'pi' },
    y: { label: 'share of pairs', format: 'percent' },
    series: [steps('genuine', genuine, bins), steps('impostor', impostor, bins)],
  });
}

/** A histogram as an outline with corners. */
function steps(name: string, angles: ArrayLike<number>, bins: number): Series {
  const counts = new Float64Array(bins);
  for (let i = 0; i < angles.length; i++) {
    const angle = angles[i]!;
    if (!(angle >= 0 && angle <= Math.PI)) throw new DomainError(message(
      `angleHistogram: the ${name} angle ${angle} at position ${i}`,
      'Angles lie in 0 … π', 'Take acos of cosines within [−1, 1]'));
    counts[Math.min(bins - 1, Math.floor((angle / Math.PI) * bins))]!++;
  }
  const [x, y]: [number[], number[]] = [[0], [0]];
  counts.forEach((count, b) => {
    x.push((b / bins) * Math.PI, ((b + 1) / bins) * Math.PI);
    y.push(count / Math.max(1, angles.length), count / Math.max(1, angles.length));
  });
  return { name, x: [...x, Math.PI], y: [...y, 0], filled: true };
}
