// How noisy a function is that cannot be looked into: the rounding of its values, read off their differences over
// points so close that the function itself hardly changes (Moré and Wild, "Estimating computational noise", 2011).
// Noise survives repeated differencing and what is smooth does not. Both sides of the point are looked at by
// themselves, so a kink or a jump at the point is not taken for noise.

import { epsilon } from '../base/dtype.ts';

export interface Noise {
  /** By how much a value may be off. */
  readonly level: number;
  /** Every value seen is a Float32 number. */
  readonly float32: boolean;
}

const count = 9;
/** (k!)² / (2k)!: the k-th differences of independent noise are so much larger than the noise. */
const shares = Array.from({ length: count }, (_, k) =>
  Array.from({ length: k }, (__, i) => (i + 1) / (k + i + 1)).reduce((a, b) => a * b, 1));

/** `value(h)`: h = 1 moves every input by about its own size. */
export function noiseOf(value: (h: number) => number): Noise {
  const seen: number[] = [value(0)];
  const onSide = (sign: 1 | -1): number => {
    let level = 0;
    let bound = Infinity;
    let found = 0;
    for (let h = 2 ** -30; h <= 2 ** -9 && found < 2; h *= 2 ** 7) {
      const values = Array.from({ length: count }, (_, k) => value(sign * (k + 1) * h));
      seen.push(...values);
      if (!values.every(Number.isFinite)) return level;
      // Points closer than the tool can tell apart say nothing.
      if (values.filter((y, k) => k > 0 && y === values[k - 1]).length > count / 2) continue;
      found++;
      const here = levelOf(values);
      // Noise is about the same at both distances; what is far larger at the second is the function.
      if (here.level > 1e4 * bound) break;
      level = Math.max(level, here.level);
      bound = here.bound;
    }
    return level;
  };
  const level = Math.max(onSide(1), onSide(-1));
  const float32 = seen.every((y) => Math.fround(y) === y);
  // A Float32 value that does not change may be rounded all the same.
  return { level: float32 ? Math.max(level, epsilon.f32 * Math.abs(seen[0]!)) : level, float32 };
}

/**
 * The noise of values at equal distances: three successive differences tell the same level, and they change sign; 0
 * where no three do. `bound` is what the noise cannot exceed.
 */
function levelOf(values: readonly number[]): { level: number; bound: number } {
  const levels: number[] = [];
  const changes: boolean[] = [];
  let row = [...values];
  for (let k = 1; k < count - 1; k++) {
    row = row.slice(1).map((y, i) => y - row[i]!);
    levels.push(Math.sqrt(shares[k]! * (row.reduce((sum, y) => sum + y * y, 0) / row.length)));
    changes.push(row.some((y) => y > 0) && row.some((y) => y < 0));
  }
  for (let k = 0; k + 2 < levels.length; k++) {
    const three = levels.slice(k, k + 3);
    if (changes[k]! && Math.max(...three) <= 4 * Math.min(...three)) return { level: levels[k]!, bound: levels[k]! };
  }
  // Values on a straight line, to the bit, tell nothing.
  return { level: 0, bound: levels.at(-1)! || Infinity };
}
