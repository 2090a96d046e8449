// Nobody frees anything: an eager loop keeps nothing of the steps behind it. The collector is asked for by hand, so
// the figures do not depend on when it would have run.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { grad, valueAndGrad, vjp } from '../../src/autodiff/index.ts';
import { type Tensor } from '../../src/graph/index.ts';
import { contract, mul, sub, sumTo, tanh } from '../../src/primitives/index.ts';
import { f64 } from '../values.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const target = f64([0.5, -0.5, 0.25]);
const inputs = f64([[1, 2], [3, 4], [5, 6]]);
const loss = (w: Tensor): Tensor => {
  const error = sub(tanh(contract(inputs, w, { batch: [], sum: [[1, 0]] })), target);
  return sumTo(mul(error, error), []);
};

async function used(): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

it('keeps no memory of 10,000 steps of training', async () => {
  let w = f64([0.1, -0.1]);
  const train = (steps: number): void => {
    for (let i = 0; i < steps; i++) w = sub(w, mul(grad(loss)(w), 0.01));
  };
  train(1000);
  const before = await used();
  train(10_000);
  const grown = (await used()) - before;
  // One kept tensor a step would be more than 3 MB; what the compiler of the machine adds meanwhile is a tenth of that.
  expect(grown).toBeLessThan(1_500_000);
  expect(loss(w).item()).toBeLessThan(loss(f64([0.1, -0.1])).item());
});

it('lets go of every intermediate once the gradient is there', async () => {
  const seen: WeakRef<Tensor>[] = [];
  const watched = (w: Tensor): Tensor => {
    const error = sub(tanh(contract(inputs, w, { batch: [], sum: [[1, 0]] })), target);
    seen.push(new WeakRef(error));
    return sumTo(mul(error, error), []);
  };
  const { value, gradient } = valueAndGrad(watched)(f64([0.1, -0.1]));
  await used();
  expect(seen.map((ref) => ref.deref())).toEqual([undefined]);
  expect([value.size, gradient.size]).toEqual([1, 2]);
});

it('keeps them as long as a pull-back may still need them', async () => {
  const seen: WeakRef<Tensor>[] = [];
  const squares = (x: Tensor): Tensor => {
    const y = tanh(x);
    seen.push(new WeakRef(y));
    return mul(y, y);
  };
  const { pullback } = vjp(squares, [f64([1, 2])]);
  await used();
  expect(seen[0]!.deref()).toBeDefined();
  expect(pullback(f64([1, 1]))[0].size).toBe(2);
});
