import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBody, Unreadable } from '../../../src/compile/wasm/lanes.ts';
import { mapModule } from '../../../src/compile/kernels/map-kernel.ts';
import { type MapPrimitive, type Params, Value } from '../../../src/graph/index.ts';
import { primitives } from '../../../src/primitives/index.ts';
import { toWord } from '../../../src/compile/wasm/writing.ts';
import { fromWord, laneNumbers } from '../lane-numbers.ts';
import { runs } from '../../values.ts';
import { bitsOf, Guarded, ulps } from '../kernels.ts';

const special = [
  0, -0, 1, -1, 0.5, -0.5, 2.5, -2.5, 3, -7.75, 1e-45, -1e-45, 1e-39, 2 ** -126, -(2 ** -126), 1e30, -1e30, 3.4028234663852886e38,
  Infinity, -Infinity, NaN, 2 ** 23 + 1, -(2 ** 24), 1 + 2 ** -23, 65519, 65520, 0.1, Math.PI,
].map(Math.fround);

const maps = primitives.filter((p): p is MapPrimitive => p.kind === 'map');
/** One rounding, or none: the lanes must give the reference's bits. */
const exact = new Set(['neg', 'add', 'sub', 'mul', 'chain', 'div', 'sqrt', 'less', 'lessEqual', 'equal', 'where', 'abs', 'sign', 'floor', 'maximum', 'minimum', 'roundTo']);

const arityOf = (p: MapPrimitive): number => (p.name === 'where' ? 3 : p.vjp.length);
const paramsOf = (p: MapPrimitive): Params[] => (p.name === 'roundTo' ? [8, 11, 24].map((bits) => ({ bits })) : [{}]);

function both(p: MapPrimitive, params: Params, operands: readonly Float32Array[]): [Float32Array, Float32Array] {
  const memory = new Guarded();
  const { map } = memory.link(mapModule((A, ...xs) => p.body(A, params, ...xs), operands.map(() => 'runs')));
  const n = operands[0]!.length;
  const at = operands.map((x) => memory.put(x));
  const out = memory.room(n);
  map!(out, 1, n, ...at.flatMap((address) => [address, 0, 4]));
  memory.checkGuards();
  return [memory.read(out, n), p.run(operands.map((x) => new Value('f32', [n], x)), params).data() as Float32Array];
}

describe('bodies read as lanes', () => {
  it.each(maps.filter((p) => exact.has(p.name)).map((p) => [p.name, p] as const))('give the bits of the reference: %s', (_, p) => {
    const arity = arityOf(p);
    const count = special.length ** arity;
    const operands = Array.from({ length: arity }, (_, axis) =>
      Float32Array.from({ length: count }, (_, i) => special[Math.floor(i / special.length ** axis) % special.length]!));
    for (const params of paramsOf(p)) {
      const [kernel, reference] = both(p, params, operands);
      expect(bitsOf(kernel)).toEqual(bitsOf(reference));
    }
  });

  it('covers every map on Float32, by bits or by stated errors', () => {
    const elementary = ['pow', 'exp', 'log', 'log1p', 'expm1', 'sin', 'cos', 'acos', 'tanh', 'sigmoid', 'softplus'];
    const elsewhere = ['cast', 'truncate'];
    expect(maps.map((p) => p.name).sort()).toEqual([...exact, ...elementary, ...elsewhere].sort());
  });

  it('rounds to shorter formats like the reference, subnormal numbers too', () => {
    const words = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(fc.property(fc.array(words, { minLength: 64, maxLength: 64 }), fc.integer({ min: 2, max: 26 }), (list, bits) => {
      const [kernel, reference] = both(maps.find((p) => p.name === 'roundTo')!, { bits }, [Float32Array.from(list, fromWord)]);
      expect(bitsOf(kernel)).toEqual(bitsOf(reference));
    }), runs);
  });

  it('says what no lane can do', () => {
    expect(() => readBody(laneNumbers, (A, x) => A.round(x, 1), [toWord(1.5)])).toThrow(Unreadable);
  });

  it('keeps the digits of 1/(1 + e^x) also where the sum is written the other way round, and of a fraction of sums', () => {
    for (let x = -20; x < 20; x += 0.0625) {
      const written = readBody(laneNumbers, (A, a) => A.div(A.constant(1), A.add(A.exp(a), A.constant(1))), [toWord(x)]);
      expect(ulps(fromWord(written), 1 / (1 + Math.exp(x)))).toBeLessThan(1.2);
      const fraction = readBody(laneNumbers, (A, a) => A.div(A.add(A.exp(a), A.constant(3)), A.add(A.exp(a), A.constant(1))), [toWord(x)]);
      expect(ulps(fromWord(fraction), (Math.exp(x) + 3) / (1 + Math.exp(x)))).toBeLessThan(1.5);
    }
  });

  it('lets an exponential that overflows reach infinity through a sum and a quotient', () => {
    const quotient = (x: number): number => fromWord(readBody(laneNumbers, (A, a) => A.div(A.constant(1), A.add(A.constant(1), A.exp(a))), [toWord(x)]));
    expect([quotient(100), quotient(-200), quotient(Infinity), quotient(-Infinity), quotient(NaN)]).toEqual([0, 1, 0, 1, NaN]);
  });
});
