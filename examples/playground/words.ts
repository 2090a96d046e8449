// Numbers as the page writes them.

/** Three significant digits (four for thousands), as a reader compares them. */
export function short(x: number): string {
  if (!Number.isFinite(x)) return x > 0 ? '∞' : Number.isNaN(x) ? 'not a number' : '−∞';
  if (x === 0) return '0';
  const size = Math.abs(x);
  const text = size >= 1e4 || size < 1e-3 ? x.toExponential(1) : size >= 999.5 ? x.toFixed(0) : x.toPrecision(3);
  return text.replaceAll('-', '−');
}
