// A loss at a point of a comparison, whoever wrote it: a function over tensors is traced, { value, gradient } over plain
// arrays is called. Both give the value and the gradients of its sum by features and weights.

import { gradient } from '../autodiff/index.ts';
import { demandFunction } from '../base/demand.ts';
import { isFloat } from '../base/dtype.ts';
import { message, ShapeError } from '../base/errors.ts';
import { filled, type Tensor, tensor } from '../graph/tensor.ts';
import { type Trace, trace } from '../graph/trace.ts';
import type { ComparePoint } from './compare-points.ts';
import { isPlain, listsOf, numberOf, type PlainFunction } from './plain.ts';
import { rowsOver } from './position.ts';

/** A loss of features [N, D], class weights [C, D] and labels [N]: one number, or one per sample. */
export type ComparableLoss = ((features: Tensor, weights: Tensor, labels: Tensor) => unknown) | PlainFunction;

export const quantities = ['value', 'features', 'weights'] as const;
export type Quantity = (typeof quantities)[number];

/** What a loss gives at a point: its value, and the gradients of its sum. */
export interface Evaluation extends Readonly<Record<Quantity, Float64Array>> {
  /** Of a function over tensors. */
  readonly trace?: Trace;
}

/** `name` is what errors call the loss. */
export function evaluated(loss: ComparableLoss, point: ComparePoint, name: string): Evaluation {
  if (isPlain(loss, 'compare')) return evaluatedPlain(loss, point, name);
  demandFunction(loss, 'compare', `the loss ${name}`);
  return evaluatedTraced(loss, point);
}

function evaluatedTraced(loss: Exclude<ComparableLoss, PlainFunction>, point: ComparePoint): Evaluation {
  const { samples, classes, dimensions } = point;
  const inputs = [
    tensor(point.features, { shape: [samples, dimensions] }), tensor(point.weights, { shape: [classes, dimensions] }),
    tensor([...point.labels], { dtype: 'i32' }),
  ];
  const traced = trace(loss, inputs);
  const { graph, recorder } = traced;
  const outputs = traced.outputs.filter((id) => isFloat(graph.steps[id]!.dtype));
  const seeds = outputs.map((step) => ({ step, cotangent: filled(1, graph.steps[step]!.shape, graph.steps[step]!.dtype) }));
  const slopes = gradient(recorder, seeds, traced.inputs.slice(0, 2));
  const [features, weights] = slopes.map((slope, i) => Float64Array.from(slope?.data ?? new Float64Array(inputs[i]!.size)));
  const value = Float64Array.from(outputs.flatMap((id) => Array.from<number>(recorder.tensors[id]!.data)));
  return { value, features: features!, weights: weights!, trace: traced };
}

function evaluatedPlain(loss: PlainFunction, point: ComparePoint, name: string): Evaluation {
  const { samples, classes, dimensions } = point;
  // Fresh arrays at every call: code that writes into its arguments must not move the point.
  const inputs = (): never => [
    rowsOver(point.features, [samples, dimensions]), rowsOver(point.weights, [classes, dimensions]), [...point.labels],
  ] as never;
  const value = Float64Array.of(numberOf(loss.value(inputs()), 'compare'));
  const [features, weights] = listsOf(loss.gradient(inputs()), 'compare').map((list) => Float64Array.from(list));
  if (features?.length !== samples * dimensions || weights?.length !== classes * dimensions) {
    throw new ShapeError(message(
      `compare: gradient of ${name} gave ${features?.length ?? 0} and ${weights?.length ?? 0} numbers`,
      `The features have ${samples * dimensions}, the weights ${classes * dimensions}`,
      'Return [gradient of features, gradient of weights]',
    ));
  }
  return { value, features, weights };
}
