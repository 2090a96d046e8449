import { describe, expect, it } from 'vitest';
import { valueAndGrad } from '../../src/autodiff/index.ts';
import { worstError } from '../../src/base/compare.ts';
import { DomainError, ShapeError } from '../../src/base/errors.ts';
import { type Tensor, tensor, trace } from '../../src/graph/index.ts';
import { cascadeLoss } from '../../src/losses/cascade.ts';
import { contrastiveLoss } from '../../src/losses/pairs.ts';
import { lossRow } from '../../src/losses/catalogue.ts';
import { evaluated, uniforms } from './samples.ts';

const level = (seed: number, samples = 6): Tensor => tensor(uniforms(seed, samples * 2), { shape: [samples, 2], dtype: 'f64' });
const levels = [level(1), level(2), level(3)];
const y = tensor([0, 0, 0, 1, 1, 1], { dtype: 'i32' });

/** The indicator of the pairs a level keeps, from a trace. */
function kept(name: string, options: Parameters<typeof cascadeLoss>[0] = {}): number[][] {
  const { graph, recorder } = trace(cascadeLoss({ m: 3, ...options }), [levels, y]);
  return recorder.tensors[graph.labelled(name)!.id]!.toArray() as number[][];
}
const count = (pairs: number[][]): number => pairs.flat().reduce((a, b) => a + b, 0) / 2;

describe('cascadeLoss', () => {
  it('keeps 100, 50 of these and 20 of those percent, of same-class pairs and of others', () => {
    // 6 same-class pairs: 6, 3, 1 (0.6, but at least one). 9 others: 9, 4, 1 (0.8, but at least one).
    expect([kept('g1'), kept('g2'), kept('g3')].map(count)).toEqual([15, 7, 2]);
    // A part of a pair is none: 2 of 2.64 and 3 of 3.96.
    expect(count(kept('g1', { h: [44, 44, 44] }))).toBe(5);
  });

  it('gives each level the hardest pairs of the level before', () => {
    const distances = (x: Tensor, i: number, j: number): number => Math.hypot(x.data[2 * i]! - x.data[2 * j]!, x.data[2 * i + 1]! - x.data[2 * j + 1]!);
    const same = (i: number, j: number): boolean => y.data[i] === y.data[j];
    const [second, third] = [kept('g2'), kept('g3')];
    const pairs = Array.from({ length: 36 }, (_, at) => [Math.floor(at / 6), at % 6] as const).filter(([i, j]) => i < j);
    const hard = (x: Tensor, i: number, j: number): number => (same(i, j) ? distances(x, i, j) : 3 - distances(x, i, j));
    for (const sort of [true, false]) {
      const all = pairs.filter(([i, j]) => same(i, j) === sort);
      const inSecond = all.filter(([i, j]) => second[i]![j] === 1);
      const least = Math.min(...inSecond.map(([i, j]) => hard(levels[0]!, i, j)));
      for (const [i, j] of all.filter((pair) => !inSecond.includes(pair))) expect(hard(levels[0]!, i, j)).toBeLessThanOrEqual(least);
      const inThird = all.filter(([i, j]) => third[i]![j] === 1);
      for (const [i, j] of inThird) {
        expect(second[i]![j]).toBe(1);
        expect(hard(levels[1]!, i, j)).toBe(Math.max(...inSecond.map(([a, b]) => hard(levels[1]!, a, b))));
      }
    }
  });

  it('keeping all is the sum of three contrastive losses', () => {
    const all = cascadeLoss({ h: [100, 100, 100], reduction: 'none' })(levels, y).data;
    const each = levels.map((x) => contrastiveLoss({ reduction: 'none' })(x, y).data);
    expect(worstError(all, Array.from(all, (_, i) => each[0]![i]! + each[1]![i]! + each[2]![i]!)).error).toBeLessThan(1e-14);
  });

  it.each([1, 0])('is the printed equation, with the hand-derived gradient, for a single pair with same = %i', (same) => {
    const row = lossRow('hdc');
    const numbers = uniforms(9, 12);
    const point = (i: number): Tensor => tensor(numbers.slice(2 * i, 2 * i + 2), { shape: [1, 2], dtype: 'f64' });
    const names = ['a1', 'b1', 'a2', 'b2', 'a3', 'b3'];
    const scalars = { m: 2, same, g1: 1, g2: 1, g3: 1 };
    const text = evaluated(row.text(), {
      declare: [...names.map((name) => `${name}: n d`), ...Object.keys(scalars).map((name) => `${name}: scalar`)],
      sizes: { n: 1, d: 2 },
      values: {
        ...Object.fromEntries(names.map((name, i) => [name, point(i)])),
        ...Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, tensor(value, { dtype: 'f64' })])),
      },
    });
    const pairs = [0, 1, 2].map((i) => tensor(numbers.slice(4 * i, 4 * i + 4), { shape: [2, 2], dtype: 'f64' }));
    const { value, gradient } = valueAndGrad(row.create({ m: 2 }))(pairs, tensor([0, same === 1 ? 0 : 1], { dtype: 'i32' }));
    expect(worstError(value.data, text.losses).error).toBeLessThan(1e-11);
    expect(worstError((gradient as Tensor[])[2]!.data.slice(0, 2), text.right).error).toBeLessThan(1e-11);
    expect(worstError(text.left, text.right).error).toBeLessThan(1e-11);
  });

  it('refuses features that are no three levels of one batch', () => {
    expect(() => cascadeLoss()(levels.slice(1), y)).toThrow(DomainError);
    expect(() => cascadeLoss()(levels[0] as unknown as Tensor[], y)).toThrow(DomainError);
    expect(() => cascadeLoss()([levels[0]!, levels[1]!, level(3, 5)], y)).toThrow(ShapeError);
    expect(() => cascadeLoss({ h: [100, 50, 0] })).toThrow('cascadeLoss: h3 = 0. 0 < h3 ≤ 100');
  });
});
