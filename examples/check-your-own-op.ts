// A property-based gradient check of an op of your own: fast-check draws the inputs, marginalia/testing judges the
// gradient, and what fails is shrunk until it can be checked by hand. The op here is the hinge of the triplet loss;
// its second version forgets that a squared distance has the factor 2.
//
//   npm run example -- check-your-own-op

import fc from 'fast-check';
import { add, customGradient, mul, relu, square, sub, sum, type Tensor } from 'marginalia';
import { gradcheck, reportText, tensors } from 'marginalia/testing';

const distance = (a: Tensor, b: Tensor): Tensor => sum(square(sub(a, b)));
const triplet = (d: typeof distance) => (anchor: Tensor, near: Tensor, far: Tensor): Tensor =>
  relu(add(sub(d(anchor, near), d(anchor, far)), 0.2));

/** The same value, with a derivative rule written by hand, and wrong. */
const wrongDistance = customGradient(distance, ({ inputs: [a, b], grad }) => [mul(grad, sub(a!, b!)), mul(grad, sub(b!, a!))]);

const point = tensors(fc, { shape: [2], from: -2, to: 2, decimals: 1 });
const check = (d: typeof distance, inputs: readonly Tensor[]) => gradcheck(triplet(d), inputs, { orders: [1] });

function property(name: string, d: typeof distance): void {
  const result = fc.check(fc.property(point, point, point, (...inputs) => check(d, inputs).ok), { seed: 1, numRuns: 50 });
  if (!result.failed) {
    console.log(`${name}: the gradient is right at ${result.numRuns} points, kinks included`);
    return;
  }
  const inputs = result.counterexample!;
  console.log(`${name}: wrong. Smallest counterexample (seed ${result.seed}, path ${result.counterexamplePath ?? ''}):`);
  console.log(inputs.map((x, i) => `  ${['anchor', 'near', 'far'][i]!} = ${JSON.stringify(x.toArray())}`).join('\n'));
  console.log(reportText(check(d, inputs)));
}

property('triplet', distance);
property('triplet with a rule by hand', wrongDistance);
