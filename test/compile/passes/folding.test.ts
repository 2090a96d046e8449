import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grad, valueAndGrad } from '../../../src/autodiff/index.ts';
import { compile } from '../../../src/compile/compile.ts';
import { plan, printPlan } from '../../../src/compile/passes/plan.ts';
import { schedule } from '../../../src/compile/passes/schedule.ts';
import { simplify } from '../../../src/compile/passes/simplify.ts';
import { evaluate, type Tensor, tensor, trace, useEngine } from '../../../src/graph/index.ts';
import { conv2d, fold, matmul, mul, permute, reshape, slice, square, sum, transpose, unfold, zeros } from '../../../src/ops/index.ts';
import { runs } from '../../values.ts';
import { treeSums } from '../harness.ts';
import { bitsOf, randomArray } from '../kernels.ts';

const random = (shape: readonly number[], seed: number): Tensor =>
  tensor(randomArray(shape.reduce((a, b) => a * b, 1), seed), { shape: [...shape] });

const planned = (f: (...xs: Tensor[]) => unknown, ...inputs: readonly Tensor[]) =>
  schedule(simplify(trace(f, inputs, { mode: 'abstract' })));
const kinds = (f: (...xs: Tensor[]) => unknown, ...inputs: readonly Tensor[]): string[] =>
  planned(f, ...inputs).groups.map(({ kind }) => kind).filter((kind) => kind !== 'loop' && kind !== 'combine');

describe('a convolution', () => {
  it('law: has the bits of the reference, value and gradients, for every stride, padding, dilation and number of groups', () => {
    const small = (min: number, max: number) => fc.integer({ min, max });
    const geometry = fc.record({
      N: small(1, 6), groups: small(1, 3), perGroup: small(1, 3), outputs: small(1, 5), size: fc.tuple(small(1, 11), small(1, 13)),
      kernel: fc.tuple(small(1, 4), small(1, 4)), stride: fc.tuple(small(1, 3), small(1, 3)), padding: fc.tuple(small(0, 2), small(0, 2)),
      dilation: fc.tuple(small(1, 2), small(1, 2)), seed: fc.nat(1e6),
    });
    let folded = 0;
    fc.assert(fc.property(geometry, (g) => {
      fc.pre([0, 1].every((i) => g.size[i]! + 2 * g.padding[i]! > g.dilation[i]! * (g.kernel[i]! - 1)));
      const { groups, stride, padding, dilation } = g;
      const [x, w] = [random([g.N, g.groups * g.perGroup, ...g.size], g.seed), random([g.groups * g.outputs, g.perGroup, ...g.kernel], g.seed + 1)];
      const f = (a: Tensor, b: Tensor) => {
        const { value, gradient } = valueAndGrad((p: Tensor, q: Tensor) => sum(square(conv2d(p, q, { groups, stride, padding, dilation }))), { wrt: [0, 1] })(a, b);
        return [value, ...gradient];
      };
      const { graph, inputs, outputs } = trace(f, [x, w], { mode: 'abstract' });
      folded += Number(schedule(simplify({ graph, inputs, outputs })).groups.some(({ kind }) => kind === 'foldedProduct'));
      const compiled = compile(f, { threads: 1 })(x, w);
      useEngine(treeSums);
      try {
        const values = evaluate(graph, outputs, new Map([[inputs[0]!, x.read()], [inputs[1]!, w.read()]]));
        outputs.forEach((id, i) => expect(bitsOf(compiled[i]!.data as Float32Array)).toEqual(bitsOf(values[id]!.data() as Float32Array)));
      } finally {
        useEngine(undefined);
      }
    }), runs);
    // A window that is one number may be folded by nothing at all.
    expect(folded).toBeGreaterThan(10);
  });

  it('keeps no windows of its input gradient', () => {
    const [x, w] = [zeros([8, 6, 12, 12]), zeros([10, 3, 3, 3])];
    const dx = (y: Tensor, v: Tensor) => grad((a: Tensor) => sum(square(conv2d(a, v, { groups: 2, stride: 2, padding: 1 }))))(y);
    expect(kinds(dx, x, w)).toEqual(['product', 'foldedProduct']);
    const windows = 8 * 6 * 6 * 6 * 9;
    expect(planned(dx, x, w).buffers.filter(({ size }) => size >= windows)).toEqual([]);
  });
});

describe('a fold', () => {
  const options = { kernel: 3, stride: 2, size: 9 } as const;
  const windows = (a: Tensor, b: Tensor): Tensor => reshape(matmul(transpose(a), b), [4, 4, 3, 3]);

  it('takes its windows from a product nobody else reads', () => {
    expect(kinds((a, b) => fold(windows(a, b), options), zeros([5, 16]), zeros([5, 9]))).toEqual(['foldedProduct']);
    expect(kinds((a, b) => fold(reshape(matmul(transpose(b), a), [3, 3, 4, 4]), { kernel: 4, stride: 1, size: 6 }), zeros([5, 16]), zeros([5, 9])))
      .toEqual(['foldedProduct']);
  });

  it('waits for windows that somebody else reads, that are a result, that are mixed or overlap, or too many for a thread', () => {
    const [a, b] = [zeros([5, 16]), zeros([5, 9])];
    expect(kinds((p, q) => [fold(windows(p, q), options), sum(windows(p, q), { axis: 0 })], a, b)).toContain('fold');
    expect(kinds((p, q) => [fold(windows(p, q), options), windows(p, q)], a, b)).toEqual(['product', 'fold']);
    expect(kinds((p, q) => fold(mul(windows(p, q), 2), options), a, b)).toEqual(['product', 'fold']);
    // The rows of windows come from one operand, their columns from the other.
    const mixed = (p: Tensor, q: Tensor): Tensor => permute(reshape(matmul(transpose(p), q), [4, 3, 4, 3]), [0, 2, 1, 3]);
    expect(kinds((p, q) => fold(mixed(p, q), { kernel: 3, size: 6 }), zeros([5, 12]), zeros([5, 12]))).toEqual(['product', 'fold']);
    const overlapping = (p: Tensor, q: Tensor): Tensor => {
      const u = unfold(slice(transpose(matmul(transpose(p), q)), [null, [0, 10]]), { kernel: [1, 4], stride: [1, 2] });
      return permute(reshape(u, [3, 3, 4, 4]), [2, 3, 0, 1]);
    };
    expect(kinds((p, q) => fold(overlapping(p, q), { kernel: 3, size: 6 }), zeros([5, 16]), zeros([5, 9]))).toEqual(['product', 'fold']);
    const large = (x: Tensor, w: Tensor) => grad((y: Tensor) => sum(square(conv2d(y, w))))(x);
    expect(kinds(large, zeros([1, 4, 300, 300]), zeros([8, 4, 3, 3]))).toContain('fold');
  });

  it('is planned with the panels of the weights and without the windows', () => {
    const text = printPlan(plan(planned((a, b) => fold(windows(a, b), options), zeros([5, 16]), zeros([5, 9]))));
    expect(text.split('\n').map((line) => line.replace(/^[^:]*: /, '')).sort()).toEqual([
      'arena of 1140 bytes, 1 groups', 'b0 f32[80]', 'b1 f32[45]', 'b2 f32[81]', 'packed panels of a product',
    ]);
  });
});
