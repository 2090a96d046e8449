import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grad, valueAndGrad } from '../../src/autodiff/index.ts';
import { isFloat } from '../../src/base/dtype.ts';
import { apply, type Tensor, tensor } from '../../src/graph/index.ts';
import { catalogue } from '../../src/losses/catalogue.ts';
import { softmax, sum, tanh } from '../../src/ops/index.ts';
import * as p from '../../src/primitives/index.ts';
import { networkOf, networks } from '../graph/networks.ts';
import { uniformRecipes, wholeOf } from '../graph/programs.ts';
import { Draw, sampleOf } from '../laws/samples.ts';
import { inputsOf, sample, show, variants } from '../losses/samples.ts';
import { runs } from '../values.ts';
import { judge, singled } from './harness.ts';
import { randomArray } from './kernels.ts';

const isLong = process.env['RUNS'] !== undefined;
interface Tally {
  judged: number;
  excluded: number;
}
const written: Tally = { judged: 0, excluded: 0 };

/** Judges a function and counts the points at which nothing could be said. */
function expectAgreement(f: (...xs: never[]) => unknown, inputs: readonly unknown[], tally = written): void {
  const verdict = judge(f, inputs);
  tally.judged++;
  if (!verdict.counts) tally.excluded++;
  expect(verdict.failure).toBeUndefined();
}

const random = (shape: readonly number[], seed: number): Tensor =>
  tensor(randomArray(shape.reduce((a, b) => a * b, 1), seed), { shape: [...shape] });

/** The gradients of the sum of what a function gives, for its float arguments. */
const slopes = (f: (...xs: Tensor[]) => Tensor, inputs: readonly Tensor[]) => {
  const wrt = inputs.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []));
  return grad((...xs: Tensor[]) => p.sumTo(p.cast(f(...xs), 'f32'), []), { wrt });
};

describe('law: a compiled program is as good as the reference in Float32', () => {
  // A custom step carries Float64 programs in these samples; random programs have custom steps of their own type.
  const judged = p.primitives.filter((primitive) => primitive.name !== 'custom' && primitive.type.length > 0 && primitive.vjp.length > 0);
  it.each(judged.map((primitive) => [primitive.name, primitive] as const))('%s, value and gradients', (_, primitive) => {
    for (let seed = 1; seed <= (isLong ? 60 : 1); seed++) {
      const { inputs, params } = sampleOf(primitive, new Draw(seed));
      const single = inputs.map((x) => singled(x) as Tensor);
      const f = (...xs: Tensor[]): Tensor => apply(primitive, xs, params);
      expectAgreement(f, single);
      if (primitive.vjp.some((rule) => rule !== null) && params['dtype'] !== 'f64') expectAgreement(slopes(f, single), single);
    }
  });

  const sizes = isLong ? [1, 3, 4, 5, 17, 127, 128, 129] : [5, 17];
  const losses = Object.values(catalogue).flatMap((row) => (isLong ? variants(row) : variants(row).slice(0, 1)).map((options) => ({ row, options })));
  it.each(losses.map((loss) => [`${loss.row.id} ${show(loss.options)}`, loss] as const))('%s, value and gradients', (_, { row, options }) => {
    sizes.forEach((size, i) => {
      const given = sample(i + 1, { samples: Math.max(size % 30, 2), classes: Math.max(size, 2), dims: size });
      const wrt = row.inputs.flatMap((name, at) => (name === 'labels' ? [] : [at]));
      if (isLong || i === row.id.length % 2) expectAgreement(valueAndGrad(row.create(options), { wrt }), inputsOf(row, given, 'f32'));
    });
  });

  it('random programs and their gradients, to the second order', () => {
    const random: Tally = { judged: 0, excluded: 0 };
    fc.assert(fc.property(uniformRecipes, (recipe) => {
      const { f, x } = wholeOf({ ...recipe, dtype: 'f32' });
      expectAgreement(f, [x], random);
    }), runs);
    expect(random.judged).toBeGreaterThanOrEqual(runs.numRuns);
    expect(random.excluded / random.judged).toBeLessThan(0.01);
  });

  it('random networks of images and their gradients', () => {
    const drawn: Tally = { judged: 0, excluded: 0 };
    fc.assert(fc.property(networks, (recipe) => {
      const { f, x } = networkOf(recipe);
      expectAgreement(f, [x], drawn);
      expectAgreement(grad((a: Tensor) => f(a).map((y) => sum(p.mul(y, y))).reduce((total, y) => p.add(total, y))), [x], drawn);
    }), { ...runs, numRuns: 2 * runs.numRuns });
    expect(drawn.excluded / drawn.judged).toBeLessThan(0.01);
  });

  it('a padded copy beside a sum of what it copies, with gradients', () => {
    const x = random([2, 3, 6, 5], 1);
    const ofRows = (a: Tensor): Tensor[] => [p.padEdges(p.mul(a, tanh(a)), [[0, 0, 0], [0, 0, 0], [1, 1, 0], [1, 1, 0]], 0), p.sumAxes(p.mul(a, tanh(a)), [2, 3])];
    const ofAll = (a: Tensor): Tensor[] => [p.padEdges(p.mul(a, tanh(a)), [[0, 1, 0], [0, 0, 0], [0, 0, 0], [1, 0, 1]], 0), sum(p.mul(a, tanh(a)))];
    for (const f of [ofRows, ofAll, (a: Tensor) => ofRows(a).toReversed()]) {
      expectAgreement(f, [x]);
      expectAgreement(grad((a: Tensor) => f(a).map((y) => sum(p.mul(y, y))).reduce((total, y) => p.add(total, y))), [x]);
    }
  });

  it.each(isLong ? [1, 3, 4, 5, 17, 127, 128, 129] : [1, 5, 17, 129])('rows, columns, products and long sums at size %i', (n) => {
    const [x, w] = [random([n, 7], n), random([5, n], n + 1)];
    const f = (a: Tensor, b: Tensor): Tensor[] => {
      const soft = softmax(a, { axis: 0 });
      const product = p.contract(soft, b, { batch: [], sum: [[0, 1]] });
      return [soft, product, p.maxAxes(a, [0]), p.sumAxes(tanh(b), [0]), sum(p.mul(product, product))];
    };
    expectAgreement(f, [x, w]);
    expectAgreement(grad((a: Tensor, b: Tensor) => f(a, b).map((y) => sum(y)).reduce((total, y) => p.add(total, y)), { wrt: [0, 1] }), [x, w]);
  });

  it.each(isLong ? [1, 3, 4, 5, 17, 127, 128, 129] : [1, 17])('images of width %i: padded, normalised over the batch, taken apart and folded', (n) => {
    const x = random([2, 3, 2, n], n);
    const f = (a: Tensor): Tensor[] => {
      const padded = p.padEdges(tanh(a), [[0, 0, 0], [0, 0, 0], [1, 0, 1], [2, 1, 0]], 0.5);
      const rest = p.sub(padded, p.div(p.sumAxes(padded, [0, 2, 3]), 100));
      const windows = p.unfold(rest, { kernel: [2, 2], stride: [1, 2], dilation: [1, 1] });
      return [p.sumAxes(p.mul(rest, rest), [0, 2, 3]), p.maxAxes(windows, [4, 5]), p.permute(rest, [3, 1, 0, 2])];
    };
    expectAgreement(f, [x]);
    expectAgreement(grad((a: Tensor) => f(a).map((y) => sum(y)).reduce((total, y) => p.add(total, y))), [x]);
  });

  const product = (a: Tensor, b: Tensor): Tensor => p.contract(a, b, { batch: [], sum: [[1, 0]] });

  it('products that pack panels into the same bytes, one after the other', () => {
    const f = (...xs: Tensor[]): Tensor[] => {
      const [left, right] = [xs.slice(0, 3), xs.slice(3)];
      return [...left.map((x, i) => product(x, right[i]!)), ...[left, right].map((list) => list.reduce((total, x) => p.add(total, x)))];
    };
    expectAgreement(f, [1, 2, 3, 4, 5, 6].map((seed) => random(seed < 4 ? [45, 150] : [150, 140], seed)));
  });

  it('results that lie anywhere in the bytes of what was read before', () => {
    const f = (a: Tensor, b: Tensor, c: Tensor, x: Tensor, ...ws: Tensor[]): Tensor[] =>
      [product(product(a, b), c), ...ws.map((w) => product(x, w))];
    // The smallest result comes first, and lies behind the larger ones.
    expectAgreement(f, [random([150, 20], 1), random([20, 200], 2), random([200, 10], 3), random([60, 70], 4),
      ...[20, 60, 61, 62].map((columns) => random([70, columns], columns))]);
  });

  it('leaves out few points because Float32 and Float64 decide differently', () => {
    expect(written.judged).toBeGreaterThan(100);
    expect(written.excluded / written.judged).toBeLessThan(0.01);
  });
});
