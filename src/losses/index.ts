// The losses: the margin softmax and its choices, the losses that are not over cosines, and the catalogue of them all.

export { catalogue, lossRow } from './catalogue.ts';
export { type CascadeLoss, cascadeLoss, type CascadeOptions } from './cascade.ts';
export {
  type CenterLoss, centerLoss, type CenterOptions, gradientCenterDelta, movedCenters, paperCenterDelta,
} from './center.ts';
export { cosines, crossEntropy, labelIndicator, ofLabel } from './classes.ts';
export { angleOf, chebyshev, sineOf } from './angle.ts';
export {
  angleFactor, type AngleFactorOptions, annealedLambda, type Annealing, arcMargin, combinedMargin, cosineMargin,
  type GradientOption, plainTarget, type TargetMargin, type TargetRule,
} from './margin.ts';
export { type ClassLoss, marginSoftmax, type MarginSoftmaxOptions } from './marginSoftmax.ts';
export {
  focal, type FocalOptions, hardMining, type HardMiningOptions, type MinedLosses, type Mining, noMining,
} from './mining.ts';
export { contrastiveLoss, type PairLoss, tripletLoss, type TripletOptions } from './pairs.ts';
export type { Parameter, Range } from './parameter.ts';
export type { Reduction, ReductionOption } from './reduction.ts';
export type { Loss, LossInput, LossOptions, LossText, Row, RowParameter, RowParameters, Source } from './row.ts';
export { type BiasedLoss, l2Softmax, softmaxLoss } from './softmax.ts';
export {
  curricular, hardClasses, misclassified, nextCurricularT, type OtherRule, plainOthers, type RunningMean, supportVectors,
} from './support.ts';
