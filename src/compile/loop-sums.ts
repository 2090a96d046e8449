// The reductions of one pass over a row. A sum is the reference's: Float64, blocks of 128 elements with one accumulator
// per position modulo 4 (what is left of a row goes to the first of them), the sums of the blocks combined pairwise.
// A maximum has no order to keep, so every copy of the loop's body has its own.

import type { Code, Local } from './assembler.ts';
import { splat } from './writing.ts';

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

/** The maximum of a row: NaN wins, +0 is above −0. */
export class Maximum {
  readonly #code: Code;
  readonly #best: readonly Local[];

  constructor(code: Code, copies: number) {
    this.#code = code;
    this.#best = Array.from({ length: copies }, () => code.local('v128'));
  }

  reset(): void {
    for (const best of this.#best) splat(this.#code, -Infinity).set(best);
  }

  add(x: Local, copy: number): void {
    this.#code.get(this.#best[copy]!).get(x).op('f32x4.max').set(this.#best[copy]!);
  }

  /** Sets every lane of a local to the maximum. */
  total(to: Local): void {
    const code = this.#code;
    this.#best.forEach((best, copy) => {
      code.get(best);
      if (copy > 0) code.op('f32x4.max');
    });
    code.set(to).get(to).get(to).get(to).shuffle([2, 3, 0, 1]).op('f32x4.max').set(to);
    code.get(to).get(to).get(to).shuffle([1, 0, 3, 2]).op('f32x4.max').set(to);
  }
}
