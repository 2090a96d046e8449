// A training run: which images go into which step, at which rate and with which key, and what came of it. Everything is
// a function of the settings and of the position, so a run that goes on from a checkpoint does what the run that was
// never stopped does, bit for bit. Nothing here writes a file, prints or looks at a clock.

import { DomainError, message } from '../base/errors.ts';
import { compile } from '../compile/index.ts';
import { augment, peopleBatches, selectBatch, shuffledBatches } from '../data/index.ts';
import { tensor, type Tensor } from '../graph/index.ts';
import { foldIn, key } from '../ops/index.ts';
import type { Optimizer } from '../optim/index.ts';
import { type Dataset, demandData } from './dataset.ts';
import { DivergenceError, faultText } from './fault.ts';
import { makeModel, type Model, type Running, type TrainState } from './model.ts';
import { demandSettings, optimizerOf, scheduleOf, type TrainSettings } from './settings.ts';
import { trainStep } from './step.ts';

/** Where a run is: the next step to be done. */
export interface Position {
  /** Epochs finished. */
  readonly epoch: number;
  /** Batches of this epoch done. */
  readonly batch: number;
  /** Steps done in all. */
  readonly step: number;
}

/** Sums over the steps of an epoch so far. */
export interface Tally {
  readonly steps: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly support: number;
}

/** The means over the steps of an epoch. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Steps done by its end. */
  readonly step: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly support: number;
  /** The learning rate of its last step. */
  readonly rate: number;
}

/** All that a run needs to go on. */
export interface Progress {
  readonly state: TrainState;
  readonly position: Position;
  readonly tally: Tally;
  readonly history: readonly EpochRecord[];
}

export interface StepReport {
  readonly position: Position;
  readonly rate: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly support: number;
  readonly images: number;
  /** The epoch this step finished, if it did. */
  readonly finished?: EpochRecord;
}

/** What a run is made of that neither its seed nor its position changes; runs of one form may share it. */
export interface TrainProgram {
  readonly model: Model;
  readonly optimizer: Optimizer;
  readonly step: ReturnType<typeof compiledStep>;
}

export interface Run extends TrainProgram {
  readonly batchesPerEpoch: number;
  readonly steps: number;
  readonly isDone: () => boolean;
  /** Does one step; throws DivergenceError, the state untouched, where it would not be finite. */
  readonly advance: () => StepReport;
  readonly progress: () => Progress;
}

const compiledStep = (model: Model, optimizer: Optimizer, running: Running) =>
  compile(trainStep(model, optimizer), { resident: [0], ...running });

/** The network, the optimiser and the compiled step for these settings, whatever their seed. */
export function programOf(settings: TrainSettings, data: Dataset, running: Running = {}): TrainProgram {
  demandSettings(settings, 'programOf');
  demandData(data, 'programOf');
  const [, channels, side] = data.images.shape;
  const model = makeModel(settings, { channels, side, classes: data.classes.length }, running);
  const optimizer = optimizerOf(settings);
  return { model, optimizer, step: compiledStep(model, optimizer, running) };
}

const nothing: Tally = { steps: 0, loss: 0, accuracy: 0, support: 0 };

/**
 * A run over a data set, from the start or from where another one stopped.
 *
 * Edges     what does not fill a batch waits for another epoch; a set smaller than a batch is one batch. A loss without
 *           class weights gets batches of people with four images each, others are shuffled
 * Throws    DomainError for a set too small for its batches
 */
export function makeRun(
  settings: TrainSettings, data: Dataset, from?: Progress, program: TrainProgram = programOf(settings, data)
): Run {
  const { model, optimizer, step } = program;
  const batches = batcher(settings, data, model);
  const batchesPerEpoch = batches(0).length;
  if (batchesPerEpoch === 0) {
    throw new DomainError(message(
      `${data.labels.length} images for batches of ${settings.batch}`, 'An epoch has a batch', 'Use a smaller batch'));
  }
  const steps = settings.epochs * batchesPerEpoch;
  if (from !== undefined) demandPosition(from.position, batchesPerEpoch);
  const rateOf = scheduleOf(settings, steps);
  const seed = foldIn(key(settings.seed), -1);

  const begin = (): Progress => {
    const { params, memory } = model.start(settings.seed);
    const state = { params, memory, optimizer: optimizer.init(params) };
    return { state, position: { epoch: 0, batch: 0, step: 0 }, tally: nothing, history: [] };
  };
  let now = from ?? begin();
  let order = batches(now.position.epoch);

  const advance = (): StepReport => {
    const { state, position, tally, history } = now;
    const rate = rateOf(position.step);
    const [images, labels] = batchOf(settings, data, order[position.batch]!, position.step);
    const batch = [images, labels, rate, foldIn(seed, position.step)] as const;
    const [next, { healthy, ...metrics }] = step(state, ...batch);
    if (healthy.item() !== 1) {
      // The step gave the state back as it was, so it can be done again, slowly, to see where it goes wrong.
      now = { ...now, state: next };
      throw new DivergenceError(faultText(trainStep(model, optimizer), [next, ...batch], position.step));
    }
    const [loss, accuracy, support] = [metrics.loss.item(), metrics.accuracy.item(), metrics.support.item()];
    const sums = {
      steps: tally.steps + 1, loss: tally.loss + loss, accuracy: tally.accuracy + accuracy, support: tally.support + support,
    };
    const done = position.step + 1;
    const report = { rate, loss, accuracy, support, images: labels.size };
    if (position.batch + 1 < batchesPerEpoch) {
      now = { state: next, position: { ...position, batch: position.batch + 1, step: done }, tally: sums, history };
      return { position: now.position, ...report };
    }
    const epoch = position.epoch + 1;
    const finished: EpochRecord = {
      epoch, step: done, loss: sums.loss / sums.steps, accuracy: sums.accuracy / sums.steps, support: sums.support / sums.steps,
      rate,
    };
    now = { state: next, position: { epoch, batch: 0, step: done }, tally: nothing, history: [...history, finished] };
    order = batches(epoch);
    return { position: now.position, ...report, finished };
  };
  return { ...program, batchesPerEpoch, steps, advance, isDone: () => now.position.step >= steps, progress: () => now };
}

/** A position that was read somewhere may be that of no run over this data. */
function demandPosition({ epoch, batch, step }: Position, batchesPerEpoch: number): void {
  if (batch < batchesPerEpoch && step === epoch * batchesPerEpoch + batch) return;
  throw new DomainError(message(
    `going on at epoch ${epoch}, batch ${batch}, step ${step}`, `An epoch of this data has ${batchesPerEpoch} batches`,
    'Go on with the data and the batch the run was started with'));
}

/** The images of every batch of an epoch. */
function batcher({ batch, seed }: TrainSettings, { labels, classes }: Dataset, { classifies }: Model): (epoch: number) =>
  Int32Array[] {
  if (!classifies) {
    const images = 4;
    const people = Math.max(2, Math.min(classes.length, Math.floor(batch / images)));
    return (epoch) => peopleBatches(labels, { people, images, seed, epoch });
  }
  const size = Math.min(batch, labels.length);
  return (epoch) => shuffledBatches(labels.length, size, { seed, epoch, last: 'drop' });
}

function batchOf(
  { flip, shift, seed }: TrainSettings, data: Dataset, positions: Int32Array, step: number
): readonly [Tensor, Tensor] {
  const chosen = selectBatch(data.images, positions);
  const { shape, values } = flip === 0 && shift === 0 ? chosen : augment(chosen, { flip, shift, seed, step });
  return [tensor(values, { shape }), tensor(positions.map((i) => data.labels[i]!))];
}
