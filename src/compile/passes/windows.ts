// The pass before all others: pooling without copies. What runs through windows of an image one by one would read them
// in rows of a few elements; here it is written so that rows are long and nothing is moved. A maximum over a window is
// the maximum of a few slices, places apart. Windows that tile the image are the image itself with two more axes, and so
// is what is folded back from them. Others keep their order, but with the places of a window first.
// What is cheap to make from the image (a bias, a rectifier) is made again where it is read, from the same bits.

import { sameShape, type Shape } from '../../base/shape.ts';
import {
  apply, type Fragment, type MapPrimitive, record, Recorder, type ReducePrimitive, type Step, type Tensor,
} from '../../graph/index.ts';
import { add, maximum, permute, reshape, slice, unfold, type Window, windowCount } from '../../primitives/index.ts';
import { costOf, isReadable } from '../kernels/loop-lanes.ts';

/** Windows of up to so many elements are taken apart into slices. */
const mostSlices = 16;
/** Vector instructions that may be done again rather than read from memory. */
const cheap = 12;
/** A row may meet every number so many times in a row. */
const repeats = [2, 4];

/** The windows of an image. */
interface Frame extends Window {
  /** Axes before the image. */
  readonly lead: number;
  /** Windows down and across. */
  readonly counts: readonly [number, number];
  /** The windows stand side by side and cover the image. */
  readonly tiles: boolean;
}

/** A step in the space of windows, with the axes in the order that suits a loop. */
interface Laid {
  readonly frame: Frame;
  /** Written when it is first asked for, near whoever asks: what is written early is kept until it is read. */
  readonly x: () => Tensor;
}

function once(make: () => Tensor): () => Tensor {
  let made: Tensor | undefined;
  return () => (made ??= make());
}

/** How a part of an image is seen; also of what is stretched over it. */
type See = (x: Tensor) => Tensor;

export function windows(fragment: Fragment): Fragment {
  const isWindows = (step: Step): boolean => step.primitive.kind === 'fold' || windowOf(step) !== undefined;
  if (!fragment.graph.steps.some(isWindows)) return fragment;
  const writer = new Writer(fragment);
  return record(writer.recorder, () => writer.write());
}

/** The windows a view shows, of Float32. */
function windowOf({ primitive, params, dtype }: Step): Window | undefined {
  const isUnfold = primitive.kind === 'view' && dtype === 'f32'
    && params['kernel'] !== undefined && params['dilation'] !== undefined;
  return isUnfold ? params as unknown as Window : undefined;
}

function frameOf(image: Shape, { kernel, stride, dilation }: Window): Frame {
  const lead = image.length - 2;
  const counts = [0, 1].map((i) => windowCount(image[lead + i]!, kernel[i]!, stride[i]!, dilation[i]!)) as [number, number];
  const covers = [0, 1].every((i) => stride[i] === kernel[i] && dilation[i] === 1 && counts[i]! * kernel[i]! === image[lead + i]);
  return { kernel, stride, dilation, lead, counts, tiles: covers && repeats.includes(kernel[1]) };
}

/** The axes of windows in the order that suits a loop: as they lie in the image, or the places of a window first. */
function orderOf({ lead, tiles }: Frame): number[] {
  const last = tiles ? [0, 2, 1, 3] : [2, 3, 0, 1];
  return [...Array.from({ length: lead }, (_, axis) => axis), ...last.map((axis) => lead + axis)];
}

const padded = (x: Tensor, rank: number): Tensor =>
  reshape(x, [...new Array<number>(rank - x.rank).fill(1), ...x.shape]);

/** The image as tiles: [..., rows of windows, rows of a window, columns of windows, columns of a window]. */
function asTiles({ lead, counts, kernel }: Frame): See {
  return (x) => {
    const { shape } = padded(x, lead + 2);
    const split = [0, 1].flatMap((i) => (shape[lead + i] === 1 ? [1, 1] : [counts[i]!, kernel[i]!]));
    return reshape(x, [...shape.slice(0, lead), ...split]);
  };
}

/** The element of every window that stands at one place. */
function atPlace({ lead, counts, stride, dilation }: Frame, place: readonly [number, number]): See {
  return (x) => {
    const whole = padded(x, lead + 2);
    const ranges = [0, 1].map((i) => {
      const from = place[i]! * dilation[i]!;
      return whole.shape[lead + i] === 1 ? null : [from, from + (counts[i]! - 1) * stride[i]! + 1, stride[i]!] as const;
    });
    return slice(whole, [...whole.shape.slice(0, lead).map(() => null), ...ranges]);
  };
}

class Writer {
  readonly recorder = new Recorder('abstract');
  readonly #fragment: Fragment;
  readonly #now: Tensor[] = [];
  readonly #readers: Step[][] = [];
  /** Steps in the space of windows. */
  readonly #laid = new Map<number, Laid>();
  /** Images that are made as tiles. */
  readonly #tiled = new Map<number, Laid>();
  readonly #made = new Map<number, { readonly from: ReadonlySet<number>; readonly cost: number }>();

  constructor(fragment: Fragment) {
    this.#fragment = fragment;
  }

  write(): Fragment {
    const { graph, inputs, outputs } = this.#fragment;
    const live = graph.live([...inputs, ...outputs]);
    for (const step of graph.steps) if (live[step.id]) for (const id of step.inputs) (this.#readers[id] ??= []).push(step);
    for (const step of graph.steps) {
      if (!live[step.id]) continue;
      const x = this.#written(step) ?? this.#apply(step, step.inputs.map((id) => this.#now[id]!));
      const fresh = this.recorder.stepOf(x);
      if (fresh.label === undefined && step.label !== undefined) fresh.label = step.label;
      this.#now[step.id] = x;
    }
    const placed = (ids: readonly number[]): number[] => ids.map((id) => this.recorder.stepOf(this.#now[id]!).id);
    return { graph: this.recorder.graph, inputs: placed(inputs), outputs: placed(outputs) };
  }

  #step(id: number): Step {
    return this.#fragment.graph.steps[id]!;
  }

  #apply({ primitive, params }: Step, inputs: readonly Tensor[]): Tensor {
    return apply(primitive, inputs, params);
  }

  /** A step written in another way. */
  #written(step: Step): Tensor | undefined {
    const { primitive, inputs, dtype } = step;
    if (dtype !== 'f32') return undefined;
    switch (primitive.kind) {
      case 'view': return void this.#see(step);
      case 'map': {
        const laid = inputs.map((id) => this.#laid.get(id)).find((x) => x !== undefined);
        if (laid !== undefined) return this.#mapOfWindows(step, laid.frame);
        const tiled = inputs.map((id) => this.#tiled.get(id)).find((x) => x !== undefined);
        return tiled && this.#mapOfTiles(step, tiled.frame);
      }
      case 'reduce': return this.#reduced(step);
      case 'fold': return this.#folded(step);
      default: return undefined;
    }
  }

  /** Remembers windows that are looked at one by one; a contraction packs them as they are. */
  #see(step: Step): void {
    const window = windowOf(step);
    const isRead = this.#readers[step.id]?.some(({ primitive: { kind } }) => kind === 'map' || kind === 'reduce');
    if (window === undefined || isRead !== true) return;
    const [image] = step.inputs;
    const frame = frameOf(this.#step(image!).shape, window);
    this.#laid.set(step.id, {
      frame,
      x: once(() => (frame.tiles ? this.#again(image!, asTiles(frame))
        : permute(unfold(this.#now[image!]!, window), orderOf(frame)))),
    });
  }

  #mapOfWindows(step: Step, frame: Frame): Tensor | undefined {
    const order = orderOf(frame);
    if (!sameShape(step.shape.slice(frame.lead), [...frame.counts, ...frame.kernel])) return undefined;
    const lay = (id: number): Tensor => {
      const laid = this.#laid.get(id);
      const isAlike = laid !== undefined && String(orderOf(laid.frame)) === String(order);
      return isAlike ? laid.x() : permute(padded(this.#now[id]!, order.length), order);
    };
    const x = this.#apply(step, step.inputs.map(lay));
    this.#laid.set(step.id, { frame, x: () => x });
    return permute(x, order.map((_, axis) => order.indexOf(axis)));
  }

  #mapOfTiles(step: Step, frame: Frame): Tensor | undefined {
    const image = step.inputs.find((id) => this.#tiled.has(id))!;
    if (!sameShape(this.#step(image).shape, step.shape)) return undefined;
    const see = asTiles(frame);
    const x = this.#apply(step, step.inputs.map((id) => {
      const tiled = this.#tiled.get(id);
      if (tiled !== undefined && sameShape(tiled.frame.kernel, frame.kernel)) return tiled.x();
      return sameShape(this.#step(id).shape, step.shape) ? this.#again(id, see) : see(this.#now[id]!);
    }));
    this.#tiled.set(step.id, { frame, x: () => x });
    return reshape(x, step.shape);
  }

  /** A maximum over windows, or the count of those of their elements that a comparison holds for. */
  #reduced({ primitive, params, inputs: [windowed], shape }: Step): Tensor | undefined {
    const laid = this.#laid.get(windowed!);
    if (laid === undefined) return undefined;
    const { frame } = laid;
    const [height, width] = frame.kernel;
    const axes = params['axes'] as readonly number[];
    const source = this.#step(windowed!);
    const isMaximum = (primitive as ReducePrimitive).combine === 'max' && windowOf(source) !== undefined;
    const isCount = (primitive as ReducePrimitive).combine === 'sum' && (source.primitive as MapPrimitive).decides === 'output';
    const isWindow = axes.length === 2 && axes.includes(frame.lead + 2) && axes.includes(frame.lead + 3);
    if (!isWindow || height * width > mostSlices || !(isMaximum || isCount)) return undefined;
    let parts = Array.from({ length: height * width }, (_, i) =>
      this.#slice(windowed!, frame, [Math.floor(i / width), i % width]));
    while (parts.length > 1) {
      const combine = isMaximum ? maximum : add;
      parts = parts.flatMap((x, i) => (i % 2 === 1 ? [] : i + 1 < parts.length ? [combine(x, parts[i + 1]!)] : [x]));
    }
    return reshape(parts[0]!, shape);
  }

  /** A step of the space of windows, at one place of all of them. */
  #slice(id: number, frame: Frame, place: readonly [number, number]): Tensor {
    const step = this.#step(id);
    if (windowOf(step) !== undefined) {
      const overlap = frame.kernel.some((n, i) => frame.stride[i]! < frame.dilation[i]! * (n - 1) + 1);
      const see = atPlace(frame, place);
      return overlap ? see(this.#now[step.inputs[0]!]!) : this.#again(step.inputs[0]!, see);
    }
    return this.#apply(step, step.inputs.map((input) => {
      if (this.#laid.has(input)) return this.#slice(input, frame, place);
      const x = padded(this.#now[input]!, frame.lead + 4);
      const ranges = place.map((at, i) => (x.shape[frame.lead + 2 + i] === 1 ? null : [at, at + 1] as const));
      const part = slice(x, [...x.shape.slice(0, -2).map(() => null), ...ranges]);
      return reshape(part, part.shape.slice(0, -2));
    }));
  }

  /** Windows that tile the image are in their places already; a fold begins its sums with 0, and 0 + −0 is 0. */
  #folded({ params, inputs: [windowed], shape, id }: Step): Tensor | undefined {
    const frame = frameOf(shape, params as unknown as Window);
    const laid = this.#laid.get(windowed!);
    if (!frame.tiles || laid === undefined) return undefined;
    const x = add(laid.x(), 0);
    this.#tiled.set(id, { frame, x: () => x });
    return reshape(x, shape);
  }

  /** Part of an image, made again from part of what it is made of where that is cheap. */
  #again(id: number, see: See): Tensor {
    const step = this.#step(id);
    if (this.#origin(id).from.has(id)) return see(this.#now[id]!);
    if (step.primitive.kind !== 'map') return this.#again(step.inputs[0]!, see);
    return this.#apply(step, step.inputs.map((input) =>
      (sameShape(this.#step(input).shape, step.shape) ? this.#again(input, see) : see(this.#now[input]!))));
  }

  /** The images, of the same size, that a step is cheaply made from, at most one: itself where it is not. */
  #origin(id: number): { readonly from: ReadonlySet<number>; readonly cost: number } {
    const known = this.#made.get(id);
    if (known !== undefined) return known;
    const { primitive, inputs, shape, params } = this.#step(id);
    const isPassedOn = primitive.kind === 'control' && primitive.control !== 'custom';
    const isMap = primitive.kind === 'map' && [id, ...inputs].every((x) => this.#step(x).dtype === 'f32')
      && isReadable(primitive, params, 'f32', 'f32');
    let found: { from: ReadonlySet<number>; cost: number } | undefined;
    if (isPassedOn || isMap) {
      const images = inputs.filter((input) => sameShape(this.#step(input).shape, shape)).map((input) => this.#origin(input));
      const own = isMap ? costOf({ op: 'map', dtype: 'f32', primitive, params, inputs: inputs.map(() => 0) }, [zero]) : 0;
      found = { from: new Set(images.flatMap(({ from }) => [...from])), cost: images.reduce((sum, { cost }) => sum + cost, own) };
    }
    const made = found !== undefined && found.from.size === 1 && found.cost <= cheap ? found : { from: new Set([id]), cost: 0 };
    this.#made.set(id, made);
    return made;
  }
}

const zero = { op: 'constant', dtype: 'f32', value: 0 } as const;
