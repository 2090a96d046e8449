// The gallery of mistakes: bugs of public code, each as people wrote it, caught, with a point small enough for a slide,
// and the line that is right. Most are claims about a loss, kept as derivations with the printed line and its amendment
// (the files beside this one); some are rules of an engine, kept as tools of a few lines (`snippets.ts`). Both kinds give
// one report. How it is printed is in `mistakes-text.ts`.

import { grad } from '../autodiff/index.ts';
import { entryError } from '../base/compare.ts';
import { DomainError, message } from '../base/errors.ts';
import { type Checkable, gradcheck, type GradcheckReport, type PlainArray } from '../check/index.ts';
import { checkDerivation } from '../check/derivation.ts';
import type { Counterexample, Digits, LedgerRow } from '../check/ledger.ts';
import { shrinkInputs } from '../check/testing/index.ts';
import { type Derivation, type Edit, parseDerivation, printCond, printExpr } from '../formula/index.ts';
import { type Tensor, tensor } from '../graph/index.ts';
import { sum } from '../ops/index.ts';
import { readMistake } from './node.ts';
import { type Finding, type Snippet, type SnippetMistake, snippetMistakes } from './snippets.ts';

/** With the line, the branch and the cause that the checker has to come to by itself. */
export interface Mistake extends Finding {
  readonly id: string;
  /** What is wrong, in one line. */
  readonly summary: string;
}

/** What was found about a mistake; plain data, the same for both kinds. */
export interface MistakeReport {
  readonly version: 1;
  readonly id: string;
  readonly title: string;
  /** The public code it is from. */
  readonly source: string;
  /** What is wrong, and why it is tempting. */
  readonly notes: readonly string[];
  readonly language: 'formula' | 'typescript';
  /** The definitions that both lines speak of. */
  readonly given: readonly string[];
  readonly written: {
    readonly text: string;
    readonly caught: boolean;
    readonly reason: string;
    /** What is wrong where and why, as the checker found it. */
    readonly found?: Finding;
    /** Left what people wrote gives, or claims; right what it should be. */
    readonly counterexample?: Counterexample;
  };
  readonly right: {
    readonly text: string;
    readonly holds: boolean;
    readonly reason?: string;
    readonly digits: Digits;
  };
  /** The mistake is caught and the right line holds. */
  readonly ok: boolean;
}

const formulaMistakes: readonly Mistake[] = [
  { id: 'focal-batch-mean', summary: 'the focal factor taken from the mean loss of the batch',
    line: 'mean', branch: 'every branch', cause: 'mean(n, …) is too much' },
  { id: 'mask-label-column', summary: 'the mask of hard classes includes the column of the label',
    line: 'mask', branch: 'every branch', cause: 'k != y and … is missing' },
  { id: 'margin-no-grad', summary: 'the margin computed where no gradient is recorded',
    line: 'grad', branch: 'every branch', cause: '… * sin(θ + m) / sin(θ) is missing' },
  { id: 'degrees-for-radians', summary: 'a margin in degrees where radians are meant',
    line: 'arc', branch: 'every branch', cause: '… * pi / 180 is missing' },
  { id: 't-minus-one', summary: 't counted from 0 in a formula that counts it from 1',
    line: '(11)', branch: 'I[k] = 1', cause: '… - 1 is missing' },
  { id: 'clamp-outside-acos', summary: 'the angle clamped to [-1, 1] instead of its cosine',
    line: 'f', branch: 'not (acos(c[y]) < 1)', cause: 'min(…, 1) is too much' },
  { id: 'easy-margin-mask', summary: 'an easy margin on the target, the full margin in the mask',
    line: 'D13', branch: 'not (c[y] > 0), not (k != y and f < c[k]), c[y] - m < c[k]', cause: 'c[y] - m where f is due' },
  { id: 'missing-jacobian', summary: 'a gradient that forgets that the vectors were normalised',
    line: '(14)', branch: 'every branch', cause: '(… - c[k] * unit(w[k])) / norm(w[k]) is missing' },
  { id: 'circle-no-softplus', summary: 'Circle loss as a plain sum of two log-sum-exps',
    line: '(6)', branch: 'every branch', cause: 'softplus(…) is missing' },
  { id: 'scale-twice', summary: 'a margin multiplied by s before everything is multiplied by s',
    line: 'mm', branch: 'c[y] <= -cos(m)', cause: 's * … is too much' },
  { id: 'mask-turned-round', summary: 'the fallback for θ + m > π taken where θ + m < π',
    line: 'mask', branch: 'every branch', cause: 'c[y] > -cos(m) where c[y] <= -cos(m) is due' },
  { id: 'segment-at-pi', summary: "A-Softmax's segment q = m at θ = π, where the slope changes sign",
    line: "ψ'", branch: 'not (floor(4 * acos(c) / pi) < 3), 32 * c^3 - 16 * c < 0', cause: 'min(…, 3) is missing' },
  { id: 'p2sgrad-mean', summary: 'a gradient divided by the number of classes as well',
    line: 'grad', branch: 'every branch', cause: '2 / (sum(n, 1) * sum(k, 1)) * (…) is missing' },
  { id: 'center-step', summary: 'the step of a centre used as the gradient of center loss',
    line: 'grad', branch: 'every branch', cause: '… * (1 + count[k]) is missing' },
  { id: 'logits-normalised', summary: 'the vector of logits normalised instead of features and weights',
    line: 'cos', branch: 'every branch', cause: 'sqrt(sum(j, a[j]^2)) where norm(w[k]) * norm(x) is due' },
  { id: 'cosine-against-angle', summary: 'a cosine compared with a margin in radians',
    line: 'D13', branch: 'k != y', cause: 'm where f is due' },
  { id: 'margin-order', summary: 'the margins m2 and m3 exchanged between two conventions',
    line: 'f', branch: 'every branch', cause: 'm2 and m3 exchanged' },
  { id: 'proxy-in-denominator', summary: 'the positive proxy counted among the negatives',
    line: 'NCA', branch: 'every branch', cause: 'sum(k, exp(-D[k])) where sum(k != y, exp(-D[k])) is due' },
  { id: 'average-turned-round', summary: 'the weights of a running mean exchanged',
    line: 'mean', branch: 'every branch', cause: '1 - … is too much' },
  { id: 'exp-without-max', summary: 'a softmax of large scores without its shift',
    line: '(1)', branch: 'every branch', cause: '0 where max(k, z[k]) is due' },
  { id: 'epsilon-in-log', summary: 'an epsilon inside the logarithm that hides the hardest samples',
    line: 'grad', branch: 'every branch', cause: '… + 1e-9 is too much' },
  { id: 'slope-by-angle', summary: 'the derivative by θ used where the one by cos θ is due',
    line: 'df', branch: 'every branch', cause: '-sin(θ + m) where sin(θ + m) / sin(θ) is due' },
  { id: 'softmax-twice', summary: 'a cross-entropy of probabilities instead of scores',
    line: 'CE', branch: 'every branch', cause: 'p[k] where z[k] is due' },
];

/** All mistakes, formulas first. */
export const mistakes: readonly Mistake[] = [...formulaMistakes, ...snippetMistakes];

/**
 * Checks what people wrote and the right line.
 *
 * Throws    DomainError for an unknown id, with the ids that exist
 */
export function checkMistake(id: string): MistakeReport {
  const snippet = snippetMistakes.find((mistake) => mistake.id === id);
  if (snippet !== undefined) return checkSnippets(snippet);
  if (!formulaMistakes.some((mistake) => mistake.id === id)) {
    const ids = mistakes.map((mistake) => mistake.id).join(', ');
    throw new DomainError(message(`the mistake '${id}'`, `Mistakes are ${ids}`, 'Choose one of them'));
  }
  return checkFormula(id, parseDerivation(readMistake(id), `${id}.derivation`));
}

/** The one amended line of a derivation; every other line of it has to hold. */
export function checkFormula(id: string, derivation: Derivation): MistakeReport {
  const { title, source, notes } = derivation;
  const ledger = checkDerivation(derivation, { printedCounterexamples: true });
  const row = ledger.rows.find((line) => line.amended !== undefined);
  if (row === undefined) {
    const rule = 'What people wrote is a claim, the right line its amendment';
    throw new DomainError(message(`the mistake '${id}' has no amended line`, rule, 'Add amend below the claim'));
  }
  const caught = row.verdict === 'amended';
  const own = ledger.rows.filter((line) => line.verdict === 'fails' || line.verdict === 'unexercised');
  const wrong = own.map((line) => `${line.id}: ${line.reason ?? line.verdict}`).join('; ');
  return {
    version: 1, id, title, source, notes: [...notes, ...row.notes], language: 'formula', given: definitionsOf(derivation),
    written: {
      // Where it failed first is left out: the counterexample is elsewhere.
      text: row.text, caught, reason: (row.reason ?? 'it holds').replace(/, at [^,]+ = .*$/, ''),
      ...(caught && { found: findingOf(row, derivation) }),
      ...(caught && row.counterexample && { counterexample: row.counterexample }),
    },
    right: { text: row.amended!, holds: ledger.ok, digits: row.digits, ...(wrong !== '' && { reason: wrong }) },
    ok: caught && ledger.ok,
  };
}

/** The three, read off the row: a side of a condition is named where the line fails on that side alone. */
function findingOf({ id, lineNumber, failsWhere, edits = [] }: LedgerRow, { sections }: Derivation): Finding {
  const line = sections.flatMap((section) => section.lines).find((each) => each.lineNumber === lineNumber);
  const where = line?.claim?.where ?? null;
  const sides = failsWhere ?? (where === null ? [] : [printCond(where)]);
  return {
    line: id, branch: sides.length === 0 ? 'every branch' : sides.join(', '),
    cause: edits.map(editText).join('; '),
  };
}

/** An edit in words; what stays as it is is left out. */
function editText({ from, to, exchanged }: Edit): string {
  if (exchanged) return `${from} and ${to} exchanged`;
  // Whole names only: m does not stand in min.
  const isLetter = (c: string | undefined): boolean => c !== undefined && /[\p{L}\d]/u.test(c);
  const around = (whole: string, part: string): string | undefined => {
    for (let at = whole.indexOf(part); at >= 0; at = whole.indexOf(part, at + 1)) {
      const end = at + part.length;
      const splits = (isLetter(whole[at - 1]) && isLetter(whole[at])) || (isLetter(whole[end - 1]) && isLetter(whole[end]));
      if (!splits) return `${whole.slice(0, at)}…${whole.slice(end)}`;
    }
    return undefined;
  };
  const [missing, extra] = [around(to, from), around(from, to)];
  return missing !== undefined ? `${missing} is missing` : extra !== undefined ? `${extra} is too much` : `${from} where ${to} is due`;
}

function definitionsOf({ sections }: Derivation): string[] {
  return sections.flatMap((section) => section.lines).flatMap(({ target, value }) => {
    if (target === undefined) return [];
    const index = target.index.length > 0 ? `[${target.index.join(', ')}]` : '';
    return [`${target.name}${index} = ${printExpr(value!)}`];
  });
}

/** Both tools at every point of the mistake: the wrong one must fail somewhere, the right one nowhere. */
export function checkSnippets({ id, title, source, notes, written, right, decides, points }: SnippetMistake): MistakeReport {
  const fails = (snippet: Snippet, point: readonly number[]): boolean => !judge(snippet, point).ok;
  const start = points.find((point) => fails(written, point));
  const rightReports = points.map((point) => judge(right, point));
  const broken = rightReports.find((report) => !report.ok);
  const small = start && smallest(start, (point) => fails(written, point) && !fails(right, point));
  const found = small && judge(written, small);
  return {
    version: 1, id, title, source, notes, language: 'typescript', given: [],
    written: {
      text: written.text.trim(), caught: found !== undefined,
      reason: found === undefined ? 'its gradient is right' : reasonOf(found),
      ...(small && found && {
        found: { line: changedLine(written, right), branch: branchOf([...points, small, around], decides, { written, right }), cause: causeOf(found) },
      }),
      ...(small && { counterexample: exampleAt(small, written, right) }),
    },
    right: {
      text: right.text.trim(), holds: broken === undefined, digits: digitsOf(rightReports),
      ...(broken && { reason: reasonOf(broken) }),
    },
    ok: found !== undefined && broken === undefined,
  };
}

/** The first line of a tool that is not the same in the right one. */
function changedLine(written: Snippet, right: Snippet): string {
  const lines = right.text.split('\n');
  return written.text.split('\n').find((line, i) => line !== lines[i])?.trim() ?? '';
}

/** Entries on both sides of what such code decides, its borders included. */
const around = Array.from({ length: 33 }, (_, i) => (i - 16) / 8);

/** The sides of its conditions on which alone a tool is wrong, as the ledger names those of a formula. */
function branchOf(
  points: readonly (readonly number[])[], decides: SnippetMistake['decides'], { written, right }: Pick<SnippetMistake, 'written' | 'right'>,
): string {
  const wrong = points.flatMap((point) => {
    const [found, good] = [written, right].map((snippet) => secondGradient(snippet, point)) as [number[], number[]];
    return point.filter((_, i) => entryError(found[i]!, good[i]!, 0) >= 1e-9);
  });
  const sides = decides.flatMap(({ text, holds }) =>
    (wrong.every(holds) ? [text] : wrong.some(holds) ? [] : [`not (${text})`]));
  return sides.length === 0 ? 'every branch' : sides.join(', ');
}

/** What kind of failure it is; the numbers are in the reason. */
const causeOf = ({ failures, cause }: GradcheckReport): string => cause?.text ?? kinds[failures[0]?.kind ?? ''] ?? 'the gradient is wrong';
const kinds: Readonly<Record<string, string>> = {
  nonfinite: 'the gradient is not finite', repeat: 'two calls of gradient differ', duals: 'the rule does not agree with dual numbers',
};

/** Functions over tensors are given a tensor, tools over plain arrays an array. */
const inputOf = (tool: Checkable, point: readonly number[]): unknown =>
  (typeof tool === 'function' ? tensor([...point], { dtype: 'f64' }) : [...point]);

function judge({ make }: Snippet, point: readonly number[]): GradcheckReport {
  const tool = make();
  return gradcheck(tool, [inputOf(tool, point)], { orders: [1] });
}

function smallest(start: readonly number[], fails: (point: readonly number[]) => boolean): readonly number[] {
  const shrunk = shrinkInputs({ x: { axes: ['i'], shape: [start.length], data: start } }, ({ x }) => fails(x.data));
  return shrunk.x.data;
}

function reasonOf({ failures, cause }: GradcheckReport): string {
  const first = failures[0]?.text.replace(/^order 1: /, '') ?? '';
  return cause === undefined ? first : `${first}: ${cause.text}`;
}

/** The entry at which the two gradients differ most, each asked for a second time, as a training loop does. */
function exampleAt(point: readonly number[], written: Snippet, right: Snippet): Counterexample {
  const [wrong, good] = [written, right].map((snippet) => secondGradient(snippet, point)) as [number[], number[]];
  const errors = good.map((x, i) => entryError(wrong[i]!, x, 0));
  const worst = errors.indexOf(Math.max(...errors));
  return { values: { x: point }, entry: `the gradient of x[${worst}]`, left: wrong[worst]!, right: good[worst]! };
}

function secondGradient({ make }: Snippet, point: readonly number[]): number[] {
  const tool = make();
  if (typeof tool === 'function') {
    const slope = grad((x: Tensor) => sum((tool as (x: Tensor) => Tensor)(x)));
    return Array.from(slope(inputOf(tool, point) as Tensor).data);
  }
  const call = (): readonly PlainArray[] => tool.gradient([inputOf(tool, point)] as never);
  call();
  return Array.from(call()[0] as readonly number[]);
}

/** The fewest digits over all points. */
function digitsOf(reports: readonly GradcheckReport[]): Digits {
  const least = (of: 'duals' | 'differences'): number | null => {
    const all = reports.flatMap((report) => report.orders.map((order) => order[of])).filter((x) => x !== null);
    return all.length === 0 ? null : Math.min(...all);
  };
  return { statement: null, duals: least('duals'), differences: least('differences') };
}
