// The rows of the catalogue whose scores are not plain cosines: the classical softmax, the L2-constrained one, center
// loss.

import { centerLoss } from './center.ts';
import { nonNegative, positive } from './parameter.ts';
import { choice, continuous, reductionParameter, row, type Row } from './row.ts';
import { l2Softmax, softmaxLoss } from './softmax.ts';

const probability = 'p[k] = exp(z[k]) / sum(k, exp(z[k]))';
const slope = 'd(L, z[k]) = p[k] - (1 if k = y else 0)';

export const freeRows: readonly Row[] = [
  row({
    id: 'softmax', title: 'Softmax cross-entropy on W·x as given',
    source: { paper: 'the classical loss', arxiv: null, equation: null },
    inputs: ['features', 'weights', 'labels'],
    parameters: { reduction: reductionParameter },
    text: () => ({
      equation: 'z[k] = dot(w[k], x)\nL = -log(exp(z[y]) / sum(k, exp(z[k])))',
      handGradient: `${probability}\n${slope}`,
    }),
    build: softmaxLoss,
  }),
  row({
    id: 'l2-softmax', title: 'L2-constrained softmax',
    source: { paper: 'L2-constrained Softmax Loss for Discriminative Face Verification', arxiv: '1703.09507', equation: null },
    inputs: ['features', 'weights', 'bias', 'labels'],
    parameters: { s: continuous(16, positive, 'radius of the features, the α of its paper'), reduction: reductionParameter },
    text: () => ({
      equation: 'z[k] = s * dot(w[k], unit(x)) + b[k]\nL = -log(exp(z[y]) / sum(k, exp(z[k])))',
      handGradient: `${probability}\n${slope}`,
    }),
    build: l2Softmax,
  }),
  row({
    id: 'center', title: 'Center loss',
    source: { paper: 'A Discriminative Feature Learning Approach for Deep Face Recognition (2016)', arxiv: null, equation: null },
    inputs: ['features', 'weights', 'centers', 'labels'],
    parameters: {
      lambda: continuous(0.003, nonNegative, 'weight of the distances'),
      centerUpdate: choice(['paper', 'gradient'], 'whether centres move by the rule of the paper (constant here) or the gradient'),
      reduction: reductionParameter,
    },
    text: ({ centerUpdate }) => ({
      equation: [
        'z[k] = dot(w[k], x)',
        centerUpdate === 'paper' ? 'o[k] = stop(centers[k])' : 'o[k] = centers[k]',
        'L = -log(exp(z[y]) / sum(k, exp(z[k]))) + lambda / 2 * norm(x - o[y])^2',
      ].join('\n'),
      handGradient: `${probability}\nd(L, x) = sum(k, (p[k] - (1 if k = y else 0)) * w[k]) + lambda * (x - o[y])`,
    }),
    build: centerLoss,
  }),
];
