// Windows over the last two axes: unfold shows them, and convolution and pooling are what one does with them, a
// contraction, a maximum, a mean. The view costs nothing, so a convolution never builds its patches in memory.

import { DomainError, message, ShapeError } from '../base/errors.ts';
import { shapeText } from '../base/shape.ts';
import { filled, type Tensor } from '../graph/tensor.ts';
import {
  contract, div, fold as foldWindows, padEdges, permute, reshape, slice, sumAxes, unfold as unfoldWindows, type Window,
} from '../primitives/index.ts';
import { demandFloat, demandOptions, demandSameType, demandTensor } from './operands.ts';
import { max, sum } from './reduce.ts';

/** One number for both axes, or [height, width]. */
export type Pair = number | readonly [number, number];

export interface StepOptions {
  /** Distance between windows. Default 1; pools default to the kernel, so that windows do not overlap. */
  readonly stride?: Pair;
  /** Elements added on every side. Default 0. */
  readonly padding?: Pair;
  /** Distance between the elements of a window. Default 1. */
  readonly dilation?: Pair;
}

export interface WindowOptions extends StepOptions {
  readonly kernel: Pair;
}

interface Plan extends Window {
  readonly padding: readonly [number, number];
}

function pairOf(value: Pair, least: number, what: string, who: string): readonly [number, number] {
  const pair = typeof value === 'number' ? [value, value] as const : value;
  if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((n) => Number.isInteger(n) && n >= least)) {
    throw new DomainError(message(
      `${who}: ${what} ${JSON.stringify(value)}`,
      `It is a whole number ≥ ${least}, or two of them for height and width`, 'Check the options'));
  }
  return pair;
}

function planOf(options: WindowOptions, who: string, more: readonly string[] = []): Plan {
  demandOptions(options, ['kernel', 'stride', 'padding', 'dilation', ...more], who);
  const { kernel, stride = 1, padding = 0, dilation = 1 } = options;
  return {
    kernel: pairOf(kernel, 1, 'kernel', who),
    stride: pairOf(stride, 1, 'stride', who),
    padding: pairOf(padding, 0, 'padding', who),
    dilation: pairOf(dilation, 1, 'dilation', who),
  };
}

/** The windows of x with `fill` around it, after checking that at least one fits. */
function windowsOf(x: Tensor, plan: Plan, fill: number, who: string): Tensor {
  const [h, w] = plan.padding;
  const spans = plan.kernel.map((k, i) => plan.dilation[i]! * (k - 1) + 1);
  if (x.rank < 2 || spans.some((span, i) => x.shape.at(i - 2)! + 2 * plan.padding[i]! < span)) {
    const [kernel, padding, dilation] = [plan.kernel, plan.padding, plan.dilation].map(shapeText);
    throw new ShapeError(message(
      `${who}: windows ${kernel} (padding ${padding}, dilation ${dilation}) over ${shapeText(x.shape)}`,
      'At least one window fits on each of the last two axes', 'Pad more or use a smaller kernel'));
  }
  const none = x.shape.slice(0, -2).map(() => [0, 0, 0] as const);
  return unfoldWindows(padEdges(x, [...none, [h, h, 0], [w, w, 0]], fill), plan);
}

/**
 * Every window of the last two axes, as two more axes; a view.
 *
 * Shapes    [..., H, W] → [..., OH, OW, KH, KW] with OH = ⌊(H + 2·padding − dilation·(KH − 1) − 1)/stride⌋ + 1
 * Gradient  the cotangents of all windows an element is in, added up (`fold`)
 * Edges     the padding is 0
 * Throws    ShapeError when no window fits; DomainError for sizes that are no whole numbers
 */
export function unfold(x: Tensor, options: WindowOptions): Tensor {
  demandTensor(x, 'unfold');
  return windowsOf(x, planOf(options, 'unfold'), 0, 'unfold');
}

/**
 * Windows added back to where they were: the adjoint of `unfold`, not its inverse.
 *
 * Shapes    [..., OH, OW, KH, KW] → [..., H, W] with [H, W] = size
 * Gradient  the windows of the cotangent (`unfold`)
 * Throws    ShapeError for windows that are not those of the size; DomainError for sizes that are no whole numbers
 */
export function fold(x: Tensor, options: WindowOptions & { readonly size: Pair }): Tensor {
  demandFloat(x, 'fold');
  const plan = planOf(options, 'fold', ['size']);
  const [height, width] = pairOf(options.size, 1, 'size', 'fold');
  const [h, w] = plan.padding;
  const padded = foldWindows(x, { ...plan, size: [height + 2 * h, width + 2 * w] });
  return slice(padded, [...padded.shape.slice(0, -2).map(() => null), [h, h + height], [w, w + width]]);
}

export interface ConvOptions extends StepOptions {
  /** Channels are cut into this many groups that do not see each other. Default 1. */
  readonly groups?: number;
}

/**
 * Two-dimensional convolution (cross-correlation, as everywhere in deep learning).
 *
 * Equation  y_noij = Σ_cab w_ocab · x_(n, c, i·stride + a·dilation − padding, j·stride + b·dilation − padding)
 * Shapes    x [N, C, H, W], w [O, C/groups, KH, KW] → [N, O, OH, OW]
 * Gradient  of w: the windows contracted with the cotangent; of x: the contraction folded back
 * Edges     the padding is 0
 * Throws    ShapeError for ranks, channels or groups that do not fit, or when no window fits; DTypeError for i32 or
 *           mixed types; DomainError for sizes that are no whole numbers
 */
export function conv2d(x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor {
  demandFloat(x, 'conv2d');
  demandFloat(w, 'conv2d');
  demandSameType('conv2d', x, w);
  const [N, C, H, W] = x.shape as [number, number, number, number];
  const [O, perGroup, KH, KW] = w.shape as [number, number, number, number];
  demandOptions(options, ['stride', 'padding', 'dilation', 'groups'], 'conv2d');
  const { groups = 1, ...steps } = options;
  if (x.rank !== 4 || w.rank !== 4 || perGroup * groups !== C || !(groups >= 1) || O % groups !== 0) {
    throw new ShapeError(message(
      `conv2d: x ${shapeText(x.shape)}, w ${shapeText(w.shape)}, groups ${groups}`,
      'x is [N, C, H, W] and w [O, C/groups, KH, KW], and groups divides C and O', 'Check the channels'));
  }
  const plan = planOf({ ...steps, kernel: [KH, KW] }, 'conv2d');
  // u [N, G, C/G, OH, OW, KH, KW] and w [G, O/G, C/G, KH, KW]: the weights come first, so that the result keeps the
  // places of an image next to each other.
  const u = windowsOf(reshape(x, [N, groups, perGroup, H, W]), plan, 0, 'conv2d');
  const grouped = reshape(w, [groups, O / groups, perGroup, KH, KW]);
  const product = contract(grouped, u, { batch: [[0, 1]], sum: [[2, 2], [3, 5], [4, 6]] });
  return reshape(permute(product, [2, 0, 1, 3, 4]), [N, O, u.shape[3]!, u.shape[4]!]);
}

function poolPlan(x: Tensor, options: WindowOptions, who: string, more: readonly string[] = []): Plan {
  demandFloat(x, who);
  demandOptions(options, ['kernel', 'stride', 'padding', 'dilation', ...more], who);
  const plan = planOf({ ...options, stride: options.stride ?? options.kernel }, who, more);
  if (plan.padding.some((p, i) => 2 * p > plan.kernel[i]!)) {
    throw new DomainError(message(
      `${who}: padding ${shapeText(plan.padding)} for windows ${shapeText(plan.kernel)}`,
      'The padding is at most half the window, or a window would see nothing', 'Use a smaller padding'));
  }
  return plan;
}

/**
 * The largest element of each window.
 *
 * Shapes    [..., H, W] → [..., OH, OW]; the stride is the kernel by default
 * Gradient  to the maximum of each window, shared evenly by tied elements
 * Edges     the padding is −∞, so it never wins; NaN counts as the maximum
 * Throws    ShapeError when no window fits; DomainError for padding beyond half the window; DTypeError for i32
 */
export function maxPool2d(x: Tensor, options: WindowOptions): Tensor {
  const plan = poolPlan(x, options, 'maxPool2d');
  return max(windowsOf(x, plan, -Infinity, 'maxPool2d'), { axis: [-2, -1] });
}

export interface AveragePoolOptions extends WindowOptions {
  /** Whether the zeros of the padding count as elements. Default true. */
  readonly countPadding?: boolean;
}

/**
 * The mean of each window.
 *
 * Equation  avgPool2d(x) = Σ window / n
 * Shapes    [..., H, W] → [..., OH, OW]; the stride is the kernel by default
 * Gradient  the cotangent of each window shared evenly by its elements
 * Edges     the padding is 0 and counts, unless countPadding is false: then n is the number of real elements
 * Throws    ShapeError when no window fits; DomainError for padding beyond half the window; DTypeError for i32
 */
export function avgPool2d(x: Tensor, options: AveragePoolOptions): Tensor {
  const plan = poolPlan(x, options, 'avgPool2d', ['countPadding']);
  const total = sum(windowsOf(x, plan, 0, 'avgPool2d'), { axis: [-2, -1] });
  if ((options.countPadding ?? true) || plan.padding.every((p) => p === 0)) return div(total, plan.kernel[0] * plan.kernel[1]);
  const real = filled(1, x.shape.slice(-2), x.dtype);
  return div(total, reshape(sumAxes(windowsOf(real, plan, 0, 'avgPool2d'), [2, 3]), total.shape.slice(-2)));
}
