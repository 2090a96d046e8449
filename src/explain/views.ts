// Views and products as a reader wants them. A view of a view is one view of what lies beneath; what only adds, drops or
// stretches axes of size 1 is not written, an exchange of two axes is a raised T. A contraction of two matrices is
// matmul, of two vectors dot. Strides tell what a view does, without the numbers.

import { denseStrides } from '../base/shape.ts';
import type { Step } from '../graph/graph.ts';
import { Value } from '../graph/value.ts';

/** A step as a view of the step beneath it, which is itself where it is no view. */
export interface Look {
  readonly base: number;
  readonly shape: readonly number[];
  /** Where the view's axes lie in the base. */
  readonly view: Value;
}

/** Looks through a chain of views to the first step that is none or that ends the looking. */
export function seen(steps: readonly Step[], id: number, ends: (id: number) => boolean): Look {
  const { primitive, inputs, params, dtype, shape } = steps[id]!;
  const itself = { base: id, shape, view: new Value(dtype, shape, new Int32Array(0)) };
  if (primitive.kind !== 'view' || ends(id)) return itself;
  const beneath = seen(steps, inputs[0]!, ends);
  const view = primitive.run([beneath.view], params);
  // A reshape that has to copy is a step of its own.
  return view.array === beneath.view.array ? { ...beneath, view } : itself;
}

interface Axis { readonly size: number; readonly stride: number; readonly place: number }

/** The axes that have more than one position, with where they stand from the end. */
function axesOf(shape: readonly number[], strides: readonly number[]): Axis[] {
  return shape.flatMap((size, axis) =>
    (size === 1 || strides[axis] === 0 ? [] : [{ size, stride: strides[axis]!, place: axis - shape.length }]));
}

const same = (a: readonly Axis[], b: readonly Axis[]): boolean =>
  a.length === b.length && a.every(({ size, stride }, i) => size === b[i]!.size && stride === b[i]!.stride);

/** What a view does to its base: nothing to be seen, new axes between its own, two axes exchanged, or something else. */
function kindOf({ shape, view }: Look): 'none' | 'spread' | 'transpose' | 'other' {
  const before = axesOf(shape, denseStrides(shape));
  const after = axesOf(view.shape, view.strides);
  if (view.offset !== 0) return 'other';
  if (same(before, after)) {
    // Broadcasting would find the axes elsewhere, so the reader would misplace them.
    return after.some(({ place }, i) => place < before[i]!.place) ? 'spread' : 'none';
  }
  return before.length === 2 && same(before, [...after].reverse()) ? 'transpose' : 'other';
}

/** The text of a view, where it can be said shortly. */
export function viewText(look: Look, operand: (id: number) => string): string | undefined {
  switch (kindOf(look)) {
    case 'none': return operand(look.base);
    case 'spread': return spread(look, operand(look.base));
    case 'transpose': return transposed(operand(look.base));
    case 'other': return undefined;
  }
}

/** New axes as people write them who index arrays: x[:, None]. A vector that is stood upright is a column. */
function spread({ shape, view }: Look, text: string): string {
  if (shape.length === 1 && view.shape.length === 2) return `column(${text})`;
  const marks = view.shape.map((size, axis) => (size === 1 || view.strides[axis] === 0 ? 'None' : ':'));
  const index = marks.slice(marks.indexOf(':'), marks.lastIndexOf('None') + 1);
  return `${isFactor(text) ? text : `(${text})`}[${index.join(', ')}]`;
}

/** A product of matrices or of vectors; undefined for any other step. */
export function contractionText(step: Step, look: (id: number) => Look, operand: (id: number) => string): string | undefined {
  if (step.primitive.kind !== 'contract') return undefined;
  const { batch, sum } = step.params as Record<'batch' | 'sum', readonly (readonly [number, number])[]>;
  const [a, b] = step.inputs.map(look) as [Look, Look];
  const [axes] = sum;
  const isFlat = [a, b].every(({ view }) => view.shape.length <= 2);
  if (batch.length > 0 || sum.length !== 1 || axes === undefined || !isFlat) return undefined;
  const [left, right] = [factorText(step.inputs[0]!, a, axes[0] === 0, operand), factorText(step.inputs[1]!, b, axes[1] === 1, operand)];
  return `${isVector(a) && isVector(b) ? 'dot' : 'matmul'}(${left}, ${right})`;
}

const isVector = ({ shape }: Look): boolean => shape.length === 1;

/** A factor of a product, turned or as it stands; a vector has one way to be multiplied, and two turns are none. */
function factorText(id: number, look: Look, turned: boolean, operand: (id: number) => string): string {
  if (isVector(look)) return operand(look.base);
  const kind = kindOf(look);
  const own = kind === 'transpose';
  const text = own || kind === 'none' ? operand(look.base) : operand(id);
  return own !== turned ? transposed(text) : text;
}

/** A text with a raised T, or without the one it has: in parentheses where it would bind to the last word only. */
function transposed(text: string): string {
  if (text.endsWith('ᵀ') && isFactor(text.slice(0, -1))) return text.slice(0, -1);
  return `${isFactor(text) ? text : `(${text})`}ᵀ`;
}

/** A name, a call or a group: what a sign written behind it binds to as a whole. */
const isFactor = (text: string): boolean => /^[\p{L}\p{M}\p{N}_%#∂]*(\([^()]*\))?$/u.test(text);
