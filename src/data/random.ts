// A stream of random numbers that belongs to a path of whole numbers (seed, person, image, …). Only exact arithmetic
// follows the bits — no logarithm, no cosine — so data made from a seed is the same on every platform.

import { DomainError, message } from '../base/errors.ts';
import { threefry } from '../base/random.ts';

export class Stream {
  readonly #key = new Int32Array(2);
  readonly #words = new Int32Array(2);
  #count = 0;

  /** Streams of different paths are unrelated; [1] and [1, 0] are different paths. */
  constructor(...path: readonly number[]) {
    path.forEach((n, depth) => {
      if (!Number.isSafeInteger(n)) throw new DomainError(message(
        `a random stream for ${n}`, 'Seeds and indices are whole numbers within ±(2^53 − 1)', 'Use any such number'));
      // The depth keeps an index of 0 from being the parent itself.
      threefry(this.#key[0]! + depth, this.#key[1]!, n | 0, Math.floor(n / 2 ** 32) | 0, this.#key, 0);
    });
  }

  /** 2^53 equally spaced values in [0, 1). */
  uniform(): number {
    threefry(this.#key[0]!, this.#key[1]!, this.#count++, 0x5eed, this.#words, 0);
    return ((this.#words[0]! >>> 5) * 0x4000000 + (this.#words[1]! >>> 6)) / 0x20000000000000;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** A whole number in 0 … n − 1. */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** Near to normal, mean 0 and standard deviation 1, within ±6: the sum of twelve uniform numbers less 6. */
  bell(): number {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += this.uniform();
    return sum;
  }

  /** 0 … n − 1 in random order (Fisher and Yates). */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const k = this.below(i + 1);
      [order[i], order[k]] = [order[k]!, order[i]!];
    }
    return order;
  }
}
