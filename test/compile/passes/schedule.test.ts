import { describe, expect, it } from 'vitest';
import { grad, valueAndGrad } from '../../../src/autodiff/index.ts';
import { compile } from '../../../src/compile/compile.ts';
import type { Group, Loop, Product, Schedule } from '../../../src/compile/kernels/group.ts';
import { printSchedule } from '../../../src/compile/passes/listing.ts';
import { type Plan, plan, printPlan, readsOf, writesOf } from '../../../src/compile/passes/plan.ts';
import { schedule } from '../../../src/compile/passes/schedule.ts';
import { simplify } from '../../../src/compile/passes/simplify.ts';
import { type Tensor, tensor, trace } from '../../../src/graph/index.ts';
import { catalogue } from '../../../src/losses/catalogue.ts';
import {
  add, batchNorm, concat, conv2d, exp, gather, matmul, mean, mul, normalize, pad, relu, reshape, softmax, sub, sum, tanh, transpose, zeros as filledZeros,
} from '../../../src/ops/index.ts';
import '../../values.ts';

type Program = (...xs: never[]) => unknown;

const zeros = (shape: number[], dtype: 'f32' | 'i32' = 'f32'): Tensor => filledZeros(shape, { dtype });

const scheduled = (f: Program, ...inputs: readonly Tensor[]): Schedule => schedule(simplify(trace(f, inputs, { mode: 'abstract' })));
const kinds = ({ groups }: Schedule): string[] => groups.map((group) => (group.kind === 'host' ? group.step.primitive.name : group.kind));
const is = <K extends Group['kind']>(kind: K) => (group: Group): group is Extract<Group, { kind: K }> => group.kind === kind;

/** Two buffers that are in use together never share a byte, but where a loop writes over what it reads for the last time. */
function expectNoOverlap({ schedule: { buffers, groups, inputs, outputs }, offsets }: Plan): void {
  const spans = buffers.flatMap(({ id, size, dtype }) => {
    const uses = groups.flatMap((group, at) => ([...readsOf(group), ...writesOf(group)].includes(id) ? [at] : []));
    if (inputs.includes(id)) uses.unshift(-1);
    if (outputs.some((output) => 'access' in output && output.access.buffer === id)) uses.push(groups.length);
    const from = offsets[id];
    return from === undefined ? [] : [{ id, first: uses[0]!, last: uses.at(-1)!, from, to: from + size * (dtype === 'f64' ? 8 : 4) }];
  });
  for (const a of spans) {
    for (const b of spans) {
      const together = a.id < b.id && a.first <= b.last && b.first <= a.last && a.from < b.to && b.from < a.to;
      const handedOn = (a.last === b.first || b.last === a.first) && a.from === b.from && a.to === b.to;
      if (together) expect([a, b, handedOn]).toEqual([a, b, true]);
    }
  }
}

describe('the head', () => {
  const [N, C, D] = [128, 1000, 64];
  const loss = catalogue['sv-am-softmax']!.create({ m: 0.35, t: 1.2, s: 32 });
  const head = scheduled(valueAndGrad(loss, { wrt: [0, 1] }), zeros([N, D]), zeros([C, D]), zeros([N], 'i32'));
  const planned = plan(head);

  it('has two buffers of the size of the logits, the cosines and their adjoint, and three products', () => {
    const large = head.buffers.filter((buffer) => buffer.size >= N * C);
    expect(large.map(({ size }) => size)).toEqual([N * C, N * C]);
    expect(large[0]!.step?.label).toBe('c');
    expect(head.groups.filter(is('product'))).toHaveLength(3);
  });

  it('never stores the unit vectors: products multiply by the reciprocal lengths while they pack', () => {
    const scales = head.groups.filter(is('product')).map(({ left, right }: Product) => [left.scale?.along, right.scale?.along]);
    expect(scales).toEqual([['free', 'free'], [undefined, 'sum'], [undefined, 'sum']]);
    const written = head.groups.flatMap(writesOf).map((id) => head.buffers[id]!.size);
    // Of the size of the weights there are the adjoint of the unit vectors and the gradient.
    expect(written.filter((size) => size === C * D)).toHaveLength(2);
  });

  it('runs everything between the cosines and their adjoint as one loop over rows', () => {
    const rows = head.groups.filter(is('loop')).filter(({ space }: Loop) => space[0] === N && space[1] === C);
    expect(rows).toHaveLength(1);
    expect(kinds(head)).toEqual(['loop', 'loop', 'product', 'loop', 'loop', 'product', 'product', 'loop', 'loop']);
  });

  it('keeps the arena within 1.5 times its inputs, outputs and logits', () => {
    const needed = 4 * (2 * (N * D + C * D) + N + 1 + N * C);
    expect(planned.bytes).toBeLessThanOrEqual(1.5 * needed);
    expectNoOverlap(planned);
  });

  it('is printed, schedule and plan', async () => {
    await expect(`${printSchedule(head)}\n\n${printPlan(planned)}\n`).toMatchFileSnapshot('../../golden/compile-head.golden.txt');
  });
});

describe('what runs together', () => {
  const [a, b] = [zeros([64, 300]), zeros([64, 300])];

  it('a chain of elementwise steps, its sum and all gradients of it', () => {
    const f = valueAndGrad((x: Tensor, y: Tensor) => sum(mul(exp(x), tanh(y))), { wrt: [0, 1] });
    // The cotangent of a sum is known before the sum is.
    expect(kinds(scheduled(f, a, b))).toEqual(['loop', 'combine']);
  });

  it('a softmax along rows and its gradient', () => {
    expect(kinds(scheduled(grad((x: Tensor) => mean(mul(softmax(x), x))), a))).toEqual(['loop']);
  });

  it('a chain over images with one number per channel', () => {
    const f = (x: Tensor, scale: Tensor): Tensor => relu(add(mul(x, x), reshape(scale, [3, 1, 1])));
    const { groups } = scheduled(f, zeros([2, 3, 8, 8]), zeros([3]));
    expect(groups.map((group) => group.kind)).toEqual(['loop']);
    expect((groups[0] as Loop).space).toEqual([2, 3, 8, 8]);
  });

  it('views, which leave nothing but strides', () => {
    const f = (x: Tensor, y: Tensor): Tensor => sub(transpose(x), transpose(mul(y, y)));
    const { groups, buffers } = scheduled(f, a, zeros([64, 300]));
    expect(groups.map((group) => group.kind)).toEqual(['loop', 'loop']);
    expect(buffers).toHaveLength(4);
  });

  it('a pad, which is a filling and a store with gaps', () => {
    const f = (x: Tensor): Tensor => pad(exp(x), [[1, 2], [0, 3]], 7);
    const { groups } = scheduled(f, zeros([4, 6]));
    expect(groups.map((group) => group.kind)).toEqual(['loop', 'loop']);
    expect((groups[1] as Loop).stores[0]!.access).toEqual({ buffer: 1, offset: 9, strides: [9, 1] });
  });

  it('a concatenation, which is a store for every part', () => {
    const { groups } = scheduled((x: Tensor, y: Tensor) => concat([x, exp(y)], 0), zeros([2, 5]), zeros([3, 5]));
    expect(groups.map((group) => group.kind)).toEqual(['loop', 'loop', 'loop']);
    expect(groups.slice(1).map((group) => (group as Loop).stores[0]!.access.offset)).toEqual([0, 10]);
  });

  it('the statistics of a batch: sums over samples and pixels are sums of rows, combined in Float64', () => {
    const f = (x: Tensor): Tensor => mul(batchNorm(x).y, 2);
    expect(kinds(scheduled(f, zeros([4, 3, 8, 8])))).toEqual(['loop', 'combine', 'loop', 'loop', 'combine', 'loop', 'loop']);
  });

  it('one number per row, picked by a label', () => {
    const pick = (x: Tensor, y: Tensor): Tensor => sum(exp(gather(x, y, 1)));
    const f = valueAndGrad((x: Tensor, y: Tensor) => pick(mul(x, x), y));
    const both = scheduled(f, a, zeros([64, 1], 'i32'));
    // Its adjoint is a choice by position, not a scatter into zeros.
    expect(kinds(both)).toEqual(['loop', 'loop']);
    expect((both.groups[0] as Loop).quantities.some((q) => q.op === 'element')).toBe(true);
  });
});

describe('what does not', () => {
  it('a step that waits for something that waits for the loop', () => {
    const f = (x: Tensor, w: Tensor): Tensor => {
      const y = exp(x);
      return mul(y, matmul(y, w));
    };
    expect(kinds(scheduled(f, zeros([8, 8]), zeros([8, 8])))).toEqual(['loop', 'product', 'loop']);
  });

  it('a view that no strides can show', () => {
    const f = (x: Tensor): Tensor => reshape(transpose(exp(x)), [6000]);
    expect(kinds(scheduled(f, zeros([20, 300])))).toEqual(['loop', 'loop']);
  });

  it('a product that others read too keeps its place in memory', () => {
    const f = (x: Tensor, w: Tensor): Tensor[] => {
      const u = normalize(x);
      return [matmul(u, w), u];
    };
    const { groups } = scheduled(f, zeros([16, 8]), zeros([8, 5]));
    expect(groups.filter(is('product')).map(({ left }) => left.scale)).toEqual([undefined]);
  });

  it('sums over columns', () => {
    expect(kinds(scheduled((x: Tensor) => sum(exp(x), { axis: 0 }), zeros([64, 30])))).toEqual(['loop', 'columns', 'combine']);
  });
});

describe('a schedule', () => {
  it('places nothing over anything that is still needed', () => {
    const f = valueAndGrad((x: Tensor, w: Tensor) => {
      const y = relu(conv2d(x, w, { padding: 1 }));
      return mean(mul(batchNorm(y).y, y));
    }, { wrt: [0, 1] });
    expectNoOverlap(plan(scheduled(f, zeros([2, 3, 8, 8]), zeros([4, 3, 3, 3]))));
  });

  it('prints every pass of a program', () => {
    const { print } = compile((x: Tensor) => mul(x, 1), { threads: 1 }).program(tensor([1, 2]));
    expect(print('graph')).toContain('= mul %0 %1');
    expect(print('simplified')).toBe('graph (%0) -> (%0)\n  %0: f32[2] = input {shape, dtype}');
    expect(print('schedule')).toBe('input 0: b0 f32[2]\noutput 0: b0 (1) [2]');
    expect(print('plan')).toBe('arena of 8 bytes, 0 groups\n0 … 8: b0 f32[2]');
  });
});
