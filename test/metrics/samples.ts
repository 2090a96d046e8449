// Score lists with many ties, and features on few directions, so that ties occur there too.

import fc from 'fast-check';

export const runs = { seed: 1, numRuns: Number(process.env['RUNS'] ?? 30) * 4 };

/** Scores from a coarse grid (ties) or from all of [−1, 1]. */
const score = fc.oneof(fc.integer({ min: -4, max: 4 }).map((n) => n / 4), fc.double({ min: -1, max: 1, noNaN: true }).map((s) => s + 0));
export const scores = fc.array(score, { minLength: 1, maxLength: 30 });
export const twoLists = fc.tuple(scores, scores);

/** Directions in the plane whose unit vectors are rounded alike: what ties in exact arithmetic ties to the last bit. */
export const directions = [[1, 0], [0, 1], [-1, 0], [0, -1], [3, 4], [4, -3], [-4, 3]] as const;
export const people = (least: number, most: number) => fc.array(fc.tuple(fc.nat(3), fc.nat(directions.length - 1)), { minLength: least, maxLength: most })
  .map((list) => ({ labels: list.map(([label]) => label), features: { values: list.flatMap(([, d]) => [...directions[d]!]), dims: 2 } }));
