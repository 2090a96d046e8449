// The transforms: functions from functions to derivatives. Each runs the function under a recorder (the surrounding
// one when there is one, so that derivatives of derivatives are steps of one graph) and calls `gradient`.
// Differentiated inputs enter as tensors of their own, which in an open trace are alias steps: two nested transforms never
// confuse their variables, nor an argument with the same tensor captured.

import { isFloat, type TypedArray } from '../base/dtype.ts';
import { demandFunction, demandList, demandOptions } from '../base/demand.ts';
import { DTypeError, message, ShapeError, TraceError } from '../base/errors.ts';
import { sameShape, shapeText } from '../base/shape.ts';
import { type Flat, flatten, type Tree } from '../base/tree.ts';
import { currentRecorder, record, Recorder } from '../graph/recorder.ts';
import { filled, fromValue, isTensor, tensor, type Tensor } from '../graph/tensor.ts';
import { flattenResult, floatTypeOfTrees, liftTrees } from '../graph/trace.ts';
import { add, alias, concatAlong, mul, reshape, sumTo } from '../primitives/index.ts';
import { gradient, type Seed, zerosLike } from './gradient.ts';

/** A tensor, a number, or a tree of them. */
export type TensorTree = Tree<Tensor | number>;
/** A gradient has the shape of its argument; an integer leaf has none. */
export type GradientTree = Tree<Tensor | null>;
// Users write functions of their own argument types; inside, arguments are trees.
export type Differentiable = (...args: never[]) => unknown;
/** What a transform takes for an argument of type T: a number stands for a tensor, in trees too. */
export type Given<T> =
  [T] extends [never] ? unknown : Tree<Tensor> extends T ? T : T extends Tensor ? T | number
    : T extends object ? { readonly [K in keyof T]: Given<T[K]> } : T;
/**
 * The gradient by an argument of type T: its tree, with a tensor for every tensor, and for what a compiled function takes in its
 * place. Types do not say which tensors are integers, so this one does not say that theirs is null.
 */
export type GradientOf<T> =
  [T] extends [never] ? GradientTree : Tree<Tensor> extends T ? GradientTree : T extends Tensor | number | TypedArray ? Tensor
    : { -readonly [K in keyof T]: GradientOf<T[K]> };

// Arguments of a type of their own: only then is a mapped list a list.
type GivenAll<P extends readonly unknown[]> = { readonly [I in keyof P]: Given<P[I]> };
type GradientsOf<P extends readonly unknown[]> = { -readonly [I in keyof P]: GradientOf<P[I]> };
/** What the gradient is taken by. */
type Wrt = number | readonly number[] | string;
type GradientBy<P extends readonly unknown[], W extends Wrt> =
  W extends string ? Tensor : W extends number ? GradientOf<P[W]> : { -readonly [I in keyof W]: GradientOf<P[W[I] & number]> };

export interface GradOptions<W extends Wrt = Wrt> {
  /** An argument, several arguments, or the label of an intermediate quantity. Default 0. */
  readonly wrt?: W;
}

interface Run {
  readonly recorder: Recorder;
  readonly args: readonly Flat<Tensor>[];
  readonly result: Flat<Tensor>;
  /** True when this transform opened the trace, so nobody else will read its values. */
  readonly own: boolean;
}

/**
 * Enters the arguments as fresh tensors and calls the function, in the open trace or in one of its own. A trace of
 * its own is closed again before gradients are taken: its adjoints are computed and not recorded, so they are freed
 * as soon as they have been used.
 */
function run(f: Differentiable, args: readonly unknown[], who: string): Run {
  demandFunction(f, who);
  const outer = currentRecorder();
  const recorder = outer ?? new Recorder('concrete');
  const entered = (x: Tensor): Tensor => {
    if (outer !== undefined) return alias(x);
    const own = fromValue(x.read());
    recorder.stepOf(own);
    return own;
  };
  return record(recorder, () => {
    const flats = liftTrees(args).map(({ leaves, paths, rebuild }): Flat<Tensor> => ({ leaves: leaves.map(entered), paths, rebuild }));
    const result = flattenResult((f as (...args: unknown[]) => unknown)(...flats.map((flat) => flat.rebuild(flat.leaves))), who);
    return { recorder, args: flats, result, own: outer === undefined };
  });
}

/** Cotangents of some tensors of a run: null for integers, zeros where there is no path. */
function pull(recorder: Recorder, seeds: readonly Seed[], leaves: readonly Tensor[], release = false): (Tensor | null)[] {
  const floats = leaves.filter((x) => isFloat(x.dtype));
  const found = floats.length === 0 ? [] : gradient(recorder, seeds, floats.map((x) => recorder.stepOf(x).id), { release });
  let at = 0;
  return leaves.map((x) => (isFloat(x.dtype) ? (found[at++] ?? zerosLike(x)) : null));
}

function leavesOf(flats: readonly Flat<Tensor>[]): Tensor[] {
  const leaves: Tensor[] = [];
  for (const flat of flats) leaves.push(...flat.leaves);
  return leaves;
}

/** Cuts a list of leaves back into the trees it came from. */
function rebuildAll<T>(flats: readonly Flat<Tensor>[], leaves: readonly T[]): Tree<T>[] {
  let from = 0;
  return flats.map((flat) => flat.rebuild(leaves.slice(from, (from += flat.leaves.length))));
}

/**
 * The value of a scalar function and its gradient.
 *
 * Shapes    f(...args) → one element; the gradient has the shape of the argument (a list of trees for a list of
 *           arguments; one tensor for a label)
 * Gradient  exact; itself made of steps, so `grad(grad(f))` and any order work
 * Edges     an integer leaf gives null; a leaf without a path gives zeros
 * Throws    ShapeError for a result that is not one element; TraceError for an unknown label or argument
 */
export function valueAndGrad<F extends Differentiable, const W extends Wrt = 0>(f: F, options: GradOptions<W> = {}) {
  demandFunction(f, 'grad');
  demandOptions(options, ['wrt'], 'grad');
  const wrt: Wrt = options.wrt ?? 0;
  if (typeof wrt !== 'number' && typeof wrt !== 'string') demandList(wrt, 'wrt', 'grad');
  type Gradient = GradientBy<Parameters<F>, NoInfer<W>>;
  return (...args: GivenAll<Parameters<F>>): { value: Tensor; gradient: Gradient } => {
    const { recorder, args: flats, result, own } = run(f, args, 'grad');
    const value = result.leaves[0]!;
    if (result.leaves.length !== 1 || value.size !== 1) {
      throw new ShapeError(message(`grad: the function returned ${result.leaves.map((x) => shapeText(x.shape)).join(', ')}`, 'The gradient of one number is taken', 'Reduce with sum or mean, or use vjp or jacobian'));
    }
    const seeds = [{ step: recorder.stepOf(value).id, cotangent: filled(1, value.shape, value.dtype) }];
    if (typeof wrt === 'string') return { value, gradient: pull(recorder, seeds, [labelled(recorder, wrt)], own)[0] as Gradient };
    const chosen = (typeof wrt === 'number' ? [wrt] : wrt).map((index) => argument(flats, index));
    const trees = rebuildAll(chosen, pull(recorder, seeds, leavesOf(chosen), own));
    return { value, gradient: (typeof wrt === 'number' ? trees[0] : trees) as Gradient };
  };
}

/** The gradient of a scalar function; see `valueAndGrad`. */
export function grad<F extends Differentiable, const W extends Wrt = 0>(f: F, options: GradOptions<W> = {}) {
  const both = valueAndGrad(f, options);
  return (...args: GivenAll<Parameters<F>>): GradientBy<Parameters<F>, NoInfer<W>> => both(...args).gradient;
}

function argument(flats: readonly Flat<Tensor>[], index: number): Flat<Tensor> {
  const flat = flats[index];
  if (flat === undefined) {
    throw new TraceError(message(`grad: argument ${index} of a call with ${flats.length}`, 'wrt counts arguments from 0', 'Choose an argument that is passed'));
  }
  return flat;
}

function labelled(recorder: Recorder, name: string): Tensor {
  const step = recorder.graph.labelled(name);
  const tensor = step && recorder.tensors[step.id];
  if (tensor === undefined) {
    const known = recorder.graph.steps.flatMap((s) => (s.label === undefined ? [] : [s.label]));
    throw new TraceError(message(`grad: no step is labelled '${name}'`, `Labels of this trace: ${known.join(', ') || 'none'}`, 'Give the quantity a label with label(x, name)'));
  }
  return tensor;
}

/**
 * The value of f and its pull-back: cotangents of the result → cotangents of the inputs.
 *
 * Shapes    the cotangent has the shape of the result (a tree of the same form); it may be left out for a single element
 * Gradient  the pull-back may be called any number of times, with equal results
 * Throws    ShapeError for a cotangent of another shape, or a missing one
 */
export function vjp<F extends Differentiable>(f: F, inputs: GivenAll<Parameters<F>>) {
  demandList(inputs, 'inputs', 'vjp');
  const { recorder, args, result } = run(f, inputs, 'vjp');
  const pullback = (cotangent?: Given<ReturnType<F>>): GradientsOf<Parameters<F>> => {
    const given = cotangent === undefined ? defaultCotangents(result) : flattenResult(cotangent, 'vjp').leaves;
    const seeds = result.leaves.map((x, i) => ({ step: recorder.stepOf(x).id, cotangent: fitting(given[i], x, 'vjp: a cotangent') }));
    return rebuildAll(args, pull(recorder, seeds, leavesOf(args))) as GradientsOf<Parameters<F>>;
  };
  return { value: result.rebuild(result.leaves) as GradientOf<ReturnType<F>>, pullback };
}

function defaultCotangents(result: Flat<Tensor>): Tensor[] {
  const only = result.leaves[0]!;
  if (result.leaves.length !== 1 || only.size !== 1) {
    throw new ShapeError(message(`vjp: a result of ${result.leaves.map((x) => shapeText(x.shape)).join(', ')} without a cotangent`, 'Only a single element has the cotangent 1', 'Pass a cotangent of the shape of the result'));
  }
  return [filled(1, only.shape, only.dtype)];
}

/** A direction for x, called by the transform and by what it is there: a cotangent, a tangent or a vector. */
function fitting(direction: Tensor | undefined, x: Tensor, who: string): Tensor {
  if (direction === undefined) throw new ShapeError(message(`${who} is missing for ${shapeText(x.shape)}`, 'Every tensor has one', 'Pass as many, in the same order'));
  if (!sameShape(direction.shape, x.shape)) {
    throw new ShapeError(message(`${who} of shape ${shapeText(direction.shape)} for ${shapeText(x.shape)}`, 'It has the shape of its tensor', 'Expand or reshape it'));
  }
  if (direction.dtype !== x.dtype) {
    throw new DTypeError(message(`${who} of type ${direction.dtype} for ${x.dtype}`, 'It has the type of its tensor', 'Use cast'));
  }
  return direction;
}

/**
 * The directional derivative: result and its tangent for tangents of the inputs.
 *
 * Gradient  built as the pull-back of the pull-back (which is linear in its cotangent), so no second set of rules exists
 * Throws    ShapeError for a tangent of another shape than its input
 */
export function jvp<F extends Differentiable>(f: F, inputs: GivenAll<Parameters<F>>, tangents: GivenAll<Parameters<F>>) {
  demandList(inputs, 'inputs', 'jvp');
  demandList(tangents, 'tangents', 'jvp');
  const { recorder, args, result } = run(f, inputs, 'jvp');
  return record(recorder, () => {
    const given = leavesOf(liftTrees(tangents, floatTypeOfTrees(inputs)));
    const floats = leavesOf(args)
      .flatMap((x, i) => (isFloat(x.dtype) ? [{ x, tangent: fitting(given[i], x, 'jvp: a tangent') }] : []));
    const zeros = result.leaves.map((x) => alias(zerosLike(x)));
    const seeds = result.leaves.map((x, i) => ({ step: recorder.stepOf(x).id, cotangent: zeros[i]! }));
    const pulled = gradient(recorder, seeds, floats.map(({ x }) => recorder.stepOf(x).id));
    const again = pulled.flatMap((x, i) => (x === null ? [] : [{ step: recorder.stepOf(x).id, cotangent: floats[i]!.tangent }]));
    const found = again.length === 0 ? zeros.map(zerosLike) : pull(recorder, again, zeros);
    type Result = GradientOf<ReturnType<F>>;
    return { value: result.rebuild(result.leaves) as Result, tangent: result.rebuild(found) as Result };
  });
}

/** The Hessian times vectors: ∂/∂inputs ⟨∇f, vectors⟩, one tree per input. */
export function hvp<F extends Differentiable>(
  f: F, inputs: GivenAll<Parameters<F>>, vectors: GivenAll<Parameters<F>>
): GradientsOf<Parameters<F>> {
  demandList(inputs, 'inputs', 'hvp');
  demandList(vectors, 'vectors', 'hvp');
  const directions = leavesOf(liftTrees(vectors, floatTypeOfTrees(inputs)));
  const all = inputs.map((_, index) => index);
  const gradient = grad(f as Differentiable, { wrt: all });
  const along = (...args: never[]): Tensor => {
    const slopes = flatten(gradient(...args), (x): x is Tensor | null => x === null || isTensor(x)).leaves;
    const products = slopes.flatMap((g, i) => (g === null ? [] : [sumTo(mul(g, fitting(directions[i], g, 'hvp: a vector')), [])]));
    if (products.length === 0) throw new DTypeError(message('hvp: no input is a float', 'Derivatives are taken with respect to f32 and f64', "Use cast(x, 'f32' | 'f64')"));
    return products.reduce((a, b) => add(a, b));
  };
  return grad(along, { wrt: all })(...inputs) as GradientsOf<Parameters<F>>;
}

/**
 * The Jacobian of a function of one tensor: x ↦ [...shape of f(x), ...shape of x], one pull-back per entry of f(x).
 *
 * Edges     no entries on either side give no entries
 * Throws    DTypeError for an argument or a result that is not one float tensor
 */
export function jacobian(f: (x: Tensor) => Tensor) {
  demandFunction(f, 'jacobian');
  return (x: Tensor): Tensor => jacobianOf(f, x, 'jacobian');
}

function jacobianOf(f: (x: Tensor) => Tensor, given: Tensor, who: string): Tensor {
  const one = (leaves: readonly Tensor[], role: string): Tensor => {
    const [only] = leaves;
    if (only !== undefined && leaves.length === 1 && isFloat(only.dtype)) return only;
    throw new DTypeError(message(
      `${who}: the ${role} is ${leaves.map((leaf) => `${leaf.dtype}${shapeText(leaf.shape)}`).join(', ') || typeof given}`,
      'The Jacobian is that of one float tensor by one float tensor', 'Use vjp or jvp for trees'));
  };
  one(liftTrees([given])[0]!.leaves, 'argument');
  const { recorder, args, result } = run(f as Differentiable, [given], who);
  const x = one(args[0]!.leaves, 'argument');
  const y = one(result.leaves, 'result');
  const shape = [...y.shape, ...x.shape];
  if (x.size === 0 || y.size === 0) return filled(0, shape, x.dtype);
  const rows = Array.from({ length: y.size }, (_, i) => {
    const seeds = [{ step: recorder.stepOf(y).id, cotangent: unit(y, i) }];
    return reshape(pull(recorder, seeds, [x])[0]!, [1, ...x.shape]);
  });
  return reshape(concatAlong(rows, 0), shape);
}

/** The tensor like y that is 1 at one position and 0 elsewhere. */
function unit(y: Tensor, position: number): Tensor {
  const basis = new Float64Array(y.size);
  basis[position] = 1;
  return tensor(basis, { shape: y.shape, dtype: y.dtype });
}

/** The Hessian of a scalar function of one tensor: x ↦ [...shape of x, ...shape of x]. */
export function hessian(f: (x: Tensor) => Tensor) {
  demandFunction(f, 'hessian');
  return (x: Tensor): Tensor => jacobianOf(grad(f), x, 'hessian');
}
