// Steps that say something about a derivative and change no number: stopGradient, surrogate, custom (and alias, which
// the graph itself defines). A custom step holds two recorded programs, its value and its rule, so it can be printed,
// compiled and differentiated again like any other step.

import { DTypeError, message, ShapeError } from '../base/errors.ts';
import { sameShape, shapeText } from '../base/shape.ts';
import { evaluate } from '../graph/evaluate.ts';
import { alias as alias_ } from '../graph/intrinsics.ts';
import type { Fragment } from '../graph/graph.ts';
import type { ControlPrimitive } from '../graph/primitive.ts';
import { apply } from '../graph/recorder.ts';
import type { Tensor } from '../graph/tensor.ts';
import { replay } from '../graph/trace.ts';

const stop_: ControlPrimitive = {
  name: 'stopGradient', kind: 'control', control: 'stop',
  vjp: [null],
  print: ([x]) => `stop(${x!})`,
  type: ([x]) => x!,
  run: ([x]) => x!,
};

const surrogate_: ControlPrimitive = {
  name: 'surrogate', kind: 'control', control: 'surrogate',
  vjp: [null, ({ grad }) => grad],
  print: ([value, proxy]) => `surrogate(${value!}, ${proxy!})`,
  type: ([value, proxy]) => {
    if (!sameShape(value!.shape, proxy!.shape)) {
      throw new ShapeError(message(`surrogate: value ${shapeText(value!.shape)}, proxy ${shapeText(proxy!.shape)}`, 'Value and proxy have one shape', 'Expand the proxy'));
    }
    if (value!.dtype !== proxy!.dtype) {
      throw new DTypeError(message(`surrogate: value ${value!.dtype}, proxy ${proxy!.dtype}`, 'Value and proxy have one type', 'Cast one of them'));
    }
    return value!;
  },
  run: ([value]) => value!,
};

/** The two recorded programs of a custom step. */
export interface CustomParams {
  readonly forward: Fragment;
  /** Inputs: those of the step, its result, the cotangent. Outputs: one cotangent per input. */
  readonly backward: Fragment;
}

const custom_: ControlPrimitive = {
  name: 'custom', kind: 'control', control: 'custom',
  vjp: [({ out, grad, params, index }, ...inputs) => {
    const { backward } = params as unknown as CustomParams;
    return replay({ ...backward, outputs: [backward.outputs[index]!] }, [...inputs, out, grad])[0]!;
  }],
  print: (inputs) => `custom(${inputs.join(', ')})`,
  type: (_, params) => {
    const { graph, outputs } = (params as unknown as CustomParams).forward;
    return graph.steps[outputs[0]!]!;
  },
  run: (values, params) => {
    const { graph, inputs, outputs } = (params as unknown as CustomParams).forward;
    return evaluate(graph, outputs, new Map(inputs.map((id, i) => [id, values[i]!])))[outputs[0]!]!;
  },
};

/** The same value as a new step, so that it can bear a label of its own or be differentiated on its own. */
export const alias = (x: Tensor): Tensor => apply(alias_, [x]);

/** The same value with no path for gradients: a constant to every derivative. */
export const stopGradient = (x: Tensor): Tensor => apply(stop_, [x]);

/** The bits of `value` with the gradient of `proxy` (the straight-through device): ∂value ≔ 0, ∂proxy ≔ cotangent. */
export const surrogate = (value: Tensor, proxy: Tensor): Tensor => apply(surrogate_, [value, proxy]);

export const custom = (inputs: readonly Tensor[], params: CustomParams): Tensor =>
  apply(custom_, inputs, params as unknown as Record<string, unknown>);

export const control = [alias_, stop_, surrogate_, custom_];
