// One error norm for the whole project: 0 when a = b, else |a − b| / max(|b|, 1e-3 · max|b| of that tensor).
// The second term keeps an entry that is small beside its neighbours from being judged to digits nobody computed.
// Digits are −log10 of it, so "11 digits" always means the same thing.

/** The scale below which an entry of `reference` is not judged relative to itself. */
export function floorOf(reference: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < reference.length; i++) {
    const size = Math.abs(reference[i]!);
    if (size > largest && size < Infinity) largest = size;
  }
  return 1e-3 * largest;
}

/** The error of one entry; NaN against NaN and equal infinities count as agreement, anything else beside a NaN as Infinity. */
export function entryError(a: number, b: number, floor: number): number {
  if (Object.is(a, b) || a === b) return 0;
  const error = Math.abs(a - b) / Math.max(Math.abs(b), floor);
  return Number.isNaN(error) ? Infinity : error;
}

/** The largest entry error of `actual` against `reference`, and where it is. */
export function worstError(actual: ArrayLike<number>, reference: ArrayLike<number>): { error: number; at: number } {
  if (actual.length !== reference.length) return { error: Infinity, at: 0 };
  const floor = floorOf(reference);
  let error = 0;
  let at = 0;
  for (let i = 0; i < reference.length; i++) {
    const e = entryError(actual[i]!, reference[i]!, floor);
    if (e > error) {
      error = e;
      at = i;
    }
  }
  return { error, at };
}

/** Digits of agreement: −log10 of an error, at most `most` (17 decimal digits tell every Float64 apart). */
export function digits(error: number, most = 17): number {
  if (error === 0) return most;
  return Math.min(most, Math.max(0, -Math.log10(error)));
}
