import { afterEach, describe, expect, it, vi } from 'vitest';
import { grad, valueAndGrad } from '../../src/autodiff/index.ts';
import { DomainError, DTypeError, ShapeError, TraceError } from '../../src/base/errors.ts';
import { compile } from '../../src/compile/compile.ts';
import { processMemory } from '../../src/compile/wasm/memory.ts';
import { fromValue, type Tensor, tensor, trace, Value } from '../../src/graph/index.ts';
import { catalogue } from '../../src/losses/catalogue.ts';
import {
  add, argsort, cast, concat, dropout, exp, gather, key, log, matmul, maxPool2d, mul, neg, oneHot, rng, scatterAdd, sum, transpose,
} from '../../src/ops/index.ts';
import { expectBits, f64, i32, thrown } from '../values.ts';

const x = tensor([[1, 2, 3], [4, 5, 6]]);

describe('compile', () => {
  it('gives the function the same results in the same tree', () => {
    const f = (a: Tensor, { b, on }: { b: Tensor; on: boolean }) => ({ product: mul(a, b), list: [transpose(a), on ? add(a, 1) : a] });
    const given = { b: tensor([1, 2, 3]), on: true };
    const [mine, plain] = [compile(f)(x, given), f(x, given)];
    expectBits(mine.product, plain.product.toArray());
    mine.list.forEach((y, i) => expectBits(y, plain.list[i]!.toArray()));
  });

  it('takes numbers and typed arrays as inputs, so that a schedule makes one program', () => {
    const f = vi.fn((a: Tensor, rate: Tensor) => mul(a, rate));
    const step = compile(f);
    for (const rate of [0.1, 0.01, 0.001]) expectBits(step(Float32Array.of(1, 2), rate), mul(tensor([1, 2]), rate).toArray());
    expect(f).toHaveBeenCalledTimes(1);
  });

  it('gives a number the float type of the call', () => {
    expect(compile((a: Tensor) => exp(a))(1).dtype).toBe('f32');
    expect(compile((a: Tensor, n: Tensor) => mul(a, n))(f64([1]), 2).dtype).toBe('f64');
  });

  it('makes a program for every text and switch', () => {
    const f = compile((a: Tensor, how: string, twice: boolean) => (how === 'neg' ? neg(a) : twice ? add(a, a) : a));
    expectBits(f(x, 'neg', false), neg(x).toArray());
    expectBits(f(x, 'id', true), add(x, x).toArray());
    expectBits(f(x, 'id', false), x.toArray());
  });

  it('keeps what the function captured as it was', () => {
    const captured = { scale: tensor(2) };
    const f = compile((a: Tensor) => mul(a, captured.scale));
    f(x);
    captured.scale = tensor(3);
    expectBits(f(x), mul(x, 2).toArray());
  });

  it('holds constants of many elements', () => {
    const table = tensor([[1, 2], [3, 4], [5, 6]]);
    expectBits(compile((a: Tensor) => matmul(a, table))(x), matmul(x, table).toArray());
  });

  it('is the function itself inside a trace', () => {
    const f = compile((a: Tensor) => sum(exp(mul(a, a))));
    expectBits(grad(f)(x), grad((a: Tensor) => sum(exp(mul(a, a))))(x).toArray());
    const nested = compile((a: Tensor) => add(f(a), 1));
    expect(nested(tensor([0.5])).item()).toBeCloseTo(Math.exp(0.25) + 1, 6);
    expect(trace(f, [x]).graph.steps.map((step) => step.primitive.name)).toContain('exp');
    const slope = compile(grad((a: Tensor) => sum(mul(a, mul(a, a)))));
    expectBits(slope(x), [[3, 12, 27], [48, 75, 108]]);
  });

  it('computes what has no kernel on the host: orders, joins, random bits', () => {
    const f = (a: Tensor, k: Tensor): Tensor[] => [argsort(a), concat([a, exp(a)], 0), dropout(a, { rate: 0.5, key: k })];
    const mine = compile(f)(x, key(3));
    f(x, key(3)).forEach((y, i) => mine[i]!.data.forEach((value, at) => expect(value).toBeCloseTo(y.data[at]!, 4)));
  });

  it('draws another mask for another key, with one program', () => {
    const masked = compile((k: Tensor) => dropout(tensor(new Float32Array(64).fill(1)), { rate: 0.5, key: k }));
    const masks = [1, 2, 3].map((seed) => String(masked(key(seed)).data));
    expect(new Set(masks).size).toBe(3);
  });

  it('works on tensors without elements', () => {
    const y = compile((a: Tensor) => add(exp(a), 1))(tensor([], { shape: [0, 3] }));
    expect([y.shape, y.size]).toEqual([[0, 3], 0]);
  });
});

describe('the reference', () => {
  it('runs programs with Float64 steps, and says so once', () => {
    const f = compile((a: Tensor) => exp(a));
    const y = f64([0.1, 0.2]);
    expectBits(f(y), exp(y).toArray());
    f(f64([1]));
    expect(f.status()).toEqual(['a program runs on the reference: Float64 steps are computed by the reference']);
  });

  it('is not needed for Float32, of which there is nothing to say', () => {
    const f = compile((a: Tensor) => exp(a));
    f(x);
    expect(f.status()).toEqual([]);
  });
});

describe('what a pass made', () => {
  const pooled = compile((a: Tensor) => sum(exp(maxPool2d(a, { kernel: 2 })), { axis: 3 }));
  const image = tensor(new Float32Array(16), { shape: [1, 1, 4, 4] });

  it('is shown, pass by pass', () => {
    const { print } = pooled.program(image);
    const [graph, windows, simplified, schedule, plan, emit] =
      (['graph', 'windows', 'simplified', 'schedule', 'plan', 'emit'] as const).map((pass) => print(pass));
    expect(graph).toMatch(/unfold(?!.*slice)/s);
    expect(windows).toMatch(/unfold .*slice .*maximum /s);
    expect(simplified).toMatch(/maximum (?!.*unfold)/s);
    expect(schedule).toMatch(/^input 0: b0 f32\[16\]\nloop \[2, 2\]/);
    expect(plan).toMatch(/^arena of \d+ bytes, 1 groups/);
    expect(emit).toMatch(/^loop0: 1 units of \d+ ns, on b1, b0\nfunc .*\nfunc \$loop0 \(param i32 i32 i32 i32 i32\).*f32x4.max/s);
  });

  it('of products and sums is shown with their kernels, each once', () => {
    const f = compile((a: Tensor, b: Tensor) => sum(matmul(matmul(a, b), b), { axis: 0 }));
    const square = tensor(new Float32Array(4), { shape: [2, 2] });
    const names = f.program(square, square).print('emit').match(/(?<=^func \$)\w+/gm)!;
    expect(names).toEqual(expect.arrayContaining(['multiply', 'columnSums', 'combine']));
    expect(names.filter((name) => name === 'columnSums')).toHaveLength(1);
  });

  it('is nothing where the reference runs the graph as it was recorded', () => {
    const { print } = pooled.program(cast(image, 'f64'));
    expect(print('graph')).toContain('unfold');
    for (const pass of ['windows', 'simplified', 'schedule', 'plan', 'emit'] as const) {
      expect(print(pass)).toBe('a program runs on the reference: Float64 steps are computed by the reference');
    }
    expect(() => print('code' as never)).toThrow("print: the text 'code' for a pass");
  });
});

describe('the cache', () => {
  it('keeps 16 programs and says once when it must forget one', () => {
    const body = vi.fn((a: Tensor) => exp(a));
    const f = compile(body);
    const sized = (n: number): Tensor => tensor(new Float32Array(n));
    for (let n = 1; n <= 16; n++) f(sized(n));
    f(sized(1));
    expect(body).toHaveBeenCalledTimes(16);
    expect(f.status()).toEqual([]);
    for (let n = 17; n <= 19; n++) f(sized(n));
    expect(f.status()).toHaveLength(1);
    // Size 1 was used last, 2 to 4 were forgotten.
    f(sized(1));
    expect(body).toHaveBeenCalledTimes(19);
    f(sized(2));
    expect(body).toHaveBeenCalledTimes(20);
  });

  it('gives back the memory of a program that is forgotten', () => {
    const f = compile((a: Tensor, b: Tensor) => matmul(a, b));
    const call = (n: number): Tensor => f(tensor(new Float32Array(n * n), { shape: [n, n] }), tensor(new Float32Array(n * n), { shape: [n, n] }));
    for (let n = 1; n <= 40; n++) call(n);
    const held = processMemory().top;
    for (let n = 41; n <= 120; n++) call(1 + (n % 40));
    expect(processMemory().top).toBeLessThanOrEqual(held);
  });
});

describe('refusals', () => {
  const labels = i32([2, 9]);

  it('of labels out of range, at every call and in the words of the op', () => {
    const f = compile((a: Tensor, y: Tensor) => gather(a, y, 1));
    expectBits(f(x, i32([[0], [2]])), [[1], [6]]);
    for (const bad of [3, -1]) expect(() => f(x, i32([[0], [bad]]))).toThrow(`gather: index ${bad} at [1, 0]`);
    expectBits(f(x, i32([[1], [1]])), [[2], [5]]);
  });

  describe('of labels, in the words the function has for them outside a program, with the argument they came as', () => {
    const w = tensor([[1, 0, 0], [0, 1, 0], [0, 0, 1]]);
    const loss = catalogue['am-softmax']!.create();
    const said = (call: () => unknown): string => String((thrown(call) as Error).message);
    const said9 = 'marginSoftmax: label 9 at position 1. Labels lie in 0 … 2 for 3 classes. Check the labels, or the rows of the weights.';

    it('by a loss and its gradients', () => {
      expect(said(() => loss(x, w, labels))).toBe(said9);
      for (const f of [loss, valueAndGrad(loss, { wrt: [0, 1] })]) expect(said(() => compile(f)(x, w, labels))).toBe(`program argument 2: ${said9}`);
      const inTree = compile((p: { w: Tensor }, batch: readonly [Tensor, Tensor]) => loss(batch[0], p.w, batch[1]));
      expect(said(() => inTree({ w }, [x, labels]))).toBe(`program argument 1[1]: ${said9}`);
    });

    it('by ops, for indices that are computed too, and by the reference', () => {
      const hot = (y: Tensor) => oneHot(y, 3);
      expect(said(() => compile(hot)(labels))).toBe(`program argument 0: ${said(() => hot(labels))}`);
      const computed = (y: Tensor) => oneHot(add(y, 1), 3);
      expect(said(() => compile(computed)(labels))).toBe(said(() => computed(labels)));
      expect(said(() => compile(loss)(cast(x, 'f64'), cast(w, 'f64'), labels))).toBe(said9);
    });

    it('by the program where the function says nothing', () => {
      let size = 3;
      const f = compile((y: Tensor) => oneHot(y, size));
      f(i32([1, 2]));
      size = 10;
      expect(said(() => f(labels))).toBe('program argument 0: scatterAdd: index 9 at [1, 0]. An index along axis 1 of [2, 3] lies in 0 … 2. Check the labels.');
    });

    it('that are no whole numbers', () => {
      const halves = tensor([1, 0.5]);
      expect(said(() => compile(loss)(x, w, halves))).toBe(said(() => loss(x, w, halves)));
    });
  });

  it('of a program that is larger than the memory, by its largest step', () => {
    const outer = compile((a: Tensor, b: Tensor) => add(mul(a, transpose(b)), 1));
    const column = (n: number): Tensor => tensor(new Float32Array(n), { shape: [n, 1] });
    expect(() => outer(column(40_000), column(40_000))).toThrow(
      /^compile: add f32\[40000, 40000\] and what is needed beside it take 6400\d{6} bytes. WebAssembly memory has at most 4294967296 bytes/);
    const refused = vi.spyOn(processMemory().memory, 'grow').mockImplementation(() => {
      throw new RangeError('no');
    });
    expect(() => outer(column(9000), column(9000))).toThrow('compile: add f32[9000, 9000]');
    const stays = compile((a: Tensor) => [add(a, 1)], { resident: [0] });
    expect(() => stays(fromValue(new Value('f32', [2 ** 26, 1], new Float32Array(1), 0, [0, 0])))).toThrow(/^compile: f32\[67108864, 1\] beside the rest needs \d+ bytes of WebAssembly memory/);
    refused.mockRestore();
    expectBits(outer(tensor([[1], [2]]), tensor([[3], [4]])), [[4, 5], [7, 9]]);
  });

  it('of computed indices, by the step that uses them', () => {
    const f = compile((a: Tensor, y: Tensor) => gather(a, add(y, 1), 1));
    expectBits(f(x, i32([[0], [1]])), [[2], [6]]);
    for (const bad of [2, -2]) expect(() => f(x, i32([[0], [bad]]))).toThrow(`gather: index ${bad + 1} at [1, 0]`);
    expectBits(f(x, i32([[0], [1]])), [[2], [6]]);
    const fused = compile((a: Tensor, y: Tensor) => sum(exp(mul(gather(a, cast(mul(y, 2), 'i32'), 1), 0.1))));
    expect(() => fused(x, tensor([[0], [2]]))).toThrow('gather: index 4 at [1, 0]');
    const add1 = compile((a: Tensor, y: Tensor) => scatterAdd(a, add(y, 1), mul(a, 2), 1));
    expect(() => add1(x, i32([[0, 1, 0], [0, 2, 0]]))).toThrow('scatterAdd: index 3 at [1, 1]');
    const ranks = compile((a: Tensor, z: Tensor) => gather(a, argsort(z), 1));
    expect(() => ranks(x, tensor([[4, 3, 2, 1], [1, 2, 3, 4]]))).toThrow('gather: index 3 at [0, 0]');
  });

  it('of numbers that no i32 holds, which would be other places', () => {
    const f = compile((a: Tensor, y: Tensor) => gather(a, cast(log(y), 'i32'), 1));
    expectBits(f(x, tensor([[1], [3]])), [[1], [5]]);
    expect(() => f(x, tensor([[1], [-1]]))).toThrow('cast: the value NaN to i32');
    expect(() => f(x, tensor([[1], [0]]))).toThrow('cast: the value -Infinity to i32');
    expect(() => compile((y: Tensor) => add(cast(mul(y, 2), 'i32'), 1))(tensor([1, 3e9]))).toThrow('cast: the value 6000000000 to i32');
  });

  it('of reading a number while the program is recorded', () => {
    expect(thrown(() => compile((a: Tensor) => mul(a, a.item()))(tensor(1)))).toBeInstanceOf(TraceError);
    for (const f of [(a: number) => (a > 0 ? 1 : 2), (a: number) => a + 1, Number] as unknown as ((a: Tensor) => Tensor)[]) {
      expect(thrown(() => compile((a: Tensor) => mul(a, f(a)))(tensor(1)))).toBeInstanceOf(TraceError);
    }
    expect(thrown(() => compile(() => rng(1).uniform([2]))())).toBeInstanceOf(TraceError);
  });

  it('of arguments that are neither inputs nor part of a signature', () => {
    const f = compile((a: Tensor, how: { f: () => number }) => mul(a, how.f()));
    expect(thrown(() => f(x, { f: () => 1 }))).toBeInstanceOf(DTypeError);
  });

  it('of options that mean nothing', () => {
    expect(thrown(() => compile((a: Tensor) => a, { threads: 0 }))).toBeInstanceOf(DomainError);
    expect(thrown(() => compile((a: Tensor) => a, { threads: 1e6 }))).toBeInstanceOf(DomainError);
    expect(thrown(() => compile((a: Tensor) => [a], { resident: [0], keep: [0] }))).toBeInstanceOf(DomainError);
    expect(thrown(() => compile((a: Tensor) => a, { resident: [0] })(x))).toBeInstanceOf(ShapeError);
  });

  it('leave the next call as it was', () => {
    const f = compile((a: Tensor, y: Tensor) => gather(a, y, 1));
    const top = processMemory().top;
    expect(() => f(x, i32([[0], [7]]))).toThrow(DomainError);
    expect(processMemory().top).toBe(top);
  });
});

describe('a host without WebAssembly', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it('computes the same on the reference, and says so', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    vi.resetModules();
    const { compile: fresh, tensor: make, exp: e } = await import('../../src/index.ts');
    const f = fresh((a: Tensor) => e(a));
    expect(f(make([0.5])).item()).toBe(Math.fround(Math.exp(0.5)));
    expect(f.status()).toEqual(['a program runs on the reference: this host has no WebAssembly']);
  });

  it('consumes what it updates all the same', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    vi.resetModules();
    const { compile: fresh, tensor: make, add: plus, StaleError: Stale } = await import('../../src/index.ts');
    const f = fresh((p: Tensor) => [plus(p, 1)], { resident: [0] });
    const [first] = f(make([1]));
    expect(f(first!)[0]!.toArray()).toEqual([3]);
    expect(() => first!.data).toThrow(Stale);
    expect(() => f(first!)).toThrow(Stale);
  });
});
