// Checking: gradients judged by methods that share no code with them.

export type { Cause } from './causes.ts';
export {
  alongEntry, type BranchCut, branchCut, type BranchCutOptions, type CutBorder, type CutCell,
} from './branch-cut.ts';
export {
  type BranchDecision, type BranchMap, branchMap, type BranchMapOptions, branchMapVersion, type Direction, towardsBorder,
} from './branch-map.ts';
export { branchCutParts, branchCutText, branchMapParts, branchMapText, cutPicture } from './branch-text.ts';
export {
  compare, type CompareOptions, type CompareReport, type EntryComparison, type GradientComparison, type QuantityComparison,
  type SmallestDifference,
} from './compare.ts';
export type { ConditionReport } from './compare-conditions.ts';
export type { ComparableLoss } from './compare-losses.ts';
export { compareParts, compareText } from './compare-text.ts';
export { checkDerivation, checkLines, type DerivationOptions } from './derivation.ts';
export { type DerivationLoss, derivationLoss, type DerivationLossOptions } from './derivation-loss.ts';
export { dualProgram, type DualResult } from './dual.ts';
export { assertGradients, type Checkable, gradcheck, type GradcheckOptions } from './gradcheck.ts';
export type { BranchHits, Counterexample, Digits, Hits, Ledger, LedgerRow, Verdict } from './ledger.ts';
export { ledgerHtml } from './ledger-html.ts';
export { ledgerMarkdown } from './ledger-text.ts';
export type { PlainArray, PlainFunction } from './plain.ts';
export { type ProofOptions, type ProofProgress, proved, provedLines } from './proofs.ts';
export {
  type BorderReport, type EntryReport, type Failure, type FrozenReport, type GradcheckReport, type OrderSummary, reportText,
  type StepReport,
} from './report.ts';
