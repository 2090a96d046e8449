// The errors a user can meet. A message says what happened (op, label, both shapes), which rule was broken and what
// to do. They carry no codes and no payloads: the name and the sentence are the interface.

/** The common ancestor, so that a command line can tell a mistake of the input from a bug. */
export class MarginaliaError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Shapes that do not fit, an axis out of range, or more elements than can be addressed. */
export class ShapeError extends MarginaliaError {}
/** Number types that do not mix or that an op does not know. */
export class DTypeError extends MarginaliaError {}
/** A value outside the domain of an op or a loss parameter: a label out of range, t < 1, an empty batch. */
export class DomainError extends MarginaliaError {}
/** A value read or an effect wanted where only the program is being recorded. */
export class TraceError extends MarginaliaError {}
/** A handle whose bytes have been handed on to a later step. */
export class StaleError extends MarginaliaError {}
/** Text or a file that does not follow its grammar; the message shows where. */
export class FormatError extends MarginaliaError {}
/** A worker pool that stopped answering. */
export class PoolError extends MarginaliaError {}

/** Joins the three parts of a message: what happened, the rule, what to do. */
export function message(what: string, rule: string, todo: string): string {
  return `${what}. ${rule}. ${todo}.`;
}
