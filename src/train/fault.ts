// Where a step first went wrong. The step is recorded without numbers and run again on the reference, one primitive after
// the other; from the number that told of the trouble the way leads back, through what is not finite, to the first step
// all of whose operands still were.

import { MarginaliaError } from '../base/errors.ts';
import { shapeText, sizeOf } from '../base/shape.ts';
import { flatten } from '../base/tree.ts';
import { type Graph, isTensor, lift, scope, type Tensor, trace, type Value } from '../graph/index.ts';
import type { Model, ModelMemory, ModelParams, TrainState } from './model.ts';
import type { TrainStep } from './step.ts';

/** A step whose result would not be finite; it was not done. */
export class DivergenceError extends MarginaliaError {}

/**
 * A sentence for a step that was not done, and the first of its primitives that is not finite.
 *
 * Edges     a step that the reference finds finite is said to be: then a kernel differs
 */
export function faultText(step: TrainStep, inputs: Parameters<TrainStep>, number: number): string {
  const where = `step ${number + 1} was not done, for it would leave numbers that are not finite`;
  const fault = firstFault(step, inputs);
  if (fault === undefined) return `${where}. Run again on the reference, all of it is finite. Please report this.`;
  const todo = fault.isInput ? 'Look at the images'
    : `Lower the learning rate (it was ${Number(inputs[3])}), let it rise longer, or use a smaller scale s`;
  return `${where}. The first is ${fault.text}. ${todo}.`;
}

interface Fault {
  readonly text: string;
  /** Whether it came in with the arguments. */
  readonly isInput: boolean;
}

const argumentNames = ['the state', 'the images', 'the labels', 'the learning rate', 'the key'];

/** The step all trouble comes from; undefined where the reference meets none. */
function firstFault(step: TrainStep, inputs: Parameters<TrainStep>): Fault | undefined {
  return faultOf(step, inputs, argumentNames, ([, { healthy }]) => healthy);
}

/**
 * Refuses embeddings that are not finite, as those of weights that are all but infinite: finite themselves, and no product of
 * them.
 *
 * Throws    DivergenceError, with the first primitive of the network that is not finite
 */
export function demandFinite(
  model: Model, { params, memory }: Pick<TrainState, 'params' | 'memory'>, images: Tensor, values: Float32Array
): void {
  if (values.every(Number.isFinite)) return;
  const network = (p: ModelParams, m: ModelMemory, x: Tensor): Tensor =>
    scope('network', () => model.network.apply({ params: p.network, state: m.network }, x, { train: false }).y);
  const fault = faultOf(network, [params, memory, images], ['the parameters', 'the memory', 'the images'], (y) => y);
  const first = fault === undefined ? 'Run again on the reference, all of them are finite. Please report this'
    : `The first is ${fault.text}. ${fault.isInput ? 'Look at the images' : 'Lower the learning rate'}`;
  throw new DivergenceError(`the steps were done, and the network they left gives embeddings that are not finite. ${first}.`);
}

/** The step that a number which is not finite comes from. */
function faultOf<A extends readonly unknown[], R>(
  program: (...inputs: A) => R, inputs: A, called: readonly string[], told: (result: R) => Tensor,
): Fault | undefined {
  const { graph, inputs: places, outputs, result } = trace(program, inputs, { mode: 'abstract' });
  const flats = inputs.map((tree) => flatten(tree, (x): x is Tensor | number => isTensor(x) || typeof x === 'number'));
  const names = flats.flatMap(({ paths }, i) => paths.map((path) => [called[i]!, path].filter((part) => part !== '').join(', ')));
  const given = flats.flatMap(({ leaves }) => leaves.map((x) => lift(x, 'f32').read()));
  const values = reference(graph, new Map(places.map((id, i) => [id, given[i]!])));
  const bad = values.map((value) => firstBad(value) >= 0);
  // An infinity that the program itself writes down, as a mask does, is none that went wrong.
  const isWritten = (id: number): boolean => graph.steps[id]!.inputs.length === 0 && !places.includes(id);
  // The result with the number of a step for every tensor.
  const end = told(result.rebuild(outputs) as unknown as R) as unknown as number;
  const origin = [...reachedFrom(graph, end, bad), ...(bad[end] === true ? [end] : [])].sort((a, b) => a - b)
    .find((id) => !isWritten(id) && graph.steps[id]!.inputs.every((input) => !bad[input] || isWritten(input)));
  if (origin === undefined) return undefined;
  const input = places.indexOf(origin);
  return { text: describe(graph, origin, values, input < 0 ? undefined : names[input]!), isInput: input >= 0 };
}

/** The value of every step by the primitives' own reference, whatever engine is in use. */
function reference(graph: Graph, given: ReadonlyMap<number, Value>): Value[] {
  const values: Value[] = [];
  for (const { id, primitive, inputs, params } of graph.steps) {
    values[id] = given.get(id) ?? primitive.run(inputs.map((input) => values[input]!), params);
  }
  return values;
}

/** The steps that are not finite and lead to this one through others that are not. */
function reachedFrom(graph: Graph, from: number, bad: readonly boolean[]): Set<number> {
  const reached = new Set<number>();
  const open = [from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const input of graph.steps[id]!.inputs) {
      if (!bad[input] || reached.has(input)) continue;
      reached.add(input);
      open.push(input);
    }
  }
  return reached;
}

/** The position of the first number that is not finite, or −1. */
function firstBad(value: Value): number {
  return value.dense().data().findIndex((x) => !Number.isFinite(x));
}

/** What a step is, by the labels of the paper where it has one, and the number at fault with what it was made from. */
function describe(graph: Graph, id: number, values: readonly Value[], input: string | undefined): string {
  const { label, scope, shape, primitive, inputs, origin } = graph.steps[id]!;
  const at = firstBad(values[id]!);
  const number = `${values[id]!.dense().data()[at]!} at position ${at} of ${shapeText(shape)}`;
  if (input !== undefined) return `${input}: ${number}`;
  const forward = origin && graph.steps[origin.step]!;
  // An adjoint belongs where the step it differentiates belongs.
  const part = forward === undefined ? (scope ?? 'the step itself')
    : `the derivative of ${forward.label ?? forward.primitive.name} in ${forward.scope ?? 'the step itself'}`;
  const operands = inputs.map((i) => values[i]!)
    .filter((value) => sizeOf(value.shape) === sizeOf(shape) || sizeOf(value.shape) === 1)
    .map((value) => Number(value.dense().data()[sizeOf(value.shape) === 1 ? 0 : at]!.toPrecision(6)));
  const made = operands.length === inputs.length && operands.length > 0 ? `, from ${operands.join(', ')}` : '';
  const named = label === undefined ? '' : ` '${label}'`;
  return `${primitive.name}${named} in ${part} (%${id}): ${number}${made}`;
}
