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
function kernel(factors: readonly number[], sums: number, inTurns: boolean): Ceiling {
  const module = new Module();
  module.function('run', ['i32'], ['f32'], (code, rounds) => {
    const standing = factors.map((x) => ({ x, local: code.local('v128') }));
    const changing = [1, 2].map((x) => ({ x, local: code.local('v128') }));
    // The products of both factors with −1 are among the last, so that leaving out the first ones loses nothing.
    const all = inTurns
      ? standing.flatMap((s) => changing.map((m) => ({ m, s })))
      : changing.flatMap((m) => standing.map((s) => ({ m, s })));
    const pairs = all.slice(-sums).map(({ m, s }) => ({ m, s, sum: code.local('v128') }));
    for (const { x, local } of [...standing, ...changing]) splat(code, x).set(local);
    code.loop((again) => {
      for (const { m, s, sum } of pairs) {
        code.get(sum).get(m.local).get(s.local).op('f32x4.mul');
        if (s.x === -1) code.tee(m.local);
        code.op('f32x4.add').set(sum);
      }
      code.get(rounds!).i32(1).op('i32.sub').tee(rounds!).branchIf(again);
    });
    pairs.forEach(({ sum }, i) => {
      code.get(sum);
      if (i > 0) code.op('f32x4.add');
    });
    code.lane('f32x4.extract_lane', 0);
  });
  return { run: instantiate(module.bytes(), {})['run']!, flops: 2 * 4 * sums };
}

const trialRounds = 2 ** 15;

/**
 * The fastest of some: six sums barely hide the latency of an addition, eight may not find registers, and the
 * order of the instructions and the place of the code in memory change a loop this short by a fifth.
 */
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
  const candidates = [6, 7, 8].flatMap((sums) => [true, false, true, false].map((inTurns) =>
    kernel([0.5, 0.75, -1.5, -1].slice(sums === 6 ? 1 : 0), sums, inTurns)));
  const rates = candidates.map(rate);
  return candidates[rates.indexOf(Math.max(...rates))]!;
}
