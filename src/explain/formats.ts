// Programs run in shorter number formats. Float32 is run as it is; the 16-bit formats are simulated: every step is computed
// in Float64 and rounded to the format, its range included. Integer steps and decisions are taken as they come.

import { isFloat } from '../base/dtype.ts';
import { type Bindings, type Graph, runPrimitive, type Step, Value } from '../graph/index.ts';
import { numbers } from '../primitives/algebra.ts';
import { inType, paramsIn } from './program.ts';

export type Format = 'f32' | 'f16' | 'bf16';

interface Extent {
  /** Bits of the significand, the hidden one included. */
  readonly bits: number;
  readonly largest: number;
  /** The smallest number with a full significand, and the step between smaller ones. */
  readonly normal: number;
  readonly least: number;
}

const f32 = { bits: 24, largest: (2 - 2 ** -23) * 2 ** 127, normal: 2 ** -126, least: 2 ** -149 };
const extents: Readonly<Record<Format, Extent>> = {
  f32,
  f16: { bits: 11, largest: 65504, normal: 2 ** -14, least: 2 ** -24 },
  bf16: { bits: 8, largest: (2 - 2 ** -7) * 2 ** 127, normal: f32.normal, least: 2 ** -133 },
};

/** Decimal digits that a format tells apart. */
export const digitsOf = (format: Format): number => Math.log10(2 ** extents[format].bits);

/** The smallest number above 0. */
export const leastOf = (format: Format): number => extents[format].least;

/** A number in a format. */
export function rounded(x: number, format: Format): number {
  const { bits, largest, normal, least } = extents[format];
  const size = Math.abs(x);
  if (!Number.isFinite(x)) return x;
  // By size, so that what vanishes keeps its sign, as it does in hardware.
  if (size < normal) return Math.sign(x) * evenly(size / least) * least;
  const near = numbers.round(x, bits);
  return Math.abs(near) > largest ? Math.sign(x) * Infinity : near;
}

/** The nearest whole number, the even one of two. */
function evenly(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low;
}

/** A value in a format: Float32 as such, a 16-bit format as the Float64 numbers it has. */
export function inFormat(value: Value, format: Format): Value {
  if (!isFloat(value.dtype)) return value;
  if (format === 'f32') return inType(value, 'f32');
  return new Value('f64', value.shape, Float64Array.from(value.data(), (x) => rounded(x, format)));
}

/** One step in a format, from operands in it. */
export function runIn({ primitive, params }: Step, inputs: readonly Value[], format: Format): Value {
  if (format === 'f32') return runPrimitive(primitive, inputs, paramsIn(params, 'f32'));
  return inFormat(runPrimitive(primitive, inputs, params), format);
}

/** An exact value in a format, but for the entries that it would make infinite or 0; undefined where it has none of those. */
export function mended(exact: Value, format: Format): Value | undefined {
  if (!isFloat(exact.dtype)) return undefined;
  const held = inFormat(exact, format).data();
  const leaves = (x: number, i: number): boolean => (Number.isFinite(x) && !Number.isFinite(held[i]!)) || (x !== 0 && held[i] === 0);
  const wanted = Float64Array.from(exact.data());
  return wanted.some(leaves) ? new Value('f64', exact.shape, wanted.map((x, i) => (leaves(x, i) ? x : held[i]!))) : undefined;
}

/**
 * The value in a format of every step the outputs need. The program is one of Float64, and so are the bindings; those that
 * are `wide` stay as they are, and what uses them is rounded afterwards.
 */
export function evaluateIn(
  graph: Graph, outputs: readonly number[], bindings: Bindings, format: Format, wide: Bindings = new Map(),
): (Value | undefined)[] {
  const needed = graph.live(outputs, bindings);
  const values: (Value | undefined)[] = new Array<Value | undefined>(graph.steps.length);
  for (const step of graph.steps) {
    if (!needed[step.id]) continue;
    const bound = bindings.get(step.id);
    const kept = wide.get(step.id);
    if (kept !== undefined || step.inputs.some((id) => wide.has(id))) {
      values[step.id] = kept
        ?? inFormat(runPrimitive(step.primitive, step.inputs.map((id) => inType(values[id]!, 'f64')), step.params), format);
      continue;
    }
    values[step.id] = bound === undefined ? runIn(step, step.inputs.map((id) => values[id]!), format) : inFormat(bound, format);
  }
  return values;
}
