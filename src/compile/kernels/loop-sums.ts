// The reductions of one pass over a row. A sum is the reference's: Float64, blocks of 128 elements with one accumulator
// per position modulo 4 (what is left of a row goes to the first of them), the sums of the blocks combined pairwise.
// A maximum has no order to keep.

import type { Code, Local } from '../wasm/assembler.ts';
import type { InstructionName } from '../wasm/instructions.ts';
import { splat } from '../wasm/writing.ts';

/** The sum of one block. */
export class BlockSum {
  readonly #code: Code;
  readonly #even: Local;
  readonly #odd: Local;
  readonly #first: Local;

  constructor(code: Code) {
    this.#code = code;
    [this.#even, this.#odd, this.#first] = [code.local('v128'), code.local('v128'), code.local('f64')];
  }

  reset(): void {
    for (const sum of [this.#even, this.#odd]) splat(this.#code, 0).set(sum);
  }

  /** Adds four elements. */
  add(x: Local): void {
    this.#code.get(this.#even).get(x).op('f64x2.promote_low_f32x4').op('f64x2.add').set(this.#even);
    this.#code.get(this.#odd).get(x).get(x).shuffle([2, 3, 2, 3]).op('f64x2.promote_low_f32x4').op('f64x2.add').set(this.#odd);
  }

  /** Adds the elements left at the end of a row and puts the sum of the block on the stack. */
  total(rest?: { readonly x: Local; readonly lanes: number }): void {
    const code = this.#code;
    code.get(this.#even).lane('f64x2.extract_lane', 0).set(this.#first);
    for (let lane = 0; lane < (rest?.lanes ?? 0); lane++) {
      code.get(this.#first).get(rest!.x).lane('f32x4.extract_lane', lane).op('f64.promote_f32').op('f64.add').set(this.#first);
    }
    code.get(this.#first).get(this.#even).lane('f64x2.extract_lane', 1).op('f64.add');
    for (const lane of [0, 1]) code.get(this.#odd).lane('f64x2.extract_lane', lane);
    code.op('f64.add').op('f64.add');
  }
}

/**
 * The maximum of a row: NaN wins, +0 is above −0. The vector instruction for that is eight of the processor's; three
 * running extremes of the words, each one instruction, say as much. Where some sign is clear, the largest word as a signed
 * number is the maximum; where none is, the smallest as an unsigned one. A NaN is a word beyond that of an infinity.
 */
export class Maximum {
  readonly #code: Code;
  readonly #largest: Local;
  readonly #least: Local;
  readonly #highest: Local;

  constructor(code: Code) {
    this.#code = code;
    [this.#largest, this.#least, this.#highest] = [code.local('v128'), code.local('v128'), code.local('v128')];
  }

  reset(): void {
    for (const local of [this.#largest, this.#least]) splat(this.#code, -Infinity).set(local);
    splat(this.#code, 0).set(this.#highest);
  }

  add(x: Local): void {
    for (const [local, extreme] of this.#extremes()) this.#code.get(local).get(x).op(extreme).set(local);
  }

  /** Sets every lane of a local to the maximum. */
  total(to: Local): void {
    const code = this.#code;
    for (const [local, extreme] of this.#extremes()) {
      for (const order of [[2, 3, 0, 1], [1, 0, 3, 2]] as const) {
        code.get(local).get(local).get(local).shuffle(order).op(extreme).set(local);
      }
    }
    const [largest, least, highest] = [this.#largest, this.#least, this.#highest];
    code.get(least).get(largest).get(largest).i32(31).op('i32x4.shr_s').op('v128.bitselect').set(to);
    // As signed numbers, the words of negative NaNs are those from that of −∞ to −1.
    code.get(largest);
    splat(code, Infinity).op('i32x4.gt_s').get(highest);
    splat(code, -Infinity).op('i32x4.gt_s').get(highest).i32(31).op('i32x4.shr_s').op('v128.and').op('v128.or');
    splat(code, NaN).op('v128.and').get(to).op('v128.or').set(to);
  }

  #extremes(): readonly (readonly [Local, InstructionName])[] {
    return [[this.#largest, 'i32x4.max_s'], [this.#least, 'i32x4.min_u'], [this.#highest, 'i32x4.max_u']];
  }
}
