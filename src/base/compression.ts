// What compressed formats need beside the decompression itself: their two checksums, the type of a function that
// inflates, and the most that deflated bytes can grow. PNG and zip share it. Inflating is left to the caller, so that
// decoders run in a page; `base/node.ts` has the functions for Node.

/**
 * Expands `bytes` to at most `maxBytes`; throws FormatError naming `name` when they are damaged, cut short, followed by
 * more bytes, or expand to more.
 */
export type Inflate = (bytes: Uint8Array, maxBytes: number, name: string) => Uint8Array;

/** Deflate expands a byte to at most 1032: a larger claim is false, and is refused before room is made for it. */
export function canInflateTo(size: number, compressed: number): boolean {
  return size <= 1032 * compressed;
}

const crcTable = Int32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

/** CRC-32 of PNG, zip and gzip (ISO 3309), as an unsigned number. */
export function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = crcTable[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Adler-32 of zlib streams (RFC 1950), as an unsigned number. */
export function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let i = 0; i < bytes.length; i++) {
    a = (a + bytes[i]!) % 65521;
    b = (b + a) % 65521;
  }
  return b * 65536 + a;
}
