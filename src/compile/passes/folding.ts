// Which products are folded at once: a contraction of which only a fold is read, so that its windows need not be kept.
// One operand brings samples and the places of windows, the other channels and the places in a window; both may bring a
// group. This is the input gradient of a convolution, and a transposed convolution. Only shapes and strides are looked at.

import { denseStrides, sizeOf } from '../../base/shape.ts';
import type { Step } from '../../graph/index.ts';
import type { ContractAxes, Window } from '../../primitives/index.ts';
import { fitsScratch } from '../kernels/product-folded.ts';
import type { Sight } from './sight.ts';

/** An axis of windows as part of an axis of an operand: so many of its elements are one step. */
interface Part {
  readonly axis: number;
  readonly step: number;
  readonly size: number;
}

/** A fold and the contraction it takes its windows from; undefined stands for an axis of size 1. */
export interface Folding {
  readonly contraction: Step;
  /** The operand (0 or 1) that brings the channels; the other one brings the samples. */
  readonly channels: 0 | 1;
  /** Samples, rows and columns of windows, as parts of the axes of one operand. */
  readonly places: readonly (Part | undefined)[];
  /** Channels, rows and columns of a window, as parts of the axes of the other. */
  readonly window: readonly (Part | undefined)[];
  /** Groups, as part of a pair of batch axes, by its position. */
  readonly group: Part | undefined;
  /** How many planes of the result lie between neighbours on these axes. */
  readonly planes: Readonly<Record<'samples' | 'channels' | 'group', number>>;
}

/** An axis of the result of a contraction, and the operand it comes from. */
interface Origin {
  readonly from: 0 | 1 | 'batch';
  readonly axis: number;
  readonly size: number;
  readonly stride: number;
}

interface Found extends Part {
  readonly origin: Origin;
}

function originsOf(contraction: Step, operands: readonly [Step, Step]): Origin[] {
  const { batch, sum } = contraction.params as unknown as ContractAxes;
  const free = ([0, 1] as const).flatMap((side) => operands[side].shape.flatMap((_, axis) =>
    ([...batch, ...sum].some((pair) => pair[side] === axis) ? [] : [{ from: side, axis }])));
  const strides = denseStrides(contraction.shape);
  return [...batch.map((_, axis) => ({ from: 'batch' as const, axis })), ...free]
    .map((origin, i) => ({ ...origin, size: contraction.shape[i]!, stride: strides[i]! })).filter(({ size }) => size > 1);
}

function partOf(origins: readonly Origin[], size: number, stride: number): Found | undefined {
  const origin = origins.find((o) => stride >= o.stride && stride < o.stride * o.size);
  return origin && { origin, axis: origin.axis, step: stride / origin.stride, size };
}

/** Whether parts make up an axis: each begins where a smaller one ends. */
function fills(parts: readonly Found[], { size }: Origin): boolean {
  let step = 1;
  for (const part of [...parts].sort((a, b) => a.step - b.step)) {
    if (part.step !== step) return false;
    step *= part.size;
  }
  return step === size;
}

/** How a fold takes its windows, seen like this, from a contraction; undefined where it has to wait for them. */
export function foldingOf(
  fold: Step, windows: Step, sight: Sight, contraction: Step, operands: readonly [Step, Step],
): Folding | undefined {
  const origins = originsOf(contraction, operands);
  const { shape } = windows;
  const found = shape.map((n, axis) => (n === 1 ? undefined : partOf(origins, n, sight.strides[axis]!)));
  const isWhole = sight.offset === 0 && shape.every((n, axis) => n === 1 || found[axis] !== undefined)
    && origins.every((origin) => fills(found.filter((part) => part?.origin === origin) as Found[], origin));
  if (!isWhole) return undefined;
  const [rows, columns, height, width] = found.slice(-4) as [Found?, Found?, Found?, Found?];
  const besides = (rows ?? columns)?.origin.from;
  const channels = (height ?? width)?.origin.from ?? (besides === 0 ? 1 : 0);
  const samples = channels === 0 ? 1 : 0;
  const isOf = (side: 0 | 1, ...parts: (Found | undefined)[]): boolean =>
    parts.every((part) => part === undefined || part.origin.from === side);
  if (channels === 'batch' || !isOf(samples, rows, columns) || !isOf(channels, height, width)) return undefined;
  const planes = denseStrides(fold.shape.slice(0, -2));
  const lead = (from: Origin['from']): { part: Found; step: number }[] =>
    found.slice(0, -4).flatMap((part, axis) => (part?.origin.from === from ? [{ part, step: planes[axis]! }] : []));
  const leads = [lead(samples), lead(channels), lead('batch')];
  if (leads.some((list) => list.length > 1)) return undefined;
  const [sample, channel, group] = leads.map((list) => list[0]) as ({ part: Found; step: number } | undefined)[];
  const { sum } = contraction.params as unknown as ContractAxes;
  const { size: plane, stride } = fold.params as unknown as Window & { readonly size: readonly [number, number] };
  const fits = fitsScratch({
    samples: sample?.part.size ?? 1, channels: channel?.part.size ?? 1, groups: group?.part.size ?? 1,
    places: sizeOf(shape.slice(-4, -2)), window: sizeOf(shape.slice(-2)),
    summed: sizeOf(sum.map(([axis]) => operands[0].shape[axis]!)),
    plane, stride,
  });
  return fits ? {
    contraction, channels, places: [sample?.part, rows, columns], window: [channel?.part, height, width], group: group?.part,
    planes: { samples: sample?.step ?? 0, channels: channel?.step ?? 0, group: group?.step ?? 0 },
  } : undefined;
}
