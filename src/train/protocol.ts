// The protocol losses are compared by. A seed fixes which people are kept for the test, the initial weights and the order
// of the images, alike for all losses. Settings are chosen once, on people the first seed trains on: a part of them is
// kept apart again, each of a loss's four settings is trained on the others and judged on that part. A cell is one
// training run of this plan with its judgement; what is kept of it is enough for every table and picture.

import { demandMade } from '../base/demand.ts';
import { DomainError, message } from '../base/errors.ts';
import { drawPairs, membersOf } from '../data/index.ts';
import {
  allPairCosines, areaUnderRoc, equalErrorRate, foldAccuracy, mateRanks, pairCosines, type SplitScores, tarAtFar,
} from '../metrics/index.ts';
import { type Dataset, holdOut, subset } from './dataset.ts';
import { embed, type Embedded } from './judge.ts';
import type { Choice } from './grid.ts';
import { makeRun, type Run, type TrainProgram } from './run.ts';
import { checkSettings, type TrainSettings } from './settings.ts';

/** What all cells share. */
export interface Protocol {
  readonly settings: Omit<TrainSettings, 'loss' | 'lossOptions' | 'seed'>;
  /** The share of the people kept for the test, and of the rest for choosing settings. */
  readonly heldOut: number;
}

export interface Cell {
  readonly loss: string;
  readonly choice: Choice;
  /** Choosing a setting, on people the seed trains on; or the run that counts, judged on the people kept for the test. */
  readonly kind: 'choose' | 'test';
  readonly seed: number;
}

/** The measures of the table, as shares; null where the pairs cannot tell. */
export interface Measures {
  /** Verification accuracy over folds of equally many same and different pairs. */
  readonly pairs: number | null;
  readonly 'TAR 1e-3': number | null;
  readonly 'TAR 1e-4': number | null;
  /** The share of trials in which the mate comes before all pictures of the other half of the people. */
  readonly 'rank-1': number | null;
  readonly AUC: number;
  readonly EER: number;
}

export const columns = ['pairs', 'TAR 1e-3', 'TAR 1e-4', 'rank-1'] as const;
export type MeasureName = keyof Measures;

/**
 * What settings are chosen by and differences are taken of, settled before anything is run: TAR at FAR 1e-3 where every
 * split has the thousand different pairs it takes, and the area under the curve otherwise.
 */
export function judgedBy(protocol: Protocol, data: Dataset, seeds: number): 'TAR 1e-3' | 'AUC' {
  const tests = Array.from({ length: seeds }, (_, i) => ({ kind: 'test', seed: i + 1 }) as const);
  const splits = [{ kind: 'choose', seed: 1 } as const, ...tests];
  const isEnough = splits.every((split) => differentPairs(dataOf(protocol, split, data).test.labels) >= 1000);
  return isEnough ? 'TAR 1e-3' : 'AUC';
}

function differentPairs(labels: Int32Array): number {
  const same = membersOf(labels).reduce((sum, { length }) => sum + (length * (length - 1)) / 2, 0);
  return (labels.length * (labels.length - 1)) / 2 - same;
}

export interface CellResult {
  readonly measures: Measures;
  /** TAR at the rates of `curveRates`. */
  readonly curve: readonly number[];
  /** Angles of same and different pairs, at equal steps of their order. */
  readonly genuine: readonly number[];
  readonly impostor: readonly number[];
  /** How many pairs there were. */
  readonly trials: { readonly genuine: number; readonly impostor: number };
  readonly finalLoss: number;
}

/** Where curves are kept: twenty points a decade down to 1e-4. */
export const curveRates: readonly number[] = Array.from({ length: 81 }, (_, i) => 10 ** (-4 + i / 20));
const kept = 300;

function demandPlan(protocol: unknown, cell: unknown, who: string): void {
  demandMade(protocol, ['settings', 'heldOut'], who, 'a protocol { settings, heldOut }');
  demandMade(cell, ['kind', 'seed'], who, 'a cell { loss, choice, kind, seed }');
}

/** The people of a cell: those it trains on and those it is judged on. */
export function dataOf(
  protocol: Protocol, cell: Pick<Cell, 'kind' | 'seed'>, all: Dataset,
): { readonly train: Dataset; readonly test: Dataset } {
  demandPlan(protocol, cell, 'dataOf');
  const [{ heldOut }, { kind, seed }] = [protocol, cell];
  const { train, test } = holdOut(all, heldOut, seed);
  if (kind === 'test') return { train, test: test! };
  const inner = holdOut(train, heldOut, seed);
  return { train: inner.train, test: inner.test! };
}

/** The settings a cell is trained with. */
export function settingsOf(protocol: Protocol, cell: Cell): TrainSettings {
  demandPlan(protocol, cell, 'settingsOf');
  const { loss, choice, seed } = cell;
  return checkSettings({ ...protocol.settings, loss, seed, ...choice });
}

/** The run of a cell, not yet begun. Cells that differ by their seed alone may share a program. */
export function runOf(protocol: Protocol, cell: Cell, train: Dataset, program?: TrainProgram): Run {
  return makeRun(settingsOf(protocol, cell), train, undefined, program);
}

/**
 * What a trained network is worth on people it has not seen.
 *
 * Throws    DivergenceError for embeddings that are not finite; DomainError for fewer than two test people, or before the
 *           first epoch is done
 */
export function measure(run: Run, test: Dataset): CellResult {
  demandMade(run, ['model', 'progress'], 'measure', 'what makeRun returns');
  const { state, history } = run.progress();
  const last = history.at(-1);
  if (last === undefined) {
    throw new DomainError(message(
      'measure: a run without an epoch', 'It tells the loss of the last one', 'Let it advance until isDone()'
    ));
  }
  const features = embed(run.model, state, test);
  const scores = allPairCosines(features, test.labels);
  const { genuine, impostor } = scores;
  const tar = (far: number): number | null => {
    const point = tarAtFar(genuine, impostor, far);
    return point.defined ? point.tar : null;
  };
  return {
    measures: {
      pairs: pairAccuracy(features, test), 'TAR 1e-3': tar(1e-3), 'TAR 1e-4': tar(1e-4), 'rank-1': rankOne(features, test),
      AUC: areaUnderRoc(genuine, impostor), EER: equalErrorRate(genuine, impostor).rate,
    },
    curve: curveOf(scores), genuine: anglesOf(genuine), impostor: anglesOf(impostor),
    trials: { genuine: genuine.length, impostor: impostor.length }, finalLoss: last.loss,
  };
}

/** LFW's protocol on the test people: as many folds of as many pairs as they allow, ten of 600 at most. */
function pairAccuracy(features: Embedded, { labels, classes }: Dataset): number | null {
  const folds = Math.min(10, Math.floor(classes.length / 2));
  if (folds < 2) return null;
  const counts = new Int32Array(classes.length);
  for (const label of labels) counts[label]!++;
  const [people, images] = [Math.floor(classes.length / folds), Math.min(...counts)];
  const pairs = Math.min(300, (people * images * (images - 1)) / 2, ((people * (people - 1)) / 2) * images * images);
  if (pairs < 1) return null;
  const { a, b, same, fold } = drawPairs(labels, { folds, pairs, seed: 1 });
  return foldAccuracy(pairCosines(features, a, b), same, fold).mean;
}

/** MegaFace's protocol with the second half of the test people as distractors for the first. */
function rankOne(features: Embedded, test: Dataset): number | null {
  const half = Math.ceil(test.classes.length / 2);
  const positions = (isProbe: boolean): Int32Array =>
    Int32Array.from(Array.from(test.labels, (_, n) => n).filter((n) => test.labels[n]! < half === isProbe));
  const rows = (chosen: Int32Array): Embedded => {
    const values = new Float32Array(chosen.length * features.dims);
    chosen.forEach((n, i) => values.set(features.values.subarray(n * features.dims, (n + 1) * features.dims), i * features.dims));
    return { values, dims: features.dims };
  };
  const [probes, distractors] = [positions(true), positions(false)];
  if (distractors.length === 0 || subset(test, probes).classes.length === probes.length) return null;
  const { ranks } = mateRanks(rows(probes), probes.map((n) => test.labels[n]!), rows(distractors));
  return ranks.filter((rank) => rank === 1).length / ranks.length;
}

/** TAR at every rate of the curve; where there are too few impostors, that of accepting none. */
function curveOf({ genuine, impostor }: SplitScores): number[] {
  const [g, f] = [genuine.slice().sort().reverse(), impostor.slice().sort().reverse()];
  let accepted = 0;
  return curveRates.map((far) => {
    const limit = f[Math.floor(far * f.length * (1 + 4 * Number.EPSILON))] ?? -Infinity;
    while (accepted < g.length && g[accepted]! > limit) accepted++;
    return accepted / g.length;
  });
}

function anglesOf(cosines: Float64Array): number[] {
  const sorted = cosines.slice().sort();
  const count = Math.min(kept, sorted.length);
  return Array.from({ length: count }, (_, i) =>
    Math.acos(Math.min(1, Math.max(-1, sorted[Math.floor(((i + 0.5) * sorted.length) / count)]!))));
}
