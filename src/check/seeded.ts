// Seeded numbers for checks: the same seed gives the same cotangents, directions and samples on every platform.

import { threefry, uniformFromBits } from '../base/random.ts';

export interface Seeded {
  /** In [0, 1). */
  uniform(): number;
  normal(): number;
  /** A whole number in 0 … n − 1. */
  below(n: number): number;
}

/** An independent stream of numbers for a seed and a purpose. */
export function seeded(seed: number, purpose = 0): Seeded {
  const words = new Int32Array(2);
  let count = 0;
  const uniform = (): number => {
    threefry(seed | 0, purpose, count++, 0, words, 0);
    return uniformFromBits(words[0]!);
  };
  return {
    uniform,
    // Box–Muller; 1 − u is never 0.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    below: (n) => Math.floor(uniform() * n),
  };
}

export function normals(stream: Seeded, size: number): Float64Array {
  return Float64Array.from({ length: size }, () => stream.normal());
}
