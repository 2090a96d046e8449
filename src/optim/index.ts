// Optimisers, clipping and schedules: values made of plain functions over trees of tensors.

export { adam, type AdamOptions, adamW } from './adam.ts';
export { clipByGlobalNorm, clipByValue, type GlobalNormOptions } from './clip.ts';
export type { Gradients, Optimizer, OptimizerState, ParameterTree, UpdateOptions } from './optimizer.ts';
export { rmsprop, type RmspropOptions } from './rmsprop.ts';
export {
  constantSchedule, cosineSchedule, multiStepSchedule, oneCycleSchedule, type OneCycleOptions, piecewiseSchedule,
  polynomialSchedule, type Schedule, stepSchedule, svSoftmaxSchedule, svSoftmaxSteps, warmUp,
} from './schedules.ts';
export { sgd, type SgdOptions } from './sgd.ts';
