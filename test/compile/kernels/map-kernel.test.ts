import { describe, expect, it } from 'vitest';
import { type Gait, mapModule } from '../../../src/compile/kernels/map-kernel.ts';
import type { Body } from '../../../src/compile/wasm/lanes.ts';
import { bitsOf, Guarded, randomArray, sizes } from '../kernels.ts';

const combine: Body = (A, a, b) => A.sub(A.mul(a, a), b);
const gaits: readonly Gait[] = ['runs', 'stands', 'strides'];

describe('a map kernel', () => {
  it.each(gaits.flatMap((a) => gaits.map((b) => [a, b] as const)))('fills exactly its result: %s, %s', (a, b) => {
    for (const length of sizes) {
      const memory = new Guarded();
      const { map } = memory.link(mapModule(combine, [a, b]));
      const rows = length > 33 ? 2 : 3;
      // An operand that strides goes backwards in steps of three, one that runs or stands has rows of its own.
      const operands = [a, b].map((gait, i) => {
        const values = randomArray(gait === 'strides' ? 3 * rows * length : rows * length, i + 1);
        const step = gait === 'stands' ? 0 : gait === 'runs' ? 1 : -3;
        const rowStep = gait === 'stands' ? 1 : gait === 'runs' ? length : 0;
        const from = gait === 'strides' ? 3 * length - 1 : 0;
        return { values, step, rowStep, from, at: memory.put(values) };
      });
      const out = memory.room(rows * length);
      map!(out, rows, length, ...operands.flatMap((x) => [x.at + 4 * x.from, 4 * x.rowStep, 4 * x.step]));
      const expected = Float32Array.from({ length: rows * length }, (_, i) => {
        const [x, y] = operands.map((o) => o.values[o.from + Math.floor(i / length) * o.rowStep + (i % length) * o.step]!);
        return Math.fround(Math.fround(x! * x!) - y!);
      });
      expect(bitsOf(memory.read(out, rows * length))).toEqual(bitsOf(expected));
      memory.checkGuards();
    }
  });

  it('computes an element alike wherever it stands in a row', () => {
    const xs = randomArray(129, 5);
    const body: Body = (A, a) => A.div(A.tanh(a), A.add(A.constant(1), A.exp(A.sin(a))));
    const results = [1, 2, 3, 5, 129].map((length) => {
      const memory = new Guarded();
      const { map } = memory.link(mapModule(body, ['runs']));
      const [at, out] = [memory.put(xs), memory.room(xs.length)];
      for (let i = 0; i < xs.length; i += length) map!(out + 4 * i, 1, Math.min(length, xs.length - i), at + 4 * i, 0, 4);
      return bitsOf(memory.read(out, xs.length));
    });
    for (const result of results) expect(result).toEqual(results[0]);
  });

  it('may write over an operand that runs', () => {
    const memory = new Guarded();
    const { map } = memory.link(mapModule((A, a) => A.add(a, A.constant(1)), ['runs']));
    const at = memory.put(Float32Array.of(1, 2, 3, 4, 5, 6, 7));
    map!(at, 1, 7, at, 0, 4);
    expect([...memory.read(at, 7)]).toEqual([2, 3, 4, 5, 6, 7, 8]);
    memory.checkGuards();
  });

  it('keeps shared parts in locals, and reads a comparison back as the mask it was', () => {
    const module = mapModule((A, a) => A.select(A.less(a, A.constant(0)), A.mul(a, a), A.add(A.mul(a, a), a)), ['stands']);
    // The last of the three inner loops, which takes one element at a time.
    expect(module.text.slice(module.text.lastIndexOf('block'))).toMatchInlineSnapshot(`
      "block
            local.get 0
            local.get 8
            i32.eq
            br_if 0
            loop
              local.get 0
              local.get 6
              local.get 6
              f32x4.mul
              local.set 29
              local.get 29
              local.get 6
              f32x4.add
              local.set 30
              local.get 6
              i32.const 0
              i32x4.splat
              f32x4.lt
              local.set 31
              local.get 29
              local.get 30
              local.get 31
              v128.bitselect
              local.set 32
              local.get 32
              v128.store32_lane 0
              local.get 0
              i32.const 4
              i32.add
              local.tee 0
              local.get 8
              i32.lt_u
              br_if 0
            end
          end
          local.get 3
          local.get 4
          i32.add
          local.set 3
          local.get 1
          i32.const 1
          i32.sub
          local.tee 1
          br_if 0
        end"
    `);
  });
});
