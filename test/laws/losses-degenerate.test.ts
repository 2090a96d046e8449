import { describe, expect, it } from 'vitest';
import { valueAndGrad } from '../../src/autodiff/index.ts';
import { flatten } from '../../src/base/tree.ts';
import { isTensor } from '../../src/graph/index.ts';
import { catalogue } from '../../src/losses/catalogue.ts';
import type { LossOptions, Row } from '../../src/losses/row.ts';
import { inputsOf, placed, type Sample, show, variants } from '../losses/samples.ts';

const cases = Object.values(catalogue).flatMap((row) => variants(row).map((options) => ({ row, options, name: `${row.id} ${show(options)}` })));
const overCosines = (row: Row): boolean => 's' in row.parameters && row.inputs.length === 3;
const floats = (row: Row): number[] => row.inputs.flatMap((name, i) => (name === 'labels' ? [] : [i]));

/** Where lengths count, the largest numbers must leave room for their squares in f32. */
function calmed(given: Sample): Sample {
  const calm = (values: readonly number[]): number[] => values.map((x) => Math.min(x, 1e4));
  return { ...given, features: calm(given.features), weights: calm(given.weights), centers: calm(given.centers) };
}

describe('law: degenerate points are finite, value and gradients, in both types', () => {
  const points: Readonly<Record<string, (row: Row) => { given: Sample; options?: LossOptions }>> = {
    'cos = 1 and cos = −1': () => ({ given: placed([[1, 0, 0], [-1, 0, 0]], [[1, 0, 0], [0, 1, 0]], [0, 0]) }),
    'a cosine that rounding carries past 1': () => ({ given: placed([[0.1, 0.2, 0.3], [-0.1, -0.2, -0.3]], [[0.3, 0.6, 0.9], [0.3, -0.1, 0.2]], [0, 0]) }),
    'a zero feature vector': () => ({ given: placed([[0, 0, 0], [1, 2, 3]], [[1, 0, 0], [0, 1, 0]], [0, 1]) }),
    'a zero weight vector of the label and of another class': () => ({ given: placed([[1, 2, 3], [3, 2, 1]], [[0, 0, 0], [0, 1, 0]], [0, 1]) }),
    'ties': () => ({ given: placed([[1, 1, 0], [1, 1, 0]], [[1, 0, 0], [0, 1, 0]], [0, 1]) }),
    'a batch of one': () => ({ given: placed([[0.3, -0.4, 0.5]], [[1, 0.2, 0], [0, 1, 0.1]], [1]) }),
    'a single class': () => ({ given: placed([[0.3, -0.4, 0.5]], [[1, 0.2, 0]], [0]) }),
    'θ + m beyond π': () => ({ given: placed([[-1, 0.1, 0], [-1, 0, 0.2]], [[1, 0, 0], [0, 1, 0]], [0, 0]) }),
    'a huge scale and hardness': (row) => ({
      given: placed([[-0.9, 1, 0.02], [1, 0, 0]], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 0]),
      options: { ...('s' in row.parameters && { s: 64 }), ...('t' in row.parameters && row.id !== 'curricular' && { t: 1.2 }) },
    }),
    'p = 1 and p = 0 to the last bit': (row) => ({
      given: placed([[1, 0, 0], [-1, 0, 0]], [[1, 0, 0], [-1, 0, 0]], [0, 0]),
      options: 's' in row.parameters ? { s: 500 } : {},
    }),
    'tiny and huge vectors': () => ({ given: placed([[1e-15, 2e-15, 0], [1e15, 0, 1e15]], [[1e-12, 1e-12, 0], [0, 1e10, 0]], [0, 1]) }),
  };
  const everywhere = Object.keys(points).flatMap((point) => cases
    .filter(({ row }) => row.inputs.includes('weights') || points[point]!(row).given.samples > 1)
    .map((c) => ({ ...c, point, title: `${point}: ${c.name}` })));

  it.each(everywhere)('$title', ({ row, options, point }) => {
    for (const dtype of ['f32', 'f64'] as const) {
      const { given, options: special = {} } = points[point]!(row);
      const inputs = inputsOf(row, overCosines(row) ? given : calmed(given), dtype);
      const { value, gradient } = valueAndGrad(row.create({ ...options, ...special }), { wrt: floats(row) })(...inputs);
      for (const x of flatten([value, gradient], isTensor).leaves) expect(Array.from(x.data).every(Number.isFinite)).toBe(true);
      expect(value.item()).toBeGreaterThanOrEqual(0);
    }
  });
});
