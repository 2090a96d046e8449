// The most this processor does with 128-bit vectors when nothing is in the way: multiplications and additions in
// registers, from the project's own assembler. Other figures are given as shares of it.

import { Module } from '../../src/compile/wasm/assembler.ts';
import { instantiate, type WasmFunction } from '../../src/compile/wasm/webassembly.ts';
import { splat } from '../../src/compile/wasm/writing.ts';

export interface Ceiling {
  readonly bytes: Uint8Array;
  /** Floating point operations of one round. */
  readonly flops: number;
  /** GFLOP/s at its best. */
  readonly rate: number;
}

interface Trial {
  readonly bytes: Uint8Array;
  readonly run: WasmFunction;
  readonly flops: number;
}

/**
 * run(rounds): some factors that change their sign with every round, each added to a sum of its own. As many chains of
 * multiplications as of additions keep both kinds of unit busy, and nothing is computed once for all rounds.
 */
function kernel(chains: number): Trial {
  const module = new Module();
  module.function('run', ['i32'], ['f32'], (code, rounds) => {
    const sign = code.local('v128');
    const pairs = Array.from({ length: chains }, (_, i) => ({ start: 1 + i / 8, factor: code.local('v128'), sum: code.local('v128') }));
    splat(code, -1).set(sign);
    for (const { start, factor } of pairs) splat(code, start).set(factor);
    code.loop((again) => {
      for (const { factor, sum } of pairs) {
        code.get(factor).get(sign).op('f32x4.mul').set(factor);
        code.get(sum).get(factor).op('f32x4.add').set(sum);
      }
      code.get(rounds!).i32(1).op('i32.sub').tee(rounds!).branchIf(again);
    });
    pairs.forEach(({ sum }, i) => {
      code.get(sum);
      if (i > 0) code.op('f32x4.add');
    });
    code.lane('f32x4.extract_lane', 0);
  });
  const bytes = module.bytes();
  return { bytes, run: instantiate(bytes, {})['run']!, flops: 2 * 4 * chains };
}

const trialRounds = 2 ** 15;

/**
 * The fastest of some: six chains of each kind just hide the latency of both on common processors, seven have slack and
 * still find registers; the place of the code in memory may change a loop this short by a fifth.
 */
export function ceiling(): Ceiling {
  const trials = [5, 6, 7, 6, 7].map(kernel).map(({ bytes, run, flops }) => {
    let best = Infinity;
    for (let i = 0; i < 100; i++) {
      const start = performance.now();
      run(trialRounds);
      best = Math.min(best, performance.now() - start);
    }
    return { bytes, flops, rate: (flops * trialRounds) / best / 1e6 };
  });
  return trials.reduce((a, b) => (b.rate > a.rate ? b : a));
}
