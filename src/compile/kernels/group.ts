// What a schedule consists of: groups, each of which is one pass over memory (or one product) that reads buffers and
// writes buffers. A group names no address and no thread; `plan` gives buffers their places, the emitters turn groups
// into kernels. Sizes and strides are known, because a program is made for one signature.
// Letters: a loop has a space of axes; the last axis is its row, which runs in lanes; the others count its rows.

import type { DType } from '../../base/dtype.ts';
import type { Shape } from '../../base/shape.ts';
import type { MapPrimitive, Params, Step, Value } from '../../graph/index.ts';

/** Bytes that hold a result. `f64` holds the block sums of reductions and nothing a step ever sees. */
export interface Buffer {
  readonly id: number;
  readonly dtype: DType;
  /** Elements. */
  readonly size: number;
  /** Whose result it holds. */
  readonly step?: Step;
}

/** Where a group finds numbers in a buffer: element i₀, i₁, … of its space is at offset + Σ iⱼ·stridesⱼ (elements). */
export interface Access {
  readonly buffer: number;
  readonly offset: number;
  readonly strides: readonly number[];
}

/**
 * One quantity of a loop. It has a number for every element of the space, or one for a whole row: a load whose last
 * stride is 0, a constant, a reduction, an element, and a map of such quantities are one number for a row.
 */
export type Quantity =
  | { readonly op: 'load'; readonly dtype: 'f32' | 'i32'; readonly access: Access }
  | { readonly op: 'constant'; readonly dtype: 'f32' | 'i32'; readonly value: number }
  /** The position along one axis of the space. */
  | { readonly op: 'iota'; readonly dtype: 'f32' | 'i32'; readonly axis: number }
  | {
    readonly op: 'map'; readonly dtype: 'f32' | 'i32'; readonly primitive: MapPrimitive; readonly params: Params;
    readonly inputs: readonly number[];
  }
  /** Over the row. A sum is that of the reference: Float64 in blocks of 128 elements, block sums combined pairwise. */
  | { readonly op: 'reduce'; readonly dtype: 'f32'; readonly combine: 'sum' | 'max'; readonly input: number }
  /**
   * One element per row: that of a full quantity of this loop, or of a buffer, at the position `index` (one per row, i32,
   * clamped to the row).
   */
  | { readonly op: 'element'; readonly dtype: 'f32' | 'i32'; readonly of: Access | number; readonly index: number };

/**
 * Runs through a space row by row. Quantities stand in order: inputs are numbers of earlier quantities. A quantity that
 * follows from a reduction belongs to a later pass over the same row; what an earlier pass computed is kept in a row of
 * scratch memory, or computed again, as the emitter likes: both give the same bits.
 */
export interface Loop {
  readonly kind: 'loop';
  readonly space: Shape;
  readonly quantities: readonly Quantity[];
  readonly stores: readonly Store[];
}

/**
 * `whole`: the quantity as it is, dense or not as the access says (one number per row where its last stride is 0).
 * `blocks`: the block sums of a sum, as Float64 [rows, ceil(row / 128)], not yet combined: a sum over one long row can
 * then be shared among threads. The sum itself must not be used in the loop.
 */
export interface Store {
  readonly quantity: number;
  readonly as: 'whole' | 'blocks';
  readonly access: Access;
}

/** Combines block sums pairwise into Float32: [outer, count, inner] doubles → [outer, inner] numbers. */
export interface Combine {
  readonly kind: 'combine';
  readonly from: number;
  readonly to: number;
  readonly outer: number;
  readonly count: number;
  readonly inner: number;
}

/** Reduces the middle axis of a dense [outer, length, inner] buffer. A sum writes block sums (Float64), a max its result. */
export interface Columns {
  readonly kind: 'columns';
  readonly combine: 'sum' | 'max';
  readonly from: number;
  readonly to: number;
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** One axis of an operand of a product: its size, and how far apart neighbours lie, in elements. */
export interface Axis {
  readonly size: number;
  readonly stride: number;
}

/** A factor for every row (or every summed position) of an operand, applied while it is packed. */
export interface Scale {
  readonly along: 'free' | 'sum';
  readonly access: { readonly buffer: number; readonly offset: number };
  /** Strides of the axes it runs along; 0 where it does not change. */
  readonly strides: readonly number[];
}

export interface Operand {
  readonly buffer: number;
  readonly offset: number;
  readonly batch: readonly Axis[];
  readonly free: readonly Axis[];
  readonly sum: readonly Axis[];
  readonly scale?: Scale;
}

/** out[batch, left free, right free] = Σ left · right, dense. Float32, in order within blocks of K, blocks in order. */
export interface Product {
  readonly kind: 'product';
  readonly left: Operand;
  readonly right: Operand;
  readonly out: number;
}

/**
 * A product whose windows are folded at once: out = fold(Σ left · right), a few samples at a time. Every number is what
 * the product and the fold make one after the other.
 */
export interface FoldedProduct {
  readonly kind: 'foldedProduct';
  /** Batch [groups], free [channels, rows of a window, columns of a window]. */
  readonly left: Operand;
  /** Batch [groups], free [samples, rows of windows, columns of windows]. */
  readonly right: Operand;
  /** Rows and columns of a plane, of which the dense result consists. */
  readonly size: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** How many planes lie between neighbours. */
  readonly planes: { readonly samples: number; readonly channels: number; readonly group: number };
  readonly out: number;
}

/**
 * Adds windows back into the planes they were taken from: the adjoint of `unfold`. Sums are Float64 in the order of the
 * windows, rounded once.
 */
export interface Fold {
  readonly kind: 'fold';
  /** [..., rows of windows, columns of windows, rows of a window, columns of a window]. */
  readonly space: Shape;
  readonly from: Access;
  /** Rows and columns of a plane; the result is dense [..., rows, columns]. */
  readonly size: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly to: number;
}

/** What a step on the host reads: a part of a buffer, or numbers that never change. */
export type HostInput = Placed | Value;

/** A step the reference runs on the host, on values that look into the buffers. */
export interface HostStep {
  readonly kind: 'host';
  readonly step: Step;
  readonly inputs: readonly HostInput[];
  readonly out: number;
}

/** A strided value in a buffer. */
export interface Placed {
  readonly access: Access;
  readonly shape: Shape;
  readonly dtype: DType;
}

export type Group = Loop | Combine | Columns | Product | FoldedProduct | Fold | HostStep;

/** The groups in the order they run, the buffers they speak of, and what goes in and comes out. */
export interface Schedule {
  readonly buffers: readonly Buffer[];
  readonly groups: readonly Group[];
  /** The buffer of every input of the program, dense; undefined for one that nothing reads. */
  readonly inputs: readonly (number | undefined)[];
  /** Buffers that hold the same numbers in every run. */
  readonly constants: readonly { readonly buffer: number; readonly value: Value }[];
  readonly outputs: readonly HostInput[];
}
