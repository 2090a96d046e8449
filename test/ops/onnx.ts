// Our ops under the names ONNX gives them: how the inputs and attributes of a node become a call. What an op of ours does
// not do is returned as the reason why, never skipped; what has no op of ours at all is not in the table.

import { type Tensor, tensor } from '../../src/graph/index.ts';
import * as ops from '../../src/ops/index.ts';
import type { Range } from '../../src/ops/index.ts';

export interface Packed {
  readonly shape: readonly number[];
  readonly dtype: 'f32' | 'f64' | 'i32' | 'i64' | 'bool';
  readonly data: readonly (number | string)[];
}

export interface Case {
  readonly case: string;
  readonly op: string;
  readonly inputs: Readonly<Record<string, Packed>>;
  readonly attrs: Readonly<Record<string, unknown>> & { readonly [order in 'input_order' | 'output_order']: readonly string[] };
  readonly outputs: Readonly<Record<string, Packed>>;
  readonly tol: Readonly<Record<'f32' | 'f64', readonly [relative: number, absolute: number]>>;
}

export const unpacked = ({ data }: Packed): number[] => data.map(Number);

/** The inputs of a case in ONNX order (an empty name is an input left out), and its attributes with their defaults. */
export class Node {
  readonly given: Case;
  constructor(given: Case) {
    this.given = given;
  }
  get order(): readonly string[] {
    return this.given.attrs.input_order;
  }
  packed(i: number): Packed | undefined {
    return this.given.inputs[this.order[i] ?? ''];
  }
  x(i = 0, dtype?: 'f32' | 'f64' | 'i32'): Tensor {
    const { shape, dtype: own } = this.packed(i)!;
    return tensor(Float64Array.from(this.numbers(i)), { shape, dtype: dtype ?? (own === 'i64' || own === 'bool' ? 'i32' : own) });
  }
  optional(i: number): Tensor | undefined {
    return this.packed(i) && this.x(i);
  }
  get all(): Tensor[] {
    return this.order.map((_, i) => this.x(i));
  }
  /** An input that says something static: axes, a shape, pads. */
  numbers(i: number): number[] {
    return unpacked(this.packed(i)!);
  }
  attr(name: string, otherwise: number): number;
  attr(name: string, otherwise: string): string;
  attr(name: string, otherwise: readonly number[]): number[];
  attr(name: string, otherwise: unknown): unknown {
    return this.given.attrs[name] ?? otherwise;
  }
  /** An index that may count from the end, as ONNX has it: made positive for an axis of this size. */
  index(i: number, size: number): Tensor {
    const index = this.x(i, 'i32');
    return ops.where(ops.less(index, 0), ops.add(index, size), index);
  }
}

type Runner = (n: Node) => Tensor | Tensor[] | Unsupported;
export interface Unsupported {
  readonly because: string;
}
const because = (reason: string): Unsupported => ({ because: reason });

const unary = (op: (x: Tensor) => Tensor): Runner => (n) => op(n.x());
const binary = (op: (a: Tensor, b: Tensor) => Tensor): Runner => (n) => {
  const [a, b] = n.all;
  return a.dtype === b.dtype ? op(a, b) : because('mixed number types');
};
const floats = (runner: Runner): Runner => (n) => (n.x().dtype === 'i32' ? because('defined on floats only') : runner(n));
const many = (op: (a: Tensor, b: Tensor) => Tensor): Runner => (n) => n.all.reduce((a, b) => op(a, b));

type Reduction = (x: Tensor, options: ops.ReduceOptions) => Tensor;
const reduction = (op: Reduction, empty = true): Runner => (n) => {
  const x = n.x();
  const axes = n.packed(1) === undefined ? [] : n.numbers(1);
  const axis = axes.length > 0 || n.attr('noop_with_empty_axes', 0) === 1 ? axes : x.shape.map((_, a) => a);
  if (!empty && axis.some((a) => x.shape.at(a) === 0)) return because('an extremum of nothing is refused');
  return op(x, { axis, keepDims: n.attr('keepdims', 1) === 1 });
};
const sumAfter = (f: (x: Tensor) => Tensor): Reduction => (x, options) => ops.sum(f(x), options);

const position = (op: typeof ops.argmax): Runner => (n) => {
  const axis = n.attr('axis', 0);
  const options = { axis, keepDims: n.attr('keepdims', 1) === 1 };
  if (n.attr('select_last_index', 0) === 0) return op(n.x(), options);
  return ops.sub(n.x().shape.at(axis)! - 1, op(ops.flip(n.x(), axis), options));
};

/** Pads of a window op, and what has to be said about its other attributes. */
function windows(n: Node, x: Tensor, kernel: readonly number[]) {
  if (x.rank !== 4) return because('windows over two axes only');
  const pair = (name: string) => n.attr(name, [1, 1]) as [number, number];
  const [stride, dilation] = [pair('strides'), pair('dilations')];
  const spans = kernel.map((k, i) => dilation[i]! * (k - 1) + 1);
  let pads = n.attr('pads', [0, 0, 0, 0]);
  if (n.attr('auto_pad', 'NOTSET') !== 'NOTSET') {
    const sizes = x.shape.slice(2);
    const total = sizes.map((size, i) => Math.max(0, (Math.ceil(size / stride[i]!) - 1) * stride[i]! + spans[i]! - size));
    const halves = [Math.floor, Math.ceil].map((round) => total.map((t) => round(t / 2)));
    pads = (n.attr('auto_pad', '') === 'SAME_UPPER' ? halves : halves.toReversed()).flat();
  }
  const extent = [0, 1].map((i) => x.shape[2 + i]! + pads[i]! + pads[2 + i]! - spans[i]!);
  if (n.attr('ceil_mode', 0) === 1 && extent.some((e, i) => e % stride[i]! !== 0)) {
    return because('windows that begin beyond the end (ceil_mode)');
  }
  const widths = [[0, 0], [0, 0], [pads[0]!, pads[2]!], [pads[1]!, pads[3]!]] as [number, number][];
  return { stride, dilation, widths };
}

export const runners: Readonly<Record<string, Runner>> = {
  Abs: unary(ops.abs), Acos: unary(ops.acos), Cos: unary(ops.cos), Exp: unary(ops.exp), Floor: unary(ops.floor),
  Identity: unary((x) => x), Log: unary(ops.log), Neg: unary(ops.neg), Reciprocal: unary(ops.reciprocal),
  Relu: unary(ops.relu), Sigmoid: unary(ops.sigmoid), Sign: unary(ops.sign), Sin: unary(ops.sin), Softplus: unary(ops.softplus),
  Sqrt: unary(ops.sqrt), Tanh: unary(ops.tanh),
  IsNaN: unary((x) => ops.notEqual(x, x)),
  Add: binary(ops.add), Sub: binary(ops.sub), Mul: binary(ops.mul), Div: floats(binary(ops.div)), Pow: floats(binary(ops.pow)),
  Equal: binary(ops.equal), Less: binary(ops.less), LessOrEqual: binary(ops.lessEqual), Greater: binary(ops.greater),
  GreaterOrEqual: binary(ops.greaterEqual), PRelu: binary(ops.prelu), MatMul: binary(ops.matmul),
  Max: many(ops.maximum), Min: many(ops.minimum), Sum: many(ops.add),
  Mean: (n) => ops.mean(ops.stack(n.all), { axis: 0 }),
  LeakyRelu: (n) => ops.prelu(n.x(), n.attr('alpha', 0.01)),
  Clip: (n) => {
    const named = (name: string) => (n.order.includes(name) ? { [name]: n.x(n.order.indexOf(name)) } : {});
    return ops.clamp(n.x(), { ...named('min'), ...named('max') });
  },
  Where: (n) => ops.where(n.x(0, n.x(1).dtype), n.x(1), n.x(2)),
  Dropout: (n) => {
    const x = n.x();
    const y = n.packed(2) === undefined ? x : ops.dropout(x, { rate: n.numbers(1)[0]!, key: ops.key(0) });
    return n.given.attrs.output_order.length === 1 ? y : [y, ops.ones(x.shape)];
  },

  ReduceSum: reduction(ops.sum), ReduceMean: reduction(ops.mean), ReduceMax: reduction(ops.max, false),
  ReduceMin: reduction(ops.min, false), ReduceProd: reduction(ops.prod), ReduceL1: reduction(sumAfter(ops.abs)),
  ReduceL2: reduction(ops.norm), ReduceSumSquare: reduction(sumAfter(ops.square)),
  ReduceLogSum: reduction((x, options) => ops.log(ops.sum(x, options))),
  ReduceLogSumExp: reduction(ops.logSumExp),
  ArgMax: position(ops.argmax), ArgMin: position(ops.argmin),
  Softmax: (n) => ops.softmax(n.x(), { axis: n.attr('axis', -1) }),
  LogSoftmax: (n) => ops.logSoftmax(n.x(), { axis: n.attr('axis', -1) }),
  LpNormalization: (n) =>
    (n.attr('p', 2) === 2 ? ops.normalize(n.x(), { axis: n.attr('axis', -1) }) : because('the 1-norm has no op')),
  CumSum: (n) => {
    const axis = n.numbers(1)[0]!;
    const turn = (x: Tensor): Tensor => (n.attr('reverse', 0) === 1 ? ops.flip(x, axis) : x);
    const x = turn(n.x());
    return turn(n.attr('exclusive', 0) === 1 ? ops.sub(ops.cumsum(x, { axis }), x) : ops.cumsum(x, { axis }));
  },
  TopK: (n) => {
    const options = { axis: n.attr('axis', -1), largest: n.attr('largest', 1) === 1 };
    const { values, indices } = ops.topK(n.x(), n.numbers(1)[0]!, options);
    return [values, indices];
  },

  Reshape: (n) => {
    const keeps = n.attr('allowzero', 0) === 0;
    return ops.reshape(n.x(), n.numbers(1).map((size, a) => (size === 0 && keeps ? n.x().shape[a]! : size)));
  },
  Flatten: (n) => {
    const { shape } = n.x();
    const cut = n.attr('axis', 1) < 0 ? n.attr('axis', 1) + shape.length : n.attr('axis', 1);
    return ops.reshape(n.x(), [shape.slice(0, cut).reduce((a, b) => a * b, 1), -1]);
  },
  Expand: (n) => ops.expand(n.x(), n.given.outputs[n.given.attrs.output_order[0]!]!.shape),
  Squeeze: (n) => (n.packed(1) === undefined ? ops.squeeze(n.x()) : ops.squeeze(n.x(), n.numbers(1))),
  Unsqueeze: (n) => ops.unsqueeze(n.x(), n.numbers(1)),
  Transpose: (n) => ops.permute(n.x(), n.attr('perm', n.x().shape.map((_, a) => n.x().rank - 1 - a))),
  Concat: (n) => ops.concat(n.all, n.attr('axis', 0)),
  Split: (n) => {
    const [x, axis] = [n.x(), n.attr('axis', 0)];
    const size = x.shape[axis]!;
    const parts = Object.keys(n.given.outputs).length;
    const even = Math.ceil(size / parts);
    const equal = Array.from({ length: parts }, (_, i) => Math.min(even, size - i * even));
    let from = 0;
    return (n.packed(1) === undefined ? equal : n.numbers(1)).map((length) =>
      ops.slice(x, x.shape.map((_, a): Range | null => (a === axis ? [from, (from += length)] : null))));
  },
  Slice: (n) => {
    const x = n.x();
    const [starts, ends] = [n.numbers(1), n.numbers(2)];
    const axes = n.packed(3) === undefined ? starts.map((_, i) => i) : n.numbers(3).map((a) => (a < 0 ? a + x.rank : a));
    const steps = n.packed(4) === undefined ? starts.map(() => 1) : n.numbers(4);
    return ops.slice(x, x.shape.map((_, a): Range | null => {
      const i = axes.indexOf(a);
      return i < 0 ? null : [starts[i]!, ends[i]!, steps[i]!];
    }));
  },
  Pad: (n) => {
    if (n.attr('mode', 'constant') !== 'constant') return because('padding with a constant only');
    const x = n.x();
    const pads = n.numbers(1);
    const axes = n.packed(3) === undefined ? x.shape.map((_, a) => a) : n.numbers(3).map((a) => (a < 0 ? a + x.rank : a));
    const widths = x.shape.map((_, a): [number, number] => {
      const i = axes.indexOf(a);
      return i < 0 ? [0, 0] : [pads[i]!, pads[i + axes.length]!];
    });
    return ops.pad(x, widths, n.packed(2) === undefined ? 0 : n.numbers(2)[0]!);
  },
  Gather: (n) => {
    // `take` picks along axis 0: bring the axis there, and the axes of the index to its place afterwards.
    const [x, axis] = [n.x(), n.attr('axis', 0)];
    const index = n.index(1, x.shape[axis]!);
    const rows = ops.take(ops.permute(x, [axis, ...x.shape.map((_, a) => a).filter((a) => a !== axis)]), index);
    const places = rows.shape.map((_, a) => a);
    const [ofIndex, before, after] = [places.splice(0, index.rank), places.splice(0, axis), places];
    return ops.permute(rows, [...before, ...ofIndex, ...after]);
  },
  GatherElements: (n) => ops.gather(n.x(), n.index(1, n.x().shape.at(n.attr('axis', 0))!), n.attr('axis', 0)),
  ScatterElements: (n) => {
    const [x, axis] = [n.x(), n.attr('axis', 0)];
    const index = n.index(1, x.shape.at(axis)!);
    const reduce = n.attr('reduction', 'none');
    if (reduce === 'add') return ops.scatterAdd(x, index, n.x(2), axis);
    if (reduce !== 'none') return because('scattering adds, nothing else');
    const nothing = ops.zeros(x.shape);
    const hit = ops.scatterAdd(nothing, index, ops.ones(index.shape), axis);
    return ops.where(hit, ops.scatterAdd(nothing, index, n.x(2), axis), x);
  },
  Scatter: (n) => runners['ScatterElements']!(n),
  OneHot: (n) => {
    const depth = n.numbers(1)[0]!;
    const index = n.index(0, depth);
    if (Array.from(index.data).some((i) => i < 0 || i >= depth)) return because('a class out of range is an error');
    const [off, on] = n.numbers(2) as [number, number];
    const hot = ops.oneHot(index, depth, { dtype: n.x(2).dtype });
    const axis = n.attr('axis', -1);
    const at = axis < 0 ? axis + hot.rank : axis;
    const order = Array.from({ length: index.rank }, (_, a) => a).toSpliced(at, 0, index.rank);
    return ops.permute(ops.add(ops.mul(hot, on - off), off), order);
  },
  Hardmax: (n) => {
    const axis = n.attr('axis', -1) < 0 ? n.attr('axis', -1) + n.x().rank : n.attr('axis', -1);
    const hot = ops.oneHot(ops.argmax(n.x(), { axis }), n.x().shape[axis]!);
    return ops.permute(hot, Array.from({ length: hot.rank - 1 }, (_, a) => a).toSpliced(axis, 0, hot.rank - 1));
  },
  Range: (n) => ops.arange(n.numbers(0)[0]!, n.numbers(1)[0]!, n.numbers(2)[0]!, { dtype: n.x().dtype }),
  EyeLike: (n) => {
    const { shape: [rows, columns], dtype } = n.x();
    return rows === columns ? ops.eye(rows!, { dtype }) : because('eye is square');
  },

  Einsum: (n) => ops.einsum(n.attr('equation', ''), ...n.all),
  Gemm: (n) => {
    const side = (i: number, name: string): Tensor => (n.attr(name, 0) === 1 ? ops.transpose(n.x(i)) : n.x(i));
    const product = ops.mul(ops.matmul(side(0, 'transA'), side(1, 'transB')), n.attr('alpha', 1));
    const bias = n.optional(2);
    return bias === undefined ? product : ops.add(product, ops.mul(bias, n.attr('beta', 1)));
  },
  Conv: (n) => {
    const plan = windows(n, n.x(), n.x(1).shape.slice(2));
    if ('because' in plan) return plan;
    const { widths, ...steps } = plan;
    const y = ops.conv2d(ops.pad(n.x(), widths), n.x(1), { ...steps, groups: n.attr('group', 1) });
    return n.packed(2) === undefined ? y : ops.add(y, ops.unsqueeze(n.x(2), [1, 2]));
  },
  MaxPool: (n) => {
    const kernel = n.attr('kernel_shape', [1, 1]) as [number, number];
    const plan = windows(n, n.x(), kernel);
    if ('because' in plan) return plan;
    if (Object.keys(n.given.outputs).length > 1) return because('a pool does not tell where its maxima were');
    const { widths, ...steps } = plan;
    return ops.maxPool2d(ops.pad(n.x(), widths, -Infinity), { kernel, ...steps });
  },
  AveragePool: (n) => {
    const kernel = n.attr('kernel_shape', [1, 1]) as [number, number];
    const plan = windows(n, n.x(), kernel);
    if ('because' in plan) return plan;
    const { widths: [, , top, left], ...steps } = plan;
    const countPadding = n.attr('count_include_pad', 0) === 1;
    if (top![0] !== top![1] || left![0] !== left![1]) return because('padding on one side only cannot be left out of a mean');
    return ops.avgPool2d(n.x(), { kernel, ...steps, padding: [top![0], left![0]], countPadding });
  },
  GlobalAveragePool: (n) => ops.mean(n.x(), { axis: [2, 3], keepDims: true }),
  GlobalMaxPool: (n) => ops.max(n.x(), { axis: [2, 3], keepDims: true }),
  BatchNormalization: (n) => {
    const options = { scale: n.x(1), shift: n.x(2), epsilon: n.attr('epsilon', 1e-5) };
    if (n.attr('training_mode', 0) === 0) return ops.batchNorm(n.x(), { ...options, mean: n.x(3), variance: n.x(4) }).y;
    const { y, mean, variance } = ops.batchNorm(n.x(), options);
    const momentum = n.attr('momentum', 0.9);
    const mixed = (old: Tensor, now: Tensor): Tensor => ops.add(ops.mul(old, momentum), ops.mul(now, 1 - momentum));
    return [y, mixed(n.x(3), mean), mixed(n.x(4), variance)];
  },
  LayerNormalization: (n) => {
    const x = n.x();
    const first = n.attr('axis', -1) < 0 ? n.attr('axis', -1) + x.rank : n.attr('axis', -1);
    const axis = x.shape.map((_, a) => a).slice(first);
    const epsilon = n.attr('epsilon', 1e-5);
    const y = ops.layerNorm(x, { axis, scale: n.x(1), shift: n.x(2), epsilon });
    const deviation = ops.sqrt(ops.add(ops.variance(x, { axis, keepDims: true }), epsilon));
    return [y, ops.mean(x, { axis, keepDims: true }), ops.reciprocal(deviation)];
  },
};
