// From numbers to places on an axis: linear and logarithmic scales with round ticks and their texts.

import { DomainError, message } from '../base/errors.ts';

export interface AxisOptions {
  readonly label: string;
  readonly scale?: 'linear' | 'log';
  /** From the data when it is left out. */
  readonly domain?: readonly [number, number];
  /** How ticks are written; 'percent' multiplies by 100, 'pi' counts in parts of π. */
  readonly format?: 'number' | 'percent' | 'pi';
}

export interface Tick {
  readonly value: number;
  readonly text: string;
}

export interface Scale {
  readonly domain: readonly [number, number];
  /** 0 at the lower end of the domain, 1 at the upper. */
  readonly at: (value: number) => number;
  readonly ticks: readonly Tick[];
}

/** A scale over the numbers that are to be seen. */
export function makeScale({ label, scale = 'linear', domain, format = 'number' }: AxisOptions, values: Iterable<number>): Scale {
  const [low, high] = domain ?? extent(values, scale, label);
  if (!(low < high) || !Number.isFinite(high - low) || (scale === 'log' && low <= 0)) {
    throw new DomainError(message(
      `the axis '${label}' from ${low} to ${high}`,
      `A ${scale} axis climbs${scale === 'log' ? ' from above 0' : ''}`, 'Give it another domain'));
  }
  if (scale === 'log') {
    const [a, b] = [Math.log10(low), Math.log10(high)];
    // A value of 0 has no place; it is shown at the lower end.
    return {
      domain: [low, high],
      at: (value) => (value <= low ? 0 : (Math.log10(value) - a) / (b - a)),
      ticks: logTicks(a, b, format),
    };
  }
  const ticks = format === 'pi' ? piTicks(low, high) : linearTicks(low, high, format);
  return { domain: [low, high], at: (value) => (value - low) / (high - low), ticks };
}

function extent(values: Iterable<number>, scale: 'linear' | 'log', label: string): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) throw new DomainError(message(
      `the axis '${label}': a value of ${value}`,
      'What is drawn is finite', 'Leave such points out, or look for the step that made them'));
    if (scale === 'log' && value <= 0) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return scale === 'log' ? [0.1, 1] : [0, 1];
  if (scale === 'log') {
    return [10 ** Math.floor(Math.log10(low) + 1e-9 - (low === high ? 1 : 0)), 10 ** Math.ceil(Math.log10(high) - 1e-9)];
  }
  if (low === high) return [low - 0.5, high + 0.5];
  const step = stepFor(high - low);
  return [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
}

/** 1, 2 or 5 times a power of ten, about six to the span. */
function stepFor(span: number): number {
  const rough = span / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((m) => m * power >= rough * 0.999) ?? 10);
}

function linearTicks(low: number, high: number, format: 'number' | 'percent'): Tick[] {
  const step = stepFor(high - low);
  const ticks: Tick[] = [];
  const factor = format === 'percent' ? 100 : 1;
  const decimals = Math.max(0, -Math.floor(Math.log10(step * factor) + 1e-9));
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) {
    ticks.push({ value: k * step, text: plain(k * step * factor, decimals) });
  }
  return ticks;
}

function plain(value: number, decimals: number): string {
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && decimals > 5)) {
    return value.toExponential(1).replace('.0e', 'e').replace('e+', 'e').replace('-', '−');
  }
  return (Number(value.toFixed(Math.min(decimals, 20))) + 0).toFixed(Math.min(decimals, 20)).replace('-', '−');
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** 10⁻³, and 1 for 10⁰. */
function powerText(exponent: number): string {
  if (exponent === 0) return '1';
  return `10${exponent < 0 ? '⁻' : ''}${[...String(Math.abs(exponent))].map((digit) => superscripts[Number(digit)]).join('')}`;
}

/** Whole powers of ten, thinned where there are many; 1, 2 and 5 where there are few. */
function logTicks(a: number, b: number, format: 'number' | 'percent' | 'pi'): Tick[] {
  const ticks: Tick[] = [];
  const every = Math.max(1, Math.ceil((b - a) / 8));
  const between = b - a <= 1.5 ? [1, 2, 5] : [1];
  for (let k = Math.floor(a - 1e-9); k <= b + 1e-9; k++) {
    if (k % every !== 0) continue;
    for (const m of between) {
      const place = k + Math.log10(m);
      if (place < a - 1e-9 || place > b + 1e-9) continue;
      const value = m * 10 ** k;
      const text =
        format === 'percent'
          ? `${Number((100 * value).toPrecision(3))}`
          : m === 1 && Math.abs(k) > 1
            ? powerText(k)
            : String(Number(value.toPrecision(3)));
      ticks.push({ value, text });
    }
  }
  return ticks;
}

const piNames: readonly (readonly [number, string])[] = [
  [0, '0'],
  [1 / 6, 'π/6'],
  [1 / 3, 'π/3'],
  [1 / 2, 'π/2'],
  [2 / 3, '2π/3'],
  [5 / 6, '5π/6'],
  [1, 'π'],
];

function piTicks(low: number, high: number): Tick[] {
  return piNames
    .map(([part, text]) => ({ value: part * Math.PI, text }))
    .filter(({ value }) => value >= low - 1e-9 && value <= high + 1e-9);
}
