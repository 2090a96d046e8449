// The numbers behind the picture, all from the engine: one traced call of the loss and its gradient for every sample,
// one for the selected sample carried around the circle, one explanation of the selected sample.
// Nothing here knows of the page, so the same numbers can be had in Node.

import { slice, type Tensor, tensor, type Trace, trace, valueAndGrad } from 'marginalia';
import { type Explanation, explain, type Line, type Numbers } from 'marginalia/explain';
import { catalogue, type Row } from 'marginalia/losses';
import { classLimit, type Sample, sampleLimit, type State } from './state.ts';

type Point = readonly [number, number];

/** Losses of features, weights and labels: those that a picture of weights and samples can show. */
export const losses: readonly Row[] = Object.values(catalogue).filter((row) => row.inputs.join() === 'features,weights,labels');

export interface Slider {
  readonly name: string;
  readonly meaning: string;
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly value: number;
  readonly whole: boolean;
}

/** How far a slider goes where a parameter itself has no end. */
const reach: Readonly<Record<string, number>> = { s: 64, t: 1.5, m: 0.8, gamma: 5, lambda: 10, m1: 4, m2: 0.8, m3: 0.8, saveRate: 1 };

/** The numbers of a loss that can be set, with the values they have. */
export function sliders(state: Pick<State, 'loss' | 'parameters'>): Slider[] {
  const row = catalogue[state.loss]!;
  return Object.entries(row.parameters).flatMap(([name, parameter]): Slider[] => {
    if (parameter.kind !== 'continuous' && parameter.kind !== 'fixed') return [];
    const { range, meaning } = parameter;
    const step = range.whole ? 1 : name === 's' ? 0.5 : 0.01;
    const from = name === 's' ? 1 : range.open ? range.from + step : range.from;
    const to = Math.min(range.to, Math.max(reach[name] ?? 2, range.whole ? 8 : 0));
    const value = state.parameters[name] ?? (name === 's' ? 16 : parameter.default);
    return [{ name, meaning, from, to, step, value, whole: range.whole === true }];
  });
}

/** Whether there is such a loss, and each of these is a parameter of it with a value that its slider can have. */
export function canHave(loss: string, parameters: State['parameters']): boolean {
  if (!losses.some(({ id }) => id === loss)) return false;
  const all = sliders({ loss, parameters });
  return Object.keys(parameters).every((name) => all.some((slider) => slider.name === name))
    && all.every(({ value, from, to, whole }) => value >= from && value <= to && (!whole || Number.isInteger(value)));
}

const options = (state: State): Record<string, number> => Object.fromEntries(sliders(state).map(({ name, value }) => [name, value]));

/**
 * The state with another loss. A letter is another number elsewhere (the m of A-Softmax is a factor, the t of MV-Softmax
 * begins at 0), so a value goes along only where both rows declare the same of it; the others are those given, the loss's own of before.
 */
export function withLoss(state: State, loss: string, own: State['parameters'] = {}): State {
  const [from, to] = [catalogue[state.loss]!.parameters, catalogue[loss]!.parameters];
  const isSame = (name: string): boolean => {
    const [a, b] = [from, to].map((all) => Object.hasOwn(all, name) && { ...all[name]!, default: undefined });
    return b !== false && JSON.stringify(a) === JSON.stringify(b);
  };
  return { ...state, loss, parameters: { ...own, ...Object.fromEntries(Object.entries(state.parameters).filter(([name]) => isSame(name))) } };
}

export const pointOf = (angle: number, length = 1): Point => {
  const radians = (angle * Math.PI) / 180;
  return [length * Math.cos(radians), length * Math.sin(radians)];
};

const f64 = { dtype: 'f64' } as const;
const weightsOf = (state: State): Tensor => tensor(state.weights.map((angle) => [...pointOf(angle)]), f64);
const featuresOf = (samples: readonly Sample[]): Tensor => tensor(samples.map((x) => [...pointOf(x.angle, x.length)]), f64);
const labelsOf = (samples: readonly Sample[]): Tensor => tensor(samples.map((x) => x.label), { dtype: 'i32' });

/** Whether a sample's loss depends on the others: hard mining ranks them. */
const ranks = (state: State): boolean => Object.hasOwn(catalogue[state.loss]!.parameters, 'saveRate');

/** The loss of some samples as a function of features and weights, and the features and weights themselves. */
function lossOf(state: State, samples: readonly Sample[], reduction: 'mean' | 'none' = 'mean') {
  const loss = catalogue[state.loss]!.create({ ...options(state), reduction });
  const labels = labelsOf(samples);
  return { loss: (x: Tensor, w: Tensor): Tensor => loss(x, w, labels), inputs: [featuresOf(samples), weightsOf(state)] };
}

export interface Picture {
  /** Mean loss, the loss of every sample, and the probability of its class. */
  readonly loss: number;
  readonly losses: ArrayLike<number>;
  readonly p: ArrayLike<number>;
  /** What the loss of every sample is multiplied by, where its equation has a g, and the q[y] of it, where it goes by another probability. */
  readonly g?: ArrayLike<number> | undefined;
  readonly q?: ArrayLike<number> | undefined;
  /** What the samples are compared with the weights by, row by row [N · C], and its name: the classical softmax has no cosines. */
  readonly scores: ArrayLike<number>;
  readonly measure: 'cosine' | 'score';
  /** Row by row [N · C], 1 for another class that is a support vector; and whether a sample has one. */
  readonly support: ArrayLike<number>;
  readonly isHard: readonly boolean[];
  /** Gradients of the mean loss. */
  readonly dx: readonly Point[];
  readonly dw: readonly Point[];
}

/** What the loss made of the samples on the way, by the paper's symbols: as the engine has it, since a frame copies nothing. */
function seen(run: Trace) {
  const labelled = (name: string): ArrayLike<number> | undefined => {
    const step = run.graph.labelled(name);
    return step === undefined ? undefined : run.recorder.tensors[step.id]?.data;
  };
  const [c, z] = [labelled('c'), labelled('z')!];
  return { unweighted: labelled('ℓ'), g: labelled('g'), losses: labelled('L')!, z, scores: c ?? z, measure: c === undefined ? 'score' : 'cosine', support: labelled('I') ?? new Float64Array(z.length) } as const;
}

/** The probability of a class among the scores of a sample, whose row begins at `from`, times s. */
function probability(z: ArrayLike<number>, from: number, classes: number, label: number, s = 1): number {
  let total = 0;
  for (let k = 0; k < classes; k++) total += Math.exp(s * (z[from + k]! - z[from + label]!));
  return 1 / total;
}

function hasAny(flags: ArrayLike<number>, from: number, count: number): boolean {
  for (let k = 0; k < count; k++) if (flags[from + k] !== 0) return true;
  return false;
}

const points = ({ data }: Tensor): Point[] => Array.from({ length: data.length / 2 }, (_, i): Point => [data[2 * i]!, data[2 * i + 1]!]);

/** The loss of all samples, its gradient, and what the paper's symbols were on the way. */
export function picture(state: State): Picture {
  const { loss, inputs } = lossOf(state, state.samples);
  const run = trace(valueAndGrad(loss, { wrt: [0, 1] }), inputs);
  const [value, dx, dw] = run.result.leaves;
  const C = state.weights.length;
  const { z, unweighted, ...rest } = seen(run);
  const { s } = options(state);
  return {
    ...rest, loss: value.item(), p: state.samples.map(({ label }, n) => probability(z, n * C, C, label)),
    q: catalogue[state.loss]!.equation.includes('q[y]') ? state.samples.map(({ label }, n) => probability(rest.scores, n * C, C, label, s)) : undefined,
    isHard: state.samples.map((_, n) => hasAny(rest.support, n * C, C)), dx: points(dx), dw: points(dw),
  };
}

export interface Turn {
  readonly angles: readonly number[];
  readonly losses: ArrayLike<number>;
  readonly p: readonly number[];
  /** Where its own class has the largest cosine, and where it still wins after the loss has had its way. */
  readonly nearest: readonly boolean[];
  readonly accepted: readonly boolean[];
}

/** What hard mining leaves of a sample in the place of the selected one, by its loss, index by index: the others stay who they are. */
function mined(state: State, carried: ArrayLike<number>): number[] {
  const { loss, inputs } = lossOf(state, state.samples);
  const { unweighted, g: factors } = seen(trace(loss, inputs));
  const kept = Array.from(factors!).reduce((sum, g) => sum + g, 0);
  // Of equal losses the earlier sample ranks first.
  const isBefore = (l: number, n: number, own: number): boolean => n !== state.selected && (l > own || (l === own && n < state.selected));
  const all = Array.from(unweighted!);
  return Array.from(carried, (own) => (all.filter((l, n) => isBefore(l, n, own)).length < kept ? own : 0));
}

/** The selected sample carried around the circle among all the others: its loss as a function on the circle, jumps and all. */
export function turn(state: State, steps = 360): Turn {
  const { label, length } = state.samples[state.selected]!;
  const angles = Array.from({ length: steps }, (_, i) => (360 * i) / steps);
  const { loss, inputs } = lossOf(state, angles.map((angle) => ({ angle, length, label })));
  const C = state.weights.length;
  const { losses, unweighted, scores, z } = seen(trace(loss, inputs));
  const wins = (row: ArrayLike<number>): boolean[] => angles.map((_, i) => {
    for (let k = 0; k < C; k++) if (row[i * C + k]! > row[i * C + label]!) return false;
    return true;
  });
  return {
    angles, losses: ranks(state) ? mined(state, unweighted!) : losses,
    p: angles.map((_, i) => probability(z, i * C, C, label)), nearest: wins(scores), accepted: wins(z),
  };
}

/** Every line of the selected sample's loss, its value and its adjoint. */
export function lines(state: State): Explanation {
  const { samples, selected } = state;
  const names = ['x', 'w'];
  if (!ranks(state)) {
    const { loss, inputs } = lossOf(state, [samples[selected]!]);
    return explain(loss, inputs, { names, whole: 2 * classLimit });
  }
  // Ranked samples are explained together, and what belongs to the others is left out. The axis of the samples is the one
  // that has another length among fewer: the length alone does not tell it from that of the classes.
  const of = (batch: readonly Sample[], n: number) => {
    const { loss, inputs } = lossOf(state, batch, 'none');
    return { f: (x: Tensor, w: Tensor): Tensor => slice(loss(x, w), [[n, n + 1]]), inputs };
  };
  const all = of(samples, selected);
  const few = of(Array<Sample>(samples.length === 2 ? 3 : 2).fill(samples[selected]!), 0);
  const { steps } = trace(few.f, few.inputs).graph;
  const explanation = explain(all.f, all.inputs, { names, whole: classLimit * sampleLimit });
  return {
    ...explanation, lines: explanation.lines.map((line): Line => {
      const axis = line.shape.findIndex((n, i) => n !== steps[line.number]!.shape[i]);
      const own = (values: Numbers): Numbers => rowOf(values, line.shape, axis, selected);
      return axis < 0 ? line : {
        ...line, shape: line.shape.with(axis, 1), value: own(line.value), adjoint: line.adjoint && { contributions: [], value: own(line.adjoint.value) },
      };
    }),
  };
}

/** The numbers at one index of an axis. */
function rowOf({ values = [] }: Numbers, shape: readonly number[], axis: number, at: number): Numbers {
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  return { values: values.filter((_, i) => Math.floor(i / inner) % shape[axis]! === at) };
}
