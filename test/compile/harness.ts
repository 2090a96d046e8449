// How a compiled function is judged: against the reference in Float64, by the error the reference itself makes in
// Float32 when it adds in the order of the kernels. Points at which Float32 and Float64 decide differently say nothing
// about a kernel; they are counted.

import { vi } from 'vitest';
import { isFloat, type TypedArray } from '../../src/base/dtype.ts';
import { DomainError, MarginaliaError } from '../../src/base/errors.ts';
import { sizeOf } from '../../src/base/shape.ts';
import { flatten } from '../../src/base/tree.ts';
import { type Decisions, decisionsOf, firstFlip } from '../../src/check/cells.ts';
import { compile } from '../../src/compile/compile.ts';
import { blockK } from '../../src/compile/kernels/product-kernel.ts';
import { Pool, processRunner } from '../../src/compile/pool.ts';
import { type Engine, evaluate, fromValue, isTensor, type Tensor, tensor, trace, useEngine, Value } from '../../src/graph/index.ts';
import { cast, type ContractAxes, permute, reshape } from '../../src/primitives/index.ts';

type Program = (...inputs: never[]) => unknown;

/** Contractions in Float32, in order within blocks of K, the blocks in order: what a kernel's sum means. */
export const treeSums: Engine = (primitive, inputs, params) => {
  if (primitive.kind !== 'contract' || inputs[0]!.dtype !== 'f32') return undefined;
  const axes = params as unknown as ContractAxes;
  const { shape } = primitive.type(inputs, params);
  if (sizeOf(shape) * sizeOf(inputs[0]!.shape) * sizeOf(inputs[1]!.shape) === 0) return undefined;
  const [a, b] = inputs.map((x, side) => asRows(fromValue(x), axes, side as 0 | 1));
  const [batch, K] = [sizeOf(axes.batch.map(([i]) => inputs[0]!.shape[i]!)), a!.K];
  const [M, N] = [a!.data.length / batch / K, b!.data.length / batch / K];
  const out = new Float32Array(batch * M * N);
  for (let at = 0; at < out.length; at++) {
    const [row, column] = [Math.floor(at / N) * K, (Math.floor(at / (M * N)) * N + (at % N)) * K];
    for (let k0 = 0; k0 < K; k0 += blockK) {
      let sum = 0;
      for (let k = k0; k < Math.min(K, k0 + blockK); k++) sum = Math.fround(sum + Math.fround(a!.data[row + k]! * b!.data[column + k]!));
      out[at] = k0 === 0 ? sum : out[at]! + sum;
    }
  }
  return new Value('f32', shape, out);
};

/** [batch, free, summed] of an operand, dense. */
function asRows(x: Tensor, axes: ContractAxes, side: 0 | 1): { data: TypedArray; K: number } {
  const [batch, sum] = [axes.batch.map((pair) => pair[side]), axes.sum.map((pair) => pair[side])];
  const free = x.shape.flatMap((_, axis) => (batch.includes(axis) || sum.includes(axis) ? [] : [axis]));
  const K = sizeOf(sum.map((axis) => x.shape[axis]!));
  return { data: reshape(permute(x, [...batch, ...free, ...sum]), [x.size]).data, K };
}

/**
 * Runs a program with its stages in another order: of those that may begin, the last comes first. No thread can be further
 * ahead of the others.
 */
function turnedRound<A extends unknown[]>(program: (...args: A) => unknown): (...args: A) => unknown {
  const runner = processRunner();
  return (...args) => {
    const spy = vi.spyOn(runner, 'run').mockImplementation((stages, options) => {
      const needs = stages.map((stage, i) => (stage.kind === 'host' ? i : stage.needs ?? i));
      const firstHost = (from: number): number => stages.findIndex((stage, i) => i >= from && stage.kind === 'host');
      const done = new Set<number>();
      for (let over = 0; over < stages.length;) {
        const end = firstHost(over);
        const next = needs.findLastIndex((n, i) => !done.has(i) && n <= over && (end < 0 || i <= end));
        done.add(next);
        while (done.has(over)) over++;
      }
      inOrder.call(runner, [...done].map((i) => stages[i]!), { ...options, threads: 1 });
    });
    try {
      return program(...args);
    } finally {
      spy.mockRestore();
    }
  };
}

const inOrder = Pool.prototype.run;

export interface Verdict {
  /** False where Float32 and Float64 take other decisions, or leave the finite numbers at other places. */
  readonly counts: boolean;
  /** The first output that is not what it should be. */
  readonly failure?: string;
}

/** Runs a function compiled, in Float32 and in Float64, at Float32 inputs (tensors, or lists of them). */
export function judge(f: Program, inputs: readonly unknown[]): Verdict {
  const doubled = inputs.map((x) => mapped(x, (leaf) => (isFloat(leaf.dtype) ? cast(leaf, 'f64') : leaf)));
  const run = (): Evaluated => evaluated(f, inputs, treeSums);
  const refusal = errorOf(run);
  const program = compile(f, { threads: 1 }) as unknown as (...args: unknown[]) => unknown;
  if (refusal instanceof MarginaliaError) {
    const mine = errorOf(() => program(...inputs));
    const isSame = mine instanceof MarginaliaError && mine.name === refusal.name;
    return { counts: true, ...(!isSame && { failure: `${String(mine)} compiled, ${String(refusal)} in Float32` }) };
  }
  // Places that follow from numbers may be in range in Float32 and out of it in Float64.
  if (errorOf(() => evaluated(f, doubled, undefined)) instanceof DomainError) return { counts: false };
  const [single, double] = [run(), evaluated(f, doubled, undefined)];
  const [mine, other] = [program, turnedRound(program)].map((run) => flatten(run(...inputs), isTensor).leaves.map((x) => x.data.slice()));
  if (!mine!.every((x, i) => x.every((y, j) => Object.is(y, other![i]![j])))) return { counts: true, failure: 'stages in another order give other bits' };
  const agree = single.decisions.length === double.decisions.length && firstFlip(single.decisions, double.decisions) === undefined;
  const sameFinite = single.outputs.every((x, i) => Array.from(x).every((y, j) => Number.isFinite(y) === Number.isFinite(double.outputs[i]![j])));
  for (let i = 0; i < mine!.length; i++) {
    const [a, b, truth] = [mine![i]!, single.outputs[i]!, double.outputs[i]!];
    if (a.length !== b.length) return { counts: true, failure: `output ${i} has ${a.length} elements, not ${b.length}` };
    if (!agree || !sameFinite) continue;
    const largest = Array.from(truth).reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0);
    const allowed = 4 * worst(b, truth) + 4 * 2 ** -23 * largest + 2 ** -140;
    for (let j = 0; j < a.length; j++) {
      const same = Object.is(a[j], b[j]) || Math.abs(a[j]! - truth[j]!) <= allowed;
      if (!same) return { counts: true, failure: `output ${i} element ${j}: ${a[j]} compiled, ${b[j]} in Float32, ${truth[j]} in Float64` };
    }
  }
  return { counts: agree && sameFinite };
}

const worst = (a: TypedArray, b: TypedArray): number => Array.from(a).reduce((most, x, i) => {
  const error = Math.abs(x - b[i]!);
  return Number.isFinite(error) ? Math.max(most, error) : most;
}, 0);

const errorOf = (call: () => unknown): unknown => {
  try {
    call();
    return undefined;
  } catch (error) {
    return error;
  }
};

interface Evaluated {
  readonly outputs: readonly TypedArray[];
  readonly decisions: Decisions;
}

function evaluated(f: Program, inputs: readonly unknown[], engine: Engine | undefined): Evaluated {
  const { graph, inputs: ids, outputs } = trace(f, inputs, { mode: 'abstract' });
  const leaves = inputs.flatMap((x) => flatten(x, isTensor).leaves);
  useEngine(engine);
  try {
    const values = evaluate(graph, outputs, new Map(ids.map((id, i) => [id, leaves[i]!.read()])));
    return { outputs: outputs.map((id) => values[id]!.data()), decisions: decisionsOf(graph, outputs, values) };
  } finally {
    useEngine(undefined);
  }
}

const mapped = (tree: unknown, f: (x: Tensor) => Tensor): unknown => {
  const flat = flatten(tree, isTensor);
  return flat.rebuild(flat.leaves.map(f));
};

/** Tensors with their numbers rounded to Float32. */
export const singled = (tree: unknown): unknown => mapped(tree, (x) => (x.dtype === 'f64' ? tensor(Float32Array.from(x.data), { shape: x.shape }) : x));
