// A tensor whose axes have names. Arrays combine by axis name, so broadcasting is never guessed; what lacks an axis is
// constant along it. `open` are the axes a formula has not indexed: `w[k]` is open in d, and dot, norm and unit act on them.

import type { Tensor } from '../graph/index.ts';
import { equal, expand, iota, mul, permute, reshape, sumAxes, where } from '../primitives/index.ts';

/** The axis of samples: a line speaks of one sample, so this axis is implied everywhere. */
export const sampleAxis = 'n';

export interface Named {
  readonly tensor: Tensor;
  readonly axes: readonly string[];
  readonly open: readonly string[];
}

export function named(tensor: Tensor, axes: readonly string[], open: readonly string[] = []): Named {
  return { tensor, axes, open };
}

/** All axes of some arrays, samples first, then in order of appearance. */
export function unionAxes(parts: readonly Named[]): string[] {
  const all = [...new Set(parts.flatMap((part) => part.axes))];
  return all.includes(sampleAxis) ? [sampleAxis, ...all.filter((axis) => axis !== sampleAxis)] : all;
}

/** The array with its axes in the given order, size 1 where it has none of that name. */
export function alignTo(x: Named, axes: readonly string[]): Tensor {
  const kept = axes.filter((axis) => x.axes.includes(axis));
  const ordered = permute(x.tensor, kept.map((axis) => x.axes.indexOf(axis)));
  return reshape(ordered, axes.map((axis) => (x.axes.includes(axis) ? x.tensor.shape[x.axes.indexOf(axis)]! : 1)));
}

/** Applies an elementwise op to arrays matched by name. */
export function combine(parts: readonly Named[], op: (...tensors: Tensor[]) => Tensor): Named {
  const axes = unionAxes(parts);
  const open = axes.filter((axis) => parts.some((part) => part.open.includes(axis)));
  return named(op(...parts.map((part) => alignTo(part, axes))), axes, open);
}

/** The array stretched so that it has all of these axes, in this order. */
export function stretchTo(x: Named, axes: readonly string[], size: (axis: string) => number): Named {
  return named(expand(alignTo(x, axes), axes.map(size)), axes, x.open);
}

/** Sums over axes and drops them. */
export function sumOver(x: Named, axes: readonly string[]): Named {
  const present = axes.filter((axis) => x.axes.includes(axis));
  const kept = x.axes.filter((axis) => !present.includes(axis));
  const total = sumAxes(x.tensor, present.map((axis) => x.axes.indexOf(axis)));
  return named(reshape(total, kept.map((axis) => x.tensor.shape[x.axes.indexOf(axis)]!)), kept, x.open.filter((axis) => kept.includes(axis)));
}

/** One more array axis renamed; the numbers stay. */
export function renamed(x: Named, from: string, to: string): Named {
  const swap = (axis: string): string => (axis === from ? to : axis);
  return named(x.tensor, x.axes.map(swap), x.open.map(swap));
}

/** Keeps the entries at which two axes agree: the first axis stays, the second goes. */
export function diagonal(x: Named, keep: string, drop: string): Named {
  const size = x.tensor.shape[x.axes.indexOf(keep)]!;
  const same = combine([named(iota(size, 'f64'), [keep]), named(iota(size, 'f64'), [drop])], equal);
  return sumOver(combine([same, x], (mask, values) => where(mask, values, 0)), [drop]);
}

/** Picks along one axis the entry whose position `labels` (whole numbers over samples) gives. */
export function pick(x: Named, axis: string, labels: Named): Named {
  const size = x.tensor.shape[x.axes.indexOf(axis)]!;
  const chosen = combine([labels, named(iota(size, 'f64'), [axis])], equal);
  return sumOver(combine([chosen, x], (mask, values) => where(mask, values, 0)), [axis]);
}

/** Sum over axes of a product, axis by name. */
export function dotOver(a: Named, b: Named, axes: readonly string[]): Named {
  return sumOver(combine([a, b], mul), axes);
}
