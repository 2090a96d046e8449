// PNG (ISO/IEC 15948, w3.org/TR/png): all colour types, depths and filters, interlaced or not, every checksum verified.
// 16 bits are rounded to 8 and palettes looked up; gamma and colour profiles are left alone. Transparency is refused
// where it shows, since flattening needs a background nobody gave. Inflating is passed in, so that this runs in a page.

import { demandSort } from '../base/demand.ts';
import { canInflateTo, crc32, type Inflate } from '../base/compression.ts';
import { FormatError, message } from '../base/errors.ts';
import type { Image } from './image.ts';
import { defilter, passes, rowBytes } from './scanlines.ts';

type Bad = (what: string) => FormatError;

/** Colour type → samples per pixel and the depths it may have. */
const colourTypes: ReadonlyMap<number, { readonly samples: number; readonly depths: readonly number[] }> = new Map([
  [0, { samples: 1, depths: [1, 2, 4, 8, 16] }], [2, { samples: 3, depths: [8, 16] }], [3, { samples: 1, depths: [1, 2, 4, 8] }],
  [4, { samples: 2, depths: [8, 16] }], [6, { samples: 4, depths: [8, 16] }],
]);
const paletteType = 3;
const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Bytes of unpacked rows: more than any portrait. A file that claims more is refused before room is made. */
const maxRowBytes = 2 ** 25;

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: number;
  readonly interlaced: boolean;
}

interface Chunks {
  readonly header: Header;
  readonly palette: Uint8Array | undefined;
  readonly transparency: Uint8Array | undefined;
  readonly data: Uint8Array;
}

/**
 * A picture from the bytes of a PNG file.
 *
 * Shapes    grey types → 1 channel, colour and palette types → 3
 * Units     depths below 8 are scaled to 0 … 255, 16 bits rounded
 * Edges     an opaque alpha channel is left out; at most 32 MiB of pixels as the file has them
 * Throws    FormatError, with `name` and the fault, for anything the format does not allow, wrong checksums included, and
 *           for pictures with transparent pixels
 */
export function decodePng(bytes: Uint8Array, name: string, inflate: Inflate): Image {
  demandSort('bytes', { bytes }, 'decodePng');
  const bad: Bad = (what) => new FormatError(message(
    `${name}: ${what}`, 'Images are whole PNG files without transparency', 'Convert the file, or remove it'));
  const { header, palette, transparency, data } = readChunks(bytes, bad);
  const { width, height, depth, colour } = header;
  const { samples } = colourTypes.get(colour)!;
  const bits = samples * depth;
  const layers = header.interlaced ? passes(width, height) : [{ x: 0, y: 0, dx: 1, dy: 1, width, height }];
  const size = layers.reduce((sum, layer) => sum + layer.height * (1 + rowBytes(layer.width, bits)), 0);
  if (size > maxRowBytes) throw bad(`its ${width} × ${height} pixels take ${size} bytes; ${maxRowBytes} is the limit`);
  if (!canInflateTo(size, data.length)) {
    throw bad(`its ${width} × ${height} pixels cannot come out of ${data.length} compressed bytes`);
  }
  const raw = inflate(data, size, name);
  if (raw.length !== size) throw bad(`it holds ${raw.length} bytes of pixels where ${width} × ${height} take ${size}`);

  const channels = colour === 0 || colour === 4 ? 1 : 3;
  const paint = painter(header, palette, transparency, bad);
  const pixels = new Uint8Array(width * height * channels);
  let at = 0;
  for (const layer of layers) {
    const row = rowBytes(layer.width, bits);
    const fault = defilter(raw.subarray(at, at + layer.height * (1 + row)), row, Math.max(1, bits >> 3));
    if (fault !== undefined) throw bad(`a row of its pixels has the filter ${fault}; 0 to 4 exist`);
    for (let y = 0; y < layer.height; y++, at += 1 + row) {
      const line = raw.subarray(at + 1, at + 1 + row);
      const start = (layer.y + y * layer.dy) * width + layer.x;
      for (let x = 0; x < layer.width; x++) paint(line, x, pixels, (start + x * layer.dx) * channels);
    }
  }
  return { width, height, channels, pixels };
}

/** Walks the chunks: every length and checksum, the order that matters, and no critical chunk that is not understood. */
function readChunks(bytes: Uint8Array, bad: Bad): Chunks {
  if (signature.some((byte, i) => bytes[i] !== byte)) throw bad('it does not begin as a PNG file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let header: Header | undefined;
  let palette: Uint8Array | undefined;
  let transparency: Uint8Array | undefined;
  const data: Uint8Array[] = [];
  let before = '';
  let at = signature.length;
  while (before !== 'IEND') {
    if (at + 12 > bytes.length) throw bad('it ends before its end chunk');
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (!/^[A-Za-z]{4}$/.test(type)) throw bad(`it has a chunk without a name at byte ${at}`);
    if (length > bytes.length - at - 12) throw bad(`its chunk ${type} of ${length} bytes runs beyond the end`);
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length)) {
      throw bad(`its chunk ${type} is damaged: the checksum does not match`);
    }
    const body = bytes.subarray(at + 8, at + 8 + length);
    if ((header === undefined) !== (type === 'IHDR')) throw bad('its header chunk is not the first, or is there twice');
    if (type === 'IHDR') header = readHeader(body, bad);
    else if (type === 'IDAT') {
      if (data.length > 0 && before !== 'IDAT') throw bad('its pixel chunks do not follow each other');
      data.push(body);
    } else if (type === 'PLTE') {
      if (palette !== undefined || data.length > 0 || length % 3 !== 0 || length < 3 || length > 768) {
        throw bad('its palette is misplaced or of no possible size');
      }
      palette = body;
    } else if (type === 'tRNS') {
      if (transparency !== undefined || data.length > 0) throw bad('its transparency chunk is misplaced');
      transparency = body;
    } else if (type !== 'IEND' && (bytes[at + 4]! & 32) === 0) throw bad(`it has the critical chunk ${type}, which is unknown`);
    before = type;
    at += 12 + length;
  }
  if (at !== bytes.length) throw bad(`${bytes.length - at} bytes follow its end chunk`);
  if (header === undefined || data.length === 0) throw bad('it has no pixels');
  if (header.colour === paletteType && palette === undefined) throw bad('it has no palette');
  return { header, palette, transparency, data: data.length === 1 ? data[0]! : joined(data) };
}

function readHeader(body: Uint8Array, bad: Bad): Header {
  if (body.length !== 13) throw bad(`its header chunk has ${body.length} bytes, not 13`);
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colour, compression, filter, interlace] = body.subarray(8) as unknown as readonly [
    number,
    number,
    number,
    number,
    number,
  ];
  if (width === 0 || height === 0) throw bad(`it is ${width} × ${height} pixels`);
  if (!colourTypes.get(colour)?.depths.includes(depth)) throw bad(`its colour type ${colour} with depth ${depth} does not exist`);
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    throw bad(`its methods are ${compression}, ${filter} and ${interlace}; 0, 0 and 0 or 1 exist`);
  }
  return { width, height, depth, colour, interlaced: interlace === 1 };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Sample number `i` of a row, as the file has it. */
function sampleAt(line: Uint8Array, i: number, depth: number): number {
  if (depth === 8) return line[i]!;
  if (depth === 16) return line[2 * i]! * 256 + line[2 * i + 1]!;
  const bit = i * depth;
  return (line[bit >> 3]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
}

/** Writes pixel x of a row to `out` at `to`, as 8-bit channels. */
function painter({ depth, colour }: Header, palette: Uint8Array | undefined, transparency: Uint8Array | undefined, bad: Bad) {
  const most = 2 ** depth - 1;
  const { samples } = colourTypes.get(colour)!;
  const seen = colour === 4 || colour === 6 ? samples - 1 : samples;
  const see = (): FormatError => bad('it has transparent pixels');
  if (colour === paletteType) {
    const entries = palette!.length / 3;
    return (line: Uint8Array, x: number, out: Uint8Array, to: number): void => {
      const entry = sampleAt(line, x, depth);
      if (entry >= entries) throw bad(`a pixel asks for entry ${entry} of a palette of ${entries}`);
      if ((transparency?.[entry] ?? 255) !== 255) throw see();
      for (let c = 0; c < 3; c++) out[to + c] = palette![3 * entry + c]!;
    };
  }
  if (transparency !== undefined && (seen !== samples || transparency.length !== 2 * samples)) {
    throw bad('its transparency chunk does not fit its colour type');
  }
  const key = transparency === undefined ? undefined : Array.from({ length: samples }, (_, c) => sampleAt(transparency, c, 16));
  return (line: Uint8Array, x: number, out: Uint8Array, to: number): void => {
    for (let c = 0; c < seen; c++) out[to + c] = Math.round((sampleAt(line, x * samples + c, depth) * 255) / most);
    if (seen < samples && sampleAt(line, x * samples + seen, depth) !== most) throw see();
    if (key?.every((value, c) => value === sampleAt(line, x * samples + c, depth))) throw see();
  };
}
