// The rows of a PNG picture: undoing the five filters (section 9 of the standard) and the seven passes of interlacing
// (section 8). Nothing here knows chunks or colours.

/** A pass: where its pixels go, and how many there are. */
export interface Layer {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  readonly width: number;
  readonly height: number;
}

const adam7 = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]] as const;

/** The passes of an interlaced picture that have pixels. */
export function passes(width: number, height: number): Layer[] {
  return adam7
    .map(([x, y, dx, dy]) => ({ x, y, dx, dy, width: Math.ceil((width - x) / dx), height: Math.ceil((height - y) / dy) }))
    .filter((layer) => layer.width > 0 && layer.height > 0);
}

/** Bytes of a row of pixels of so many bits. */
export function rowBytes(width: number, bits: number): number {
  return Math.ceil((width * bits) / 8);
}

/** Undoes the filters of rows in place, `step` bytes from a pixel to the one beside it; returns a filter that does not exist. */
export function defilter(raw: Uint8Array, row: number, step: number): number | undefined {
  for (let begin = 0; begin < raw.length; begin += row + 1) {
    const filter = raw[begin]!;
    if (filter > 4) return filter;
    for (let i = 0; i < row; i++) {
      const at = begin + 1 + i;
      const left = i >= step ? raw[at - step]! : 0;
      const up = begin > 0 ? raw[at - row - 1]! : 0;
      const corner = i >= step && begin > 0 ? raw[at - row - 1 - step]! : 0;
      raw[at] = raw[at]! + predicted(filter, left, up, corner);
    }
  }
  return undefined;
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter === 0) return 0;
  // Paeth: the neighbour nearest to left + up − corner, in the order left, up, corner.
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}
