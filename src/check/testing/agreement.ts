// Comparing numbers in a test, with the error norm of the project and a message that says where and how badly.

import { digits as digitsOf, worstError } from '../../base/compare.ts';
import { MarginaliaError } from '../../base/errors.ts';
import { coordinates, sameShape, shapeText } from '../../base/shape.ts';
import { isTensor, type Tensor } from '../../graph/tensor.ts';

export type Numbers = Tensor | ArrayLike<number> | number;

export interface Agreement {
  readonly ok: boolean;
  /** Decimal digits of agreement of the worst entry; 17 when all are equal. */
  readonly digits: number;
  /** The worst entry. */
  readonly at: readonly number[];
  readonly message: string;
}

const numbersOf = (x: Numbers): { data: ArrayLike<number>; shape: readonly number[] } => {
  if (typeof x === 'number') return { data: [x], shape: [] };
  return isTensor(x) ? { data: x.data, shape: x.shape } : { data: x, shape: [x.length] };
};

/**
 * Whether two lists of numbers agree to some digits: 0 when equal, else |a − b| / max(|b|, 1e-3·max|b|).
 *
 * Edges     NaN agrees with NaN and an infinity with itself; shapes of tensors must be equal
 */
export function agreement(actual: Numbers, expected: Numbers, options: { readonly digits?: number } = {}): Agreement {
  const wanted = options.digits ?? 10;
  const [a, b] = [numbersOf(actual), numbersOf(expected)];
  const comparable = isTensor(actual) && isTensor(expected) ? sameShape(a.shape, b.shape) : a.data.length === b.data.length;
  if (!comparable) return {
    ok: false, digits: 0, at: [], message: `shapes ${shapeText(a.shape)} and ${shapeText(b.shape)} differ`,
  };
  const worst = worstError(a.data, b.data);
  const digits = digitsOf(worst.error);
  const at = coordinates(worst.at, isTensor(expected) ? b.shape : a.shape);
  const place = at.length === 0 ? '' : ` at ${shapeText(at)}`;
  const numbers = a.data.length === 0 ? '' : `: ${a.data[worst.at]!} against ${b.data[worst.at]!}`;
  const text = `agreement to ${digits.toFixed(1)} digits, ${wanted} demanded; worst${place}${numbers}`;
  return { ok: digits >= wanted, digits, at, message: text };
}

/** Throws an Error with the message of `agreement` when the numbers do not agree. */
export function assertAgreement(actual: Numbers, expected: Numbers, options: { readonly digits?: number } = {}): void {
  const found = agreement(actual, expected, options);
  if (!found.ok) throw new MarginaliaError(found.message);
}
