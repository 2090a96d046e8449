import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueAndGrad } from '../../../src/autodiff/index.ts';
import { compile } from '../../../src/compile/compile.ts';
import { printSchedule } from '../../../src/compile/passes/listing.ts';
import { schedule } from '../../../src/compile/passes/schedule.ts';
import { simplify } from '../../../src/compile/passes/simplify.ts';
import { windows } from '../../../src/compile/passes/windows.ts';
import { flatten } from '../../../src/base/tree.ts';
import { evaluate, isTensor, label, type Tensor, tensor, trace, useEngine } from '../../../src/graph/index.ts';
import {
  add, avgPool2d, conv2d, exp, matmul, max, maxPool2d, mean, mul, neg, prelu, relu, square, sum, unfold, zeros,
} from '../../../src/ops/index.ts';
import { runs } from '../../values.ts';
import { treeSums } from '../harness.ts';
import { bitsOf, randomArray, randomNumbers } from '../kernels.ts';

type Program = (...inputs: Tensor[]) => unknown;

const random = (shape: readonly number[], seed: number): Tensor =>
  tensor(randomArray(shape.reduce((a, b) => a * b, 1), seed), { shape: [...shape] });

/** The bits of a program's results, compiled and by the reference, which adds in the order of the kernels. */
function expectSameBits(f: Program, inputs: readonly Tensor[]): void {
  const { graph, inputs: ids, outputs } = trace(f, inputs, { mode: 'abstract' });
  const compiled = flatten(compile(f as never, { threads: 1 })(...inputs as never), isTensor).leaves;
  useEngine(treeSums);
  try {
    const values = evaluate(graph, outputs, new Map(ids.map((id, i) => [id, inputs[i]!.read()])));
    outputs.forEach((id, i) => expect(bitsOf(compiled[i]!.data as Float32Array)).toEqual(bitsOf(values[id]!.data() as Float32Array)));
  } finally {
    useEngine(undefined);
  }
}

/** Value and gradients, weighted so that every element of the result counts differently. */
const slopes = (f: (...xs: Tensor[]) => Tensor, weights: (shape: readonly number[]) => Tensor): Program => (...xs) => {
  let value: Tensor | undefined;
  const { gradient } = valueAndGrad((...ys: Tensor[]) => {
    value = f(...ys);
    return sum(mul(value, weights(value.shape)));
  }, { wrt: xs.map((_, i) => i) })(...xs);
  return [value!, ...[gradient].flat()];
};

const geometry = fc.record({
  lead: fc.constantFrom([2], [1, 3], [3, 2]), size: fc.tuple(fc.integer({ min: 1, max: 13 }), fc.integer({ min: 1, max: 17 })),
  kernel: fc.oneof(fc.constantFrom([2, 2] as const, [1, 4] as const, [3, 2] as const), fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 }))),
  stride: fc.option(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }))),
  padding: fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 1 })),
  dilation: fc.constantFrom(1, 1, 1, 2), before: fc.constantFrom('nothing', 'bias and relu', 'prelu', 'scale'), seed: fc.nat(1e6),
});

describe('pooling', () => {
  it('law: has the bits of the reference, value and gradients, for every window, step, padding, dilation and tie', () => {
    let pooled = 0;
    fc.assert(fc.property(geometry, fc.constantFrom(maxPool2d, avgPool2d), (g, pool) => {
      const { kernel, size, padding, dilation } = g;
      const options = { kernel, padding: padding.map((p, i) => Math.min(p, Math.floor(kernel[i]! / 2))) as [number, number], dilation };
      const fits = [0, 1].every((i) => size[i]! + 2 * options.padding[i]! > dilation * (kernel[i]! - 1));
      fc.pre(fits);
      pooled++;
      // Few different numbers, so that there are ties, and zeros of both signs.
      const tied = (shape: readonly number[]): Tensor => {
        const next = randomNumbers(g.seed);
        const draw = (): number => Math.round(4 * next() - 2) / 2 || (next() < 0.5 ? -0 : 0);
        return tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, draw), { shape: [...shape] });
      };
      const channels = g.lead.at(-1)!;
      const f = (x: Tensor, b: Tensor): Tensor => {
        const y = g.before === 'bias and relu' ? relu(add(x, b)) : g.before === 'prelu' ? prelu(x, b) : g.before === 'scale' ? neg(mul(x, b)) : x;
        return pool(y, { ...options, ...(g.stride !== null && { stride: g.stride }) });
      };
      expectSameBits(slopes(f, tied), [tied([...g.lead, ...size]), tied([channels, 1, 1])]);
    }), runs);
    expect(pooled).toBeGreaterThan(0);
  });

  it('keeps NaN and infinities, and counts ties exactly', () => {
    const x = tensor(Float32Array.of(1, NaN, 2, 2, Infinity, -Infinity, 2, 2, 0, -0, -1, -1, -0, 0, -1, -2), { shape: [1, 4, 4] });
    expectSameBits(slopes((y) => maxPool2d(y, { kernel: 2 }), (shape) => random(shape, 1)), [x]);
    expectSameBits(slopes((y) => maxPool2d(relu(y), { kernel: 2 }), (shape) => random(shape, 1)), [x]);
  });

  it('leaves windows alone that are read in another way', () => {
    expectSameBits((x) => {
      const u = unfold(x, { kernel: 2, stride: 2 });
      return [max(u, { axis: -1 }), sum(mul(u, u), { axis: [-2, -1] }), mul(u, tensor([1, 2])), max(unfold(x, { kernel: 5 }), { axis: [-2, -1] })];
    }, [random([2, 6, 8], 1)]);
    const f = (x: Tensor): Tensor => matmul(x, x);
    const traced = trace(f, [random([2, 2], 1)], { mode: 'abstract' });
    expect(windows(traced)).toBe(traced);
  });

  it('does not make again what is not cheap, comes from two images, or is read by overlapping windows', () => {
    const f = (x: Tensor, y: Tensor) => [maxPool2d(exp(x), { kernel: 2 }), maxPool2d(add(x, y), { kernel: 2 })];
    const { graph } = simplify(windows(trace(f, [zeros([2, 4, 4]), zeros([2, 4, 4])], { mode: 'abstract' })));
    const count = (name: string): number => graph.steps.filter((step) => step.primitive.name === name).length;
    expect([count('exp'), count('add'), count('maximum')]).toEqual([1, 1, 6]);
    // Every element of overlapping windows would be made again for each of them.
    const overlapping = simplify(windows(trace((x: Tensor) => maxPool2d(relu(x), { kernel: 3, stride: 1 }), [zeros([2, 4, 4])], { mode: 'abstract' })));
    expect(overlapping.graph.steps.filter(({ primitive }) => primitive.name === 'where')).toHaveLength(1);
  });

  it('keeps labels', () => {
    const f = (x: Tensor): Tensor => label(maxPool2d(label(relu(x), 'r'), { kernel: 2 }), 'm');
    const { graph } = windows(trace(f, [zeros([2, 4, 4])], { mode: 'abstract' }));
    expect(graph.steps.flatMap((step) => step.label ?? [])).toEqual(['r', 'm']);
  });
});

describe('the schedule of a convolution, a rectifier, a pool and their gradients', () => {
  const net = (x: Tensor, w: Tensor, v: Tensor): Tensor =>
    mean(square(conv2d(maxPool2d(relu(conv2d(x, w, { padding: 1 })), { kernel: 2 }), v, { stride: 2, padding: 1 })));
  const inputs = [zeros([4, 3, 16, 16]), zeros([8, 3, 3, 3]), zeros([5, 8, 3, 3])];
  const recorded = trace(valueAndGrad(net, { wrt: [1, 2] }), inputs, { mode: 'abstract' });

  it('stores the image, the rectified image and the windows of neither', async () => {
    const planned = schedule(simplify(windows(recorded)));
    const image = 4 * 8 * 16 * 16;
    // The convolution, and what flows back into it.
    expect(planned.buffers.filter(({ size }) => size >= image).map(({ size }) => size)).toEqual([image, image]);
    await expect(printSchedule(planned)).toMatchFileSnapshot('../../golden/compile-convolution.golden.txt');
  });
});
