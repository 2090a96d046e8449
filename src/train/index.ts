// Training: a run as a function of its settings and its data, checkpoints, and what a trained network is worth. What
// touches the disk is in `node.ts`.

export { type Checkpoint, type CheckpointFacts, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
export { type ComparedLoss, type Comparison, chosen, compareCells, type FinishedCell, isFinishedCell } from './comparison.ts';
export { comparisonPage, type PageFacts } from './comparison-page.ts';
export { comparisonCsv, comparisonMarkdown, comparisonText } from './comparison-text.ts';
export { type Dataset, demandPeople, type Divided, fingerprint, holdOut, madeUpFaces, prepare, subset } from './dataset.ts';
export { DivergenceError } from './fault.ts';
export { type Choice, choiceText, gridOf } from './grid.ts';
export { embed, type Embedded, judge, type Judgement } from './judge.ts';
export { makeModel, type Model, type ModelMemory, type ModelParams, type Running, type TrainState } from './model.ts';
export {
  type Cell, type CellResult, dataOf, judgedBy, measure, type MeasureName, type Measures, type Protocol, runOf, settingsOf,
} from './protocol.ts';
export {
  type EpochRecord, makeRun, type Position, type Progress, type Run, type StepReport, type TrainProgram, programOf,
} from './run.ts';
export { checkSettings, defaultSettings, networks, optimizers, schedules, type TrainSettings } from './settings.ts';
export { type Difference, type Estimate, estimate, pairedDifference } from './statistics.ts';
export { type StepMetrics, type TrainStep, trainStep } from './step.ts';
