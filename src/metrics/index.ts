// Metrics of face recognition, each with its rule for thresholds and ties and its source. Plain arrays in, plain values out.

export { angleBetween, type ClassAngles, classAngles } from './angles.ts';
export { closedSetAccuracy } from './classification.ts';
export { cmc, distractorScores, mateRanks, type Ranks, type TopOne, topOneAtFar } from './identification.ts';
export {
  areaUnderRoc, blufrRates, equalErrorRate, type OperatingPoint, type Roc, rocCurve, tarAtFar, tarOverTrials, type TrialsPoint,
} from './roc.ts';
export { allPairCosines, type Features, pairCosines, type SplitScores, splitScores } from './scores.ts';
export { foldAccuracy, type FoldResult, type FoldsResult } from './verification.ts';
