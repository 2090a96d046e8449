// The list of all primitives, and the functions that apply them. A reader who wants to know what the engine can do
// reads this list; what each one means is in its family's file.

import type { Primitive } from '../graph/primitive.ts';
import { arithmetic } from './arithmetic.ts';
import { broadcasting } from './broadcast.ts';
import { comparison } from './comparison.ts';
import { contraction } from './contract.ts';
import { control } from './control.ts';
import { exponential } from './exponential.ts';
import { extrema } from './extrema.ts';
import { indexing } from './indexing.ts';
import { layout } from './layout.ts';
import { orders } from './order.ts';
import { scans } from './scan.ts';
import { slicing } from './slicing.ts';
import { sources } from './sources.ts';
import { trigonometric } from './trigonometric.ts';
import { windows } from './windows.ts';

export const primitives: readonly Primitive[] = [
  ...sources, ...arithmetic, ...exponential, ...trigonometric, ...comparison, ...layout, ...broadcasting, ...slicing,
  ...windows, ...extrema, ...scans, ...orders, ...indexing, ...contraction, ...control,
];

export const primitivesByName: ReadonlyMap<string, Primitive> = new Map(primitives.map((p) => [p.name, p]));

export { add, chain, div, mul, neg, sub } from './arithmetic.ts';
export { expand, sumAxes, sumTo } from './broadcast.ts';
export { abs, cast, equal, floor, less, lessEqual, maximum, minimum, roundTo, sign, where } from './comparison.ts';
export { contract, type ContractAxes } from './contract.ts';
export { alias, custom, type CustomParams, stopGradient, surrogate } from './control.ts';
export { exp, expm1, log, log1p, pow, sigmoid, softplus, sqrt, tanh } from './exponential.ts';
export { argmaxAxis, maxAxes } from './extrema.ts';
export { gatherAxis, scatterAddAxis } from './indexing.ts';
export { permute, reshape } from './layout.ts';
export { argsortAxis } from './order.ts';
export { cumsumAxis } from './scan.ts';
export { concatAlong, flipAxes, padEdges, type Range, slice } from './slicing.ts';
export { iota, randomBits } from './sources.ts';
export { acos, cos, sin } from './trigonometric.ts';
export { fold, unfold, type Window, windowCount } from './windows.ts';
