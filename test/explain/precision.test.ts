// The precision microscope: formats that round as the formats do, digits that are those of the program run in them, and the
// step that cancels told from those that inherit.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.ts';
import { digits, worstError } from '../../src/base/compare.ts';
import { DomainError } from '../../src/base/errors.ts';
import { explain, type Explanation, type FormatPrecision, precision, precisionText, precisionVersion } from '../../src/explain/index.ts';
import { digitsOf, evaluateIn, rounded } from '../../src/explain/formats.ts';
import { label, scope, tensor, type Tensor, trace } from '../../src/graph/index.ts';
import { lossRow } from '../../src/losses/index.ts';
import { add, div, exp, less, log, log1p, matmul, mul, roundTo, safeSqrt, sin, sub, sum, transpose, where } from '../../src/ops/index.ts';
import { inputsOf, sample } from '../losses/samples.ts';
import { expectBits, f32, f64, runs, thrown } from '../values.ts';

const of = (f: (...xs: Tensor[]) => Tensor, ...xs: Tensor[]): Explanation => explain(f as (...inputs: never[]) => Tensor, xs);
const inOne = (explanation: Explanation, format: FormatPrecision['format'] = 'f32'): FormatPrecision =>
  precision(explanation, { formats: [format] }).formats[0]!;
const line = (found: FormatPrecision, name: string) => found.lines.find((one) => one.name === name)!;
const hows = ({ losses }: FormatPrecision) => losses.map(({ how, formula }) => `${how} ${formula}`);

describe('a format', () => {
  it('law: rounds as the hardware and as roundTo', () => {
    fc.assert(fc.property(fc.double({ min: -1e5, max: 1e5, noNaN: true }), fc.double({ min: 1, max: 100, noNaN: true }), (x, y) => {
      expect(rounded(x, 'f32')).toBe(Math.fround(x));
      expect(rounded(y, 'f16')).toBe(roundTo(f64(y), 'f16').item());
      expect(rounded(y, 'bf16')).toBe(roundTo(f64(y), 'bf16').item());
    }), runs);
  });

  it('ends where the format ends, and rounds evenly below its normal numbers', () => {
    expect([65504, 65519.99, 65520, -7e4].map((x) => rounded(x, 'f16'))).toEqual([65504, 65504, Infinity, -Infinity]);
    expect([2 ** -24, 1.5 * 2 ** -24, 2.5 * 2 ** -24, 2 ** -25, 2 ** -25.1, 2 ** -26].map((x) => rounded(x, 'f16') * 2 ** 24)).toEqual([1, 2, 2, 0, 0, 0]);
    expect([3.3e38, 3.5e38, 1e-40, NaN].map((x) => Number.isFinite(rounded(x, 'bf16')))).toEqual([true, false, true, false]);
    expect([1e-45, 1.1754943e-38].map((x) => rounded(x, 'f32'))).toEqual([1e-45, 1.1754943e-38].map(Math.fround));
    expect(['f32', 'f16', 'bf16'].map((format) => digitsOf(format as 'f32').toFixed(1))).toEqual(['7.2', '3.3', '2.4']);
  });

  it('runs a program as Float32 does, bit for bit', () => {
    const f = (x: Tensor, y: Tensor): Tensor => sum(div(exp(matmul(x, transpose(y))), add(1, mul(x, 0.1))), { axis: 0 });
    const [x, y] = [[[0.1, 0.7], [0.3, -0.2]], [[1.1, 0.2], [0.6, 0.9]]];
    const { graph, inputs, outputs } = trace(f, [f64(x), f64(y)]);
    const values = evaluateIn(graph, outputs, new Map(inputs.map((id, i) => [id, f64([x, y][i]!).read()])), 'f32');
    expectBits(tensor(values[outputs[0]!]!.data() as Float32Array), f(f32(x), f32(y)).toArray());
  });
});

describe('the digits', () => {
  it('of a line and of its adjoint are those of the Float32 program beside the Float64 one', () => {
    const row = lossRow('sv-arc-softmax');
    const [xs, ys] = (['f32', 'f64'] as const).map((dtype) => inputsOf(row, sample(5), dtype) as Tensor[]);
    const loss = row.create({ s: 8 });
    const slopes = [xs!, ys!].map((inputs) => grad((x: Tensor) => loss(x, inputs[1]!, inputs[2]!))(inputs[0]!).data);
    const found = inOne(explain(loss as (...inputs: never[]) => Tensor, ys!));
    expect(line(found, 'x').adjoint).toBeCloseTo(Math.min(found.digits, digits(worstError(slopes[0]!, slopes[1]!).error)), 10);
    expect(line(found, 'result').digits).toBeCloseTo(Math.min(found.digits, digits(worstError(loss(...xs!).data, loss(...ys!).data).error)), 10);
  });

  it('are fewer in a shorter format, and null where no derivative reaches', () => {
    const { version, formats } = precision(of((x, y) => sum(where(less(y, 0), x, sin(x))), f64([0.1, 0.7]), f64([1, -1])));
    expect(version).toBe(precisionVersion);
    expect(formats.map(({ format }) => format)).toEqual(['f32', 'f16', 'bf16']);
    const left = formats.map((format) => line(format, 'result').digits);
    expect(left).toEqual([...left].sort((a, b) => b - a));
    expect(line(formats[0]!, 'x2').adjoint).toBeNull();
  });
});

describe('a loss of digits', () => {
  it('is named where it happens and not where it is inherited', () => {
    const found = inOne(of((x) => {
      const gap = label(sub(1, mul(x, x)), 'gap');
      return sum(label(safeSqrt(mul(gap, 2)), 'root'));
    }, f64([0.998])));
    expect(found.losses.map(({ name, how }) => [name, how])).toEqual([['gap', 'cancels']]);
    expect(found.firstToCancel).toMatchObject({ name: 'gap', formula: expect.stringMatching(/^1 − \(?x/) as string });
    expect(found.losses[0]!.lost).toBeGreaterThan(1.5);
    expect(found.losses[0]!.gain).toBeGreaterThan(1);
    expect(line(found, 'root').digits).toBeLessThan(6);
  });

  it('amplifies where the operand is large, and ends where the format does', () => {
    expect(hows(inOne(of((x) => sum(exp(x)), f64([70.1]))))).toEqual(['amplifies exp(x)']);
    expect(hows(inOne(of((x) => sum(exp(x)), f64([95]))))[0]).toBe('overflows exp(x)');
    expect(hows(inOne(of((x) => sum(exp(x)), f64([-110]))))[0]).toBe('underflows exp(x)');
    const ratio = (x: Tensor): Tensor => {
      const e = label(exp(x), 'e');
      return sum(div(e, add(1, e)));
    };
    // What follows an overflow has lost its digits there.
    expect(inOne(of(ratio, f64([95]))).losses.filter((loss) => !loss.derivative).map(({ how, name }) => [how, name])).toEqual([['overflows', 'e']]);
    expect(hows(inOne(of((x) => sum(mul(x, x)), f64([300])), 'f16'))[0]).toBe('overflows x · x');
    expect(hows(inOne(of((x) => sum(mul(x, x)), f64([300])), 'bf16'))).toEqual([]);
  });

  it('is told of a decision that the format takes otherwise', () => {
    const found = inOne(of((x) => sum(where(less(x, 1), x, 0)), f64([1 - 2 ** -30, 0.5])));
    expect(found.losses[0]).toMatchObject({ how: 'flips', formula: 'x < 1' });
  });

  it('without a consequence is not the first to cancel', () => {
    const found = inOne(of((x) => add(sum(mul(1e-9, sub(1, mul(x, x)))), sum(x)), f64([0.998])));
    expect(found.losses.filter(({ how }) => how === 'cancels').map(({ gain }) => gain < 0.1)).toEqual([true]);
    expect(found.firstToCancel).toBeNull();
  });

  it('by which a format ends has a consequence where the end does, though later steps end in it again', () => {
    const lead = (f: (x: Tensor) => Tensor, x: Tensor, format: FormatPrecision['format'] = 'f32') => inOne(of(f, x), format).losses[0]!;
    for (const format of ['f32', 'f16', 'bf16'] as const) {
      const over = lead((x) => log(sum(exp(x))), f64([100, 2]), format);
      expect([over.how, over.formula, over.gain]).toEqual(['overflows', 'exp(x)', digitsOf(format)]);
      const under = lead((x) => log(sum(exp(x))), f64([-200, -202]), format);
      expect([under.how, under.gain > 2]).toEqual(['underflows', true]);
    }
    // 1 + 1 / ∞ is as good as 1 + e^−100.
    const idle = lead((x) => sum(add(1, div(1, exp(x)))), f64([100, 2]));
    expect([idle.how, idle.gain < 0.1]).toEqual(['overflows', true]);
  });

  it('is told once where several steps of a sum read the same', () => {
    for (const { losses } of precision(of((x) => log(sum(exp(x))), f64([100, 2]))).formats) {
      const told = losses.map(({ how, name, formula, derivative }) => `${how} ${name} ${formula} ${derivative}`);
      expect(told.length).toBeGreaterThan(1);
      expect(new Set(told).size).toBe(told.length);
    }
  });

  it('of a derivative names the line whose rule or sum it is', () => {
    const found = inOne(of((x) => {
      const q = label(mul(1, x), 'q');
      return sub(sum(mul(1.00001, q)), sum(q));
    }, f64([1, 2])));
    const sums = (report: FormatPrecision) => report.losses.filter(({ derivative }) => derivative).map(({ how, name, formula }) => [how, name, formula]);
    expect(sums(found)).toEqual([['cancels', 'q', 'the sum of what its uses send']]);
    // The first two of three uses cancel; the third is added afterwards.
    const three = inOne(of((x) => {
      const q = label(mul(1, x), 'q');
      return add(sum(q), sub(sum(mul(1.00001, q)), sum(q)));
    }, f64([1, 2])));
    expect(sums(three)).toEqual([['cancels', 'q', 'the sum of what its uses send']]);
  });

  it('is none where a sum is nothing but rounding in Float64 already, and none in a dead branch', () => {
    // (0.3 + 0.1) − 0.3 − 0.1 is 2.8e-17 in Float64.
    expect(hows(inOne(of((x) => add(sum(x), sum(sub(sub(add(x, 0.1), x), 0.1))), f64([0.3]))))).toEqual([]);
    expect(hows(inOne(of((x) => sum(safeSqrt(mul(x, x))), f64([0, 2]))))).toEqual([]);
    expect(hows(inOne(of((x) => sum(sub(x, x)), f64([0.1]))))).toEqual([]);
  });
});

describe('an input', () => {
  it('that a format cannot hold overflows there, before all that is made of it', () => {
    const found = inOne(of((x) => sum(mul(x, 2)), f64([1e200, 1])));
    expect(found.losses[0]).toMatchObject({ how: 'overflows', lost: found.digits, line: 0, name: 'x', formula: 'input' });
    expect(inOne(of((x) => sum(mul(x, 2)), f64([1e30, Infinity]))).losses).toEqual([]);
  });
});

describe('the report', () => {
  const found = of((x) => scope('part', () => sum(label(log(add(1, label(exp(x), 'e'))), 'L'))), f64([-12, 0.5]));

  it('reads as a table of digits, then steps and safe forms for each format', () => {
    const text = precisionText(precision(found, { formats: ['f32', 'f16'] }));
    expect(text).toContain('          Float32 (7.2)   float16 (3.3)');
    expect(text).toMatch(/\n {2}e {7,}7\.\d \/ 7\.\d/);
    expect(text).toMatch(/Float32: digits that a step loses by itself\n( .*\n)* {2}write softplus\(x\) for log\(1 \+ exp\(x\)\) \(in L\): \d\.\d → \d\.\d digits/);
    const plain = precisionText(precision(of((x) => sum(x), f64([1])), { formats: ['f32'] }));
    expect(plain).toContain('no step loses a digit by itself');
  });

  it('says what a safe form keeps where its operands have lost digits already', () => {
    const report = precision(of((x) => sum(label(log(add(1, x)), 'v')), f64([1e-6, 2e-7])), { formats: ['f32', 'f16'] });
    const kept = line(inOne(of((x) => sum(label(log1p(x), 'v')), f64([1e-6, 2e-7])), 'f16'), 'v').digits;
    expect(report.formats[1]!.suggestions[0]!.inRun).toBeCloseTo(kept, 6);
    expect(precisionText(report, { width: 120 })).toMatch(new RegExp(`→ 3\\.3 digits by itself, ${kept.toFixed(1)} in this run`));
    expect(precisionText(report, { width: 120 })).toMatch(/0\.7 → 7\.2 digits\n/);
  });

  it('calls a loss without a consequence only where the digits are kept', () => {
    const both = of((x) => sub(sum(mul(x, x)), mul(sum(x), mul(sum(x), 1 / 3))), f64([1000.1, 1000.2, 1000.3]));
    const text = precisionText(precision(both, { formats: ['f16'] }), { width: 120 });
    expect(text).toMatch(/overflows +x · x; mended alone it gains nothing here/);
    expect(text).not.toContain('without a consequence');
    const kept = of((x) => add(sum(mul(1e-9, sub(1, mul(x, x)))), sum(x)), f64([0.998]));
    expect(precisionText(precision(kept, { formats: ['f32'] }))).toMatch(/without a\s+consequence here/);
  });

  it('says what many small losses leave together', () => {
    const chain = of((x) => {
      let q = x;
      for (let i = 0; i < 40; i++) q = mul(q, 1.03);
      return sum(q);
    }, f64([1.1]));
    expect(precisionText(precision(chain, { formats: ['bf16'] }), { width: 120 }))
      .toMatch(/no step loses a digit by itself; together they leave (∂x|result) [01]\.\d of 2\.4/);
  });

  it('stays within the width and counts what it leaves out', () => {
    const row = lossRow('f-softmax');
    const report = precision(explain(row.create({ s: 4 }) as (...inputs: never[]) => Tensor, inputsOf(row, sample(3))));
    expect(report.formats[0]!.losses.length).toBeGreaterThan(2);
    for (const width of [60, 80, 100]) {
      const text = precisionText(report, { width, most: 1 });
      expect(text).toMatch(/and \d more/);
      for (const one of text.split('\n')) expect(Array.from(one.replace(/\p{M}/gu, '')).length, one).toBeLessThanOrEqual(width);
    }
  });

  it('is plain data, and not to be had of an explanation read from JSON', () => {
    const report = precision(found);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(thrown(() => precision(JSON.parse(JSON.stringify(found)) as Explanation))).toBeInstanceOf(DomainError);
  });

  it('of a Float32 program starts from the numbers it has', () => {
    expect(line(inOne(of((x) => sum(x), f32([0.1]))), 'x').digits).toBe(digitsOf('f32'));
  });
});
