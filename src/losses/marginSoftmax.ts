// The one loss of the field: a softmax over cosines, with a margin on the target, a rule for the other classes and a
// weight per sample. A loss is a choice of these values; nothing here knows which of them it was given.
// Each quantity bears the paper's symbol, so that printers, proofs and provenance can find it.

import { demandMade, demandOptions } from '../base/demand.ts';
import { label, scope, type Tensor } from '../graph/index.ts';
import { mul, where } from '../ops/index.ts';
import { cosines, crossEntropy, labelIndicator, ofLabel } from './classes.ts';
import { checkedClassInputs, fitting } from './inputs.ts';
import { plainTarget, type TargetMargin } from './margin.ts';
import { type Mining, noMining } from './mining.ts';
import { checkParameter, type Parameter, positive } from './parameter.ts';
import { checkReduction, reduced, type ReductionOption } from './reduction.ts';
import { hardClasses, type OtherRule, plainOthers } from './support.ts';

/** A loss of features [N, D], class weights [C, D] and labels [N] (i32): a number, or [N] without reduction. */
export type ClassLoss = (features: Tensor, weights: Tensor, labels: Tensor) => Tensor;

export interface MarginSoftmaxOptions extends ReductionOption {
  /** f, the target margin. Default none. */
  readonly target?: TargetMargin;
  /** h, the rule for the other classes. Default none. */
  readonly others?: OtherRule;
  /** g, the factor per sample. Default 1. */
  readonly mining?: Mining;
  /** s. Default 30. */
  readonly scale?: Parameter;
}

/**
 * The margin softmax, from three choices and a scale.
 *
 * Equation  L = -g*log(exp(s*f) / (exp(s*f) + sum(k != y, h[k]*exp(s*c[k]))))           (1812.11317 (1) to (12))
 * Shapes    features [N, D], weights [C, D], labels [N] of i32 → [], or [N] with reduction none
 * Units     cosines in [−1, 1]; scale s > 0, dimensionless; a loss in nats
 * Gradient  exact for features, weights and tensor parameters; the indicator of hard classes is constant
 * Edges     a zero vector has cosine 0 and gradient 0; with the defaults it is (1), the softmax over s·cosθ
 * Throws    DomainError for a label out of range, an empty batch or s ≤ 0; ShapeError or DTypeError for tensors that
 *           do not fit
 */
export function marginSoftmax(options: MarginSoftmaxOptions = {}): ClassLoss {
  demandOptions(options, ['target', 'others', 'mining', 'scale', 'reduction'], 'marginSoftmax');
  const { target = plainTarget, others = plainOthers, mining = noMining, scale = 30, reduction = 'mean' } = options;
  demandMade(target, ['value'], 'marginSoftmax', 'a target such as arcMargin(0.5)');
  demandMade(others, ['value'], 'marginSoftmax', 'others such as supportVectors({ t: 1.2 })');
  demandMade(mining, ['factor'], 'marginSoftmax', 'a mining such as focal()');
  checkParameter('marginSoftmax', 'scale', scale, positive);
  checkReduction('marginSoftmax', reduction);
  return (features, weights, labels) => {
    const y = checkedClassInputs('marginSoftmax', features, weights, labels);
    const [x, w] = [label(features, 'x'), label(weights, 'w')];
    const isLabel = labelIndicator(y, w.shape[0]!, x.dtype);
    const c = scope('cosines', () => cosines(x, w));
    const { f, boundary } = scope('margin', () => {
      const own = label(ofLabel(c, isLabel), 'c_y');
      const value = label(fitting(target.value(own), own, `marginSoftmax: the ${target.name} margin`), 'f');
      return { f: value, boundary: target.boundary?.value(own) ?? value };
    });
    const hard = (): Tensor => scope('support', () => label(hardClasses(c, boundary, isLabel), 'I', { role: 'support' }));
    const raised = scope('others', () => fitting(others.value(c, hard), c, `marginSoftmax: the rule '${others.name}'`));
    const v = label(where(isLabel, f, raised), 'v');
    const z = label(fitting(mul(scale, v), c, 'marginSoftmax: the scale'), 'z');
    const loss = scope('softmax', () => crossEntropy(z, isLabel));
    const plainLoss = (): Tensor => scope('plain softmax', () => crossEntropy(mul(scale, c), isLabel));
    const losses = label(mined(mining, loss, plainLoss), 'L');
    return reduced(losses, reduction, mining.count?.(losses.shape[0]!));
  };
}

function mined(mining: Mining, loss: Tensor, plainLoss: () => Tensor): Tensor {
  if (mining.factor === null) return loss;
  const unweighted = label(loss, 'ℓ');
  const g = label(scope('mining', () => mining.factor!({ loss: unweighted, plainLoss })), 'g', { role: 'mining' });
  return mul(fitting(g, unweighted, `marginSoftmax: the factor '${mining.name}'`), unweighted);
}
