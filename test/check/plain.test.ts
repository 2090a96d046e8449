import { describe, expect, it } from 'vitest';
import { gradcheck, reportText } from '../../src/check/index.ts';
import { tensor } from '../../src/graph/tensor.ts';

/** f(a, b) = Σ a² b over two arrays. */
const good = {
  value: ([a, b]: Float64Array[]): number => a!.reduce((sum, x, i) => sum + x * x * b![i]!, 0),
  gradient: ([a, b]: Float64Array[]): Float64Array[] => [a!.map((x, i) => 2 * x * b![i]!), a!.map((x) => x * x)],
};
const inputs = [Float64Array.of(1, -2, 0.5), Float64Array.of(3, 0.1, -1)];

describe('code over plain arrays', () => {
  it('is judged by differences alone, to order 1', () => {
    const report = gradcheck(good, inputs);
    expect(report).toMatchObject({ ok: true, borders: [], failures: [] });
    expect(report.orders).toHaveLength(1);
    expect(report.orders[0]).toMatchObject({ entries: 6, full: true, duals: null });
    expect(report.orders[0]!.differences).toBeGreaterThan(8);
  });

  it('names the worst entry of a wrong gradient', () => {
    const wrong = {
      ...good,
      gradient: (xs: Float64Array[]): Float64Array[] => good.gradient(xs).map((g) => g.map((x, i) => (i === 2 ? -x : x))),
    };
    const report = gradcheck(wrong, inputs);
    expect(report.ok).toBe(false);
    expect(report.worst).toMatchObject({ input: 'inputs[0]', index: [2], analytic: 1, numeric: null });
    expect(report.worst!.difference).toBeCloseTo(-1, 9);
    expect(report.cause!.name).toBe('signs');
    // It is the tool's gradient that is shown, and nobody's duals.
    expect(reportText(report)).toMatch(/\n {4}the tool's {2}1\n {4}difference -(1|0\.9{6}\d*|1\.0{6}\d*)\n/u);
    expect(reportText(report)).not.toMatch(/engine|duals/u);
  });

  it('is refused in a sentence when it is not called as it is written', () => {
    const call = (f: unknown, given: unknown) => () => gradcheck(f as never, given as never);
    const f = { value: ([x]: number[][]): number => x!.reduce((a, b) => a + b), gradient: ([x]: number[][]) => [x!.map(() => 1)] };
    expect(gradcheck(f, [[1, 2]]).ok).toBe(true);
    expect(call(f, [1, 2])).toThrow(/value was called with a list that holds 2 inputs, numbers among them, and failed.*For one array write \[x\]/u);
    expect(call(f, 1)).toThrow('gradcheck: number 1 for the inputs');
    expect(call(f, Float64Array.of(1, 2))).toThrow('gradcheck: object for the inputs');
    expect(call({ value: f.value, gradient: 3 }, [[1]])).toThrow('gradcheck: number 3 for gradient');
    expect(call({ value: 3, gradient: f.gradient }, [[1]])).toThrow('gradcheck: number 3 for value');
    expect(call({ ...f, gradient: () => 3 }, [[1]])).toThrow('gradient returned number 3');
    expect(call({ ...f, value: () => { throw new TypeError('mine'); } }, [[1]])).toThrow(new TypeError('mine'));
    expect(call({ ...f, value: () => { throw new RangeError('mine'); } }, [1])).toThrow(new RangeError('mine'));
  });

  it('may take nested arrays and single numbers, and give Float32', () => {
    const f = {
      value: ([m, s]: [number[][], number]): number => s * (m[0]![0]! * m[1]![1]! - m[0]![1]! * m[1]![0]!),
      gradient: ([m, s]: [number[][], number]): [number[][], Float32Array] => [
        [[s * m[1]![1]!, -s * m[1]![0]!], [-s * m[0]![1]!, s * m[0]![0]!]],
        Float32Array.of(m[0]![0]! * m[1]![1]! - m[0]![1]! * m[1]![0]!),
      ],
    };
    const report = gradcheck(f, [[[1, 2], [3, 4.5]], 2]);
    expect(report.ok, reportText(report)).toBe(true);
    const turned = {
      ...f,
      gradient: (xs: [number[][], number]): [number[][], Float32Array] => [
        f.gradient(xs)[0].map((_, i) => f.gradient(xs)[0].map((r) => r[i]!)), f.gradient(xs)[1],
      ],
    };
    expect(gradcheck(turned, [[[1, 2], [3, 4.5]], 2]).cause!.name).toBe('transpose');
  });

  it('large inputs are checked by sampled entries and directions', () => {
    const a = Float64Array.from({ length: 300 }, (_, i) => Math.sin(i));
    const report = gradcheck(good, [a, a.map(Math.cos)]);
    expect(report.ok).toBe(true);
    expect(report.orders[0]).toMatchObject({ full: false, entries: 2 * 68 });
    const wrong = {
      ...good,
      gradient: (xs: Float64Array[]): Float64Array[] => good.gradient(xs).map((g) => g.map((x, i) => (i === 233 ? x + 1 : x))),
    };
    expect(gradcheck(wrong, [a, a.map(Math.cos)])).toMatchObject({
      ok: false, failures: [{ text: expect.stringMatching(/^∂f\/∂inputs\[0\]\[233\]/) as string }, { text: expect.stringMatching(/inputs\[1\]\[233\]/) as string }],
    });
  });

  it('few wrong entries of very many are named, for a few hundred calls more', () => {
    const check = (length: number, places: readonly number[], seed = 1) => {
      let calls = 0;
      const f = {
        value: ([x]: Float64Array[]): number => {
          calls++;
          let sum = 0;
          for (const v of x!) sum += v * v * v;
          return sum;
        },
        gradient: ([x]: Float64Array[]) => [x!.map((v, i) => 3 * v * v + (places.includes(i) ? 1e-2 : 0))],
      };
      const report = gradcheck(f, [Float64Array.from({ length }, (_, i) => Math.sin(i))], { seed });
      return { calls, report, named: report.failures.map(({ text }) => /^∂f\/∂inputs\[0\]\[(\d+)\]/.exec(text)?.[1] ?? text.slice(0, 3)) };
    };
    const one = check(10_000, [7654]);
    expect(one.named).toEqual(['7654']);
    expect(one.report).toMatchObject({ worst: { index: [7654] }, cause: { text: expect.stringMatching(/^1 of 10000 entries/) as string } });
    expect(one.calls).toBeLessThan(3500);
    const right = check(1000, []);
    expect(right).toMatchObject({ named: [], report: { ok: true, orders: [{ entries: 68 }] } });
    expect(check(1000, [0, 999], 2).named.sort()).toEqual(['0', '999']);
    // One of those that are looked at anyway explains the directions as well.
    const sampled = Number(check(1000, Array.from({ length: 1000 }, (_, i) => i)).named[0]);
    expect(check(1000, [sampled])).toMatchObject({ named: [String(sampled)], calls: right.calls, report: { cause: { text: expect.stringMatching(/^1 of 1000 entries/) as string } } });
    // Three are named; what is left shows along the directions, and nothing is said of the whole.
    const many = check(1000, [5, 105, 205, 305, 405, 505]);
    expect(many.named).toEqual([...Array.from({ length: 3 }, () => expect.stringMatching(/^\d*5$/) as string), '… a']);
    expect(new Set(many.named).size).toBe(4);
    expect(many.report.cause!.text).toMatch(/^3 of 67 entries/);
    expect(many.calls).toBeLessThan(right.calls + 2500);
  });

  it('a wrong entry among many is named beside kinks too, and where the gradient is 0 but for a few', () => {
    const a = Float64Array.from({ length: 600 }, (_, i) => (i % 100 === 3 ? 0 : Math.sin(i)));
    const named = (slope: (x: number, i: number) => number, value: (x: number) => number): string[] => gradcheck({
      value: ([x]: Float64Array[]) => x!.reduce((sum, v) => sum + value(v), 0), gradient: ([x]: Float64Array[]) => [x!.map(slope)],
    }, [a]).failures.map(({ text }) => text.slice(0, 21));
    const relu = (x: number): number => Math.max(0, x);
    expect(named((x) => (x > 0 ? 1 : 0), relu)).toEqual([]);
    expect(named((x, i) => (x > 0 ? 1 : 0) + (i === 470 ? 30 : 0), relu)[0]).toBe('∂f/∂inputs[0][470]: g');
    expect(named((x, i) => (x > 0.9999 ? 2 * (x - 0.9999) : 0) + (i === 470 ? 1e-6 : 0), (x) => relu(x - 0.9999) ** 2)).toEqual(['∂f/∂inputs[0][470]: g']);
  });

  it('a mistake in all entries of a large input is found from those that were looked at', () => {
    const a = Float64Array.from({ length: 300 }, (_, i) => Math.sin(i));
    const cause = (mistake: (x: number) => number) => gradcheck({
      value: ([x]: Float64Array[]) => x!.reduce((sum, v) => sum + v ** 3, 0), gradient: ([x]: Float64Array[]) => [x!.map((v) => mistake(3 * v * v))],
    }, [a]).cause!;
    expect(cause((x) => x / 300).text).toMatch(/^every entry is 1\/300 \(1 over the size of axis 0/);
    expect([(x: number) => -x, () => 0, (x: number) => (x > 1 ? -x : x)].map((mistake) => cause(mistake).name)).toEqual(['sign', 'zero', 'signs']);
  });

  it('infers kinks and jumps at the point from the two sides', () => {
    const relu = { value: ([a]: number[][]): number => Math.max(a![0]!, 0) + a![1]!, gradient: (): number[][] => [[0, 1]] };
    const report = gradcheck(relu, [[0, 3]]);
    expect(report.ok).toBe(true);
    expect(report.borders).toMatchObject([{ kind: 'kink', index: [0] }]);
    const step = { value: ([a]: number[][]): number => (a![0]! < 0 ? 1 : 2), gradient: (): number[][] => [[0]] };
    expect(gradcheck(step, [[0]]).borders).toMatchObject([{ kind: 'jump', size: expect.closeTo(1, 9) as number }]);
  });

  it('says what was left out, and is not ok when that is more than half', () => {
    const steps = { value: ([a]: number[][]): number => a!.reduce((sum, x, i) => sum + (x < 0 ? i : x), 0), gradient: () => [[1, 1, 1, 1]] };
    const some = gradcheck(steps, [[2, 0, 3, 0]]);
    expect(some).toMatchObject({ ok: true, orders: [{ entries: 4, atBorder: 2, unresolved: 0 }] });
    expect(some.notes.at(-1)).toBe('2 of 4 entries were left out: inputs[0][1] (the value jumps by -1), inputs[0][3] (the value jumps by -3)');
    const most = gradcheck(steps, [[2, 0, 0, 0]]);
    expect(most.ok).toBe(false);
    expect(most.failures).toMatchObject([{ kind: 'coverage', text: expect.stringMatching(/^too little was compared: 3 of 4/) as string }]);
  });

  it('a tool in Float32 is held to what Float32 shows, and the report says how many digits that is', () => {
    const round = Math.fround;
    const tool = {
      value: ([a]: Float64Array[]): number => a!.reduce((sum, x) => round(sum + round(Math.sin(round(x)))), 0),
      gradient: ([a]: Float64Array[]): Float32Array[] => [Float32Array.from(a!, Math.cos)],
    };
    const at = [Float64Array.of(0.5, 1.7, -0.2, 0.9)];
    const report = gradcheck(tool, at);
    expect(report).toMatchObject({ ok: true, orders: [{ entries: 4, atBorder: 0, unresolved: 0 }] });
    expect(report.notes.at(-1)).toMatch(/^the tool computes in Float32: demanded [345] digits$/);
    const doubled = gradcheck({ ...tool, gradient: (xs: Float64Array[]) => tool.gradient(xs).map((g) => g.map((x) => 2 * x)) }, at);
    expect(doubled).toMatchObject({ ok: false, cause: { name: 'factor', factor: 2 } });
    const inDouble = gradcheck({ ...tool, value: ([a]: Float64Array[]) => a!.reduce((sum, x) => sum + Math.sin(x), 0) }, at);
    expect(inDouble.ok).toBe(true);
    expect(inDouble.notes.at(-1)).toBe('the gradient is Float32: demanded 5 digits');
  });

  it('a value too noisy to show its slopes is the cause, not the gradient', () => {
    const noisy = {
      value: ([a]: number[][]): number => Math.round(200 * a!.reduce((sum, x) => sum + Math.sin(x), 0)) / 200,
      gradient: ([a]: number[][]): number[][] => [a!.map(Math.cos)],
    };
    const report = gradcheck(noisy, [[0.5, 1.7, -0.2, 0.9]]);
    expect(report).toMatchObject({ ok: false, cause: { name: 'float32' }, failures: [{ kind: 'coverage' }] });
    expect(report.failures[0]!.text).toMatch(/compute the value in Float64/);
  });

  it.each([1e-30, 1e-8, 1e-4, 1e4, 1e8, 1e30])('numbers of size %s are as good as any', (scale) => {
    const waves = (factor: number) => ({
      value: ([a]: number[][]): number => a!.reduce((sum, x) => sum + scale * Math.sin(x / scale), 0),
      gradient: ([a]: number[][]): number[][] => [a!.map((x) => factor * Math.cos(x / scale))],
    });
    const at = [[0.3, 1.1, -0.7].map((x) => x * scale)];
    expect(gradcheck(waves(1), at)).toMatchObject({ ok: true, borders: [], orders: [{ entries: 3, atBorder: 0, unresolved: 0 }] });
    expect(gradcheck(waves(2), at).cause).toMatchObject({ name: 'factor', factor: 2 });
    const many = [Array.from({ length: 300 }, (_, i) => scale * Math.sin(i))];
    expect(gradcheck(waves(1), many).ok).toBe(true);
    expect(gradcheck(waves(2), many).ok).toBe(false);
  });

  it.each([200, 2000, 20000])('functions that change %s times as fast as their argument have no borders', (speed) => {
    const waves = (factor: number) => ({
      value: ([a]: number[][]): number => a!.reduce((sum, x) => sum + Math.sin(speed * x), 0),
      gradient: ([a]: number[][]): number[][] => [a!.map((x) => factor * speed * Math.cos(speed * x))],
    });
    expect(gradcheck(waves(1), [[0.3, 1.1, -0.7, 5]])).toMatchObject({ ok: true, borders: [] });
    expect(gradcheck(waves(2), [[0.3, 1.1, -0.7, 5]]).cause!.name).toBe('factor');
  });

  it('may not write into its arguments: it is caught at it, and the inputs stay as they are', () => {
    const writing = (xs: Float64Array[], f: (xs: Float64Array[]) => void): Float64Array[] => {
      f(xs);
      return xs;
    };
    const failures = (f: Partial<typeof good>): string[] => gradcheck({ ...good, ...f }, inputs).failures.map(({ text }) => text);
    const zero = (xs: Float64Array[]): unknown => xs[1]!.fill(0, 2);
    expect(failures({ value: (xs) => good.value(writing(xs, (all) => all[0]!.sort())) })[0])
      .toBe('value writes into inputs[0], which belongs to its caller: let it work on a copy');
    expect(failures({ value: (xs) => [good.value(xs), zero(xs)][0] as number })).toHaveLength(1);
    expect(failures({ gradient: (xs) => [good.gradient(xs), zero(xs)][0] as Float64Array[] }))
      .toEqual(['gradient writes into inputs[1], which belongs to its caller: let it work on a copy']);
    expect(failures({ value: (xs) => [good.value(xs), xs.pop()][0] as number })[0]).toMatch(/^value writes into inputs\[1\]/);
    expect(inputs).toEqual([Float64Array.of(1, -2, 0.5), Float64Array.of(3, 0.1, -1)]);
    const nested = { value: ([m]: number[][][]) => m![0]!.push(1), gradient: () => [[[1, 2]]] };
    expect(gradcheck(nested, [[[1, 2]]]).failures[0]).toMatchObject({ kind: 'writes', text: expect.stringContaining('inputs[0]') as string });
    expect(gradcheck({ value: ([x]: number[][]) => x!.pop()!, gradient: () => [[0, 1]] }, [[1, 2]]).failures).toMatchObject([{ kind: 'writes' }]);
    // The same numbers written again are no change.
    expect(failures({ value: (xs) => good.value(writing(xs, (all) => all[0]!.set([...all[0]!]))) })).toEqual([]);
  });

  it('written for the arrays and not for their list is told so, and only then', () => {
    const text = (f: unknown, given: readonly unknown[]): string => gradcheck(f as never, given).failures.map((x) => x.text).join('\n');
    const squares = { value: (x: number[]) => x.reduce((s, v) => s + Math.sin(v), 0), gradient: (x: number[]) => x.map(Math.cos) };
    expect(text(squares, [[1, 2]])).toBe(
      'the value is NaN: it is called with the list of the inputs, so write value: ([x]) => …\n'
      + 'the gradient of inputs[0] is not finite at entry 0: it is called with the list of the inputs, so write gradient: ([x]) => …');
    expect(text({ ...squares, value: () => NaN }, [[1, 2]])).toMatch(/^the value is NaN\n/u);
    expect(text({ value: ([x]: number[][]) => x![0], gradient: () => [[NaN, 1]] }, [[1, 2]])).toBe('the gradient of inputs[0] is not finite at entry 0');
    const two = { value: (a: number[], b: number[]) => a[0]! * b[0]!, gradient: (a: number[], b: number[]) => [b, a] };
    expect(() => text(two, [[2], [3]])).toThrow(/^gradcheck: value was called with a list that holds the inputs and failed: .*\. The inputs are a list.*\. Write value: \(\[x, y\]\) => …/u);
    expect(() => text({ ...two, value: ([a, b]: number[][]) => a![0]! * b![0]! }, [[2], [3]])).toThrow(/^gradcheck: gradient (was called|returned)/u);
    expect(() => text({ value: (x: number[]) => x.reduce((a, b) => a + b), gradient: () => [[1]] }, [[1, 2]]))
      .toThrow('gradcheck: value returned an array: it is called with the list of the inputs, so write value: ([x]) => …. It returns a number');
    expect(text({ value: ([x]: number[][]) => x![0]! + x![1]!, gradient: ([x]: number[][]) => x!.map(() => 1) }, [[1, 2]]))
      .toBe('gradient returned 2 arrays for 1 inputs; it returns a list, one array per input');
  });

  it('has one derivative: other orders are refused', () => {
    expect(gradcheck(good, inputs, { orders: [1] }).ok).toBe(true);
    for (const orders of [[2], [1, 2]]) {
      expect(() => gradcheck(good, inputs, { orders })).toThrow(`gradcheck: orders [${orders.join(', ')}] of { value, gradient }. It gives its first derivative and no other.`);
    }
  });

  it('fails when the value is not finite, gradients are missing, too long, or change', () => {
    expect(gradcheck({ ...good, value: () => NaN }, inputs).failures[0]!.text).toBe('the value is NaN');
    expect(gradcheck({ ...good, gradient: () => [] }, inputs).failures[0]!.text).toMatch(/0 arrays for 2 inputs/);
    const perRow = gradcheck({ value: ([b]: number[][]) => 3 * b![0]!, gradient: () => [[1, 1, 1]] }, [[2]]);
    expect(perRow.failures[0]!.text).toMatch(/has 3 numbers, the input 1/);
    expect(perRow.cause!.name).toBe('broadcastSum');
    let calls = 0;
    expect(
      gradcheck(
        { ...good, gradient: (xs: Float64Array[]) => good.gradient(xs).map((g) => g.map((x) => x + calls++)) }, inputs
      ).failures.map((f) => f.kind)
    ).toContain('repeat');
  });

  it('says that two calls of value differ, and that a function of tensors returned a number', () => {
    const gradient = (): number[][] => [[1]];
    let calls = 0;
    const restless = gradcheck({ value: ([x]: number[][]) => x![0]! + 1e-7 * calls++, gradient }, [[1]]);
    expect(restless).toMatchObject({ ok: false, failures: [{ kind: 'repeat', text: 'two calls of value at the same point differ' }] });
    expect(() => gradcheck(() => 3, [tensor([1], { dtype: 'f64' })])).toThrow('the function returned the number 3, not a tensor');
  });

  it('refuses inputs that have no digits or are no numbers', () => {
    expect(() => gradcheck(good, [Float32Array.of(1), Float64Array.of(1)])).toThrow(/inputs\[0\] is a Float32Array/);
    expect(() => gradcheck(good, ['x'])).toThrow(/inputs\[0\] is string/);
    expect(() => gradcheck({ ...good, gradient: () => [null as never, null as never] }, inputs)).toThrow(
      /one array of numbers per input/
    );
  });
});
