// Products of matrices and, in general, of named axes. Both come down to one contraction. An axis that only one
// operand has is a free axis of the contraction, so batches broadcast without any operand being expanded.

import { message, ShapeError } from '../base/errors.ts';
import { type Shape, shapeText } from '../base/shape.ts';
import type { Tensor } from '../graph/tensor.ts';
import { contract, permute, reshape } from '../primitives/index.ts';
import { demandFloat, demandSameType } from './operands.ts';

/**
 * The matrix product over the last two axes, all leading axes being batches.
 *
 * Equation  matmul(a, b)_ij = Σ_k a_ik·b_kj
 * Shapes    a [..., M, K], b [..., K, N] → [..., M, N]; batch axes broadcast; a vector is a row on the left, a column
 *           on the right, and its axis disappears
 * Gradient  of a: grad·bᵀ; of b: aᵀ·grad; summed over the batches an operand was shared by
 * Edges     K = 0 gives zeros; accumulated in double, rounded once
 * Throws    ShapeError for a rank of 0, inner sizes that differ or batches that do not fit; DTypeError for i32 or
 *           mixed types
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  demandFloat(a, 'matmul');
  demandFloat(b, 'matmul');
  demandSameType('matmul', a, b);
  const left = a.rank === 1 ? [1, ...a.shape] : a.shape;
  const right = b.rank === 1 ? [...b.shape, 1] : b.shape;
  if (a.rank === 0 || b.rank === 0 || left.at(-1) !== right.at(-2)) {
    throw misfit(a, b, 'The last axis of the first and the last but one of the second are equal', 'Check for a missing transpose');
  }
  const { kinds, batch } = batchKinds(a, b, left.slice(0, -2), right.slice(0, -2));
  const has = (kind: Batch): readonly number[] => batch.filter((_, axis) => kinds[axis] === kind);
  const [shared, ofA, ofB] = [has('both'), has('a'), has('b')];
  const rowsA = left.at(-2)!;
  const inner = left.at(-1)!;
  const columns = right.at(-1)!;
  // Batch axes that only the other operand has are dropped; what is left of each operand is in the order of the result.
  const slim = (x: Tensor, own: Batch, matrix: Shape): Tensor =>
    reshape(x, [...batch.filter((_, axis) => kinds[axis] === 'both' || kinds[axis] === own), ...matrix]);
  const sharedFirst = (x: Tensor, own: Batch): Tensor => {
    const kept = kinds.filter((kind) => kind === 'both' || kind === own);
    const order = [...kept.keys()].sort((i, j) => Number(kept[i] !== 'both') - Number(kept[j] !== 'both'));
    return permute(x, [...order, order.length, order.length + 1]);
  };
  const p = sharedFirst(slim(a, 'a', [rowsA, inner]), 'a');
  const q = sharedFirst(slim(b, 'b', [inner, columns]), 'b');
  const product = contract(p, q, {
    batch: shared.map((_, axis) => [axis, axis]),
    sum: [[p.rank - 1, q.rank - 2]],
  });
  // The product's axes are: shared batches, batches of a, rows, batches of b, columns.
  const first = { both: 0, a: shared.length, b: shared.length + ofA.length + 1 };
  const order = kinds.flatMap((kind) => (kind === 'one' ? [] : [first[kind]++]));
  const sorted = permute(product, [...order, shared.length + ofA.length, shared.length + ofA.length + 1 + ofB.length]);
  return reshape(sorted, [...batch, ...(a.rank === 1 ? [] : [rowsA]), ...(b.rank === 1 ? [] : [columns])]);
}

/** Who has a batch axis of the result: both operands, one of them (the other repeats), or nobody (size 1). */
type Batch = 'both' | 'a' | 'b' | 'one';

function batchKinds(a: Tensor, b: Tensor, batchA: Shape, batchB: Shape): { readonly kinds: Batch[]; readonly batch: number[] } {
  const rank = Math.max(batchA.length, batchB.length);
  const kinds: Batch[] = [];
  const batch: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const m = batchA[axis - rank + batchA.length] ?? 1;
    const n = batchB[axis - rank + batchB.length] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw misfit(a, b, 'Batch axes are equal or one of them is 1', 'Use unsqueeze to say which batches belong together');
    }
    kinds.push(m === 1 && n === 1 ? 'one' : m === n ? 'both' : n === 1 ? 'a' : 'b');
    batch.push(m === 1 ? n : m);
  }
  return { kinds, batch };
}

function misfit(a: Tensor, b: Tensor, rule: string, todo: string): ShapeError {
  return new ShapeError(message(`matmul: shapes ${shapeText(a.shape)} and ${shapeText(b.shape)}`, rule, todo));
}
