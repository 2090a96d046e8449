// Random programs for the tests of whole graphs: a list of instructions run over a pool of tensors. An instruction
// that does not fit its operands is skipped, so every list is a program and every shorter list is one too (which is
// how fast-check shrinks them). Special values (NaN, infinities, −0) are among the numbers on purpose.

import * as fc from 'fast-check';
import { grad, customGradient } from '../../src/autodiff/index.ts';
import { type DType, type FloatDType, isFloat } from '../../src/base/dtype.ts';
import { MarginaliaError } from '../../src/base/errors.ts';
import { filled, isTensor, label, scope, tensor, type Tensor, trace, type Trace } from '../../src/graph/index.ts';
import * as p from '../../src/primitives/index.ts';

export interface Instruction {
  readonly op: string;
  readonly operands: readonly number[];
  readonly n: number;
}

const product = customGradient((a, b) => p.mul(a, b), ({ inputs: [a, b], grad: g }) => [p.mul(g, b!), p.mul(g, a!)]);
const last = (x: Tensor): number => Math.max(x.rank - 1, 0);
const asIndex = (x: Tensor): Tensor => p.argsortAxis(x, last(x));
const unaries = [
  'neg', 'exp', 'log', 'log1p', 'expm1', 'sqrt', 'sin', 'cos', 'acos', 'tanh', 'sigmoid', 'softplus', 'abs', 'sign', 'floor',
  'alias', 'stopGradient',
] as const;
const binaries = [
  'add', 'sub', 'mul', 'div', 'pow', 'chain', 'maximum', 'minimum', 'less', 'lessEqual', 'equal', 'surrogate',
] as const;
const dtypes = ['f32', 'f64', 'i32'] as const;

/** What an instruction makes of its operands; `own` is the type of the numbers the program is run at. */
type Maker = (xs: readonly Tensor[], n: number, own: FloatDType) => Tensor;
const castTo = (x: Tensor, dtype: DType): Tensor => p.cast(p.minimum(p.maximum(p.where(p.equal(x, x), x, 0), -9), 9), dtype);
const makers: Record<string, Maker> = {
  ...Object.fromEntries(unaries.map((name): [string, Maker] => [name, ([x]) => p[name](x!)])),
  ...Object.fromEntries(binaries.map((name): [string, Maker] => [name, ([a, b]) => p[name](a!, b!)])),
  where: ([c, a, b]) => p.where(c!, a!, b!),
  number: ([x], n) => p.mul(x!, n - 2),
  cast: ([x], n) => castTo(x!, dtypes[n % 3]!),
  castWithin: ([x], n, own) => castTo(x!, n % 2 === 0 ? 'i32' : own),
  roundTo: ([x], n) => p.roundTo(x!, n % 2 === 0 ? 'bf16' : 'f16'),
  reshape: ([x]) => p.reshape(x!, [x!.size]),
  permute: ([x]) => p.permute(x!, x!.shape.map((_, axis) => x!.rank - 1 - axis)),
  expand: ([x], n) => p.expand(x!, [n % 3, ...x!.shape]),
  sum: ([x], n) => p.sumAxes(x!, x!.shape.flatMap((_, axis) => ((n >> axis) % 2 === 0 ? [axis] : []))),
  max: ([x]) => p.maxAxes(x!, [last(x!)]),
  argmax: ([x]) => p.argmaxAxis(x!, last(x!)),
  argsort: ([x]) => asIndex(x!),
  cumsum: ([x]) => p.cumsumAxis(x!, last(x!)),
  slice: ([x], n) => p.slice(x!, [[n % 2, null, 1 + (n % 2)]]),
  flip: ([x]) => p.flipAxes(x!, [last(x!)]),
  pad: ([x], n) => p.padEdges(x!, x!.shape.map(() => [n % 2, 1, 0] as const), n === 0 ? -Infinity : -0),
  concat: ([a, b]) => p.concatAlong([a!, b!], 0),
  gather: ([x, i]) => p.gatherAxis(x!, asIndex(i!), last(x!)),
  scatterAdd: ([x, s]) => p.scatterAddAxis(x!, asIndex(s!), s!, last(x!)),
  contract: ([a, b]) => p.contract(a!, b!, { batch: [], sum: [[last(a!), last(b!)]] }),
  unfold: ([x]) => p.unfold(x!, { kernel: [1, 2], stride: [1, 1], dilation: [1, 1] }),
  custom: ([a, b]) => product(a!, b!),
  iota: ([x], n) => p.add(p.iota(x!.shape[last(x!)] ?? 1, x!.dtype), tensor(n - 0.5, { dtype: x!.dtype })),
  randomBits: (_, n) => p.randomBits(tensor([n, 7], { dtype: 'i32' }), [2, 3]),
  filled: ([x], n) => p.add(x!, filled(n / 3, x!.shape, x!.dtype)),
  label: ([x], n) => label(x!, `q${n}'\n\\`, { role: n % 2 === 0 ? 'target' : 'it’s' }),
};

const value = fc.oneof(
  // Doubles are drawn by their bits, so that most of them are tiny; what programs are for are numbers of ordinary size.
  { weight: 4, arbitrary: fc.integer({ min: -3072, max: 3072 }).map((n) => n / 1024) },
  { weight: 2, arbitrary: fc.double({ min: -3, max: 3, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, 1, NaN, Infinity, -Infinity, 1e-310, 5e-324, 1.7976931348623157e308) },
);

const instructionOf = (names: readonly string[]): fc.Arbitrary<Instruction> => fc.record({
  op: fc.constantFrom(...names),
  operands: fc.array(fc.nat(99), { minLength: 3, maxLength: 3 }),
  n: fc.nat(5),
});

export interface Recipe {
  readonly numbers: readonly number[];
  readonly dtype: 'f32' | 'f64';
  readonly instructions: readonly Instruction[];
  /** How many times the program is differentiated. */
  readonly order: number;
}

const recipesOf = (names: readonly string[]): fc.Arbitrary<Recipe> => fc.record({
  numbers: fc.array(value, { minLength: 6, maxLength: 6 }),
  dtype: fc.constantFrom('f32', 'f64'),
  instructions: fc.array(instructionOf(names), { maxLength: 12 }),
  order: fc.nat(2),
});

export const recipes = recipesOf(Object.keys(makers));

/** Recipes without casts to the other float type: the same program whether it is run in Float32 or in Float64. */
export const uniformRecipes = recipesOf(Object.keys(makers).filter((name) => name !== 'cast'));

/** Everything the instructions make of x. */
function run(x: Tensor, instructions: readonly Instruction[]): Tensor[] {
  const pool = [x, p.permute(x, [1, 0])];
  instructions.forEach(({ op, operands, n }, i) => {
    try {
      const made = scope(`part ${i % 3}`, () => makers[op]!(operands.map((at) => pool[at % pool.length]!), n, x.dtype as FloatDType));
      if (made.size <= 200) pool.push(made);
    } catch (error) {
      if (!(error instanceof MarginaliaError)) throw error;
    }
  });
  return pool;
}

/** The sum of all that is made of x, so that a gradient reaches all of it. */
const total = (x: Tensor, instructions: readonly Instruction[]): Tensor =>
  run(x, instructions).filter((y) => isFloat(y.dtype)).map((y) => p.sumTo(p.cast(y, x.dtype), [])).reduce((a, b) => p.add(a, b));

const slopeOf = (f: (x: Tensor) => Tensor) => (x: Tensor): Tensor => {
  const slope = grad(f)(x);
  return isTensor(slope) ? slope : x;
};

/** The function of a recipe, or its gradient, and the numbers it is taken at. */
export function functionOf({ numbers, dtype, instructions, order }: Recipe): { f: (x: Tensor) => Tensor; x: Tensor } {
  let f = (x: Tensor): Tensor => total(x, instructions);
  for (let i = 0; i < order; i++) {
    const slope = slopeOf(f);
    f = (x) => p.sumTo(slope(x), []);
  }
  return { f, x: tensor([...numbers], { shape: [2, 3], dtype }) };
}

/** The same without the last sum, which hides an entry behind a larger one and everything behind a NaN. */
export function wholeOf(recipe: Recipe): { f: (x: Tensor) => Tensor | Tensor[]; x: Tensor } {
  const { f, x } = functionOf({ ...recipe, order: Math.max(recipe.order - 1, 0) });
  return { f: recipe.order === 0 ? (given) => run(given, recipe.instructions) : slopeOf(f), x };
}

/** The program of a recipe, traced at its numbers. */
export function program(recipe: Recipe): Trace {
  const { f, x } = functionOf(recipe);
  return trace(f, [x], { positions: recipe.instructions.length % 2 === 0 });
}

/** Bit for bit the same numbers, NaN equal to NaN and −0 different from 0. */
export function sameBits(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return a.length === b.length && Array.from(a).every((x, i) => Object.is(x, b[i]));
}
