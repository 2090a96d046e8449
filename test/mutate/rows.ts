// Mutants of the losses: for every row of the catalogue, at its defaults and with every named choice, each step of the
// loss and each adjoint step of its gradient. Forward mutants are judged by the row's formula, its hand-derived
// gradient, verified cases, neutral parameters and finiteness; adjoint mutants by dual numbers.

import { gradient, valueAndGrad } from '../../src/autodiff/index.ts';
import { isFloat } from '../../src/base/dtype.ts';
import { flatten } from '../../src/base/tree.ts';
import { dualProgram } from '../../src/check/dual.ts';
import { entered, freeze } from '../../src/check/freeze.ts';
import { type Graph, isTensor, record, type Tensor, tensor, type Trace, trace } from '../../src/graph/index.ts';
import { catalogue } from '../../src/losses/catalogue.ts';
import type { LossInput, LossOptions, Row } from '../../src/losses/row.ts';
import { evaluated, inputsOf, variants, worldOf } from '../losses/samples.ts';
import { definitionOf, divisorOf, evaluable, referenceOf } from './formulas.ts';
import { goldensOf, neutralOf } from './anchors.ts';
import { disagreement, type Expected, type Judge, type Mutant, type Site } from './hunt.ts';
import { placesOf, type Place } from './points.ts';
import { type Program, programOf } from './surgery.ts';
import { stepText, withReader } from './text.ts';

/** Numbers that give a loss another form than its defaults do. */
const forms: Readonly<Record<string, readonly LossOptions[]>> = {
  'a-softmax': [{ lambda: 2 }, { m: 1 }],
  'combined-margin': [{ m1: 2 }, { m1: 1.5 }, { m3: 0 }],
  'f-softmax': [{ alpha: 0.25 }],
  normface: [{ reduction: 'sum' }],
};

export function casesOf(row: Row): LossOptions[] {
  return [...variants(row), ...(forms[row.id] ?? [])];
}

interface Seen extends Trace {
  readonly program: Program;
  /** The float inputs. */
  readonly floats: readonly number[];
}

function look(row: Row, options: LossOptions, inputs: readonly LossInput[]): Seen {
  const seen = trace(row.create(options), inputs);
  const floats = seen.inputs.filter((id) => isFloat(seen.graph.steps[id]!.dtype));
  return { ...seen, floats, program: programOf(seen.recorder, seen.inputs, seen.outputs) };
}

/** The cotangent a gradient starts with; not 1, so that a lost factor shows. */
const seedOf = (): Tensor => tensor(0.7, { dtype: 'f64' });

/** The gradient of a mutant by some steps of the original; zeros where there is no path. */
function slopesOf({ copy }: Mutant, { graph, outputs }: Program, wrt: readonly number[]): Float64Array[] {
  const { recorder, steps } = copy();
  const found = gradient(recorder, [{ step: steps[outputs[0]!]!, cotangent: tensor(1, { dtype: 'f64' }) }], wrt.map((id) => steps[id]!));
  return found.map((g, i) => Float64Array.from(g?.data ?? new Float64Array(graph.steps[wrt[i]!]!.shape.reduce((a, b) => a * b, 1))));
}

/** The loss of a case at every place that gives the same program. */
export function forwardSites(row: Row, options: LossOptions): Site[] {
  const sites = [
    ...placesOf(row, options).map((place) => placeSite(row, options, place)),
    ...goldensOf(row, options).map(({ name, ...golden }) => anchorSite(row, { name: `golden ${name}`, ...golden })),
    ...neutralOf(row, options).map((neutral) => anchorSite(row, neutral)),
  ];
  const shapeOf = ({ program }: Site): string => program.graph.steps.map(({ primitive }) => primitive.name).join(' ');
  return sites.filter((site) => shapeOf(site) === shapeOf(sites[0]!));
}

function siteOf(row: Row, name: string, seen: Seen, judges: readonly Judge[]): Site {
  const { graph, program } = seen;
  const names = namesOf(row, graph, seen.inputs);
  return {
    name, program, judges, mutable: (id) => graph.steps[id]!.primitive.kind !== 'source' || !seen.inputs.includes(id),
    key: String, text: (id) => withReader(graph, id, { names, depth: 3 }),
  };
}

function namesOf(row: Row, graph: Graph, inputs: readonly number[]): Map<number, string> {
  const names = inputs.length === row.inputs.length ? row.inputs : [...inputs.slice(1).map((_, i) => `x${i + 1}`), 'labels'];
  return new Map(inputs.map((id, i) => [id, graph.steps[id]!.label ?? names[i]!]));
}

function placeSite(row: Row, options: LossOptions, place: Place): Site {
  const all = { ...options, ...place.options };
  const inputs = inputsOf(row, place.given);
  const seen = look(row, all, inputs);
  const judges: Judge[] = [];
  const reference = referenceOf(row, place.given, all, inputs, place.lowered);
  const scale = all['reduction'] === 'sum' ? place.given.samples : 1;
  const value = { numbers: [scale * reference.value], spread: [scale * reference.spread] };
  const named = definitions(row, all, place, seen);
  judges.push(({ outputs }) => disagreement('formula', outputs[0]!.data(), value, 11));
  named.forEach(({ label, expected }, i) => judges.push(({ outputs }) => disagreement(label, outputs[i + 1]!.data(), expected, 11)));
  judges.push((mutant) => {
    const finite = slopesOf(mutant, seen.program, seen.floats).findIndex((slope) => !slope.every(Number.isFinite));
    return finite < 0 && mutant.outputs.every((x) => x.data().every(Number.isFinite)) ? undefined : 'not finite';
  });
  if (place.slopes === 'zero') {
    judges.push((mutant) => (slopesOf(mutant, seen.program, seen.floats).every((slope) => slope.every((x) => x === 0)) ? undefined : 'a gradient that is not 0'));
  } else if (place.slopes === 'formula') {
    judges.push((mutant) => firstWrong(slopesOf(mutant, seen.program, seen.floats).map((slope, i) =>
      disagreement(`gradient of the formula by input ${i}`, slope, { numbers: reference.slopes[i]!.map((x) => scale * x) }, 10))));
    if (row.inputs.includes('weights')) judges.push(handJudge(row, all, place, seen, scale));
  }
  const outputs = [...seen.outputs, ...named.map(({ id }) => id)];
  return siteOf(row, place.name, { ...seen, program: { ...seen.program, outputs } }, judges);
}

/** The labelled steps that the row's equation defines, with the numbers it gives them. */
function definitions(row: Row, options: LossOptions, { given, lowered }: Place, { graph, outputs }: Seen) {
  if (!row.inputs.includes('weights')) return [];
  const live = graph.live(outputs);
  return graph.steps.flatMap(({ id, label }) => {
    const expected = label === undefined || !live[id] ? undefined : definitionOf(row, given, options, label, lowered);
    return expected === undefined ? [] : [{ id, label: label!, expected }];
  });
}

const firstWrong = (list: readonly (string | undefined)[]): string | undefined => list.find((wrong) => wrong !== undefined);

/** The hand-derived claim, whose left side names what it is taken by. */
function handJudge(row: Row, options: LossOptions, { given, lowered }: Place, { graph, program }: Seen, scale: number): Judge {
  const { by, right } = evaluated(evaluable(row.text(options), lowered), worldOf(row, given, options));
  const numbers = right.map((x) => (x * scale) / divisorOf(row, given, options));
  const step = graph.labelled(by)!.id;
  return (mutant) => disagreement('hand gradient', slopesOf(mutant, program, [step])[0]!, { numbers }, 10);
}

/** A place whose numbers come from elsewhere: value and gradients by the first inputs. */
export interface Anchor {
  readonly name: string;
  readonly options: LossOptions;
  readonly inputs: readonly LossInput[];
  readonly value: number;
  readonly slopes: readonly ArrayLike<number>[];
  /** Bit for bit, rather than to 11 digits. */
  readonly exact?: boolean;
}

function anchorSite(row: Row, { name, options, inputs, value, slopes, exact = false }: Anchor): Site {
  const seen = look(row, options, inputs);
  const judge = (what: string, actual: ArrayLike<number>, numbers: ArrayLike<number>): string | undefined => {
    if (!exact) return disagreement(what, actual, { numbers }, 11);
    // A zero may lose its sign in a sum.
    return Array.from(actual).every((x, i) => Object.is(x + 0, numbers[i]! + 0)) ? undefined : `${what} differs in its bits`;
  };
  return siteOf(row, name, seen, [
    ({ outputs }) => judge('value', outputs[0]!.data(), [value]),
    (mutant) => firstWrong(slopesOf(mutant, seen.program, seen.floats).map((slope, i) => judge(`gradient ${i}`, slope, slopes[i]!))),
  ]);
}

/** Value and gradients of a loss, by its float inputs. */
export function bitsOf(row: Row, options: LossOptions, inputs: readonly LossInput[]): { value: number; slopes: ArrayLike<number>[] } {
  const wrt = inputs.flatMap((x, i) => (isTensor(x) && !isFloat(x.dtype) ? [] : [i]));
  const { value, gradient: slopes } = valueAndGrad(row.create(options), { wrt })(...inputs);
  return { value: value.item(), slopes: flatten(slopes, isTensor).leaves.map((x) => x.data) };
}

/** The gradient of a case at every place, as steps; judged by dual numbers on the frozen loss. */
export function gradientSites(row: Row, options: LossOptions): Site[] {
  return placesOf(row, options).map((place) => {
    const seen = look(row, { ...options, ...place.options }, inputsOf(row, place.given));
    const { graph, recorder, floats } = seen;
    const expected = floats.map((by) => slopesByDuals(seen, by));
    const [seed, found] = record(recorder, (): [number, (Tensor | null)[]] => {
      const cotangent = entered(recorder, seedOf().read());
      return [recorder.stepOf(cotangent).id, gradient(recorder, [{ step: seen.outputs[0]!, cotangent }], floats)];
    });
    const reached = found.flatMap((g, i) => (g === null ? [] : [{ id: recorder.stepOf(g).id, expected: expected[i]! }]));
    const program = programOf(recorder, [...seen.inputs, seed], reached.map(({ id }) => id));
    const names = new Map([...namesOf(row, graph, seen.inputs), [seed, '∂L']]);
    const text = (id: number): string => {
      const { origin } = graph.steps[id]!;
      const own = withReader(graph, id, { names, depth: 2 });
      return origin === undefined ? own : `${stepText(graph, origin.step, { names, depth: 1 })} by ${origin.input + 1}: ${own}`;
    };
    return {
      name: place.name, program, mutable: (id) => id > seed, key: String, text,
      judges: [({ outputs }) => firstWrong(outputs.map((x, i) => disagreement(`duals, output ${i}`, x.data(), reached[i]!.expected, 10)))],
    };
  });
}

function slopesByDuals({ graph, inputs, outputs, recorder }: Seen, by: number): Expected {
  const { fragment } = freeze({ graph, inputs, outputs }, inputs.map((id) => recorder.tensors[id]!.read()));
  const push = dualProgram(fragment.graph, fragment.outputs);
  const moved = fragment.inputs[inputs.indexOf(by)]!;
  const size = graph.steps[by]!.shape.reduce((a, b) => a * b, 1);
  const columns = Array.from({ length: size }, (_, place) => {
    const tangent = new Float64Array(size);
    tangent[place] = 1;
    return push(new Map([[moved, tangent]]))[0]!;
  });
  const scale = seedOf().item();
  return { numbers: columns.map(({ tangent }) => scale * tangent[0]!), spread: columns.map(({ spread }) => scale * spread[0]!) };
}

export const rows: readonly Row[] = Object.values(catalogue);
