// The rows of the catalogue that compare samples with samples: contrastive, triplet and the cascade. Their equations
// speak of one pair a, b (of one class where same = 1) or one triplet of anchor a, positive p and negative q.

import { cascadeLoss } from './cascade.ts';
import { contrastiveLoss, tripletLoss } from './pairs.ts';
import { positive } from './parameter.ts';
import { choice, continuous, fixed, reductionParameter, row, type Row } from './row.ts';

const pair = (i: string): string => `(1 / 2 * r${i}^2 if same = 1 else 1 / 2 * max(m - r${i}, 0)^2)`;
const slope = (i: string): string => `(1 if same = 1 else -max(m - r${i}, 0) / r${i}) * (a${i} - b${i})`;
const percent = { from: 0, to: 100, open: true };
const levels = ['1', '2', '3'];

export const pairRows: readonly Row[] = [
  row({
    id: 'contrastive', title: 'Contrastive loss over the pairs of a batch',
    source: { paper: 'Dimensionality Reduction by Learning an Invariant Mapping (CVPR 2006)', arxiv: null, equation: null },
    inputs: ['features', 'labels'],
    parameters: { m: continuous(1, positive, 'distance that different classes should keep'), reduction: reductionParameter },
    text: () => ({ equation: `r = norm(a - b)\nL = ${pair('')}`, handGradient: `d(L, a) = ${slope('')}` }),
    build: contrastiveLoss,
  }),
  row({
    id: 'triplet', title: 'Triplet loss over the triplets of a batch',
    source: { paper: 'FaceNet: A Unified Embedding for Face Recognition and Clustering', arxiv: '1503.03832', equation: null },
    inputs: ['features', 'labels'],
    parameters: {
      m: continuous(0.2, positive, 'squared distance that a negative should be farther, the α of its paper'),
      selection: choice(['all', 'semiHard', 'batchHard'], 'all triplets; those whose negative is farther and still within the margin; the hardest of an anchor'),
      reduction: reductionParameter,
    },
    text: () => ({
      equation: 'L = max(norm(a - p)^2 - norm(a - q)^2 + m, 0)',
      handGradient: 'd(L, a) = (2 if norm(a - p)^2 - norm(a - q)^2 + m > 0 else 0) * (q - p)',
    }),
    build: tripletLoss,
  }),
  row({
    id: 'hdc', title: 'Hard-aware deeply cascaded embedding',
    source: { paper: 'Hard-Aware Deeply Cascaded Embedding', arxiv: '1611.05720', equation: null },
    inputs: ['features[3]', 'labels'],
    parameters: {
      m: continuous(1, positive, 'distance that different classes should keep'),
      h1: fixed(100, percent, 'percent of all pairs that train the first level'),
      h2: fixed(50, percent, 'percent of those that train the second, the hardest of the first'),
      h3: fixed(20, percent, 'percent of those that train the third, the hardest of the second'),
      reduction: reductionParameter,
    },
    text: () => ({
      equation: [
        ...levels.map((i) => `r${i} = norm(a${i} - b${i})`),
        `L = ${levels.map((i) => `g${i} * ${pair(i)}`).join(' + ')}`,
      ].join('\n'),
      handGradient: `d(L, a3) = g3 * ${slope('3')}`,
    }),
    build: ({ m, h1, h2, h3, reduction }) => cascadeLoss({ m, h: [h1, h2, h3], reduction }),
  }),
];
