// One of each kind of picture, for the tests that hold for all of them.

import { angleHistogram, circlePlot, cmcPlot, detPlot, figure2, figure6, imageGrid, intervalPlot, lineChart, rocPlot, spherePlot, type Theme } from '../../src/plot/index.ts';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
/** The rates of scores that overlap a little: TAR = FAR^(1/k). */
const curve = (name: string, k: number) => {
  const far = [0, ...range(50).map((i) => 10 ** (-4 + (4 * i) / 49))];
  return { name, far, tar: far.map((f) => f ** (1 / k)) };
};
const spread = (n: number, dims: number): number[] => range(n * dims).map((i) => Math.sin(7 * i + 1) + 0.01);

export const pictures: ReadonlyMap<string, (theme?: Theme) => string> = new Map([
  ['lines with bands', (theme) => lineChart({
    title: 'Loss during training, the mean of five seeds with one standard deviation on either side of it', ...(theme && { theme }), x: { label: 'step' }, y: { label: 'loss', scale: 'log' },
    series: ['SV-AM-Softmax', 'AM-Softmax', 'softmax'].map((name, k) => {
      const y = range(40).map((i) => (k + 1) * Math.exp(-i / 12) + 0.02);
      return { name, x: range(40).map((i) => i * 100), y, low: y.map((v) => v * 0.8), high: y.map((v) => v * 1.2) };
    }),
  })],
  ['roc', (theme) => rocPlot(['SV-AM-Softmax', 'AM-Softmax', 'softmax', 'HM-Softmax', 'F-Softmax', 'Arc-Softmax'].map((name, i) => curve(name, 40 - 6 * i)), { ...(theme && { theme }) })],
  ['det', (theme) => detPlot([curve('SV', 30), curve('softmax', 8)], { ...(theme && { theme }) })],
  ['cmc', (theme) => cmcPlot([{ name: 'SV', shares: range(1000).map((r) => 1 - 0.1 / (1 + r)) }, { name: 'softmax', shares: range(500).map((r) => 1 - 0.4 / (1 + r)) }], { ...(theme && { theme }) })],
  ['angles', (theme) => angleHistogram(range(300).map((i) => 0.5 + i / 600), range(900).map((i) => 1.2 + i / 1800), { ...(theme && { theme }) })],
  ['circle', (theme) => circlePlot({ features: spread(40, 2), labels: range(40).map((i) => i % 8), weights: spread(8, 2), ...(theme && { theme }) })],
  ['sphere', (theme) => spherePlot({ features: spread(40, 3), labels: range(40).map((i) => i % 8), weights: spread(8, 3), ...(theme && { theme }) })],
  ['grid', (theme) => imageGrid({
    images: range(7).map((i) => ({ width: 4, height: 5, channels: 1 as const, pixels: Uint8Array.from(range(20), (p) => p * 12 + i) })), captions: range(7).map((i) => `person number ${i}`), columns: 4, ...(theme && { theme }),
  })],
  ['intervals', (theme) => intervalPlot({
    title: 'TAR at FAR 1e-3 minus that of normface', axis: 'difference', format: 'percent', zero: { at: 0, name: 'normface' }, ...(theme && { theme }),
    rows: [...range(4).map((i) => ({ name: `loss number ${i}`, value: 0.01 * i, low: 0.01 * i - 0.015, high: 0.01 * i + 0.015 })), { name: 'one seed', value: -0.02 }],
  })],
  ['figure 2', (theme) => figure2({ ...(theme && { theme }) })],
  ['figure 6', (theme) => figure6(range(7).map((i) => ({ t: 1 + i / 20, verification: 0.99 + i / 1000, identification: 0.9 + i / 100, verificationError: 0.001, identificationError: 0.004 })), { ...(theme && { theme }) })],
]);
