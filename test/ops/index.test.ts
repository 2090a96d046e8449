// The promised names, from the root, and the documentation of every op.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as root from '../../src/index.ts';
import * as ops from '../../src/ops/index.ts';

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
