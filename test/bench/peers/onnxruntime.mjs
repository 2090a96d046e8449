// onnxruntime-web on one or two threads: products and exp forward; it does not differentiate. The two models are
// written here byte by byte, as protobuf fields, because a product and an exponential need nothing more.

import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-web';
import { serve } from './serve.mjs';
import { fingerprint } from './workloads.mjs';

ort.env.wasm.numThreads = Number(process.argv[2] ?? 1);

const varint = (n) => (n < 128 ? [n] : [(n % 128) + 128, ...varint(Math.floor(n / 128))]);
const number = (field, n) => [...varint(field * 8), ...varint(n)];
const bytes = (field, content) => [...varint(field * 8 + 2), ...varint(content.length), ...content];
const text = (field, s) => bytes(field, [...new TextEncoder().encode(s)]);

/** A model of one node. */
function model(op, inputs, shape) {
  const dims = shape.flatMap((n) => bytes(1, number(1, n)));
  const tensor = (name) => [...text(1, name), ...bytes(2, bytes(1, [...number(1, 1), ...bytes(2, dims)]))];
  const node = [...inputs.flatMap((name) => text(1, name)), ...text(2, 'out'), ...text(4, op)];
  const graph = [...bytes(1, node), ...text(2, 'g'), ...inputs.flatMap((name) => bytes(11, tensor(name))), ...bytes(12, tensor('out'))];
  return Uint8Array.from([...number(1, 8), ...bytes(7, graph), ...bytes(8, [...text(1, ''), ...number(2, 13)])]);
}

async function session(op, arrays, shape) {
  const names = Object.keys(arrays);
  const run = await ort.InferenceSession.create(model(op, names, shape), { executionProviders: ['wasm'] });
  const feeds = Object.fromEntries(names.map((name) => [name, new ort.Tensor('float32', arrays[name], shape)]));
  let last;
  return {
    call: async () => {
      last = await run.run(feeds);
    },
    result: () => fingerprint(last.out.data),
  };
}

const forwardOnly = 'forward only';
serve({
  name: 'onnxruntime-web',
  version: JSON.parse(readFileSync(new URL('node_modules/onnxruntime-web/package.json', import.meta.url))).version,
  missing: { chain: forwardOnly, head: forwardOnly, cnn: forwardOnly, mlp: forwardOnly, tiny: forwardOnly },
  product: ({ n }, { a, b }) => session('MatMul', { a, b }, [n, n]),
  exp: (_, { x }) => session('Exp', { x }, [x.length]),
});
