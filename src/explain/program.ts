// The program behind an explanation. An explanation is plain data; whoever asks it a further question (who contributed,
// how exact, what if nothing were stopped) needs the recorded steps, which are kept beside it for as long as it lives.
// Here too: running those steps again in another float type, with some of them replaced.

import { isFloat, type FloatDType, type TypedArray } from '../base/dtype.ts';
import { DomainError, message } from '../base/errors.ts';
import { shapeText } from '../base/shape.ts';
import {
  apply, floatTypeOf, type Fragment, input, record, Recorder, replay, type Step, type Tensor, type Trace, Value,
} from '../graph/index.ts';
import type { Params } from '../graph/primitive.ts';
import type { Explanation, Line } from './explanation.ts';

const programs = new WeakMap<Explanation, { readonly traced: Trace; readonly given: readonly string[] }>();

/** Keeps the recorded steps of an explanation within reach, and the names its inputs were given by the caller. */
export function keepProgram(explanation: Explanation, traced: Trace, given: readonly string[]): Explanation {
  programs.set(explanation, { traced, given });
  return explanation;
}

/** The recorded steps of an explanation; those of its derivative stand behind them. */
export function programOf(explanation: Explanation, who: string): Trace {
  const found = programs.get(explanation)?.traced;
  if (found !== undefined) return found;
  throw new DomainError(message(
    `${who}: an explanation without its program`,
    'The recorded steps stay with the object that explain returned and are not part of its JSON', 'Call explain again'));
}

/** True for a line that the function or the caller has named, and for the result. */
export function hasOwnName({ inputs, result }: Explanation, { number, label }: Line): boolean {
  return label !== undefined || inputs.includes(number) || number === result;
}

/** An entry of a line, and its place in row-major order. */
export interface Entry {
  readonly line: Line;
  readonly index: readonly number[];
  readonly place: number;
}

/** The entry that a text such as `w[3, 17]` names; of a line of rank 0 the name alone. An input also has the caller's name. */
export function entryOf(explanation: Explanation, text: string, who: string): Entry {
  const { lines, inputs } = explanation;
  const given = programs.get(explanation)?.given ?? [];
  const named = (asked: string | undefined): Line | undefined =>
    lines.find(({ name }) => name === asked) ?? lines.find(({ number }) => given[inputs.indexOf(number)] === asked);
  const rank0 = named(text);
  const whole = rank0?.shape.length === 0 ? rank0 : undefined;
  const [, name = text, list] = whole === undefined ? /^(.*?)\s*\[\s*(\d+(?:\s*,\s*\d+)*)\s*\]$/.exec(text) ?? [] : [];
  const line = whole ?? named(name);
  if (line === undefined) {
    const bare = /^(.*?)\s*\[(.*)\]$/.exec(text);
    const indexed = bare === null ? undefined : named(bare[1]);
    if (indexed !== undefined) {
      const last = indexed.shape.map((n) => Math.max(0, n - 1));
      throw new DomainError(message(
        `${who}: the entry '${text}'`, `${indexed.name} has the shape ${shapeText(indexed.shape)}, and an index is made of whole numbers from 0`,
        `Name an entry such as ${entryText(indexed, last)}`));
    }
    const known = lines.filter((found) => hasOwnName(explanation, found)).map((found) => found.name);
    throw new DomainError(message(`${who}: there is no line '${name}'`, `The names are ${known.join(', ')}`, 'Choose one of them'));
  }
  const index = list?.split(',').map(Number) ?? [];
  if (index.length !== line.shape.length || index.some((i, axis) => i >= line.shape[axis]!)) {
    const last = line.shape.map((n) => Math.max(0, n - 1));
    throw new DomainError(message(
      `${who}: the entry '${text}'`, `${line.name} has the shape ${shapeText(line.shape)}`, `Name an entry such as ${entryText(line, last)}`));
  }
  return { line, index, place: index.reduce((at, i, axis) => at * line.shape[axis]! + i, 0) };
}

export const entryText = ({ name }: Line, index: readonly number[]): string =>
  (index.length === 0 ? name : `${name}[${index.join(', ')}]`);

/** A program run again: where its steps went, and what holds their values. */
export interface Rerun {
  readonly recorder: Recorder;
  readonly fragment: Fragment;
  /** The tensor of a step of the original program; undefined for one that no output needs. */
  readonly tensors: readonly (Tensor | undefined)[];
}

/** Gives a step another tensor than its own; `own` runs the step as it is. */
export type Change = (step: Step, given: readonly Tensor[], own: () => Tensor) => Tensor;

/** The forward steps run again in one float type at the same point. */
export function rerun(traced: Trace, dtype: FloatDType, change: Change = (_step, _given, own) => own()): Rerun {
  const recorder = new Recorder('concrete');
  const tensors: (Tensor | undefined)[] = [];
  return record(recorder, () => {
    const inputs = traced.inputs.map((id) => {
      const fresh = leaf(inType(traced.recorder.tensors[id]!.read(), dtype));
      return (tensors[id] = change(traced.graph.steps[id]!, [], () => fresh));
    });
    const outputs = replay(traced, inputs, (step, given) => {
      const own = (): Tensor => apply(step.primitive, given, paramsIn(step.params, dtype));
      return (tensors[step.id] = change(step, given, own));
    });
    const idOf = (x: Tensor): number => recorder.stepOf(x).id;
    return { recorder, fragment: { graph: recorder.graph, inputs: inputs.map(idOf), outputs: outputs.map(idOf) }, tensors };
  });
}

/** The change that leaves nothing declared: a stopped value is a value, a surrogate its value, a custom step its function. */
export const opened: Change = ({ primitive, params }, given, own) => {
  if (primitive.kind !== 'control') return own();
  if (primitive.control === 'stop' || primitive.control === 'surrogate') return given[0]!;
  if (primitive.control !== 'custom') return own();
  const dtype = floatTypeOf(given);
  return replay(params['forward'] as Fragment, given, (step, inner) =>
    opened(step, inner, () => apply(step.primitive, inner, paramsIn(step.params, dtype))))[0]!;
};

/** A value as a step without a history, in the trace that is open: derivatives by it are derivatives by this value. */
export function leaf(value: Value): Tensor {
  return apply(input, [], { shape: value.shape, dtype: value.dtype, value });
}

/** The same numbers in another float type; integers stay. */
export function inType(value: Value, dtype: FloatDType): Value {
  if (!isFloat(value.dtype) || value.dtype === dtype) return value;
  const array: TypedArray = dtype === 'f64' ? Float64Array.from(value.array) : Float32Array.from(value.array);
  return new Value(dtype, value.shape, array, value.offset, value.strides);
}

/** Static arguments in another float type: the number type asked for, the numbers of a constant, programs inside. */
export function paramsIn(params: Params, dtype: FloatDType): Params {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => {
    if (value instanceof Value) return [name, inType(value, dtype)];
    if (name === 'dtype' && (value === 'f32' || value === 'f64')) return [name, dtype];
    return [name, isFragment(value) ? fragmentIn(value, dtype) : value];
  }));
}

const isFragment = (x: unknown): x is Fragment => typeof x === 'object' && x !== null && 'graph' in x && 'outputs' in x;

/** A program that was recorded without numbers, in another float type. */
function fragmentIn(fragment: Fragment, dtype: FloatDType): Fragment {
  const recorder = new Recorder('abstract');
  return record(recorder, () => {
    const inputs = fragment.inputs.map((id) => {
      const { shape, dtype: own } = fragment.graph.steps[id]!;
      const typed = { shape, dtype: isFloat(own) ? dtype : own };
      return recorder.append(input, [], typed, typed);
    });
    const outputs = replay(fragment, inputs, ({ primitive, params }, given) => apply(primitive, given, paramsIn(params, dtype)));
    const idOf = (x: Tensor): number => recorder.stepOf(x).id;
    return { graph: recorder.graph, inputs: inputs.map(idOf), outputs: outputs.map(idOf) };
  });
}
