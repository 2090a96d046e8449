// Explanations: a function's steps, values, adjoints and assumptions as data, and as text.

export { type Contributions, contributions, contributionsVersion, type GradientPart, type Share } from './contributions.ts';
export { contributionsParts, contributionsText, type ContributionsTextOptions } from './contributions-text.ts';
export { explain, type ExplainOptions } from './explain.ts';
export {
  type Adjoint, type Assumption, type Contribution, type Explanation, explanationVersion, type JsonNumber, type Line, type Numbers,
  type Proof, type Summary,
} from './explanation.ts';
export type { Format } from './formats.ts';
export { renderHtml } from './html.ts';
export { renderMarkdown } from './markdown.ts';
export {
  type FormatPrecision, type LinePrecision, type Loss, type Precision, precision, type PrecisionOptions, precisionVersion,
  type Suggestion,
} from './precision.ts';
export { precisionParts, precisionText, type PrecisionTextOptions } from './precision-text.ts';
export type { ReportOptions, Study, StudyPart, StudyTable } from './report.ts';
export { renderText, type TextOptions } from './text.ts';
export {
  type EntryPair, type GradientPair, type Reason, type TwoGradients, twoGradients, type TwoGradientsOptions, twoGradientsVersion,
} from './two-gradients.ts';
export { twoGradientsParts, twoGradientsText } from './two-gradients-text.ts';
