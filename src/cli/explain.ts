// `marginalia explain`: a loss of the catalogue at a small point, every line with its value and its adjoint. The point is
// drawn from a seed, so that one class is harder than the label's, or read from a file.

import { dirname, join, relative, resolve, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bits, uniformFromBits } from '../base/random.ts';
import { MarginaliaError } from '../base/errors.ts';
import { provedLines } from '../check/index.ts';
import { type Explanation, explain as explainFunction, renderHtml, renderMarkdown, renderText, type ReportOptions } from '../explain/index.ts';
import { wrap } from '../explain/text.ts';
import { tensor, type Tensor } from '../graph/index.ts';
import { type LossInput, type LossOptions, lossRow, type Row } from '../losses/index.ts';
import { type Arguments, readArguments, readText, UsageError, wholeNumber } from './arguments.ts';
import type { Command } from './command.ts';
import { lossOptions, parametersOf } from './loss-options.ts';
import { columns, hasColour, print, progress } from './output.ts';
import { pageOptions, writePages } from './pages.ts';
import { answer, questionHelp, questionOptions, studies } from './questions.ts';

const help = `usage: marginalia explain <loss> [options]

Prints every line of a loss: formula, value and shape, the derivative of the loss by it with the
rules that made it, and what the derivative takes for granted. Losses have ids such as sv-am-softmax.

  --case FILE    a point: JSON with the inputs (features, weights, labels) and the parameters
  --seed N       another point than the standard one (1)
  --set A=V      a parameter, such as --set m=0.35; may be given several times
  --all          also the steps that otherwise stand inside the formulas
  --prove        beside every adjoint, the digits to which dual numbers and differences agree with it
  --html FILE    write a page that stands alone: formulas set, lines linked and proved, no script;
                 with who made the largest entry (or that of --entry), borders and digits
  --markdown FILE
                 the same as Markdown with LaTeX
  --json         print the explanation, or the answer to the question, as JSON
  --help         this text

${questionHelp}

A case is a file such as (a row of features for every sample, a row of weights for every class)
  { "features": [[0.8, 0.6], [-0.6, 0.8]],
    "weights": [[1, 0], [0, 1], [-1, 0]],
    "labels": [0, 1], "m": 0.35 }

Exit code 0, 1 where --against found a difference, 2 for bad usage or input.`;

interface Point {
  /** Where it is from, for the reader. */
  readonly from: string;
  readonly inputs: readonly LossInput[];
  readonly options: LossOptions;
}

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    case: { type: 'string' }, seed: { type: 'string' }, set: { type: 'string', multiple: true }, all: { type: 'boolean' },
    prove: { type: 'boolean' },
    json: { type: 'boolean' }, ...pageOptions, ...questionOptions,
  }, 'explain');
  const [id, extra] = positionals;
  if (id === undefined) throw new UsageError('explain: which loss? Give an id such as sv-am-softmax; see marginalia explain --help');
  if (extra !== undefined) throw new UsageError(`explain: one loss at a time, found '${extra}' after '${id}'`);
  if (values['case'] !== undefined && values['seed'] !== undefined) throw new UsageError('explain: --case and --seed both give the point; leave one out');
  const row = lossRow(id);
  const point = typeof values['case'] === 'string' ? readPoint(row, values['case']) : drawnPoint(row, wholeNumber(values['seed'], 'seed', 0, 1));
  const options = { ...point.options, ...lossOptions(row, values['set']) };
  const loss = row.create(options) as (...inputs: never[]) => Tensor;
  const names = row.inputs.map(baseName);
  const explained = explainFunction(loss, point.inputs, { names });
  const again = (others: LossOptions): Explanation =>
    explainFunction(row.create(others) as (...inputs: never[]) => Tensor, point.inputs, { names });
  const width = columns();
  const seed = wholeNumber(values['seed'], 'seed', 0, 1);
  const asked = { explanation: explained, row, options, inputs: point.inputs, again, seed };
  const answered = answer(asked, values, width);
  const code = answered?.differs === true ? 1 : 0;
  const wantsProof = ['prove', 'html', 'markdown'].some((option) => values[option] !== undefined);
  const explanation = wantsProof ? await withProof(explained, loss, point.inputs) : explained;
  const written = writePages(values, lossPages(row, options, point, explanation, () => studies(asked, values), values));
  if (values['json'] === true) {
    const { title, source } = row;
    const about = { id, title, source, ...row.text(options), parameters: parametersOf(row, options) };
    print(JSON.stringify({ loss: about, ...(answered?.data ?? explanation) }, null, 1));
    return code;
  }
  if (written.length > 0) {
    print(written.map((path) => `written: ${path}`).join('\n'));
    return code;
  }
  print([
    ...headerText(row, options, point.from, width), '',
    answered?.text ?? renderText(explanation, { width, color: hasColour(process.stdout), fold: values['all'] !== true }),
  ].join('\n'));
  return code;
}

/** The explanation with its proofs; between two lines the output flows and Ctrl-C is heard. */
async function withProof(
  explanation: Explanation, loss: (...inputs: never[]) => Tensor, inputs: readonly LossInput[],
): Promise<Explanation> {
  const lines = provedLines(explanation, loss, inputs);
  for (let next = lines.next(); ; next = lines.next()) {
    progress(next.done ? '' : `proving line ${next.value.line} of ${next.value.of}`);
    if (next.done) return next.value;
    await setImmediate();
  }
}

/** `features[3]` is given as a list of three. */
const baseName = (input: string): string => input.replace(/\[\d+\]$/, '');
const countOf = (input: string): number | undefined => (/\[(\d+)\]$/.test(input) ? Number(/\[(\d+)\]$/.exec(input)![1]) : undefined);

function sentences(row: Row, options: LossOptions): { readonly source: string; readonly parameters: string } {
  const { paper, arxiv, equation } = row.source;
  return {
    source: [paper, ...(arxiv === null ? [] : [`arXiv ${arxiv}`]), ...(equation === null ? [] : [equation])].join(', '),
    parameters: Object.entries(parametersOf(row, options)).map(([name, value]) => `${name} = ${String(value)}`).join(', '),
  };
}

function headerText(row: Row, options: LossOptions, from: string, width: number): string[] {
  const { source, parameters } = sentences(row, options);
  const equations = row.text(options).equation.split('\n').flatMap((line) => wrap(line, width - 2).map((part) => `  ${part}`));
  return [...wrap(`${row.id}: ${row.title}`, width), ...wrap(source, width), '', ...equations, '', ...wrap(parameters, width), ...wrap(from, width)];
}

/** The pages of a loss at a point; `values` says where they will lie. */
function lossPages(
  row: Row, options: LossOptions, { from }: Point, explanation: Explanation, found: () => ReturnType<typeof studies>, values: Arguments['values'],
) {
  const { source, parameters } = sentences(row, options);
  const { arxiv, equation } = row.source;
  const there = { ...(arxiv !== null && { href: `https://arxiv.org/abs/${arxiv}` }), ...(equation !== null && { equation }) };
  const frame = { title: `${row.id}: ${row.title}`, source: { text: source, ...there }, notes: [parameters, from], equation: row.text(options).equation };
  const reportAt = (path: unknown): ReportOptions => ({ ...frame, studies: found(), address: addressIn(String(path)) });
  return { html: () => renderHtml(explanation, reportAt(values['html'])), markdown: () => renderMarkdown(explanation, reportAt(values['markdown'])) };
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The address of a line of this package in a page at `path`: a relative one in a page within it, so that page and files can be
 * committed together; elsewhere the address on this machine, as for files of the reader's own.
 */
function addressIn(path: string): NonNullable<ReportOptions['address']> {
  const folder = dirname(resolve(path));
  return (file, line) => {
    const target = join(root, file.replace(/^marginalia\//, ''));
    if (!`${folder}${sep}`.startsWith(root)) return `${pathToFileURL(target)}#L${line}`;
    return `${relative(folder, target).split(sep).map(encodeURIComponent).join('/')}#L${line}`;
  };
}

function readPoint(row: Row, path: string): Point {
  const text = readText(path);
  const json = parsed(text, path);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new UsageError(`${path}: a case is a JSON object with ${row.inputs.join(', ')} and parameters`);
  }
  const entries = new Map(Object.entries(json));
  const inputs = row.inputs.map((input) => {
    const name = baseName(input);
    const value = entries.get(name);
    if (value === undefined) throw new UsageError(`${path}: ${name} is missing; ${row.id} takes ${row.inputs.join(', ')}`);
    entries.delete(name);
    return inputFrom(value, input, `${path}: ${name}`);
  });
  return { from: `point from ${path}`, inputs, options: Object.fromEntries(entries) as LossOptions };
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${path}: not JSON: ${error instanceof Error ? error.message.replace(/\s+/g, ' ') : ''}`);
  }
}

const isList = (x: unknown): x is number[] => Array.isArray(x) && x.every((n) => typeof n === 'number' && Number.isFinite(n));
const isRows = (x: unknown): x is number[][] => Array.isArray(x) && x.every(isList);

function inputFrom(value: unknown, input: string, where: string): LossInput {
  const count = countOf(input);
  if (count !== undefined) {
    if (!Array.isArray(value) || value.length !== count) throw new UsageError(`${where}: a list of ${count} matrices is needed`);
    return value.map((part) => inputFrom(part, baseName(input), where) as Tensor);
  }
  const isVector = input === 'labels' || input === 'bias';
  if (!(isVector ? isList(value) : isRows(value))) {
    throw new UsageError(`${where}: ${isVector ? 'a list of numbers' : 'a list of rows of finite numbers'} is needed`);
  }
  try {
    return tensor(value as number[] | number[][], { dtype: input === 'labels' ? 'i32' : 'f64' });
  } catch (error) {
    throw error instanceof MarginaliaError ? new UsageError(`${where}: ${error.message}`) : error;
  }
}

const sizes = { classes: 4, dimensions: 3 };

/** A small point with two decimals: the first sample lies nearer to another class than to its own. */
export function drawnPoint(row: Row, seed: number): Point {
  // A loss without class weights compares samples, so it needs two of each of two classes, one of them among the others.
  const [labels, own] = row.inputs.includes('weights') ? [[0, 2], 0.8] : [[0, 0, 1, 1], 0.4];
  let count = 0;
  const draw = (): number => 2 * uniformFromBits(bits(seed, count++, 1)[0]!) - 1;
  const vector = (): number[] => Array.from({ length: sizes.dimensions }, draw);
  const weights = distinct(() => Array.from({ length: sizes.classes }, () => unit(vector())));
  const features = (): number[][] => labels.map((y, i) => {
    const other = weights[(y + 1) % sizes.classes]!;
    return weights[y]!.map((w, d) => (i === 0 ? own * w + other[d]! : w + 0.3 * other[d]!) + 0.1 * draw());
  });
  const drawn: Readonly<Record<string, () => LossInput>> = {
    features: () => matrix(features()), weights: () => matrix(weights), centers: () => matrix(weights),
    bias: () => tensor(Array.from({ length: sizes.classes }, () => rounded(0.2 * draw())), { dtype: 'f64' }),
    labels: () => tensor(labels, { dtype: 'i32' }),
  };
  const inputs = row.inputs.map((input) => {
    const one = drawn[baseName(input)]!;
    const count = countOf(input);
    return count === undefined ? one() : Array.from({ length: count }, () => one() as Tensor);
  });
  return { from: `point from seed ${seed}`, inputs, options: {} };
}

const rounded = (x: number): number => Math.round(x * 100) / 100;
const matrix = (rows: readonly (readonly number[])[]): Tensor => tensor(rows.map((row) => row.map(rounded)), { dtype: 'f64' });
const unit = (x: readonly number[]): number[] => x.map((n) => n / Math.hypot(...x));

/** Draws again until no two rows point the same way, so that a sample can tell the classes apart. */
function distinct(draw: () => number[][]): number[][] {
  const near = (a: number[], b: number[]): boolean => a.reduce((sum, x, d) => sum + x * b[d]!, 0) > 0.7;
  for (;;) {
    const rows = draw();
    if (!rows.some((a, i) => rows.some((b, j) => i < j && near(a, b)))) return rows;
  }
}

export const explain: Command = { help, run };
