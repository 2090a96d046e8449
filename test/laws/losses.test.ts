import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueAndGrad } from '../../src/autodiff/index.ts';
import { worstError } from '../../src/base/compare.ts';
import { flatten } from '../../src/base/tree.ts';
import { assertGradients } from '../../src/check/index.ts';
import { evaluate, isTensor, type Tensor, tensor, trace } from '../../src/graph/index.ts';
import { catalogue, lossRow } from '../../src/losses/catalogue.ts';
import { marginSoftmax } from '../../src/losses/marginSoftmax.ts';
import { type Mining, noMining } from '../../src/losses/mining.ts';
import type { LossInput, LossOptions, Row } from '../../src/losses/row.ts';
import { supportVectors } from '../../src/losses/support.ts';
import { matmul } from '../../src/ops/index.ts';
import {
  drawn, evaluated, inputsOf, permuted, rotation, rowsOf, sample, show, variants, worldOf,
} from '../losses/samples.ts';

const runs = Number(process.env['RUNS'] ?? 30);
const seeds = fc.integer({ min: 0, max: 2 ** 30 });
/** Runs a law at seeded samples; the heavy ones take a share of the runs for each of the many losses. */
function law(check: (seed: number) => void, share = 1): void {
  fc.assert(fc.property(seeds, check), { seed: 1, numRuns: Math.ceil(runs * share) });
}

const rows = Object.values(catalogue);
const cases = rows.flatMap((row) => variants(row).map((options) => ({ row, options, name: `${row.id} ${show(options)}` })));
const ofClasses = cases.filter(({ row }) => row.inputs.includes('weights'));
const overCosines = rows.filter((row) => 's' in row.parameters && row.inputs.length === 3);

function gradients(row: Row, options: LossOptions, inputs: readonly LossInput[], wrt: number | number[] | string): Tensor[] {
  return [...flatten(valueAndGrad(row.create(options), { wrt })(...inputs).gradient, isTensor).leaves];
}
/** The inputs whose rows are vectors of one space, which turn together and permute together. */
const vectors = (row: Row): number[] => row.inputs.flatMap((name, i) => (/^(features|weights|centers)/.test(name) ? [i] : []));
const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void =>
  expect(worstError(actual, expected).error).toBeLessThan(tolerance);

describe('law: the printed equation and the hand-derived gradient are what the code computes', () => {
  it.each(ofClasses)('$name', ({ row, options }) => law((seed) => {
    const given = sample(seed);
    // The text of the focal factor loses the digits of 1 − p where p is near 1, which the code does not.
    const all = { ...drawn(row, seed), ...('gamma' in row.parameters && { s: 5 }), ...options };
    const inputs = inputsOf(row, given);
    const text = evaluated(row.text(all), worldOf(row, given, all));
    close(row.create({ ...all, reduction: 'none' })(...inputs).data, text.losses, 1e-11);
    const [slope] = gradients(row, { ...all, reduction: 'sum' }, inputs, text.by);
    close(slope!.data, text.right, 1e-10);
    close(text.left, text.right, 1e-10);
  }, 0.1));
});

describe('law: neutral parameters reduce exactly, loss and gradients bit for bit', () => {
  const pairs: readonly (readonly [string, LossOptions, string, LossOptions])[] = [
    ['am-softmax', { m: 0 }, 'normface', {}], ['arc-softmax', { m: 0 }, 'normface', {}],
    ['a-softmax', { m: 1 }, 'normface', {}], ['a-softmax', { m: 1, reading: 'psi' }, 'normface', {}],
    ['combined-margin', { m1: 1, m2: 0, m3: 0 }, 'normface', {}], ['sv-softmax', { t: 1 }, 'normface', {}],
    ['combined-margin', { m1: 1, m2: 0.35, m3: 0 }, 'am-softmax', {}], ['combined-margin', { m1: 1, m2: 0, m3: 0.5 }, 'arc-softmax', {}],
    ['combined-margin', { m1: 4, m2: 0, m3: 0 }, 'a-softmax', {}], ['sv-a-softmax', { t: 1 }, 'a-softmax', {}],
    ['sv-am-softmax', { t: 1 }, 'am-softmax', {}], ['sv-arc-softmax', { t: 1 }, 'arc-softmax', {}], ['sv-combined', { t: 1 }, 'combined-margin', {}],
    ['sv-am-softmax', { m: 0 }, 'sv-softmax', {}], ['mv-am-softmax', { t: 0, s: 30 }, 'am-softmax', {}],
    ['mv-am-softmax', { t: 0, s: 30, mode: 'fixed' }, 'am-softmax', {}], ['mv-arc-softmax', { t: 0, s: 30 }, 'arc-softmax', {}],
    ['f-softmax', { gamma: 0 }, 'normface', {}], ['f-am-softmax', { gamma: 0 }, 'am-softmax', {}],
    ['f-arc-softmax', { gamma: 0, probability: 'margin' }, 'arc-softmax', {}], ['f-a-softmax', { gamma: 0, detach: true }, 'a-softmax', {}],
    ['hm-softmax', { saveRate: 1 }, 'normface', {}], ['hm-am-softmax', { saveRate: 1, hardReduction: 'kept' }, 'am-softmax', {}],
    ['hm-arc-softmax', { saveRate: 1 }, 'arc-softmax', {}], ['hm-a-softmax', { saveRate: 1, hardReduction: 'kept' }, 'a-softmax', {}],
  ];
  it.each(pairs)('%s %j is %s %j', (id, neutral, base, options) => {
    for (const dtype of ['f32', 'f64'] as const) {
      law((seed) => {
        const inputs = inputsOf(lossRow(id), sample(seed, { samples: 5, classes: 6, dims: 4 }), dtype);
        const [special, plain] = [lossRow(id).create(neutral), lossRow(base).create(options)].map((loss) => valueAndGrad(loss, { wrt: [0, 1] })(...inputs));
        const numbers = ({ value, gradient }: typeof special): number[] => [value!, ...(gradient as Tensor[])].flatMap((x) => Array.from(x.data));
        // A zero may lose its sign in a sum; every other bit is compared.
        expect(numbers(special).map((x) => x + 0)).toEqual(numbers(plain).map((x) => x + 0));
      }, 0.3);
    }
  });

  it('MV-Softmax counts t from 0: t_MV = t_SV − 1', () => law((seed) => {
    const row = lossRow('sv-am-softmax');
    const inputs = inputsOf(row, sample(seed));
    const [a] = gradients(row, { t: 1.25, s: 32 }, inputs, 0);
    const [b] = gradients(lossRow('mv-am-softmax'), { t: 0.25 }, inputs, 0);
    expect(Array.from(a!.data)).toEqual(Array.from(b!.data));
  }));
});

describe('law: symmetries', () => {
  it.each(rows)('$id: permuting samples and classes permutes losses and gradients', (row) => law((seed) => {
    const given = sample(seed);
    const [toSample, toClass] = [[2, 0, 3, 1], [3, 1, 4, 0, 2]];
    // Equal losses rank by position, and pairs beyond the margin all have the loss 0.
    const options = row.id === 'hdc' ? { m: 8 } : {};
    const [before, after] = [given, permuted(given, toSample, toClass)].map((g) => {
      const inputs = inputsOf(row, g);
      return {
        losses: row.create({ ...options, reduction: 'none' })(...inputs),
        slopes: gradients(row, { ...options, reduction: 'sum' }, inputs, vectors(row)),
      };
    });
    close(after!.losses.data, toSample.map((i) => before!.losses.data[i]!), 1e-12);
    after!.slopes.forEach((slope, at) => {
      const moved = slope.shape[0] === given.samples ? toSample : toClass;
      close(slope.data, rowsOf(before!.slopes[at]!.data, given.dims, moved), 1e-12);
    });
  }, 0.2));

  it.each(rows)('$id: turning features, weights and centres together changes nothing', (row) => law((seed) => {
    const inputs = inputsOf(row, sample(seed));
    const turn = (x: LossInput): LossInput => (isTensor(x) ? matmul(x, rotation(seed)) : x.map((level) => matmul(level, rotation(seed))));
    const turned = inputs.map((x, i) => (vectors(row).includes(i) ? turn(x) : x));
    const loss = row.create({ reduction: 'none' });
    close(loss(...turned).data, loss(...inputs).data, 1e-10);
    const [before, after] = [inputs, turned].map((given) => gradients(row, {}, given, vectors(row)));
    after!.forEach((slope, at) => close(slope.data, (turn(before![at]!) as Tensor).data, 1e-9));
  }, 0.2));

  it.each(cases.filter(({ row }) => overCosines.includes(row)))('$name: scaling a vector scales its gradient inversely, across the vector', ({ row, options }) => law((seed) => {
    const given = sample(seed);
    const inputs = inputsOf(row, given);
    const slopes = gradients(row, options, inputs, [0, 1]);
    [given.features, given.weights].forEach((vectors, which) => slopes[which]!.data.forEach((_, at) => {
      if (at % given.dims !== 0) return;
      const g = Array.from(slopes[which]!.data.slice(at, at + given.dims));
      const v = vectors.slice(at, at + given.dims);
      const along = g.reduce((sum, x, d) => sum + x * v[d]!, 0);
      expect(Math.abs(along)).toBeLessThanOrEqual(1e-12 * Math.hypot(...slopes[which]!.data) * Math.hypot(...v));
    }));
    const longer = inputsOf(row, { ...given, features: given.features.map((x) => 4 * x) });
    close(gradients(row, options, longer, 0)[0]!.data, slopes[0]!.data.map((x) => x / 4), 1e-12);
  }, 0.1));
});

describe('law: hand-derived gradients, evaluated in plain numbers', () => {
  it.each(overCosines)('$id: Σ_k ∂L/∂v_k is 0 for every sample', (row) => law((seed) => {
    const given = sample(seed);
    const options = row.id.startsWith('f-') ? { probability: 'margin' } : {};
    const [slope] = gradients(row, { ...drawn(row, seed), ...options }, inputsOf(row, given), 'v');
    for (let i = 0; i < given.samples; i++) {
      const own = Array.from(slope!.data.slice(i * given.classes, (i + 1) * given.classes));
      expect(Math.abs(own.reduce((a, b) => a + b, 0))).toBeLessThanOrEqual(1e-13 * Math.max(...own.map(Math.abs)));
    }
  }, 0.2));

  it('D15 and D16: gradients for raw x and w follow from ∂L/∂c through the normalisation', () => law((seed) => {
    const row = lossRow('sv-arc-softmax');
    const given = sample(seed);
    const inputs = inputsOf(row, given);
    const [c] = gradients(row, {}, inputs, 'c');
    const { features, weights, samples, classes, dims } = given;
    const unit = (from: readonly number[], i: number): { v: number[]; length: number } => {
      const v = from.slice(i * dims, (i + 1) * dims);
      const length = Math.hypot(...v);
      return { v: v.map((a) => a / length), length };
    };
    const [byX, byW] = [new Float64Array(samples * dims), new Float64Array(classes * dims)];
    for (let i = 0; i < samples; i++) {
      for (let k = 0; k < classes; k++) {
        const [x, w] = [unit(features, i), unit(weights, k)];
        const cosine = x.v.reduce((sum, a, d) => sum + a * w.v[d]!, 0);
        const g = c!.data[i * classes + k]!;
        for (let d = 0; d < dims; d++) {
          byX[i * dims + d]! += (g * (w.v[d]! - cosine * x.v[d]!)) / x.length;
          byW[k * dims + d]! += (g * (x.v[d]! - cosine * w.v[d]!)) / w.length;
        }
      }
    }
    const [gx, gw] = gradients(row, {}, inputs, [0, 1]);
    close(gx!.data, byX, 1e-11);
    close(gw!.data, byW, 1e-11);
  }));

  const slopeOf: Readonly<Record<string, (c: number) => number>> = {
    'sv-softmax': () => 1,
    'sv-am-softmax': () => 1,
    'sv-arc-softmax': (c) => Math.sin(Math.acos(c) + 0.5) / Math.sin(Math.acos(c)),
    'sv-a-softmax': (c) => (4 * Math.sin(4 * Math.acos(c))) / Math.sin(Math.acos(c)),
    'sv-combined': (c) => Math.sin(Math.acos(c) + 0.3) / Math.sin(Math.acos(c)),
  };
  it.each(Object.entries(slopeOf))('D12 and D13: %s', (id, slope) => law((seed) => {
    const [s, t] = [12, 1.3];
    const row = lossRow(id);
    const given = sample(seed);
    const inputs = inputsOf(row, given);
    const seen = trace(row.create({ s, t, reduction: 'sum' }), inputs);
    const at = (name: string): ArrayLike<number> => seen.recorder.tensors[seen.graph.labelled(name)!.id]!.data;
    const [v, c, hard] = [at('v'), at('c'), at('I')];
    const expected = Array.from(v, (_, at) => {
      const [row0, k] = [at - (at % given.classes), at % given.classes];
      const y = given.labels[row0 / given.classes]!;
      const scores = Array.from({ length: given.classes }, (_, j) => s * v[row0 + j]!);
      const top = Math.max(...scores);
      const total = scores.reduce((sum, z) => sum + Math.exp(z - top), 0);
      const p = Math.exp(scores[k]! - top) / total;
      const others = scores.reduce((sum, z, j) => sum + (j === y ? 0 : Math.exp(z - top)), 0) / total;
      return k === y ? -s * others * slope(c[at]!) : s * p * t ** hard[at]!;
    });
    close(gradients(row, { s, t, reduction: 'sum' }, inputs, 'c')[0]!.data, expected, 1e-10);
  }, 0.5));

  it('D14: the focal factor from the same scores multiplies ∂L/∂c by A = (1 − p)^γ − γ·p·(1 − p)^(γ−1)·log p ≥ 0', () => law((seed) => {
    const [gamma, s] = [2.5, 6];
    const given = sample(seed);
    const row = lossRow('f-am-softmax');
    const inputs = inputsOf(row, given);
    const losses = lossRow('am-softmax').create({ s, reduction: 'none' })(...inputs).data;
    const [plain] = gradients(lossRow('am-softmax'), { s, reduction: 'sum' }, inputs, 'c');
    const [weighed] = gradients(row, { s, gamma, probability: 'margin', reduction: 'sum' }, inputs, 'c');
    const factors = Array.from(losses, (loss) => {
      const p = Math.exp(-loss);
      return (1 - p) ** gamma + gamma * p * (1 - p) ** (gamma - 1) * loss;
    });
    expect(Math.min(...factors)).toBeGreaterThanOrEqual(0);
    close(weighed!.data, plain!.data.map((g, i) => g * factors[Math.floor(i / given.classes)]!), 1e-10);
  }));
});

describe('law: hand-derived gradients of the naive fusion', () => {
  it('D14b: with plain cosines feeding g, its slope runs through every cosine', () => law((seed) => {
    const [gamma, s, m] = [1.5, 5, 0.3];
    const given = sample(seed);
    const inputs = inputsOf(lossRow('am-softmax'), given);
    const losses = lossRow('am-softmax').create({ s, m, reduction: 'none' })(...inputs).data;
    const [base] = gradients(lossRow('am-softmax'), { s, m, reduction: 'sum' }, inputs, 'c');
    const seen = trace(lossRow('normface').create({ s }), inputs);
    const c = seen.recorder.tensors[seen.graph.labelled('c')!.id]!.data;
    const expected = Array.from(base!.data, (g, at) => {
      const [i, k] = [Math.floor(at / given.classes), at % given.classes];
      const scores = Array.from(c.slice(i * given.classes, (i + 1) * given.classes), (x) => Math.exp(s * x));
      const q = scores.map((e) => e / scores.reduce((a, b) => a + b, 0));
      const own = q[given.labels[i]!]!;
      const indicator = k === given.labels[i] ? 1 : 0;
      return (1 - own) ** gamma * g - gamma * (1 - own) ** (gamma - 1) * s * own * (indicator - q[k]!) * losses[i]!;
    });
    const [slope] = gradients(lossRow('f-am-softmax'), { s, m, gamma, reduction: 'sum' }, inputs, 'c');
    close(slope!.data, expected, 1e-10);
  }));
});

describe('law: first and second derivatives agree with dual numbers and with differences', () => {
  // The readings belong to the parts a loss is made of, so the short run looks at each reading in one loss only.
  const parts = ['a-softmax', 'am-softmax', 'arc-softmax', 'combined-margin', 'f-am-softmax', 'hm-softmax', 'mv-am-softmax', 'center', 'triplet'];
  const chosen = cases.filter(({ row, options }) => runs > 100 || Object.keys(options).length === 0 || parts.includes(row.id));
  it.each(chosen)('$name', ({ row, options }) => law((seed) => {
    const inputs = inputsOf(row, sample(seed, { samples: 2, classes: 3, dims: 2 }));
    assertGradients(row.create({ ...(overCosines.includes(row) && { s: 8 }), ...options }), inputs);
  }, 0.005));
});

describe('law: order', () => {
  it.each(['am-softmax', 'sv-am-softmax', 'mv-am-softmax', 'hm-am-softmax'])('%s: a larger margin never lowers the loss of a sample', (id) => law((seed) => {
    const row = lossRow(id);
    const inputs = inputsOf(row, sample(seed));
    const at = (m: number): number[] => Array.from(row.create({ m, reduction: 'none', ...(id.startsWith('hm') && { saveRate: 1 }) })(...inputs).data);
    const [small, large] = [at(0.1), at(0.4)];
    small.forEach((loss, i) => expect(large[i]).toBeGreaterThanOrEqual(loss));
  }));

  it.each(['sv-softmax', 'sv-am-softmax', 'sv-arc-softmax', 'mv-am-softmax'])('%s: a larger t never lowers the loss of a sample', (id) => law((seed) => {
    const row = lossRow(id);
    const inputs = inputsOf(row, sample(seed));
    const at = (t: number): number[] => Array.from(row.create({ t, reduction: 'none' })(...inputs).data);
    const [small, large] = [at(1.05), at(1.35)];
    small.forEach((loss, i) => expect(large[i]).toBeGreaterThanOrEqual(loss));
  }));

  it.each(rows)('$id: the mean and the sum are those of the losses of the samples', (row) => law((seed) => {
    const given = sample(seed);
    const inputs = inputsOf(row, given);
    const losses = row.create({ reduction: 'none' })(...inputs);
    expect(losses.shape).toEqual([given.samples]);
    const sum = Array.from(losses.data).reduce((a, b) => a + b, 0);
    close([row.create({ reduction: 'sum' })(...inputs).item()], [sum], 1e-14);
    close([row.create()(...inputs).item()], [sum / given.samples], 1e-14);
  }, 0.2));
});

describe('law: a recorded loss is the same program', () => {
  const ofWeights = rows.filter((row) => row.inputs.includes('weights'));
  it.each(ofWeights)('$id: recorded without numbers, it gives the same bits and still refuses a label out of range', (row) => {
    const given = sample(3);
    const inputs = inputsOf(row, given);
    const loss = row.create();
    const { graph, inputs: places, outputs } = trace(loss, inputs, { mode: 'abstract' });
    const bind = (list: readonly LossInput[]) => new Map(places.map((id, i) => [id, (list[i] as Tensor).read()]));
    expect(evaluate(graph, outputs, bind(inputs))[outputs[0]!]!.data()).toEqual(loss(...inputs).data);
    const wrong = [...inputs.slice(0, -1), tensor([0, 1, 5, 2], { dtype: 'i32' })];
    expect(() => evaluate(graph, outputs, bind(wrong))).toThrow(/5/);
  });
});

describe('law: a loss is a choice of values', () => {
  it('a choice of one\'s own works beside the named ones', () => law((seed) => {
    const row = lossRow('sv-am-softmax');
    const inputs = inputsOf(row, sample(seed)) as Tensor[];
    const halved: Mining = { ...noMining, name: 'half', factor: ({ loss }) => tensor(new Float64Array(loss.size).fill(0.5)) };
    const own = marginSoftmax({ others: supportVectors({ t: 1.2 }), mining: halved })(inputs[0]!, inputs[1]!, inputs[2]!).item();
    const plain = lossRow('sv-softmax').create()(...inputs).item();
    close([2 * own], [plain], 1e-14);
  }, 0.2));
});
