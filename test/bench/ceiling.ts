// The most this processor does with 128-bit vectors when nothing is in the way: multiplications and additions in
// registers, from the project's own assembler. Other figures are given as shares of it.

import { Module } from '../../src/compile/assembler.ts';
import { instantiate, type WasmFunction } from '../../src/compile/webassembly.ts';
import { splat } from '../../src/compile/writing.ts';

// Six sums hide the latency of an addition; with eight V8 runs out of registers.
const sums = 6;

/** Floating point operations of one round. */
export const ceilingFlops = 2 * 4 * sums;

/**
 * run(rounds): six running sums of products of two factors that change with every round and three that stand. The
 * changing factor is the product with the first standing one, −1, so that nothing is computed once for all rounds.
 */
export function ceilingKernel(): WasmFunction {
  const module = new Module();
  module.function('run', ['i32'], ['f32'], (code, rounds) => {
    const total = Array.from({ length: sums }, () => code.local('v128'));
    const standing = [-1, 0.75, -1.5].map((x) => ({ x, local: code.local('v128') }));
    const changing = [1, 2].map((x) => ({ x, local: code.local('v128') }));
    for (const { x, local } of [...standing, ...changing]) splat(code, x).set(local);
    code.loop((again) => {
      changing.forEach((m, i) => {
        standing.toReversed().forEach((s, j) => {
          const sum = total[3 * i + j]!;
          code.get(sum).get(m.local).get(s.local).op('f32x4.mul');
          if (s.x === -1) code.tee(m.local);
          code.op('f32x4.add').set(sum);
        });
      });
      code.get(rounds!).i32(1).op('i32.sub').tee(rounds!).branchIf(again);
    });
    total.forEach((sum, i) => {
      code.get(sum);
      if (i > 0) code.op('f32x4.add');
    });
    code.lane('f32x4.extract_lane', 0);
  });
  return instantiate(module.bytes(), {})['run']!;
}
