// Mutants of the rules: for every primitive and every input that has one, a forward step and the adjoint steps its rule
// appends. A mutant is judged by dual numbers, which read no rule: the cotangent against the transposed Jacobian, and
// the derivative of the cotangent against dual numbers run over the rule as it is written.

import { gradient, ruleOf } from '../../src/autodiff/index.ts';
import { isFloat } from '../../src/base/dtype.ts';
import { sizeOf } from '../../src/base/shape.ts';
import { entered } from '../../src/check/freeze.ts';
import { type DualPartials, partialsByDual } from '../../src/check/partials.ts';
import { normals, seeded } from '../../src/check/seeded.ts';
import { apply, type Graph, type Primitive, record, Recorder, tensor, Value } from '../../src/graph/index.ts';
import { alias } from '../../src/primitives/index.ts';
import { Draw, sampleOf } from '../laws/samples.ts';
import { edgesOf, type Edge } from './edges.ts';
import { disagreement, type Expected, type Judge, type Site } from './hunt.ts';
import { programOf } from './surgery.ts';
import { stepText } from './text.ts';

const draws = 8;

/** The inputs of a primitive that have a rule, seen at seeded points and at the edges of its domain. (Over no axes none is recorded.) */
export function ruleSites(primitive: Primitive): Site[] {
  const points: Edge[] = [
    ...Array.from({ length: draws }, (_, seed): Edge => sampleOf(primitive, new Draw(seed + 1))),
    ...edgesOf(primitive),
  ].filter(({ params }) => (params['axes'] as readonly number[] | undefined)?.length !== 0);
  return points.flatMap((point, seed) => point.inputs.flatMap((x, index) => {
    const asked = ruleOf(primitive, index) !== null && isFloat(x.dtype) && isFloat(primitive.type(point.inputs, point.params).dtype);
    return asked ? [ruleSite(primitive, index, point, seed + 1)] : [];
  }));
}

function ruleSite(primitive: Primitive, index: number, point: Edge, seed: number): Site {
  const recorder = new Recorder('concrete');
  const { graph } = recorder;
  const sources = record(recorder, () => point.inputs.map((x) => recorder.stepOf(entered(recorder, x.read())).id));
  const out = record(recorder, () => recorder.stepOf(apply(primitive, sources.map((id) => recorder.tensors[id]!), point.params)));
  const by = sources[index]!;
  const jacobian = partialsByDual(graph, out.id, by);
  const numbers = Float64Array.from(point.cotangent ?? cotangentFor(jacobian, seed));
  const { grad, result } = record(recorder, () => {
    const cotangent = entered(recorder, new Value('f64', out.shape, numbers));
    const found = gradient(recorder, [{ step: out.id, cotangent }], [by])[0]!;
    // A rule may hand its cotangent on as it is; the alias is then the step that can be negated.
    return { grad: recorder.stepOf(cotangent).id, result: recorder.stepOf(alias(found)).id };
  });
  const program = programOf(recorder, [...sources, grad], [result]);
  const names = new Map([[grad, 'grad'], [out.id, 'out'], ...sources.map((id, i): [number, string] => [id, inputName(i, sources.length)])]);
  const texts = keyed(graph, grad, names);
  return {
    name: `point ${seed}`, program,
    mutable: (id) => id > grad,
    key: (id) => `∂${names.get(by)} ${texts[id]!}`,
    text: (id) => `∂${names.get(by)} ${texts[id]!}`,
    judges: [
      ({ outputs }) => disagreement('cotangent', outputs[0]!.data(), transposed(jacobian, numbers), 10),
      ...(point.firstOrder === true ? [] : [secondOrder(graph, program.inputs, result, seed)]),
    ],
  };
}

/** Text of every step after `from`; equal texts are told apart by a number. */
function keyed(graph: Graph, from: number, names: ReadonlyMap<number, string>): string[] {
  const count = new Map<string, number>();
  return graph.steps.map(({ id }) => {
    const text = stepText(graph, id, { names });
    if (id <= from) return text;
    const before = count.get(text) ?? 0;
    count.set(text, before + 1);
    return before === 0 ? text : `${text} #${before + 1}`;
  });
}

const inputName = (index: number, count: number): string => (count === 1 ? 'x' : 'abc'[index] ?? `x${index}`);

/** Seeded, and 0 where an output has no finite slope: the cotangent of a branch that was not taken. */
function cotangentFor({ rows, columns, values }: DualPartials, seed: number): Float64Array {
  return normals(seeded(seed, 11), rows).map((g, row) => (values.subarray(row * columns, (row + 1) * columns).every(Number.isFinite) ? g : 0));
}

/** Σ g·J over the rows; an exact 0 on either side contributes nothing. */
function transposed({ rows, columns, values, spread }: DualPartials, g: Float64Array): Expected {
  const numbers = new Float64Array(columns);
  const mu = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      if (g[row] === 0 || values[at] === 0) continue;
      numbers[column]! += g[row]! * values[at]!;
      mu[column]! += Math.abs(g[row]!) * spread[at]!;
    }
  }
  return { numbers, spread: mu };
}

/** The derivative of the cotangent by every float input and by the cotangent that came in. */
function secondOrder(graph: Graph, inputs: readonly number[], result: number, seed: number): Judge {
  const moving = inputs.filter((id) => isFloat(graph.steps[id]!.dtype));
  const { shape } = graph.steps[result]!;
  let known: { by: number; h: Float64Array; expected: Expected }[] | undefined;
  const reference = () => moving.map((by) => {
    const jacobian = partialsByDual(graph, result, by);
    const h = cotangentFor(jacobian, seed + 100);
    return { by, h, expected: transposed(jacobian, h) };
  });
  return ({ copy }) => {
    known ??= reference();
    const { recorder, steps } = copy();
    for (const { by, h, expected } of known) {
      const cotangent = tensor(h, { shape });
      const [found] = gradient(recorder, [{ step: steps[result]!, cotangent }], [steps[by]!]);
      const numbers = found?.data ?? new Float64Array(sizeOf(graph.steps[by]!.shape));
      const wrong = disagreement(`second order by input ${inputs.indexOf(by)}`, numbers, expected, 10);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
}
