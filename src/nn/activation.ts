// Layers that act on every number by itself: ReLU, PReLU with its learned slope, and dropout, which draws its mask from
// the key of the step.

import { DomainError, message } from '../base/errors.ts';
import type { Tensor } from '../graph/index.ts';
import { dropout as drop, prelu as bend, relu as positivePart, reshape } from '../ops/index.ts';
import { demandFloat, demandOptions } from '../ops/operands.ts';
import { constant } from './initializers.ts';
import { demandAxis, demandMode, demandSizes, demandType, demandVariables, type Layer, type Nothing, stateless } from './layer.ts';

/**
 * The positive part.
 *
 * Equation  y = x if x > 0, else 0
 * Shapes    any → the same
 * Gradient  1 for x > 0, else 0 (also at 0)
 */
export function relu(): Layer<Nothing, Nothing> {
  return stateless(positivePart);
}

export type PreluParams = { readonly slope: Tensor };

export interface PreluOptions {
  /** One slope per channel (axis 1), or one for all when 1. Default 1. */
  readonly channels?: number;
  /** Where the slopes start. Default 0.25, as in the paper. */
  readonly slope?: number;
}

/**
 * The positive part, and a learned multiple of the negative part (He et al. 2015).
 *
 * Equation  y = x if x > 0, slope·x if x < 0, 0 at 0
 * Shapes    x [N, channels, ...], or any shape for one slope → the same; slope [channels]
 * Gradient  1 for x > 0, slope for x < 0, 0 at 0; of the slope: x where x < 0, summed over its channel
 * Throws    DomainError for options out of range; ShapeError for another number of channels; DTypeError for i32 or mixed
 *           types
 */
export function prelu(options: PreluOptions = {}): Layer<PreluParams, Nothing> {
  demandOptions(options, ['channels', 'slope'], 'prelu');
  const { channels = 1, slope = 0.25 } = options;
  demandSizes('prelu', { channels });
  const start = constant(slope);
  return {
    init: (key, own = {}) => ({ params: { slope: start(key, [channels], own) }, state: {} }),
    apply: (variables, x) => {
      demandVariables(variables, 'prelu');
      const { params, state } = variables;
      if (channels === 1) demandFloat(x, 'prelu');
      else demandAxis('prelu', x, 1, 'channels', channels);
      demandType('prelu', x, params.slope);
      const placed = channels === 1 ? [] : [channels, ...x.shape.slice(2).map(() => 1)];
      return { y: bend(x, reshape(params.slope, placed)), state };
    },
  };
}

/**
 * In training, sets a random fraction of the numbers to 0 and scales up the rest; otherwise passes x on.
 *
 * Equation  y = x/(1 − rate) where u ≥ rate, else 0, with u uniform in [0, 1) from the key
 * Shapes    any → the same
 * Gradient  1/(1 − rate) where the number was kept, else 0
 * Edges     the same key drops the same numbers; rate 0 needs no key
 * Throws    DomainError for a rate outside [0, 1), a call that does not say whether it trains, or training without a key
 */
export function dropout(layer: { readonly rate: number }): Layer<Nothing, Nothing> {
  demandOptions(layer, ['rate'], 'dropout');
  const { rate } = layer;
  if (!(rate >= 0 && rate < 1)) {
    throw new DomainError(message(`dropout: rate ${rate}`, 'The rate lies in [0, 1)', 'Use 0 to drop nothing'));
  }
  return {
    init: () => ({ params: {}, state: {} }),
    apply: (variables, x, options) => {
      demandVariables(variables, 'dropout');
      const { state } = variables;
      demandMode(options, 'dropout');
      const { train, key } = options;
      if (!train || rate === 0) return { y: x, state };
      if (key === undefined) {
        throw new DomainError(message(
          `dropout: training at rate ${rate} without a key`,
          'Randomness comes from a key', 'Pass { train: true, key: foldIn(key, step) }'));
      }
      return { y: drop(x, { rate, key }), state };
    },
  };
}
