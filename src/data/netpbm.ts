// PGM (P5, grey) and PPM (P6, colour), binary, up to 8 bits: three numbers in text and then the bytes
// (netpbm.sourceforge.net/doc/pgm.html). The plain-text forms P2 and P3 and 16-bit files are refused by name.

import { demandSort } from '../base/demand.ts';
import { DomainError, FormatError, message } from '../base/errors.ts';
import { demandImage, type Image } from './image.ts';

type Bad = (what: string) => FormatError;

/**
 * A grey picture from the bytes of a binary PGM file.
 *
 * Units     a maximum below 255 is scaled to 0 … 255
 * Edges     comments in the header are skipped; one white space stands before the pixels
 * Throws    FormatError, with `name` and the fault, for anything else, more bytes than pixels included
 */
export function decodePgm(bytes: Uint8Array, name: string): Image {
  return decode(bytes, name, 'P5', 1);
}

/** A colour picture from the bytes of a binary PPM file; as `decodePgm`. */
export function decodePpm(bytes: Uint8Array, name: string): Image {
  return decode(bytes, name, 'P6', 3);
}

function decode(bytes: Uint8Array, name: string, magic: 'P5' | 'P6', channels: 1 | 3): Image {
  const kind = channels === 1 ? 'PGM' : 'PPM';
  demandSort('bytes', { bytes }, kind);
  const bad: Bad = (what) => new FormatError(message(
    `${name}: ${what}`, `Images are binary ${kind} (${magic}) with up to 8 bits a pixel`, 'Convert the file, or remove it'));
  const start = String.fromCharCode(...bytes.subarray(0, 2));
  if (start !== magic) {
    throw bad(start === 'P2' || start === 'P3' ? `it is a plain-text file (${start})` : `it does not begin with ${magic}`);
  }
  const { fields: [width, height, most], at } = readHeader(bytes, bad);
  if (width === 0 || height === 0) throw bad(`it is ${width} × ${height} pixels`);
  if (most < 1 || most > 255) throw bad(`its maximum is ${most}`);
  const count = width * height * channels;
  const pixels = new Uint8Array(bytes.subarray(at));
  if (pixels.length !== count) throw bad(`it has ${pixels.length} bytes for ${width} × ${height} pixels, which take ${count}`);
  if (most < 255) {
    for (let i = 0; i < count; i++) {
      if (pixels[i]! > most) throw bad(`byte ${i} of its pixels is ${pixels[i]}, above its maximum ${most}`);
      pixels[i] = Math.round((pixels[i]! * 255) / most);
    }
  }
  return { width, height, channels, pixels };
}

const isSpace = (byte: number | undefined): boolean => byte !== undefined && (byte === 0x20 || (byte >= 9 && byte <= 13));
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

/** Width, height and maximum, and where the pixels begin. */
function readHeader(bytes: Uint8Array, bad: Bad): { fields: readonly [number, number, number]; at: number } {
  const fields: number[] = [];
  let at = 2;
  while (fields.length < 3) {
    if (!isSpace(bytes[at]) && bytes[at] !== 0x23) throw bad('its header has no width, height and maximum');
    while (isSpace(bytes[at])) at++;
    if (bytes[at] === 0x23) {
      while (at < bytes.length && bytes[at] !== 0x0a) at++;
      continue;
    }
    let text = '';
    while (isDigit(bytes[at]) && text.length < 9) text += String.fromCharCode(bytes[at++]!);
    if (text === '') throw bad('its header has no width, height and maximum');
    fields.push(Number(text));
  }
  if (!isSpace(bytes[at])) throw bad('its header does not end with white space');
  return { fields: fields as unknown as readonly [number, number, number], at: at + 1 };
}

/** The bytes of a binary PGM file; DomainError for a colour picture. */
export function encodePgm(image: Image): Uint8Array {
  return encode(image, 'P5', 1);
}

/** The bytes of a binary PPM file; DomainError for a grey picture. */
export function encodePpm(image: Image): Uint8Array {
  return encode(image, 'P6', 3);
}

function encode(image: Image, magic: 'P5' | 'P6', wanted: 1 | 3): Uint8Array {
  demandImage(image, magic);
  const { width, height, channels, pixels } = image;
  if (channels !== wanted) {
    throw new DomainError(message(
      `a picture with ${channels} channel(s) as ${magic}`,
      'PGM is grey and PPM is colour', 'Use grey(image), or the other format'));
  }
  const header = new TextEncoder().encode(`${magic}\n${width} ${height}\n255\n`);
  const bytes = new Uint8Array(header.length + pixels.length);
  bytes.set(header);
  bytes.set(pixels, header.length);
  return bytes;
}
