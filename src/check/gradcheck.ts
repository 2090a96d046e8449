// gradcheck: is the gradient of this function right? The engine's rules are judged by dual numbers and by differences
// of the frozen program, to any order; a report says which entry is wrong, by how much, which step's rule is at fault
// and what kind of mistake it looks like. `f` may also be somebody else's code over plain arrays, with its one gradient.

import { demandFunction, demandList, demandOptions } from '../base/demand.ts';
import { isFloat } from '../base/dtype.ts';
import { DomainError, DTypeError, MarginaliaError, message } from '../base/errors.ts';
import { type Flat, flatten } from '../base/tree.ts';
import { overflowsOf, overflowText } from '../explain/overflow.ts';
import { evaluate } from '../graph/evaluate.ts';
import { isTensor, type Operand, type Tensor, tensor } from '../graph/tensor.ts';
import { type Trace, trace } from '../graph/trace.ts';
import type { Value } from '../graph/value.ts';
import { firstNonFinite } from './blame.ts';
import { diagnose } from './diagnose.ts';
import { sizeOfNumbers } from './differences.ts';
import { wrongNearby } from './nearby.ts';
import { checkOrder, demanded, type OrderResult } from './order.ts';
import { checkPlain, isPlain, type PlainFunction } from './plain.ts';
import { blocksOf, derivativeOf, joined, lengthOf, type Program } from './program.ts';
import {
  derivativeText, type EntryReport, type Failure, type GradcheckReport, reportText, stepReport, stepText,
} from './report.ts';
import { normals, seeded } from './seeded.ts';

export interface GradcheckOptions {
  /** Which orders of derivative are checked; default [1, 2], and [1] for code over plain arrays, which gives no other. */
  readonly orders?: readonly number[];
  /** Of cotangents, directions and sampled entries. Default 1. */
  readonly seed?: number;
}

export type Checkable = ((...args: never[]) => unknown) | PlainFunction;

/** A failure names at most so many entries. */
const named = 3;

/**
 * Checks the derivatives of f at a point.
 *
 * Shapes    inputs: one Float64 tensor, number, or tree of them per argument; integer tensors are taken as they are
 * Gradient  judged per order: ≥ 10 digits against dual numbers and ≥ 6 against differences, or agreement to rounding
 * Edges     kinks and jumps at the point are reported, not failed, except that foreign code must give a slope between the two
 *           of a kink and must leave at least half of its entries comparable; stopGradient and surrogate are frozen and listed. What
 *           overflows on the way to a finite result is noted: all methods agree on the derivative of the overflow
 * Throws    DTypeError for Float32 (its seven digits cannot be judged to ten); DomainError for orders there are not; whatever f throws
 */
export function gradcheck(f: Checkable, inputs: readonly unknown[], options: GradcheckOptions = {}): GradcheckReport {
  demandList(inputs, 'inputs', 'gradcheck');
  demandOptions(options, ['orders', 'seed'], 'gradcheck');
  const seed = options.seed ?? 1;
  const orders = options.orders ?? [1, 2];
  demandList(orders, 'orders', 'gradcheck');
  if (orders.length === 0 || orders.some((order) => !Number.isInteger(order) || order < 1)) {
    throw new DomainError(message(
      `gradcheck: orders [${orders.join(', ')}]`, 'Orders are whole numbers from 1', 'Leave them out for [1, 2]'
    ));
  }
  if (isPlain(f, 'gradcheck')) {
    if (options.orders === undefined || orders.every((order) => order === 1)) return checkPlain(f, inputs, seed);
    throw new DomainError(message(
      `gradcheck: orders [${orders.join(', ')}] of { value, gradient }`, 'It gives its first derivative and no other',
      'Leave orders out, or write a function of tensors'));
  }
  demandFunction(f, 'gradcheck');
  let returned: unknown;
  const watched = (...args: never[]): unknown => (returned = f(...args));
  const traced = trace(watched, widened(inputs), { positions: true });
  if (typeof returned === 'number') {
    throw new DTypeError(message(
      `gradcheck: the function returned the number ${returned}, not a tensor`, 'A plain number has no path to the inputs',
      'Return what the ops give, without item()'
    ));
  }
  const program = programOf(traced, inputs);
  const broken = nonFinite(program, 'the result');
  const failure = broken ?? unrecorded(f, traced, inputs);
  if (failure !== undefined) return { ok: false, seed, orders: [], failures: [failure], frozen: [], borders: [], notes: [] };
  const beyond = overflowNotes(program);
  const report = checkOrders(program, orders, seed);
  return beyond.length === 0 ? report : { ...report, notes: [...beyond, ...report.notes] };
}

/**
 * A function that reads numbers (x.item(), x.data) leaves them in its program as constants, and every judge would agree
 * with that program. So the function is run again a little aside and held against the replayed program: the same
 * steps give the same bits.
 */
function unrecorded(f: (...args: never[]) => unknown, { graph, inputs: ids, outputs }: Trace, inputs: readonly unknown[]): Failure | undefined {
  const aside = widened(inputs).map((tree, i) => {
    const flat = leavesOf(tree, i);
    return flat.rebuild(flat.leaves.map((x) => (isTensor(x) && isFloat(x.dtype) ? nudged(x) : x)));
  });
  const leaves = aside.flatMap((tree, i) => leavesOf(tree, i).leaves) as Tensor[];
  const replayed = evaluate(graph, outputs, new Map(ids.map((id, i) => [id, leaves[i]!.read()])));
  const again = trace(f, aside).result.leaves;
  const differs = again.findIndex((y, i) => {
    const recorded = replayed[outputs[i]!]!.data();
    return y.data.some((value, k) => !Object.is(value, recorded[k]) && value !== recorded[k]);
  });
  if (differs < 0) return undefined;
  return {
    kind: 'unrecorded',
    text: 'a little aside, the function gives other values than its recorded steps: it reads a number (item, data), branches on one, or'
      + ' is random, and no derivative can see that; use where, stopGradient, or pass the number as an argument',
  };
}

const nudged = (x: Tensor): Tensor => {
  const size = sizeOfNumbers(x.data);
  const aside = Float64Array.from(x.data, (value) => value + 1e-6 * (Math.abs(value) + 1e-3 * size));
  return tensor(aside, { shape: x.shape, dtype: 'f64' });
};

/** Throws an Error with the text of the report when a gradient is wrong. */
export function assertGradients(f: Checkable, inputs: readonly unknown[], options: GradcheckOptions = {}): void {
  const report = gradcheck(f, inputs, options);
  if (!report.ok) throw new MarginaliaError(reportText(report));
}

const isOperand = (x: unknown): x is Operand => isTensor(x) || typeof x === 'number';
const leavesOf = (tree: unknown, argument: number): Flat<Operand> => flatten(tree, isOperand, `inputs[${argument}]`);

/** Numbers become Float64 tensors; Float32 is refused. */
function widened(inputs: readonly unknown[]): unknown[] {
  return inputs.map((tree, i) => {
    const flat = leavesOf(tree, i);
    return flat.rebuild(flat.leaves.map((x, k) => {
      if (typeof x === 'number') return tensor(x, { dtype: 'f64' });
      if (x.dtype === 'f32') refuseFloat32(`${flat.paths[k]!} is f32`);
      return x;
    }));
  });
}

function refuseFloat32(what: string): never {
  throw new DTypeError(message(
    `gradcheck: ${what}`, 'Float32 has seven digits and a derivative is judged to ten',
    "Make the inputs with tensor(values, { dtype: 'f64' }); the ops follow their type"
  ));
}

function programOf(traced: Trace, inputs: readonly unknown[]): Program {
  const { graph, recorder, result } = traced;
  const paths = inputs.flatMap((tree, i) => leavesOf(tree, i).paths);
  const live = graph.live(traced.outputs);
  const narrow = graph.steps.find((step) => live[step.id] && step.dtype === 'f32');
  if (narrow !== undefined) refuseFloat32(`the program computes in f32 at ${stepText(stepReport(graph, narrow.id))}`);
  const base = traced.inputs.map((id) => recorder.tensors[id]!.read());
  const floats = traced.inputs.flatMap((id, position) =>
    (isFloat(graph.steps[id]!.dtype) ? [{ name: paths[position]!, shape: graph.steps[id]!.shape, position }] : []));
  const outputs = traced.outputs.flatMap((id, i) => (isFloat(graph.steps[id]!.dtype)
    ? [{ id, name: `f${/^[a-z]/iu.test(result.paths[i]!) ? '.' : ''}${result.paths[i]!}`, shape: graph.steps[id]!.shape }] : []));
  if (floats.length === 0 || outputs.length === 0) {
    throw new DTypeError(message(
      `gradcheck: no float ${floats.length === 0 ? 'input' : 'result'}`, 'Integers have no derivative',
      "Pass at least one tensor of dtype 'f64' and return one"
    ));
  }
  const blocks = blocksOf(floats);
  return {
    recorder, fragment: { graph, inputs: traced.inputs, outputs: outputs.map((x) => x.id) }, base,
    inputs: blocks, outputs: blocksOf(outputs), point: joined(blocks.map((block) => base[block.position]!)),
  };
}

function checkOrders(start: Program, orders: readonly number[], seed: number): GradcheckReport {
  const results: OrderResult[] = [];
  const failures: Failure[] = [];
  const notes: string[] = [];
  let worst: EntryReport | undefined;
  let cause: GradcheckReport['cause'];
  let program: Program = start;
  for (let order = 1; order <= Math.max(...orders); order++) {
    const stream = seeded(seed, order);
    const result = orders.includes(order) ? checkOrder(program, order, stream) : undefined;
    if (result !== undefined) {
      results.push(result);
      failures.push(...result.failures, ...wrongEntries(result));
      notes.push(...result.notes);
      if (result.wrong.length > 0 && cause === undefined) {
        const diagnosis = diagnose(program, result, seeded(seed, 1000 + order));
        worst = diagnosis.worst;
        cause = diagnosis.cause;
      }
    }
    // A second derivative of a wrong first one explains nothing.
    if (failures.length > 0 || order === Math.max(...orders)) break;
    const size = lengthOf(program.outputs);
    const cotangent = size === 1 ? Float64Array.of(1) : normals(stream, size);
    const next = derivativeOf(program, cotangent, order);
    if (next === undefined) {
      notes.push(`order ${order}: no input has a path to the result; higher orders are zero`);
      break;
    }
    const broken = nonFinite(next, `the derivative of order ${order}`) ?? wrongNearby(program, cotangent, next, order, stream);
    if (broken?.kind === 'unreached') notes.push(broken.text);
    else if (broken !== undefined) {
      failures.push({ kind: broken.kind, text: broken.text });
      break;
    }
    program = next;
  }
  const leasts = results.flatMap((r) => (r.least === undefined ? [] : [r.least.entry]));
  // What agrees is not the worst of a report that fails for another reason.
  if (failures.length === 0) worst = leasts.reduce<EntryReport | undefined>((a, b) => (a === undefined || b.digits < a.digits ? b : a), undefined);
  const first = results[0];
  const nearest = first?.nearest;
  const frozen = first === undefined ? [] : first.frozen.frozen;
  return {
    ok: failures.length === 0, seed, orders: results.map((r) => r.summary), failures,
    ...(worst && { worst }), ...(cause && { cause }),
    frozen: frozen.map(({ kind, step }) => ({ kind, step: stepReport(start.fragment.graph, step) })),
    borders: first?.borders ?? [], ...(nearest && { nearest }), notes,
  };
}

/** One line per wrong entry, the worst first; what both references contradict is said once. */
function wrongEntries({ wrong, summary }: OrderResult): Failure[] {
  // Of two references that contradict an entry equally, duals are the sharper.
  const rank = ({ entry, against }: OrderResult['wrong'][number]): number =>
    Math.round(10 * entry.digits) + (against === 'duals' ? 0 : 0.5);
  const worst = [...wrong].sort((a, b) => rank(a) - rank(b));
  const seen = new Set<string>();
  const entries = worst.filter(({ row, column }) => {
    const key = derivativeText({ output: row.name, ...column });
    return seen.has(key) ? false : seen.add(key);
  });
  const failures = entries.slice(0, named).map(({ entry, against }): Failure => {
    const differences = entry.difference === null ? '' : `, differences ${entry.difference}`;
    return {
      kind: against,
      text: `order ${entry.order}: ${derivativeText(entry)}: engine ${entry.analytic}, duals ${entry.numeric!}${differences}`
        + ` (${entry.digits.toFixed(1)} digits, ${demanded[against]} demanded)`,
    };
  });
  const more = entries.length - named;
  return more <= 0 ? failures : [
    ...failures, { kind: entries[named]!.against, text: `order ${summary.order}: … and ${more} more entries` },
  ];
}

/** What is infinite on the way and finite in the result: duals and differences are those of the overflow too, and agree. */
function overflowNotes({ recorder, fragment: { graph, outputs } }: Program): string[] {
  const valueOf = (id: number): Value => recorder.tensors[id]!.read();
  const naming = { name: (id: number) => graph.steps[id]!.label ?? `%${id}`, formula: (id: number) => stepText(stepReport(graph, id)) };
  return overflowsOf(graph, outputs, valueOf).map((found) => overflowText(found, graph, valueOf, naming));
}

function nonFinite({ recorder, fragment }: Program, what: string): Failure | undefined {
  const found = firstNonFinite(fragment.graph, fragment.outputs, (id) => recorder.tensors[id]?.read());
  if (found === undefined) return undefined;
  const step = fragment.graph.steps[found.step]!;
  const forward = step.origin === undefined ? '' : `, in the rule of ${stepText(stepReport(fragment.graph, step.origin.step))}`;
  const place = found.entry.length === 0 ? '' : `[${found.entry.join(', ')}] of `;
  const where = `${place}${stepText(stepReport(fragment.graph, found.step))}${forward}`;
  return { kind: 'nonfinite', text: `${what} is not finite: ${found.value} first at ${where}` };
}
