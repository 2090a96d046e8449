// Where digits are lost: a program and its derivative run in a shorter format beside Float64. For every line the digits it
// has left, and for every step the digits it loses by itself, from exact operands rounded to the format; that tells the
// step that cancels from those that only inherit. Where a known expression loses them, its safe form is tried on the spot.

import { demandSort } from '../base/demand.ts';
import { grad, gradient } from '../autodiff/index.ts';
import { digits as digitsFor, worstError } from '../base/compare.ts';
import { epsilon, isFloat } from '../base/dtype.ts';
import { evaluate, filled, fromValue, record, type Step, trace, type Tensor, Value } from '../graph/index.ts';
import { sum } from '../ops/index.ts';
import { numbers } from '../primitives/algebra.ts';
import { stretched } from '../primitives/loops.ts';
import type { Explanation, Line } from './explanation.ts';
import { digitsOf, evaluateIn, type Format, inFormat, leastOf, mended, rounded, runIn } from './formats.ts';
import { hasOwnName, inType, programOf, rerun } from './program.ts';
import { type Found, findRewrites, type Rewrite } from './rewrites.ts';

/** Raised whenever a reader of the older form could misread the newer one. */
export const precisionVersion = 1;

/** A line and its adjoint: digits of agreement with Float64. */
export interface LinePrecision {
  readonly line: number;
  readonly name: string;
  /** True for a line that the function or the caller has named, and for the result. */
  readonly named: boolean;
  readonly digits: number;
  /** Null where no derivative reaches it. */
  readonly adjoint: number | null;
}

/**
 * A step that loses digits by itself. cancels: its result is small beside its operands; amplifies: it is not, but their
 * rounding is multiplied; overflows, underflows: the format ends; flips: it decides otherwise.
 */
export interface Loss {
  readonly how: 'cancels' | 'amplifies' | 'overflows' | 'underflows' | 'flips';
  /** Digits lost of those the format has. */
  readonly lost: number;
  /** Digits that the result or the gradient by an input would gain if this step had its exact value. */
  readonly gain: number;
  /** The least digits that the result, or a gradient by an input, has left of those this step goes into. */
  readonly left: number;
  /** The line, or the one whose rule the step belongs to. */
  readonly line: number;
  readonly name: string;
  readonly formula: string;
  readonly derivative: boolean;
}

/** A safe form, tried on the operands in the format. */
export interface Suggestion {
  readonly line: number;
  readonly name: string;
  readonly found: string;
  readonly use: string;
  /** Digits of the expression as it stands and in its safe form; of a slope, whether it is finite (0 or all). */
  readonly now: number;
  readonly then: number;
  /** Digits of the line in its safe form in this run, where its operands have lost some already. */
  readonly inRun: number;
}

export interface FormatPrecision {
  readonly format: Format;
  /** The decimal digits of the format. */
  readonly digits: number;
  /** In the order of the program; the result and its inputs are among them. */
  readonly lines: readonly LinePrecision[];
  /** In the order of the program, the forward steps first. */
  readonly losses: readonly Loss[];
  /** The first step that cancels with a consequence, forward or in the derivative. */
  readonly firstToCancel: Loss | null;
  readonly suggestions: readonly Suggestion[];
}

export interface Precision {
  readonly version: typeof precisionVersion;
  readonly formats: readonly FormatPrecision[];
}

export interface PrecisionOptions {
  /** Default Float32 and both 16-bit formats. */
  readonly formats?: readonly Format[];
  /** A step is named when it loses so many digits. Default 1. */
  readonly least?: number;
}

/**
 * An explained program in shorter formats.
 *
 * Shapes    an explanation made in this process
 * Gradient  that of the program, in the format as well
 * Edges     inputs are rounded to the format first; a slope that is infinite in Float64 already is reported for all formats
 * Throws    DomainError for an explanation read from JSON
 */
export function precision(explanation: Explanation, options: PrecisionOptions = {}): Precision {
  demandSort('record', { options }, 'precision');
  const { formats = ['f32', 'f16', 'bf16'], least = 1 } = options;
  const subject = subjectOf(explanation);
  return { version: precisionVersion, formats: formats.map((format) => inOneFormat(subject, format, least)) };
}

/** Fewer digits than this make no difference. */
export const felt = 0.1;

/** The program in Float64 with its derivative behind it. */
interface Subject {
  readonly explanation: Explanation;
  readonly steps: readonly Step[];
  readonly outputs: readonly number[];
  readonly graph: ReturnType<typeof rerun>['fragment']['graph'];
  readonly inputs: ReadonlyMap<number, Value>;
  readonly exact: readonly (Value | undefined)[];
  /** Step → line, for the forward steps; line → step of its whole adjoint. */
  readonly lines: ReadonlyMap<number, number>;
  readonly adjoints: ReadonlyMap<number, number>;
}

function subjectOf(explanation: Explanation): Subject {
  const { recorder, fragment, tensors } = rerun(programOf(explanation, 'precision'), 'f64');
  const result = recorder.graph.steps[fragment.outputs[0]!]!;
  const idOf = (x: Tensor): number => recorder.stepOf(x).id;
  const there = explanation.lines.filter(({ number }) => tensors[number] !== undefined);
  const stepOf = ({ number }: Line): number => idOf(tensors[number]!);
  const floats = there.filter(({ dtype, adjoint }) => isFloat(dtype) && adjoint !== null);
  const found = record(recorder, () =>
    gradient(recorder, [{ step: result.id, cotangent: filled(1, result.shape, 'f64') }], floats.map(stepOf)));
  const adjoints = new Map(floats.flatMap(({ number }, i) => (found[i] == null ? [] : [[number, idOf(found[i])] as const])));
  const lines = new Map(there.map((line) => [stepOf(line), line.number]));
  const inputs = new Map(fragment.inputs.map((id) => [id, recorder.tensors[id]!.read()]));
  const outputs = [result.id, ...adjoints.values()];
  const exact = evaluate(recorder.graph, outputs, inputs);
  return { explanation, steps: recorder.graph.steps, outputs, graph: recorder.graph, inputs, exact, lines, adjoints };
}

function inOneFormat(subject: Subject, format: Format, least: number): FormatPrecision {
  const { explanation, graph, outputs, inputs, exact } = subject;
  const all = digitsOf(format);
  const values = evaluateIn(graph, outputs, inputs, format);
  const digits = (id: number): number => Math.min(all, agreement(values[id]!, exact[id]!));
  const stepOf = new Map([...subject.lines].map(([step, line]) => [line, step]));
  const lines = explanation.lines.flatMap((line): LinePrecision[] => {
    const { number, name, dtype } = line;
    const step = stepOf.get(number);
    if (step === undefined || exact[step] === undefined || !isFloat(dtype)) return [];
    const adjoint = subject.adjoints.get(number);
    const named = hasOwnName(explanation, line);
    return [{ line: number, name, named, digits: digits(step), adjoint: adjoint === undefined ? null : digits(adjoint) }];
  });
  const steep = steepSteps(subject);
  const losses = graph.steps.flatMap((step) => {
    if (exact[step.id] === undefined) return [];
    if (inputs.has(step.id)) return tooLarge(exact[step.id]!, format) ? [{ step: step.id, how: 'overflows' as const, lost: all }] : [];
    // A rule may be infinite where no cotangent arrives; where one does, the line is named below.
    if (!subject.lines.has(step.id) && exact[step.id]!.data().some((x) => !Number.isFinite(x))) return [];
    const own = ownLoss(step, step.inputs.map((id) => exact[id]!), exact[step.id]!, format);
    return own === undefined || own.lost < least ? [] : [{ step: step.id, ...own }];
  });
  const ends = [outputs[0]!, ...explanation.inputs.flatMap((line) => subject.adjoints.get(line) ?? [])];
  const gain = (step: number, how: Loss['how']): number => {
    // What the format cannot hold is lost again in the steps behind that it cannot hold; they are mended with it.
    const behind = how === 'overflows' || how === 'underflows' ? graph.dependents([step]) : [];
    const wide = new Map(exact.flatMap((x, id) => {
      const value = x && behind[id] ? mended(x, format) : undefined;
      return value === undefined ? [] : [[id, value] as const];
    }));
    const fixed = evaluateIn(graph, ends, new Map([...inputs, [step, exact[step]!]]), format, wide);
    return Math.max(...ends.map((id) => Math.min(all, agreement(fixed[id]!, exact[id]!)) - digits(id)));
  };
  const left = (step: number): number => {
    const behind = graph.dependents([step]);
    return Math.min(...ends.filter((id) => behind[id]).map(digits));
  };
  const named = onceEach([
    ...losses.map(({ step, how, lost }) => ({ how, lost, gain: gain(step, how), left: left(step), ...whereabouts(subject, step) })),
    ...steep.map((step) => ({ how: 'overflows' as const, lost: all, gain: all, left: 0, ...whereabouts(subject, step), derivative: true })),
  ]);
  const lossy = { digits: new Set(losses.map(({ step }) => step)), slope: new Set(steep) };
  return {
    format, digits: all, lines, losses: named,
    firstToCancel: named.find((loss) => loss.how === 'cancels' && loss.gain >= felt) ?? null,
    suggestions: suggestionsFor(subject, lossy, values, format),
  };
}

const agreement = (value: Value, exact: Value): number => digitsFor(worstError(value.data(), exact.data()).error);

/** True for a finite number that is infinite in the format. */
const tooLarge = (exact: Value, format: Format): boolean => {
  const held = inFormat(exact, format).data();
  return exact.data().some((x, i) => Number.isFinite(x) && !Number.isFinite(held[i]!));
};

/** Steps that read the same and lose in the same way are one loss, with the most that one of them loses. */
function onceEach(losses: readonly Loss[]): Loss[] {
  const found = new Map<string, Loss>();
  for (const loss of losses) {
    const key = JSON.stringify([loss.how, loss.name, loss.formula, loss.derivative]);
    const first = found.get(key) ?? loss;
    found.set(key, { ...first, lost: Math.max(first.lost, loss.lost), gain: Math.max(first.gain, loss.gain), left: Math.min(first.left, loss.left) });
  }
  return [...found.values()];
}

/** What a step loses when its operands are exact but for their rounding to the format. */
function ownLoss(step: Step, operands: readonly Value[], exact: Value, format: Format): Pick<Loss, 'how' | 'lost'> | undefined {
  const { primitive } = step;
  const all = digitsOf(format);
  const given = operands.map((x) => inFormat(x, format));
  const value = runIn(step, given, format);
  const [found, wanted] = [value.data(), exact.data()];
  const decides = primitive.kind === 'order' || (primitive.kind === 'map' && primitive.decides === 'output')
    || (primitive.kind === 'reduce' && primitive.combine === 'argmax');
  if (decides) return found.some((x, i) => x !== wanted[i]) ? { how: 'flips', lost: all } : undefined;
  if (!isFloat(exact.dtype) || !operands.some((x) => isFloat(x.dtype))) return undefined;
  const ends = (x: Value): boolean => x.data().some((y) => !Number.isFinite(y));
  // What has left the format before is not this step's loss; a finite operand whose function ends there is, in Float64 too.
  if (given.some((x, i) => ends(x) && !ends(operands[i]!))) return undefined;
  const leaves = (x: number, i: number): boolean => !Number.isFinite(x) && (Number.isFinite(wanted[i]!) || !given.some(ends));
  if (found.some(leaves)) return { how: 'overflows', lost: all };
  const { error, at } = worstError(found, wanted);
  const lost = all - Math.min(all, digitsFor(error));
  const result = Math.abs(wanted[at]!);
  const size = sizeAt(step, operands, at);
  // A sum that is rounding in Float64 already has no digits to lose.
  if (isAdditive(step) && result <= 64 * epsilon.f64 * size) return undefined;
  if (found[at] === 0 && result < leastOf(format)) return { how: 'underflows', lost };
  return { how: result < 0.1 * size ? 'cancels' : 'amplifies', lost };
}

/** The size of what an entry was made of: its largest operand, or the sum of the sizes of its terms. */
function sizeAt(step: Step, operands: readonly Value[], at: number): number {
  const { primitive, shape, params } = step;
  if (primitive.kind === 'map') {
    const entry = (x: Value): number => new Value(x.dtype, shape, x.array, x.offset, stretched(x, shape)).data()[at]!;
    return Math.max(...operands.map((x) => Math.abs(entry(x))));
  }
  if (!isAdditive(step)) return 0;
  const sizes = operands.map((x) => (isFloat(x.dtype) ? new Value(x.dtype, x.shape, Float64Array.from(x.data(), Math.abs)) : x));
  return primitive.run(sizes, params).data()[at]!;
}

/** A step that adds up terms; the body of a map tells, for a sum changes by as much as its operands do. */
function isAdditive({ primitive, params, inputs }: Step): boolean {
  if (primitive.kind === 'map') {
    const at = (a: number, b: number): number => primitive.body(numbers, params, a, b);
    return inputs.length === 2 && Math.abs(at(4, 7) - at(3, 7)) === 1 && Math.abs(at(3, 9) - at(3, 7)) === 2;
  }
  return ['contract', 'scan', 'fold'].includes(primitive.kind) || (primitive.kind === 'reduce' && primitive.combine === 'sum');
}

/** The line a step is, or whose rule it belongs to. */
function whereabouts(subject: Subject, id: number): Pick<Loss, 'line' | 'name' | 'formula' | 'derivative'> {
  const { explanation, steps, lines, adjoints } = subject;
  const of = (number: number): Line | undefined => explanation.lines.find((line) => line.number === number);
  // A line that is only part of others is better known by its formula.
  const nameOf = ({ main, name, expanded }: Line): string => (main ? name : expanded);
  const own = lines.get(id);
  const forward = own === undefined ? undefined : of(own);
  if (forward !== undefined) {
    return { line: forward.number, name: nameOf(forward), formula: forward.expanded, derivative: false };
  }
  const { origin } = steps[id]!;
  const isWhole = [...adjoints.values()].includes(id);
  // A sum of what uses send has no rule of its own; it belongs to the first whole adjoint it goes into.
  const after = isWhole || origin === undefined ? subject.graph.dependents([id]) : [];
  const whole = [...adjoints].filter(([, step]) => after[step]).sort(([, a], [, b]) => a - b)[0]?.[0];
  const line = of(whole ?? lines.get(origin!.step)!)!;
  const formula = whole === undefined ? 'a step of its rule' : 'the sum of what its uses send';
  return { line: line.number, name: nameOf(line), formula, derivative: true };
}

/** Forward steps that turn a finite adjoint into one that is not, in Float64 already. */
function steepSteps({ steps, lines, adjoints, exact }: Subject): number[] {
  const isFinite = (id: number): boolean | undefined => {
    const adjoint = adjoints.get(lines.get(id) ?? -1);
    return adjoint === undefined ? undefined : exact[adjoint]!.data().every((x) => Number.isFinite(x));
  };
  return [...lines.keys()].filter((id) => isFinite(id) === true && steps[id]!.inputs.some((input) => isFinite(input) === false));
}

function suggestionsFor(
  subject: Subject, lossy: Record<Rewrite['gains'], ReadonlySet<number>>, values: readonly (Value | undefined)[], format: Format,
): Suggestion[] {
  const { explanation, graph, lines, exact } = subject;
  const forward = [...lines.keys()].filter((id) => exact[id] !== undefined);
  const taken: Found[] = [];
  return findRewrites(graph, forward).flatMap((found): Suggestion[] => {
    const isInside = taken.some(({ steps }) => [...found.steps].every((id) => steps.has(id)));
    if (isInside || ![...found.steps].some((id) => lossy[found.rewrite.gains].has(id))) return [];
    const tried = attempt(subject, found, format);
    if (tried === undefined || tried.then < tried.now + 0.5) return [];
    taken.push(found);
    const nameOf = (id: number): string => explanation.lines.find(({ number }) => number === lines.get(id))?.name ?? '…';
    const [x = '', y = ''] = found.operands.map(nameOf);
    const [text, use] = found.rewrite.texts(x, y);
    return [{ line: lines.get(found.root)!, name: nameOf(found.root), found: text, use, ...tried, inRun: inRun(subject, found, values, format) ?? tried.then }];
  });
}

/** Digits of an expression and of its safe form, on operands rounded to the format and on some beside: one may be lucky. */
function attempt(subject: Subject, found: Found, format: Format): { now: number; then: number } | undefined {
  const { exact } = subject;
  const operands = found.operands.map((id) => exact[id]!);
  if (found.rewrite.gains === 'slope') {
    const slope = grad((x: Tensor) => sum(found.rewrite.safe(x, x, found.axes)))(fromValue(operands[0]!));
    return { now: 0, then: slope.data.every((x) => Number.isFinite(x)) ? digitsOf(format) : 0 };
  }
  const tries = [0, 1, 2, 3].flatMap((k) => tryOut(subject, found, format, operands.map((x): Value => {
    const moved = Float64Array.from(x.data(), (y) => rounded(y * (1 + 3 * k * 10 ** -digitsOf(format)), format));
    return new Value('f64', x.shape, moved);
  })) ?? []);
  if (tries.length === 0) return undefined;
  const least = (of: 'now' | 'then'): number => Math.min(...tries.map((one) => one[of]));
  return { now: least('now'), then: least('then') };
}

/** Digits of a safe form on the operands that the run in the format has. */
function inRun({ exact }: Subject, found: Found, values: readonly (Value | undefined)[], format: Format): number | undefined {
  if (found.rewrite.gains === 'slope') return undefined;
  const { digits, safely } = safeForm(found, found.operands.map((id) => inType(values[id]!, 'f64')), format);
  return digits(safely(), exact[found.root]!.data());
}

function safeForm({ rewrite, axes }: Found, given: readonly Value[], format: Format) {
  const safe = trace((...xs: Tensor[]) => rewrite.safe(xs[0]!, xs[1] ?? xs[0]!, axes), given.map(fromValue));
  const bindings = new Map(safe.inputs.map((id, i) => [id, given[i]!]));
  const [end] = safe.outputs as [number];
  return {
    truth: () => evaluate(safe.graph, [end], bindings)[end]!.data(),
    safely: () => evaluateIn(safe.graph, [end], bindings, format)[end]!.data(),
    digits: (x: ArrayLike<number>, truth: ArrayLike<number>): number => Math.min(digitsOf(format), digitsFor(worstError(x, truth).error)),
  };
}

function tryOut({ graph }: Subject, found: Found, format: Format, given: readonly Value[]) {
  const { root, operands } = found;
  const form = safeForm(found, given, format);
  const truth = form.truth();
  const held = new Map(operands.map((id, i) => [id, given[i]!]));
  const naive = evaluateIn(graph, [root], held, format)[root]!.data();
  if (naive.length !== truth.length) return undefined;
  return { now: form.digits(naive, truth), then: form.digits(form.safely(), truth) };
}
