// Every guess is tested by committing the very mistake.

import { describe, expect, it } from 'vitest';
import { customGradient, grad, vjp } from '../../src/autodiff/index.ts';
import { guessCause } from '../../src/check/causes.ts';
import { seeded, normals } from '../../src/check/seeded.ts';
import { gradcheck } from '../../src/check/index.ts';
import { type Tensor, tensor } from '../../src/graph/index.ts';
import * as P from '../../src/primitives/index.ts';

const [N, D] = [4, 3];
const shape = [N, D];
const random = (purpose: number, size = N * D): Float64Array => normals(seeded(3, purpose), size);
const x = tensor(random(1), { shape });
const w = tensor(random(2), { shape });
/** Σ tanh(x)·w: a gradient without special structure. */
const right = (grad((y: Tensor) => P.sumTo(P.mul(P.tanh(y), w), []))(x)).data;
const named = (analytic: ArrayLike<number>, reference: ArrayLike<number> = right, context = {}) =>
  guessCause(analytic, reference, { shape, ...context });

describe('one number for all entries', () => {
  it('a flipped sign', () => {
    expect(named(right.map((g) => -g))).toMatchObject({ name: 'sign', factor: -1 });
  });

  it('a factor of two, of the number of samples, and any other', () => {
    expect(named(right.map((g) => 2 * g))).toMatchObject({ name: 'factor', text: expect.stringContaining(' 2 times') as string });
    expect(named(right.map((g) => g / N))!.text).toMatch(/1\/4 \(a constant, or 1 over the size of axis 0: a mean instead of a sum\?\)/);
    expect(named(right.map((g) => g * D))!.text).toMatch(/3 \(a constant, or the size of axis 1: a sum instead of a mean\?\)/);
    expect(named(right.map((g) => g / (N * D)))!.text).toMatch(/1\/12 \(1 over the size of the whole: a mean instead of a sum\?\)/);
    expect(named(right.map((g) => 0.37 * g))).toMatchObject({ name: 'factor', factor: expect.closeTo(0.37, 12) as number });
  });

  it('a forgotten 2 is not taken for a mean where an axis happens to have the size 2', () => {
    // Σ (x − w)²: the 2 of the square forgotten, over two features, and over two samples of two features.
    for (const sizes of [[5, 2], [2, 2], [2]]) {
      const [a, b] = [tensor(random(11, sizes.reduce((p, n) => p * n)), { shape: sizes }), tensor(random(12, sizes.reduce((p, n) => p * n)), { shape: sizes })];
      const full = (grad((y: Tensor) => P.sumTo(P.mul(P.sub(y, b), P.sub(y, b)), []))(a)).data;
      const half = P.sub(a, b).data;
      const cause = guessCause(half, full, { shape: sizes })!;
      expect(cause).toMatchObject({ name: 'factor', factor: expect.closeTo(0.5, 12) as number });
      expect(cause.text).toMatch(/1\/2 \(a constant, or 1 over the size of axis/);
      const axes = sizes.flatMap((n, axis) => (n === 2 ? [`axis ${axis}`] : []));
      for (const axis of axes) expect(cause.text).toContain(axis);
      expect(guessCause(half.map((g) => -g), full, { shape: sizes })!.text).toMatch(/−1\/2 \(a constant, or/);
    }
  });

  it('of a single entry only a factor that a formula could hold', () => {
    expect(guessCause([0.37], [1])).toBeUndefined();
    expect(guessCause([2], [1])).toMatchObject({ name: 'factor', text: 'it is 2 times the right one' });
    expect(guessCause([-1], [1])).toMatchObject({ name: 'sign' });
  });

  it('no path at all', () => {
    const stopped = grad((y: Tensor) => P.sumTo(P.mul(P.tanh(P.stopGradient(y)), w), []))(x);
    expect(named(stopped.data)).toMatchObject({ name: 'zero' });
  });
});

describe('shapes', () => {
  it('a missing sum over a broadcast axis, leading or trailing', () => {
    // The bias of [N, D] has the gradient of every sample, not their sum.
    const bias = (grad((b: Tensor) => P.sumTo(P.mul(P.tanh(P.add(x, b)), w), []))(tensor(random(5, D)))).data;
    const perSample = (
      grad((b: Tensor) => P.sumTo(P.mul(P.tanh(P.add(x, b)), w), []))(P.expand(tensor(random(5, D)), shape))
    ).data;
    expect(guessCause(perSample, bias, { shape: [D] })).toMatchObject({
      name: 'broadcastSum', text: expect.stringContaining('axis of 4') as string,
    });
    const rows = [1, 2, 3, 4].map((i) => [0, 1, 2].reduce((sum, j) => sum + right[3 * (i - 1) + j]!, 0));
    expect(guessCause(right, rows, { shape: [N, 1] })).toMatchObject({
      name: 'broadcastSum', text: expect.stringContaining('axis of 3') as string,
    });
    expect(guessCause([1, 2, 3], [1, 2], { shape: [2] })).toMatchObject({ name: 'shape' });
  });

  it('a transpose, of a square matrix and of a long one', () => {
    const square = random(6, 9);
    expect(guessCause(
      square.map((_, i) => square[(i % 3) * 3 + Math.floor(i / 3)]!), square, { shape: [3, 3] }
    )).toMatchObject({ name: 'transpose' });
    // [N, D] written as [D, N]: the numbers of the transposed matrix in row-major order.
    const turned = right.map((_, i) => right[(i % N) * D + Math.floor(i / N)]!);
    expect(named(turned)).toMatchObject({ name: 'transpose' });
  });
});

describe('patterns', () => {
  it('signs that are wrong in some entries', () => {
    // ∂|x| taken as 1.
    const g = random(7);
    const own = (grad((y: Tensor) => P.sumTo(P.mul(P.abs(y), tensor(g, { shape })), []))(x)).data;
    expect(named(g, own)).toMatchObject({ name: 'signs' });
  });

  it('the projection missing from the gradient of x/‖x‖', () => {
    const unit = (y: Tensor): Tensor => P.div(y, P.sqrt(P.sumAxes(P.mul(y, y), [1])));
    const frozenNorm = (y: Tensor): Tensor => P.div(y, P.stopGradient(P.sqrt(P.sumAxes(P.mul(y, y), [1]))));
    const [full, part] = [unit, frozenNorm].map(
      (f) => (grad((y: Tensor) => P.sumTo(P.mul(f(y), w), []))(x)).data
    ) as [Float64Array, Float64Array];
    expect(named(part, full, { point: x.data })).toMatchObject({ name: 'alongInput' });
    expect(named(part, full)?.name).not.toBe('alongInput');
  });

  it('a weight per sample left out', () => {
    const weights = [0.3, 2, 1.5, 0.7];
    expect(named(right.map((g, i) => g / weights[Math.floor(i / D)]!))).toMatchObject({ name: 'rowFactor' });
  });

  it('a mean over the last axis left out', () => {
    // The centring of a layer norm: g − mean(g).
    const centred = right.map(
      (g, i) => g - (right[D * Math.floor(i / D)]! + right[D * Math.floor(i / D) + 1]! + right[D * Math.floor(i / D) + 2]!) / D
    );
    expect(named(right, centred)).toMatchObject({ name: 'rowConstant' });
  });

  it('a term that acts on some entries: the −1 at the label of a softmax gradient', () => {
    const probabilities = (
      vjp((z: Tensor) => P.div(P.exp(z), P.sumAxes(P.exp(z), [1])), [x]).value
    ).data as Float64Array;
    const labels = [2, 0, 1, 1];
    const correct = probabilities.map((p, i) => p - (labels[Math.floor(i / D)] === i % D ? 1 : 0));
    expect(named(probabilities, correct)).toMatchObject({ name: 'entries', text: expect.stringContaining('4 of 12') as string });
  });

  it.each([[4, 3], [4, 2], [2, 2], [3, 3]])('a matrix product with the wrong one of two factors turned, of %i by %i', (rows, columns) => {
    // ∂/∂A ⟨A·B, G⟩ = G·Bᵀ, written as B·Gᵀ: the same product turned.
    const [b, g] = [random(13, columns * 5), random(14, rows * 5)];
    const at = (r: number, c: number): number => [0, 1, 2, 3, 4].reduce((sum, j) => sum + g[r * 5 + j]! * b[c * 5 + j]!, 0);
    const full = Array.from({ length: rows * columns }, (_, i) => at(Math.floor(i / columns), i % columns));
    const wrong = Array.from({ length: rows * columns }, (_, i) => at(i % rows, Math.floor(i / rows)));
    expect(guessCause(wrong, full, { shape: [rows, columns] })).toMatchObject({ name: 'transpose' });
  });

  it.each([[3, 3], [4, 3], [22, 12]])('a gradient of a product given turned, by the engine and by code over plain arrays: %i by %i', (rows, columns) => {
    const [a, b, g] = [random(15, rows * columns), random(16, columns * 2), random(17, rows * 2)];
    const [B, G] = [tensor(b, { shape: [columns, 2] }), tensor(g, { shape: [rows, 2] })];
    const product = (x: Tensor, y: Tensor, i: number, j: number): Tensor => P.contract(x, y, { batch: [], sum: [[i, j]] });
    // ⟨A·B, G⟩, whose gradient G·Bᵀ comes out as B·Gᵀ.
    const turned = customGradient((A) => product(A!, B, 1, 0), ({ grad: up }) => [P.reshape(product(B, up, 1, 1), [rows, columns])]);
    const report = gradcheck((A: Tensor) => P.sumTo(P.mul(turned(A), G), []), [tensor(a, { shape: [rows, columns] })], { orders: [1] });
    expect(report.cause?.name).toBe('transpose');
    expect(report.worst?.step?.op).toBe('custom');
    const slope = (i: number, k: number): number => g[2 * i]! * b[2 * k]! + g[2 * i + 1]! * b[2 * k + 1]!;
    const list = <T>(length: number, f: (i: number) => T): T[] => Array.from({ length }, (_, i) => f(i));
    const own = list(columns, (k) => list(rows, (i) => slope(i, k)));
    const slopes = list(rows * columns, (i) => slope(Math.floor(i / columns), i % columns));
    const value = (numbers: ArrayLike<number>): number => slopes.reduce((sum, s, i) => sum + numbers[i]! * s, 0);
    const nested = list(rows, (i) => [...a.subarray(i * columns, (i + 1) * columns)]);
    const theirs = gradcheck({ value: ([A]: number[][][]) => value(A!.flat()), gradient: () => [own] }, [nested]);
    expect(theirs.cause).toMatchObject({ name: 'transpose', text: expect.stringContaining(`the last two axes (${rows} and ${columns})`) as string });
    // The same numbers without their axes.
    const flat = gradcheck({ value: ([A]: Float64Array[]) => value(A!), gradient: () => [own.flat()] }, [a]);
    expect(flat.cause?.text).toMatch(`rows and columns of a ${rows} × ${columns} matrix are exchanged`);
    const float32 = gradcheck({ value: ([A]: number[][][]) => Math.fround(value(A!.flat())), gradient: () => [own.map((row) => Float32Array.from(row))] }, [nested]);
    expect(float32.cause?.name).toBe('transpose');
  });

  it('a term that is missing everywhere has no name: it is none of the others', () => {
    // d(x·tanh x) without the second term of the product rule.
    const part = P.tanh(x).data;
    const full = (grad((y: Tensor) => P.sumTo(P.mul(y, P.tanh(y)), []))(x)).data;
    expect(named(part, full)).toBeUndefined();
  });

  it('a missing outer product', () => {
    const [u, v] = [random(8, N), random(9, D)];
    expect(named(right, right.map((g, i) => g + u[Math.floor(i / D)]! * v[i % D]!))).toMatchObject({ name: 'rankOne' });
  });

  it('Float32 noise, told from stored Float32 numbers', () => {
    expect(named(right.map(Math.fround))!.text).toMatch(/all numbers are Float32/);
    expect(named(right.map((g, i) => g * (1 + 1e-7 * Math.sin(i))))!.text).toMatch(/about 7 digits/);
  });

  it('NaN before anything else', () => {
    expect(named(right.map((g, i) => (i === 3 ? NaN : -g)))).toMatchObject({ name: 'nonfinite' });
  });

  it('a kink, when everything else is right or nothing else fits', () => {
    expect(named(right, right, { atBorder: true })).toMatchObject({ name: 'kink' });
    expect(named(random(10), right, { atBorder: true })).toMatchObject({ name: 'kink' });
  });

  it('nothing, when the numbers agree or no pattern fits', () => {
    expect(named(right)).toBeUndefined();
    expect(named(random(10))).toBeUndefined();
  });
});

describe('in code that is not ours', () => {
  const value = ([a]: number[][]): number => a!.reduce((sum, v, i) => sum + (i + 1) * Math.sin(v), 0);
  const slopes = ([a]: number[][]): number[] => a!.map((v, i) => (i + 1) * Math.cos(v));
  it.each([
    ['sign', (g: number[]) => g.map((s) => -s)],
    ['factor', (g: number[]) => g.map((s) => s / 3)],
    ['zero', (g: number[]) => g.map(() => 0)],
    ['entries', (g: number[]) => g.map((s, i) => (i === 1 ? s + 1 : s))],
    ['nonfinite', (g: number[]) => g.map((s, i) => (i === 1 ? NaN : s))],
  ])('%s is recognised', (name, mistake) => {
    const report = gradcheck({ value, gradient: (xs: number[][]) => [mistake(slopes(xs))] }, [[0.3, -0.4, 1.2]]);
    expect(report.ok).toBe(false);
    if (name === 'nonfinite') expect(report.failures[0]!.kind).toBe('nonfinite');
    else expect(report.cause?.name).toBe(name);
  });
});

describe('a cause is said only where it explains every wrong entry', () => {
  const point = [1, 2];
  it('a small entry beside a large one is not overlooked', () => {
    expect(guessCause([1e6, 1.5], [1e6, 1])).toMatchObject({ name: 'entries', text: expect.stringMatching(/^1 of 2 entries is wrong, the others right/) as string });
    for (const size of [1e6, 1e10]) expect(guessCause([2 * size, 3], [size, 1])).toBeUndefined();
    expect(guessCause([-1e6, 3], [1e6, 3])?.name).toBe('signs');
    expect(guessCause([-1e6, 5], [1e6, 3])).toBeUndefined();
    expect(guessCause([2e6, 2e6, 3, 3.5], [1e6, 1e6, 1, 2], { shape: [2, 2] })).toBeUndefined();
    expect(named([1e6, 1.5e-3], [1e6, 1e-3], { shape: [2] })?.name).not.toBe('float32');
    const report = gradcheck(
      { value: ([a]: number[][]) => 1e6 * a![0]! + Math.sin(a![1]!), gradient: ([a]: number[][]) => [[1e6, 1.5 * Math.cos(a![1]!)]] }, [point],
    );
    expect(report.cause?.name).toBe('entries');
  });

  it('a factor near 1 is a factor, also where the gradient points along the input', () => {
    const rule = customGradient((q) => P.sumTo(P.mul(q!, q!), []), ({ inputs: [q], grad: up }) => [P.mul(P.mul(up, q!), 2.00001)]);
    const { cause } = gradcheck((q: Tensor) => rule(q), [tensor(point, { dtype: 'f64' })], { orders: [1] });
    expect(cause).toMatchObject({ name: 'factor', factor: expect.closeTo(1.000005, 12) as number, text: 'every entry is 1.000005 times the right one' });
    expect(named(right.map((g) => 0.9999999 * g))?.text).toMatch(/is 0\.9999999 times/);
    // No common factor: rounding to seven digits.
    expect(named(right.map((g, i) => g * (1 + 1e-6 * (1 + 0.01 * Math.sin(i)))))?.name).toBe('float32');
  });

  it('nothing is said to lie along an input that the right gradient or a single entry lies along too', () => {
    expect(guessCause([4, 8, 18, 24], [2, 4, 6, 8], { shape: [2, 2], point: [1, 2, 3, 4] })?.name).toBe('rowFactor');
    expect(guessCause([1, 1, 3, 5], [1, 2, 3, 4], { shape: [2, 2], point: [0, 1, 0, 5] })?.name).toBe('entries');
  });

  it('one row that is off is no factor of every row', () => {
    expect(named(right.map((g, i) => (i < D ? 3 * g : g)))?.name).toBe('entries');
    expect(guessCause([2, 0, 0, 3], [1, 0, 0, 1], { shape: [2, 2] })?.name).not.toBe('rowFactor');
  });
});
