// The third pass: where every buffer of a schedule lies in one arena. A buffer lives from the group that writes it to
// the last one that reads it; two that never live together may share bytes, and a loop may write its result over what
// it reads for the last time. Larger buffers are placed first, each as low as it fits.
// Addresses are relative: the arena lies wherever the scratch memory of the process begins when a program runs.

import { bytesPerElement } from '../../base/dtype.ts';
import type { Group, HostInput, Schedule } from '../kernels/group.ts';
import { bufferText } from './listing.ts';
import { inPlacePairs } from '../kernels/loop-module.ts';
import { planProduct, type ProductPlan, type ProductStages } from '../kernels/product.ts';
import { planFolded } from '../kernels/product-folded.ts';

export interface Plan {
  readonly schedule: Schedule;
  /** The byte offset of every buffer in the arena; undefined for one that lies elsewhere or nobody uses. */
  readonly offsets: readonly (number | undefined)[];
  /** Of every group that is a product: how it is cut, and where its packed panels lie. */
  readonly products: ReadonlyMap<Group, { readonly plan: ProductPlan | ProductStages; readonly panels: number }>;
  /** Results that are written over a buffer outside, by that buffer. */
  readonly updates: ReadonlyMap<number, number>;
  readonly bytes: number;
}

interface PlanOptions {
  /** Buffers that have bytes of their own, and outlive the run. */
  readonly outside?: ReadonlySet<number>;
  /**
   * Results that should be written over a buffer outside, where a loop can do it once the last step on the host is over:
   * such a step may refuse its numbers, and what is refused changes nothing.
   */
  readonly wanted?: ReadonlyMap<number, number>;
}

/** Bytes with a lifetime: from group `from` to group `to`, −1 before all of them. */
interface Span {
  readonly buffers: number[];
  readonly bytes: number;
  readonly from: number;
  to: number;
  offset: number;
}

const alignment = 64;

export function plan(schedule: Schedule, { outside = new Set(), wanted = new Map() }: PlanOptions = {}): Plan {
  const { buffers, groups } = schedule;
  const spans = lifetimes(schedule);
  const updates = new Map<number, number>();
  const lastHost = groups.findLastIndex((group) => group.kind === 'host');
  groups.forEach((group, at) => {
    if (group.kind !== 'loop') return;
    for (const [loaded, stored] of inPlacePairs(group)) {
      const [before, after] = [spans.get(loaded)!, spans.get(stored)!];
      if (before === after || before.to !== at || after.from !== at || before.bytes !== after.bytes) continue;
      if (outside.has(stored) || updates.has(stored)) continue;
      if (wanted.get(stored) === loaded && at > lastHost) updates.set(stored, loaded);
      else if (!outside.has(loaded) && !updates.has(loaded)) {
        before.to = after.to;
        before.buffers.push(...after.buffers);
        for (const buffer of after.buffers) spans.set(buffer, before);
      }
    }
  });
  for (const buffer of [...outside, ...updates.keys()]) spans.delete(buffer);
  const products = new Map<Group, { plan: ProductPlan | ProductStages; panels: Span }>();
  groups.forEach((group, at) => {
    if (group.kind !== 'product' && group.kind !== 'foldedProduct') return;
    const product = group.kind === 'product' ? planProduct(group) : planFolded(group);
    products.set(group, { plan: product, panels: { buffers: [], bytes: product.panelBytes, from: at, to: at, offset: 0 } });
  });
  const bytes = place([...new Set(spans.values()), ...[...products.values()].map((product) => product.panels)]);
  return {
    schedule, bytes, updates,
    offsets: buffers.map(({ id }) => spans.get(id)?.offset),
    products: new Map([...products].map(([group, product]) => [group, { ...product, panels: product.panels.offset }])),
  };
}

function lifetimes({ buffers, groups, inputs, constants, outputs }: Schedule): Map<number, Span> {
  const spans = new Map<number, Span>();
  const touch = (buffer: number, at: number): void => {
    const span = spans.get(buffer);
    if (span !== undefined) span.to = Math.max(span.to, at);
    else {
      const { dtype, size } = buffers[buffer]!;
      spans.set(buffer, { buffers: [buffer], bytes: size * bytesPerElement[dtype], from: at, to: at, offset: 0 });
    }
  };
  for (const buffer of inputs) if (buffer !== undefined) touch(buffer, -1);
  for (const { buffer } of constants) touch(buffer, -1);
  groups.forEach((group, at) => {
    for (const buffer of [...readsOf(group), ...writesOf(group)]) touch(buffer, at);
  });
  for (const output of outputs) for (const buffer of placeOf(output)) touch(buffer, groups.length);
  return spans;
}

const placeOf = (input: HostInput): number[] => ('access' in input ? [input.access.buffer] : []);

export function readsOf(group: Group): number[] {
  switch (group.kind) {
    case 'loop': return group.quantities.flatMap((q) => {
      if (q.op === 'load') return [q.access.buffer];
      return q.op === 'element' && typeof q.of !== 'number' ? [q.of.buffer] : [];
    });
    case 'product':
    case 'foldedProduct':
      return [group.left, group.right].flatMap(({ buffer, scale }) =>
        (scale === undefined ? [buffer] : [buffer, scale.access.buffer]));
    case 'host': return group.inputs.flatMap(placeOf);
    case 'fold': return [group.from.buffer];
    default: return [group.from];
  }
}

export function writesOf(group: Group): number[] {
  if (group.kind === 'loop') return group.stores.map((store) => store.access.buffer);
  return ['out' in group ? group.out : group.to];
}

/** Gives every span its offset; the size of the arena. */
function place(spans: readonly Span[]): number {
  const placed: Span[] = [];
  let size = 0;
  for (const span of [...spans].sort((a, b) => b.bytes - a.bytes || a.from - b.from)) {
    const others = placed.filter((other) => other.from <= span.to && span.from <= other.to).sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const other of others) {
      if (offset + span.bytes <= other.offset) break;
      offset = Math.max(offset, Math.ceil((other.offset + other.bytes) / alignment) * alignment);
    }
    span.offset = offset;
    placed.push(span);
    size = Math.max(size, offset + span.bytes);
  }
  return size;
}

/** The arena, buffer by buffer in the order of their places. */
export function printPlan({ schedule, offsets, products, bytes }: Plan): string {
  const placed = schedule.buffers.flatMap((buffer) => {
    const offset = offsets[buffer.id];
    return offset === undefined ? [] : [{ offset, text: bufferText(buffer), bytes: buffer.size * bytesPerElement[buffer.dtype] }];
  });
  const panels = [...products.values()].flatMap(({ plan: product, panels: offset }) =>
    (product.panelBytes === 0 ? [] : [{ offset, text: 'packed panels of a product', bytes: product.panelBytes }]));
  const lines = [...placed, ...panels].sort((a, b) => a.offset - b.offset || b.bytes - a.bytes)
    .map((line) => `${line.offset} … ${line.offset + line.bytes}: ${line.text}`);
  return [`arena of ${bytes} bytes, ${schedule.groups.length} groups`, ...lines].join('\n');
}
