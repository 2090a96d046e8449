// A loss fitted by hand, without layers and without an optimiser: the class weights of a few points in the plane, moved
// down the gradient of SV-AM-Softmax. The step is compiled once; everything that varies is an argument.
//
//   npm run example -- fit-by-hand

import { grad, mul, type Operand, rng, sub, type Tensor, tensor } from 'marginalia';
import { compile } from 'marginalia/compile';
import { catalogue } from 'marginalia/losses';
import { classAngles } from 'marginalia/metrics';

const loss = catalogue['sv-am-softmax']!.create({ s: 16, m: 0.2, t: 1.2 });

// Three people, twenty pictures each: directions around 0°, 50° and 100°, close enough to be in each other's way.
const people = [0, 50, 100].map((degrees) => (degrees * Math.PI) / 180);
const labels = Array.from({ length: 60 }, (_, n) => n % people.length);
const noise = rng(1).normal([60], { std: 0.2 }).data;
const angles = labels.map((label, n) => people[label]! + noise[n]!);
const X = tensor(angles.map((angle) => [Math.cos(angle), Math.sin(angle)]));
const y = tensor(labels, { dtype: 'i32' });

/** One step down the gradient: weights and learning rate in, the next weights and the loss before the step out. */
const step = compile((W: Tensor, rate: Operand): readonly [Tensor, Tensor] =>
  [sub(W, mul(rate, grad(loss, { wrt: 1 })(X, W, y) as Tensor)), loss(X, W, y)]);

const directions = (W: Tensor): string =>
  (W.toArray() as number[][]).map(([a, b]) => `${((Math.atan2(b!, a!) * 180) / Math.PI).toFixed(0)}°`).join('  ');

let W = rng(2).normal([people.length, 2]);
for (let k = 0; k <= 200; k++) {
  const [next, before] = step(W, 0.05 * (1 - k / 250));
  if (k % 40 === 0) console.log(`step ${String(k).padStart(3)}  loss ${before.item().toFixed(4)}  weights at ${directions(W)}`);
  W = next;
}

const { meanIntra, meanNearest } = classAngles({ values: X.data, dims: 2 }, labels);
const degrees = (radians: number): string => `${((radians * 180) / Math.PI).toFixed(1)}°`;
console.log(`people are ${degrees(meanNearest!)} apart and spread by ${degrees(meanIntra)}; their weights went to ${directions(W)}`);
