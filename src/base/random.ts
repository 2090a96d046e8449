// Counter-based random bits: Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3", SC 2011). A key and a counter give two 32-bit words; there is no state, so the same key gives the same
// bits on every platform and in any order. What the bits become (uniform, normal) is decided in `ops/random`.

const rotations = [[13, 15, 26, 6], [17, 29, 16, 24]] as const;

/** One block: two key words and two counter words in, two words out, written to `out` at `at`. */
export function threefry(k0: number, k1: number, c0: number, c1: number, out: Int32Array, at: number): void {
  const k2 = k0 ^ k1 ^ 0x1bd11bda;
  const schedule = [k0, k1, k2];
  let x = (c0 + k0) | 0;
  let y = (c1 + k1) | 0;
  for (let group = 0; group < 5; group++) {
    for (const r of rotations[group % 2]!) {
      x = (x + y) | 0;
      y = ((y << r) | (y >>> (32 - r))) ^ x;
    }
    x = (x + schedule[(group + 1) % 3]!) | 0;
    y = (y + schedule[(group + 2) % 3]! + group + 1) | 0;
  }
  out[at] = x;
  out[at + 1] = y;
}

/** `size` words for a key: word 2i and 2i + 1 come from counter i, so a prefix never depends on the length. */
export function bits(k0: number, k1: number, size: number): Int32Array {
  const out = new Int32Array(size + (size % 2));
  for (let i = 0; i < out.length; i += 2) threefry(k0, k1, i / 2, 0, out, i);
  return size === out.length ? out : out.slice(0, size);
}

/** 2^24 equally spaced values in [0, 1): exact in Float32 as in Float64. */
export function uniformFromBits(word: number): number {
  return (word >>> 8) / 16777216;
}
