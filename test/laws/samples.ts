// Sample inputs for every primitive: random small shapes and numbers inside its domain. Maps need no entry of their
// own, because their arity and domain are declared; every other kind says here what its inputs look like.

import { allocate } from '../../src/base/dtype.ts';
import { type Shape, sizeOf } from '../../src/base/shape.ts';
import { customGradient } from '../../src/autodiff/index.ts';
import { type Seeded, seeded } from '../../src/check/seeded.ts';
import { fromValue, type Params, type Primitive, record, Recorder, type Tensor, tensor, Value } from '../../src/graph/index.ts';
import { exp, mul, windowCount } from '../../src/primitives/index.ts';

export interface Sample {
  readonly inputs: readonly Tensor[];
  readonly params: Params;
}

export class Draw {
  readonly #stream: Seeded;
  constructor(seed: number) {
    this.#stream = seeded(seed, 42);
  }

  /** Whole number in low … high. */
  int(low: number, high: number): number {
    return low + this.#stream.below(high - low + 1);
  }

  shape(minRank = 0, maxRank = 3, maxSide = 3): number[] {
    return Array.from({ length: this.int(minRank, maxRank) }, () => this.int(1, maxSide));
  }

  /** Numbers of a domain, away from the points where the derivative jumps. */
  numbers(shape: Shape, domain: { from: number; to: number; avoid?: readonly number[] } = { from: -2, to: 2 }): Tensor {
    const one = (): number => {
      // 48 random bits: with 24 one point in thousands would lie exactly between two values of a shorter format.
      const u = this.#stream.uniform() + this.#stream.uniform() * 2 ** -24;
      const x = domain.from + (domain.to - domain.from) * u;
      return (domain.avoid ?? []).some((p) => Math.abs(x - p) < 0.05) ? one() : x;
    };
    return tensor(Float64Array.from({ length: sizeOf(shape) }, one), { shape });
  }

  integers(shape: Shape, below: number): Tensor {
    return tensor(Int32Array.from({ length: sizeOf(shape) }, () => this.int(0, below - 1)), { shape });
  }

  permutation(n: number): number[] {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.int(0, i);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }

  /** A shape that stretches to the given one. */
  stretchable(shape: Shape, mayDrop: boolean): number[] {
    const from = mayDrop ? this.int(0, shape.length) : 0;
    return shape.slice(from).map((n) => (this.int(0, 2) === 0 ? 1 : n));
  }

  /** The same numbers seen through strides into a larger buffer whose other places are NaN. */
  strided(x: Tensor): Tensor {
    const order = this.permutation(x.rank);
    const strides = new Array<number>(x.rank).fill(0);
    let step = this.int(1, 2);
    let offset = this.int(0, 3);
    for (const axis of order) {
      const backwards = this.int(0, 1) === 1;
      strides[axis] = backwards ? -step : step;
      if (backwards) offset += step * (x.shape[axis]! - 1);
      step *= x.shape[axis]! + this.int(0, 1);
    }
    const dense = x.data;
    const size = step + offset + 8;
    const buffer = allocate(x.dtype, size).fill(x.dtype === 'i32' ? -99 : NaN);
    const value = new Value(x.dtype, x.shape, buffer, offset, strides);
    for (let i = 0; i < dense.length; i++) {
      let rest = i;
      let place = offset;
      for (let axis = x.rank - 1; axis >= 0; axis--) {
        place += (rest % x.shape[axis]!) * strides[axis]!;
        rest = Math.floor(rest / x.shape[axis]!);
      }
      buffer[place] = dense[i]!;
    }
    return fromValue(value);
  }
}

type Maker = (draw: Draw) => Sample;

const axesOf = (draw: Draw, rank: number): number[] =>
  Array.from({ length: rank }, (_, axis) => axis).filter(() => draw.int(0, 1) === 1);
const sample = (inputs: readonly Tensor[], params: Params = {}): Sample => ({ inputs, params });

/** A sample of one tensor whose static arguments depend on its shape. */
const one = (x: Tensor, params: (x: Tensor) => Params): Sample => sample([x], params(x));

/** One axis of x and an index that points along it. */
function indexed(draw: Draw): { x: Tensor; index: Tensor; axis: number } {
  const x = draw.numbers(draw.shape(1));
  const axis = draw.int(0, x.rank - 1);
  const shape = x.shape.map((n, a) => (a === axis ? draw.int(1, 4) : draw.int(1, n)));
  return { x, index: draw.integers(shape, x.shape[axis]!), axis };
}

function windowed(draw: Draw) {
  const pair = (): [number, number] => [draw.int(1, 2), draw.int(1, 2)];
  const params = { kernel: pair(), stride: pair(), dilation: pair() };
  return { params, size: [draw.int(3, 4), draw.int(3, 4)], lead: draw.shape(0, 1, 2) };
}

/** Every primitive that is not a map. */
export const samples: Readonly<Record<string, Maker>> = {
  input: (d) => {
    const value = d.numbers(d.shape()).read();
    return sample([], { shape: value.shape, dtype: value.dtype, value });
  },
  constant: (d) => sample([], { value: d.numbers(d.shape()).read() }),
  iota: (d) => sample([], { size: d.int(0, 9), dtype: 'f64' }),
  randomBits: (d) => sample([d.integers([2], 1000)], { shape: d.shape() }),

  alias: (d) => sample([d.numbers(d.shape())]),
  stopGradient: (d) => sample([d.numbers(d.shape())]),
  surrogate: (d) => {
    const shape = d.shape();
    return sample([d.numbers(shape), d.numbers(shape)]);
  },
  custom: (d) => customSample(d),

  reshape: (d) => one(d.numbers(d.shape()), (x) => ({ shape: d.int(0, 1) === 1 ? [x.size] : [1, ...[...x.shape].reverse()] })),
  permute: (d) => one(d.numbers(d.shape()), (x) => ({ order: d.permutation(x.rank) })),
  expand: (d) => {
    const shape = d.shape();
    return sample([d.numbers(d.stretchable(shape, true))], { shape });
  },
  slice: (d) => {
    const x = d.numbers(d.shape(1, 3, 4));
    const axes = x.shape.map((n) => {
      const start = d.int(0, n - 1);
      const step = d.int(0, 1) === 1 ? d.int(1, 2) : -d.int(1, 2);
      return { start, step, size: d.int(1, Math.floor((step > 0 ? n - 1 - start : start) / Math.abs(step)) + 1) };
    });
    return sample([x], { starts: axes.map((a) => a.start), sizes: axes.map((a) => a.size), steps: axes.map((a) => a.step) });
  },
  unfold: (d) => {
    const { params, size, lead } = windowed(d);
    return sample([d.numbers([...lead, ...size])], params);
  },
  fold: (d) => {
    const { params, size, lead } = windowed(d);
    const counts = size.map((n, i) => windowCount(n, params.kernel[i]!, params.stride[i]!, params.dilation[i]!));
    return sample([d.numbers([...lead, ...counts, ...params.kernel])], { ...params, size });
  },
  pad: (d) => one(d.numbers(d.shape(1, 2)), (x) => ({
    edges: x.shape.map(() => [d.int(0, 2), d.int(0, 2), d.int(0, 1)]), fill: d.int(0, 1) === 1 ? 2.5 : 0,
  })),
  concat: (d) => {
    const shape = d.shape(1);
    const axis = d.int(0, shape.length - 1);
    const part = (): Tensor => d.numbers(shape.map((n, a) => (a === axis ? d.int(1, 3) : n)));
    return sample(Array.from({ length: d.int(2, 3) }, part), { axis });
  },

  sum: (d) => one(d.numbers(d.shape()), (x) => ({ axes: axesOf(d, x.rank) })),
  max: (d) => one(d.numbers(d.shape()), (x) => ({ axes: axesOf(d, x.rank) })),
  argmax: (d) => one(d.numbers(d.shape(1)), (x) => ({ axes: [d.int(0, x.rank - 1)] })),
  cumsum: (d) => one(d.numbers(d.shape(1)), (x) => ({ axis: d.int(0, x.rank - 1) })),
  argsort: (d) => one(d.numbers(d.shape(1)), (x) => ({ axis: d.int(0, x.rank - 1) })),

  gather: (d) => {
    const { x, index, axis } = indexed(d);
    return sample([x, index], { axis });
  },
  scatterAdd: (d) => {
    const { x, index, axis } = indexed(d);
    return sample([x, index, d.numbers(index.shape)], { axis });
  },
  contract: (d) => {
    // Letters stand for axes: b batch, k summed, m and n free; each operand has them in an order of its own.
    const sizes: Record<string, number> = { b: d.int(1, 2), k: d.int(1, 3), j: d.int(1, 2), m: d.int(1, 3), n: d.int(1, 3) };
    const used = ['b', 'k', 'j'].filter(() => d.int(0, 1) === 1);
    const mixed = (letters: string[]): string[] => d.permutation(letters.length).map((i) => letters[i]!);
    const [first, second] = [mixed([...used, 'm']), mixed([...used, 'n'])];
    const pair = (letter: string): [number, number] => [first.indexOf(letter), second.indexOf(letter)];
    const shape = (letters: string[]): number[] => letters.map((letter) => sizes[letter]!);
    return sample([d.numbers(shape(first)), d.numbers(shape(second))], {
      batch: used.filter((x) => x === 'b').map(pair), sum: used.filter((x) => x !== 'b').map(pair),
    });
  },
};

/** e^x · y as a custom step with its own (right) rule. */
function customSample(d: Draw): Sample {
  const shape = d.shape();
  const inputs = [d.numbers(shape), d.numbers(shape)];
  const f = customGradient((x, y) => mul(exp(x!), y!), ({ inputs: [x], out, grad }) => [mul(grad, out), mul(grad, exp(x!))]);
  const recorder = new Recorder('concrete');
  const step = record(recorder, () => recorder.stepOf(f(...inputs)));
  return sample(inputs, step.params);
}

/** Static arguments of the maps that have any, and inputs that are not plain numbers. */
const mapParams: Readonly<Record<string, Params>> = { cast: { dtype: 'f64' }, roundTo: { bits: 11 } };

/** Sample inputs of any primitive. */
export function sampleOf(primitive: Primitive, draw: Draw): Sample {
  if (primitive.kind !== 'map') return samples[primitive.name]!(draw);
  const shape = draw.shape(0, 2);
  const arity = primitive.vjp.length;
  // Operands of another rank may not both be stretched, so only one of them is.
  const small = draw.int(0, arity - 1);
  const inputs = Array.from({ length: arity }, (_, i) => {
    const domain = primitive.domain?.[Math.min(i, primitive.domain.length - 1)];
    return draw.numbers(i === small && arity > 1 ? draw.stretchable(shape, true) : shape, domain);
  });
  // `where`: the operand that is only compared with 0 holds both 0 and 1.
  if (arity === 3) inputs[0] = tensor(Float64Array.from(inputs[0]!.data, (x) => (x > 0 ? 1 : 0)), { shape: inputs[0]!.shape });
  return { inputs, params: mapParams[primitive.name] ?? {} };
}
