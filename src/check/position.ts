// General position: no vector is zero and no two are parallel. A counterexample that is not in general position may show
// a rule for an edge (a direction that does not exist, a cosine of ±1, a tie between classes) rather than the mistake.

import { sizeOf } from '../base/shape.ts';

/** Vectors of at least two entries, all of one space. */
type Vectors = readonly ArrayLike<number>[];

/** The rows over the last axis of row-major numbers. */
export function rowsOver(data: ArrayLike<number>, shape: readonly number[]): Vectors {
  const width = shape.at(-1) ?? 0;
  if (width < 2) return [];
  return Array.from({ length: sizeOf(shape) / width }, (_, i) => Array.from({ length: width }, (__, k) => data[i * width + k]!));
}

export function inGeneralPosition(vectors: Vectors): boolean {
  return vectors.every((a, i) => dot(a, a) > 0 && vectors.slice(0, i).every((b) => !parallel(a, b)));
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0);

/** To within an angle of about 1e-4, beyond which rounded numbers cannot come by chance. */
const parallel = (a: ArrayLike<number>, b: ArrayLike<number>): boolean => dot(a, b) ** 2 >= (1 - 1e-8) * dot(a, a) * dot(b, b);
