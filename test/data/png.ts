// A PNG writer for tests that can write every colour type, depth, filter and interlacing, and can lie about each field.

import { deflateSync } from 'node:zlib';
import { crc32 } from '../../src/base/compression.ts';

export interface PngOptions {
  width: number;
  height: number;
  depth?: number;
  colour?: number;
  interlace?: number;
  /** The filter of row y; 0 by default. */
  filter?: (y: number) => number;
  palette?: readonly number[];
  transparency?: readonly number[];
  /** Samples of pixel (x, y), before packing. */
  pixel: (x: number, y: number) => readonly number[];
}

export function chunk(type: string, body: Uint8Array | readonly number[], crc?: number): Uint8Array {
  const out = Buffer.alloc(12 + body.length);
  out.writeUInt32BE(body.length, 0);
  out.write(type, 4, 'latin1');
  out.set(body, 8);
  out.writeUInt32BE(crc ?? crc32(out.subarray(4, 8 + body.length)), 8 + body.length);
  return out;
}

/** The checksums of all chunks, made right again. */
export function mendPng(file: Uint8Array): Uint8Array {
  const out = Buffer.from(file);
  for (let at = 8; at + 12 <= out.length;) {
    const end = at + 8 + out.readUInt32BE(at);
    if (end + 4 > out.length) break;
    out.writeUInt32BE(crc32(out.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return new Uint8Array(out);
}

export const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
export const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

export function header(width: number, height: number, depth = 8, colour = 0, interlace = 0, compression = 0): Uint8Array {
  const body = Buffer.alloc(13);
  body.writeUInt32BE(width, 0);
  body.writeUInt32BE(height, 4);
  body.set([depth, colour, compression, 0, interlace], 8);
  return body;
}

/** The whole file; `rawPixels` alone is the filtered rows before deflating. */
export function png(options: PngOptions): Uint8Array {
  const { width, height, depth = 8, colour = 0, interlace = 0, palette, transparency } = options;
  const data = deflateSync(rawPixels(options));
  return joined(
    signature, chunk('IHDR', header(width, height, depth, colour, interlace)), ...(palette ? [chunk('PLTE', palette)] : []),
    ...(transparency ? [chunk('tRNS', transparency)] : []), chunk('IDAT', data.subarray(0, 7)), chunk('IDAT', data.subarray(7)),
    chunk('IEND', []));
}

export function rawPixels({
  width, height, depth = 8, colour = 0, interlace = 0, filter = () => 0, pixel
}: PngOptions): Uint8Array {
  const samples = [1, 0, 3, 1, 2, 0, 4][colour]!;
  const step = Math.max(1, (samples * depth) >> 3);
  // Every pixel names the first pass whose lattice it lies on.
  const lattices = interlace === 0 ? [[0, 0, 1, 1]]
    : [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]];
  const out: number[] = [];
  for (const [x0, y0, dx, dy] of lattices as [number, number, number, number][]) {
    let above: number[] | undefined;
    for (let y = y0, row = 0; y < height; y += dy, row++) {
      let bits = '';
      for (let x = x0; x < width; x += dx) for (const value of pixel(x, y)) bits += value.toString(2).padStart(depth, '0');
      if (bits === '') break;
      const line = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0').match(/.{8}/g)!.map((byte) => parseInt(byte, 2));
      const kind = filter(row);
      out.push(
        kind,
        ...line.map((value, i) => (value - predict(kind, line[i - step] ?? 0, above?.[i] ?? 0, above?.[i - step] ?? 0)) & 255)
      );
      above = line;
    }
  }
  return Uint8Array.from(out);
}

function predict(kind: number, a: number, b: number, c: number): number {
  const nearest = [a, b, c].sort((p, q) => Math.abs(a + b - c - p) - Math.abs(a + b - c - q))[0]!;
  return [0, a, b, Math.floor((a + b) / 2), nearest][kind] ?? 0;
}
