// What a training run is told: plain values that are written down with it, so that a run can be read, repeated and
// continued. Every value is checked here, once, before anything is computed; what the values do is in the other files.

import { demandFunction, demandMade, demandSort } from '../base/demand.ts';
import { DomainError, message } from '../base/errors.ts';
import { perhaps } from '../base/nearest.ts';
import { type LossOptions, lossRow } from '../losses/index.ts';
import { batchNorm, flatten, type Layer, lenetPlusPlus, lenetSmall, mlp, residualFaces, sequential } from '../nn/index.ts';
import { adam, adamW, type Optimizer, rmsprop, sgd } from '../optim/index.ts';
import {
  constantSchedule, cosineSchedule, multiStepSchedule, polynomialSchedule, type Schedule, warmUp,
} from '../optim/index.ts';

/** What a network is made for. */
export interface NetworkShape {
  readonly channels: number;
  readonly side: number;
  readonly embedding: number;
}

/**
 * A network whose embeddings are centred, feature by feature. Behind rectifiers all embeddings start in nearly one
 * direction, where cosines tell nothing apart and a loss over them hardly moves; centred, they start all around the sphere.
 */
const centred = (network: Layer, embedding: number): Layer =>
  sequential({ layers: network, centring: batchNorm({ channels: embedding, affine: false }) });

/** The networks a run can name; all of them are centred at the end. */
export const networks: Readonly<Record<string, (shape: NetworkShape) => Layer>> = {
  mlp: ({ channels, side, embedding }) =>
    centred(sequential([flatten(), mlp({ sizes: [channels * side * side, 128, embedding] })]), embedding),
  'lenet-small': (shape) => centred(lenetSmall(shape), shape.embedding),
  'lenet-plus-plus': (shape) => centred(lenetPlusPlus(shape), shape.embedding),
  'residual-faces': (shape) => centred(residualFaces(shape), shape.embedding),
  'residual-faces-large': (shape) => centred(residualFaces({ ...shape, size: 'large' }), shape.embedding),
};

export const optimizers = ['sgd', 'adam', 'adam-w', 'rmsprop'] as const;
export const schedules = ['constant', 'cosine', 'linear', 'steps'] as const;

export interface TrainSettings {
  /** An id of the catalogue. */
  readonly loss: string;
  /** Its parameters, where they are not the defaults. */
  readonly lossOptions: Readonly<Record<string, number | string | boolean>>;
  readonly network: string;
  /** The size of the embedding. */
  readonly embedding: number;
  readonly epochs: number;
  /** Images in a batch. */
  readonly batch: number;
  /** Initial weights, order of the images, mirroring and dropout all follow from it. */
  readonly seed: number;
  readonly optimizer: (typeof optimizers)[number];
  /** The largest learning rate. */
  readonly rate: number;
  /** Of sgd; the other optimisers have their own means. */
  readonly momentum: number;
  readonly weightDecay: number;
  /** How the rate falls over the run: cosine and linear to 0, steps by 10 at 1/2 and 3/4. */
  readonly schedule: (typeof schedules)[number];
  /** The share of the run in which the rate climbs from almost 0. */
  readonly warmUp: number;
  /** The probability that an image is mirrored. */
  readonly flip: number;
  /** The most pixels an image is shifted. */
  readonly shift: number;
}

export const defaultSettings: TrainSettings = {
  loss: 'sv-am-softmax', lossOptions: {}, network: 'residual-faces', embedding: 64, epochs: 10, batch: 64, seed: 1,
  optimizer: 'sgd', rate: 0.1, momentum: 0.9, weightDecay: 5e-4, schedule: 'cosine', warmUp: 0.05, flip: 0.5, shift: 1,
};

/** What a number may be: whole or not, from (excluded when `open`) to (excluded when `below`). */
interface Bounds {
  readonly from: number;
  readonly to: number;
  readonly whole?: boolean;
  readonly open?: boolean;
  readonly below?: boolean;
}

const bounds: Readonly<Record<string, Bounds>> = {
  embedding: { from: 1, to: 65536, whole: true },
  epochs: { from: 1, to: 1e6, whole: true },
  batch: { from: 2, to: 1e6, whole: true },
  seed: { from: 0, to: Number.MAX_SAFE_INTEGER, whole: true },
  rate: { from: 0, to: Number.MAX_VALUE, open: true },
  momentum: { from: 0, to: 1, below: true },
  weightDecay: { from: 0, to: Number.MAX_VALUE },
  warmUp: { from: 0, to: 1 },
  flip: { from: 0, to: 1 },
  shift: { from: 0, to: 64, whole: true },
};

/** What messages call a setting: its name here, its option on a command line. */
export type Called = (name: string) => string;

/** Refuses what are no settings, checked. */
export const demandSettings = (settings: unknown, who: string): void =>
  demandMade(settings, ['loss', 'network'], who, 'what checkSettings returns');

const choices = { network: Object.keys(networks), optimizer: optimizers, schedule: schedules } as const;

/**
 * The settings, checked and completed.
 *
 * Edges     messages call a setting as `called` says
 * Throws    DomainError, with the value, for a setting outside its range, an unknown name, or a loss that cannot be trained
 */
export function checkSettings(given: Partial<TrainSettings>, called: Called = (name) => name): TrainSettings {
  demandSort('record', { given }, 'checkSettings');
  demandFunction(called, 'checkSettings', 'called');
  const settings: TrainSettings = { ...defaultSettings, ...given };
  const values = new Map<string, unknown>(Object.entries(settings));
  for (const [name, { from, to, whole = false, open = false, below = false }] of Object.entries(bounds)) {
    const value = values.get(name);
    const fits = typeof value === 'number' && (below ? value < to : value <= to) && (open ? value > from : value >= from);
    if (fits && (!whole || Number.isSafeInteger(value))) continue;
    const range = to >= Number.MAX_SAFE_INTEGER ? `${open ? '>' : '≥'} ${from}` : `from ${from} to ${below ? 'below ' : ''}${to}`;
    throw new DomainError(message(
      `${called(name)} ${String(value)}`, `It is a ${whole ? 'whole ' : ''}number ${range}`,
      `Use ${String(new Map(Object.entries(defaultSettings)).get(name))}`));
  }
  for (const [name, known] of Object.entries(choices)) {
    const value = values.get(name);
    if ((known as readonly unknown[]).includes(value)) continue;
    throw new DomainError(message(
      `${called(name)} '${String(value)}'`, `It is one of ${known.join(', ')}`,
      `Choose one of them${perhaps(String(value), known)}`
    ));
  }
  checkLoss(settings);
  return settings;
}

/** What the loop has: one embedding per image, class weights, a bias, centres. */
const provided: ReadonlySet<string> = new Set(['features', 'weights', 'bias', 'centers', 'labels']);

function checkLoss({ loss, lossOptions }: TrainSettings): void {
  if (typeof lossOptions !== 'object' || lossOptions === null) {
    throw new DomainError(message(`lossOptions ${String(lossOptions)}`, 'They are the parameters of a loss by name', 'Use {}'));
  }
  const row = lossRow(loss);
  const missing = row.inputs.find((input) => !provided.has(input));
  if (missing !== undefined) {
    throw new DomainError(message(
      `the loss '${loss}' takes ${missing}`, 'A network here gives one embedding per image', 'Train it with a loop of your own'));
  }
  if (lossOptions['reduction'] !== undefined) {
    throw new DomainError(message(
      `the option reduction of '${loss}'`, 'A training step takes the mean over the batch', 'Leave it out'));
  }
  row.create(lossOptions as LossOptions);
}

export function optimizerOf({ optimizer, rate: lr, momentum, weightDecay }: TrainSettings): Optimizer {
  switch (optimizer) {
    case 'adam': return adam({ lr, weightDecay });
    case 'adam-w': return adamW({ lr, weightDecay });
    case 'rmsprop': return rmsprop({ lr, weightDecay });
    default: return sgd({ lr, momentum, weightDecay });
  }
}

/** The learning rate over `steps` steps. */
export function scheduleOf({ schedule, rate: lr, warmUp: share }: TrainSettings, steps: number): Schedule {
  const rising = Math.round(share * steps);
  const rate = ((): Schedule => {
    switch (schedule) {
      case 'constant': return constantSchedule(lr);
      case 'linear': return polynomialSchedule({ lr, steps });
      case 'steps': return multiStepSchedule({
        lr, milestones: [...new Set([Math.ceil(steps / 2), Math.ceil((3 * steps) / 4)])]
      });
      default: return cosineSchedule({ lr, steps });
    }
  })();
  return rising > 0 ? warmUp(rate, { steps: rising }) : rate;
}
