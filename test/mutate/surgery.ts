// One change to one step of a recorded program: which changes there are, and the program run again with one of them.
// A change keeps the shape and type of its step, so everything after it stays as it is. What a primitive allows
// follows from its declared laws where these say it, and from a table by name where they do not.

import { isFloat } from '../../src/base/dtype.ts';
import { entered } from '../../src/check/freeze.ts';
import {
  apply, type Fragment, fromValue, type Graph, record, Recorder, runPrimitive, type Step, type Tensor, Value,
} from '../../src/graph/index.ts';
import { alias, expand, less, lessEqual, neg } from '../../src/primitives/index.ts';

/** The changed step from the tensors of its inputs; `whole` is the step as it was. */
type Build = (given: readonly Tensor[], whole: () => Tensor) => Tensor;

export interface Change {
  readonly name: string;
  readonly build: Build;
}

export interface Mutation extends Change {
  readonly step: number;
}

/** Every change to a step. `mutable` says which steps are open to change, so that no mutant is counted twice. */
export function mutationsOf(graph: Graph, id: number, mutable: (id: number) => boolean): Mutation[] {
  const step = graph.steps[id]!;
  const changes = [...negations(graph, step, mutable), ...swaps(step), ...(byName[step.primitive.name]?.(step) ?? [])];
  return changes.map((change) => ({ ...change, step: id }));
}

/** −a for every quantity. A decision is none (its own changes are swap and strictness), nor is a whole number. */
function negations(graph: Graph, { id, primitive, inputs, dtype }: Step, mutable: (id: number) => boolean): Change[] {
  if (primitive.kind === 'source' || isDecision(graph, id) || !isFloat(dtype)) return [];
  const looks = primitive.kind === 'view' || (primitive.kind === 'control' && primitive.control === 'alias');
  // Negating a view is negating what it shows, when nobody else reads that.
  if (looks && mutable(inputs[0]!) && readers(graph, inputs[0]!) === 1 && graph.steps[inputs[0]!]!.id < id) return [];
  return [{ name: 'negate', build: (_, whole) => neg(whole()) }];
}

/** The output of a decision, also in another type or shape: what counts is whether it is 0. */
function isDecision(graph: Graph, id: number): boolean {
  const { primitive, inputs } = graph.steps[id]!;
  if (primitive.kind === 'map' && primitive.decides === 'output') return true;
  return (primitive.kind === 'view' || primitive.name === 'cast') && isDecision(graph, inputs[0]!);
}

const readers = (graph: Graph, id: number): number => graph.steps.filter(({ inputs }) => inputs.includes(id)).length;

/** Operands of a map exchanged, unless it is declared commutative. */
function swaps({ primitive, inputs, params }: Step): Change[] {
  if (primitive.kind !== 'map' || primitive.laws?.commutative === true) return [];
  if (inputs.length === 2 && inputs[0] !== inputs[1]) {
    return [{ name: 'swap operands', build: ([a, b]) => apply(primitive, [b!, a!], params) }];
  }
  if (inputs.length === 3 && inputs[1] !== inputs[2]) {
    return [{ name: 'swap branches', build: ([c, a, b]) => apply(primitive, [c!, b!, a!], params) }];
  }
  return [];
}

const like = ({ shape }: Step, x: Tensor): Tensor => expand(x, shape);
const only = (step: Step, place: number, name: string): Change => ({ name, build: (given) => like(step, given[place]!) });

const byName: Readonly<Record<string, (step: Step) => Change[]>> = {
  add: (step) => [only(step, 1, 'drop addend 1'), only(step, 0, 'drop addend 2')],
  sub: (step) => [
    { name: 'drop addend 1', build: ([, b]) => like(step, neg(b!)) },
    only(step, 0, 'drop addend 2'),
  ],
  mul: (step) => [only(step, 1, 'drop factor 1'), only(step, 0, 'drop factor 2')],
  chain: (step) => [only(step, 1, 'drop factor 1'), only(step, 0, 'drop factor 2')],
  less: () => [{ name: 'flip strictness', build: ([a, b]) => lessEqual(a!, b!) }],
  lessEqual: () => [{ name: 'flip strictness', build: ([a, b]) => less(a!, b!) }],
  // `where(k = y, 0, x)` without its condition is the sum that forgets k ≠ y.
  where: (step) => [only(step, 1, 'drop condition (then)'), only(step, 2, 'drop condition (else)')],
  constant: (step) => replacements(step.params['value'] as Value),
  stopGradient: () => [{ name: 'remove stop', build: ([x]) => alias(x!) }],
  surrogate: () => [
    { name: 'remove surrogate (value)', build: ([value]) => alias(value!) },
    { name: 'remove surrogate (proxy)', build: ([, proxy]) => alias(proxy!) },
  ],
};

/** 1, −a and 2a for a constant a, as far as they differ from it and from each other. */
function replacements(value: Value): Change[] {
  const a = Array.from<number>(value.data());
  const seen = [a];
  const candidates = { '1': a.map(() => 1), '−a': a.map((x) => -x), '2a': a.map((x) => 2 * x) };
  return Object.entries(candidates).flatMap(([name, numbers]) => {
    if (seen.some((other) => other.every((x, i) => x === numbers[i]))) return [];
    seen.push(numbers);
    const array = value.data().slice();
    array.set(numbers);
    return [{ name: `constant → ${name}`, build: () => fromValue(new Value(value.dtype, value.shape, array)) }];
  });
}

/** A program with the values it has: what mutants are made of. */
export interface Program extends Fragment {
  readonly values: readonly (Value | undefined)[];
}

/** The program of a recorder, whose inputs and outputs are steps of it. */
export function programOf(recorder: Recorder, inputs: readonly number[], outputs: readonly number[]): Program {
  const { graph, tensors } = recorder;
  return { graph, inputs, outputs, values: graph.steps.map((_, id) => tensors[id]?.read()) };
}

/** The values of the outputs after one change; only what depends on it is computed again. */
export function changedValues({ graph, outputs, values }: Program, mutation: Mutation): Value[] {
  const live = graph.live(outputs);
  const touched = graph.dependents([mutation.step]);
  const changed = [...values];
  for (const { id, primitive, inputs, params } of graph.steps.slice(mutation.step)) {
    if (!live[id] || !touched[id]) continue;
    const run = (): Value => runPrimitive(primitive, inputs.map((i) => changed[i]!), params);
    changed[id] = id === mutation.step
      ? mutation.build(inputs.map((i) => fromValue(changed[i]!)), () => fromValue(run())).read()
      : run();
  }
  return outputs.map((id) => changed[id]!);
}

/** A recorded copy, so that a mutant can be differentiated; `steps` leads from a step of the original to its copy. */
export interface Copy {
  readonly recorder: Recorder;
  readonly steps: readonly number[];
}

export function copyOf({ graph, inputs, outputs, values }: Program, mutation?: Mutation): Copy {
  const recorder = new Recorder('concrete');
  const live = graph.live(outputs);
  const tensors: Tensor[] = [];
  const steps = new Array<number>(graph.steps.length).fill(-1);
  record(recorder, () => {
    for (const step of graph.steps) {
      const { id, primitive, params } = step;
      if (!live[id] && !inputs.includes(id)) continue;
      const given = step.inputs.map((i) => tensors[i]!);
      const whole = (): Tensor => (inputs.includes(id) ? entered(recorder, values[id]!) : apply(primitive, given, params));
      tensors[id] = id === mutation?.step ? mutation.build(given, whole) : whole();
      steps[id] = recorder.stepOf(tensors[id]).id;
    }
  });
  return { recorder, steps };
}
