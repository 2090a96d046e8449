// Our engine as it is installed: the built package on the plain reference, eager, or compiled for one or two threads. Inputs that do not change
// are kept in the engine's memory and results left there, as every peer does.

import { readFileSync } from 'node:fs';
import * as m from '../../../dist/index.js';
import { catalogue } from '../../../dist/losses/index.js';
import { serve } from './serve.mjs';
import { cnnShapes, demoShapes, fingerprint, mlpShapes } from './workloads.mjs';

const [, , mode = '1', width] = process.argv;
if (width === 'wide' && !/256 bits wide/.test(m.useWideKernels())) {
  process.stderr.write(m.useWideKernels());
  process.exit(1);
}
if (mode === 'reference') m.useEngine(undefined);
const compile = mode === 'eager' || mode === 'reference' ? (f) => f : (f, options) => m.compile(f, { threads: Number(mode), ...options });
const array = (values, shape) => m.tensor(values, { shape });

/** A function whose arguments stay where they are from call to call. */
function kept(f, inputs) {
  const run = compile(f, { keep: inputs.map((_, i) => i), leave: true });
  let last;
  return {
    call: () => {
      last = run(...inputs);
    },
    result: () => last.flatMap((x) => fingerprint(x.data)),
  };
}

/** Cross-entropy of logits [N, C]. */
const crossEntropy = (z, y) => m.mean(m.sub(m.logSumExp(z, { axis: 1 }), m.squeeze(m.gather(z, m.unsqueeze(y, 1), 1), 1)));

function descent(loss, shapes, { rate }, { x, y, params }, shape) {
  const step = compile((state, features, labels) => {
    const { value, gradient } = m.valueAndGrad(loss)(state, features, labels);
    return [state.map((p, i) => m.sub(p, m.mul(rate, gradient[i]))), value];
  }, { resident: [0], keep: [1, 2] });
  let state = params.map((p, i) => array(p, shapes[i]));
  const [features, labels] = [array(x, shape), m.tensor(y)];
  let value;
  return {
    call: () => {
      [state, value] = step(state, features, labels);
    },
    result: () => [...fingerprint(value.data), ...state.flatMap((p) => fingerprint(p.data))],
  };
}

serve({
  name: 'marginalia',
  version: JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url))).version,
  product: ({ n }, { a, b }) => kept((x, y) => [m.matmul(x, y)], [array(a, [n, n]), array(b, [n, n])]),
  exp: (_, { x }) => kept((v) => [m.exp(v)], [m.tensor(x)]),
  chain(_, { a, b, c }) {
    const loss = (x, y, z) => m.sum(m.mul(m.exp(m.add(m.mul(x, y), z)), m.tanh(x)));
    const f = (...inputs) => {
      const { value, gradient } = m.valueAndGrad(loss, { wrt: [0, 1, 2] })(...inputs);
      return [value, ...gradient];
    };
    return kept(f, [a, b, c].map((v) => m.tensor(v)));
  },
  head({ N, C, D, m: margin, t, s, loss: id }, { x, w, y }) {
    const loss = id === undefined ? catalogue['sv-am-softmax'].create({ m: margin, t, s }) : catalogue[id].create();
    const f = (features, weights, labels) => {
      const { value, gradient } = m.valueAndGrad((p, q) => loss(p, q, labels), { wrt: [0, 1] })(features, weights);
      return [value, ...gradient];
    };
    return kept(f, [array(x, [N, D]), array(w, [C, D]), m.tensor(y)]);
  },
  cnn(workload, inputs) {
    const loss = ([k1, k2, k3, w1, w2], x, y) => {
      const h1 = m.maxPool2d(m.relu(m.conv2d(x, k1, { padding: 1 })), { kernel: 2 });
      const h2 = m.relu(m.conv2d(h1, k2, { stride: 2, padding: 1 }));
      const h3 = m.relu(m.conv2d(h2, k3, { stride: 2, padding: 1 }));
      return crossEntropy(m.matmul(m.matmul(m.reshape(h3, [64, 2048]), w1), w2), y);
    };
    return descent(loss, cnnShapes, workload, inputs, [64, 1, 32, 32]);
  },
  demo(workload, inputs) {
    const stage = (x, k, b) => m.maxPool2d(m.relu(m.add(m.conv2d(x, k, { padding: 1 }), m.reshape(b, [1, b.size, 1, 1]))), { kernel: 2 });
    const loss = ([k1, b1, k2, b2, k3, b3, w, b, classes], x, y) => {
      const h = stage(stage(stage(x, k1, b1), k2, b2), k3, b3);
      return crossEntropy(m.matmul(m.add(m.matmul(m.reshape(h, [64, 576]), w), b), classes), y);
    };
    return descent(loss, demoShapes, workload, inputs, [64, 1, 28, 28]);
  },
  mlp(workload, inputs) {
    const loss = ([w1, w2, w3], x, y) => crossEntropy(m.matmul(m.relu(m.matmul(m.relu(m.matmul(x, w1)), w2)), w3), y);
    return descent(loss, mlpShapes, workload, inputs, [64, 784]);
  },
  tiny(_, { a, b }) {
    const [x, y] = [m.tensor(a), m.tensor(b)];
    const f = m.valueAndGrad((p, q) => m.sum(m.add(p, q)), { wrt: [0, 1] });
    let last;
    return {
      call: () => {
        last = f(x, y);
      },
      result: () => [last.value, ...last.gradient].flatMap((v) => fingerprint(v.data)),
    };
  },
});
