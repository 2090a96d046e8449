// A grid of pictures with captions, each embedded as a small PNG file. The PNG writer stores its bytes without compressing
// them, which needs nothing but two checksums.

import { demandMade, demandSort } from '../base/demand.ts';
import { adler32, crc32 } from '../base/compression.ts';
import { DomainError, message } from '../base/errors.ts';
import { element, label, picture, type PictureOptions, textWidth } from './svg.ts';

/** Rows from the top, channels of a pixel side by side: 1 is grey, 3 is colour. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array;
}

export interface GridOptions extends Partial<PictureOptions> {
  readonly images: readonly Pixels[];
  /** Under each picture; too long ones are cut. */
  readonly captions?: readonly string[];
  readonly columns?: number;
  /** The width of a picture on the page. */
  readonly cell?: number;
}

/**
 * A grid of pictures.
 *
 * Edges     pixels are enlarged without smoothing; a picture keeps its aspect
 * Throws    DomainError for a picture whose bytes do not fit its size
 */
export function imageGrid(given: GridOptions): string {
  demandSort('record', { options: given }, 'imageGrid');
  const { images, captions = [], columns = Math.min(10, Math.max(1, images?.length)), cell = 72, title = 'Pictures', ...options } = given;
  demandSort('records', { images }, 'imageGrid');
  const gap = 8;
  const tallest = images.reduce((most, { width, height }) => Math.max(most, height / width), 0);
  const [down, across] = [cell * tallest + gap + (captions.length > 0 ? 14 : 0), cell + gap];
  const rows = Math.ceil(images.length / columns);
  const named = captions.length === 0 ? '' : `: ${captions.slice(0, 20).join(', ')}${captions.length > 20 ? ' …' : ''}`;
  const desc = options.desc ?? `${images.length} pictures in ${rows} rows${named}.`;
  const body = (top: number): string =>
    images
      .map((image, i) => {
        const [x, y] = [16 + (i % columns) * across, top + 4 + Math.floor(i / columns) * down];
        const height = (cell * image.height) / image.width;
        const caption = captions[i] ?? '';
        const room = Math.floor(cell / textWidth('m', 10));
        return (
          element('image', {
            x,
            y,
            width: cell,
            height,
            href: `data:image/png;base64,${base64(encodePng(image))}`,
            style: 'image-rendering:pixelated',
          })
          + (caption === ''
            ? ''
            : label(
                [...caption].length > room ? `${[...caption].slice(0, room - 1).join('')}…` : caption,
                x + cell / 2,
                y + cell * tallest + 11,
                { size: 10, anchor: 'middle', tone: 'quiet' },
              ))
        );
      })
      .join('');
  return picture(
    { ...options, title, desc, width: Math.max(32 + columns * across - gap, 160), height: rows * down + 12 },
    body,
  );
}

/**
 * The bytes of a PNG file, stored.
 *
 * Throws    DomainError for bytes that do not fit the size
 */
export function encodePng(picture: Pixels): Uint8Array {
  demandMade(picture, ['width', 'height', 'channels', 'pixels'], 'encodePng', 'a picture');
  const { width, height, channels, pixels } = picture;
  if (pixels.length !== width * height * channels || pixels.length === 0) {
    throw new DomainError(message(
      `encodePng: ${pixels.length} bytes for ${width} × ${height} × ${channels}`,
      'A picture has width · height · channels bytes, at least one', 'Check the picture'));
  }
  const row = width * channels;
  const raw = new Uint8Array(height * (row + 1));
  for (let y = 0; y < height; y++) raw.set(pixels.subarray(y * row, (y + 1) * row), y * (row + 1) + 1);
  const header = [...bigEndian(width), ...bigEndian(height), 8, channels === 1 ? 0 : 2, 0, 0, 0];
  return Uint8Array.from([
    0x89,
    0x50,
    0x4e,
    0x47,
    0x0d,
    0x0a,
    0x1a,
    0x0a,
    ...chunk('IHDR', header),
    ...chunk('IDAT', stored(raw)),
    ...chunk('IEND', []),
  ]);
}

const bigEndian = (n: number): number[] => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];

function chunk(type: string, body: readonly number[]): number[] {
  const named = [...type].map((c) => c.charCodeAt(0)).concat(body);
  return [...bigEndian(body.length), ...named, ...bigEndian(crc32(Uint8Array.from(named)))];
}

/** A zlib stream of stored blocks of at most 65,535 bytes (RFC 1951, 3.2.4). */
function stored(raw: Uint8Array): number[] {
  const out = [0x78, 0x01];
  for (let at = 0; at < raw.length; at += 65535) {
    const block = raw.subarray(at, at + 65535);
    const size = block.length;
    out.push(at + size === raw.length ? 1 : 0, size & 255, size >> 8, ~size & 255, (~size >> 8) & 255);
    for (const byte of block) out.push(byte);
  }
  out.push(...bigEndian(adler32(raw)));
  return out;
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
