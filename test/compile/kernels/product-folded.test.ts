import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Axis, FoldedProduct, Operand } from '../../../src/compile/kernels/group.ts';
import { cutFolded, fitsScratch, planFolded, sizesOf } from '../../../src/compile/kernels/product-folded.ts';
import { foldedModule } from '../../../src/compile/kernels/product-folded-kernel.ts';
import { blockK } from '../../../src/compile/kernels/product-kernel.ts';
import { Value } from '../../../src/graph/index.ts';
import { primitivesByName } from '../../../src/primitives/index.ts';
import { runs } from '../../values.ts';
import { bitsOf, Guarded, randomArray } from '../kernels.ts';
import { inOnePiece, oneByOneBackwards } from '../loops.ts';

interface Case {
  readonly samples: number;
  readonly channels: number;
  readonly groups: number;
  readonly summed: number;
  readonly size: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
}

const countsOf = ({ size, kernel, stride, dilation }: Case): [number, number] =>
  [0, 1].map((i) => Math.floor((size[i]! - dilation[i]! * (kernel[i]! - 1) - 1) / stride[i]!) + 1) as [number, number];

/** Strides of axes that lie in memory in some order, the last one named running fastest. */
function laid(sizes: readonly number[], order: readonly number[]): Axis[] {
  const axes: Axis[] = [];
  let stride = 1;
  for (const axis of order.toReversed()) {
    axes[axis] = { size: sizes[axis]!, stride };
    stride *= sizes[axis]!;
  }
  return axes;
}

/** Cotangents [samples, groups, summed, rows, columns] and weights [groups, summed, channels, height, width], as a convolution has them. */
function productOf(c: Case, mixed: boolean): FoldedProduct {
  const [rows, columns] = countsOf(c);
  const [n, g, k, i, j] = laid([c.samples, c.groups, c.summed, rows, columns], mixed ? [3, 0, 4, 2, 1] : [0, 1, 2, 3, 4]);
  const [h, s, d, a, b] = laid([c.groups, c.summed, c.channels, ...c.kernel], mixed ? [3, 2, 0, 4, 1] : [0, 1, 2, 3, 4]);
  const left: Operand = { buffer: 1, offset: 0, batch: [h!], free: [d!, a!, b!], sum: [s!] };
  const right: Operand = { buffer: 0, offset: 0, batch: [g!], free: [n!, i!, j!], sum: [k!] };
  const planes = { samples: c.groups * c.channels, group: c.channels, channels: 1 };
  return { kind: 'foldedProduct', left, right, size: c.size, stride: c.stride, dilation: c.dilation, planes, out: 2 };
}

/** In order within blocks of K, the blocks in order; then the reference's fold. */
function meant(c: Case, { left, right }: FoldedProduct, x: Float32Array, w: Float32Array): Float32Array {
  const [rows, columns] = countsOf(c);
  const at = (axes: readonly Axis[], ...index: readonly number[]): number => axes.reduce((sum, { stride }, i) => sum + stride * index[i]!, 0);
  const space = [c.samples, c.groups, c.channels, rows, columns, ...c.kernel];
  const values = new Float32Array(space.reduce((a, b) => a * b, 1));
  values.forEach((_, flat) => {
    const index = space.map((n, axis) => Math.floor(flat / space.slice(axis + 1).reduce((a, b) => a * b, 1)) % n);
    const [n, g, d, i, j, a, b] = index as [number, number, number, number, number, number, number];
    let total = 0;
    for (let k0 = 0; k0 < c.summed; k0 += blockK) {
      let sum = 0;
      for (let k = k0; k < Math.min(c.summed, k0 + blockK); k++) {
        const [p, q] = [at(left.batch, g) + at(left.free, d, a, b) + at(left.sum, k), at(right.batch, g) + at(right.free, n, i, j) + at(right.sum, k)];
        sum = Math.fround(sum + Math.fround(w[p]! * x[q]!));
      }
      total = k0 === 0 ? sum : Math.fround(total + sum);
    }
    values[flat] = total;
  });
  const params = { size: c.size, kernel: c.kernel, stride: c.stride, dilation: c.dilation };
  return primitivesByName.get('fold')!.run([new Value('f32', space, values)], params).data() as Float32Array;
}

function check(c: Case, mixed: boolean, numbers = randomArray): void {
  const product = productOf(c, mixed);
  const [rows, columns] = countsOf(c);
  const x = numbers(c.samples * c.groups * c.summed * rows * columns, 1);
  const w = numbers(c.groups * c.summed * c.channels * c.kernel[0] * c.kernel[1], 2);
  const size = c.samples * c.groups * c.channels * c.size[0] * c.size[1];
  const expected = bitsOf(meant(c, product, x, w));
  const plan = planFolded(product);
  for (const order of [inOnePiece, oneByOneBackwards]) {
    const memory = new Guarded();
    const addresses = [memory.put(x), memory.put(w), memory.room(size)];
    const [tables, panels] = [memory.room(plan.tableBytes / 4), memory.room(plan.panelBytes / 4)];
    plan.writeTables(memory.scratch.words(tables, plan.tableBytes / 4), tables);
    const kernels = memory.link(foldedModule(product));
    for (const { kernel, units, args } of plan.stages(0, { address: (buffer) => addresses[buffer]!, tables, panels })) {
      for (const [first, last] of order(units)) kernels[kernel]!(first, last, memory.room(plan.scratchBytes / 4), ...args);
    }
    memory.checkGuards();
    expect(bitsOf(memory.read(addresses[2]!, size))).toEqual(expected);
  }
}

const plain: Case = { samples: 4, channels: 5, groups: 1, summed: 6, size: [9, 11], kernel: [3, 3], stride: [1, 1], dilation: [1, 1] };

describe('a product that is folded at once', () => {
  const cases: [string, Case][] = [
    ['a sum longer than a block', { ...plain, summed: blockK + 3, samples: 1, channels: 2 }],
    ['groups', { ...plain, groups: 3, stride: [2, 2] }],
    ['one channel, one place', { ...plain, channels: 1, size: [3, 3], samples: 7 }],
    ['a stride of 3, wider than the window', { ...plain, kernel: [2, 2], stride: [2, 3], size: [9, 23] }],
    ['dilation against the stride', { ...plain, stride: [2, 2], dilation: [2, 3], size: [12, 21] }],
    ['rows that are not written out', { ...plain, samples: 1, channels: 1, kernel: [5, 5], size: [5, 70], stride: [1, 1] }],
    ['channels multiplied in several blocks', { ...plain, samples: 1, channels: 33, summed: 2, size: [30, 31], stride: [2, 2] }],
  ];
  it.each(cases)('has the bits of product and fold, one after the other: %s', (_, c) => {
    for (const mixed of [false, true]) check(c, mixed);
  });

  it('adds windows in the order of the reference, which shows where large numbers cancel', () => {
    // Doubles hold 2^60 + 1 no better than 2^60.
    const cancelling = (length: number, seed: number): Float32Array =>
      randomArray(length, seed).map((x) => (seed === 2 ? 1 : x > 1 ? 2 ** 60 : x < -1 ? -(2 ** 60) : Math.round(8 * x)));
    for (const stride of [1, 2]) check({ ...plain, summed: 1, stride: [stride, stride] }, false, cancelling);
  });

  it('law: has those bits for all sizes, strides and dilations, however its operands lie in memory', () => {
    const small = (most: number) => fc.integer({ min: 1, max: most });
    const some = fc.record({
      samples: small(9), channels: small(9), groups: small(3), summed: small(9), size: fc.tuple(small(12), small(19)),
      kernel: fc.tuple(small(4), small(4)), stride: fc.tuple(small(3), small(3)), dilation: fc.tuple(small(3), small(3)),
    });
    fc.assert(fc.property(some, fc.boolean(), (c, mixed) => {
      fc.pre(countsOf(c).every((n) => n >= 1));
      check(c, mixed);
    }), runs);
  });

  it('is cut into units that fill their tiles and that several threads can share', () => {
    const sizes = (samples: number, places: number, channels = 64) =>
      cutFolded({ ...sizesOf(productOf(plain, false)), samples, places, channels, window: 9, summed: 64, plane: [20, 20] });
    // Seven by seven places are never whole tiles alone; eight of them are.
    expect(sizes(64, 49)).toMatchObject({ samples: 8, columns: 392, parts: 2, units: 16 });
    expect(sizes(64, 64)).toMatchObject({ columns: 64 * sizes(64, 64).samples });
    // One image is shared out along its channels, from panel to panel.
    expect(sizes(1, 196)).toMatchObject({ samples: 1, channels: 4, units: 16 });
    expect(sizes(1, 196, 3)).toMatchObject({ channels: 4, units: 1 });
  });

  it('is refused where a thread would need too much memory', () => {
    const fits = (side: number): boolean => fitsScratch({
      samples: 1, channels: 64, groups: 1, places: side ** 2, window: 9, summed: 64, plane: [side + 2, side + 2], stride: [1, 1],
    });
    expect([fits(28), fits(56), fits(224)]).toEqual([true, true, false]);
  });
});
