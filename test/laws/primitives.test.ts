// Every primitive, whatever its kind: shapes and types as declared, strides respected, Float32 close to Float64,
// derivatives of order 1 and 2 against dual numbers and differences, linear ones against their transpose.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFloat } from '../../src/base/dtype.ts';
import { gradcheck, reportText } from '../../src/check/index.ts';
import { forwardDual } from '../../src/check/dual.ts';
import { linearTranspose } from '../../src/check/testing/index.ts';
import { apply, type Primitive, record, Recorder, type Tensor, tensor, Value } from '../../src/graph/index.ts';
import { primitives } from '../../src/primitives/index.ts';
import { Draw, sampleOf, samples, type Sample } from './samples.ts';

/** `least` runs by default, in proportion more when RUNS asks for more than 30. */
const runs = (least: number) => ({ seed: 1, numRuns: Math.ceil((least * Number(process.env['RUNS'] ?? 30)) / 30) });
const law = (least: number, body: (draw: Draw) => void): void => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 30 }), (seed) => body(new Draw(seed))), runs(least));
};
const runOf = (primitive: Primitive, { inputs, params }: Sample): Value => primitive.run(inputs.map((x) => x.read()), params);
const floats = ({ inputs }: Sample): number[] => inputs.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []));

/** The inputs a primitive is linear in, all others held. */
function linearInputs(primitive: Primitive, { inputs, params }: Sample): readonly number[] {
  switch (primitive.kind) {
    case 'view': case 'fold': case 'scan': return [0];
    case 'copy': return (params['fill'] ?? 0) === 0 ? inputs.map((_, i) => i) : [];
    case 'reduce': return primitive.combine === 'sum' ? [0] : [];
    case 'contract': return [0, 1];
    case 'index': return primitive.linearIn;
    default: return [];
  }
}

it('knows sample inputs for every primitive, and for nothing else', () => {
  expect(Object.keys(samples).sort()).toEqual(primitives.filter((p) => p.kind !== 'map').map((p) => p.name).sort());
  for (const primitive of primitives) expect(() => sampleOf(primitive, new Draw(1)), primitive.name).not.toThrow();
});

describe.each(primitives.map((primitive) => ({ name: primitive.name, primitive })))('$name', ({ primitive }) => {
  it('law: gives the declared shape and type', () => law(30, (draw) => {
    const sample = sampleOf(primitive, draw);
    const declared = primitive.type(sample.inputs, sample.params);
    const value = runOf(primitive, sample);
    expect([value.shape, value.dtype]).toEqual([declared.shape, declared.dtype]);
    expect(value.data().length).toBe(declared.shape.reduce((a, b) => a * b, 1));
  }));

  it('law: reads inputs through any strides, and leaves them as they are', () => law(30, (draw) => {
    const sample = sampleOf(primitive, draw);
    const strided = { ...sample, inputs: sample.inputs.map((x) => draw.strided(x)) };
    const before = strided.inputs.map((x) => x.read().array.slice());
    expect(Array.from(runOf(primitive, strided).data())).toEqual(Array.from(runOf(primitive, sample).data()));
    expect(strided.inputs.map((x) => x.read().array)).toEqual(before);
  }));

  it('law: Float32 is Float64 rounded, but for a few units of the terms added', () => law(30, (draw) => {
    const sample = sampleOf(primitive, draw);
    // A custom step's sub-graphs are recorded for one type.
    if (floats(sample).length === 0 || 'forward' in sample.params) return;
    const narrow = sample.inputs.map((x) => (x.dtype === 'f64' ? tensor(x.data, { shape: x.shape, dtype: 'f32' }) : x));
    const wide = narrow.map((x) => (x.dtype === 'f32' ? tensor(x.data, { shape: x.shape, dtype: 'f64' }) : x));
    const { params } = sample;
    const inF32 = runOf(primitive, { inputs: narrow, params: 'dtype' in params ? { ...params, dtype: 'f32' } : params }).data();
    const inF64 = runOf(primitive, { inputs: wide, params }).data();
    const mu = spreadOf(primitive, wide, params);
    for (let i = 0; i < inF64.length; i++) expect(Math.abs(inF32[i]! - inF64[i]!)).toBeLessThanOrEqual(2 ** -23 * mu[i]!);
  }));

  it('law: derivatives of order 1 and 2 agree with dual numbers and differences', () => law(8, (draw) => {
    const sample = sampleOf(primitive, draw);
    const result = primitive.type(sample.inputs, sample.params);
    if (floats(sample).length === 0 || !isFloat(result.dtype)) return;
    const report = gradcheck((...inputs: Tensor[]) => apply(primitive, inputs, sample.params), sample.inputs);
    if (!report.ok) throw new Error(reportText(report));
    // A point drawn inside the domain meets no kink.
    expect(report.borders).toEqual([]);
  }));

  it('law: a linear primitive is pulled back by its transpose', () => law(8, (draw) => {
    const sample = sampleOf(primitive, draw);
    for (const at of linearInputs(primitive, sample)) {
      // What the map is affine in is set to 0, so that it is linear; factors and indices stay.
      const held = sample.inputs.map((x) => (
        primitive.kind === 'contract' || x.dtype === 'i32' ? x : tensor(new Float64Array(x.size), { shape: x.shape })
      ));
      linearTranspose((x) => apply(primitive, held.map((y, i) => (i === at ? x : y)), sample.params), sample.inputs[at]!);
    }
  }));
});

/** μ of the result: what its rounding is judged by. */
function spreadOf(primitive: Primitive, inputs: readonly Tensor[], params: Sample['params']): Float64Array {
  const recorder = new Recorder('concrete');
  const id = record(recorder, () => recorder.stepOf(apply(primitive, inputs, params)).id);
  return forwardDual(recorder.graph, [id], { tangents: new Map(), rounding: true })[0]!.spread;
}
