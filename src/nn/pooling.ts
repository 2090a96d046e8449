// Layers that only look at an image another way or summarise its places: pools, the mean over all places, and flatten.
// They learn nothing; the pools are those of the ops.

import { message, ShapeError } from '../base/errors.ts';
import { shapeText, sizeOf } from '../base/shape.ts';
import {
  avgPool2d as meanOfWindows, type AveragePoolOptions, maxPool2d as maxOfWindows, mean, reshape, type WindowOptions,
} from '../ops/index.ts';
import { demandFloat, demandOptions, demandTensor } from '../ops/operands.ts';
import { demandSizes, type Layer, type Nothing, stateless } from './layer.ts';

/**
 * The largest number of each window.
 *
 * Shapes    x [..., H, W] → [..., OH, OW]; the stride is the kernel by default
 * Gradient  to the maximum of each window, shared evenly by tied numbers
 * Edges     the padding is −∞, so it never wins
 * Throws    ShapeError when no window fits; DomainError for padding beyond half the window; DTypeError for i32
 */
export function maxPool2d(options: WindowOptions): Layer<Nothing, Nothing> {
  demandOptions(options, ['kernel', 'stride', 'padding', 'dilation'], 'maxPool2d');
  return stateless((x) => maxOfWindows(x, options));
}

/**
 * The mean of each window.
 *
 * Shapes    x [..., H, W] → [..., OH, OW]; the stride is the kernel by default
 * Gradient  the cotangent of each window shared evenly by its numbers
 * Edges     the padding is 0 and counts, unless countPadding is false
 * Throws    ShapeError when no window fits; DomainError for padding beyond half the window; DTypeError for i32
 */
export function avgPool2d(options: AveragePoolOptions): Layer<Nothing, Nothing> {
  demandOptions(options, ['kernel', 'stride', 'padding', 'dilation', 'countPadding'], 'avgPool2d');
  return stateless((x) => meanOfWindows(x, options));
}

/**
 * The mean over all places of an image.
 *
 * Shapes    x [N, C, ...] → [N, C]
 * Gradient  the cotangent shared evenly by all places
 * Throws    ShapeError for x without places or with none on an axis; DTypeError for i32
 */
export function globalAveragePool(): Layer<Nothing, Nothing> {
  return stateless((x) => {
    demandFloat(x, 'globalAveragePool');
    if (x.rank < 3) {
      throw new ShapeError(message(
        `globalAveragePool: x ${shapeText(x.shape)}`,
        'x is [N, C, ...] with at least one axis of places', 'Look for a flatten in front'));
    }
    return mean(x, { axis: x.shape.map((_, axis) => axis).slice(2) });
  });
}

/**
 * All axes from one on as a single axis.
 *
 * Shapes    x [N, ...] → [N, F]; with `from`, that many leading axes stay (default 1)
 * Gradient  the cotangent reshaped back
 * Throws    DomainError for `from` that is no whole number ≥ 1; ShapeError for fewer axes than stay
 */
export function flatten(options: { readonly from?: number } = {}): Layer<Nothing, Nothing> {
  demandOptions(options, ['from'], 'flatten');
  const { from = 1 } = options;
  demandSizes('flatten', { from });
  return stateless((x) => {
    demandTensor(x, 'flatten');
    if (x.rank < from) {
      throw new ShapeError(message(`flatten: x ${shapeText(x.shape)}`, `${from} leading axes stay`, 'Check the layer before'));
    }
    return reshape(x, [...x.shape.slice(0, from), sizeOf(x.shape.slice(from))]);
  });
}
