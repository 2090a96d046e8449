// What every layer promises, over a table of them: shapes, derivatives, trees that keep their form, no hidden state, and
// samples that do not see each other.

import { describe, expect, it } from 'vitest';
import { DTypeError } from '../../src/base/errors.ts';
import { flatten } from '../../src/base/tree.ts';
import { evaluate, isTensor, type Tensor, trace } from '../../src/graph/index.ts';
import { gradcheck, reportText } from '../../src/check/index.ts';
import type { ParameterTree, Variables } from '../../src/nn/index.ts';
import { key, slice, take } from '../../src/ops/index.ts';
import { expectBits, f32, i32, thrown } from '../values.ts';
import { layerCases, sample } from './samples.ts';

const types = (tree: unknown): string[] => {
  const { leaves, paths } = flatten(tree, isTensor);
  return leaves.map((x, i) => `${paths[i]!} ${x}`);
};
const numbers = (tree: unknown): number[] => flatten(tree, isTensor).leaves.flatMap((x) => Array.from(x.data));
const inTraining = { train: true, key: key(9) };

describe.each(Object.entries(layerCases))('%s', (_, { layer, input, output }) => {
  const fresh = layer.init(key(1), { dtype: 'f64' });
  const x = sample(2, input);

  it('gives the promised shape and keeps the form of its state, in training and otherwise', () => {
    for (const options of [inTraining, { train: false }]) {
      const { y, state } = layer.apply(fresh, x, options);
      expect([...y.shape, y.dtype]).toEqual([...output, 'f64']);
      expect(types(state)).toEqual(types(fresh.state));
    }
  });

  it('has the first and second derivatives that duals and differences show, by input and parameters', () => {
    for (const options of [inTraining, { train: false }]) {
      const f = (params: ParameterTree, z: Tensor): Tensor => layer.apply({ params, state: fresh.state }, z, options).y;
      const report = gradcheck(f, [fresh.params, x]);
      expect(report.ok, reportText(report)).toBe(true);
    }
  });

  it('makes parameters from the key alone, in Float32 by default', () => {
    const [a, b] = [layer.init(key(5)), layer.init(key(5))];
    expect(numbers(a)).toStrictEqual(numbers(b));
    expect(types(a).map((text) => text.replace('f32', 'f64'))).toEqual(types(fresh));
    const y = layer.apply(a, f32(x.toArray()), { train: false }).y;
    expect(y.dtype).toBe('f32');
  });

  it('remembers nothing: the same arguments give the same bits, and the arguments stay as they are', () => {
    const before = numbers([fresh, x]);
    const [first, second] = [0, 1].map(() => layer.apply(fresh, x, inTraining));
    expect(numbers(first)).toStrictEqual(numbers(second));
    expect(numbers([fresh, x])).toStrictEqual(before);
  });

  it('survives a round trip of its trees', () => {
    const flat = flatten(fresh, isTensor);
    const again = flat.rebuild(flat.leaves) as unknown as Variables;
    expect(flatten(again, isTensor).paths).toEqual(flat.paths);
    expectBits(layer.apply(again, x, { train: false }).y, layer.apply(fresh, x, { train: false }).y.toArray());
  });

  it('law: outside training a permutation of the samples permutes the results, bit for bit', () => {
    const order = i32(Array.from({ length: input[0]! }, (_, i) => input[0]! - 1 - i));
    const permuted = layer.apply(fresh, take(x, order), { train: false }).y;
    expectBits(permuted, take(layer.apply(fresh, x, { train: false }).y, order).toArray());
  });

  it('is one program: recorded without numbers, init included, it gives the bits of the eager layer', () => {
    const f = (seed: Tensor, z: Tensor, mask: Tensor) => layer.apply(layer.init(seed, { dtype: 'f64' }), z, { train: true, key: mask });
    const program = trace(f, [key(1), x, key(9)], { mode: 'abstract' });
    const given = [key(1), x, key(9)];
    const values = evaluate(program.graph, program.outputs, new Map(program.inputs.map((id, i) => [id, given[i]!.read()])));
    expect(program.outputs.flatMap((id) => Array.from(values[id]!.data()))).toStrictEqual(numbers(f(key(1), x, key(9))));
  });
});

it.each(['linear', 'conv2d', 'batchNorm', 'layerNorm', 'prelu'])('%s refuses input and parameters of two types, and integers', (name) => {
  const { layer, input } = layerCases[name]!;
  const x = sample(3, input);
  expect(String(thrown(() => layer.apply(layer.init(key(1)), x, inTraining)))).toContain('x is f64, the parameters are f32');
  expect(thrown(() => layer.apply(layer.init(key(1)), i32([[[[1]]]]), inTraining))).toBeInstanceOf(DTypeError);
});

it('law: conv2d moves with the image', () => {
  const { layer } = layerCases['conv2d']!;
  const fresh = layer.init(key(4), { dtype: 'f64' });
  const apply = (x: Tensor): Tensor => layer.apply(fresh, x, { train: false }).y;
  const x = sample(5, [1, 2, 4, 6]);
  const moved = apply(slice(x, [null, null, [1, 4], [2, 6]]));
  expectBits(moved, slice(apply(x), [null, null, [1, 3], [2, 5]]).toArray());
});
