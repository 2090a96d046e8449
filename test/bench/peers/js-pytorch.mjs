// js-pytorch: products and the multi-layer perceptron; it has no elementwise kernels worth a row and no convolution.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { serve } from './serve.mjs';
import { fingerprint } from './workloads.mjs';

const require = createRequire(import.meta.url);
const { torch } = require('js-pytorch');

const nested = (values, rows, columns) => Array.from({ length: rows }, (_, i) => Array.from(values.subarray(i * columns, (i + 1) * columns)));

serve({
  name: 'js-pytorch',
  version: JSON.parse(readFileSync(new URL('node_modules/js-pytorch/package.json', import.meta.url))).version,
  missing: { demo: 'no convolution', cnn: 'no convolution' },
  product({ n }, { a, b }) {
    const [x, y] = [torch.tensor(nested(a, n, n)), torch.tensor(nested(b, n, n))];
    let last;
    return {
      call: () => {
        last = torch.matmul(x, y);
      },
      result: () => fingerprint(last.data.flat()),
    };
  },
  tiny(_, { a, b }) {
    const [x, y] = [a, b].map((v) => torch.tensor(Array.from(v), true));
    let value;
    return {
      call: () => {
        x._grad = torch.zeros(x.shape);
        y._grad = torch.zeros(y.shape);
        value = torch.add(x, y).sum();
        value.backward();
      },
      result: () => [...fingerprint([value.data].flat(3)), ...fingerprint(x.grad.flat()), ...fingerprint(y.grad.flat())],
    };
  },
});
