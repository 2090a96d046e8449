// slice and its adjoint pad; concat, whose adjoint is slice. A slice is a view, also with a negative step (a flip);
// pad may leave gaps between elements (`interior`), which is what undoing a step needs.

import { DTypeError, message, ShapeError } from '../base/errors.ts';
import { denseStrides, type Shape, shapeText } from '../base/shape.ts';
import type { CopyPrimitive, Typed, ViewPrimitive } from '../graph/primitive.ts';
import { apply } from '../graph/recorder.ts';
import { demandTensor, type Tensor } from '../graph/tensor.ts';
import { Value } from '../graph/value.ts';
import { scatterInto } from './loops.ts';

/** Per axis: the first index, the number of elements, the step (negative goes backwards). */
interface SliceParams {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
  readonly steps: readonly number[];
}

const slice_: ViewPrimitive = {
  name: 'slice', kind: 'view',
  vjp: [({ grad, params }, x) => {
    const { starts, sizes, steps } = params as unknown as SliceParams;
    const reversed = steps.some((s) => s < 0) ? reverse(grad, steps.map((s) => s < 0)) : grad;
    return padEdges(reversed, x!.shape.map((n, axis) => {
      const count = sizes[axis]!;
      const step = Math.abs(steps[axis]!);
      const first = steps[axis]! < 0 ? starts[axis]! - (count - 1) * step : starts[axis]!;
      const span = count === 0 ? 0 : (count - 1) * step + 1;
      return [count === 0 ? n : first, count === 0 ? 0 : n - first - span, step - 1];
    }), 0);
  }],
  print: ([x], params) => {
    const { starts, sizes, steps } = params as unknown as SliceParams;
    return `slice(${x!}, ${starts.map((s, i) => `${s}:${sizes[i]!}${steps[i] === 1 ? '' : `:${steps[i]!}`}`).join(', ')})`;
  },
  type: ([x], params) => {
    const { starts, sizes, steps } = params as unknown as SliceParams;
    const inside = (place: number, axis: number): boolean => Number.isInteger(place) && place >= 0 && place < x!.shape[axis]!;
    const fits = sizes.length === x!.shape.length && sizes.every((size, axis) => size === 0
      || (inside(starts[axis]!, axis) && inside(starts[axis]! + (size - 1) * steps[axis]!, axis)));
    if (!fits) {
      throw new ShapeError(message(`slice: ${JSON.stringify(params)} of ${shapeText(x!.shape)}`, 'A slice stays inside its operand', 'Check starts, sizes and steps'));
    }
    return { shape: sizes, dtype: x!.dtype };
  },
  run: ([x], params) => {
    const { starts, sizes, steps } = params as unknown as SliceParams;
    const offset = starts.reduce((sum, s, axis) => sum + (sizes.includes(0) ? 0 : s * x!.strides[axis]!), x!.offset);
    return new Value(x!.dtype, sizes, x!.array, offset, steps.map((s, axis) => s * x!.strides[axis]!));
  },
};

function reverse(x: Tensor, axes: readonly boolean[]): Tensor {
  return apply(slice_, [x], {
    starts: x.shape.map((n, axis) => (axes[axis] ? Math.max(n - 1, 0) : 0)),
    sizes: [...x.shape],
    steps: x.shape.map((_, axis) => (axes[axis] ? -1 : 1)),
  });
}

/** `start : stop : step` with Python's meaning; null keeps the axis. */
export type Range = readonly [start?: number | null, stop?: number | null, step?: number];

/**
 * Part of a tensor, per axis `[start, stop, step]` or null for all of it; missing axes are kept. A view.
 *
 * Edges     negative positions count from the end, positions beyond the ends are clipped, a negative step goes backwards
 * Gradient  the cotangent put back where it came from, 0 elsewhere
 * Throws    ShapeError for more ranges than axes or a step of 0
 */
export function slice(x: Tensor, ranges: readonly (Range | null)[]): Tensor {
  demandTensor(x, 'slice');
  if (!Array.isArray(ranges) || ranges.length > x.rank) {
    throw new ShapeError(message(`slice: ${Array.isArray(ranges) ? ranges.length : 'no list of'} ranges for ${shapeText(x.shape)}`, 'Ranges are a list of at most one per axis', 'Write [[start, stop]] for the first axis'));
  }
  const starts: number[] = [];
  const sizes: number[] = [];
  const steps: number[] = [];
  x.shape.forEach((n, axis) => {
    const [start, stop, step] = rangeOf(ranges[axis] ?? [], axis);
    const clip = (p: number): number => (step > 0 ? Math.min(Math.max(p, 0), n) : Math.min(Math.max(p, -1), n - 1));
    const from = clip(start === null ? (step > 0 ? 0 : n - 1) : start < 0 ? start + n : start);
    const to = stop === null ? (step > 0 ? n : -1) : clip(stop < 0 ? stop + n : stop);
    starts.push(Math.max(from, 0));
    sizes.push(Math.max(0, Math.ceil((to - from) / step)));
    steps.push(step);
  });
  const whole = x.shape.every((n, axis) => starts[axis] === 0 && sizes[axis] === n && steps[axis] === 1);
  return whole ? x : apply(slice_, [x], { starts, sizes, steps });
}

function rangeOf(range: Range, axis: number): readonly [start: number | null, stop: number | null, step: number] {
  const [start = null, stop = null, step = 1] = Array.isArray(range) ? range as Range : [null, null, 0];
  if (step === 0 || ![start ?? 0, stop ?? 0, step].every(Number.isInteger)) {
    throw new ShapeError(message(`slice: the range ${JSON.stringify(range)} on axis ${axis}`, 'A range is null or [start, stop, step] of whole numbers, the step not 0', 'Leave out what keeps its default; −1 goes backwards'));
  }
  return [start, stop, step];
}

/** The elements of some axes in reverse order. A view. */
export function flipAxes(x: Tensor, axes: readonly number[]): Tensor {
  return reverse(x, x.shape.map((_, axis) => axes.includes(axis)));
}

type Edges = readonly [before: number, after: number, interior: number];

const pad_: CopyPrimitive = {
  name: 'pad', kind: 'copy',
  vjp: [({ grad, params }, x) => {
    const edges = params['edges'] as readonly Edges[];
    return apply(slice_, [grad], {
      starts: edges.map(([before]) => before),
      sizes: [...x!.shape],
      steps: edges.map(([, , interior]) => interior + 1),
    });
  }],
  print: ([x], params) => `pad(${x!}, ${JSON.stringify(params['edges'])}, ${String(params['fill'])})`,
  type: ([x], params) => ({ shape: paddedShape(x!, params['edges'] as readonly Edges[]), dtype: x!.dtype }),
  run: ([x], params) => {
    const edges = params['edges'] as readonly Edges[];
    const result = Value.empty(x!.dtype, paddedShape(x!, edges));
    const fill = params['fill'] as number;
    if (fill !== 0) result.array.fill(fill);
    const strides = denseStrides(result.shape);
    const offset = edges.reduce((sum, [before], axis) => sum + before * strides[axis]!, 0);
    const inside = new Value(x!.dtype, x!.shape, result.array, offset, strides.map((s, axis) => s * (edges[axis]![2] + 1)));
    scatterInto(inside, x!, false);
    return result;
  },
};

function paddedShape(x: Typed, edges: readonly Edges[]): Shape {
  return x.shape.map((n, axis) => {
    const [before, after, interior] = edges[axis]!;
    return before + after + (n === 0 ? 0 : n + (n - 1) * interior);
  });
}

/** Adds `fill` around an axis and, with `interior`, between its elements. */
export function padEdges(x: Tensor, edges: readonly Edges[], fill: number): Tensor {
  return edges.every(([before, after, interior]) => before === 0 && after === 0 && interior === 0)
    ? x
    : apply(pad_, [x], { edges, fill });
}

const concat_: CopyPrimitive = {
  name: 'concat', kind: 'copy',
  vjp: [({ grad, params, index }, ...inputs) => {
    const axis = params['axis'] as number;
    const from = inputs.slice(0, index).reduce((sum, x) => sum + x.shape[axis]!, 0);
    return slice(grad, grad.shape.map((_, a) => (a === axis ? [from, from + inputs[index]!.shape[axis]!] : null)));
  }],
  print: (inputs, params) => `concat(${inputs.join(', ')}, axis ${String(params['axis'])})`,
  type: (inputs, params) => {
    const axis = params['axis'] as number;
    const first = inputs[0]!;
    for (const x of inputs) {
      if (x.dtype !== first.dtype) {
        throw new DTypeError(message(`concat: types ${first.dtype} and ${x.dtype}`, 'All parts have one type', 'Use cast'));
      }
      if (x.shape.length !== first.shape.length || x.shape.some((n, a) => a !== axis && n !== first.shape[a])) {
        throw new ShapeError(message(`concat: shapes ${shapeText(first.shape)} and ${shapeText(x.shape)} along axis ${axis}`, 'All other axes are equal', 'Check the parts'));
      }
    }
    return { shape: first.shape.map((n, a) => (a === axis ? inputs.reduce((sum, x) => sum + x.shape[a]!, 0) : n)), dtype: first.dtype };
  },
  run: (inputs, params) => {
    const axis = params['axis'] as number;
    const total = inputs.reduce((sum, x) => sum + x.shape[axis]!, 0);
    const shape = inputs[0]!.shape.map((n, a) => (a === axis ? total : n));
    const result = Value.empty(inputs[0]!.dtype, shape);
    const strides = denseStrides(shape);
    let from = 0;
    for (const x of inputs) {
      scatterInto(new Value(x.dtype, x.shape, result.array, from * strides[axis]!, strides), x, false);
      from += x.shape[axis]!;
    }
    return result;
  },
};

/** Joins parts along an existing axis (counted from the front). */
export function concatAlong(parts: readonly Tensor[], axis: number): Tensor {
  return parts.length === 1 ? parts[0]! : apply(concat_, parts, { axis });
}

export const slicing = [slice_, pad_, concat_];
