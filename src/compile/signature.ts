// What is static about a call. Tensors, typed arrays and numbers among the arguments are inputs of a program; strings,
// booleans and the form of the trees around them are part of its signature, as are the types and shapes of the inputs.
// A number has the float type of the call, f32 when there is none, so a schedule never makes a new program.

import { DTypeError, message } from '../base/errors.ts';
import { flatten } from '../base/tree.ts';
import { floatTypeOfTrees, isTensor, lift, type Tensor, tensor } from '../graph/index.ts';

/** The arguments of a call, with tensors in the places of numbers and arrays. */
export interface Call {
  readonly key: string;
  readonly args: readonly unknown[];
  readonly inputs: readonly Tensor[];
  /** The argument every input belongs to. */
  readonly owners: readonly number[];
}

type Leaf = Tensor | number | Float32Array | Float64Array | Int32Array;

const isArray = (x: unknown): x is Float32Array | Float64Array | Int32Array =>
  x instanceof Float32Array || x instanceof Float64Array || x instanceof Int32Array;
const isLeaf = (x: unknown): x is Leaf => isTensor(x) || typeof x === 'number' || isArray(x);

/** Reads the arguments of a call; throws DTypeError for one that is neither an input nor part of a signature. */
export function readCall(args: readonly unknown[]): Call {
  const whole = args.map((arg) => {
    const flat = flatten(arg, isLeaf);
    return flat.rebuild(flat.leaves.map((x) => (isArray(x) ? tensor(x) : x)));
  });
  const dtype = floatTypeOfTrees(whole);
  const inputs: Tensor[] = [];
  const owners: number[] = [];
  const lifted = whole.map((arg, i) => {
    const flat = flatten(arg, isLeaf);
    const leaves = flat.leaves.map((x) => lift(x as Tensor | number, dtype));
    inputs.push(...leaves);
    owners.push(...leaves.map(() => i));
    return flat.rebuild(leaves);
  });
  return { key: lifted.map((arg, i) => keyOf(arg, `argument ${i}`)).join(', '), args: lifted, inputs, owners };
}

function keyOf(x: unknown, path: string): string {
  if (isTensor(x)) return String(x);
  if (typeof x === 'string') return JSON.stringify(x);
  if (typeof x === 'boolean' || x === null || x === undefined) return String(x);
  if (Array.isArray(x)) return `[${x.map((part, i) => keyOf(part, `${path}[${i}]`)).join(', ')}]`;
  if (typeof x === 'object') {
    const parts = Object.entries(x).map(([name, part]) => `${JSON.stringify(name)}: ${keyOf(part, `${path}.${name}`)}`);
    return `{${parts.join(', ')}}`;
  }
  throw new DTypeError(message(
    `compile: ${path} is a ${typeof x}`, 'Arguments are tensors, numbers, typed arrays, strings, booleans, and trees of them',
    'Let the compiled function capture it'));
}
