// TensorFlow.js on its WebAssembly or plain JavaScript backend.

import { createRequire } from 'node:module';
import { serve } from './serve.mjs';
import { demoShapes, fingerprint, mlpShapes } from './workloads.mjs';

const require = createRequire(import.meta.url);
const backend = process.argv[2] ?? 'wasm';
console.warn = () => undefined;
console.log = () => undefined;
const tf = require('@tensorflow/tfjs');
if (backend === 'wasm') {
  const wasm = require('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(`${new URL('node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url).pathname}`);
}
await tf.setBackend(backend);
await tf.ready();

/** Keeps the last results so that they can be read, and frees those before. */
function keeping(run) {
  let last = [];
  return {
    call: () => {
      tf.dispose(last);
      last = tf.tidy(run);
      for (const x of last) x.dataSync();
    },
    result: () => last.flatMap((x) => fingerprint(x.dataSync())),
  };
}

// The built-in gradient multiplies by transposed operands, which takes ten times as long as transposing them first.
const product = tf.customGrad((a, b, save) => {
  save([a, b]);
  return {
    value: tf.matMul(a, b),
    gradFunc: (dy, [p, q]) => [tf.matMul(dy, tf.transpose(q)), tf.matMul(tf.transpose(p), dy)],
  };
});

// The library's own, because the gradient of logSumExp compares with a stretched maximum, which is slow here.
const crossEntropy = (z, target) => tf.losses.softmaxCrossEntropy(target, z);

/** Convolutions here are N, H, W, C and H, W, in, out: what comes in and goes out is turned. */
const turned = (x) => (x.rank === 4 ? tf.transpose(x, [2, 3, 1, 0]) : x);
const turnedBack = (x) => (x.rank === 4 ? tf.transpose(x, [3, 2, 0, 1]) : x);

/** Steps of plain descent on f, a function of the parameters; `shown` is a parameter as every engine has it. */
function descent(f, start, rate, shown) {
  let state = start;
  let loss = 0;
  return {
    call: () => {
      const before = state;
      state = tf.tidy(() => {
        const { value, grads } = f(before);
        loss = value.dataSync()[0];
        return before.map((p, i) => tf.sub(p, tf.mul(grads[i], rate)));
      });
      tf.dispose(before);
      for (const p of state) p.dataSync();
    },
    result: () => [...fingerprint([loss]), ...state.flatMap((p) => fingerprint(shown(p).dataSync()))],
  };
}

const engine = {
  name: `tfjs ${backend}`,
  version: tf.version.tfjs,
  missing: { cnn: 'no gradient of a convolution', demo: 'no gradient of a convolution' },
  product({ n }, { a, b }) {
    const [x, y] = [tf.tensor(a, [n, n]), tf.tensor(b, [n, n])];
    return keeping(() => [tf.matMul(x, y)]);
  },
  exp(_, { x }) {
    const input = tf.tensor(x);
    return keeping(() => [tf.exp(input)]);
  },
  chain(_, { a, b, c }) {
    const inputs = [a, b, c].map((v) => tf.tensor(v));
    const f = tf.valueAndGrads((p, q, r) => tf.sum(tf.mul(tf.exp(tf.add(tf.mul(p, q), r)), tf.tanh(p))));
    return keeping(() => {
      const { value, grads } = f(inputs);
      return [value, ...grads];
    });
  },
  head({ N, C, D, m, t, s }, { x, w, y }) {
    const inputs = [tf.tensor(x, [N, D]), tf.tensor(w, [C, D])];
    const target = tf.oneHot(tf.tensor1d(y, 'int32'), C).cast('float32');
    const other = tf.sub(1, target);
    const unit = (v) => tf.div(v, tf.sqrt(tf.sum(tf.square(v), 1, true)));
    const f = tf.valueAndGrads((features, weights) => {
      const cos = product(unit(features), tf.transpose(unit(weights)));
      const own = tf.sub(tf.sum(tf.mul(cos, target), 1, true), m);
      // A comparison that stretches an operand takes 17 ms where a step takes 0.4, and has no gradient, not even 0.
      const hard = tf.mul(tf.step(tf.sub(cos, own)), other);
      const others = tf.add(cos, tf.mul(tf.mul(tf.add(cos, 1), hard), t - 1));
      const z = tf.mul(tf.add(tf.mul(others, other), tf.mul(own, target)), s);
      return crossEntropy(z, target);
    });
    return keeping(() => {
      const { value, grads } = f(inputs);
      return [value, ...grads];
    });
  },
  mlp({ rate }, { x, y, params }) {
    const features = tf.tensor(x, [64, 784]);
    const target = tf.oneHot(tf.tensor1d(y, 'int32'), 10).cast('float32');
    const f = tf.valueAndGrads((w1, w2, w3) =>
      crossEntropy(product(tf.relu(product(tf.relu(product(features, w1)), w2)), w3), target));
    return descent(f, params.map((p, i) => tf.tensor(p, mlpShapes[i])), rate, (p) => p);
  },
  tiny(_, { a, b }) {
    const inputs = [tf.tensor(a), tf.tensor(b)];
    const f = tf.valueAndGrads((p, q) => tf.sum(tf.add(p, q)));
    return keeping(() => {
      const { value, grads } = f(inputs);
      return [value, ...grads];
    });
  },
};

/** Plain JavaScript, slow and the only backend outside a graphics card that differentiates a convolution: for that row alone. */
const plain = {
  name: engine.name, version: engine.version, missing: {},
  demo({ rate }, { x, y, params }) {
    const features = tf.transpose(tf.tensor(x, [64, 1, 28, 28]), [0, 2, 3, 1]);
    const target = tf.oneHot(tf.tensor1d(y, 'int32'), 10).cast('float32');
    const stage = (h, k, b) => tf.maxPool(tf.relu(tf.add(tf.conv2d(h, k, 1, 'same'), b)), 2, 2, 'valid');
    const f = tf.valueAndGrads((k1, b1, k2, b2, k3, b3, w, b, classes) => {
      const h = stage(stage(stage(features, k1, b1), k2, b2), k3, b3);
      const flat = tf.reshape(tf.transpose(h, [0, 3, 1, 2]), [64, 576]);
      return crossEntropy(product(tf.add(product(flat, w), b), classes), target);
    });
    return descent(f, params.map((p, i) => turned(tf.tensor(p, demoShapes[i]))), rate, turnedBack);
  },
};

serve(backend === 'cpu' ? plain : engine);
