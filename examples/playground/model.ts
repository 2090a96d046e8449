// The numbers behind the picture, all from the engine: one traced call of the loss and its gradient for every sample,
// one for a sample of the selected class carried around the circle, one explanation of the selected sample.
// Nothing here knows of the page, so the same numbers can be had in Node.

import { type Tensor, tensor, type Trace, trace, valueAndGrad } from 'marginalia';
import { type Explanation, explain } from 'marginalia/explain';
import { catalogue, type Row } from 'marginalia/losses';
import type { Sample, State } from './state.ts';

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
}

/** How far a slider goes where a parameter itself has no end. */
const reach: Readonly<Record<string, number>> = { s: 64, t: 1.5, m: 0.8, gamma: 5, lambda: 10, m1: 4, m2: 0.8, m3: 0.8, saveRate: 1 };

/** The numbers of a loss that can be set, with the values they have. */
export function sliders(state: State): Slider[] {
  const row = catalogue[state.loss]!;
  return Object.entries(row.parameters).flatMap(([name, parameter]): Slider[] => {
    if (parameter.kind !== 'continuous' && parameter.kind !== 'fixed') return [];
    const { range, meaning } = parameter;
    const step = range.whole ? 1 : name === 's' ? 0.5 : 0.01;
    const from = name === 's' ? 1 : range.open ? range.from + step : range.from;
    const to = Math.min(range.to, Math.max(reach[name] ?? 2, range.whole ? 8 : 0));
    const value = Math.min(to, Math.max(from, state.parameters[name] ?? (name === 's' ? 16 : parameter.default)));
    return [{ name, meaning, from, to, step, value }];
  });
}

const options = (state: State): Record<string, number> => Object.fromEntries(sliders(state).map(({ name, value }) => [name, value]));

export const pointOf = (angle: number, length = 1): Point => {
  const radians = (angle * Math.PI) / 180;
  return [length * Math.cos(radians), length * Math.sin(radians)];
};

const f64 = { dtype: 'f64' } as const;
const weightsOf = (state: State): Tensor => tensor(state.weights.map((angle) => [...pointOf(angle)]), f64);
const featuresOf = (samples: readonly Sample[]): Tensor => tensor(samples.map((x) => [...pointOf(x.angle, x.length)]), f64);
const labelsOf = (samples: readonly Sample[]): Tensor => tensor(samples.map((x) => x.label), { dtype: 'i32' });

/** The loss of some samples as a function of features and weights, and the features and weights themselves. */
function lossOf(state: State, samples: readonly Sample[]) {
  const loss = catalogue[state.loss]!.create(options(state));
  const labels = labelsOf(samples);
  return { loss: (x: Tensor, w: Tensor): Tensor => loss(x, w, labels), inputs: [featuresOf(samples), weightsOf(state)] };
}

export interface Picture {
  /** Mean loss, and the loss of every sample. */
  readonly loss: number;
  readonly losses: readonly number[];
  /** [N][C]: cosines, probabilities, and which other classes are support vectors. */
  readonly cosines: readonly (readonly number[])[];
  readonly probabilities: readonly (readonly number[])[];
  readonly support: readonly (readonly boolean[])[];
  /** Gradients of the mean loss. */
  readonly dx: readonly Point[];
  readonly dw: readonly Point[];
}

const rows = (data: ArrayLike<number>, width: number): number[][] =>
  Array.from({ length: data.length / width }, (_, i) => Array.from({ length: width }, (_, j) => data[i * width + j]!));

function softmaxRow(z: readonly number[]): number[] {
  const top = Math.max(...z);
  const e = z.map((v) => Math.exp(v - top));
  const total = e.reduce((a, b) => a + b, 0);
  return e.map((v) => v / total);
}

/** What the loss made of the samples on the way, by the paper's symbols. */
type Seen = Pick<Picture, 'losses' | 'cosines' | 'probabilities' | 'support'>;

function seen(run: Trace, classes: number): Seen {
  const labelled = (name: string): ArrayLike<number> | undefined => {
    const step = run.graph.labelled(name);
    return step === undefined ? undefined : run.recorder.tensors[step.id]?.data;
  };
  const z = rows(labelled('z')!, classes);
  // The classical softmax has scores and no cosines.
  const cosines = rows(labelled('c') ?? labelled('z')!, classes);
  const mask = labelled('I');
  return {
    losses: Array.from(labelled('L')!), cosines, probabilities: z.map(softmaxRow),
    support: mask === undefined ? cosines.map((row) => row.map(() => false)) : rows(mask, classes).map((row) => row.map((v) => v !== 0)),
  };
}

/** The loss of all samples, its gradient, and what the paper's symbols were on the way. */
export function picture(state: State): Picture {
  const { loss, inputs } = lossOf(state, state.samples);
  const run = trace(valueAndGrad(loss, { wrt: [0, 1] }), inputs);
  const [value, dx, dw] = run.result.leaves as [Tensor, Tensor, Tensor];
  const points = (gradient: Tensor): Point[] => rows(gradient.data, 2) as unknown as Point[];
  return { loss: value.item(), ...seen(run, state.weights.length), dx: points(dx), dw: points(dw) };
}

export interface Turn {
  readonly angles: readonly number[];
  readonly losses: readonly number[];
  readonly p: readonly number[];
  /** Where its own class has the largest cosine, and where it still wins after the loss has had its way. */
  readonly nearest: readonly boolean[];
  readonly accepted: readonly boolean[];
}

/**
 * A sample of the selected one's class at every angle: the loss as a function on the circle, jumps and all. A loss that
 * weighs a sample by its batch weighs each of these among all of them.
 */
export function turn(state: State, steps = 360): Turn {
  const { label, length } = state.samples[state.selected]!;
  const angles = Array.from({ length: steps }, (_, i) => (360 * i) / steps);
  const { loss, inputs } = lossOf(state, angles.map((angle) => ({ angle, length, label })));
  const run = trace(loss, inputs);
  const { losses, cosines, probabilities } = seen(run, state.weights.length);
  const wins = (row: readonly number[]): boolean => row[label]! >= Math.max(...row);
  return { angles, losses, p: probabilities.map((row) => row[label]!), nearest: cosines.map(wins), accepted: probabilities.map(wins) };
}

/** Every line of the selected sample's loss, its value and its adjoint. */
export function lines(state: State): Explanation {
  const { loss, inputs } = lossOf(state, [state.samples[state.selected]!]);
  return explain(loss, inputs, { names: ['x', 'w'], whole: 2 * 10 });
}
