// Explanations: a function's steps, values, adjoints and assumptions as data, and as text.

export { explain, type ExplainOptions } from './explain.ts';
export {
  type Adjoint, type Assumption, type Contribution, type Explanation, explanationVersion, type JsonNumber, type Line, type Numbers,
  type Summary,
} from './explanation.ts';
export { renderText, type TextOptions } from './text.ts';
