// The figures of the SV-Softmax paper (arXiv 1812.11317) that are plots: figure 2, how mining and support vectors change a
// loss, drawn from its formulas; figure 6, the sweep over t, drawn from results somebody has measured.

import { demandMade, demandSort } from '../base/demand.ts';
import { type PanelOptions, panels } from './chart.ts';
import type { PictureOptions } from './svg.ts';

const plain = (p: number): number => -Math.log(p);
/** Focal mining with γ = 2, the paper's choice for this figure. */
const mined = (p: number): number => -((1 - p) ** 2) * Math.log(p);

const grid = Array.from({ length: 200 }, (_, i) => (i + 1) / 200);

/**
 * Figure 2: the loss of a hard sample 1 (p = 0.2) and an easy one 2 (p = 0.6). Left, the support vector's view: only the hard
 * sample moves, to p = 0.1. Right, the focal view: both are weighted down.
 *
 * Equation  left L = −log p; right also L = −(1 − p)²·log p        (source: equations (8) and (9), figure 2)
 */
export function figure2(options: Partial<PictureOptions> = {}): string {
  const axes = { x: { label: 'p of the true class', domain: [0, 1] }, y: { label: 'loss', domain: [0, 5] } } as const;
  const curve = (name: string, f: (p: number) => number, style: number) => ({ name, x: grid, y: grid.map(f), style });
  const left: PanelOptions = {
    heading: 'Support vectors: the hard sample moves',
    ...axes,
    series: [curve('−log p', plain, 0)],
    guides: [{ x: 0.5, name: 'p = 0.5' }],
    marks: [
      { name: '1', x: 0.2, y: plain(0.2) },
      { name: '1*', x: 0.1, y: plain(0.1), from: [0.2, plain(0.2)], style: 1 },
      { name: '2', x: 0.6, y: plain(0.6) },
    ],
  };
  const right: PanelOptions = {
    heading: 'Mining: both are weighted down',
    legend: 'inside',
    ...axes,
    series: [curve('−log p', plain, 0), curve('−(1 − p)² log p', mined, 1)],
    marks: [
      { name: '1', x: 0.2, y: plain(0.2) },
      { name: '1*', x: 0.2, y: mined(0.2), from: [0.2, plain(0.2)], style: 1, side: 'left' },
      { name: '2', x: 0.6, y: plain(0.6) },
      { name: '2*', x: 0.6, y: mined(0.6), from: [0.6, plain(0.6)], style: 1 },
    ],
  };
  const ratio = (a: number, b: number): string => (a / b).toFixed(2);
  return panels({
    title: 'Figure 2: two ways to make a hard sample count more',
    panels: [left, right],
    width: 940,
    height: 420,
    desc: 'Loss against the probability p of the true class. Left: −log p; sample 1 moves from p = 0.2 to 0.1, sample 2 stays at '
      + `0.6, so the ratio of their losses grows from ${ratio(plain(0.2), plain(0.6))} to ${ratio(plain(0.1), plain(0.6))}. `
      + `Right: focal weighting lowers both, and the ratio grows to ${ratio(mined(0.2), mined(0.6))}.`,
    ...options,
  });
}

/** Results at one value of t, as shares in [0, 1]. */
export interface SweepPoint {
  readonly t: number;
  readonly verification: number;
  readonly identification: number;
  /** One standard error of each, where it is known. */
  readonly verificationError?: number;
  readonly identificationError?: number;
}

/**
 * Figure 6: verification (LFW) and identification (MegaFace) over the hardness t.
 *
 * Shapes    one point per t; the paper sweeps t = 1.0, 1.05, …, 1.3
 * Edges     the paper's own numbers are not part of this project: the points are the caller's
 */
export function figure6(
  points: readonly SweepPoint[],
  given: Partial<PictureOptions> & { readonly verification?: string; readonly identification?: string } = {},
): string {
  demandSort('records', { points }, 'figure6');
  const parts = ['t', 'verification', 'identification'];
  for (const point of points) demandMade(point, parts, 'figure6', `points { ${parts.join(', ')} }`);
  demandSort('record', { options: given }, 'figure6');
  const { verification = 'LFW', identification = 'MegaFace', ...options } = given;
  const sorted = [...points].sort((a, b) => a.t - b.t);
  const x = sorted.map(({ t }) => t);
  const panel = (
    heading: string,
    label: string,
    style: number,
    value: (p: SweepPoint) => number,
    error: (p: SweepPoint) => number | undefined,
  ): PanelOptions => {
    const y = sorted.map(value);
    const known = sorted.every((p) => error(p) !== undefined);
    const band = known ? { low: sorted.map((p) => value(p) - error(p)!), high: sorted.map((p) => value(p) + error(p)!) } : {};
    return {
      heading,
      x: { label: 't' },
      y: { label, format: 'percent' },
      series: [{ name: heading, x, y, marked: true, style, ...band }],
    };
  };
  return panels({
    title: 'Figure 6: the hardness t of support vectors',
    width: 900,
    height: 330,
    ...options,
    panels: [
      panel(
        verification,
        'accuracy',
        0,
        (p) => p.verification,
        (p) => p.verificationError,
      ),
      panel(
        identification,
        'rank-1',
        1,
        (p) => p.identification,
        (p) => p.identificationError,
      ),
    ],
  });
}
