import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Access, Loop, Quantity, Store } from '../../../src/compile/kernels/group.ts';
import { isReadable } from '../../../src/compile/kernels/loop-lanes.ts';
import { inPlacePairs, loopModule } from '../../../src/compile/kernels/loop-module.ts';
import { toWord } from '../../../src/compile/wasm/writing.ts';
import { fromWord } from '../lane-numbers.ts';
import { runs } from '../../values.ts';
import { randomArray, randomNumbers } from '../kernels.ts';
import { bits, type Bytes, expectLoop, interpret, oneByOneBackwards, primitive, runKernel, words } from '../loops.ts';

/** Writes a loop down: quantities are numbers, buffers are made as they are spoken of. */
class Writer {
  readonly space: readonly number[];
  readonly quantities: Quantity[] = [];
  readonly stores: Store[] = [];
  readonly buffers: Bytes[] = [];

  constructor(space: readonly number[]) {
    this.space = space;
  }

  get loop(): Loop {
    return { kind: 'loop', space: this.space, quantities: this.quantities, stores: this.stores };
  }

  /** Room for everything an access meets. */
  access(strides: readonly number[], fill: (size: number) => Bytes): Access {
    const reach = this.space.map((n, axis) => strides[axis]! * (n - 1));
    const offset = 2 - reach.reduce((sum, r) => sum + Math.min(r, 0), 0);
    const size = offset + reach.reduce((sum, r) => sum + Math.max(r, 0), 0) + 3;
    this.buffers.push(fill(size));
    return { buffer: this.buffers.length - 1, offset, strides };
  }

  /** Strides of a dense array; 0 along the axes named. */
  dense(still: readonly number[] = []): number[] {
    let step = 1;
    return this.space.map((n, axis) => ({ n, axis })).reverse().map(({ n, axis }) => {
      if (still.includes(axis)) return 0;
      step *= n;
      return step / n;
    }).reverse();
  }

  load(strides: readonly number[] = this.dense(), seed = 1): number {
    return this.push({ op: 'load', dtype: 'f32', access: this.access(strides, (size) => words(randomArray(size, seed + this.buffers.length))) });
  }

  loadWhole(strides: readonly number[], most: number): number {
    const next = randomNumbers(this.buffers.length + 7);
    const fill = (size: number): Int32Array => Int32Array.from({ length: size }, () => Math.floor(next() * (most + 4)) - 2);
    return this.push({ op: 'load', dtype: 'i32', access: this.access(strides, fill) });
  }

  constant(value: number, dtype: 'f32' | 'i32' = 'f32'): number {
    return this.push({ op: 'constant', dtype, value });
  }

  iota(axis: number, dtype: 'f32' | 'i32' = 'i32'): number {
    return this.push({ op: 'iota', dtype, axis });
  }

  map(name: string, ...inputs: number[]): number {
    return this.push({ op: 'map', dtype: this.quantities[inputs[0]!]!.dtype, primitive: primitive(name), params: {}, inputs });
  }

  cast(input: number): number {
    return this.push({ op: 'map', dtype: 'f32', primitive: primitive('cast'), params: { dtype: 'f32' }, inputs: [input] });
  }

  sum(input: number): number {
    return this.push({ op: 'reduce', dtype: 'f32', combine: 'sum', input });
  }

  max(input: number): number {
    return this.push({ op: 'reduce', dtype: 'f32', combine: 'max', input });
  }

  element(of: number | Access, index: number, dtype: 'f32' | 'i32' = 'f32'): number {
    return this.push({ op: 'element', dtype, of, index });
  }

  store(quantity: number, strides: readonly number[] = this.dense()): void {
    this.stores.push({ quantity, as: 'whole', access: this.access(strides, (size) => new Int32Array(size).fill(0x7fc00001)) });
  }

  storeBlocks(quantity: number): void {
    const count = Math.ceil(this.space.at(-1)! / 128);
    const lead = this.dense([this.space.length - 1]).slice(0, -1);
    const rows = this.space.slice(0, -1).reduce((a, b) => a * b, 1);
    this.buffers.push(new Float64Array(rows * count + 1).fill(NaN));
    this.stores.push({ quantity, as: 'blocks', access: { buffer: this.buffers.length - 1, offset: 1, strides: [...lead.map((s) => s * count), 1] } });
  }

  /** Strides of one number per row, next to each other. */
  get perRow(): number[] {
    return this.dense([this.space.length - 1]);
  }

  check(): void {
    expectLoop(this.loop, this.buffers);
  }

  push(q: Quantity): number {
    return this.quantities.push(q) - 1;
  }
}

const lengths = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 127, 128, 129, 300];

describe('a loop', () => {
  it('copies rows of every length, by runs, splats, gathers and scatters', () => {
    for (const length of lengths) {
      const w = new Writer([3, length]);
      for (const [r, s] of [[length, 1], [0, 1], [1, 0], [0, 0], [2, 3], [1, 3], [length + 1, -1], [-1, 3]] as const) w.store(w.load([r, s]), [2 * length, 2]);
      const forward = w.load();
      w.store(forward);
      w.store(forward, [-length, -1]);
      w.check();
    }
  });

  it('computes in lanes what the algebra says, in one chain with several results', () => {
    for (const length of lengths) {
      const w = new Writer([2, length]);
      const [a, b, c] = [w.load(), w.load(w.perRow), w.load([0, 1])];
      const chain = w.map('mul', w.map('exp', w.map('add', w.map('mul', a, b), c)), w.map('tanh', a));
      w.store(chain);
      w.store(w.map('log', chain));
      w.store(w.map('where', w.map('less', a, c), w.map('sin', a), w.constant(0.5)));
      w.store(w.map('sigmoid', b), w.perRow);
      w.check();
    }
  });

  it('sums like the reference and finds maxima, over the row itself and over what follows from it', () => {
    for (const length of [...lengths, 256, 257, 511, 1000]) {
      const w = new Writer([3, length]);
      const x = w.load();
      const scaled = w.map('mul', x, w.load());
      const mean = w.map('div', w.sum(scaled), w.constant(length));
      const centred = w.map('sub', scaled, mean);
      const largest = w.max(w.map('mul', centred, centred));
      w.store(mean, w.perRow);
      w.store(largest, w.perRow);
      w.store(w.map('div', centred, largest));
      w.store(largest);
      w.store(w.sum(largest), w.perRow);
      w.check();
    }
  });

  it('runs softmax forward and backward in one loop', () => {
    for (const length of [1, 3, 5, 17, 127, 128, 129, 300]) {
      const w = softmaxLoop([3, length]);
      w.check();
      // Only the exponential is kept for a later pass; beside it lie the block sums of one pass.
      const { kernels } = loopModule([w.loop]);
      expect(kernels[0]!.scratchBytes).toBe((length === 1 ? 0 : 16 * Math.ceil(length / 4)) + (length > 128 ? 16 * Math.ceil(length / 256) : 0));
    }
  });

  it('runs a row of the SV-AM-Softmax: the target by its index, the mask, the shift, the gradient', () => {
    for (const length of [1, 4, 5, 17, 129, 300]) {
      const w = new Writer([4, length]);
      const cosines = w.load();
      const label = w.loadWhole(w.perRow, length);
      const target = w.element(cosines, label);
      const margin = w.map('sub', target, w.constant(0.35));
      const isTarget = w.cast(w.map('equal', w.iota(1), label));
      const isHard = w.map('less', margin, cosines);
      const pushed = w.map('add', cosines, w.map('mul', w.map('mul', w.constant(0.2), w.map('add', cosines, w.constant(1))), isHard));
      const logits = w.map('mul', w.constant(32), w.map('where', isTarget, margin, pushed));
      const shifted = w.map('sub', logits, w.max(logits));
      const exponential = w.map('exp', shifted);
      const total = w.sum(exponential);
      w.store(w.map('sub', w.map('log', total), w.element(shifted, label)), w.perRow);
      w.store(w.map('mul', w.map('sub', w.map('div', exponential, total), isTarget), w.load(w.perRow)));
      w.check();
    }
  });

  it('takes a sum over a one-hot mask for the element it picks, 0 outside the row and for −0', () => {
    for (const length of [1, 3, 5, 129]) {
      const w = new Writer([8, length]);
      const [x, index] = [w.load(), w.loadWhole(w.perRow, length)];
      for (const buffer of w.buffers.slice(0, 1)) (buffer as Int32Array).forEach((_, i, all) => (all[i] = i % 3 === 0 ? toWord(-0) : i % 7 === 0 ? toWord(NaN) : all[i]!));
      const here = w.cast(w.map('equal', w.iota(1), index));
      const zero = w.constant(0);
      const total = w.sum(w.map('where', here, x, zero));
      w.store(total, w.perRow);
      w.store(w.sum(w.map('where', w.cast(w.map('equal', index, w.iota(1))), w.map('exp', w.map('sub', x, w.max(x))), zero)), w.perRow);
      // Not one element: all but one, those before it, one row of all.
      w.store(w.sum(w.map('where', here, zero, x)), w.perRow);
      w.store(w.sum(w.map('where', w.cast(w.map('less', w.iota(1), index)), x, zero)), w.perRow);
      w.store(w.sum(w.map('where', w.cast(w.map('equal', w.iota(0), index)), x, zero)), w.perRow);
      w.check();
      const { kernels } = loopModule([w.loop]);
      expect(kernels[0]!.scratchBytes).toBe(length > 128 ? 3 * 16 * Math.ceil(length / 256) : 0);
    }
  });

  it('does a long row apart from where its mark is, wherever the mark stands', () => {
    for (const length of [255, 256, 259, 512, 1003]) {
      const places = [0, 3, 63, 64, 127, 128, length - 17, length - 4, length - 1, length, -1, -(2 ** 31), 2 ** 30];
      const w = new Writer([places.length, length]);
      const [index, other] = [w.loadWhole(w.perRow, length), w.loadWhole(w.perRow, length)];
      w.buffers[0]!.set(places, 2);
      const x = w.load();
      const [here, there] = [index, other].map((label) => w.cast(w.map('equal', w.iota(1), label))) as [number, number];
      const zero = w.constant(0);
      const logits = w.map('where', here, w.map('mul', x, w.constant(0.5)), w.map('mul', x, w.constant(3)));
      const largest = w.max(w.map('where', here, w.constant(-Infinity), logits));
      const exponential = w.map('where', here, zero, w.map('exp', w.map('sub', logits, largest)));
      const total = w.sum(exponential);
      w.store(largest, w.perRow);
      w.store(total, w.perRow);
      w.store(w.map('sub', w.map('div', exponential, total), here));
      // The last pass has two marks, which may stand apart.
      w.store(w.map('where', there, w.sum(w.map('mul', exponential, x)), here));
      w.check();
    }
  });

  it('does segments of a long row apart from where its mark is', () => {
    for (const place of [0, 200, 383, 384, 900, -1]) {
      const w = new Writer([1000]);
      const index = w.push({ op: 'load', dtype: 'i32', access: w.access([0], (size) => new Int32Array(size).fill(place)) });
      const x = w.load();
      const marked = w.map('where', w.cast(w.map('equal', w.iota(0), index)), w.map('neg', x), w.map('mul', x, x));
      w.store(marked);
      w.storeBlocks(w.sum(marked));
      w.check();
    }
  });

  it('has integers: sums, products, comparisons, choices, casts, positions', () => {
    for (const length of [1, 3, 4, 6, 17, 130]) {
      const w = new Writer([2, 3, length]);
      const [a, b] = [w.loadWhole(w.dense(), 1e9), w.loadWhole(w.dense([1]), 9)];
      const positions = w.map('add', w.map('mul', w.iota(2), w.constant(5, 'i32')), w.map('sub', w.iota(0), w.iota(1)));
      w.store(positions);
      w.store(w.map('mul', w.map('mul', a, a), b));
      for (const name of ['less', 'lessEqual', 'equal', 'maximum', 'minimum']) w.store(w.map(name, w.map('sub', b, w.iota(1)), w.map('neg', w.iota(2))));
      w.store(w.map('where', w.map('sub', b, w.constant(3, 'i32')), positions, a));
      w.store(w.cast(w.map('sub', a, positions)));
      w.store(w.map('add', w.iota(0, 'f32'), w.map('mul', w.iota(2, 'f32'), w.iota(1, 'f32'))));
      w.check();
    }
  });

  it('knows which maps no lane computes: functions of integers, roundings to one bit, what may have to refuse a number', () => {
    const readable = (name: string, from: 'f32' | 'i32', to: 'f32' | 'i32', params = {}): boolean => isReadable(primitive(name), params, from, to);
    expect([readable('add', 'i32', 'i32'), readable('where', 'i32', 'i32'), readable('cast', 'i32', 'f32')]).toEqual([true, true, true]);
    expect(readable('truncate', 'f32', 'i32')).toBe(false);
    expect([readable('exp', 'i32', 'i32'), readable('div', 'i32', 'i32'), readable('roundTo', 'f32', 'f32', { bits: 1 })]).toEqual([false, false, false]);
  });

  it('takes elements of buffers and of quantities, at indices clamped to the row', () => {
    for (const length of [1, 2, 5, 130]) {
      const w = new Writer([5, length]);
      const index = w.loadWhole(w.perRow, length);
      const fill = (size: number): Bytes => words(randomArray(size, 3));
      w.store(w.element(w.access([-length, -1], fill), index), w.perRow);
      w.store(w.element(w.map('exp', w.load([1, 2])), index), w.perRow);
      w.store(w.element(w.iota(1), w.map('neg', index), 'i32'), w.perRow);
      w.store(w.element(w.load(w.perRow), index), w.perRow);
      const total = w.sum(w.load());
      w.store(w.element(w.map('sub', w.load(), total), w.constant(length, 'i32')), w.perRow);
      w.check();
    }
  });

  it('shares the block sums of a long row among units', () => {
    for (const length of [1, 5, 127, 128, 129, 300, 513]) {
      const w = new Writer([2, length]);
      const x = w.load();
      w.storeBlocks(w.sum(w.map('mul', x, w.map('mul', x, x))));
      w.storeBlocks(w.sum(w.map('exp', x)));
      w.store(w.map('tanh', x));
      w.store(w.map('neg', w.load(w.perRow)), w.perRow);
      w.check();
      expect(loopModule([w.loop], 1).kernels[0]!.units).toBe(2 * Math.ceil(length / 128));
    }
  });

  it('adds in the order of the reference, also what is left of a row', () => {
    for (const length of [7, 135]) {
      const w = new Writer([100, length]);
      const x = w.load();
      // So large and so small that the order of the additions shows in the last bits.
      (w.buffers[0] as Int32Array).forEach((word, i, all) => (all[i] = toWord(fromWord(word) * 10 ** ((i * 7) % 13))));
      w.storeBlocks(w.sum(w.map('mul', x, x)));
      w.check();
    }
  });

  it('runs over spaces of any rank, merging axes it crosses without a gap', () => {
    for (const space of [[], [1], [1, 1, 1], [2, 1, 3], [2, 3, 1], [2, 3, 4, 5], [3, 1, 2, 17]]) {
      const w = new Writer(space);
      const bias = w.load(w.dense(space.map((_, axis) => axis).filter((axis) => axis !== 1)));
      w.store(w.map('add', w.map('mul', w.load(), w.load(w.dense().map(() => 0))), bias));
      if (space.length > 0) w.store(w.iota(space.length - 1));
      w.check();
      const r = new Writer(space);
      if (space.length === 0) continue;
      r.store(r.sum(r.map('mul', r.load(), r.load(r.dense([0])))), r.perRow);
      r.check();
    }
  });

  it('meets a number per window as often as the window has columns, and crosses windows by steps of two', () => {
    for (const times of [2, 3, 4]) {
      for (const step of [0, 1, 2]) {
        for (const count of [1, 2, 3, 4, 5, 8, 9, 17]) {
          const space = [3, count, times];
          const line = count * times;
          const load = (buffer: number, strides: readonly number[]): Quantity => ({ op: 'load', dtype: 'f32', access: { buffer, offset: 1, strides } });
          const sum: Quantity = { op: 'map', dtype: 'f32', primitive: primitive('add'), params: {}, inputs: [0, 1] };
          const store: Store = { quantity: 2, as: 'whole', access: { buffer: 2, offset: 0, strides: [line, times, 1] } };
          const random = (size: number): Bytes => words(randomArray(size, size));
          const buffers = [random(1 + 6 * line), random(1 + 6 * count), random(3 * line)];
          expectLoop({ kind: 'loop', space, quantities: [load(0, [2 * line, 2 * times, 2]), load(1, [2 * count, step, 0]), sum], stores: [store] }, buffers);
          expectLoop({ kind: 'loop', space, quantities: [load(0, [line, times, 1]), load(1, [2 * count, step, 0]), sum], stores: [store] }, buffers);
        }
      }
    }
  });

  it('does nothing in an empty space', () => {
    for (const space of [[0], [0, 4], [4, 0], [2, 0, 3]]) {
      const w = new Writer(space);
      w.store(w.load());
      expect(loopModule([w.loop]).kernels[0]!.units).toBe(0);
    }
  });

  it('keeps special numbers: NaN, infinities and signed zeros through maxima, sums and choices', () => {
    const special = [NaN, 0, -0, Infinity, -Infinity, 1e-45, -1, 3e38];
    const negativeNaN = 0xffc00000 | 0;
    const rows = [
      ...[[0, -0], [-0, -0], [-1, -0], [-Infinity], [-1, -3e38, -1e-45], [1, NaN, -1], [NaN, -1], [-0, 1e-45]].map((row) => row.map(toWord)),
      [toWord(-1), negativeNaN], [negativeNaN, toWord(-Infinity), toWord(2)],
    ];
    for (const length of [1, 2, 5, 8, 19]) {
      const w = new Writer([special.length, length]);
      const [x, y] = [w.load(), w.load()];
      for (const [b, buffer] of w.buffers.entries()) (buffer as Int32Array).forEach((_, i, all) => (all[i] = toWord(special[(i * (b + 3) + (i >> 3)) % special.length]!)));
      w.store(w.max(x), w.perRow);
      w.store(w.sum(x), w.perRow);
      w.store(w.map('chain', x, y));
      w.store(w.map('where', x, y, w.map('log', x)));
      w.store(w.map('exp', x));
      w.check();
    }
    for (const length of [3, 4, 18]) {
      const w = new Writer([rows.length, length]);
      const x = w.load();
      rows.forEach((row, r) => w.buffers[0]!.set(Int32Array.from({ length }, (_, i) => row[i % row.length]!), 2 + r * length));
      w.store(w.max(x), w.perRow);
      w.check();
    }
  });

  it('gives the same bits however random quantities are cut', () => {
    const unaries = ['neg', 'exp', 'abs', 'sigmoid', 'sqrt'];
    const binaries = ['add', 'sub', 'mul', 'div', 'maximum', 'less', 'chain'];
    const drawn = fc.record({
      lead: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
      length: fc.constantFrom(1, 3, 4, 5, 17, 127, 128, 129, 200),
      loads: fc.array(fc.constantFrom('dense', 'row', 'number', 'all', 'backwards', 'spread'), { minLength: 1, maxLength: 3 }),
      steps: fc.array(fc.record({ kind: fc.constantFrom('unary', 'binary', 'where', 'sum', 'max', 'element'), pick: fc.nat(), a: fc.nat(), b: fc.nat() }),
        { minLength: 1, maxLength: 8 }),
      stored: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
    });
    fc.assert(fc.property(drawn, ({ lead, length, loads, steps, stored }) => {
      const w = new Writer([...lead, length]);
      const last = lead.length;
      const isFull = (q: number): boolean => {
        const quantity = w.quantities[q]!;
        return quantity.op === 'load' ? quantity.access.strides.at(-1) !== 0 : quantity.op === 'map' && quantity.inputs.some(isFull);
      };
      const strides = (kind: string): readonly number[] => {
        if (kind === 'row') return w.dense(lead.map((_, axis) => axis));
        if (kind === 'number') return w.perRow;
        if (kind === 'all') return w.space.map(() => 0);
        return w.dense().map((s) => s * (kind === 'backwards' ? -1 : kind === 'spread' ? 2 : 1));
      };
      for (const kind of loads) w.load(strides(kind));
      const index = w.loadWhole(w.perRow, length);
      const pick = (n: number): number => {
        const floats = [...w.quantities.keys()].filter((q) => w.quantities[q]!.dtype === 'f32');
        return floats[n % floats.length]!;
      };
      for (const { kind, pick: name, a, b } of steps) {
        const [x, y] = [pick(a), pick(b)];
        switch (kind) {
          case 'unary': w.map(unaries[name % unaries.length]!, x); break;
          case 'binary': w.map(binaries[name % binaries.length]!, x, y); break;
          case 'where': w.map('where', w.map('less', x, y), y, x); break;
          case 'sum': w.sum(x); break;
          case 'max': w.max(x); break;
          default: w.element(x, index);
        }
      }
      for (const n of stored) {
        const q = pick(n);
        w.store(q, isFull(q) || n % 2 === 0 ? w.dense() : w.dense([last]));
      }
      w.check();
    }), runs);
  });
});

describe('buffers of a loop', () => {
  it('may be the same bytes where the loop says so, to the same bits', () => {
    for (const length of [3, 16, 129]) {
      const w = softmaxLoop([3, length]);
      const pairs = inPlacePairs(w.loop);
      expect(pairs).toEqual([[0, 2], [0, 3], [1, 3]]);
      const expected = w.buffers.map((buffer) => buffer.slice());
      interpret(w.loop, expected);
      for (const pair of pairs) {
        for (const wantedCost of [1, 20_000]) {
          const actual = runKernel(w.loop, w.buffers, { shared: [pair], order: oneByOneBackwards, wantedCost });
          for (const { access: { buffer, offset } } of w.stores) {
            expect(bits(actual[buffer]!.slice(offset, offset + 3 * length))).toEqual(bits(expected[buffer]!.slice(offset, offset + 3 * length)));
          }
        }
      }
    }
  });

  it('stay apart where something is read after it was stored, elsewhere, or by another unit', () => {
    const later = new Writer([3, 5]);
    const x = later.load();
    later.store(x);
    later.store(later.map('sub', x, later.sum(x)));
    expect(inPlacePairs(later.loop)).toEqual([[0, 2]]);

    const shifted = new Writer([3, 5]);
    shifted.store(shifted.map('add', shifted.load(), shifted.load([1, 3])));
    expect(inPlacePairs(shifted.loop)).toEqual([[0, 2]]);

    const turned = new Writer([3, 5]);
    turned.store(turned.load([1, 3]));
    turned.store(turned.element(turned.load(), turned.constant(2, 'i32')), turned.perRow);
    // An element is read before the pass it belongs to.
    expect(inPlacePairs(turned.loop)).toEqual([[2, 1]]);

    const late = new Writer([3, 5]);
    const y = late.load();
    late.store(late.map('exp', y));
    late.store(late.element(late.map('sub', y, late.sum(y)), late.constant(2, 'i32')), late.perRow);
    expect(inPlacePairs(late.loop)).toEqual([]);
  });
});

/** Logits and the cotangent of the probabilities in; probabilities and the gradient of the logits out. */
function softmaxLoop(space: readonly number[]): Writer {
  const w = new Writer(space);
  const [x, cotangent] = [w.load(), w.load()];
  const exponential = w.map('exp', w.map('sub', x, w.max(x)));
  const p = w.map('div', exponential, w.sum(exponential));
  w.store(p);
  w.store(w.map('mul', p, w.map('sub', cotangent, w.sum(w.map('mul', p, cotangent)))));
  return w;
}
