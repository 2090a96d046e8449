// Gradients of code that is not ours: a value and a gradient over plain arrays. There is no program to read, so
// differences alone judge, to order 1, borders are inferred from one-sided slopes, and how far the values can be
// trusted is measured. What could not be compared is counted and named; too much of it is a failure.

import { demandFunction, described } from '../base/demand.ts';
import { DTypeError, message } from '../base/errors.ts';
import { sameShape } from '../base/shape.ts';
import type { Cause } from './causes.ts';
import { sizeOfNumbers } from './differences.ts';
import { compareBlock, digitsOf, type Foreign, isFloat32 } from './foreign.ts';
import { noiseOf } from './noise.ts';
import { demanded } from './order.ts';
import { type Block, blocksOf, cut } from './program.ts';
import { type Failure, type GradcheckReport, short } from './report.ts';
import { normals, seeded } from './seeded.ts';

/** Flat or nested arrays of numbers; a gradient may also come as Float32Array. */
export type PlainArray = Float64Array | Float32Array | readonly number[] | readonly PlainArray[];

export interface PlainFunction {
  // Written by the user for arrays of the form that is passed in.
  readonly value: (inputs: never) => number;
  readonly gradient: (inputs: never) => readonly PlainArray[];
}

/** A failure names at most so many entries. */
const named = 3;

/** Whether this is code over plain arrays; both of its parts are asked for. */
export function isPlain(f: unknown, who: string): f is PlainFunction {
  if (typeof f !== 'object' || f === null || !('value' in f && 'gradient' in f)) return false;
  demandFunction(f.value, who, 'value');
  demandFunction(f.gradient, who, 'gradient');
  return true;
}

interface Input extends Block {
  /** Puts numbers back into the arrays the user passes. */
  readonly build: (numbers: Float64Array) => unknown;
}

export function checkPlain({ value, gradient }: PlainFunction, given: readonly unknown[], seed: number): GradcheckReport {
  const parts = given.map((array, i) => plainInput(array, `inputs[${i}]`));
  const inputs = blocksOf(parts);
  const point = Float64Array.from(parts.flatMap((part) => part.numbers));
  // Fresh arrays at every call: code that writes into them moves nothing, and is caught at it.
  const arraysAt = (x: Float64Array): never => inputs.map((block) => block.build(cut(x, block))) as never;
  const at = (x: Float64Array): number => value(arraysAt(x));
  const failures: Failure[] = [];
  const hint = (f: (inputs: never) => unknown, what: string): string => {
    const signature = asList(f, arraysAt(point), what);
    return signature === undefined ? '' : `: it is called with the list of the inputs, so write ${signature}`;
  };
  const watched = <T>(f: (inputs: never) => T, what: string): T => {
    const arrays = arraysAt(point);
    const result = called(f, arrays, what);
    const written = inputs.find((block, i) => {
      const after = leaves((arrays as unknown[])[i]);
      return after.length !== block.size || after.some((x, k) => !Object.is(x, point[block.offset + k]));
    });
    if (written !== undefined) failures.push({ kind: 'writes', text: `${what} writes into ${written.name}, which belongs to its caller: let it work on a copy` });
    return result;
  };
  const f0 = numberOf(watched(value, 'value'), 'gradcheck', () => hint(value, 'value'));
  const analytic = listsOf(watched(gradient, 'gradient'), 'gradcheck');
  const again = listsOf(gradient(arraysAt(point)), 'gradcheck');
  if (!Number.isFinite(f0)) failures.push({ kind: 'nonfinite', text: `the value is ${f0}${hint(value, 'value')}` });
  else if (!Object.is(at(point), f0)) failures.push({ kind: 'repeat', text: 'two calls of value at the same point differ' });
  if (analytic.length !== inputs.length) failures.push({
    kind: 'shape', text: `gradient returned ${analytic.length} arrays for ${inputs.length} inputs; it returns a list, one array per input`,
  });
  const bad = analytic.map((list) => list.findIndex((x) => !Number.isFinite(x)));
  const broken = bad.findIndex((k) => k >= 0);
  if (broken >= 0) failures.push({
    kind: 'nonfinite',
    text: `the gradient of inputs[${broken}] is not finite at entry ${bad[broken]!}${hint(gradient, 'gradient')}`,
  });
  const same = analytic.every((list, i) => list.every((x, k) => Object.is(x, again[i]?.[k])));
  if (!same) failures.push({ kind: 'repeat', text: 'two calls of gradient differ' });
  if (failures.length > 0) return { ...nothing(seed), failures };
  const stream = seeded(seed, inputs.length);
  const direction = Float64Array.from(inputs.flatMap((block) => {
    const scale = sizeOfNumbers(cut(point, block));
    return Array.from(normals(stream, block.size), (x) => x * scale);
  }));
  const noise = noiseOf((h) => at(point.map((x, i) => x + h * direction[i]!)));
  return compared(inputs, point, analytic, { seed, f0, at, noise });
}

/** Runs somebody else's function; what it cannot do with a list, or with bare numbers, is told by what it was called with. */
function called<T>(f: (inputs: never) => T, arrays: never, what: string): T {
  try {
    return f(arrays);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const given: readonly unknown[] = arrays;
    const signature = asList(f, given, what);
    if (signature === undefined && !given.some((x) => typeof x === 'number')) throw error;
    const [held, todo] = signature !== undefined ? ['the inputs', `Write ${signature}`]
      : [given.length === 1 ? 'a number' : `${given.length} inputs, numbers among them,`, 'For one array write [x]'];
    throw new DTypeError(message(
      `gradcheck: ${what} was called with a list that holds ${held} and failed: ${error.message}`,
      'The inputs are a list, one entry per argument, and the function gets that list', todo,
    ), { cause: error });
  }
}

/** How to write a function that is finite when it gets the arrays themselves and not their list: the commonest misuse. */
function asList(f: (inputs: never) => unknown, arrays: readonly unknown[], what: string): string | undefined {
  try {
    if (!leaves((f as (...arrays: unknown[]) => unknown)(...arrays)).every(Number.isFinite)) return undefined;
  } catch {
    return undefined;
  }
  return `${what}: ([${[...'xyz…'].slice(0, arrays.length).join(', ')}]) => …`;
}

/** Arrays of arrays as one list; what is no array is kept as it is. */
const leaves = (x: unknown): unknown[] =>
  (Array.isArray(x) || ArrayBuffer.isView(x) ? Array.from(x as ArrayLike<unknown>).flatMap(leaves) : [x]);

/** What a value is: a number. */
export function numberOf(found: unknown, who: string, hint = (): string => ''): number {
  if (typeof found === 'number') return found;
  throw new DTypeError(message(`${who}: value returned ${described(found)}${hint()}`, 'It returns a number', 'Add the entries up'));
}

/** What a gradient is: one list of numbers for every input. */
export function listsOf(found: unknown, who: string): number[][] {
  const strangers = Array.isArray(found) ? found.flatMap(leaves).filter((x) => typeof x !== 'number') : [found];
  if (strangers.length === 0) return (found as unknown[]).map(leaves) as number[][];
  throw new DTypeError(message(
    `${who}: gradient returned ${described(strangers[0])}`, 'It returns one array of numbers per input, in the order of the inputs',
    'Return a list of arrays, as in [g]'));
}

const nothing = (seed: number): GradcheckReport => ({
  ok: false, seed, orders: [], failures: [], frozen: [], borders: [],
  notes: ['code that is not ours: differences alone judge, to order 1'],
});

function compared(
  inputs: readonly Input[], point: Float64Array, analytic: readonly number[][], foreign: Foreign
): GradcheckReport {
  const results = inputs.map((block, i) => compareBlock(block, point, analytic[i]!, foreign, seeded(foreign.seed, i)));
  const findings = results.flatMap((result) => result.findings);
  const entries = findings.flatMap(({ entry }) => entry ?? []).sort((x, y) => x.digits - y.digits);
  const borders = findings.flatMap(({ border }) => border ?? []);
  const leftOut = findings.flatMap((finding) => finding.leftOut ?? []);
  const unresolved = findings.filter((finding) => finding.leftOut !== undefined && finding.border === undefined).length;
  // What is wrong with an entry comes before what shows along a direction.
  const rank = ({ entry }: (typeof findings)[number]): number => entry!.digits + (entry!.index === 'direction' ? 100 : 0);
  const wrong = findings.filter((finding) => finding.wrong !== undefined).sort((x, y) => rank(x) - rank(y));
  const failures = [
    ...results.flatMap(({ misfit }) => (misfit === undefined ? [] : [misfit])),
    ...wrong.slice(0, named).map((finding): Failure => ({ kind: 'differences', text: finding.wrong! })),
  ];
  if (wrong.length > named) failures.push({ kind: 'differences', text: `… and ${wrong.length - named} more entries` });
  const omitted = leftOut.length === 0 ? []
    : [`${leftOut.length} of ${findings.length} entries were left out: ${someOf(leftOut)}`];
  // What was compared must be at least half of what was asked.
  const tooFew = leftOut.length > findings.length / 2;
  if (tooFew) {
    const way = unresolved > 0 ? 'compute the value in Float64, or move the point' : 'move the point';
    failures.push({ kind: 'coverage', text: `too little was compared: ${omitted[0]!}; ${way}` });
  }
  const precision = precisionText(foreign, analytic, Math.max(0, ...findings.map(({ share }) => share)));
  const noisy: Cause | undefined = tooFew && unresolved > 0 ? {
    name: 'float32',
    text: `Float32 noise: rounding alone changes the value by about ${short(foreign.noise.level)}, which hides its slopes`,
  } : undefined;
  const cause = results.find((result) => result.cause !== undefined)?.cause ?? noisy;
  const worst = wrong[0]?.entry ?? entries[0];
  const base = nothing(foreign.seed);
  return {
    ...base, ok: failures.length === 0, failures, borders,
    orders: [{
      order: 1, entries: findings.length, full: results.every((result) => result.full), duals: null,
      differences: entries[0]?.digits ?? null, atRounding: 0, atBorder: borders.length, unresolved,
    }],
    ...(worst && { worst }), ...(cause && { cause }),
    notes: [...base.notes, ...(precision === undefined ? [] : [precision]), ...(tooFew ? [] : omitted)],
  };
}

const someOf = (list: readonly string[]): string =>
  list.slice(0, named).join(', ') + (list.length > named ? `, and ${list.length - named} more` : '');

/** What is said when some entry was held to fewer digits than usual. */
function precisionText({ noise }: Foreign, analytic: readonly number[][], share: number): string | undefined {
  const least = digitsOf(share);
  if (least >= demanded.differences) return undefined;
  if (noise.float32) return `the tool computes in Float32: demanded ${least} digits`;
  if (isFloat32(analytic.flat())) return `the gradient is Float32: demanded ${least} digits`;
  return `rounding changes the value by about ${short(noise.level)}: demanded ${least} digits`;
}

interface PlainInput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly numbers: readonly number[];
  readonly build: Input['build'];
}

function plainInput(given: unknown, name: string): PlainInput {
  if (given instanceof Float32Array) {
    throw new DTypeError(message(
      `gradcheck: ${name} is a Float32Array`, 'Differences of Float32 numbers have no digits left',
      'Pass Float64Array.from(x) or arrays of numbers'
    ));
  }
  if (given instanceof Float64Array) return { name, shape: [given.length], numbers: Array.from(given), build: (all) => all };
  if (typeof given === 'number') return { name, shape: [], numbers: [given], build: (all) => all[0]! };
  if (!Array.isArray(given)) {
    throw new DTypeError(message(
      `gradcheck: ${name} is ${given === null ? 'null' : typeof given}`,
      'Inputs of plain functions are numbers, Float64Arrays or nested arrays of numbers', 'Convert it first'
    ));
  }
  const children = given.map((child, i) => plainInput(child as unknown, `${name}[${i}]`));
  const even = children.every((child) => sameShape(child.shape, children[0]!.shape));
  const numbers = children.flatMap((child) => child.numbers);
  return {
    name, numbers, shape: even ? [children.length, ...(children[0]?.shape ?? [])] : [numbers.length],
    build: (all) => {
      let from = 0;
      return children.map((child) => child.build(all.slice(from, (from += child.numbers.length))));
    },
  };
}
