// Where weights start, by the papers: the variance is chosen from the number of inputs (fan-in) or outputs (fan-out) of
// a unit, so that signals or gradients neither grow nor fade from layer to layer. A weight is [outputs, inputs, ...],
// as in PyTorch; a kernel's places count as inputs and as outputs.

import { demandSort } from '../base/demand.ts';
import type { FloatDType } from '../base/dtype.ts';
import { DomainError, message, ShapeError } from '../base/errors.ts';
import { type Shape, shapeText, sizeOf } from '../base/shape.ts';
import type { Tensor } from '../graph/index.ts';
import { concat, full, matmul, mul, normal, normalize, reshape, slice, sub, transpose, uniform } from '../ops/index.ts';
import { demandOptions } from '../ops/operands.ts';

/** A key and a shape → the numbers a parameter starts with. */
export type Initializer = (key: Tensor, shape: Shape, options?: { readonly dtype?: FloatDType }) => Tensor;

export interface GainOptions {
  /** What the standard deviation is multiplied by. Default 1. */
  readonly gain?: number;
}

export interface HeOptions {
  /** The slope of the activation's negative side (0 for ReLU). Default 0. */
  readonly slope?: number;
  /** Whether signals ('in') or gradients ('out') keep their variance. Default 'in'. */
  readonly fan?: 'in' | 'out';
}

interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/** Uniform numbers of mean 0 and this standard deviation reach to √3 times it. */
const uniformOf = (who: string, deviation: (fans: Fans) => number): Initializer => (key, shape, options = {}) => {
  const bound = Math.sqrt(3) * deviation(fansOf(shape, who));
  return uniform(key, shape, { low: -bound, high: bound, ...options });
};

const normalOf = (who: string, deviation: (fans: Fans) => number): Initializer => (key, shape, options = {}) =>
  normal(key, shape, { std: deviation(fansOf(shape, who)), ...options });

function fansOf(shape: Shape, who: string): Fans {
  demandSort('list', { shape }, who);
  const [outputs, inputs, ...kernel] = shape;
  if (inputs === undefined || sizeOf(shape) === 0) {
    throw new ShapeError(message(
      `${who}: a weight ${shapeText(shape)}`, 'A weight is [outputs, inputs, ...], none of them 0', 'Use constant for a bias'));
  }
  return { fanIn: inputs * sizeOf(kernel), fanOut: outputs! * sizeOf(kernel) };
}

function glorotDeviation(who: string, options: GainOptions): (fans: Fans) => number {
  const gain = gainOf(who, options);
  return ({ fanIn, fanOut }) => gain * Math.sqrt(2 / (fanIn + fanOut));
}

function gainOf(who: string, options: GainOptions): number {
  demandOptions(options, ['gain'], who);
  const { gain = 1 } = options;
  if (!Number.isFinite(gain)) throw new DomainError(message(`${who}: gain ${gain}`, 'The gain is a finite number', 'Use 1'));
  return gain;
}

function heDeviation(who: string, options: HeOptions): (fans: Fans) => number {
  demandOptions(options, ['slope', 'fan'], who);
  const { slope = 0, fan = 'in' } = options;
  if (!Number.isFinite(slope) || (fan !== 'in' && fan !== 'out')) {
    throw new DomainError(message(
      `${who}: slope ${slope}, fan '${String(fan)}'`,
      "The slope is a finite number, the fan 'in' or 'out'", 'Leave them out for ReLU'));
  }
  const variance = 2 / (1 + slope * slope);
  return ({ fanIn, fanOut }) => Math.sqrt(variance / (fan === 'in' ? fanIn : fanOut));
}

/**
 * Glorot (Xavier) uniform: for layers that are nearly linear around 0, tanh among them.
 *
 * Equation  U(−b, b),  b = gain·√(6/(fanIn + fanOut))        (Glorot & Bengio 2010, eq. 16)
 * Shapes    → [outputs, inputs, ...]
 * Throws    DomainError for a gain that is not finite; ShapeError for a shape without inputs and outputs
 */
export const glorotUniform = (options: GainOptions = {}): Initializer =>
  uniformOf('glorotUniform', glorotDeviation('glorotUniform', options));

/**
 * Glorot (Xavier) normal.
 *
 * Equation  N(0, σ²),  σ = gain·√(2/(fanIn + fanOut))        (Glorot & Bengio 2010, eq. 12)
 * Shapes    → [outputs, inputs, ...]
 * Throws    DomainError for a gain that is not finite; ShapeError for a shape without inputs and outputs
 */
export const glorotNormal = (options: GainOptions = {}): Initializer =>
  normalOf('glorotNormal', glorotDeviation('glorotNormal', options));

/**
 * He (Kaiming) uniform: for layers in front of ReLU or PReLU.
 *
 * Equation  U(−b, b),  b = √(6/((1 + slope²)·fan))           (He et al. 2015, eqs. 10 and 15, with the same variance)
 * Shapes    → [outputs, inputs, ...]
 * Throws    DomainError for options out of range; ShapeError for a shape without inputs and outputs
 */
export const heUniform = (options: HeOptions = {}): Initializer => uniformOf('heUniform', heDeviation('heUniform', options));

/**
 * He (Kaiming) normal.
 *
 * Equation  N(0, σ²),  σ = √(2/((1 + slope²)·fan))           (He et al. 2015, eqs. 10 and 15)
 * Shapes    → [outputs, inputs, ...]
 * Throws    DomainError for options out of range; ShapeError for a shape without inputs and outputs
 */
export const heNormal = (options: HeOptions = {}): Initializer => normalOf('heNormal', heDeviation('heNormal', options));

/**
 * LeCun uniform: every unit's sum has the variance of its inputs.
 *
 * Equation  U(−b, b),  b = √(3/fanIn)                        (LeCun et al. 1998, "Efficient BackProp", eq. 16)
 * Shapes    → [outputs, inputs, ...]
 * Throws    ShapeError for a shape without inputs and outputs
 */
export const lecunUniform = (): Initializer => uniformOf('lecunUniform', ({ fanIn }) => Math.sqrt(1 / fanIn));

/**
 * LeCun normal.
 *
 * Equation  N(0, σ²),  σ = √(1/fanIn)                        (LeCun et al. 1998, "Efficient BackProp", eq. 16)
 * Shapes    → [outputs, inputs, ...]
 * Throws    ShapeError for a shape without inputs and outputs
 */
export const lecunNormal = (): Initializer => normalOf('lecunNormal', ({ fanIn }) => Math.sqrt(1 / fanIn));

/**
 * A random orthogonal matrix: orthonormal rows, or columns where there are more rows, drawn uniformly from all of them.
 *
 * Equation  W·Wᵀ = gain²·1 (or Wᵀ·W)                         (Saxe et al. 2014)
 * Shapes    → [outputs, inputs, ...], read as the matrix [outputs, inputs·...]
 * Edges     Gram–Schmidt row by row: about n²·m operations for an n×m matrix, n ≤ m
 * Throws    DomainError for a gain that is not finite; ShapeError for a shape without inputs and outputs
 */
export function orthogonal(options: GainOptions = {}): Initializer {
  const gain = gainOf('orthogonal', options);
  return (key, shape, options = {}) => {
    demandOptions(options, ['dtype'], 'orthogonal');
    const { dtype = 'f32' } = options;
    const { fanIn: columns } = fansOf(shape, 'orthogonal');
    const rows = shape[0]!;
    const flat = orthonormalRows(normal(key, [Math.min(rows, columns), Math.max(rows, columns)], { dtype }));
    return mul(reshape(rows <= columns ? flat : transpose(flat, 0, 1), shape), gain);
  };
}

function orthonormalRows(a: Tensor): Tensor {
  let basis = normalize(slice(a, [[0, 1], null]));
  for (let i = 1; i < a.shape[0]!; i++) {
    let row = slice(a, [[i, i + 1], null]);
    // The second pass removes what rounding left of the first; a third would find nothing.
    for (let pass = 0; pass < 2; pass++) row = sub(row, matmul(matmul(row, transpose(basis, 0, 1)), basis));
    basis = concat([basis, normalize(row)], 0);
  }
  return basis;
}

/**
 * The same number everywhere.
 *
 * Shapes    → shape
 * Throws    DomainError for a value that is not finite
 */
export function constant(value: number): Initializer {
  if (!Number.isFinite(value)) {
    throw new DomainError(message(`constant: ${value}`, 'Parameters start with finite numbers', 'Check the value'));
  }
  return (_, shape, options = {}) => full(shape, value, options);
}

/** Every number 0; see `constant`. */
export const allZeros = constant(0);
/** Every number 1; see `constant`. */
export const allOnes = constant(1);
