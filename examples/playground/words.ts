// Numbers as the page writes them.

/** So many significant digits, one more for thousands. */
function written(x: number, digits: number): string {
  if (!Number.isFinite(x)) return x > 0 ? '∞' : Number.isNaN(x) ? 'not a number' : '−∞';
  if (x === 0) return '0';
  const size = Math.abs(x);
  const text = size >= 1e4 || size < 1e-3 ? x.toExponential(digits - 2) : size >= 999.5 ? x.toFixed(digits - 3) : x.toPrecision(digits);
  return text.replaceAll('-', '−');
}

/** As a reader compares them. */
export const short = (x: number): string => written(x, 3);

/** Two numbers that differ, with enough digits to see it. */
export function apart(a: number, b: number): readonly [string, string] {
  let digits = 3;
  while (digits < 18 && written(a, digits) === written(b, digits)) digits++;
  return [written(a, digits), written(b, digits)];
}
