// Random programs for the tests of whole graphs: a list of instructions run over a pool of tensors. An instruction
// that does not fit its operands is skipped, so every list is a program and every shorter list is one too (which is
// how fast-check shrinks them). Special values (NaN, infinities, −0) are among the numbers on purpose.

import * as fc from 'fast-check';
import { grad, customGradient } from '../../src/autodiff/index.ts';
import { isFloat } from '../../src/base/dtype.ts';
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

type Maker = (xs: readonly Tensor[], n: number) => Tensor;
const makers: Record<string, Maker> = {
  ...Object.fromEntries(unaries.map((name): [string, Maker] => [name, ([x]) => p[name](x!)])),
  ...Object.fromEntries(binaries.map((name): [string, Maker] => [name, ([a, b]) => p[name](a!, b!)])),
  where: ([c, a, b]) => p.where(c!, a!, b!),
  number: ([x], n) => p.mul(x!, n - 2),
  cast: ([x], n) => p.cast(p.minimum(p.maximum(p.where(p.equal(x!, x!), x!, 0), -9), 9), dtypes[n % 3]!),
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
  { weight: 6, arbitrary: fc.double({ min: -3, max: 3, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, 1, NaN, Infinity, -Infinity, 1e-310, 5e-324, 1.7976931348623157e308) },
);

const instruction: fc.Arbitrary<Instruction> = fc.record({
  op: fc.constantFrom(...Object.keys(makers)),
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

export const recipes: fc.Arbitrary<Recipe> = fc.record({
  numbers: fc.array(value, { minLength: 6, maxLength: 6 }),
  dtype: fc.constantFrom('f32', 'f64'),
  instructions: fc.array(instruction, { maxLength: 12 }),
  order: fc.nat(2),
});

/** The sum of everything the instructions make of x, so that a gradient reaches all of it. */
function run(x: Tensor, instructions: readonly Instruction[]): Tensor {
  const pool = [x, p.permute(x, [1, 0])];
  instructions.forEach(({ op, operands, n }, i) => {
    try {
      const made = scope(`part ${i % 3}`, () => makers[op]!(operands.map((at) => pool[at % pool.length]!), n));
      if (made.size <= 200) pool.push(made);
    } catch (error) {
      if (!(error instanceof MarginaliaError)) throw error;
    }
  });
  return pool.filter((y) => isFloat(y.dtype)).map((y) => p.sumTo(p.cast(y, x.dtype), [])).reduce((a, b) => p.add(a, b));
}

/** The function of a recipe, or its gradient, and the numbers it is taken at. */
export function functionOf({ numbers, dtype, instructions, order }: Recipe): { f: (x: Tensor) => Tensor; x: Tensor } {
  let f = (x: Tensor): Tensor => run(x, instructions);
  for (let i = 0; i < order; i++) {
    const inner = f;
    f = (x) => {
      const slope = grad(inner)(x);
      return isTensor(slope) ? p.sumTo(slope, []) : x;
    };
  }
  return { f, x: tensor([...numbers], { shape: [2, 3], dtype }) };
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
