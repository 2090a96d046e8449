// How an elementwise primitive is made from its scalar body: broadcasting, number types, the reference loop and the
// printed formula all follow from it. The families (arithmetic, exponential, …) only give bodies and rules.

import { type DType, isFloat } from '../base/dtype.ts';
import { DTypeError, message } from '../base/errors.ts';
import { broadcastShapes, type Shape } from '../base/shape.ts';
import type { Domain, Laws, MapPrimitive, Params, Rule, Typed } from '../graph/primitive.ts';
import { apply } from '../graph/recorder.ts';
import { isTensor, lift, type Operand, type Tensor } from '../graph/tensor.ts';
import { bodyText, integers, numbers } from './algebra.ts';
import { mapBinary, mapTernary, mapUnary } from './loops.ts';

interface MapOptions {
  readonly arity: 1 | 2 | 3;
  readonly body: MapPrimitive['body'];
  readonly vjp: readonly (Rule | null)[];
  /** Also defined on i32. */
  readonly integers?: boolean;
  readonly decides?: 'output' | 'operand';
  readonly laws?: Laws;
  readonly domain?: readonly Domain[];
  /** Printed as a call of its name: for a body that is longer than a formula should be. */
  readonly printed?: 'call';
  /** The type of the result where it is not that of the operands. */
  readonly resultType?: (params: Params) => DType;
}

export function mapPrimitive(name: string, options: MapOptions): MapPrimitive {
  const { arity, body } = options;
  return {
    name,
    kind: 'map',
    body,
    vjp: options.vjp,
    print: (inputs, params) => (options.printed === 'call'
      ? `${name}(${inputs.join(', ')})`
      : bodyText((algebra, ...xs) => body(algebra, params, ...xs), inputs)),
    type: (inputs, params) => mapType(name, inputs, options.integers ?? false, options.resultType?.(params)),
    run: (inputs, params) => {
      const { shape, dtype } = mapType(name, inputs, options.integers ?? false, options.resultType?.(params));
      const algebra = inputs[0]!.dtype === 'i32' ? integers : numbers;
      if (arity === 1) return mapUnary((a) => body(algebra, params, a), shape, dtype, inputs[0]!);
      if (arity === 2) return mapBinary((a, b) => body(algebra, params, a, b), shape, dtype, inputs[0]!, inputs[1]!);
      return mapTernary((a, b, c) => body(algebra, params, a, b, c), shape, dtype, inputs[0]!, inputs[1]!, inputs[2]!);
    },
    ...(options.decides && { decides: options.decides }),
    ...(options.laws && { laws: options.laws }),
    ...(options.domain && { domain: options.domain }),
  };
}

function mapType(name: string, inputs: readonly Typed[], allowsIntegers: boolean, result?: DType): Typed {
  const dtype = inputs[0]!.dtype;
  for (const x of inputs) {
    if (x.dtype !== dtype) {
      throw new DTypeError(message(`${name}: operands of type ${inputs.map((i) => i.dtype).join(' and ')}`, 'Operands have one type; nothing is converted silently', "Use cast(x, 'f32' | 'f64' | 'i32')"));
    }
  }
  if (!allowsIntegers && !isFloat(dtype)) {
    throw new DTypeError(message(`${name}: an operand of type i32`, `${name} is defined on f32 and f64`, "Use cast(x, 'f32' | 'f64')"));
  }
  const shape = inputs.map((x) => x.shape).reduce((a: Shape, b: Shape) => broadcastShapes(a, b, name));
  return { shape, dtype: result ?? dtype };
}

/** Numbers among the operands adopt the type of the first tensor (f32 when there is none). */
export function lifted(operands: readonly Operand[]): Tensor[] {
  const dtype = operands.find(isTensor)?.dtype ?? 'f32';
  return operands.map((x) => lift(x, dtype));
}

export const unary = (primitive: MapPrimitive) => (x: Operand): Tensor => apply(primitive, lifted([x]));
export const binary = (primitive: MapPrimitive) => (a: Operand, b: Operand): Tensor => apply(primitive, lifted([a, b]));
