import { afterEach, describe, expect, it, vi } from 'vitest';
import { compiledEngine, engineStatus, makeEngine } from '../../src/compile/index.ts';
import { Machine } from '../../src/compile/machine.ts';
import { Scratch } from '../../src/compile/wasm/memory.ts';
import { host } from '../../src/compile/wasm/webassembly.ts';
import { type MapPrimitive, type Params, type Primitive, useEngine, Value } from '../../src/graph/index.ts';
import { primitivesByName } from '../../src/primitives/index.ts';
import * as api from '../../src/index.ts';
import { bitsOf, randomArray } from './kernels.ts';

const always = { map: 0, reduce: 0, contract: 0 };
const primitive = (name: string): Primitive => primitivesByName.get(name)!;
const value = (shape: readonly number[], seed: number, strides?: readonly number[], offset = 0): Value =>
  new Value('f32', shape, randomArray(400, seed), offset, ...(strides ? [strides] : []));

afterEach(() => {
  useEngine(compiledEngine);
  vi.unstubAllGlobals();
});

/** Runs a step on both engines; undefined where the compiled one leaves it. */
function both(name: string, inputs: readonly Value[], params: Params = {}): { kernel: Value | undefined; reference: Value } {
  return { kernel: makeEngine(always).engine(primitive(name), inputs, params), reference: primitive(name).run(inputs, params) };
}

function expectSameBits(name: string, inputs: readonly Value[], params: Params = {}): void {
  const { kernel, reference } = both(name, inputs, params);
  expect(kernel!.shape).toEqual(reference.shape);
  expect(bitsOf(kernel!.data() as Float32Array)).toEqual(bitsOf(reference.data() as Float32Array));
}

describe('the engine', () => {
  it('gives maps the bits of the reference through any broadcasting and strides', () => {
    const x = value([3, 5, 7], 1);
    const others = [
      value([3, 5, 7], 2), value([], 3), value([7], 4), value([5, 1], 5), value([3, 1, 7], 6), value([1, 1, 1], 7),
      value([3, 5, 7], 8, [1, 3, 15]), value([3, 5, 7], 9, [0, 0, 0]), value([3, 5, 7], 10, [-35, -7, -1], 104),
      value([3, 5, 7], 11, [70, 14, 2], 1), value([3, 5, 7], 12, [0, 14, 1]), value([7], 13, [50], 20), value([3, 5, 7], 14, [35, 1, 5]),
    ];
    for (const y of others) {
      expectSameBits('sub', [x, y]);
      expectSameBits('div', [y, x]);
      expectSameBits('where', [y, x, value([5, 7], 15)]);
    }
    expectSameBits('neg', [value([], 16)]);
    expectSameBits('roundTo', [x], { bits: 8 });
  });

  it('copies only the numbers of a sparse view', () => {
    const array = randomArray(100000, 17);
    expectSameBits('add', [new Value('f32', [3], array, 5, [40000]), value([3], 18)]);
    expectSameBits('add', [new Value('f32', [3, 4], array, 5, [40000, 0]), value([3, 4], 18)]);
  });

  it('gives sums and maxima the bits of the reference, for rows, columns and what lies between', () => {
    const x = value([4, 9, 5], 19);
    for (const name of ['sum', 'max']) {
      for (const axes of [[0], [1], [2], [0, 1], [1, 2], [0, 1, 2]]) {
        expectSameBits(name, [x], { axes });
        expectSameBits(name, [value([4, 9, 5], 20, [1, 4, 36])], { axes });
        expectSameBits(name, [value([4, 9, 5], 21, [0, 5, 1])], { axes });
      }
      expectSameBits(name, [value([1, 300], 22)], { axes: [0, 1] });
      expectSameBits(name, [new Value('f32', [3, 1000], randomArray(3000, 23))], { axes: [1] });
    }
  });

  it('multiplies with batches and views like the reference', () => {
    const cases: [Value, Value, Params][] = [
      [value([9, 13], 1), value([13, 6], 2), { batch: [], sum: [[1, 0]] }],
      [value([2, 9, 13], 1), value([2, 6, 13], 2), { batch: [[0, 0]], sum: [[2, 2]] }],
      [value([9, 13], 1, [0, 1]), value([13, 6], 2, [1, 13]), { batch: [], sum: [[1, 0]] }],
      [value([13], 1), value([13], 2), { batch: [], sum: [[0, 0]] }],
      [value([4], 1), value([5], 2), { batch: [], sum: [] }],
    ];
    for (const [a, b, params] of cases) {
      const { kernel, reference } = both('contract', [a, b], params);
      expect(kernel!.shape).toEqual(reference.shape);
      kernel!.data().forEach((x, i) => expect(Math.abs(x - reference.data()[i]!)).toBeLessThan(13 * 4 * 2 ** -22));
    }
  });

  it('leaves to the reference what it does not do', () => {
    const { engine } = makeEngine(always);
    const other = (dtype: 'f64' | 'i32'): Value => Value.empty(dtype, [4]);
    expect(engine(primitive('add'), [other('f64'), other('f64')], {})).toBeUndefined();
    expect(engine(primitive('add'), [other('i32'), other('i32')], {})).toBeUndefined();
    expect(engine(primitive('cast'), [value([4], 1)], { dtype: 'f64' })).toBeUndefined();
    expect(engine(primitive('truncate'), [value([4], 1)], {})).toBeUndefined();
    expect(engine(primitive('roundTo'), [value([4], 1)], { bits: 1 })).toBeUndefined();
    expect(engine(primitive('argmax'), [value([4], 1)], { axes: [0] })).toBeUndefined();
    expect(engine(primitive('sum'), [value([2, 3, 4], 1)], { axes: [0, 2] })).toBeUndefined();
    expect(engine(primitive('cumsum'), [value([4], 1)], { axis: 0 })).toBeUndefined();
    for (const shape of [[0], [0, 3]]) expect(engine(primitive('exp'), [value(shape, 1)], {})).toBeUndefined();
    expect(engine(primitive('sum'), [value([0, 3], 1)], { axes: [0] })).toBeUndefined();
    expect(engine(primitive('contract'), [value([2, 0], 1), value([0, 3], 1)], { batch: [], sum: [[1, 0]] })).toBeUndefined();
  });

  it('takes large steps only, and assembles nothing before the first', () => {
    const made = makeEngine({ map: 100, reduce: 100, contract: 1000 });
    expect(made.engine(primitive('exp'), [value([99], 1)], {})).toBeUndefined();
    expect(made.engine(primitive('sum'), [value([99], 1)], { axes: [0] })).toBeUndefined();
    expect(made.engine(primitive('contract'), [value([9, 9], 1), value([9, 9], 1)], { batch: [], sum: [[1, 0]] })).toBeUndefined();
    expect(made.engine(primitive('add'), [value([1, 11], 1), value([9, 1], 2)], {})).toBeUndefined();
    expect(made.status()).toBeUndefined();
    expect(made.engine(primitive('exp'), [value([100], 1)], {})).toBeDefined();
    expect(made.engine(primitive('add'), [value([1, 11], 1), value([10, 1], 2)], {})!.shape).toEqual([10, 11]);
    expect(made.engine(primitive('sum'), [value([100], 1)], { axes: [0] })).toBeDefined();
    expect(made.engine(primitive('contract'), [value([10, 10], 1), value([10, 10], 1)], { batch: [], sum: [[1, 0]] })).toBeDefined();
    expect(made.status()).toBe('large steps run on WebAssembly kernels');
  });

  it('keeps its memory flat over many steps, and gives it back after an error', () => {
    const { engine } = makeEngine(always);
    const bad = { ...primitive('add'), body: () => { throw new Error('no body'); } } as unknown as MapPrimitive;
    expect(() => engine(bad, [value([400], 1), value([400], 2)], {})).toThrow('no body');
    const take = vi.spyOn(Scratch.prototype, 'take');
    const step = (): unknown[] => {
      take.mockClear();
      expect(engine(primitive('add'), [value([400], 1), value([400], 2)], {})).toBeDefined();
      return take.mock.results.map((result) => result.value);
    };
    const first = step();
    expect(new Set(first).size).toBe(3);
    for (let i = 0; i < 100; i++) expect(step()).toEqual(first);
    take.mockRestore();
  });

  it('leaves to the reference what the memory has no room for', () => {
    const grow = vi.spyOn(host!.Memory.prototype as { grow: (pages: number) => number }, 'grow').mockImplementation(() => {
      throw new RangeError('no');
    });
    const whole = new Value('f32', [2 ** 26], new Float32Array(1), 0, [0]);
    expect(makeEngine(always).engine(primitive('neg'), [whole], {})).toBeUndefined();
    expect(grow).toHaveBeenCalled();
    grow.mockRestore();
  });

  it('forgets the kernel that was not used for longest, and no other', () => {
    const machine = new Machine();
    const shift = { ...primitive('neg'), body: (A, params, x) => A.add(x!, A.constant(params['by'] as number)) } as MapPrimitive;
    const kernel = (by: number): unknown => machine.map(shift, { by }, ['runs']);
    const first = kernel(0);
    const second = kernel(1);
    for (let by = 2; by < 256; by++) kernel(by);
    expect(kernel(0)).toBe(first);
    kernel(256);
    expect(kernel(0)).toBe(first);
    expect(kernel(1)).not.toBe(second);
  });
});

describe('the root entry', () => {
  it('lets large eager steps run on kernels, to the meaning of the reference', () => {
    const x = api.tensor(randomArray(64 * 64, 1), { shape: [64, 64] });
    const f = (): api.Tensor => api.sum(api.mul(api.matmul(x, x), api.tanh(x)), { axis: 1 });
    const kernel = f().data;
    expect(engineStatus()).toBe('large steps run on WebAssembly kernels');
    useEngine(undefined);
    const reference = f().data;
    expect(kernel).not.toEqual(reference);
    kernel.forEach((y, i) => expect(Math.abs(y - reference[i]!)).toBeLessThan(1e-4));
  });
});

describe('a host without kernels', () => {
  it.each([
    ['no WebAssembly', undefined, 'all steps run on the reference: this host has no WebAssembly'],
    ['no vector instructions', { ...host, validate: (): boolean => false }, 'all steps run on the reference: this host has no WebAssembly vector instructions'],
    ['a policy against it', { ...host, Memory: class { constructor() { throw new Error('refused'); } }, validate: (): boolean => true },
      'all steps run on the reference: this host does not let WebAssembly run (Error: refused)'],
  ])('computes on the reference and says so: %s', async (_, stub, status) => {
    vi.stubGlobal('WebAssembly', stub);
    vi.resetModules();
    const { makeEngine: make } = await import('../../src/compile/engine.ts');
    const made = make(always);
    expect(made.engine(primitive('exp'), [value([4], 1)], {})).toBeUndefined();
    expect(made.engine(primitive('exp'), [value([4], 1)], {})).toBeUndefined();
    expect(made.status()).toBe(status);
  });
});
