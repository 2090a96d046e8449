// The bits of whole programs do not depend on the number of threads. Runs the built package in a process of its own,
// because workers are loaded from what was built.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

const script = `
import { createHash } from 'node:crypto';
import * as m from '${root}/dist/index.js';
import { catalogue } from '${root}/dist/losses/index.js';
const numbers = (shape, seed) => m.normal(m.key(seed), shape);
const labels = (size, classes) => m.tensor(Int32Array.from({ length: size }, (_, i) => (i * 7919) % classes));
const head = catalogue['sv-am-softmax'].create({ s: 32 });
const convolution = (w, x) => m.mean(m.square(m.maxPool2d(m.relu(m.conv2d(x, w, { padding: 1 })), { kernel: 2 })));
const programs = [
  [(x, w, y) => m.valueAndGrad((a, b) => head(a, b, y), { wrt: [0, 1] })(x, w), [numbers([61, 67], 1), numbers([1003, 67], 2), labels(61, 1003)]],
  [(w, x) => m.valueAndGrad(convolution, { wrt: [0, 1] })(w, x), [numbers([17, 5, 3, 3], 3), numbers([9, 5, 22, 22], 4)]],
  [(a, b) => m.valueAndGrad((p, q) => m.sum(m.mul(m.exp(m.neg(m.square(p))), m.tanh(q))), { wrt: [0, 1] })(a, b), [numbers([150001], 5), numbers([150001], 6)]],
];
for (const [f, inputs] of programs) {
  const bits = [1, 2, 3, 4, 7].flatMap((threads) => {
    const run = m.compile(f, { threads });
    return [0, 1].map(() => {
      const { value, gradient } = run(...inputs);
      const hash = createHash('sha256');
      for (const x of [value, gradient].flat()) hash.update(new Uint8Array(x.data.slice().buffer));
      if (threads === 7) process.stderr.write(run.status().join() + '\\n');
      return hash.digest('hex');
    });
  });
  process.stdout.write(new Set(bits).size + ' of ' + bits.length + '\\n');
}
process.exit(0);
`;

describe('the bits of a program', () => {
  it('law: are the same on 1, 2, 3, 4 and 7 threads, twice each', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('programs run on 7 threads');
    expect(stdout).toBe('1 of 10\n'.repeat(3));
  });
});
