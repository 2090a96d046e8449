// The paper's notation as one door: text to trees and back, trees to LaTeX, and derivation files. What a formula means
// is lowered elsewhere, to steps of a graph. The grammar is docs/notation.md; read grammar.ts first.

export {
  childrenOf, constantOf, equalCond, equalExpr, freeIndices, functions, precedence, precedenceOf, reserved,
  type AndCond, type At, type AtExpr, type BinaryExpr, type BinaryOp, type Binding, type BoundExpr, type BoundOp,
  type CallExpr, type Claim, type CompareCond, type CompareOp, type Cond, type DerivativeExpr, type Expr, type NameExpr,
  type NegateExpr, type NotCond, type NumberExpr, type SelectExpr,
} from './grammar.ts';
export { formulaError, type Locate, type Spot } from './tokens.ts';
export {
  parseClaim, parseCond, parseDefinition, parseExpr, type Definition, type ParseContext, type Target,
} from './parse.ts';
export { printClaim, printCond, printDerivation, printExpr, printName } from './print.ts';
export { type Edit, editsBetween } from './edit.ts';
export { toLatex } from './latex.ts';
export { toMathml } from './mathml.ts';
export {
  axesOf, indexNames, type Declaration, type DeclaredType, type Domain as SamplingDomain, type IndexDeclaration, type Origin, type Scope,
} from './declarations.ts';
export { parseDerivation, type Derivation, type Line, type LineKind, type Section } from './derivation.ts';
export { derivationFromJson } from './json.ts';
export { type Branch, Lowering, type Point } from './lower.ts';
export type { DerivativeQuery } from './meaning.ts';
export { alignTo, type Named, sampleAxis, stretchTo, unionAxes } from './named.ts';
export { type Entity, Names } from './scope.ts';
