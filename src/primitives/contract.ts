// The sum of products of two tensors over named axes: matrix products, inner products, convolutions (over an
// unfolded view) and einsum are all this one primitive. Its adjoint is again a contraction, so the gradient of a
// product is made of products.
// The loop works on packed 4×4 tiles: the packing reads through any strides, so nothing is ever expanded or copied
// whole; sums are accumulated in double, in order, and rounded once.

import { DTypeError, message, ShapeError } from '../base/errors.ts';
import { shapeText, sizeOf } from '../base/shape.ts';
import type { ContractPrimitive, Params, Typed } from '../graph/primitive.ts';
import { apply } from '../graph/recorder.ts';
import type { Tensor } from '../graph/tensor.ts';
import { Value } from '../graph/value.ts';
import { refuseIntegers } from './broadcast.ts';
import { permute } from './layout.ts';

/** Pairs of axes (of a, of b). The result has the batch axes, then the free axes of a, then those of b. */
export interface ContractAxes {
  readonly batch: readonly (readonly [number, number])[];
  readonly sum: readonly (readonly [number, number])[];
}

/** The axes of one operand by the part they play. */
function rolesOf(rank: number, axes: ContractAxes, side: 0 | 1) {
  const batch = axes.batch.map((pair) => pair[side]);
  const sum = axes.sum.map((pair) => pair[side]);
  const free = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !batch.includes(axis) && !sum.includes(axis));
  return { batch, sum, free };
}

function contractType([a, b]: readonly Typed[], params: Params): Typed {
  const axes = params as unknown as ContractAxes;
  if (a!.dtype !== b!.dtype) {
    throw new DTypeError(message(`contract: operands of type ${a!.dtype} and ${b!.dtype}`, 'Operands have one type', 'Use cast'));
  }
  refuseIntegers(a!, 'contract');
  for (const [i, j] of [...axes.batch, ...axes.sum]) {
    if (a!.shape[i] !== b!.shape[j]) {
      throw new ShapeError(message(`contract: shapes ${shapeText(a!.shape)} and ${shapeText(b!.shape)}`, `Axis ${i} of the first and axis ${j} of the second have one size`, 'Check the order of the axes (transpose)'));
    }
  }
  const ra = rolesOf(a!.shape.length, axes, 0);
  const rb = rolesOf(b!.shape.length, axes, 1);
  return {
    shape: [...ra.batch.map((i) => a!.shape[i]!), ...ra.free.map((i) => a!.shape[i]!), ...rb.free.map((j) => b!.shape[j]!)],
    dtype: a!.dtype,
  };
}

// With out = Σ a·b: the cotangent of a is the contraction of grad and b over the free axes of b, with its axes put
// back into the order of a; the same the other way round.
function adjoint(side: 0 | 1) {
  return ({ grad, params }: { grad: Tensor; params: Params }, a: Tensor | undefined, b: Tensor | undefined): Tensor => {
    const axes = params as unknown as ContractAxes;
    const [self, other] = side === 0 ? [a!, b!] : [b!, a!];
    const mine = rolesOf(self.rank, axes, side);
    const theirs = rolesOf(other.rank, axes, side === 0 ? 1 : 0);
    const nBatch = axes.batch.length;
    const nFreeA = side === 0 ? mine.free.length : theirs.free.length;
    const theirFreeAt = side === 0 ? nBatch + nFreeA : nBatch;
    const product = contract(grad, other, {
      batch: theirs.batch.map((axis, i) => [i, axis]),
      sum: theirs.free.map((axis, i) => [theirFreeAt + i, axis]),
    });
    // The product's axes: batch, my free axes, then the summed axes in the order they have in the other operand.
    const summed = theirs.sum.map((axis, i) => ({ axis, mine: mine.sum[i]! })).sort((x, y) => x.axis - y.axis).map((x) => x.mine);
    const places = [...mine.batch, ...mine.free, ...summed];
    return permute(product, places.map((_, axis) => places.indexOf(axis)));
  };
}

const contract_: ContractPrimitive = {
  name: 'contract', kind: 'contract',
  vjp: [adjoint(0), adjoint(1)],
  print: ([a, b], params) => {
    const axes = params as unknown as ContractAxes;
    const pairs = (list: ContractAxes['sum']): string => list.map(([i, j]) => `${i}·${j}`).join(' ');
    return `contract(${a!}, ${b!}, sum ${pairs(axes.sum)}${axes.batch.length > 0 ? `, batch ${pairs(axes.batch)}` : ''})`;
  },
  type: contractType,
  run: ([a, b], params) => {
    const { shape, dtype } = contractType([a!, b!], params);
    const axes = params as unknown as ContractAxes;
    const result = Value.empty(dtype, shape);
    const ra = rolesOf(a!.shape.length, axes, 0);
    const rb = rolesOf(b!.shape.length, axes, 1);
    const batchA = offsets(a!, ra.batch);
    const batchB = offsets(b!, rb.batch);
    const table = { m: offsets(a!, ra.free), ka: offsets(a!, ra.sum), kb: offsets(b!, rb.sum), n: offsets(b!, rb.free) };
    const block = table.m.length * table.n.length;
    const panels = panelsFor(table);
    for (let i = 0; i < batchA.length; i++) {
      product(a!, a!.offset + batchA[i]!, b!, b!.offset + batchB[i]!, table, panels, result, i * block);
    }
    return result;
  },
};

/** Positions, relative to the first element, of all index combinations of some axes in row-major order. */
function offsets(x: Value, axes: readonly number[]): Int32Array {
  const out = new Int32Array(sizeOf(axes.map((axis) => x.shape[axis]!)));
  let filled = 1;
  for (const axis of axes) {
    const n = x.shape[axis]!;
    const stride = x.strides[axis]!;
    if (n === 0) return out;
    for (let i = filled - 1; i >= 0; i--) {
      const base = out[i]!;
      for (let j = n - 1; j >= 0; j--) out[i * n + j] = base + j * stride;
    }
    filled *= n;
  }
  return out;
}

interface OffsetTable {
  readonly m: Int32Array;
  readonly ka: Int32Array;
  readonly kb: Int32Array;
  readonly n: Int32Array;
}

const panel = 4;
const columnBlock = 256;

/** Room for four rows of a and one block of columns of b; shared by all products of a batch. */
function panelsFor(t: OffsetTable): { readonly left: Float64Array; readonly right: Float64Array } {
  const width = Math.min(columnBlock, Math.ceil(t.n.length / panel) * panel);
  return { left: new Float64Array(panel * t.ka.length), right: new Float64Array(width * t.ka.length) };
}

// Letters: M rows of a, N columns of b, K summed; a panel holds 4 rows (or columns) with K consecutive groups of 4.
function product(
  a: Value, a0: number, b: Value, b0: number, t: OffsetTable, { left, right }: ReturnType<typeof panelsFor>, out: Value, at: number,
): void {
  const [M, N, K] = [t.m.length, t.n.length, t.ka.length];
  for (let n0 = 0; n0 < N; n0 += columnBlock) {
    const columns = Math.min(columnBlock, N - n0);
    for (let j = 0; j < columns; j += panel) pack(b, b0, t.n, n0 + j, t.kb, right, j * K);
    for (let m0 = 0; m0 < M; m0 += panel) {
      pack(a, a0, t.m, m0, t.ka, left, 0);
      for (let j = 0; j < columns; j += panel) tile(left, right, j * K, K, out, at, m0, n0 + j, M, N);
    }
  }
}

/** Copies 4 rows through their offsets into a panel; rows beyond the end become zeros. */
function pack(x: Value, base: number, rows: Int32Array, first: number, ks: Int32Array, into: Float64Array, at: number): void {
  for (let r = 0; r < panel; r++) {
    const inside = first + r < rows.length;
    const start = inside ? base + rows[first + r]! : 0;
    for (let k = 0, to = at + r; k < ks.length; k++, to += panel) into[to] = inside ? x.array[start + ks[k]!]! : 0;
  }
}

function tile(
  left: Float64Array, right: Float64Array, from: number, K: number, out: Value, at: number, m0: number, n0: number, M: number, N: number,
): void {
  let c00 = 0, c01 = 0, c02 = 0, c03 = 0, c10 = 0, c11 = 0, c12 = 0, c13 = 0;
  let c20 = 0, c21 = 0, c22 = 0, c23 = 0, c30 = 0, c31 = 0, c32 = 0, c33 = 0;
  for (let p = 0, q = from, end = panel * K; p < end; p += panel, q += panel) {
    const b0 = right[q]!, b1 = right[q + 1]!, b2 = right[q + 2]!, b3 = right[q + 3]!;
    const a0 = left[p]!, a1 = left[p + 1]!, a2 = left[p + 2]!, a3 = left[p + 3]!;
    c00 += a0 * b0; c01 += a0 * b1; c02 += a0 * b2; c03 += a0 * b3;
    c10 += a1 * b0; c11 += a1 * b1; c12 += a1 * b2; c13 += a1 * b3;
    c20 += a2 * b0; c21 += a2 * b1; c22 += a2 * b2; c23 += a2 * b3;
    c30 += a3 * b0; c31 += a3 * b1; c32 += a3 * b2; c33 += a3 * b3;
  }
  const c = [c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23, c30, c31, c32, c33];
  for (let i = 0; i < panel && m0 + i < M; i++) {
    for (let j = 0; j < panel && n0 + j < N; j++) out.array[at + (m0 + i) * N + n0 + j] = c[i * panel + j]!;
  }
}

/** Σ over pairs of axes of a·b; pairs in `batch` are kept and lead the result. */
export const contract = (a: Tensor, b: Tensor, axes: ContractAxes): Tensor =>
  apply(contract_, [a, b], { batch: axes.batch, sum: axes.sum });

export const contraction = [contract_];
