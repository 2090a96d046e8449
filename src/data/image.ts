// The two forms of a picture in the whole project. An `Image` is bytes as files hold them: rows from the top, the
// channels of a pixel side by side. A `Batch` is numbers as a network takes them: [N, C, H, W], one plane per channel.

import { demandMade, demandSort } from '../base/demand.ts';
import { DomainError, message } from '../base/errors.ts';

export interface Image {
  readonly width: number;
  readonly height: number;
  /** 1 is grey, 3 is red, green, blue. */
  readonly channels: 1 | 3;
  /** height · width · channels bytes, 0 black to 255. */
  readonly pixels: Uint8Array;
}

export interface Batch {
  /** [N, C, H, W] */
  readonly shape: readonly [number, number, number, number];
  readonly values: Float32Array;
}

export const demandImage = (image: unknown, who: string): void =>
  demandMade(image, ['width', 'height', 'channels', 'pixels'], who, 'an image');
export const demandBatch = (batch: unknown, who: string): void =>
  demandMade(batch, ['shape', 'values'], who, 'what toBatch returns');

/** Pictures of people (or digits): `labels[i]` is the position in `people` of who is on `images[i]`. */
export interface Labelled {
  readonly images: readonly Image[];
  readonly labels: Int32Array;
  readonly people: readonly string[];
}

/**
 * The picture in grey.
 *
 * Equation  grey = round(0.299·R + 0.587·G + 0.114·B)        (source: ITU-R BT.601)
 * Edges     a grey picture is returned as it is
 */
export function grey(image: Image): Image {
  demandImage(image, 'grey');
  if (image.channels === 1) return image;
  const { width, height, pixels } = image;
  const out = new Uint8Array(width * height);
  // Whole thousandths, so that no platform rounds differently.
  for (let i = 0; i < out.length; i++)
    out[i] = Math.floor((299 * pixels[3 * i]! + 587 * pixels[3 * i + 1]! + 114 * pixels[3 * i + 2]! + 500) / 1000);
  return { width, height, channels: 1, pixels: out };
}

/**
 * The picture at another size: every new pixel is the mean of the area it covers, edges by their share.
 *
 * Edges     enlarging repeats pixels with smooth borders; the aspect is whatever is asked for
 * Throws    DomainError for a size that is no whole number ≥ 1
 */
export function resize(image: Image, width: number, height: number): Image {
  if (![width, height].every((n) => Number.isInteger(n) && n >= 1)) {
    throw new DomainError(message(
      `resize: ${width} × ${height} pixels`, 'Sizes are whole numbers ≥ 1', 'Check the order: width, then height'));
  }
  const { channels } = image;
  const [columns, rows] = [shares(image.width, width), shares(image.height, height)];
  const pixels = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (const [row, down] of rows[y]!)
          for (const [column, across] of columns[x]!)
            sum += down * across * image.pixels[(row * image.width + column) * channels + c]!;
        pixels[(y * width + x) * channels + c] = Math.round(sum);
      }
    }
  }
  return { width, height, channels, pixels };
}

/** For each new position the old ones it covers and their shares, which add to 1. */
function shares(from: number, to: number): (readonly [number, number])[][] {
  return Array.from({ length: to }, (_, i) => {
    const [begin, end] = [(i * from) / to, ((i + 1) * from) / to];
    const covered: (readonly [number, number])[] = [];
    for (let k = Math.floor(begin); k < Math.min(from, Math.ceil(end)); k++)
      covered.push([k, (Math.min(end, k + 1) - Math.max(begin, k)) / (end - begin)]);
    return covered;
  });
}

export interface BatchOptions {
  /** The byte that becomes 0. */
  readonly mean?: number;
  /** What one step of a byte is worth. */
  readonly scale?: number;
}

/**
 * Pictures as numbers.
 *
 * Equation  value = (p − mean)·scale; by default (p − 127.5)/128        (source: SV-Softmax, arXiv 1812.11317, section 4)
 * Shapes    N images of one size → [N, C, H, W]
 * Edges     no images give [0, 1, 0, 0]
 * Throws    DomainError when sizes or channels differ
 */
export function toBatch(images: readonly Image[], options: BatchOptions = {}): Batch {
  demandSort('list', { images }, 'toBatch');
  for (const image of images) demandImage(image, 'toBatch');
  demandSort('record', { options }, 'toBatch');
  const { mean = 127.5, scale = 1 / 128 } = options;
  const { width: W, height: H, channels: C } = images[0] ?? { width: 0, height: 0, channels: 1 };
  const values = new Float32Array(images.length * C * H * W);
  images.forEach((image, n) => {
    if (image.width !== W || image.height !== H || image.channels !== C) {
      throw new DomainError(message(
        `toBatch: image ${n} is ${image.width} × ${image.height} × ${image.channels}, the first is ${W} × ${H} × ${C}`,
        'The images of a batch have one size', 'Use resize or grey first'));
    }
    for (let c = 0; c < C; c++) {
      for (let i = 0; i < H * W; i++) values[(n * C + c) * H * W + i] = (image.pixels[i * C + c]! - mean) * scale;
    }
  });
  return { shape: [images.length, C, H, W], values };
}

/** The rows of a batch with these indices, in this order. */
export function selectBatch(batch: Batch, indices: ArrayLike<number>): Batch {
  demandBatch(batch, 'selectBatch');
  demandSort('list', { indices }, 'selectBatch');
  const { shape: [, C, H, W], values } = batch;
  const size = C * H * W;
  const out = new Float32Array(indices.length * size);
  for (let i = 0; i < indices.length; i++) out.set(values.subarray(indices[i]! * size, (indices[i]! + 1) * size), i * size);
  return { shape: [indices.length, C, H, W], values: out };
}
