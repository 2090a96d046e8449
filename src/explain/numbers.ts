// Numbers of an explanation: a tensor as plain data, whole or summarised.

import type { TypedArray } from '../base/dtype.ts';
import type { JsonNumber, Numbers, Summary } from './explanation.ts';

export function jsonNumber(x: number): JsonNumber {
  if (Object.is(x, -0)) return '-0';
  return Number.isFinite(x) ? x : (String(x) as JsonNumber);
}

/** The number a JSON number stands for. */
export const plainNumber = (x: JsonNumber): number => Number(x);

/** Four digits, as many as a comparison by eye needs. */
export const short = (x: JsonNumber): string => (typeof x === 'number' ? String(Number(x.toPrecision(4))) : x);

/** All numbers of an array of at most `whole`, a summary of a larger one. */
export function numbersOf(data: TypedArray, whole: number): Numbers {
  return data.length <= whole ? { values: Array.from(data, jsonNumber) } : { summary: summaryOf(data) };
}

function summaryOf(data: TypedArray): Summary {
  let [min, max, sum, finite] = [Infinity, -Infinity, 0, 0];
  for (const x of data) {
    if (!Number.isFinite(x)) continue;
    finite++;
    sum += x;
    if (x < min) min = x;
    if (x > max) max = x;
  }
  const figures = finite === 0 ? [NaN, NaN, NaN] : [min, max, sum / finite];
  const [least, most, mean] = figures.map(jsonNumber) as [JsonNumber, JsonNumber, JsonNumber];
  return { size: data.length, min: least, max: most, mean, nonFinite: data.length - finite };
}
