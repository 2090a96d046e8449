// The table of safe forms: each equals its naive form where both are exact, keeps digits where the naive one loses them, and
// is found in a program whatever stands around it.

import { describe, expect, it } from 'vitest';
import { worstError } from '../../src/base/compare.ts';
import { explain, precision } from '../../src/explain/index.ts';
import { findRewrites, rewrites } from '../../src/explain/rewrites.ts';
import { type Tensor, trace } from '../../src/graph/index.ts';
import { acos, add, cos, exp, expand, log, max, mul, permute, sigmoid, sqrt, square, sub, sum } from '../../src/ops/index.ts';
import { f64 } from '../values.ts';

const named = rewrites.map((rewrite) => [rewrite.texts('x', 'y')[0], rewrite] as const);
/** Where a naive form loses digits in Float32, both quantities. */
const hard: Readonly<Record<string, readonly [number[][], number[][]]>> = {
  'log(sum(exp(x))) − y': [[[9, -6, -7]], [[9]]], 'y − log(sum(exp(x)))': [[[9, -6, -7]], [[9]]],
  'log(exp(x) / sum(exp(x)))': [[[-95, 3, 1]], [[0]]], 'exp(x) / sum(exp(x))': [[[95, 94, 1]], [[0]]],
  'log(sum(exp(x)))': [[[95, 94, 1]], [[0]]], 'log(1 − sigmoid(x))': [[[9]], [[0]]], 'log(sigmoid(x))': [[[9]], [[0]]],
  '1 − sigmoid(x)': [[[12]], [[0]]], 'log(1 + exp(x))': [[[-9]], [[0]]], 'exp(x) / (1 + exp(x))': [[[95]], [[0]]],
  'log(1 + x)': [[[1e-4]], [[0]]], 'exp(x) − 1': [[[1e-4]], [[0]]], '1 − exp(x)': [[[-1e-4]], [[0]]], '1 − cos(x)': [[[1e-2]], [[0]]],
  '1 − x²': [[[0.998]], [[0]]], 'x² − y²': [[[1.001]], [[1]]],
};

describe('a safe form', () => {
  it.each(named)('is the same function: %s', (_, { naive, safe }) => {
    const [x, y] = [f64([[0.4, 1.25, 0.7], [1.5, 0.3, 0.9]]), f64([[1.25], [0.3]])];
    const safeAt = (one: Tensor): Tensor => safe(x, one, [1]);
    const own = naive(x, y).size === x.size ? y : y;
    expect(worstError(safeAt(own).data, naive(x, own).data).error).toBeLessThan(1e-14);
  });

  it.each(named.filter(([name]) => name in hard))('keeps the digits that %s loses, and is suggested there', (name, { naive }) => {
    const [x, y] = hard[name]!.map((rows) => f64(rows));
    const found = explain(((a: Tensor, b: Tensor) => sum(naive(a, b))) as (...xs: never[]) => Tensor, [x, y], { names: ['x', 'y'] });
    const [{ suggestions }] = precision(found, { formats: ['f32'] }).formats as [ReturnType<typeof precision>['formats'][0]];
    const suggestion = suggestions.find((one) => one.found === name)!;
    expect(suggestions.map((one) => one.found)).toEqual([name]);
    expect(suggestion.then).toBeGreaterThan(5.5);
    expect(suggestion.then - suggestion.now).toBeGreaterThan(1);
  });

  it('has a slope at 0 where the root has none', () => {
    const found = explain((x: Tensor) => sum(sqrt(sum(square(x), { axis: 1 }))), [f64([[0, 0], [3, 4]])]);
    const [{ suggestions, losses }] = precision(found, { formats: ['f32'] }).formats as [ReturnType<typeof precision>['formats'][0]];
    expect(suggestions.map(({ use, now, then }) => [use.replace(/\(.*/, ''), now, then > 7])).toEqual([['safeSqrt', 0, true]]);
    expect(losses.map(({ how, derivative }) => [how, derivative])).toEqual([['overflows', true]]);
  });
});

describe('finding', () => {
  const found = (f: (x: Tensor, y: Tensor) => Tensor): string[] => {
    const { graph } = trace(f, [f64([[0.1, 0.2]]), f64([[0.3, 0.4]])]);
    return findRewrites(graph, graph.steps.map(({ id }) => id)).map(({ rewrite }) => rewrite.texts('x', 'y')[0]);
  };

  it('looks through stretched axes, and takes the operands of a sum in either order', () => {
    expect(found((x) => log(add(exp(x), 1)))).toEqual(['log(1 + exp(x))', 'log(1 + x)']);
    expect(found((x) => sub(expand(f64(1), [1, 2]), mul(x, x)))).toEqual(['1 − x²']);
    expect(found((x) => sub(x, max(x, { axis: 1, keepDims: true })))).toEqual([]);
  });

  it('demands the same quantity in all places, and no other order of its entries', () => {
    expect(found((x, y) => sub(1, mul(x, y)))).toEqual([]);
    const { graph } = trace((x: Tensor) => sub(1, mul(x, permute(x, [1, 0]))), [f64([[0.1, 0.2], [0.3, 0.4]])]);
    expect(findRewrites(graph, graph.steps.map(({ id }) => id))).toEqual([]);
    expect(found((x, y) => sub(mul(x, x), mul(y, y)))).toEqual(['x² − y²']);
  });

  it('demands the same numbers and the same functions', () => {
    expect(found((x) => sub(2, mul(x, x)))).toEqual([]);
    expect(found((x) => log(acos(x)))).toEqual([]);
    expect(found((x) => sub(1, cos(x)))).toEqual(['1 − cos(x)']);
    expect(found((x) => log(max(exp(x), { axis: 1 })))).toEqual([]);
    expect(found((x) => log(sigmoid(x)))).toEqual(['log(sigmoid(x))']);
  });
});
