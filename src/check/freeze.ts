// The frozen program: what a derivative with stopped and surrogate paths is the true derivative of. At a base point
// every stopGradient becomes the constant it has there, every surrogate(value, proxy) becomes
// value₀ + (proxy − proxy₀). Then adjoints, dual numbers and differences must agree with no list of exceptions.

import { message, ShapeError } from '../base/errors.ts';
import type { Bindings } from '../graph/evaluate.ts';
import type { Fragment, Graph, Step } from '../graph/graph.ts';
import { input } from '../graph/intrinsics.ts';
import { apply, record, Recorder } from '../graph/recorder.ts';
import { fromValue, type Tensor } from '../graph/tensor.ts';
import { replay } from '../graph/trace.ts';
import type { Value } from '../graph/value.ts';
import { add, sub } from '../primitives/index.ts';

export interface FrozenStep {
  /** The step of the original program (the custom step, for what is frozen inside one). */
  readonly step: number;
  readonly kind: 'stop' | 'surrogate';
  readonly label?: string;
}

export interface Frozen {
  readonly fragment: Fragment;
  /** Step of the original program → step of the frozen one; −1 for steps no output needs. */
  readonly steps: readonly number[];
  readonly frozen: readonly FrozenStep[];
  /** Holds the values of the frozen program at the base point. */
  readonly recorder: Recorder;
}

/** The frozen program of a fragment whose inputs have the values `base`. */
export function freeze(fragment: Fragment, base: readonly Value[]): Frozen {
  if (base.length !== fragment.inputs.length) {
    throw new ShapeError(message(
      `freeze: ${base.length} values for ${fragment.inputs.length} inputs`, 'Every input has a value at the base point',
      'Pass the values in the order of the inputs'
    ));
  }
  const recorder = new Recorder('concrete');
  const steps = new Array<number>(fragment.graph.steps.length).fill(-1);
  const frozen: FrozenStep[] = [];
  const keep = (from: Step, tensor: Tensor): Tensor => {
    const to = recorder.stepOf(tensor);
    steps[from.id] = to.id;
    if (from.label !== undefined) to.label = from.label;
    if (from.role !== undefined) to.role = from.role;
    if (from.scope !== undefined) to.scope = from.scope;
    if (from.source !== undefined) to.source = from.source;
    return tensor;
  };
  return record(recorder, () => {
    const inputs = fragment.inputs.map((id, i) => keep(fragment.graph.steps[id]!, entered(recorder, base[i]!)));
    const outputs = replay(fragment, inputs, (step, given) => keep(step, frozenStep(step, given, frozen)));
    const boundary = { inputs: fragment.inputs.map((id) => steps[id]!), outputs: outputs.map((x) => recorder.stepOf(x).id) };
    return { fragment: { graph: recorder.graph, ...boundary }, steps, frozen, recorder };
  });
}

/** A value as an input step of a recorder. */
export function entered(recorder: Recorder, value: Value): Tensor {
  return recorder.append(input, [], { shape: value.shape, dtype: value.dtype, value }, fromValue(value));
}

function frozenStep(step: Step, given: readonly Tensor[], frozen: FrozenStep[]): Tensor {
  const { primitive, params } = step;
  const note = (kind: FrozenStep['kind'], name = step.label): void => {
    frozen.push({ step: step.id, kind, ...(name !== undefined && { label: name }) });
  };
  if (primitive.kind !== 'control') return apply(primitive, given, params);
  if (primitive.control === 'stop') {
    note('stop');
    return constantAt(given[0]!);
  }
  if (primitive.control === 'surrogate') {
    note('surrogate');
    const [value, proxy] = given;
    return add(constantAt(value!), sub(proxy!, constantAt(proxy!)));
  }
  if (primitive.control === 'custom') {
    const inner = freeze(params['forward'] as Fragment, given.map((x) => x.read()));
    for (const found of inner.frozen) note(found.kind, found.label);
    return apply(primitive, given, { ...params, forward: inner.fragment });
  }
  return apply(primitive, given, params);
}

/** The same numbers with no history: a constant of the trace that meets them. */
function constantAt(x: Tensor): Tensor {
  return fromValue(x.read());
}

/** The program with the bound steps as inputs, recorded at their values; what only they needed is left out. */
export function cutAt(graph: Graph, outputs: readonly number[], bindings: Bindings): Pick<Frozen, 'recorder' | 'steps'> {
  const recorder = new Recorder('concrete');
  const needed = graph.live(outputs, bindings);
  const tensors: Tensor[] = [];
  const steps = new Array<number>(graph.steps.length).fill(-1);
  record(recorder, () => {
    for (const step of graph.steps) {
      if (!needed[step.id]) continue;
      const bound = bindings.get(step.id);
      const given = (): Tensor[] => step.inputs.map((id) => tensors[id]!);
      const tensor = bound === undefined ? apply(step.primitive, given(), step.params) : entered(recorder, bound);
      tensors[step.id] = tensor;
      steps[step.id] = recorder.stepOf(tensor).id;
    }
  });
  return { recorder, steps };
}
