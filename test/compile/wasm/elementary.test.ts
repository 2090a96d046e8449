import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readBody } from '../../../src/compile/wasm/lanes.ts';
import { mapModule } from '../../../src/compile/kernels/map-kernel.ts';
import { type MapPrimitive, Value } from '../../../src/graph/index.ts';
import { primitivesByName } from '../../../src/primitives/index.ts';
import { toWord } from '../../../src/compile/wasm/writing.ts';
import { fromWord, laneNumbers } from '../lane-numbers.ts';
import { Guarded, randomNumbers, ulps } from '../kernels.ts';

const source = readFileSync(new URL('../../../src/compile/wasm/elementary.ts', import.meta.url), 'utf8');
/** The largest errors the file states, by function. */
const stated = new Map([...source.split('export function')[0]!.matchAll(/(\w+) (\d\.\d\d)\b/g)].map(([, name, ulp]) => [name!, Number(ulp)]));

const truths: Record<string, (x: number) => number> = {
  exp: Math.exp, log: Math.log, log1p: Math.log1p, expm1: Math.expm1, sin: Math.sin, cos: Math.cos, acos: Math.acos,
  tanh: Math.tanh, sqrt: Math.sqrt, sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => (x > 30 ? x + Math.exp(-x) : Math.log1p(Math.exp(x))),
};

const mapOf = (name: string): MapPrimitive => primitivesByName.get(name) as MapPrimitive;

function runKernel(name: string, ...operands: Float32Array[]): Float32Array {
  const memory = new Guarded();
  const { map } = memory.link(mapModule((A, ...xs) => mapOf(name).body(A, {}, ...xs), operands.map(() => 'runs')));
  const n = operands[0]!.length;
  const addresses = operands.map((x) => memory.put(x));
  const out = memory.room(n);
  map!(out, 1, n, ...addresses.flatMap((at) => [at, 0, 4]));
  return memory.read(out, n);
}

/** Every exponent with both signs: the ends of its mantissas and some between them. */
function everyExponent(between: number): Float32Array {
  const next = randomNumbers(7);
  const words: number[] = [];
  for (let exponent = 0; exponent < 256; exponent++) {
    for (let i = 0; i < between + 4; i++) {
      const mantissa = i < 4 ? [0, 1, 0x400000, 0x7fffff][i]! : Math.floor(next() * 2 ** 23);
      for (const sign of [0, 1]) words.push((sign << 31) | (exponent << 23) | mantissa);
    }
  }
  return new Float32Array(Int32Array.from(words).buffer);
}

/** Where most exponents say little: around 1, and the angles below 8192. */
function usualRange(count: number): Float32Array {
  const next = randomNumbers(11);
  return Float32Array.from({ length: count }, (_, i) => (i % 2 === 0 ? (next() * 2 - 1) * 2 ** (i % 14) : 1 + (next() - 0.5) * 2 ** -(i % 20)));
}

describe('the stated errors', () => {
  it('name every function, none above 2 units in the last place', () => {
    expect([...stated.keys()].sort()).toEqual([...Object.keys(truths).filter((name) => name !== 'sqrt'), 'pow'].sort());
    expect(Math.max(...stated.values())).toBeLessThanOrEqual(2);
  });

  it.each(Object.keys(truths))('hold for %s over all exponents and special values', (name) => {
    for (const xs of [everyExponent(200), usualRange(200000)]) {
      const ys = runKernel(name, xs);
      let worst = 0;
      let at = 0;
      xs.forEach((x, i) => {
        const truth = truths[name]!(x);
        const rounded = Math.fround(truth);
        // NaN, infinities and the sign of zero are not a matter of units.
        const exact = Number.isNaN(truth) || truth === 0 || Math.abs(rounded) === Infinity;
        const error = !exact ? ulps(ys[i]!, truth) : Object.is(ys[i], rounded) ? 0 : Infinity;
        if (error > worst) [worst, at] = [error, x];
      });
      expect([worst <= (stated.get(name) ?? 0.5), name, worst, at]).toEqual([true, name, worst, at]);
    }
  });

  it('hold for pow where |y·log x| ≤ 88', () => {
    const next = randomNumbers(3);
    const x = new Float32Array(200000);
    const y = new Float32Array(x.length);
    x.forEach((_, i) => {
      x[i] = i % 3 === 0 ? 2 ** (next() * 276 - 149) : i % 3 === 1 ? 0.5 + next() : 1 + (next() - 0.5) * 2 ** -(i % 20);
      y[i] = ((next() * 2 - 1) * 88) / Math.log(x[i]!) * (i % 2 === 0 ? 1 : next());
    });
    const ys = runKernel('pow', x, y);
    let worst = 0;
    x.forEach((base, i) => {
      const power = y[i]! * Math.log(base);
      if (Math.abs(power) <= 88) worst = Math.max(worst, ulps(ys[i]!, base ** y[i]!));
    });
    expect(worst).toBeLessThanOrEqual(stated.get('pow')!);
    expect(worst).toBeGreaterThan(0.5);
  });
});

describe('pow', () => {
  const special = [
    0, -0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 4, -5, 1.5, -1.5, 1 / 3, Infinity, -Infinity, NaN, 1e-40, -1e-40, 1e-45, 3e38, -3e38,
    2 ** 24, 2 ** 24 + 2, -(2 ** 25) + 2, 1e10, 1 + 2 ** -23, 1 - 2 ** -24, 128, -149, 150, -150.5, 127, -126.5,
  ].map(Math.fround);

  it('gives what IEEE 754 says for zeros, infinities, NaN, negative bases and whole exponents', () => {
    const x = Float32Array.from(special.flatMap((a) => special.map(() => a)));
    const y = Float32Array.from(special.flatMap(() => special));
    const expected = mapOf('pow').run([x, y].map((array) => new Value('f32', [array.length], array)), {}).data();
    const wrong: unknown[] = [];
    runKernel('pow', x, y).forEach((actual, i) => {
      const close = Number.isFinite(expected[i]!) && expected[i] !== 0 && ulps(actual, expected[i]!) <= 1;
      if (!close && !Object.is(actual, expected[i])) wrong.push([x[i], y[i], actual, expected[i]]);
    });
    expect(wrong).toEqual([]);
  });

  it('is exact at the exponents 0, 1 and 2, whatever the base', () => {
    const x = everyExponent(8);
    for (const [exponent, power] of [[0, () => 1], [1, (a: number) => a], [2, (a: number) => a * a]] as const) {
      const ys = runKernel('pow', x, new Float32Array(x.length).fill(exponent));
      expect(Array.from(ys)).toEqual(Array.from(x, (a) => Math.fround(power(a))));
    }
  });
});

describe('sin and cos', () => {
  it('are the host\'s beyond 8192, and do not change where a neighbour is', () => {
    const xs = Float32Array.of(8192.001, -1e6, 3e38, 1, 8191, 0.5, 1e9, -2);
    for (const name of ['sin', 'cos'] as const) {
      const ys = runKernel(name, xs);
      const alone = Array.from(xs, (x) => runKernel(name, Float32Array.of(x))[0]!);
      expect(Array.from(ys)).toEqual(alone);
      for (const i of [0, 1, 2, 6]) expect(ys[i]).toBe(Math.fround(Math[name](xs[i]!)));
    }
  });
});

describe('the same polynomials in plain numbers', () => {
  it.each([...Object.keys(truths), 'pow'])('give the bits of the kernel for %s', (name) => {
    const xs = everyExponent(4);
    const ys = name === 'pow' ? [xs, Float32Array.from(xs, (_, i) => xs[(i * 769) % xs.length]!)] : [xs];
    const kernel = runKernel(name, ...ys);
    const plain = Float32Array.from(xs, (_, i) => {
      const body = (A: Parameters<MapPrimitive['body']>[0], ...operands: never[]) => mapOf(name).body(A, {}, ...operands);
      return fromWord(readBody(laneNumbers, body as never, ys.map((y) => toWord(y[i]!))));
    });
    expect(Array.from(kernel)).toEqual(Array.from(plain));
  });
});
