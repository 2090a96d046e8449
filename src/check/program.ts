// A program under check: a recorded fragment, its values, and its float inputs seen as one long vector. A derivative of
// a program is again a program, which is how every order is checked by the same code.

import type { Fragment } from '../graph/graph.ts';
import { gradient } from '../autodiff/index.ts';
import { type Shape, shapeText, sizeOf } from '../base/shape.ts';
import { record, type Recorder } from '../graph/recorder.ts';
import { tensor } from '../graph/tensor.ts';
import { Value } from '../graph/value.ts';

/** A named stretch of a long vector. */
export interface Block {
  readonly name: string;
  readonly shape: Shape;
  readonly offset: number;
  readonly size: number;
}

export interface Program {
  readonly recorder: Recorder;
  readonly fragment: Fragment;
  /** Values of all inputs, integers among them. */
  readonly base: readonly Value[];
  /** The float inputs, and which of the fragment's inputs each one is. */
  readonly inputs: readonly (Block & { readonly position: number })[];
  readonly outputs: readonly Block[];
  /** The float inputs as one vector. */
  readonly point: Float64Array;
}

export const lengthOf = (blocks: readonly Block[]): number => blocks.reduce((sum, b) => sum + b.size, 0);

/** Lays named shapes end to end. */
export function blocksOf<T extends { readonly name: string; readonly shape: Shape }>(parts: readonly T[]): (T & Block)[] {
  let offset = 0;
  return parts.map((part) => {
    const size = sizeOf(part.shape);
    offset += size;
    return { ...part, offset: offset - size, size };
  });
}

export function blockAt<T extends Block>(blocks: readonly T[], place: number): T {
  return blocks.find((b) => place >= b.offset && place < b.offset + b.size)!;
}

export const cut = (vector: Float64Array, block: Block): Float64Array => vector.slice(block.offset, block.offset + block.size);

/** Values for the inputs of a fragment (the program's own or its frozen one) at another point. */
export function bindingsAt(program: Program, fragment: Fragment, point: Float64Array): Map<number, Value> {
  const bindings = new Map(fragment.inputs.map((id, i) => [id, program.base[i]!]));
  for (const block of program.inputs) {
    bindings.set(fragment.inputs[block.position]!, new Value('f64', block.shape, cut(point, block)));
  }
  return bindings;
}

/** Tangents of the inputs of a fragment along a direction; inputs that do not move are left out. */
export function tangentsOf(program: Program, fragment: Fragment, direction: Float64Array): Map<number, Float64Array> {
  return new Map(program.inputs.flatMap((block): [number, Float64Array][] => {
    const part = cut(direction, block);
    return part.some((x) => x !== 0) ? [[fragment.inputs[block.position]!, part]] : [];
  }));
}

/** The numbers of several values, end to end. */
export function joined(values: readonly Value[]): Float64Array {
  return Float64Array.from(values.flatMap((value) => Array.from(value.data())));
}

function seedsOf({ fragment, outputs }: Program, cotangent: Float64Array) {
  return outputs.map((block, i) => {
    const part = tensor(cut(cotangent, block), { shape: block.shape, dtype: 'f64' });
    return { step: fragment.outputs[i]!, cotangent: part };
  });
}

export interface Pulled {
  /** The gradient of ⟨cotangent, outputs⟩, 0 where there is no path. */
  readonly slopes: Float64Array;
  /** Per float input: whether there was a path. */
  readonly reached: readonly boolean[];
  /** Gradients of the wrong shape or type, in words. */
  readonly misshapen: readonly string[];
}

/** The engine's gradient of a weighted sum of the outputs; computed, not recorded. */
export function pull(program: Program, cotangent: Float64Array): Pulled {
  const { recorder, fragment, inputs } = program;
  const found = gradient(recorder, seedsOf(program, cotangent), inputs.map((block) => fragment.inputs[block.position]!));
  const slopes = new Float64Array(lengthOf(inputs));
  const misshapen: string[] = [];
  found.forEach((x, i) => {
    const block = inputs[i]!;
    if (x === null) return;
    if (x.dtype !== 'f64' || shapeText(x.shape) !== shapeText(block.shape)) {
      misshapen.push(`the gradient of ${block.name} is ${x.toString()}, the input f64${shapeText(block.shape)}`);
    }
    slopes.set(x.data.subarray(0, block.size), block.offset);
  });
  return { slopes, reached: found.map((x) => x !== null), misshapen };
}

/** The program of a gradient; each output is the gradient of one input. */
export interface Derivative extends Program {
  readonly outputs: readonly (Block & { readonly of: Block })[];
  /** A step whose rule brought in an array of numbers of its own, if one did. */
  readonly detached: number | undefined;
}

/** The program that computes the gradient of ⟨cotangent, outputs⟩: more steps of the same graph. Undefined without any path. */
export function derivativeOf(program: Program, cotangent: Float64Array, order: number): Derivative | undefined {
  const { recorder, fragment, inputs } = program;
  const { steps } = fragment.graph;
  const seeds = seedsOf(program, cotangent);
  const power = order === 1 ? '' : '²³⁴⁵⁶⁷⁸⁹'[order - 2] ?? `^${order}`;
  const before = steps.length;
  const found = record(recorder, () => {
    const tensors = gradient(recorder, seeds, inputs.map((block) => fragment.inputs[block.position]!));
    return tensors.flatMap((x, i) => {
      const of = inputs[i]!;
      return x === null ? [] : [{ name: `∂${power}f/∂${of.name}`, shape: x.shape, id: recorder.stepOf(x).id, of }];
    });
  });
  if (found.length === 0) return undefined;
  const own = new Set(seeds.flatMap(({ cotangent: seed }) => (recorder.knows(seed) ? [recorder.stepOf(seed).id] : [])));
  const brought = (id: number): boolean => id >= before && !own.has(id)
    && steps[id]!.primitive.kind === 'source' && varies(recorder.tensors[id]!.read());
  const user = steps.find((step) => step.id >= before && step.origin !== undefined && step.inputs.some(brought));
  const ids = found.map((x) => x.id);
  return { ...program, fragment: { ...fragment, outputs: ids }, outputs: blocksOf(found), detached: user?.origin?.step };
}

/** An array of different numbers, unlike the zeros and ones that rules are written with. */
function varies(value: Value): boolean {
  const data = value.data();
  return data.some((x) => x !== data[0]);
}
