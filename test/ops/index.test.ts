// The promised names, from the root, and the documentation of every op.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as root from '../../src/index.ts';
import { assertGradients } from '../../src/check/index.ts';
import { evaluate, fromValue, type Tensor, trace } from '../../src/graph/index.ts';
import * as ops from '../../src/ops/index.ts';
import * as primitiveFunctions from '../../src/primitives/index.ts';
import { expectBits } from '../values.ts';
import { sample } from './numeric.ts';

const promised = `
  tensor zeros ones full arange eye rng key foldIn randomBits
  add sub mul div neg pow exp log log1p expm1 sqrt sin cos acos abs floor sign maximum minimum less lessEqual greater greaterEqual
  equal notEqual isFinite where cast reshape permute transpose expand squeeze unsqueeze slice pad concat stack flip
  sum mean max min prod variance argmax argmin argsort sort topK cumsum matmul einsum gather take scatterAdd oneHot
  unfold fold conv2d maxPool2d avgPool2d square reciprocal tanh sigmoid softplus relu prelu clamp logSumExp softmax logSoftmax
  norm normalize cosineSimilarity batchNorm layerNorm dropout stopGradient surrogate
  grad valueAndGrad vjp jvp hvp jacobian hessian trace customGradient label useEngine
  ShapeError DTypeError DomainError TraceError StaleError FormatError PoolError`.trim().split(/\s+/);

describe('the root', () => {
  it('exports every promised name as a function', () => {
    const missing = promised.filter((name) => typeof (root as Record<string, unknown>)[name] !== 'function');
    expect(missing).toEqual([]);
  });

  it('exports every op', () => {
    expect(Object.keys(ops).filter((name) => !(name in root))).toEqual([]);
  });
});

/** Every composite once, from a matrix, an image and a key. */
const calls: Record<string, (x: Tensor, image: Tensor, key: Tensor) => Tensor> = {
  reductions: (x) => ops.concat(['sum', 'mean', 'max', 'min', 'prod', 'variance', 'logSumExp', 'norm']
    .map((name) => ops[name as 'sum'](x, { axis: 1 }))),
  positions: (x) => ops.concat([ops.argmax(x, { axis: 0 }), ops.argmin(x, { axis: 0 }), ops.reshape(ops.argsort(x), [-1])]),
  softmax: (x) => ops.add(ops.softmax(x), ops.logSoftmax(x, { axis: 0 })),
  norms: (x) => ops.mul(ops.normalize(x), ops.unsqueeze(ops.cosineSimilarity(x, ops.flip(x)), 1)),
  choices: (x) => ops.mul(ops.clamp(ops.relu(x), { max: 1 }), ops.add(ops.prelu(x, 0.1), ops.isFinite(ops.reciprocal(x)))),
  comparisons: (x) => ops.add(ops.greater(x, 0), ops.add(ops.greaterEqual(x, 0), ops.notEqual(ops.square(x), x))),
  order: (x) => ops.concat([ops.sort(x), ops.topK(x, 2).values, ops.cumsum(x)], 1),
  axes: (x) => ops.squeeze(ops.stack([ops.pad(ops.transpose(ops.transpose(x)), [[1, 0], [0, 1]])], 1), 1),
  indices: (x) => ops.take(ops.scatterAdd(x, ops.argsort(x), ops.gather(x, ops.argsort(x), 1), 1), ops.argmax(x, { axis: 0 })),
  oneHot: (x) => ops.oneHot(ops.argmax(x, { axis: 1 }), 3),
  products: (x) => ops.matmul(ops.einsum('ij,kj->ik', x, x), x),
  windows: (_, image) => {
    const y = ops.conv2d(image, ops.ones([2, 2, 2, 2], { dtype: 'f64' }));
    return ops.fold(ops.unfold(y, { kernel: 2 }), { kernel: 2, size: 3 });
  },
  pools: (_, image) => ops.add(ops.maxPool2d(image, { kernel: 2 }), ops.avgPool2d(image, { kernel: 3, stride: 2, padding: 1 })),
  normalization: (x) => ops.layerNorm(ops.batchNorm(x).y),
  random: (x, _, key) => ops.dropout(ops.add(x, ops.normal(ops.foldIn(key, 1), [2, 3], { dtype: 'f64' })), { rate: 0.5, key }),
  creation: (x) => ops.add(ops.matmul(ops.eye(2, { dtype: 'f64' }), x), ops.arange(0, 3, { dtype: 'f64' })),
};

describe('a program of ops', () => {
  for (const [name, call] of Object.entries(calls)) {
    it(`is recorded without numbers, and gives the same bits when it is run later: ${name}`, () => {
      const inputs = [sample(1, [2, 3]), sample(2, [1, 2, 4, 4]), ops.key(3)] as const;
      const { graph, inputs: ids, outputs } = trace(call as never, inputs, { mode: 'abstract' });
      const values = evaluate(graph, outputs, new Map(ids.map((id, i) => [id, inputs[i]!.read()])));
      expectBits(fromValue(values[outputs[0]!]!), call(...inputs).toArray());
    });
  }

  const smooth = Object.entries(calls).filter(([name]) => !['positions', 'comparisons', 'oneHot', 'creation'].includes(name));
  for (const [name, call] of smooth) {
    it(`has gradients that dual numbers and differences confirm, to order 2: ${name}`, () => {
      assertGradients(call as never, [sample(1, [2, 3]), sample(2, [1, 2, 4, 4]), ops.key(3)]);
    });
  }

  it('covers every composite', () => {
    const text = Object.values(calls).map(String).join();
    const primitives = new Set(Object.keys(primitiveFunctions));
    const composites = Object.keys(ops).filter((name) => !primitives.has(name) || ['unfold', 'fold'].includes(name));
    const absent = composites.filter((name) => !new RegExp(`\\b${name}\\b`).test(text)).sort();
    expect(absent).toEqual(['full', 'rng', 'safeSqrt', 'uniform', 'zeros']);
  });
});

describe('documentation', () => {
  const folder = new URL('../../src/ops/', import.meta.url);
  const documented = readdirSync(folder).filter((file) => !['index.ts', 'operands.ts'].includes(file)).flatMap((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    const exported = /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?export function (\w+)/g;
    return [...text.matchAll(exported)].map(([, block, name]) => ({ file, name: name!, block }));
  });
  const isPublic = new Set(Object.keys(ops));

  it('of every op says its shapes and its gradient', () => {
    // The first of several overloads has the block.
    const publicOnes = documented.filter(({ name }, i) => isPublic.has(name) && documented[i - 1]?.name !== name);
    expect(publicOnes.length).toBeGreaterThan(50);
    for (const { file, name, block } of publicOnes) {
      for (const field of ['Shapes', 'Gradient']) {
        expect(block?.includes(` * ${field}  `) ? field : `${name} in ${file} has no line ${field}`).toBe(field);
      }
    }
  });

  it('uses the fields of the template only, in their order', () => {
    const order = ['Equation', 'Shapes', 'Units', 'Gradient', 'Edges', 'Throws'];
    for (const { name, block } of documented) {
      const fields = [...(block ?? '').matchAll(/^ \* ([A-Z][a-z]+) {2,}/gm)].map(([, field]) => field!);
      expect(fields, name).toEqual(order.filter((field) => fields.includes(field)));
    }
  });
});
