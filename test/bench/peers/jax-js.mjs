// jax-js on its WebAssembly device, jitted. Its pool needs the browser's Worker; on more than one thread this file
// gives it one made of worker_threads.

import { readFileSync } from 'node:fs';
import { resolveObjectURL } from 'node:buffer';
import { Worker } from 'node:worker_threads';
import { serve } from './serve.mjs';
import { cnnShapes, demoShapes, fingerprint, mlpShapes } from './workloads.mjs';

const threads = Number(process.argv[2] ?? 1);
if (threads > 1) {
  Object.defineProperty(globalThis, 'navigator', { value: { hardwareConcurrency: threads } });
  globalThis.Worker = class {
    #ready;
    constructor(url) {
      this.#ready = resolveObjectURL(url).text().then((source) => {
        const start = "const { parentPort } = require('node:worker_threads'); globalThis.self = globalThis;"
          + 'globalThis.postMessage = (m) => parentPort.postMessage(m); parentPort.on("message", (data) => self.onmessage({ data }));';
        const worker = new Worker(`${start}\n${source}`, { eval: true });
        worker.on('message', (data) => this.onmessage?.({ data }));
        worker.on('error', (error) => this.onerror?.(error));
        return worker;
      });
    }
    postMessage(message) {
      void this.#ready.then((worker) => worker.postMessage(message));
    }
  };
}

const { blockUntilReady, defaultDevice, init, jit, lax, nn, numpy: np, valueAndGrad } = await import('@jax-js/jax');
await init('wasm');
defaultDevice('wasm');

const array = (values, shape) => np.array(values).reshape(shape);
const read = async (x) => fingerprint(await x.ref.data());
const held = async (values) => {
  const results = [];
  for (const x of values) results.push(...(await read(x)));
  return results;
};
const release = (tree) => {
  if (tree === undefined) return;
  if (Array.isArray(tree)) tree.forEach(release);
  else tree.dispose();
};

/** Keeps the last results so that they can be read, and frees those before. */
function keeping(run) {
  let last;
  return {
    call: async () => {
      release(last);
      last = await run();
      await blockUntilReady(last);
    },
    result: () => held(last),
  };
}

/** Cross-entropy of logits [N, C] and one-hot targets. */
const crossEntropy = (z, target) => nn.logsumexp(z.ref, 1).sub(z.mul(target).sum(1)).mean();

function descent(loss, shapes, { rate }, { x, y, params }, inputShape, classes) {
  let state = params.map((p, i) => array(p, shapes[i]));
  const features = array(x, inputShape);
  const target = nn.oneHot(np.array(y, { dtype: np.int32 }), classes);
  const step = jit((ps, features, target) => {
    const [value, grads] = valueAndGrad(loss)(ps.map((p) => p.ref), features, target);
    return [value, ps.map((p, i) => p.sub(grads[i].mul(rate)))];
  });
  let value;
  return {
    call: async () => {
      value?.dispose();
      [value, state] = step(state, features.ref, target.ref);
      await blockUntilReady([value, ...state]);
    },
    result: () => held([value, ...state]),
  };
}

serve({
  name: 'jax-js jit',
  version: JSON.parse(readFileSync(new URL('node_modules/@jax-js/jax/package.json', import.meta.url))).version,
  product({ n }, { a, b }) {
    const [x, y] = [array(a, [n, n]), array(b, [n, n])];
    const f = jit((p, q) => [np.matmul(p, q)]);
    return keeping(() => f(x.ref, y.ref));
  },
  exp(_, { x }) {
    const input = np.array(x);
    const f = jit((p) => [np.exp(p)]);
    return keeping(() => f(input.ref));
  },
  chain(_, { a, b, c }) {
    const inputs = [a, b, c].map((v) => np.array(v));
    const loss = (p, q, r) => np.exp(p.ref.mul(q).add(r)).mul(np.tanh(p)).sum();
    const f = jit((p, q, r) => {
      const [value, grads] = valueAndGrad(loss, { argnums: [0, 1, 2] })(p, q, r);
      return [value, ...grads];
    });
    return keeping(() => f(...inputs.map((v) => v.ref)));
  },
  head({ N, C, D, m, t, s }, { x, w, y }) {
    const inputs = [array(x, [N, D]), array(w, [C, D]), nn.oneHot(np.array(y, { dtype: np.int32 }), C)];
    const unit = (v) => v.ref.div(np.sqrt(np.square(v).sum(1, { keepdims: true })));
    const loss = (features, weights, target) => {
      const cos = np.matmul(unit(features), np.matrixTranspose(unit(weights)));
      const own = cos.ref.mul(target.ref).sum(1, { keepdims: true }).sub(m);
      const hard = lax.stopGradient(np.where(np.greater(cos.ref, own.ref), 1, 0).mul(np.subtract(1, target.ref)));
      const others = cos.ref.add(cos.add(1).mul(hard).mul(t - 1));
      const z = others.mul(np.subtract(1, target.ref)).add(own.mul(target.ref)).mul(s);
      return crossEntropy(z, target);
    };
    const f = jit((features, weights, target) => {
      const [value, grads] = valueAndGrad(loss, { argnums: [0, 1] })(features, weights, target);
      return [value, ...grads];
    });
    return keeping(() => f(...inputs.map((v) => v.ref)));
  },
  cnn(workload, inputs) {
    const loss = ([k1, k2, k3, w1, w2], x, target) => {
      const h1 = nn.relu(lax.conv(x, k1, [1, 1], 'SAME'));
      const pooled = np.max(h1.reshape([64, 32, 16, 2, 16, 2]), [3, 5]);
      const h2 = nn.relu(lax.convGeneralDilated(pooled, k2, [2, 2], [[1, 1], [1, 1]]));
      const h3 = nn.relu(lax.convGeneralDilated(h2, k3, [2, 2], [[1, 1], [1, 1]]));
      return crossEntropy(np.matmul(np.matmul(h3.reshape([64, 2048]), w1), w2), target);
    };
    return descent(loss, cnnShapes, workload, inputs, [64, 1, 32, 32], 100);
  },
  demo(workload, inputs) {
    // Its window reduction has no gradient; halves side by side have. Of 7 rows and columns the last has no partner.
    const pooled = (h, channels, side) => {
      const half = Math.floor(side / 2);
      return np.max(h.slice([], [], [0, 2 * half], [0, 2 * half]).reshape([64, channels, half, 2, half, 2]), [3, 5]);
    };
    const stage = (h, k, b, channels, side) => pooled(nn.relu(lax.conv(h, k, [1, 1], 'SAME').add(b.reshape([1, channels, 1, 1]))), channels, side);
    const loss = ([k1, b1, k2, b2, k3, b3, w, b, classes], x, target) => {
      const h = stage(stage(stage(x, k1, b1, 16, 28), k2, b2, 32, 14), k3, b3, 64, 7);
      return crossEntropy(np.matmul(np.matmul(h.reshape([64, 576]), w).add(b), classes), target);
    };
    return descent(loss, demoShapes, workload, inputs, [64, 1, 28, 28], 10);
  },
  mlp(workload, inputs) {
    const loss = ([w1, w2, w3], x, target) =>
      crossEntropy(np.matmul(nn.relu(np.matmul(nn.relu(np.matmul(x, w1)), w2)), w3), target);
    return descent(loss, mlpShapes, workload, inputs, [64, 784], 10);
  },
  tiny(_, { a, b }) {
    const inputs = [np.array(a), np.array(b)];
    const f = jit((p, q) => {
      const [value, grads] = valueAndGrad((u, v) => u.add(v).sum(), { argnums: [0, 1] })(p, q);
      return [value, ...grads];
    });
    return keeping(() => f(...inputs.map((v) => v.ref)));
  },
});
