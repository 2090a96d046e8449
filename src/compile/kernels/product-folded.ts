// How a product that is folded at once is cut. A unit takes a few samples, so that the places of their windows fill
// whole tiles, and all channels where there are units enough; it multiplies some channels at a time into its own memory
// and folds those, so that the windows never leave the second cache. All of this follows from sizes alone.

import type { FoldedProduct, Operand } from './group.ts';
import { layOut, multiplyCost, packCost, padded, type ProductStages, sizeOf, tablesOf } from './product.ts';
import { blockK, partWords, placeWords, widths } from './product-kernel.ts';
import { spareBytes } from './product-tile.ts';

/** Bytes of windows that are folded while they are near, and that a thread may take for all of a unit. */
const [nearBytes, mostBytes] = [2 ** 17, 2 ** 21];
/** Units there should be, so that several threads end at about the same time. */
const fewestUnits = 16;
/** Nanoseconds of an element that is folded. */
const foldCost = 0.4;

interface FoldedSizes {
  readonly samples: number;
  readonly channels: number;
  readonly groups: number;
  /** Windows of a sample. */
  readonly places: number;
  /** Elements of a window. */
  readonly window: number;
  readonly summed: number;
  readonly plane: readonly [number, number];
  readonly stride: readonly [number, number];
}

interface FoldedCut {
  readonly samples: number;
  /** Windows of a unit, up to whole tiles. */
  readonly columns: number;
  /** Channels of a unit, and of them those that are multiplied before they are folded. */
  readonly channels: number;
  readonly blockChannels: number;
  /** Units along the channels. */
  readonly parts: number;
  readonly units: number;
  /** Where in its memory a unit keeps its panels, the windows and the sums of a plane. */
  readonly leftAt: number;
  readonly rightAt: number;
  readonly blockAt: number;
  readonly sumsAt: number;
  readonly scratchBytes: number;
}

export function sizesOf({ left, right, size, stride }: FoldedProduct): FoldedSizes {
  return {
    samples: right.free[0]!.size, channels: left.free[0]!.size, groups: sizeOf(left.batch),
    places: sizeOf(right.free.slice(1)), window: sizeOf(left.free.slice(1)), summed: sizeOf(left.sum), plane: size, stride,
  };
}

/** Doubles in a row of a plane whose columns are sorted by their remainder: every window adds to neighbours then. */
export const phaseLength = ({ plane, stride }: Pick<FoldedSizes, 'plane' | 'stride'>): number => Math.ceil(plane[1] / stride[1]);

/** Samples of a unit: of those that divide all, the ones whose tiles are fullest, and not too many. */
function samplesOf(samples: number, places: number): number {
  const cost = (n: number): number => (padded(n * places, widths.right) + 2) / (n * places) + (n * places) / 10_000;
  let best = 1;
  for (let n = 2; n <= samples; n++) if (samples % n === 0 && cost(n) < cost(best)) best = n;
  return best;
}

export function cutFolded({ samples: all, channels: C, groups, places, window, summed, plane, stride }: FoldedSizes): FoldedCut {
  const samples = samplesOf(all, places);
  const columns = padded(samples * places, widths.right);
  // Blocks begin at whole panels.
  const least = [1, 2, 4].find((n) => (n * window) % widths.left === 0)!;
  const near = Math.floor(nearBytes / (4 * columns * window * least)) * least;
  const blockChannels = Math.min(Math.max(near, least), padded(C, least));
  const batches = (all / samples) * groups;
  const channels = padded(Math.ceil(C / Math.ceil(fewestUnits / batches)), least);
  const parts = Math.ceil(C / channels);
  const rows = padded(blockChannels * window, widths.left);
  const leftAt = spareBytes;
  const rightAt = leftAt + (groups === 1 ? 0 : 4 * Math.min(summed, blockK) * rows);
  const blockAt = rightAt + 4 * summed * columns;
  const sumsAt = blockAt + 4 * rows * columns;
  const sums = plane[0] * stride[1] * phaseLength({ plane, stride });
  return {
    samples, columns, channels, blockChannels, parts, units: batches * parts,
    leftAt, rightAt, blockAt, sumsAt, scratchBytes: sumsAt + 16 * Math.ceil(sums / 2),
  };
}

/** Whether a unit stays within what a thread may take. */
export const fitsScratch = (sizes: FoldedSizes): boolean => cutFolded(sizes).scratchBytes <= mostBytes;

export function planFolded(product: FoldedProduct): ProductStages {
  const { left, right, out } = product;
  const sizes = sizesOf(product);
  const { summed: K, window, groups } = sizes;
  const { samples, columns, units, channels, scratchBytes } = cutFolded(sizes);
  const M = sizeOf(left.free);
  const [all, ...places] = right.free;
  const ofUnit: Operand = {
    ...right, free: [{ size: samples, stride: all!.stride }, ...places],
    batch: [{ size: all!.size / samples, stride: samples * all!.stride }, ...right.batch],
  };
  const panels = Math.ceil(M / widths.left);
  const [panelUnits, panelCost] = [Math.ceil(K / blockK) * panels, Math.min(K, blockK) * widths.left * packCost];
  const unitCost = columns * (K * (packCost + channels * window * multiplyCost) + channels * window * foldCost);
  return {
    ...layOut({ ...tablesOf(left, 'left'), ...tablesOf(ofUnit, 'right') }, { M, N: columns }),
    panelBytes: groups === 1 ? 4 * K * padded(M, widths.left) : 0,
    scratchBytes,
    stages(module, { address, tables: header, panels: to }) {
      const words = {
        header, panels: to, left: address(left.buffer) + 4 * left.offset, right: address(right.buffer) + 4 * right.offset,
        out: address(out), shared: groups === 1 ? 1 : 0, leftScale: 0, rightScale: 0,
      };
      const part = { batch: 0, row: 0, rows: M, column: 0, columns, k: 0, kEnd: K };
      const args = [...placeWords.map((name) => words[name]), ...partWords.map((name) => part[name])];
      const pack = { kind: 'kernel', module, kernel: 'packLeft', units: panelUnits, unitCost: panelCost, args } as const;
      const multiply = { kind: 'kernel', module, kernel: 'multiplyFold', units, unitCost, args } as const;
      return groups === 1 ? [pack, multiply] : [multiply];
    },
  };
}
