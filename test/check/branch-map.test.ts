// The branch map: jumps that are those of the loss itself on the two sides of a border, slopes that turn there, and
// decisions that change nothing.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.ts';
import { DomainError } from '../../src/base/errors.ts';
import {
  alongEntry, branchCut, branchCutText, type BranchDecision, branchMap, branchMapText, branchMapVersion, cutPicture, towardsBorder,
} from '../../src/check/index.ts';
import { drawnPoint } from '../../src/cli/explain.ts';
import { explain, type Explanation } from '../../src/explain/index.ts';
import { label, tensor, type Tensor } from '../../src/graph/index.ts';
import { lossRow } from '../../src/losses/index.ts';
import {
  abs, add, argmax, cast, equal, floor, less, max, maximum, mul, relu, sign, stopGradient, sub, sum, surrogate, where,
} from '../../src/ops/index.ts';
import { inputsOf, placed, sample } from '../losses/samples.ts';
import { f32, f64, runs, thrown } from '../values.ts';

const of = (f: (...xs: Tensor[]) => Tensor, ...xs: Tensor[]): Explanation => explain(f as (...inputs: never[]) => Tensor, xs);
const nearest = (explanation: Explanation): BranchDecision => branchMap(explanation).decisions[0]!;
const effects = (explanation: Explanation): unknown[] => branchMap(explanation).decisions.map(({ kind, effect, distance }) => [kind, effect, distance]);

const losses = [
  ['sv-softmax', { s: 4 }], ['sv-am-softmax', { s: 8 }], ['sv-arc-softmax', { s: 6 }], ['arc-softmax', { s: 8, targetRule: 'fallback' }],
  ['am-softmax', { s: 8, targetRule: 'easy0' }], ['arc-softmax', { s: 8, targetRule: 'easy0', gradient: 'straightThrough' }],
  ['hm-softmax', { s: 4, saveRate: 0.5 }], ['curricular', { s: 4 }], ['triplet', { m: 0.5 }], ['contrastive', {}], ['f-softmax', { s: 3 }],
  ['mv-am-softmax', { s: 4, mode: 'fixed' }],
] as const;

describe('a jump', () => {
  it('law: is the difference of the loss between the two sides of the border, to 1e-9', () => {
    let jumps = 0;
    fc.assert(fc.property(fc.constantFrom(...losses), fc.nat(1e6), ([id, options], seed) => {
      const row = lossRow(id);
      const f = row.create(options);
      const inputs = inputsOf(row, sample(seed, { samples: 2, classes: 3, dims: 2 })) as Tensor[];
      const found = explain(f as (...xs: never[]) => Tensor, inputs);
      const decision = branchMap(found, { most: 1 }).decisions.find(({ effect }) => effect === 'value' || effect === 'slope');
      if (decision === undefined) return;
      const direction = towardsBorder(found, decision)!;
      const at = (h: number): number => f(...found.inputs.map((line, i) => {
        const way = direction[found.lines.find(({ number }) => number === line)!.name];
        return way === undefined ? inputs[i]! : tensor(Float64Array.from(inputs[i]!.data, (x, k) => x + h * way[k]!), { shape: inputs[i]!.shape });
      })).item();
      const reach = 1.001 * Number(decision.distance) + 1e-12;
      const { cells, borders } = branchCut(found, direction, { from: 0, to: reach, points: 2 });
      const last = borders.at(-1)!;
      const [below, above] = [cells.at(-2)!.h.at(-1)!, cells.at(-1)!.h[0]!];
      const size = Math.max(1, Math.abs(at(below)));
      expect(above - below).toBeLessThanOrEqual(2 ** -40);
      expect(last.h).toBeCloseTo(Number(decision.distance), 12);
      expect(Math.abs(at(above) - at(below) - Number(last.jump))).toBeLessThanOrEqual(1e-9 * size);
      expect(Math.abs(Number(decision.jump) - Number(last.jump))).toBeLessThanOrEqual(1e-9 * size);
      if (decision.effect === 'value') jumps++;
    }), { ...runs, numRuns: Math.ceil(runs.numRuns / 5) });
    expect(jumps).toBeGreaterThan(2);
  }, 600_000);

  it('is not sought at the zero vector, beside which every angle lies', () => {
    const far = [[0.8, 0.3], [-0.1, 1]];
    const row = lossRow('arc-softmax');
    const found = explain(row.create({ s: 8, targetRule: 'fallback' }) as (...xs: never[]) => Tensor, inputsOf(row, placed(far, [[0.5, -0.4], [0.9, -0.5], [0.05, 0.04]], [2, 2])));
    const decisions = branchMap(found).decisions.filter(({ effect }) => effect === 'value');
    expect(decisions.length).toBeGreaterThan(0);
    for (const { distance, turn } of decisions) {
      expect(Number(distance)).toBeGreaterThan(Math.hypot(0.05, 0.04));
      expect(Number(turn)).toBeLessThan(1000);
    }
  });

  it('at the border of a support vector is that of the indicator taken by hand', () => {
    const row = lossRow('sv-am-softmax');
    const point = placed([[1, 0]], [[1, 0.3], [0.5, 1]], [0]);
    const found = explain(row.create({ s: 2, t: 1.5, m: 0.1 }) as (...xs: never[]) => Tensor, inputsOf(row, point));
    const decision = branchMap(found).decisions.find(({ effect }) => effect === 'value')!;
    expect([decision.kind, decision.serves, decision.at]).toEqual(['mask', ['I'], [0, 1]]);
    const [f, c] = ['f', 'c'].map((name) => found.lines.find((line) => line.name === name)!.value.values!.map(Number));
    expect(decision.gap).toBeCloseTo(f![0]! - c![1]!, 15);
    const { cells, borders: [border] } = branchCut(found, towardsBorder(found, decision)!, { from: 0, to: 2 * Number(decision.distance) });
    // At the border c = f = q: log(1 + e^(s(t−1)(q+1))) − log 2.
    const before = Number(cells[0]!.value.at(-1));
    expect(before).toBeCloseTo(Math.log(2), 13);
    const q = Math.log(Math.exp(before + Number(border!.jump)) - 1) / (2 * 0.5) - 1;
    expect(Math.abs(q)).toBeLessThan(1);
    expect(Number(border!.jump)).toBeCloseTo(Math.log(1 + Math.exp(2 * 0.5 * (q + 1))) - Math.log(2), 12);
  });
});

describe('a decision', () => {
  const x = f64([0.75, 2]);
  it.each<[string, (x: Tensor) => Tensor, unknown[]]>([
    ['a mask that chooses a value', (v) => sum(where(less(v, 1), v, mul(3, v))), [['mask', 'value', 0.25], ['mask', 'value', 1]]],
    ['a clamp', (v) => sum(relu(v)), [['clamp', 'slope', 0.75], ['clamp', 'slope', 2]]],
    ['a step', (v) => sum(mul(v, floor(v))), [['step', 'value', 0], ['step', 'value', 0.25]]],
    ['a sign', (v) => sum(sign(v)), [['step', 'value', 0.75], ['step', 'value', 2]]],
    ['an absolute value', (v) => sum(abs(v)), [['choice', 'slope', 0.75], ['choice', 'slope', 2]]],
    ['a maximum of two', (v) => sum(maximum(v, 1)), [['choice', 'slope', 0.25], ['choice', 'slope', 1]]],
    ['the largest of a group', (v) => max(v), [['choice', 'slope', 1.25 / Math.SQRT2]]],
    ['its place', (v) => add(sum(v), cast(argmax(v, { axis: 0 }), 'f64')), [['choice', 'value', 1.25 / Math.SQRT2]]],
    ['one whose two sides are equal', (v) => sum(where(less(v, 1), v, mul(1, v))), [['mask', 'nothing', 0.25], ['mask', 'nothing', 1]]],
    ['one that never comes', (v) => sum(where(less(mul(v, v), -1), v, 0)), [['mask', null, null], ['mask', null, null]]],
  ])('%s is named with its distance and what it changes', (_, f, expected) => {
    const found = effects(of(f, x)) as [string, string, number | null][];
    expect(found.map(([kind, effect]) => [kind, effect])).toEqual(expected.map((row) => (row as unknown[]).slice(0, 2)));
    found.forEach(([, , distance], i) => {
      const wanted = (expected[i] as unknown[])[2] as number | null;
      if (wanted === null) expect(distance).toBeNull();
      else expect(distance).toBeCloseTo(wanted, 8);
    });
  });

  it('has the distance of the nearest point of a bent border, along a way that meets it at a right angle', () => {
    const weights = f64([0.25, 1]);
    const point = [0.5, 0.3] as const;
    const found = of((v) => sum(where(less(sum(mul(weights, mul(v, v))), 1), v, 0)), f64(point));
    const decision = nearest(found);
    const around = Array.from({ length: 40001 }, (_, i) => (i * 2 * Math.PI) / 40000);
    expect(decision.distance).toBeCloseTo(Math.min(...around.map((t) => Math.hypot(2 * Math.cos(t) - point[0], Math.sin(t) - point[1]))), 7);
    const { x: way } = towardsBorder(found, decision)!;
    const [a, b] = point.map((x, i) => x + Number(decision.distance) * way![i]!) as [number, number];
    expect([0.25 * a * a + b * b, (way![0]! * b - way![1]! * 0.25 * a)]).toEqual([expect.closeTo(1, 14), expect.closeTo(0, 6)]);
  });

  it('of a loss is nearer than its steepest way says: the distances of an iterated projection by hand', () => {
    const row = lossRow('sv-arc-softmax');
    const { inputs } = drawnPoint(row, 1);
    const felt = branchMap(explain(row.create() as (...xs: never[]) => Tensor, inputs)).decisions.filter(({ effect }) => effect === 'value');
    expect(felt.map(({ at, distance }) => [at.join(), distance])).toEqual([
      ['1,3', 0.08677996704546752], ['0,1', 0.29381276518352367], ['1,1', 0.5644534964607658], ['1,0', 0.6933653549348738],
    ].map(([at, distance]) => [at, expect.closeTo(distance as number, 8)]));
  });

  it('that is at its border already is looked at on both sides', () => {
    const decision = nearest(of((v) => sum(where(less(v, 1), v, add(v, 3))), f64([1])));
    expect([decision.gap, decision.effect, Math.abs(Number(decision.jump))]).toEqual([0, 'value', 3]);
    expect(Number(decision.distance)).toBeLessThan(1e-11);
  });

  it('at its border is looked at on other ways where the steepest one tells nothing, and a cut meets it there', () => {
    const row = lossRow('sv-am-softmax');
    const found = explain(row.create({ m: 0 }) as (...xs: never[]) => Tensor, inputsOf(row, placed([[1, 2]], [[1, 2], [1, 2]], [0])));
    const { decisions } = branchMap(found);
    const ties = decisions.filter(({ gap, formula }) => gap === 0 && formula === 'f < c');
    // The target never lies below itself; the other class does as soon as the two part.
    expect(ties.map(({ at, distance, effect }) => [at, distance, effect])).toEqual([[[0, 0], 0, 'nothing'], [[0, 1], 0, 'value']]);
    const [, tie] = ties;
    const { borders } = branchCut(found, towardsBorder(found, tie!)!, { from: -1, to: 1 });
    expect(borders.map(({ effect, jump }) => [effect, Math.sign(Number(jump))])).toEqual([['value', -1], ['value', 1]]);
    expect(Math.max(...borders.map(({ h }) => Math.abs(h)))).toBeLessThan(1e-6);
    expect(tie!.jump).toBeCloseTo(Number(borders[1]!.jump), 6);
    expect(branchMapText(branchMap(found))).not.toMatch(/met no border[^(]*\([^)]*f < c/);
  });

  it('that compares what overflows has no border to walk to', () => {
    const { decisions } = branchMap(of((x) => sum(where(less(mul(x, x), 1), x, 0)), f64([1e200])));
    expect(decisions.map(({ distance }) => distance)).toEqual([null]);
  });

  it('at its border turns the slope, or bends no more than the function does', () => {
    const flat = nearest(of((v) => sum(relu(mul(v, v))), f64([0, 0])));
    expect([flat.gap, flat.distance, flat.effect]).toEqual([0, 0, 'nothing']);
    const kink = nearest(of((v) => sum(relu(sub(mul(v, 1), 1))), f64([1])));
    expect([kink.gap, kink.distance === null, kink.effect]).toEqual([0, false, 'slope']);
  });

  it('is reached through what is stopped or passed by, for a stopped quantity moves', () => {
    const decision = nearest(of((v) => mul(sum(v), stopGradient(sum(cast(less(stopGradient(v), 1), 'f64')))), f64([0.5])));
    expect([decision.effect, decision.distance, decision.jump]).toEqual(['value', expect.closeTo(0.5, 15), expect.closeTo(-1, 12)]);
    const passed = nearest(of((v) => sum(surrogate(where(less(v, 1), 0, 5), v)), f64([0.5])));
    expect([passed.effect, passed.jump]).toEqual(['value', 5]);
  });

  it('of whole numbers or constants is left out, and so is one the result does not rest on', () => {
    const labels = tensor([0, 1], { dtype: 'i32' });
    expect(branchMap(of((v, y) => {
      less(v, 0);
      return sum(where(cast(equal(y, 1), 'f64'), v, where(less(f64([1, 2]), 1.5), v, 0)));
    }, f64([1, 2]), labels)).decisions).toEqual([]);
  });

  it('shares its border with others, which are named', () => {
    const [first, second] = branchMap(of((v) => sum(add(label(less(v, 1), 'a'), mul(3, label(less(1, v), 'b')))), f64([0.5]))).decisions;
    expect([first, second].map((decision) => [decision!.name, decision!.beside, decision!.effect, decision!.jump])).toEqual([
      ['a', ['b'], 'value', 2], ['b', ['a'], 'value', 2],
    ]);
  });

  it('of a selection changes the slope and not the value', () => {
    const row = lossRow('hm-softmax');
    const found = explain(row.create({ s: 4, saveRate: 0.5 }) as (...xs: never[]) => Tensor, inputsOf(row, sample(3)));
    const { decisions } = branchMap(found);
    const [lowest, middle] = [0, 1].map((at) =>
      decisions.find((decision) => decision.formula.startsWith('argsort(−') && decision.at[0] === at)!);
    // Two of four are kept: only the second and the third changing places changes who counts.
    expect([middle!.kind, middle!.effect, middle!.serves, middle!.beside]).toEqual(['choice', 'slope', ['g'], []]);
    expect(lowest!.effect).toBe('nothing');
  });

  it('is followed, the smallest gap first, until enough of a line change something', () => {
    const { decisions, more } = branchMap(of((v) => sum(relu(v)), f64([6, 2, 4, 1, 3, 5])), { most: 2 });
    expect([decisions.map(({ at }) => at), more]).toEqual([[[3], [1]], 4]);
  });

  it('of a Float32 program is looked at in Float64', () => {
    expect(nearest(of((v) => sum(relu(v)), f32([0.1]))).distance).toBeCloseTo(Math.fround(0.1), 14);
  });
});

describe('a cut', () => {
  const f = (x: Tensor): Tensor => {
    const mask = label(less(x, 0.3), 'low');
    return sum(add(where(mask, x, mul(2, x)), abs(sub(x, 0.7))));
  };
  const found = of(f, f64([0]));

  it('has a cell between every two borders, and no value across one', () => {
    const { version, cells, borders } = branchCut(found, { x: [1] }, { from: 0, to: 1, points: 11 });
    expect(version).toBe(branchMapVersion);
    expect(borders.map(({ effect }) => effect)).toEqual(['value', 'slope']);
    expect(borders.map(({ h }) => h)).toEqual([expect.closeTo(0.3, 15), expect.closeTo(0.7, 15)]);
    expect(borders[0]!.jump).toBeCloseTo(0.3, 14);
    expect(borders[0]!.flipped).toEqual([{ name: 'low', formula: 'x < 0.3', serves: [], at: [0] }]);
    expect(borders[1]!.turn).toBeCloseTo(2, 12);
    cells.forEach(({ h, value }) => h.forEach((x, i) =>
      expect(value[i]).toBeCloseTo((h.at(-1)! < 0.3 ? x : 2 * x) + Math.abs(x - 0.7), 14)));
    expect(cells.reduce((sum, { h }) => sum + h.length, 0)).toBe(9 + 4);
  });

  it('is whole where what decides otherwise changes nothing', () => {
    const { cells, borders } = branchCut(of((v) => sum(where(less(v, 1), v, mul(1, v))), f64([0])), { x: [1] }, { from: 0, to: 2 });
    expect([cells.length, borders]).toEqual([1, []]);
  });

  it('goes along an entry, or along any direction over the inputs', () => {
    const two = of((x, y) => sum(mul(x, sum(y))), f64([[1, 2]]), f64([3]));
    expect(alongEntry(two, 'x1[0, 1]')).toEqual({ x1: Float64Array.of(0, 1) });
    const { cells: [cell] } = branchCut(two, { x1: [1, 0], x2: [2] }, { points: 3 });
    expect(cell).toEqual({ h: [-1, 0, 1], value: [2, 9, 20] });
  });

  it('is refused in words', () => {
    for (const [call, reason] of [
      [() => branchCut(found, { y: [1] }), /the input 'y'\. The float inputs are x/],
      [() => branchCut(found, { x: [1, 2] }), /2 numbers for x, which has 1/],
      [() => branchCut(found, { x: [0] }), /moves nothing/],
      [() => branchCut(found, { x: [1] }, { from: 1, to: 0 }), /from 1 to 0/],
      [() => branchCut(found, { x: [1] }, { points: 1 }), /1 points/],
      [() => alongEntry(found, 'x[4]'), /x has the shape \[1\]/],
      [() => branchMap(JSON.parse(JSON.stringify(found)) as Explanation), /Call explain again/],
    ] as const) {
      expect(thrown(call)).toBeInstanceOf(DomainError);
      expect(call).toThrow(reason);
    }
  });

  it('reads as cells and borders, and draws as a curve per cell and a guide per border', () => {
    const cut = branchCut(found, { x: [1] }, { from: 0, to: 1, points: 11 });
    expect(branchCutText(cut, 'x[0]').split('\n')).toEqual([
      'the result along x[0]: 3 cells', '', '0 … 0.3: result 0.7 … 0.7', '    1  at 0.3  value +0.3: low: x < 0.3 [0]',
      '0.3 … 0.7: result 1 … 1.4', '    2  at 0.7  slope 2: |x − 0.7| [0]', '0.7 … 1: result 1.4 … 2.3',
    ]);
    const { series, guides, words } = cutPicture(cut);
    expect(series.map(({ name, x }) => [name, x.length])).toEqual([['cell 1', 4], ['cell 2', 5], ['cell 3', 4]]);
    expect(guides.map(({ name }) => name)).toEqual(['1', '2']);
    expect(words[0]).toBe('1, at 0.3: value +0.3, low: x < 0.3 [0]');
  });
});

describe('the text', () => {
  const row = lossRow('sv-arc-softmax');
  const map = branchMap(explain(row.create({ s: 6 }) as (...xs: never[]) => Tensor, inputsOf(row, sample(4))));

  it('lists what changes something and counts the rest, within the width', () => {
    const text = branchMapText(map);
    expect(text).toContain('I: f < c [0, 0] (mask)');
    expect(text).toMatch(/\d+ change nothing at their borders \(.*max/s);
    for (const width of [60, 80, 100]) {
      for (const line of branchMapText(map, width).split('\n')) expect(Array.from(line.replace(/\p{M}/gu, '')).length).toBeLessThanOrEqual(width);
    }
    expect(branchMapText(branchMap(of((v) => sum(v), f64([1]))))).toContain('no decision that can change the result');
  });

  it('has the slope that the engine has on either side', () => {
    const found = of((v) => sum(relu(mul(v, 3))), f64([0.5]));
    expect(Number(nearest(found).turn)).toBeCloseTo((grad((v: Tensor) => sum(relu(mul(v, 3))))(f64([0.5]))).item(), 14);
  });
});
