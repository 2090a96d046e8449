// Printed formulas read back: what is read says the same number as what was printed, and what is not understood is left.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formulaReader } from '../../src/explain/reading.ts';
import { type Cond, type Expr, printExpr } from '../../src/formula/index.ts';
import { bodyText, numbers } from '../../src/primitives/algebra.ts';
import { runs } from '../values.ts';

const read = formulaReader(['x', 'x̂', 'c', 'c_y', 'v', 'I', '1[k = y]', '%14', 'd²#2', 'own']);
const printed = (text: string): string | undefined => {
  const e = read(text);
  return e && printExpr(e);
};

describe('a printed formula', () => {
  it.each([
    ['c_y − 0.35', 'c_y - 0.35'], ['((0 if 1[k = y] else ∂v) · I) · 0.2', '(0 if k = y else ∂v) * I * 0.2'],
    ['∂x̂ · (0 if %14 = 0 else 1 / %14)', '∂x̂ * (0 if %14 = 0 else 1 / %14)'],
    ['sum(x · x, axes [1])', 'sum(axis 1, x * x)'], ['sum(c if own else 0, axes [0, 1])', 'sum(axes 0,1, c if own != 0 else 0)'],
    ['0 if 1[k = y] else c_y < c', '0 if k = y else 1 if c_y < c else 0'], ['d²#2 ≤ 0', '1 if d²#2 <= 0 else 0'],
    ['−∂v', '-∂v'], ['-0.877583 < c_y', '1 if -0.877583 < c_y else 0'], ['stop(max(-Infinity, x))', 'stop(max(-∞, x))'],
    ['0 if 0 if I else c < v else x', '0 if (0 if I != 0 else 1 if c < v else 0) != 0 else x'], ['reshape(x, [2, 1])', 'reshape(x, [2, 1])'],
    ['|x| + ⌊c⌋', 'abs(x) + floor(c)'], ['%14^(2 − 1)', '%14^(2 - 1)'], ['argsort(x, axis 0)', 'argsort(x, axis 0)'], ['exp(x)', 'exp(x)'], ['x[:, None] − x', 'x[:, None] - x'],
    ['f64(c = v)', '1 if c = v else 0'], ['f64(c)', 'f64(c)'], ['matmul(∂cᵀ, x̂)', '∂c^⊤ * x̂'],
  ])('%s reads as %s', (text, expected) => {
    expect(printed(text)).toBe(expected);
  });

  it.each(['…', 'x +', '(x', 'x)', 'x x', 'sum(x', 'x ? c', 'x if c', '1 2', '(x − c)[:, None]', 'slice(x, 0:2)'])('%s is not guessed', (text) => {
    expect(read(text)).toBeUndefined();
  });

  it('law: says the number that was printed', () => {
    fc.assert(fc.property(bodies, fc.double({ min: 0.5, max: 2, noNaN: true }), fc.double({ min: -2, max: -0.5, noNaN: true }), (body, x, c) => {
      const tree = read(bodyText((algebra, ...inputs) => write(body, algebra, inputs), ['x', 'c']));
      const [seen, meant] = [value(tree!, new Map([['x', x], ['c', c]])), write(body, numbers, [x, c])];
      if (Number.isFinite(meant)) expect(Math.abs(seen - meant)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(meant)));
    }), { ...runs, numRuns: 10 * runs.numRuns });
  });
});

/** A body over two inputs: an operation of the algebra and its parts, an input, or a constant. */
interface Body {
  readonly name: string;
  readonly parts: readonly Body[];
  readonly number?: number;
}

const bodies = fc.letrec<{ body: Body }>((tie) => {
  const of = (names: readonly string[], count: number): fc.Arbitrary<Body> =>
    fc.record({ name: fc.constantFrom(...names), parts: fc.array(tie('body'), { minLength: count, maxLength: count }) });
  return {
    body: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom(0, 1).map((number) => ({ name: 'input', parts: [], number })),
      fc.integer({ min: -3, max: 3 }).map((number) => ({ name: 'constant', parts: [], number })),
      of(['add', 'sub', 'mul', 'div', 'less'], 2), of(['neg', 'exp', 'abs', 'floor'], 1), of(['select'], 3),
    ),
  };
}).body;

function write<T>({ name, parts, number = 0 }: Body, algebra: object, inputs: readonly T[]): T {
  if (name === 'input') return inputs[number]!;
  const operation = new Map(Object.entries(algebra)).get(name) as (...args: unknown[]) => T;
  return name === 'constant' ? operation(number) : operation(...parts.map((part) => write(part, algebra, inputs)));
}

function value(e: Expr, names: ReadonlyMap<string, number>): number {
  const of = (part: Expr): number => value(part, names);
  if (e.kind === 'number') return e.value;
  if (e.kind === 'name') return names.get(e.name)!;
  if (e.kind === 'negate') return -of(e.of);
  if (e.kind === 'call') return ({ exp: Math.exp, abs: Math.abs, floor: Math.floor })[e.name as 'exp'](of(e.args[0]!));
  if (e.kind === 'select') return holds(e.cond, names) ? of(e.then) : of(e.otherwise);
  if (e.kind !== 'binary') throw new Error(e.kind);
  const [a, b] = [of(e.left), of(e.right)];
  return e.op === '+' ? a + b : e.op === '-' ? a - b : e.op === '*' ? a * b : a / b;
}

function holds(cond: Cond, names: ReadonlyMap<string, number>): boolean {
  if (cond.kind !== 'compare') throw new Error(cond.kind);
  const [a, b] = [value(cond.left, names), value(cond.right, names)];
  return cond.op === '<' ? a < b : a !== b;
}
