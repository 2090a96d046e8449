// The declared gradient beside the true one: each is the gradient of a function known by other means, and where they part is
// where the path is stopped, replaced or ruled.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customGradient, grad } from '../../src/autodiff/index.ts';
import { DomainError } from '../../src/base/errors.ts';
import { explain, type Explanation, twoGradients, twoGradientsText, type TwoGradients } from '../../src/explain/index.ts';
import { label, type Tensor } from '../../src/graph/index.ts';
import { type LossOptions, lossRow, paperCenterDelta } from '../../src/losses/index.ts';
import { add, cos, mul, sin, stopGradient, sub, sum, surrogate } from '../../src/ops/index.ts';
import { functionOf, recipes } from '../graph/programs.ts';
import { inputsOf, sample } from '../losses/samples.ts';
import { f32, f64, runs, thrown } from '../values.ts';

const of = (f: (...xs: Tensor[]) => Tensor, ...xs: Tensor[]): Explanation => explain(f as (...inputs: never[]) => Tensor, xs);
const lossOf = (id: string, options: LossOptions): Explanation =>
  explain(lossRow(id).create(options) as (...inputs: never[]) => Tensor, inputsOf(lossRow(id), sample(3)));
const lengths = ({ inputs }: TwoGradients, name: string) => inputs.find((pair) => pair.name === name)!.lengths;
/** The lengths of the gradients by x and w, from the engine alone. */
const slopeOf = (id: string, options: LossOptions): [number, number] => {
  const [x, w, y] = inputsOf(lossRow(id), sample(3)) as [Tensor, Tensor, Tensor];
  const slopes = grad((a: Tensor, b: Tensor) => lossRow(id).create(options)(a, b, y), { wrt: [0, 1] })(x, w);
  return slopes.map((slope) => Math.hypot(...slope.data)) as [number, number];
};

describe('the true gradient', () => {
  it.each<[string, LossOptions, LossOptions, string[]]>([
    ['arc-softmax', { s: 8, gradient: 'straightThrough' }, { s: 8 }, ['c_y']],
    ['sv-arc-softmax', { s: 8, gradient: 'straightThrough' }, { s: 8 }, ['c_y']],
    ['f-softmax', { s: 4, detach: true, probability: 'margin' }, { s: 4, probability: 'margin' }, ['ℓ']],
    ['a-softmax', { s: 4, m: 2, gradient: 'straightThrough' }, { s: 4, m: 2 }, ['c_y']],
  ])('of %s with a path taken out is that of the loss without', (id, declared, real, parting) => {
    const both = twoGradients(lossOf(id, declared));
    const [own, other] = [slopeOf(id, declared), slopeOf(id, real)];
    ['x', 'w'].forEach((name, i) => {
      expect(lengths(both, name).declared).toBeCloseTo(own[i]!, 12);
      expect(lengths(both, name).true).toBeCloseTo(other[i]!, 12);
    });
    expect(both.parting).toEqual(parting);
    expect(both.results.declared).toBe(both.results.true);
    expect(Number(both.whole.angle)).toBeGreaterThan(1e-3);
  });

  it('is entry by entry that of the exact margin', () => {
    const both = twoGradients(lossOf('arc-softmax', { s: 8, gradient: 'straightThrough' }), { most: 100 });
    const exact = lossOf('arc-softmax', { s: 8 }).lines.find(({ name }) => name === 'w')!.adjoint!.value.values!.map(Number);
    const { worst, differing } = both.inputs.find(({ name }) => name === 'w')!;
    expect(worst.length).toBe(differing);
    for (const { at, true: real } of worst) expect(real).toBeCloseTo(exact[3 * at[0]! + at[1]!]!, 12);
    const gaps = worst.map((pair) => Math.abs(Number(pair.declared) - Number(pair.true)));
    expect(gaps).toEqual([...gaps].sort((a, b) => b - a));
  });

  it('goes through a custom step by its function and not by its rule, also when that stops something', () => {
    const half = customGradient((x) => stopGradient(mul(x, x)), ({ inputs: [x], grad: g }) => [mul(g, x!)]);
    const both = twoGradients(of((x) => sum(half(x)), f32([3, 4])));
    expect(both.inputs[0]!.lengths).toEqual({ declared: 5, true: 10 });
    expect([both.inputs[0]!.angle, both.inputs[0]!.ratio]).toEqual([0, 0.5]);
    expect(both.reasons.map(({ matters }) => matters)).toEqual([true]);
  });

  it('law: is the declared one where nothing is declared', () => {
    fc.assert(fc.property(recipes, (recipe) => {
      const kept = recipe.instructions.filter(({ op }) => !['stopGradient', 'surrogate', 'custom'].includes(op));
      const { f, x } = functionOf({ ...recipe, instructions: kept, order: 0 });
      const both = twoGradients(explain(f, [x]));
      expect([both.reasons, both.parting]).toEqual([[], []]);
      for (const pair of both.inputs) expect(pair.differing).toBe(0);
    }), { ...runs, numRuns: Math.ceil(runs.numRuns / 3) });
  });
});

describe('a reason', () => {
  it('is every stop and surrogate, with whether it matters alone', () => {
    const both = twoGradients(lossOf('arc-softmax', { gradient: 'straightThrough' }));
    expect(both.reasons.map(({ name, matters }) => [name, matters])).toEqual([['f', true], [null, false]]);
  });

  it('may be one of several, and the gradients part at each', () => {
    const both = twoGradients(of((x, y) => {
      const [a, b] = [label(sin(x), 'a'), label(cos(y), 'b')];
      return label(add(mul(2, stopGradient(a)), add(surrogate(mul(3, b), b), sum(x))), 'L');
    }, f64(0.4), f64(0.7)));
    expect(both.parting).toEqual(['b', 'a']);
    expect(both.lines.map(({ name, differing }) => [name, differing])).toEqual([['L', 0], ['b', 1], ['a', 1], ['x2', 1], ['x1', 1]]);
    expect(both.lines[1]!.worst).toEqual([{ at: [], declared: 1, true: 3 }]);
    expect(both.lines[2]).toMatchObject({ angle: null, ratio: null, lengths: { declared: 0, true: 2 } });
  });
});

describe('a rule', () => {
  it('given for the centres is held against their gradient: N / (λ·(1 + count)) times as long', () => {
    const row = lossRow('center');
    const given = { ...sample(6), labels: [0, 1, 2, 3] };
    const inputs = inputsOf(row, given) as Tensor[];
    const found = explain(row.create({ lambda: 0.5 }) as (...xs: never[]) => Tensor, inputs);
    const both = twoGradients(found, { declared: { o: paperCenterDelta(inputs[0]!, inputs[2]!, inputs[3]!) } });
    const centers = both.inputs.find(({ name }) => name === 'o')!;
    expect(centers.angle).toBeCloseTo(0, 12);
    expect(centers.ratio).toBeCloseTo(4 / (0.5 * 2), 12);
    expect([both.parting, both.reasons.at(-1)]).toEqual([['o'], { name: 'o', text: 'is moved by a rule given for it', matters: true }]);
    expect(both.inputs.filter(({ name }) => name !== 'o').map(({ differing }) => differing)).toEqual([0, 0]);
  });

  it('that anneals a margin is held against the margin it anneals to', () => {
    const both = twoGradients(lossOf('a-softmax', { s: 4, lambda: 5 }), { against: lossOf('a-softmax', { s: 4 }) });
    expect([lengths(both, 'x').declared, lengths(both, 'x').true]).toEqual([
      expect.closeTo(slopeOf('a-softmax', { s: 4, lambda: 5 })[0], 12), expect.closeTo(slopeOf('a-softmax', { s: 4 })[0], 12),
    ]);
    expect(both.results.declared).not.toBe(both.results.true);
    expect(twoGradientsText(both)).toMatch(/the results are .* and/);
  });
});

describe('an angle', () => {
  it('is exact where the two are almost one and where they are opposite', () => {
    const turned = (angle: number): TwoGradients => twoGradients(of((x) => {
      const straight = sum(mul(x, f64([1, 0])));
      return surrogate(straight, sum(mul(x, f64([Math.cos(angle), Math.sin(angle)]))));
    }, f64([1, 1])));
    for (const angle of [1e-6, 0.5, Math.PI / 2, Math.PI - 1e-6, Math.PI]) expect(turned(angle).whole.angle).toBeCloseTo(angle, 14);
    expect(turned(0.5).whole.ratio).toBeCloseTo(1, 14);
  });
});

describe('the text', () => {
  it('shows what is declared, where they part and by how much', () => {
    const both = twoGradients(of((x) => {
      const f = label(surrogate(mul(2, x), x), 'f');
      return sum(sub(label(mul(f, f), 'q'), stopGradient(mul(0, x))));
    }, f64([1, 3])));
    expect(twoGradientsText(both).split('\n')).toEqual([
      '- f: the value of 2 · x with the derivative of x', '- 0 · x is a constant here; alone it changes nothing',
      'they part at x; what uses it has one gradient', '',
      '              angle  ratio  differ  entry: declared, true',
      '  all inputs  0      0.5    2 of 2', '  x           0      0.5    2 of 2  [1] 12, 24',
      '  result      0      1      0 of 1', '  q           0      1      0 of 2', '  f           0      1      0 of 2', '',
      'angle in radians between declared and true gradient, ratio of their lengths, how', '  many entries differ',
    ]);
  });

  it('stays within the width, and says so where there is one gradient', () => {
    const both = twoGradients(lossOf('f-softmax', { s: 4, detach: true }));
    for (const width of [60, 80, 100]) {
      for (const line of twoGradientsText(both, width).split('\n')) expect(Array.from(line.replace(/\p{M}/gu, '')).length, line).toBeLessThanOrEqual(width);
    }
    expect(twoGradientsText(twoGradients(of((x) => sub(x, 1), f64(2))))).toBe('nothing is stopped, replaced or given by a rule: there is one gradient\nthey are one gradient');
    expect(twoGradientsText(twoGradients(of((x) => stopGradient(x), f64(2))))).toMatch(/declared 0/);
  });

  it('is not to be had of an explanation read from JSON', () => {
    const found = of((x) => stopGradient(x), f64(2));
    expect(thrown(() => twoGradients(JSON.parse(JSON.stringify(found)) as Explanation))).toBeInstanceOf(DomainError);
  });
});
