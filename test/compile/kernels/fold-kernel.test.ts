import { describe, expect, it } from 'vitest';
import type { Fold } from '../../../src/compile/kernels/group.ts';
import { loopModule } from '../../../src/compile/kernels/loop-module.ts';
import { Value } from '../../../src/graph/index.ts';
import { primitivesByName } from '../../../src/primitives/index.ts';
import { bitsOf, Guarded, randomArray } from '../kernels.ts';
import { inOnePiece, oneByOneBackwards, type Order } from '../loops.ts';

interface Case {
  readonly lead: readonly number[];
  readonly size: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
}

/** The order in which the axes of the windows lie in memory; negative: an axis lies backwards. */
function stridesOf(shape: readonly number[], order: readonly number[]): { strides: number[]; offset: number } {
  const strides: number[] = [];
  let [step, offset] = [1, 0];
  for (const axis of order.toReversed()) {
    const at = axis < 0 ? -axis - 1 : axis;
    strides[at] = axis < 0 ? -step : step;
    if (axis < 0) offset += step * (shape[at]! - 1);
    step *= shape[at]!;
  }
  return { strides, offset };
}

function check({ lead, size, kernel, stride, dilation }: Case, order: readonly number[] | undefined, units: Order): void {
  const counts = [0, 1].map((i) => Math.floor((size[i]! - dilation[i]! * (kernel[i]! - 1) - 1) / stride[i]!) + 1);
  const space = [...lead, ...counts, ...kernel];
  const { strides, offset } = stridesOf(space, order ?? space.map((_, i) => i));
  const total = space.reduce((a, b) => a * b, 1);
  const values = randomArray(total, total).map((x, i) => x * 10 ** ((i * 7) % 9));
  const planes = [...lead, ...size].reduce((a, b) => a * b, 1);
  const memory = new Guarded();
  const [from, to] = [memory.put(values), memory.room(planes)];
  const fold: Fold = { kind: 'fold', space, from: { buffer: 0, offset, strides }, size, stride, dilation, to: 1 };
  const { module, kernels: [{ kernel: name, units: count, scratchBytes, buffers } = expect.fail()] } = loopModule([fold]);
  expect(buffers).toEqual([0, 1]);
  const scratch = memory.room(scratchBytes / 4);
  const run = memory.link(module)[name]!;
  for (const [first, last] of units(count)) run(first, last, scratch, from, to);
  const reference = primitivesByName.get('fold')!.run([new Value('f32', space, values, offset, strides)], { size, kernel, stride, dilation });
  expect(bitsOf(memory.read(to, planes))).toEqual(bitsOf(reference.data() as Float32Array));
  memory.checkGuards();
}

describe('a fold', () => {
  const cases: Case[] = [
    { lead: [], size: [1, 1], kernel: [1, 1], stride: [1, 1], dilation: [1, 1] },
    { lead: [2], size: [5, 7], kernel: [3, 3], stride: [1, 1], dilation: [1, 1] },
    { lead: [2, 3], size: [6, 8], kernel: [2, 2], stride: [2, 2], dilation: [1, 1] },
    { lead: [3], size: [9, 8], kernel: [3, 2], stride: [2, 3], dilation: [2, 1] },
    { lead: [1, 2], size: [11, 13], kernel: [9, 8], stride: [1, 2], dilation: [1, 1] },
    { lead: [2], size: [7, 5], kernel: [1, 1], stride: [3, 2], dilation: [1, 1] },
  ];

  it.each(cases)('has the bits of the reference: planes $size, windows $kernel, steps $stride and $dilation', (x) => {
    for (const units of [inOnePiece, oneByOneBackwards]) check(x, undefined, units);
  });

  it('reads windows however they lie in memory', () => {
    // As a product leaves them, [channels, windows, images]; and with axes that run backwards.
    check(cases[2]!, [1, 4, 5, 0, 2, 3], oneByOneBackwards);
    check(cases[1]!, [0, -2, 2, -4, -5], inOnePiece);
    check(cases[4]!, [-1, 4, 2, -4, 1, -6], inOnePiece);
  });
});
