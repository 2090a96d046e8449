// Comparisons, choices and steps. A comparison gives 1 or 0 in its operands' type, so a mask can be multiplied and
// printed. None of them has a slope of its own; at the borders the rules are fixed: abs and sign have gradient 0 at 0,
// maximum and minimum split a tie in halves, where gives the whole cotangent to the branch it took.

import type { DType } from '../base/dtype.ts';
import { dtypes } from '../base/dtype.ts';
import { DomainError, DTypeError, message } from '../base/errors.ts';
import type { MapPrimitive } from '../graph/primitive.ts';
import { apply } from '../graph/recorder.ts';
import { demandTensor, type Operand, type Tensor } from '../graph/tensor.ts';
import { chain, mul } from './arithmetic.ts';
import { binary, lifted, mapPrimitive, unary } from './map.ts';

const less_ = mapPrimitive('less', { arity: 2, integers: true, decides: 'output', body: (A, _, a, b) => A.less(a!, b!), vjp: [null, null] });
const lessEqual_ = mapPrimitive('lessEqual', { arity: 2, integers: true, decides: 'output', body: (A, _, a, b) => A.lessEqual(a!, b!), vjp: [null, null] });
const equal_ = mapPrimitive('equal', { arity: 2, integers: true, decides: 'output', laws: { commutative: true }, body: (A, _, a, b) => A.equal(a!, b!), vjp: [null, null] });

export const less = binary(less_);
export const lessEqual = binary(lessEqual_);
export const equal = binary(equal_);

const where_ = mapPrimitive('where', {
  arity: 3, integers: true,
  body: (A, _, condition, a, b) => A.select(condition!, a!, b!),
  vjp: [null, ({ grad }, condition) => where(condition!, grad, 0), ({ grad }, condition) => where(condition!, 0, grad)],
});

/**
 * a where the condition is not 0, else b. It selects: a branch that is not taken contributes exactly 0 to the
 * gradient, even when its own slope is infinite. The condition has the type of the branches (masks are 0 or 1).
 */
export function where(condition: Operand, a: Operand, b: Operand): Tensor {
  return apply(where_, lifted([condition, a, b]));
}

const abs_ = mapPrimitive('abs', {
  arity: 1, decides: 'operand', laws: { idempotent: true },
  body: (A, _, x) => A.abs(x!),
  vjp: [({ grad }, x) => chain(grad, sign(x!))],
  domain: [{ from: -3, to: 3, avoid: [0] }],
});

const sign_ = mapPrimitive('sign', {
  arity: 1, decides: 'output', body: (A, _, x) => A.sign(x!), vjp: [null], domain: [{ from: -3, to: 3, avoid: [0] }],
});
const floor_ = mapPrimitive('floor', {
  arity: 1, decides: 'output', laws: { idempotent: true },
  body: (A, _, x) => A.floor(x!), vjp: [null], domain: [{ from: -3, to: 3, avoid: [-3, -2, -1, 0, 1, 2, 3] }],
});

export const abs = unary(abs_);
export const sign = unary(sign_);
export const floor = unary(floor_);

// A tie is split: half of the cotangent to each side.
const share = (grad: Tensor, a: Tensor, b: Tensor): Tensor => where(less(a, b), grad, where(equal(a, b), mul(grad, 0.5), 0));

const maximum_ = mapPrimitive('maximum', {
  arity: 2, integers: true, decides: 'operand', laws: { commutative: true, idempotent: true },
  body: (A, _, a, b) => A.max(a!, b!),
  vjp: [({ grad }, a, b) => share(grad, b!, a!), ({ grad }, a, b) => share(grad, a!, b!)],
});
const minimum_ = mapPrimitive('minimum', {
  arity: 2, integers: true, decides: 'operand', laws: { commutative: true, idempotent: true },
  body: (A, _, a, b) => A.min(a!, b!),
  vjp: [({ grad }, a, b) => share(grad, a!, b!), ({ grad }, a, b) => share(grad, b!, a!)],
});

export const maximum = binary(maximum_);
export const minimum = binary(minimum_);

const cast_: MapPrimitive = {
  ...mapPrimitive('cast', {
    arity: 1, integers: true, body: (_, __, x) => x!, resultType: (params) => params['dtype'] as DType,
    vjp: [({ grad }, x) => cast(grad, x!.dtype)],
  }),
  print: ([x], params) => `${String(params['dtype'])}(${x!})`,
};
const truncateMap = mapPrimitive('truncate', {
  arity: 1, decides: 'output', body: (A, _, x) => A.mul(A.sign(x!), A.floor(A.abs(x!))), resultType: () => 'i32',
  vjp: [null], domain: [{ from: -3, to: 3, avoid: [-3, -2, -1, 0, 1, 2, 3] }],
});
const truncate_: MapPrimitive = {
  ...truncateMap,
  print: ([x]) => `i32(${x!})`,
  run: (inputs, params) => {
    for (const value of inputs[0]!.data()) {
      if (!(value > -2147483649 && value < 2147483648)) {
        throw new DomainError(message(`cast: the value ${value} to i32`, 'i32 holds whole numbers from −2^31 to 2^31 − 1', 'Clamp the values or look for the NaN'));
      }
    }
    return truncateMap.run(inputs, params);
  },
};

/**
 * The same numbers in another type. f64 → f32 rounds; to i32 it drops the fraction (toward zero).
 *
 * Gradient  the cotangent cast back; none to or from i32
 * Edges     a cast to the own type returns x itself
 * Throws    DTypeError for an unknown type; DomainError for NaN or a number beyond 32 bits cast to i32
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  demandTensor(x, 'cast');
  if (!dtypes.includes(dtype)) {
    throw new DTypeError(message(`cast: the type ${String(dtype)}`, "Types are 'f32', 'f64' and 'i32'", 'Choose one of them'));
  }
  if (x.dtype === dtype) return x;
  return dtype === 'i32' ? apply(truncate_, [x]) : apply(cast_, [x], { dtype });
}

const significands: Record<string, number> = { f32: 24, f16: 11, bf16: 8 };

const roundTo_ = mapPrimitive('roundTo', {
  arity: 1, decides: 'output', body: (A, params, x) => A.round(x!, params['bits'] as number), vjp: [null],
});

/** Rounds to the significand of a shorter format, ties to even (the range is not cut). Piecewise constant: no gradient. */
export function roundTo(x: Operand, format: 'f32' | 'f16' | 'bf16'): Tensor {
  const bits = significands[format];
  if (bits === undefined) {
    throw new DomainError(message(`roundTo: the format ${String(format)}`, "Formats are 'f32', 'f16' and 'bf16'", 'Choose one of them'));
  }
  return apply(roundTo_, lifted([x]), { bits });
}

export const comparison = [less_, lessEqual_, equal_, where_, abs_, sign_, floor_, maximum_, minimum_, cast_, truncate_, roundTo_];
