// The first pass: a graph to a smaller graph of the same bits. It uses the laws primitives declare and identities that
// hold for every IEEE number: x·1, x/1, x − 0, −(−x), a view of a view, a cast to the own type, equal steps, steps
// nobody needs, steps of constants. Never x·0 → 0, x − x → 0, x + 0 → x (−0 + 0 is 0), and no sum in another order.
// Control steps have said what they had to say to a derivative; here they are what they pass on.
// Indices that come straight from an input are looked at on the host before every run, so an index step can become
// arithmetic: a gather from 0, 1, 2, … is its index, one scattered number per row is a choice.

import { isFloat } from '../../base/dtype.ts';
import { denseStrides, sameShape, type Shape, sizeOf } from '../../base/shape.ts';
import {
  apply, filled, type Fragment, fromValue, type IndexPrimitive, input, type MapPrimitive, type Params, type Primitive, record,
  Recorder, type ReducePrimitive, type Step, type Tensor, Value,
} from '../../graph/index.ts';
import { literalText, numberText } from '../../graph/literals.ts';
import { add, cast, type ContractAxes, type CustomParams, equal, iota, mul, reshape, where } from '../../primitives/index.ts';
import { constantOf, counts, isInput, signOf, uniform } from './reading.ts';
import { Sights } from './sight.ts';

/** An index step whose indices come from an input: they are looked at before every run. */
export interface Check {
  readonly primitive: IndexPrimitive;
  readonly params: Params;
  /** What is indexed. */
  readonly of: { readonly shape: Shape; readonly dtype: Step['dtype'] };
  /** The step that holds the indices: an input, or a view of one. */
  readonly index: number;
}

export interface Simplified extends Fragment {
  readonly checks: readonly Check[];
}

export function simplify(fragment: Fragment): Simplified {
  const writer = new Writer();
  return record(writer.recorder, () => {
    const given = fragment.inputs.map((id) => writer.input(fragment.graph.steps[id]!));
    const outputs = writer.inline(fragment, given).map((x) => writer.stepOf(x).id);
    return writer.pruned(given.map((x) => writer.stepOf(x).id), outputs);
  });
}

/** A number is folded into a larger constant only up to this size. */
const largestFolded = 2 ** 16;

class Writer {
  readonly recorder = new Recorder('abstract');
  readonly #sights = new Sights(this.recorder.graph);
  readonly #known = new Map<string, Tensor>();
  readonly #numbers = new Map<Primitive, number>();
  readonly #checks = new Map<string, Check>();

  input({ shape, dtype }: Step): Tensor {
    return apply(input, [], { shape, dtype });
  }

  stepOf(x: Tensor): Step {
    return this.recorder.stepOf(x);
  }

  /** Writes the steps a program needs; gives its outputs. */
  inline({ graph, inputs, outputs }: Fragment, given: readonly Tensor[]): Tensor[] {
    const live = graph.live(outputs);
    const now: Tensor[] = [];
    inputs.forEach((id, i) => (now[id] = given[i]!));
    for (const step of graph.steps) {
      if (!live[step.id] || now[step.id] !== undefined) continue;
      const x = this.#rewritten(step, step.inputs.map((id) => now[id]!));
      const fresh = this.stepOf(x);
      if (fresh.label === undefined && step.label !== undefined) fresh.label = step.label;
      now[step.id] = x;
    }
    return outputs.map((id) => now[id]!);
  }

  /** The graph without the steps that became unnecessary, and its checks. */
  pruned(inputs: readonly number[], outputs: readonly number[]): Simplified {
    const checks = [...this.#checks.values()];
    const { graph } = this.recorder;
    const live = graph.live([...inputs, ...outputs, ...checks.map((check) => check.index)]);
    const places = new Map<number, number>();
    const recorder = new Recorder('abstract');
    const swapped = this.#swapped(live, outputs);
    for (const { id, ...seen } of graph.steps) {
      if (!live[id]) continue;
      const { primitive, inputs: from, params } = swapped.get(id) ?? seen;
      const { label, shape, dtype } = seen;
      const step = recorder.graph.append(primitive, from.map((input) => places.get(input)!), params, { shape, dtype });
      if (label !== undefined) step.label = label;
      places.set(id, step.id);
    }
    const placed = (ids: readonly number[]): number[] => ids.map((id) => places.get(id)!);
    return {
      graph: recorder.graph, inputs: placed(inputs), outputs: placed(outputs),
      checks: checks.map((check) => ({ ...check, index: places.get(check.index)! })),
    };
  }

  /**
   * Contractions of which only one view is read, with the free axes of the right operand before those of the left: by
   * that view, the contraction of the operands exchanged, which has the same bits. What it replaces is no longer live.
   */
  #swapped(live: boolean[], outputs: readonly number[]): Map<number, Pick<Step, 'primitive' | 'inputs' | 'params'>> {
    const { steps } = this.recorder.graph;
    const readers = new Map<number, Step[]>();
    for (const step of steps) {
      const read = live[step.id] ? step.inputs.filter((id) => steps[id]!.primitive.kind === 'contract') : [];
      for (const id of read) readers.set(id, [...(readers.get(id) ?? []), step]);
    }
    const found = new Map<number, Pick<Step, 'primitive' | 'inputs' | 'params'>>();
    for (const { id, primitive, inputs, params } of steps) {
      const [reader, second] = readers.get(id) ?? [];
      if (!live[id] || primitive.kind !== 'contract' || outputs.includes(id)) continue;
      if (reader?.primitive.kind !== 'view' || second !== undefined) continue;
      const { batch, sum } = params as unknown as ContractAxes;
      const turned = (pairs: ContractAxes['sum']): [number, number][] => pairs.map(([i, j]) => [j, i]);
      const swap = { primitive, inputs: [inputs[1]!, inputs[0]!], params: { batch: turned(batch), sum: turned(sum) } };
      const { shape } = primitive.type(swap.inputs.map((input) => steps[input]!), swap.params);
      const free = steps[inputs[0]!]!.shape.length - batch.length - sum.length;
      if (!sameShape(shape, reader.shape) || !this.#turns(reader, batch.length, free)) continue;
      found.set(reader.id, swap);
      live[id] = false;
    }
    return found;
  }

  /** Whether a view moves the axes from `batch` on by `count` places to the end. */
  #turns(view: Step, batch: number, count: number): boolean {
    const { offset, strides } = this.#sights.of(view.id);
    const { shape } = this.recorder.graph.steps[view.inputs[0]!]!;
    const own = denseStrides(shape);
    const expected = [...own.slice(0, batch), ...own.slice(batch + count), ...own.slice(batch, batch + count)];
    return offset === 0 && view.shape.every((n, axis) => n === 1 || strides[axis] === expected[axis]);
  }

  #rewritten(step: Step, inputs: readonly Tensor[]): Tensor {
    const { primitive, params } = step;
    switch (primitive.kind) {
      case 'control': {
        if (primitive.control !== 'custom') return inputs[0]!;
        return this.inline((params as unknown as CustomParams).forward, inputs)[0]!;
      }
      case 'source': return this.#source(step, inputs);
      case 'map': return this.#map(primitive, inputs, params);
      case 'view': return this.#view(primitive, inputs[0]!, params);
      case 'reduce': return this.#reduce(primitive, inputs[0]!, params);
      case 'index': return this.#index(primitive, inputs, params);
      default: return this.#applied(primitive, inputs, params);
    }
  }

  #source(step: Step, inputs: readonly Tensor[]): Tensor {
    const value = constantOf(step);
    return value === undefined ? this.#applied(step.primitive, inputs, step.params) : this.#constant(value);
  }

  /** One step for equal numbers, where they are one number. */
  #constant(value: Value): Tensor {
    const x = fromValue(value);
    const number = uniform(this.stepOf(x));
    if (number === undefined) return x;
    const key = `${value.dtype} ${String(value.shape)} ${numberText(number)}`;
    const known = this.#known.get(key) ?? filled(number, value.shape, value.dtype);
    this.#known.set(key, known);
    return known;
  }

  #map(primitive: MapPrimitive, inputs: readonly Tensor[], params: Params): Tensor {
    const [a, b] = inputs;
    const { rightIdentity, commutative, involution, idempotent } = primitive.laws ?? {};
    const type = primitive.type(inputs, params);
    const sign = signOf(primitive, params);
    if (sign === 'copy' && type.dtype === a!.dtype) return a!;
    if (rightIdentity !== undefined) {
      if (this.#is(b!, rightIdentity) && sameShape(type.shape, a!.shape)) return a!;
      if (commutative && this.#is(a!, rightIdentity) && sameShape(type.shape, b!.shape)) return b!;
    }
    // The power 2 of a kernel is the product, bit for bit.
    if (sign === 'power' && type.dtype === 'f32' && this.#is(b!, 2) && sameShape(type.shape, a!.shape)) {
      return this.#again(mul, a!, a!);
    }
    if (inputs.length === 1 && (involution || idempotent)) {
      const before = this.stepOf(a!);
      const isSame = this.#key(before.primitive, [], before.params) === this.#key(primitive, [], params);
      if (isSame) return involution ? this.recorder.tensors[before.inputs[0]!]! : a!;
    }
    const inOrder = (): Tensor[] => [...inputs].sort((x, y) => this.stepOf(x).id - this.stepOf(y).id);
    return this.#folded(primitive, inputs, params) ?? this.#applied(primitive, commutative ? inOrder() : inputs, params);
  }

  /** A view that shows what another step shows is that step; a view of a view is taken from where that was taken. */
  #view(primitive: Primitive, x: Tensor, params: Params): Tensor {
    const folded = this.#folded(primitive, [x], params);
    if (folded !== undefined) return folded;
    const seen = this.#applied(primitive, [x], params);
    for (let from = this.stepOf(x); ;) {
      if (this.#sights.isSame(this.stepOf(seen).id, from.id)) return this.recorder.tensors[from.id]!;
      if (from.primitive.kind !== 'view') return seen;
      from = this.recorder.graph.steps[from.inputs[0]!]!;
    }
  }

  #reduce(primitive: ReducePrimitive, x: Tensor, params: Params): Tensor {
    const axes = params['axes'] as readonly number[];
    if (isFloat(x.dtype) && axes.every((axis) => x.shape[axis] === 1)) {
      if (primitive.combine === 'max') return x;
      // A sum begins with 0, and 0 + −0 is 0.
      if (primitive.combine === 'sum') return this.#again(add, x, filled(0, [], x.dtype));
    }
    return this.#folded(primitive, [x], params) ?? this.#applied(primitive, [x], params);
  }

  #index(primitive: IndexPrimitive, inputs: readonly Tensor[], params: Params): Tensor {
    const [x, index] = inputs;
    const axis = params['axis'] as number;
    if (!this.#isChecked(primitive, x!, index!, params)) return this.#applied(primitive, inputs, params);
    const scatters = primitive.linearIn.length > 1;
    if (!scatters && counts(this.stepOf(x!))) return index!;
    const onePerRow = index!.shape.every((n, a) => n === (a === axis ? 1 : x!.shape[a]!));
    if (!scatters || !onePerRow || !this.#is(x!, 0) || x!.dtype !== 'f32') return this.#applied(primitive, inputs, params);
    const places = reshape(iota(x!.shape[axis]!, 'i32'), x!.shape.map((n, a) => (a === axis ? n : 1)));
    const here = cast(equal(index!, places), x!.dtype);
    // Scattered into zeros: 0 + g, which makes −0 a 0.
    return where(here, add(inputs[2]!, 0), 0);
  }

  /** Whether the indices come straight from an input, so that the host can look at them. */
  #isChecked(primitive: IndexPrimitive, x: Tensor, index: Tensor, params: Params): boolean {
    if (sizeOf(index.shape) === 0 || sizeOf(x.shape) === 0) return false;
    const id = this.stepOf(index).id;
    if (!isInput(this.recorder.graph.steps[this.#sights.of(id).base]!)) return false;
    const of = { shape: x.shape, dtype: x.dtype };
    this.#checks.set(`${id} ${String(params['axis'])} ${String(x.shape)}`, { primitive, params, of, index: id });
    return true;
  }

  /** The step worked out now, where it has only constants to work on. */
  #folded(primitive: Primitive, inputs: readonly Tensor[], params: Params): Tensor | undefined {
    const values = inputs.map((x) => constantOf(this.stepOf(x)));
    if (values.includes(undefined)) return undefined;
    const numbers = inputs.map((x) => uniform(this.stepOf(x)));
    const { shape, dtype } = primitive.type(inputs, params);
    if (primitive.kind === 'map' && !numbers.includes(undefined)) {
      const one = primitive.run(values.map((value, i) => filled(numbers[i]!, [], value!.dtype).read()), params);
      return this.#constant(filled(one.array[0]!, shape, dtype).read());
    }
    if (primitive.kind === 'view' || sizeOf(shape) <= largestFolded) {
      return this.#constant(primitive.run(values as Value[], params));
    }
    return undefined;
  }

  /** A step made by a function of the primitives, once. */
  #again(f: (a: Tensor, b: Tensor) => Tensor, a: Tensor, b: Tensor): Tensor {
    const x = f(a, b);
    return this.#once(this.stepOf(x), x);
  }

  #applied(primitive: Primitive, inputs: readonly Tensor[], params: Params): Tensor {
    const known = this.#known.get(this.#key(primitive, inputs.map((x) => this.stepOf(x).id), params) ?? '');
    if (known !== undefined) return known;
    const x = apply(primitive, inputs, params);
    return this.#once(this.stepOf(x), x);
  }

  #once({ primitive, inputs, params }: Step, x: Tensor): Tensor {
    const key = this.#key(primitive, inputs, params);
    if (key === undefined) return x;
    const known = this.#known.get(key) ?? x;
    this.#known.set(key, known);
    return known;
  }

  #key(primitive: Primitive, inputs: readonly number[], params: Params): string | undefined {
    const text = literalText(params);
    if (text === undefined) return undefined;
    let number = this.#numbers.get(primitive);
    if (number === undefined) this.#numbers.set(primitive, (number = this.#numbers.size));
    return `${number} (${inputs.join(' ')}) ${text}`;
  }

  #is(x: Tensor, number: number): boolean {
    return Object.is(uniform(this.stepOf(x)), number);
  }
}
