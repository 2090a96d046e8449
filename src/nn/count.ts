// How large a network is: its parameters, and the arithmetic of one pass. The arithmetic is read off the program itself,
// recorded without numbers, so it needs no formula per layer and holds for any network.

import { demandMade } from '../base/demand.ts';
import { type Shape, sizeOf } from '../base/shape.ts';
import { flatten } from '../base/tree.ts';
import { type Graph, isTensor, type Step, trace, type Tensor } from '../graph/index.ts';
import { key, zeros } from '../ops/index.ts';
import type { ContractAxes, CustomParams } from '../primitives/index.ts';
import type { Layer } from './layer.ts';

/** How many numbers a tree of tensors holds. */
export function countParameters(params: unknown): number {
  return flatten(params, isTensor).leaves.reduce((sum, x) => sum + x.size, 0);
}

/**
 * The floating-point operations of one forward pass, counted as papers do: two per multiply-add of every linear map and
 * convolution, nothing for what is done element by element. A training step takes about three times as many.
 *
 * Shapes    inputShape as for `apply`, the batch included
 * Throws    whatever the network throws for such an input
 */
export function flops(network: Layer, inputShape: Shape): number {
  demandMade(network, ['init', 'apply'], 'flops', 'a layer');
  const forward = (seed: Tensor, x: Tensor): Tensor => network.apply(network.init(seed), x, { train: false }).y;
  const { graph, inputs } = trace(forward, [key(0), zeros(inputShape)], { mode: 'abstract' });
  const passes = graph.dependents([inputs[1]!]);
  return 2 * graph.steps.reduce((sum, step) => sum + (passes[step.id] ? multiplyAdds(graph, step) : 0), 0);
}

function multiplyAdds(graph: Graph, { primitive, inputs, params, shape }: Step): number {
  if (primitive.kind === 'contract') {
    const left = graph.steps[inputs[0]!]!;
    return sizeOf(shape) * sizeOf((params as unknown as ContractAxes).sum.map(([axis]) => left.shape[axis]!));
  }
  if (primitive.kind === 'control' && primitive.control === 'custom') {
    const inner = (params as unknown as CustomParams).forward.graph;
    return inner.steps.reduce((sum, step) => sum + multiplyAdds(inner, step), 0);
  }
  return 0;
}
