// A network with the head its loss asks for: class weights, a bias, centres. Which of them there are is read off the
// inputs of the loss's row, so a loss that compares samples with each other has no head at all. Nothing here trains.

import { demandMade } from '../base/demand.ts';
import { compile, type CompileOptions } from '../compile/index.ts';
import type { Tensor } from '../graph/index.ts';
import { type Loss, type LossOptions, lossRow, movedCenters, paperCenterDelta } from '../losses/index.ts';
import { glorotNormal, type Layer, type ParameterTree } from '../nn/index.ts';
import type { OptimizerState } from '../optim/index.ts';
import { foldIn, key, normal, zeros } from '../ops/index.ts';
import { demandSettings, networks, type TrainSettings } from './settings.ts';

/** What is learned: the network's parameters and those of the head. */
export type ModelParams = { readonly network: ParameterTree; readonly head: { readonly [name: string]: Tensor } };
/** What is remembered and not learned: running statistics, and centres that move by their paper's rule. */
export type ModelMemory = { readonly network: ParameterTree; readonly head: { readonly [name: string]: Tensor } };

/** Everything a training step changes. */
export type TrainState = {
  readonly params: ModelParams;
  readonly memory: ModelMemory;
  readonly optimizer: OptimizerState;
};

export interface Model {
  readonly network: Layer;
  /** Whether there is a weight per class, so that an image can be given a class. */
  readonly classifies: boolean;
  readonly start: (seed: number) => { readonly params: ModelParams; readonly memory: ModelMemory };
  readonly loss: (params: ModelParams, memory: ModelMemory, features: Tensor, labels: Tensor) => Tensor;
  /** The embeddings of a batch of pictures, as a program. */
  readonly embed: (params: ModelParams, memory: ModelMemory, images: Tensor) => Tensor;
  /** The head's memory after a step. */
  readonly remember: (memory: ModelMemory, features: Tensor, labels: Tensor) => ModelMemory['head'];
}

/** What a model is made for. */
export interface ModelShape {
  readonly channels: number;
  readonly side: number;
  readonly classes: number;
}

/** How programs are run, which changes no bit of what they give: one thread per core unless it is told. */
export type Running = Pick<CompileOptions, 'threads'>;

/** The network and the loss of these settings, for images of a shape and a number of classes. */
export function makeModel(settings: TrainSettings, shape: ModelShape, running: Running = {}): Model {
  demandSettings(settings, 'makeModel');
  demandMade(shape, ['channels', 'side', 'classes'], 'makeModel', 'a shape { channels, side, classes }');
  const { channels, side, classes } = shape;
  const { embedding, lossOptions } = settings;
  const row = lossRow(settings.loss);
  const loss: Loss = row.create(lossOptions as LossOptions);
  const network = networks[settings.network]!({ channels, side, embedding });
  // Centres of the paper's rule are moved by it, and are no parameters then.
  const moves = row.inputs.includes('centers') && (lossOptions['centerUpdate'] ?? 'paper') === 'paper';
  const shapes: Readonly<Record<string, readonly number[]>> = {
    weights: [classes, embedding], bias: [classes], centers: [classes, embedding],
  };
  const startOf = (name: string, from: Tensor): Tensor => {
    if (name === 'weights') return glorotNormal()(from, shapes[name]!);
    return name === 'bias' ? zeros(shapes[name]!) : normal(from, shapes[name]!);
  };
  return {
    network, classifies: row.inputs.includes('weights'),
    embed: compile((params: ModelParams, memory: ModelMemory, images: Tensor) =>
      network.apply({ params: params.network, state: memory.network }, images, { train: false }).y, running),
    start: (seed) => {
      const root = key(seed);
      const { params, state } = network.init(foldIn(root, 0));
      const made = Object.keys(shapes).filter((name) => row.inputs.includes(name))
        .map((name, i) => [name, startOf(name, foldIn(root, i + 1))] as const);
      const isMemory = ([name]: readonly [string, Tensor]): boolean => moves && name === 'centers';
      return {
        params: { network: params, head: Object.fromEntries(made.filter((entry) => !isMemory(entry))) },
        memory: { network: state, head: Object.fromEntries(made.filter(isMemory)) },
      };
    },
    loss: (params, memory, features, labels) => {
      const given: Readonly<Record<string, Tensor>> = { features, labels, ...params.head, ...memory.head };
      return loss(...row.inputs.map((name) => given[name]!));
    },
    remember: ({ head }, features, labels) => {
      const { centers } = head;
      return centers === undefined ? head : { centers: movedCenters(centers, paperCenterDelta(features, centers, labels)) };
    },
  };
}
