// Explanations as data: the adjoints are the gradients, the contributions add up to them, the assumptions are complete.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customGradient, grad } from '../../src/autodiff/index.ts';
import { ShapeError } from '../../src/base/errors.ts';
import { explain, type Explanation, type Numbers } from '../../src/explain/index.ts';
import { currentRecorder, label, type Tensor, tensor } from '../../src/graph/index.ts';
import {
  abs, add, argmax, argsort, cast, clamp, exp, floor, less, max, maximum, mul, reshape, sign, stopGradient, sum, surrogate, where,
} from '../../src/ops/index.ts';
import { functionOf, recipes, sameBits } from '../graph/programs.ts';
import { f64, i32, runs } from '../values.ts';
import { cosines, isLabel, margin } from './margin.ts';

const plain = ({ values }: Numbers): number[] => values!.map(Number);
const named = (explanation: Explanation, name: string) => explanation.lines.find((line) => line.name === name)!;
const explained = explain(margin, [cosines, isLabel, f64(1.2)], { names: ['c', 'own', 't'] });

describe('lines', () => {
  it('bear label, role, scope, formula, value, shape and the place in the file', () => {
    expect(named(explained, 'I')).toMatchObject({
      label: 'I', role: 'support', scope: 'support', expanded: '0 if own else f < c', shape: [2, 3], dtype: 'f64', main: true,
      value: { values: [0, 1, 0, 0, 1, 0] },
    });
    expect(named(explained, 'z').source).toMatch(/test\/explain\/margin\.ts:\d+$/);
    expect(named(explained, 'f').expanded).toBe('sum(c if own else 0, axes [1]) − 0.25');
  });

  it('have a short formula in the names of their operands, unnamed ones by number', () => {
    const line = explained.lines.find(({ formula }) => formula.startsWith('sum(%'))!;
    expect(line.name).toMatch(/^%\d+$/);
    expect(line.main).toBe(false);
  });

  it('leave out plain numbers, and views that show the same numbers in the same order', () => {
    const { lines } = explain((x: Tensor) => reshape(sum(mul(reshape(x, [1, 3]), 2)), [1]), [f64([1, 2, 3])]);
    expect(lines.at(-1)!.expanded).toBe('sum(x · 2, axes [0, 1])');
    expect(lines.some(({ formula }) => formula === '2')).toBe(false);
  });

  it('are named after the arguments, and after the ways to their leaves', () => {
    const { lines } = explain(({ w, b }: { w: Tensor; b: Tensor[] }, x: Tensor) => sum(add(mul(w, x), b[0]!)), [{ w: f64([1]), b: [f64([2])] }, f64([3])], { names: ['p', 'x'] });
    expect(lines.filter(({ formula }) => formula === 'input').map(({ name }) => name)).toEqual(['p.w', 'p.b[0]', 'x']);
    expect(explain((a: Tensor, b: Tensor) => mul(a, b), [1, 2]).lines.map(({ name }) => name)).toEqual(['x1', 'x2', 'result']);
  });

  it('that bear one label twice are told apart', () => {
    const { lines } = explain((x: Tensor) => label(mul(label(exp(x), 'q'), 2), 'q'), [f64(1)]);
    expect(lines.map(({ name }) => name)).toEqual(['x', 'q', 'q#2']);
    expect(named({ lines } as Explanation, 'q#2').formula).toBe('q · 2');
  });

  it('stay readable however deep an unnamed expression is', () => {
    const deep = (x: Tensor): Tensor => Array.from({ length: 200 }).reduce<Tensor>((y) => mul(y, y), x);
    const { lines } = explain(deep, [1]);
    for (const { expanded, adjoint } of lines) {
      expect(expanded.length).toBeLessThan(200);
      for (const part of adjoint!.contributions) expect(part.expanded.length).toBeLessThan(200);
    }
    const own = customGradient((x) => x, ({ grad: g }) => [deep(g)]);
    for (const part of explain(own, [1]).lines[0]!.adjoint!.contributions) expect(part.expanded.length).toBeLessThan(1000);
  });

  it('survive JSON, with the numbers that JSON does not know as texts', () => {
    const odd = explain((x: Tensor) => sum(mul(x, f64([NaN, Infinity, -0]))), [f64([1, -1, 1])]);
    expect(named(odd, 'x').adjoint!.value.values).toEqual(['NaN', 'Infinity', '-0']);
    for (const each of [odd, explained]) expect(JSON.parse(JSON.stringify(each))).toStrictEqual({ ...each });
    expect(explained.version).toBe(2);
  });

  it('summarise large tensors', () => {
    const { value, adjoint } = explain((x: Tensor) => sum(mul(x, x)), [f64([1, 2, NaN, 5])], { whole: 3 }).lines[0]!;
    expect(value).toEqual({ summary: { size: 4, min: 1, max: 5, mean: 8 / 3, nonFinite: 1 } });
    expect(adjoint!.value.summary!.max).toBe(10);
  });
});

describe('adjoints', () => {
  it.each(['c', 'f', 'I', 'z', 'L'])('of %s are the gradient with respect to that label', (name) => {
    const gradient = grad(margin, { wrt: name })(cosines, isLabel, f64(1.2));
    expect(plain(named(explained, name).adjoint!.value)).toEqual(Array.from(gradient.data));
  });

  it('say in a formula what each use sends', () => {
    expect(named(explained, 'L').adjoint!.contributions.map(({ expanded }) => expanded)).toEqual(['∂result · (1 / 2)']);
    expect(named(explained, 'f').adjoint!.contributions.map(({ expanded }) => expanded)).toEqual(['sum((∂z · 4) if own else 0, axes [1])']);
    const [direct] = named(explained, 'f').adjoint!.contributions;
    expect(direct!.formula).toMatch(/^sum\(∂%\d+ if own else 0, axes \[1\]\)$/);
    expect(explained.lines.find(({ number }) => number === direct!.from)!.formula).toMatch(/^f if own else/);
  });

  it('are null where no derivative arrives', () => {
    const { lines } = explain((x: Tensor) => sum(mul(x, stopGradient(label(exp(x), 'e')))), [f64([1])]);
    expect(named({ lines } as Explanation, 'e').adjoint).toBeNull();
    expect(explain((x: Tensor, y: Tensor) => sum(where(less(y, 0), x, 0)), [f64([1]), f64([1])]).lines[1]!.adjoint).toBeNull();
    expect(explain((x: Tensor, y: Tensor) => sum(mul(x, cast(y, 'f64'))), [f64([1]), i32([1])]).lines[1]!.adjoint).toBeNull();
  });

  it('law: are the gradients, and the sums of what the uses sent in the order in which it came', () => {
    fc.assert(fc.property(recipes, (recipe) => {
      const { f, x } = functionOf({ ...recipe, order: recipe.order % 2 });
      const { lines } = explain(f, [x], { whole: 1000 });
      const slope = grad(f)(x);
      expect(sameBits(plain(lines[0]!.adjoint?.value ?? { values: [0, 0, 0, 0, 0, 0] }), slope.data)).toBe(true);
      for (const { adjoint, dtype, name } of lines) {
        if (adjoint === null || adjoint.contributions.length === 0) continue;
        const round = dtype === 'f32' ? Math.fround : (sum: number) => sum;
        const sums = adjoint.contributions.map(({ value }) => plain(value)).reduce((a, b) => a.map((sum, i) => round(sum + b[i]!)));
        expect(sameBits(sums, plain(adjoint.value)), name).toBe(true);
      }
    }), runs);
  });
});

describe('assumptions', () => {
  const kinds = (f: (...xs: Tensor[]) => Tensor, ...xs: Tensor[]) =>
    explain((...args: Tensor[]) => sum(f(...args)), xs).assumptions.map(({ kind, distance, at }) => [kind, distance, at]);

  it.each<[string, (...xs: Tensor[]) => Tensor, Tensor[], unknown[][]]>([
    ['a stop', (x) => mul(x, stopGradient(x!)), [f64([1])], [['stop', undefined, undefined]]],
    ['a surrogate', (x) => surrogate(exp(x!), x!), [f64([1])], [['surrogate', undefined, undefined]]],
    ['an input without a path', (x) => x!, [f64([1]), f64([2]), i32([3])], [['no path', undefined, undefined]]],
    ['a mask and its distance', (x) => where(less(x!, 2), x!, 0), [f64([1, 2.5])], [['mask', 0.5, [1]]]],
    ['a mask of labels, which cannot flip', (x, y) => mul(x!, cast(less(y!, 2), 'f64')), [f64([1]), i32([1])], [['mask', undefined, undefined]]],
    ['a clamp', (x) => clamp(x!, { min: 0, max: 1 }), [f64([0.25, 3])], [['clamp', 0.25, [0]], ['clamp', 0.75, [0]]]],
    ['a maximum', (x, y) => maximum(x!, y!), [f64([1, 5]), f64([3, 4])], [['choice', 1, [1]]]],
    ['a tie', (x, y) => maximum(x!, y!), [f64([1, 5]), f64([3, 5])], [['tie', 0, [1]]]],
    ['an absolute value', (x) => abs(x!), [f64([-0.5, 2])], [['choice', 0.5, [0]]]],
    ['a kink', (x) => abs(x!), [f64([3, 0])], [['tie', 0, [1]]]],
    ['the maximum of an axis', (x) => max(x!, { axis: 1 }), [f64([[1, 4, 3], [9, 2, 8.5]])], [['choice', 0.5, [1, 0]]]],
    ['two maxima of an axis', (x) => max(x!, { axis: 1 }), [f64([[4, 4], [1, 2]])], [['tie', 0, [0, 0]]]],
    ['a floor', (x) => mul(x!, floor(x!)), [f64([1.25, 2.5])], [['step', 0.25, [0]]]],
    ['a floor at a whole number', (x) => mul(x!, floor(x!)), [f64([2])], [['step', 0, [0]]]],
    ['a sign', (x) => mul(x!, sign(x!)), [f64([-0.75])], [['step', 0.75, [0]]]],
    ['an order', (x) => mul(x!, cast(argsort(x!), 'f64')), [f64([3, 1, 1.5])], [['choice', 0.5, [0]]]],
    ['the place of a maximum', (x) => mul(sum(x!), cast(argmax(x!), 'f64')), [f64([3, 1, 2.5])], [['choice', 0.5, [0]]]],
    ['nothing', (x) => mul(x!, x!), [f64([3])], []],
  ])('name %s', (_, f, inputs, expected) => {
    const close = kinds(f, ...inputs).map(([kind, distance, at]) => [kind, typeof distance === 'number' ? Math.round(distance * 1e12) / 1e12 : distance, at]);
    expect(close).toEqual(expected);
  });

  it('name a rule that was declared', () => {
    const own = customGradient((x) => mul(x, x), ({ inputs: [x], grad: g }) => [mul(g, mul(2, x!))]);
    expect(kinds((x) => own(x!), f64([1])).map(([kind]) => kind)).toEqual(['custom']);
  });

  it('leave out choices that no derivative passes: the shift of a log-sum-exp', () => {
    expect(explained.assumptions.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'no path own', expect.stringMatching(/^mask %/), expect.stringMatching(/^choice %/), expect.stringMatching(/^stop %/),
    ]);
    expect(explained.assumptions[1]).toMatchObject({ text: 'f < c in 2 of 4 entries outside own', at: [0, 1] });
  });
});

describe('explain', () => {
  it('refuses what has no single derivative', () => {
    expect(() => explain((x: Tensor) => x, [f64([1, 2])])).toThrow(ShapeError);
    expect(() => explain((x: Tensor) => [x, x], [1])).toThrow('explain: the function returned f32[], f32[]');
    expect(() => explain((x: Tensor) => sum(cast(x, 'i32')), [f64([1])])).toThrow('explain: the function returned i32[]');
  });

  it('closes its trace, and gives the same explanation again', () => {
    const again = explain(margin, [cosines, isLabel, f64(1.2)], { names: ['c', 'own', 't'] });
    expect(again).toEqual(explained);
    expect(currentRecorder()).toBeUndefined();
  });

  it('explains a constant, an input, and a gradient inside a function', () => {
    expect(explain(() => tensor(5), []).lines.map(({ expanded }) => expanded)).toEqual(['5']);
    expect(explain((x: Tensor) => x, [3]).lines[0]!.adjoint!.value.values).toEqual([1]);
    const slope = (x: Tensor): Tensor => grad((y: Tensor) => mul(y, mul(y, y)))(x);
    expect(explain(slope, [f64(2)]).lines[0]!.adjoint!.value.values).toEqual([12]);
  });
});
