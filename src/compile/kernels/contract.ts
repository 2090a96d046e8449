// A contraction as a product: which axes of its operands are batched, summed and free; and how one is run on the spot,
// on this thread, for eager steps.

import type { ContractAxes } from '../../primitives/index.ts';
import type { Axis, Operand, Product } from './group.ts';
import type { Scratch } from '../wasm/memory.ts';
import { planProduct, type ProductPlan } from './product.ts';
import type { WasmFunction } from '../wasm/webassembly.ts';

/** An operand in WebAssembly memory: the address of its first element, its axes with strides in elements. */
export interface Placed {
  readonly address: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** The axes of one operand by the part they play: batch, summed, free. */
function roles(rank: number, axes: ContractAxes, side: 0 | 1) {
  const batch = axes.batch.map((pair) => pair[side]);
  const sum = axes.sum.map((pair) => pair[side]);
  const free = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !batch.includes(axis) && !sum.includes(axis));
  return { batch, sum, free };
}

/** M, N, K and the number of products of a contraction. */
export function contractSizes(a: readonly number[], b: readonly number[], axes: ContractAxes) {
  const size = (shape: readonly number[], of: readonly number[]): number => of.reduce((n, axis) => n * shape[axis]!, 1);
  const [ra, rb] = [roles(a.length, axes, 0), roles(b.length, axes, 1)];
  return { M: size(a, ra.free), N: size(b, rb.free), K: size(a, ra.sum), batch: size(a, ra.batch) };
}

type Strided = Omit<Placed, 'address'> & { readonly buffer: number; readonly offset: number };

function operandOf(x: Strided, axes: ContractAxes, side: 0 | 1): Operand {
  const { batch, free, sum } = roles(x.shape.length, axes, side);
  const of = (list: readonly number[]): Axis[] => list.map((axis) => ({ size: x.shape[axis]!, stride: x.strides[axis]! }));
  return { buffer: x.buffer, offset: x.offset, batch: of(batch), free: of(free), sum: of(sum) };
}

/** The product that computes a contraction of two strided operands into the buffer `out`. */
export const productOf = (a: Strided, b: Strided, axes: ContractAxes, out: number): Product =>
  ({ kind: 'product', left: operandOf(a, axes, 0), right: operandOf(b, axes, 1), out });

/** Plans of the last contractions: an eager loop asks for the same few again and again. */
const plans = new Map<string, ProductPlan>();
const mostPlans = 64;

function planOf(a: Placed, b: Placed, axes: ContractAxes): ProductPlan {
  const key = [a.shape, a.strides, b.shape, b.strides, axes.batch.flat(), axes.sum.flat()].join('|');
  const plan = plans.get(key) ?? planProduct(productOf({ ...a, buffer: 0, offset: 0 }, { ...b, buffer: 1, offset: 0 }, axes, 2));
  plans.delete(key);
  plans.set(key, plan);
  if (plans.size > mostPlans) plans.delete(plans.keys().next().value!);
  return plan;
}

/** Writes the contraction, dense and row-major, to the address `out`. No size may be 0. */
export function runContract(
  kernels: Record<string, WasmFunction>, scratch: Scratch, a: Placed, b: Placed, axes: ContractAxes, out: number,
): void {
  const places = [a.address, b.address, out];
  const plan = planOf(a, b, axes);
  const [tables, panels, own] = [scratch.take(plan.tableBytes), scratch.take(plan.panelBytes), scratch.take(plan.scratchBytes)];
  plan.writeTables(scratch.words(tables, plan.tableBytes / 4), tables);
  for (const { kernel, units, args } of plan.stages(0, { address: (buffer) => places[buffer]!, tables, panels })) {
    kernels[kernel]!(0, units, own, ...args);
  }
}
