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
    throw misfit(a, b, 'The last axis of the first equals the last but one of the second', 'Look for a missing transpose');
  }
  const { shape, ofA, ofB } = batchAxes(a, b, left.slice(0, -2), right.slice(0, -2));
  const [rows, inner, columns] = [left.at(-2)!, left.at(-1)!, right.at(-1)!];
  const sizes = (axes: readonly number[]): number[] => axes.map((axis) => shape[axis]!);
  const shared = ofA.filter((axis) => ofB.includes(axis));
  const product = contract(reshape(a, [...sizes(ofA), rows, inner]), reshape(b, [...sizes(ofB), inner, columns]), {
    batch: shared.map((axis) => [ofA.indexOf(axis), ofB.indexOf(axis)]),
    sum: [[ofA.length + 1, ofB.length]],
  });
  const alone = (own: readonly number[]): number[] => own.filter((axis) => !shared.includes(axis));
  const axes = [...shared, ...alone(ofA), 'rows', ...alone(ofB), 'columns'];
  const batch = shape.flatMap((_, axis) => (ofA.includes(axis) || ofB.includes(axis) ? [axis] : []));
  const sorted = permute(product, [...batch, 'rows', 'columns'].map((axis) => axes.indexOf(axis)));
  return reshape(sorted, [...shape, ...(a.rank === 1 ? [] : [rows]), ...(b.rank === 1 ? [] : [columns])]);
}

/** The batch axes of the result, and which of them each operand really has: where it has size 1 it has none. */
function batchAxes(a: Tensor, b: Tensor, batchA: Shape, batchB: Shape) {
  const rank = Math.max(batchA.length, batchB.length);
  const shape: number[] = [];
  const ofA: number[] = [];
  const ofB: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const m = batchA[axis - rank + batchA.length] ?? 1;
    const n = batchB[axis - rank + batchB.length] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw misfit(a, b, 'Batch axes are equal or one of them is 1', 'Use unsqueeze to say which batches belong together');
    }
    shape.push(m === 1 ? n : m);
    if (m !== 1) ofA.push(axis);
    if (n !== 1) ofB.push(axis);
  }
  return { shape, ofA, ofB };
}

function misfit(a: Tensor, b: Tensor, rule: string, todo: string): ShapeError {
  return new ShapeError(message(`matmul: shapes ${shapeText(a.shape)} and ${shapeText(b.shape)}`, rule, todo));
}
