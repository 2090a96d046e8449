// From a function to a program and back: `trace` runs a function under a recorder and keeps the graph, `replay`
// applies a recorded program to other tensors (in whatever trace is open then).

import { demandFunction, demandList, demandOptions } from '../base/demand.ts';
import { DTypeError, message } from '../base/errors.ts';
import type { FloatDType } from '../base/dtype.ts';
import { type Flat, flatten, type Tree } from '../base/tree.ts';
import type { Fragment, Graph, Step } from './graph.ts';
import { input } from './intrinsics.ts';
import type { Params } from './primitive.ts';
import { apply, type Mode, record, Recorder, refusePromise } from './recorder.ts';
import { floatTypeOf, isTensor, lift, type Operand, Tensor } from './tensor.ts';

export interface Trace extends Fragment {
  readonly recorder: Recorder;
  /** The tree of output tensors the function returned. */
  readonly result: Flat<Tensor>;
}

const isOperand = (x: unknown): x is Operand => isTensor(x) || typeof x === 'number';

const liftLeaves = ({ leaves, paths, rebuild }: Flat<Operand>, dtype: FloatDType): Flat<Tensor> =>
  ({ leaves: leaves.map((x) => lift(x, dtype)), paths, rebuild });

/** Numbers among the leaves of arguments become rank-0 tensors of the program's float type, which is theirs or given. */
export function liftTrees(trees: readonly unknown[], given?: FloatDType): Flat<Tensor>[] {
  const flats = trees.map((tree) => flatten(tree, isOperand));
  const dtype = given ?? floatTypeOf(...flats.map(({ leaves }) => leaves));
  return flats.map((flat) => liftLeaves(flat, dtype));
}

export function floatTypeOfTrees(trees: readonly unknown[]): FloatDType {
  return floatTypeOf(...trees.map((tree) => flatten(tree, isOperand).leaves));
}

/** The tensors a traced function returned, or a DTypeError when it returned something else. */
export function flattenResult(result: unknown, who: string): Flat<Tensor> {
  refusePromise(result);
  const flat = flatten(result, isOperand);
  if (flat.leaves.length === 0) {
    throw new DTypeError(message(`${who}: the function returned ${result === undefined ? 'nothing' : result === null ? 'null' : typeof result}`, 'It returns a tensor or a tree of tensors', 'Add the return statement'));
  }
  return liftLeaves(flat, floatTypeOf(flat.leaves));
}

export interface TraceOptions {
  readonly mode?: Mode;
  /** Remember the source line of every step. */
  readonly positions?: boolean;
}

/**
 * Records what `f` does with these inputs (tensors or trees of them) as a graph.
 *
 * Gradient  the graph holds the forward steps only; gradients of a traced function are further steps of a new trace
 * Throws    TraceError for an async function, or (abstract mode) when a value is read; whatever the steps throw
 */
export function trace(f: (...inputs: never[]) => unknown, inputs: readonly unknown[], options: TraceOptions = {}): Trace {
  demandFunction(f, 'trace');
  demandList(inputs, 'inputs', 'trace');
  demandOptions(options, ['mode', 'positions'], 'trace');
  const recorder = new Recorder(options.mode ?? 'concrete');
  return record(recorder, () => {
    const ids: number[] = [];
    const trees = liftTrees(inputs).map(({ leaves, rebuild }) => rebuild(leaves.map((x) => {
      const fresh = recorder.append(input, [], inputParams(x, recorder.mode), x);
      ids.push(recorder.stepOf(fresh).id);
      return fresh;
    })));
    // An argument is written where the function names it, not where it is passed.
    recorder.positions = options.positions ?? false;
    const result = flattenResult((f as (...args: unknown[]) => unknown)(...trees), 'trace');
    const outputs = result.leaves.map((x) => recorder.stepOf(x).id);
    return { recorder, graph: recorder.graph, inputs: ids, outputs, result };
  });
}

function inputParams(x: Tensor, mode: Mode): Params {
  const typed = { shape: x.shape, dtype: x.dtype };
  return mode === 'concrete' ? { ...typed, value: x.read() } : typed;
}

/** Applies a recorded program to other tensors; `replace` may give a step another tensor than its own. */
export function replay(
  fragment: Fragment,
  inputs: readonly Tensor[],
  replace?: (step: Step, inputs: readonly Tensor[]) => Tensor | undefined,
): Tensor[] {
  const { graph, outputs } = fragment;
  const live = graph.live(outputs);
  const tensors: Tensor[] = [];
  fragment.inputs.forEach((id, i) => (tensors[id] = inputs[i]!));
  for (const step of graph.steps) {
    if (!live[step.id] || tensors[step.id] !== undefined) continue;
    const given = step.inputs.map((id) => tensors[id]!);
    tensors[step.id] = replace?.(step, given) ?? apply(step.primitive, given, step.params);
  }
  return outputs.map((id) => tensors[id]!);
}

export type { Graph, Tree };
