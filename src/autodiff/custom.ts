// customGradient: a function with a derivative rule of the user's own. Function and rule are traced once into two
// small programs held by one `custom` step, so the step prints, compiles and differentiates again. The checker runs
// it through its function: a rule that is not the function's derivative fails there (declare such a rule with
// `surrogate` instead).

import { demandFunction } from '../base/demand.ts';
import { DTypeError, message, ShapeError } from '../base/errors.ts';
import { sameShape, shapeText } from '../base/shape.ts';
import { input } from '../graph/intrinsics.ts';
import type { Fragment } from '../graph/graph.ts';
import type { Typed } from '../graph/primitive.ts';
import { currentRecorder, record, Recorder } from '../graph/recorder.ts';
import { isTensor, type Tensor } from '../graph/tensor.ts';
import { custom } from '../primitives/index.ts';
import { zerosLike } from './gradient.ts';

/** Cotangents of the inputs from the inputs, the result and its cotangent; null where there is no path. */
export type CustomRule = (context: { inputs: readonly Tensor[]; out: Tensor; grad: Tensor }) => readonly (Tensor | null)[];

/**
 * f with the derivative `rule`.
 *
 * Shapes    f(...tensors) → one tensor; the rule gives one cotangent per input, of the input's shape
 * Gradient  the rule, which is made of steps and can be differentiated again
 * Throws    TraceError when f or the rule reads a value or uses a tensor of the surrounding trace; ShapeError when a
 *           cotangent has another shape than its input or one is missing, DTypeError when it has another type
 */
export function customGradient(f: (...inputs: Tensor[]) => Tensor, rule: CustomRule) {
  demandFunction(f, 'customGradient');
  demandFunction(rule, 'customGradient', 'the rule');
  return (...inputs: Tensor[]): Tensor => {
    if (currentRecorder() === undefined) return f(...inputs);
    const forward = fragment(inputs, (xs) => [f(...xs)]);
    const out = forward.graph.steps[forward.outputs[0]!]!;
    const backward = fragment([...inputs, out, out], (xs) => {
      const own = xs.slice(0, inputs.length);
      const parts = rule({ inputs: own, out: xs[inputs.length]!, grad: xs[inputs.length + 1]! });
      if (!Array.isArray(parts) || parts.length !== own.length) {
        throw new ShapeError(message(`customGradient: the rule gives ${Array.isArray(parts) ? `${parts.length} cotangents` : `a ${typeof parts}`} for ${own.length} inputs`, 'It gives one cotangent per input, null where there is no path', 'Return a list of them'));
      }
      return own.map((x, i) => {
        const part = parts[i] ?? zerosLike(x);
        if (!isTensor(part) || part.dtype !== x.dtype) {
          throw new DTypeError(message(`customGradient: cotangent ${i} is ${isTensor(part) ? part.dtype : `a ${typeof part}`}`, `Input ${i} is ${x.dtype}`, 'Give a tensor of the type of the input'));
        }
        if (!sameShape(part.shape, x.shape)) {
          throw new ShapeError(message(`customGradient: cotangent ${i} has shape ${shapeText(part.shape)}`, `Input ${i} has shape ${shapeText(x.shape)}`, 'Sum over the axes that were broadcast'));
        }
        return part;
      });
    });
    return custom(inputs, { forward, backward });
  };
}

/** Records a function of these types on its own, without numbers. */
function fragment(types: readonly Typed[], body: (xs: readonly Tensor[]) => readonly Tensor[]): Fragment {
  const recorder = new Recorder('abstract', { outer: currentRecorder() });
  return record(recorder, () => {
    const xs = types.map(({ shape, dtype }) => recorder.append(input, [], { shape, dtype }, { shape, dtype }));
    const outputs = body(xs).map((x) => recorder.stepOf(x).id);
    return { graph: recorder.graph, inputs: xs.map((x) => recorder.stepOf(x).id), outputs };
  });
}
