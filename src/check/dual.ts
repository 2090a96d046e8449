// The independent derivative: a graph run forward on (value, tangent, spread), all in Float64. It never reads a
// derivative rule: maps go through their scalar bodies over dual numbers, every other kind is linear in its operands,
// picks from them, or is constant, and that is all one needs to know. So it can judge the rules.
// The spread μ travels like the tangent with every sign made +: the sum of the absolute values that were added to
// make an entry. An error below a few eps·μ is rounding, however small the entry itself has become.

import { demandMade } from '../base/demand.ts';
import { message, ShapeError } from '../base/errors.ts';
import { type Shape, shapeText, sizeOf } from '../base/shape.ts';
import type { Bindings } from '../graph/evaluate.ts';
import type { Fragment, Graph, Step } from '../graph/graph.ts';
import type { Algebra, MapPrimitive, Params } from '../graph/primitive.ts';
import { Value } from '../graph/value.ts';
import { integers, numbers } from '../primitives/algebra.ts';
import { stretched } from '../primitives/loops.ts';
import { type Dual, duals } from './dualNumbers.ts';
import { marked, marksOfSums } from './marks.ts';

export interface DualOptions {
  /** Values given rather than computed; a bound step is an independent variable. */
  readonly bindings?: Bindings;
  /** Row-major tangents by step id; such a step is an independent variable that moves this way. */
  readonly tangents: ReadonlyMap<number, Float64Array>;
  /** Every step adds its own |value| to μ, sources among them: 64·eps·μ then bounds the rounding error of the values. */
  readonly rounding?: boolean;
  /** Tangents are marks: equal values with equal marks were made by the same roundings, or by none. */
  readonly marks?: boolean;
}

export interface DualResult {
  readonly value: Value;
  readonly tangent: Float64Array;
  readonly spread: Float64Array;
}

/** Missing tangent or spread: zero everywhere. */
interface Entry {
  readonly value: Value;
  readonly tangent?: Value | undefined;
  readonly spread?: Value | undefined;
}

/** Value, tangent and spread of the outputs when the steps of `tangents` move. */
export function forwardDual(graph: Graph, outputs: readonly number[], options: DualOptions): DualResult[] {
  return dualProgram(graph, outputs, options.bindings)(options.tangents, options.rounding, options.marks);
}

/** The same for many tangents at one point: the values are computed once. */
export function dualProgram(graph: Graph, outputs: readonly number[], bindings: Bindings = new Map()) {
  demandMade(graph, ['steps'], 'dualProgram', 'the graph of a trace');
  const given = new Map([...bindings].map(([id, value]): [number, Entry] => [id, { value: widened(value) }]));
  const still = interpret(graph, outputs, given, { tangents: new Map(), rounding: false, marks: false });
  const known = new Map(still.flatMap((entry, id): [number, Entry][] => (entry === undefined ? [] : [[id, entry]])));
  return (tangents: ReadonlyMap<number, Float64Array>, rounding = false, marks = false): DualResult[] => {
    const moving = graph.dependents([...tangents.keys()]);
    const fixed = new Map([...known].filter(([id]) => given.has(id) || (!moving[id] && !rounding && !marks)));
    const entries = interpret(graph, outputs, fixed, { tangents, rounding, marks });
    return outputs.map((id) => {
      const { value, tangent, spread } = entries[id]!;
      const numbersOf = (x = zeros(value)): Float64Array => Float64Array.from(x.data());
      return { value: value.dense(), tangent: numbersOf(tangent), spread: numbersOf(spread) };
    });
  };
}

interface Motion {
  readonly tangents: ReadonlyMap<number, Float64Array>;
  readonly rounding: boolean;
  readonly marks: boolean;
}

function interpret(
  graph: Graph, outputs: readonly number[], given: ReadonlyMap<number, Entry>, motion: Motion,
): (Entry | undefined)[] {
  const needed = graph.live(outputs, given);
  const entries: (Entry | undefined)[] = new Array<Entry | undefined>(graph.steps.length);
  for (const step of graph.steps) {
    if (!needed[step.id]) continue;
    const entry = given.get(step.id) ?? pushed(step, step.inputs.map((id) => entries[id]!), motion);
    entries[step.id] = moved(step, entry, motion);
  }
  return entries;
}

/** Replaces the tangent of a step that moves on its own, and adds the rounding of the step itself. */
function moved(step: Step, entry: Entry, { tangents, rounding }: Motion): Entry {
  const seed = tangents.get(step.id);
  if (step.dtype === 'i32') return { value: entry.value };
  if (seed !== undefined && seed.length !== sizeOf(step.shape)) {
    throw new ShapeError(message(
      `dual: a tangent of ${seed.length} numbers for step %${step.id} of shape ${shapeText(step.shape)}`,
      'A tangent has the shape of its step', 'Give it in row-major order'
    ));
  }
  const tangent = seed === undefined ? entry.tangent : new Value('f64', step.shape, seed);
  const spread = seed === undefined ? entry.spread : absolute(tangent!);
  return { value: entry.value, tangent, spread: rounding ? rounded(spread, entry.value) : spread };
}

/** The spread with the step's own rounding. An infinite value is not rounded: what was added to it has no size beside it. */
function rounded(spread: Value | undefined, value: Value): Value {
  const before = spread?.data();
  return new Value('f64', value.shape, Float64Array.from(value.data(), (x, i) => (Math.abs(x) === Infinity ? 0 : (before?.[i] ?? 0) + Math.abs(x))));
}

/** One step, by kind. */
function pushed(step: Step, inputs: readonly Entry[], motion: Motion): Entry {
  const { marks } = motion;
  const { primitive, params } = step;
  const run = (values: readonly Value[], using: Params = params): Value => widened(primitive.run(values, using));
  const values = inputs.map((x) => x.value);
  const still = !marks && !inputs.some((x) => x.tangent !== undefined || x.spread !== undefined);
  if (primitive.kind === 'map') return mapped(step, primitive, inputs, still, marks ? marked : duals);
  if (primitive.kind === 'control') {
    if (primitive.control === 'custom') return through((params['forward'] as Fragment), inputs, motion);
    if (primitive.control === 'stop' && !marks) return { value: values[0]! };
    return { ...inputs[primitive.control === 'surrogate' && !marks ? 1 : 0]!, value: values[0]! };
  }
  const value = run(values);
  if (still) return { value };
  const both = (f: (of: Channel) => Value | undefined): Entry => ({ value, tangent: f('tangent'), spread: f('spread') });
  const sums = (entry: Entry, linear: readonly number[] = inputs.map((_, i) => i)): Entry => {
    if (!marks) return entry;
    const taken = (of: readonly Value[]): Value => run(values.map((x, i) => (linear.includes(i) ? of[linear.indexOf(i)]! : x)));
    return { ...entry, tangent: marksOfSums(linear.map((i) => inputs[i]!), primitive.kind === 'contract', taken, entry.tangent) };
  };
  switch (primitive.kind) {
    case 'view': case 'fold': case 'scan': {
      const entry = both((of) => inputs[0]![of] && run([inputs[0]![of]]));
      return primitive.kind === 'view' ? entry : sums(entry);
    }
    case 'copy': {
      const filledWithZero = { ...params, fill: 0 };
      return both((of) => anyOf(inputs, of) && run(inputs.map((x) => x[of] ?? zeros(x.value)), filledWithZero));
    }
    case 'reduce':
      if (primitive.combine === 'argmax') return { value };
      if (primitive.combine === 'max') return both((of) => inputs[0]![of] && tiedMean(values[0]!, value, inputs[0]![of]));
      return sums(both((of) => inputs[0]![of] && run([inputs[0]![of]])));
    case 'contract':
      return sums(both((of) => {
        const [a, b] = of === 'spread' ? values.map(absolute) : values;
        const [da, db] = inputs.map((x) => x[of]);
        return plus(da && run([da, b!]), db && run([a!, db]));
      }));
    case 'index': {
      const linear = primitive.linearIn;
      return sums(both((of) => linear.some((i) => inputs[i]![of] !== undefined)
        ? run(inputs.map((x, i) => (linear.includes(i) ? x[of] ?? zeros(x.value) : x.value)))
        : undefined), linear);
    }
    case 'order': case 'source':
      return { value };
  }
}

type Channel = 'tangent' | 'spread';

const anyOf = (inputs: readonly Entry[], of: Channel): true | undefined => inputs.some((x) => x[of] !== undefined) || undefined;

/** Elementwise: the scalar body over numbers when nothing moves, else over dual numbers. */
function mapped(step: Step, primitive: MapPrimitive, inputs: readonly Entry[], still: boolean, over: Algebra<Dual>): Entry {
  const { shape, params } = step;
  const size = sizeOf(shape);
  const value = Value.empty(step.dtype === 'i32' ? 'i32' : 'f64', shape);
  const xs = inputs.map((x) => spreadOut(x.value, shape));
  if (still || step.dtype === 'i32') {
    const algebra = inputs[0]!.value.dtype === 'i32' ? integers : numbers;
    for (let i = 0; i < size; i++) value.array[i] = primitive.body(algebra, params, ...xs.map((x) => x[i]!));
    return { value };
  }
  const ts = inputs.map((x) => spreadOut(x.tangent ?? zeros(x.value), shape));
  const us = inputs.map((x) => spreadOut(x.spread ?? zeros(x.value), shape));
  const tangent = Value.empty('f64', shape);
  const spread = Value.empty('f64', shape);
  for (let i = 0; i < size; i++) {
    const operands = xs.map((x, k): Dual => ({ value: x[i]!, tangent: ts[k]![i]!, spread: us[k]![i]! }));
    const result = primitive.body(over, params, ...operands);
    value.array[i] = result.value;
    tangent.array[i] = result.tangent;
    spread.array[i] = result.spread;
  }
  return { value, tangent, spread };
}

/** A custom step is the program it was recorded from; its rule is what is being judged. */
function through({ graph, inputs: ids, outputs }: Fragment, inputs: readonly Entry[], { rounding, marks }: Motion): Entry {
  const given = new Map(ids.map((id, i) => [id, inputs[i]!]));
  return interpret(graph, outputs, given, { tangents: new Map(), rounding, marks })[outputs[0]!]!;
}

/** max: the tangents of all tied elements, averaged. */
function tiedMean(x: Value, largest: Value, tangent: Value): Value {
  const xs = x.data();
  const top = spreadOut(largest, x.shape);
  const ts = tangent.data();
  const result = Value.empty('f64', largest.shape);
  const groups = Int32Array.from(result.array, (_, i) => i);
  const places = spreadOut(new Value('i32', largest.shape, groups), x.shape);
  const ties = new Float64Array(result.array.length);
  for (let i = 0; i < xs.length; i++) {
    if (xs[i] !== top[i]) continue;
    ties[places[i]!]!++;
    result.array[places[i]!]! += ts[i]!;
  }
  for (let i = 0; i < ties.length; i++) result.array[i]! /= ties[i]!;
  return result;
}

/** Float32 is read as Float64: the checker asks about the program, not about its rounding. */
function widened(value: Value): Value {
  return value.dtype === 'f32' ? new Value('f64', value.shape, Float64Array.from(value.data())) : value;
}

/** The numbers of a value as an array of a larger shape, row-major. */
function spreadOut(value: Value, shape: Shape) {
  return new Value(value.dtype, shape, value.array, value.offset, stretched(value, shape)).data();
}

function zeros(like: Value): Value {
  return new Value('f64', like.shape, new Float64Array(1), 0, like.shape.map(() => 0));
}

function absolute(value: Value): Value {
  return new Value('f64', value.shape, Float64Array.from(value.data(), Math.abs));
}

function plus(a: Value | undefined, b: Value | undefined): Value | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const [x, y] = [a.data(), b.data()];
  return new Value('f64', a.shape, Float64Array.from(x, (n, i) => n + y[i]!));
}
