// One training step as a pure function over trees: state, batch, labels, learning rate and key in, the next state and a
// few numbers out. It is written in ops alone, so it can be recorded and compiled as one program with the state staying
// in place; whatever varies from step to step is an argument. A step that would spoil the state leaves it as it was and
// says so.

import { valueAndGrad } from '../autodiff/index.ts';
import { demandMade } from '../base/demand.ts';
import { flatten } from '../base/tree.ts';
import { currentRecorder, isTensor, type Operand, scope, type Tensor } from '../graph/index.ts';
import { hardClasses, ofLabel } from '../losses/index.ts';
import { add, argmax, cast, div, equal, mean, mul, stopGradient, sum, where, zeros } from '../ops/index.ts';
import type { Gradients, Optimizer, ParameterTree } from '../optim/index.ts';
import type { Model, ModelParams, TrainState } from './model.ts';

/** What a step tells, each []. Without a head there are no classes to be right about, and accuracy and support are 0. */
export type StepMetrics = {
  readonly loss: Tensor;
  /** The share of images nearest to their own class, before any margin. */
  readonly accuracy: Tensor;
  /** The share of (image, other class) pairs in which the class lies beyond the margin: the support vectors. */
  readonly support: Tensor;
  /** 1 where every number of the loss, its gradient and the next state is finite; 0 where the state was left as it was. */
  readonly healthy: Tensor;
};

export type TrainStep = (
  state: TrainState, images: Tensor, labels: Tensor, rate: Operand, key: Tensor,
) => readonly [TrainState, StepMetrics];

/**
 * The training step of a model under an optimiser.
 *
 * Shapes    images [B, C, H, W], labels [B] of i32, rate [], key [2] → the state's own shapes and four numbers []
 * Gradient  taken inside; the step itself is not meant to be differentiated
 * Edges     where the loss, its gradient or the next state is not finite, the state comes back bit for bit and `healthy` is 0
 * Throws    whatever the network and the loss throw for inputs that do not fit
 */
export function trainStep(model: Model, optimizer: Optimizer): TrainStep {
  demandMade(model, ['network', 'remember'], 'trainStep', 'what makeModel returns');
  demandMade(optimizer, ['update'], 'trainStep', 'an optimiser such as sgd({ lr: 0.1 })');
  return (state, images, labels, rate, key) => {
    let seen: Seen | undefined;
    const objective = (params: ModelParams): Tensor => {
      const variables = { params: params.network, state: state.memory.network };
      const { y, state: network } = scope('network', () => model.network.apply(variables, images, { train: true, key }));
      const loss = scope('loss', () => model.loss(params, state.memory, y, labels));
      const head = scope('head', () => model.remember(state.memory, stopGradient(y), labels));
      seen = { memory: { network, head }, ...outcome(labels) };
      return loss;
    };
    const { value: loss, gradient } = valueAndGrad(objective)(state.params);
    const updated = scope('update', () =>
      optimizer.update(gradient as Gradients, state.optimizer, state.params as ParameterTree, { lr: rate }));
    const next = { params: updated.params as ModelParams, memory: seen!.memory, optimizer: updated.state };
    const healthy = isSound([loss, ...[gradient, next].flatMap((tree) => flatten(tree, isTensor).leaves)]);
    return [chosen(healthy, next, state), { loss, accuracy: seen!.accuracy, support: seen!.support, healthy }];
  };
}

interface Seen {
  readonly memory: TrainState['memory'];
  readonly accuracy: Tensor;
  readonly support: Tensor;
}

/** Accuracy and support vectors, from the quantities the loss has labelled with the paper's symbols. */
function outcome(labels: Tensor): Pick<Seen, 'accuracy' | 'support'> {
  const recorder = currentRecorder()!;
  const labelled = (name: string): Tensor | undefined => {
    const step = recorder.graph.labelled(name);
    const found = step && recorder.tensors[step.id];
    return found && stopGradient(found);
  };
  const [scores, isLabel] = [labelled('c') ?? labelled('z'), labelled('1[k = y]')];
  if (scores === undefined || isLabel === undefined) return { accuracy: zeros([]), support: zeros([]) };
  const right = cast(equal(argmax(scores, { axis: 1 }), labels), scores.dtype);
  const hard = labelled('I') ?? hardClasses(scores, labelled('f') ?? ofLabel(scores, isLabel), isLabel);
  const [samples, classes] = scores.shape as readonly [number, number];
  return { accuracy: mean(right), support: div(sum(hard), samples * Math.max(1, classes - 1)) };
}

/** 1 where every number is finite: 0 times it is 0 then, and NaN otherwise, which no sum takes away. */
function isSound(tensors: readonly Tensor[]): Tensor {
  const zeroes = tensors.filter((x) => x.dtype !== 'i32').map((x) => sum(mul(x, 0)));
  return equal(zeroes.reduce((a, b) => add(a, b)), 0);
}

/** Every leaf of one tree or the other, by a number that is 1 or 0. */
function chosen<T>(condition: Tensor, yes: T, no: T): T {
  const [flat, others] = [flatten(yes, isTensor), flatten(no, isTensor).leaves];
  return flat.rebuild(flat.leaves.map((x, i) => where(cast(condition, x.dtype), x, others[i]!))) as T;
}
