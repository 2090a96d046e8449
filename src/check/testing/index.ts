// `marginalia/testing`: gradient checks, tensor arbitraries, shrinking, laws and a matcher, for any test runner.

export { agreement, type Agreement, assertAgreement, type Numbers } from './agreement.ts';
export {
  broadcastPairs, type Classification, classification, type ClassificationOptions, type FastCheck, type Generated, labels,
  type NumberOptions, type RowOptions, type ShapeOptions, shapes, type TensorOptionsFor, tensors, unitRows,
} from './arbitraries.ts';
export {
  adjointness, classPermutation, cotangentLinearity, type LawOptions, linearTranspose, type Loss, type Problem,
  rotationInvariance, samplePermutation,
} from './laws.ts';
export {
  literal, type NamedArray, type NamedArrays, shrink, shrinkInputs, type ShrinkOptions, shrinkTensors,
} from './shrink.ts';
export { assertGradients, gradcheck, type GradcheckOptions } from '../gradcheck.ts';
export { type GradcheckReport, reportText } from '../report.ts';
