import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { valueAndGrad } from '../../src/autodiff/index.ts';
import { DomainError, MarginaliaError, PoolError, StaleError } from '../../src/base/errors.ts';
import { compile } from '../../src/compile/compile.ts';
import type { CompileOptions } from '../../src/compile/options.ts';
import { processMemory } from '../../src/compile/wasm/memory.ts';
import { processRunner } from '../../src/compile/pool.ts';
import { currentRecorder, label, type Tensor, tensor } from '../../src/graph/index.ts';
import {
  add, cast, dropout, exp, foldIn, key, less, matmul, mean, mul, oneHot, relu, sqrt, sub, sum, take, where,
} from '../../src/ops/index.ts';
import { expectBits, f64, i32, runs, thrown } from '../values.ts';
import { randomArray } from './kernels.ts';

type Params = { readonly w: Tensor; readonly b: Tensor };

const random = (shape: number[], seed: number): Tensor => tensor(randomArray(shape.reduce((n, m) => n * m, 1), seed), { shape });
const start = (): Params => ({ w: random([4, 3], 1), b: random([3], 2) });
const x = random([5, 4], 3);

const loss = ({ w, b }: Params, batch: Tensor): Tensor => mean(relu(sub(matmul(batch, w), b)));
const step = (p: Params, batch: Tensor, rate: Tensor): [Params, Tensor] => {
  const { value, gradient } = valueAndGrad(loss)(p, batch) as unknown as { value: Tensor; gradient: Params };
  return [{ w: sub(p.w, mul(rate, gradient.w)), b: sub(p.b, mul(rate, gradient.b)) }, value];
};

describe('a resident argument', () => {
  it('is updated from call to call, to what the function itself gives', () => {
    const train = compile(step, { resident: [0] });
    let [mine, plain] = [start(), start()];
    for (const rate of [0.1, 0.05, 0.02]) {
      const [a, b] = [train(mine, x, rate), step(plain, x, tensor(rate))];
      [mine, plain] = [a[0], b[0]];
      expect(a[1].item()).toBeCloseTo(b[1].item(), 5);
    }
    mine.w.data.forEach((w, i) => expect(w).toBeCloseTo(plain.w.data[i]!, 5));
  });

  it('is written over in place: no place in the arena, no copy', () => {
    const plan = compile(step, { resident: [0] }).program(start(), x, 0.1).print('plan');
    // The gradients alone.
    for (const size of [3, 12]) expect(plan.match(new RegExp(`f32\\[${size}\\]`, 'g'))).toHaveLength(1);
  });

  it('is consumed by the call: a handle throws before it shows the numbers of another step', () => {
    const train = compile(step, { resident: [0] });
    const [first] = train(start(), x, 0.1);
    const before = first.w.toArray();
    const [second] = train(first, x, 0.1);
    expect(thrown(() => first.w.data)).toBeInstanceOf(StaleError);
    expect(thrown(() => exp(first.w))).toBeInstanceOf(StaleError);
    expect(thrown(() => train(first, x, 0.1))).toBeInstanceOf(StaleError);
    expect(second.w.toArray()).not.toEqual(before);
  });

  it('reads by copying out, before and after, and an array read before keeps its numbers', () => {
    const train = compile(step, { resident: [0] });
    const [first] = train(start(), x, 0.1);
    const copy = first.w.data;
    const numbers = Array.from(copy);
    train(first, x, 0.1);
    expect(Array.from(copy)).toEqual(numbers);
  });

  it('stays valid when the call is refused', () => {
    const pick = compile((p: Tensor, y: Tensor) => [mul(p, 2), take(p, y)], { resident: [0] });
    const [first] = pick(random([3, 3], 1), i32([1]));
    const numbers = first!.toArray();
    expect(thrown(() => pick(first!, i32([3])))).toBeInstanceOf(DomainError);
    expect(first!.toArray()).toEqual(numbers);
    expectBits(pick(first!, i32([0]))[0]!, mul(tensor(numbers), 2).toArray());
  });

  describe('of a call that is refused in the middle', () => {
    type Refused = [string, (w: Tensor, i: Tensor) => readonly Tensor[], Tensor, Tensor];
    it.each<Refused>([
      ['a computed index', (w, i) => [add(w, 1), take(tensor([5, 6]), add(i, 1))], i32([0]), i32([7])],
      ['a hot place that was computed', (w, i) => [add(w, 1), oneHot(add(i, 1), 3)], i32([0]), i32([7])],
      ['an index that was a float', (w, i) => [add(w, 1), take(tensor([5, 6]), cast(i, 'i32'))], tensor([1]), tensor([7])],
      ['an index that the update waits for', (w, i) => [add(w, cast(take(tensor([5, 1]), add(i, 1)), w.dtype))], i32([0]), i32([7])],
      ['a NaN that is cast', (w, i) => [add(w, 1), cast(i, 'i32')], tensor([1]), tensor([NaN])],
    ])('is as it was, and the call can be made again: %s', (_, f, good, bad) => {
      for (const first of [tensor([1, 2]), f64([1, 2])]) {
        const g = compile(f, { resident: [0] });
        const [w] = g(first, good);
        expect(thrown(() => g(w!, bad))).toBeInstanceOf(DomainError);
        expectBits(w!, [2, 3]);
        expect(thrown(() => g(w!, bad))).toBeInstanceOf(DomainError);
        expectBits(g(w!, good)[0]!, [3, 4]);
        expectBits(first, [1, 2]);
      }
    });

    it('is stale where the run broke off while it was written, whatever broke it', () => {
      const train = compile(step, { resident: [0] });
      const pool = processRunner();
      const run = pool.run.bind(pool);
      const [alive] = train(start(), x, 0.1);
      const { top } = processMemory();
      for (const error of [new PoolError('a worker died'), new RangeError('no memory')]) {
        const [first] = train(start(), x, 0.1);
        const broken = vi.spyOn(pool, 'run').mockImplementation((stages, options) => {
          run(stages, options);
          throw error;
        });
        expect(thrown(() => train(first, x, 0.1))).toBe(error);
        broken.mockRestore();
        for (const handle of [first.w, first.b]) expect(thrown(() => handle.data)).toBeInstanceOf(StaleError);
        expect(thrown(() => train(first, x, 0.1))).toBeInstanceOf(StaleError);
      }
      expect(processMemory().top).toBeLessThanOrEqual(top);
      expectBits(train(start(), x, 0.1)[0].w, alive.w.toArray());
    });
  });

  it('that a call with a stale handle, or one handle twice, is given anew takes no bytes for itself', () => {
    const f = compile((p: Tensor, q: Tensor, r: Tensor) => [add(p, 1), add(q, 1), add(r, sum(p))], { resident: [0, 1, 2] });
    const [, used] = f(tensor([1]), tensor([2]), tensor([3]));
    const [, q] = f(tensor([1]), used!, tensor([3]));
    const top = processMemory().top;
    for (let i = 0; i < 3; i++) {
      expect(thrown(() => f(tensor([1]), tensor([2]), used!))).toBeInstanceOf(StaleError);
      expect(thrown(() => f(random([3000], 1), q!, q!))).toBeInstanceOf(DomainError);
    }
    expect(processMemory().top).toBeLessThanOrEqual(top);
    expectBits(f(tensor([1]), q!, tensor([3]))[1]!, [5]);
  });

  it('may be passed on to a program for another batch', () => {
    const train = compile(step, { resident: [0] });
    const [first] = train(start(), x, 0.1);
    const [second] = train(first, random([2, 4], 9), 0.1);
    const plain = step(step(start(), x, tensor(0.1))[0], random([2, 4], 9), tensor(0.1))[0];
    second.w.data.forEach((w, i) => expect(w).toBeCloseTo(plain.w.data[i]!, 5));
  });

  it('keeps two trees apart that are trained in turn', () => {
    const train = compile(step, { resident: [0] });
    let [a, b] = [start(), start()];
    for (let i = 0; i < 3; i++) {
      a = train(a, x, 0.1)[0];
      b = train(b, x, 0.1)[0];
    }
    expectBits(a.w, b.w.toArray());
  });

  it('is refused where it is another argument too', () => {
    const f = compile((p: Tensor, q: Tensor) => [add(p, 1), add(q, p)], { resident: [0, 1] });
    const [a, b] = f(tensor([1, 2]), tensor([3, 4]));
    expect(thrown(() => f(a!, a!))).toBeInstanceOf(DomainError);
    expectBits(f(a!, b!)[1]!, [6, 9]);
  });

  it('may exchange its parts', () => {
    const swap = compile((p: readonly [Tensor, Tensor]) => [[p[1], p[0]]], { resident: [0] });
    let [p] = swap([tensor([1, 2]), tensor([3, 4])]) as [[Tensor, Tensor]];
    [p] = swap(p) as [[Tensor, Tensor]];
    [p] = swap(p) as [[Tensor, Tensor]];
    expect(p.map((y) => y.toArray())).toEqual([[3, 4], [1, 2]]);
  });

  it('reads what every program reads, also one that is not compiled', () => {
    const [first] = compile(step, { resident: [0] })(start(), x, 0.1);
    expectBits(mul(first.b, 1), first.b.toArray());
    expectBits(compile((y: Tensor) => mul(y, 1))(first.b), first.b.toArray());
  });
});

describe('a guarded call', () => {
  const root = (p: Params, at: Tensor): [Params, Tensor] => [{ w: sub(p.w, label(sqrt(at), 'root')), b: p.b }, sum(p.w)];
  const guarded = compile(root, { resident: [0], guard: true });

  it('updates what is finite', () => {
    const [next] = guarded(guarded(start(), 4)[0], 9);
    expectBits(next.w, sub(sub(start().w, 2), 3).toArray());
  });

  it('that makes a NaN leaves the arguments as they were, and names the step', () => {
    const [first] = guarded(start(), 4);
    const numbers = first.w.toArray();
    const error = thrown(() => guarded(first, -1));
    expect(error).toBeInstanceOf(DomainError);
    expect(String(error)).toMatch(/step %\d+ \(sqrt, 'root'\) is NaN at \[\]/);
    expect(first.w.toArray()).toEqual(numbers);
    expectBits(guarded(first, 1)[0].w, sub(tensor(numbers), 1).toArray());
  });

  it('does so for a loss alone, for an overflow, and on the reference', () => {
    const f = compile((p: Tensor, s: Tensor) => [mul(p, 1), exp(s)], { resident: [0], guard: true });
    expect(String(thrown(() => f(tensor([1, 2]), 1000)))).toMatch(/\(exp\) is Infinity at \[\]/);
    expect(String(thrown(() => f(f64([1, 2]), f64(1000) as never)))).toMatch(/\(exp\) is Infinity at \[\]/);
    expectBits(f(tensor([1, 2]), 0)[1]!, 1);
  });

  it('names the constant where nothing else is infinite, and what overflows where something is', () => {
    const masked = (p: Tensor, x: Tensor): Tensor[] => [mul(p, 1), where(less(x, 0), -Infinity, exp(x))];
    const f = compile(masked, { resident: [0], guard: true });
    expect(String(thrown(() => f(tensor([1]), -1)))).toMatch(/\(where\) is -Infinity at \[\]/);
    expect(String(thrown(() => f(tensor([1]), 1000)))).toMatch(/\(exp\) is Infinity at \[\]/);
  });

  it('lets pass an infinity that no result has', () => {
    const f = compile((p: Tensor) => [mul(p, 2), exp(sub(p, Infinity))], { resident: [0], guard: true });
    expectBits(f(tensor([1]))[1]!, [0]);
  });
});

describe('on the reference', () => {
  const double = compile((p: Tensor, at: Tensor) => [mul(p, 2), sum(mul(p, at))], { resident: [0], guard: true });
  /** A Float32 argument updated by a program that the reference runs, for its other argument is Float64. */
  const scaled = compile((p: Tensor, by: Tensor) => [mul(p, cast(by, 'f32'))], { resident: [0] });
  const onKernels = compile((p: Tensor) => [add(p, 1)], { resident: [0] });

  it('an update consumes its argument as it does where kernels run', () => {
    const [first] = double(f64([1, 2]), 1);
    const [second, total] = double(first!, 3);
    expectBits(second!, [4, 8]);
    expect(total!.item()).toBe(18);
    for (const use of [() => first!.data, () => exp(first!), () => double(first!, 1)]) expect(thrown(use)).toBeInstanceOf(StaleError);
    expectBits(second!, [4, 8]);
    expectBits(total!, 18);
  });

  it('a refused call leaves its arguments as they were', () => {
    const [first] = double(f64([1, 2]), 1);
    expect(thrown(() => double(first!, Infinity))).toBeInstanceOf(DomainError);
    expectBits(double(first!, 1)[0]!, [4, 8]);
  });

  it('one handle for two arguments is refused, and stays valid', () => {
    const f = compile((p: Tensor, q: Tensor) => [add(p, 1), add(q, p)], { resident: [0, 1] });
    const [a] = f(f64([1]), f64([2]));
    expect(thrown(() => f(a!, a!))).toBeInstanceOf(DomainError);
    expectBits(a!, [2]);
    expectBits(f(f64([1]), f64([1]))[1]!, [2]);
  });

  it('results are left until the next call', () => {
    const f = compile((w: Tensor) => [mul(w, 2), sum(w)], { leave: true });
    const [first] = f(f64([1, 2]));
    const [second] = f(first!);
    expectBits(second!, [4, 8]);
    expect(thrown(() => first!.data)).toBeInstanceOf(StaleError);
  });

  it('numbers pass from and to kernels, each update consumes them, and no bytes are lost', () => {
    const top = processMemory().top;
    const [a] = onKernels(tensor([1, 2]));
    const [b] = scaled(a!, f64(3) as never);
    expect(processMemory().top).toBe(top);
    const [c] = onKernels(b!);
    expectBits(c!, [7, 10]);
    for (const used of [a!, b!]) {
      expect(thrown(() => used.data)).toBeInstanceOf(StaleError);
      expect(thrown(() => onKernels(used))).toBeInstanceOf(StaleError);
      expect(thrown(() => scaled(used, f64(3) as never))).toBeInstanceOf(StaleError);
    }
  });
});

describe('keep and leave', () => {
  /** A handle that is used up. */
  const consumed = (): Tensor => {
    const f = compile((p: Tensor) => [add(p, 1)], { resident: [0] });
    const [used] = f(i32([1]));
    f(used!);
    return used!;
  };

  it('copy an argument once, and leave results until the next call', () => {
    const f = compile((w: Tensor, y: Tensor) => [mul(w, y), sum(w)], { keep: [0], leave: true });
    const w = random([100], 5);
    const read = vi.spyOn(w, 'read');
    const [first, total] = f(w, 2);
    expectBits(first!, mul(w, 2).toArray());
    expect(total!.item()).toBeCloseTo(sum(w).item(), 5);
    const calls = read.mock.calls.length;
    const [second] = f(w, 3);
    expect(read.mock.calls).toHaveLength(calls);
    expect(thrown(() => first!.data)).toBeInstanceOf(StaleError);
    expectBits(second!, mul(w, 3).toArray());
  });

  it('survive other programs and eager steps in between', () => {
    const f = compile((w: Tensor) => [mul(w, 2)], { leave: true });
    const [left] = f(random([1000], 5));
    compile((w: Tensor) => [exp(w)])(random([100_000], 6));
    expectBits(left!, mul(random([1000], 5), 2).toArray());
  });

  describe('leave results readable by a call that is refused', () => {
    const bad = i32([7]);
    it.each<[string, (w: Tensor, y: Tensor) => readonly Tensor[], CompileOptions, unknown]>([
      ['for an index', (w, y) => [mul(w, 2), take(w, y)], {}, bad],
      ['for an index that is computed', (w, y) => [mul(w, 2), take(w, add(y, 1))], {}, bad],
      ['for an index that is computed from what is left', (w, y) => [mul(w, 2), take(mul(w, 2), add(y, cast(mul(w, 0.1), 'i32')))], {}, bad],
      ['for a number that is not finite', (w, y) => [mul(w, 2), exp(cast(y, 'f32'))], { guard: true }, i32([1000])],
      ['for a stale argument', (w, y) => [mul(w, 2), add(y, 1)], { resident: [1] }, consumed()],
    ])('%s', (_, f, options, refusing) => {
      const program = compile(f, { leave: true, ...options });
      const [left] = program(tensor([1, 2]), i32([0]));
      expect(thrown(() => program(tensor([3, 4]), refusing as Tensor))).toBeInstanceOf(MarginaliaError);
      expectBits(left!, [2, 4]);
      const [next] = program(tensor([5, 6]), i32([0]));
      expect(thrown(() => left!.data)).toBeInstanceOf(StaleError);
      expectBits(next!, [10, 12]);
    });

    it('unless the call broke off while they were written over', () => {
      const f = compile((w: Tensor) => [mul(w, 2)], { leave: true });
      const [left] = f(tensor([1, 2]));
      const broken = vi.spyOn(processRunner(), 'run').mockImplementation(() => {
        throw new PoolError('a worker died');
      });
      expect(thrown(() => f(tensor([3, 4])))).toBeInstanceOf(PoolError);
      broken.mockRestore();
      expect(thrown(() => left!.data)).toBeInstanceOf(StaleError);
      expectBits(f(tensor([3, 4]))[0]!, [6, 8]);
    });
  });

  it('take what one program left as an argument of another', () => {
    const f = compile((w: Tensor) => mul(w, 2), { leave: true });
    const g = compile((w: Tensor) => mul(w, 3), { keep: [0] });
    expectBits(g(f(tensor([1, 2]))), [6, 12]);
    expectBits(f(f(tensor([1, 2]))), [4, 8]);
  });

  it('refuse a handle that was consumed, also where it was kept before', () => {
    const make = compile((w: Tensor) => [mul(w, 2)], { leave: true });
    const f = compile((w: Tensor) => mul(w, 3), { keep: [0] });
    const [left] = make(tensor([1, 2]));
    expectBits(f(left!), [6, 12]);
    make(tensor([5, 6]));
    expect(thrown(() => f(left!))).toBeInstanceOf(StaleError);
  });

  it('law: know kept tensors wherever they are given, in trees as well', () => {
    const pool = [1, 10, 100].map((n) => tensor([n, 2 * n]));
    const f = compile((a: Tensor, list: readonly Tensor[]) => [sub(a, list[0]!), sub(list[0]!, list[1]!)], { keep: [0, 1] });
    fc.assert(fc.property(fc.array(fc.tuple(...[0, 1, 2].map(() => fc.nat(2))), { minLength: 1, maxLength: 8 }), (calls) => {
      for (const places of calls) {
        const [a, b, c] = places.map((i) => pool[i]!);
        const [first, second] = f(a, [b, c]);
        expectBits(first, sub(a, b).toArray());
        expectBits(second, sub(b, c).toArray());
      }
    }), runs);
  });

  it('see another tensor in the place of a kept one', () => {
    const f = compile((w: Tensor) => mul(w, 2), { keep: [0] });
    for (const n of [1, 2, 3]) expectBits(f(tensor([n])), [2 * n]);
  });
});

/** Bytes that are still in use after a collection. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('many steps', () => {
  // A last partial batch, a changing rate and dropout, as in training.
  const train = compile((p: Params, batch: Tensor, rate: Tensor, n: Tensor): [Params, Tensor, Tensor] => {
    const mask = dropout(tensor(new Float32Array(batch.size).fill(1), { shape: batch.shape }), { rate: 0.5, key: foldIn(key(1), n) });
    const [next, value] = step(p, mul(batch, mask), rate);
    return [next, value, mask];
  }, { resident: [0] });
  const steps = process.env['RUNS'] === undefined ? 300 : 10_000;

  it('leave heap and arena flat, and draw another mask every time', () => {
    let p = start();
    const masks = new Set<string>();
    const top: number[] = [];
    const heap: number[] = [];
    for (let n = 0; n < steps; n++) {
      const [next, , mask] = train(p, n % 10 === 9 ? random([2, 4], n) : random([5, 4], n), 0.1 / (1 + n), i32(n) as never);
      p = next;
      if (n % 10 === 0) masks.add(String(mask.data));
      if (n >= steps / 10 && n % 50 === 0) top.push(processMemory().top, processMemory().memory.buffer.byteLength);
      if (n === steps / 10 || n === steps - 1) heap.push(heapBytes());
    }
    // 64 KB per 1,000 steps; a short run is not long enough to tell growth from warming up.
    if (steps >= 10_000) expect(heap[1]! - heap[0]!).toBeLessThan((65536 * 0.9 * steps) / 1000);
    expect(new Set(top).size).toBe(2);
    expect(masks.size).toBeGreaterThan(0.9 * (steps / 10));
    expect(currentRecorder()).toBeUndefined();
  });
});
