// What every engine computes: names, sizes, inputs and the amount of work, said once. Inputs follow from a seed, so
// each process makes the same ones; an engine answers with a few numbers of its result, which must agree with those of
// the others before any time counts.

/** Numbers in [from, to) from a linear congruence: the same on every engine. */
export function numbers(size, seed, from = -1, to = 1) {
  let state = (seed * 2654435761) >>> 0;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return from + ((to - from) * state) / 2 ** 32;
  });
}

const labels = (size, classes) => Int32Array.from({ length: size }, (_, i) => (i * 7919) % classes);

/** A sum that a permuted or scaled result does not share. */
export function fingerprint(array) {
  let total = 0;
  let size = 0;
  for (let i = 0; i < array.length; i++) {
    total += array[i] * Math.cos(i % 97);
    size += Math.abs(array[i]);
  }
  return [total, size];
}

/** So many calls that a sample takes some 20 ms: one of a few ms says more of what else the machine does. */
const product = (n) => ({
  name: `W1 ${n}`, kind: 'product', n, unit: 'GFLOP/s', work: 2 * n ** 3, calls: Math.max(1, Math.min(200, Math.round(2 ** 29 / n ** 3))),
  inputs: () => ({ a: numbers(n * n, 1), b: numbers(n * n, 2) }),
});

const million = 2 ** 20;

const head = (N, C, D, more = {}) => ({
  name: `W3 ${N}×${C}, D ${D}`, kind: 'head', N, C, D, m: 0.35, t: 1.2, s: 32, unit: 'ms', work: 6 * N * C * D, calls: C > 1000 ? 2 : 10, ...more,
  inputs: () => ({ x: numbers(N * D, 3), w: numbers(C * D, 4), y: labels(N, C) }),
});

export const workloads = [
  ...[64, 256, 512, 1024].map(product),
  { name: 'W2 exp 1M', kind: 'exp', unit: 'ms', work: million, calls: 20, inputs: () => ({ x: numbers(million, 5, -4, 4) }) },
  {
    name: 'W2 chain with gradients', kind: 'chain', unit: 'ms', work: million, calls: 10,
    inputs: () => ({ a: numbers(million, 6), b: numbers(million, 7), c: numbers(million, 8) }),
  },
  head(128, 1000, 128), head(128, 10000, 128), head(128, 10000, 512),
  {
    name: 'W4 CNN step', kind: 'cnn', N: 64, unit: 'ms', work: 1, calls: 1, rate: 0.05,
    inputs: () => ({
      x: numbers(64 * 32 * 32, 9), y: labels(64, 100),
      params: [numbers(32 * 9, 10, -0.3, 0.3), numbers(64 * 32 * 9, 11, -0.06, 0.06), numbers(128 * 64 * 9, 12, -0.04, 0.04),
        numbers(2048 * 128, 13, -0.03, 0.03), numbers(128 * 100, 14, -0.1, 0.1)],
    }),
  },
  {
    // The step of the digits' demonstration: lenetSmall at its batch of 64, with a class weight for every digit.
    name: 'demo step', kind: 'demo', N: 64, unit: 'ms', work: 1, calls: 1, rate: 0.05,
    inputs: () => ({
      x: numbers(64 * 28 * 28, 21), y: labels(64, 10),
      params: [numbers(16 * 9, 22, -0.4, 0.4), numbers(16, 23, -0.1, 0.1), numbers(32 * 16 * 9, 24, -0.12, 0.12), numbers(32, 25, -0.1, 0.1),
        numbers(64 * 32 * 9, 26, -0.08, 0.08), numbers(64, 27, -0.1, 0.1), numbers(576 * 2, 28, -0.1, 0.1), numbers(2, 29, -0.1, 0.1),
        numbers(2 * 10, 30, -0.7, 0.7)],
    }),
  },
  {
    name: 'W5 MLP step', kind: 'mlp', N: 64, unit: 'ms', work: 1, calls: 20, rate: 0.05,
    inputs: () => ({
      x: numbers(64 * 784, 15, 0, 1), y: labels(64, 10),
      params: [numbers(784 * 256, 16, -0.06, 0.06), numbers(256 * 128, 17, -0.1, 0.1), numbers(128 * 10, 18, -0.1, 0.1)],
    }),
  },
  {
    name: 'W5 a+b with gradient', kind: 'tiny', unit: 'µs', work: 1, calls: 1000,
    inputs: () => ({ a: numbers(16, 19), b: numbers(16, 20) }),
  },
];

/** The head with another loss of our catalogue, at its defaults: 128×10,000, D 128. */
export const headOf = (loss) => head(128, 10000, 128, { name: `head ${loss}`, loss });

/** Shapes of the parameters of the networks. */
export const cnnShapes = [[32, 1, 3, 3], [64, 32, 3, 3], [128, 64, 3, 3], [2048, 128], [128, 100]];
export const demoShapes = [[16, 1, 3, 3], [16], [32, 16, 3, 3], [32], [64, 32, 3, 3], [64], [576, 2], [2], [2, 10]];
export const mlpShapes = [[784, 256], [256, 128], [128, 10]];
