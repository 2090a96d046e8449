// The most this processor does with 128-bit vectors when nothing is in the way: multiplications and additions in
// registers, from the project's own assembler. Other figures are given as shares of it.

import { Module } from '../../src/compile/assembler.ts';
import { instantiate, type WasmFunction } from '../../src/compile/webassembly.ts';
import { splat } from '../../src/compile/writing.ts';

export interface Ceiling {
  readonly run: WasmFunction;
  /** Floating point operations of one round. */
  readonly flops: number;
}

/**
 * run(rounds): running sums of the products of two factors that change with every round and some that stand. The
 * changing factor is the product with the last standing one, −1, so that nothing is computed once for all rounds.
 */
function kernel(factors: readonly number[]): Ceiling {
  const module = new Module();
  module.function('run', ['i32'], ['f32'], (code, rounds) => {
    const standing = factors.map((x) => ({ x, local: code.local('v128') }));
    const changing = [1, 2].map((x) => ({ x, local: code.local('v128') }));
    const total = changing.map(() => standing.map(() => code.local('v128')));
    for (const { x, local } of [...standing, ...changing]) splat(code, x).set(local);
    code.loop((again) => {
      changing.forEach((m, i) => standing.forEach((s, j) => {
        code.get(total[i]![j]!).get(m.local).get(s.local).op('f32x4.mul');
        if (s.x === -1) code.tee(m.local);
        code.op('f32x4.add').set(total[i]![j]!);
      }));
      code.get(rounds!).i32(1).op('i32.sub').tee(rounds!).branchIf(again);
    });
    total.flat().forEach((sum, i) => {
      code.get(sum);
      if (i > 0) code.op('f32x4.add');
    });
    code.lane('f32x4.extract_lane', 0);
  });
  return { run: instantiate(module.bytes(), {})['run']!, flops: 2 * 4 * 2 * factors.length };
}

const trialRounds = 2 ** 15;

/** The faster of six and eight sums: six may not hide the latency of an addition, eight may not find registers. */
export function ceiling(): Ceiling {
  const rate = ({ run, flops }: Ceiling): number => {
    let best = Infinity;
    for (let i = 0; i < 100; i++) {
      const start = performance.now();
      run(trialRounds);
      best = Math.min(best, performance.now() - start);
    }
    return flops / best;
  };
  const [six, eight] = [kernel([0.75, -1.5, -1]), kernel([0.5, 0.75, -1.5, -1])];
  return rate(six) > rate(eight) ? six : eight;
}
