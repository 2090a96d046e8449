// What numbers alone settle of a condition: names that `at` or a `where` gives a number, sums over samples of a number,
// and ranks, which are below the number of samples. Every bound is a + b N, for N ≥ 1 samples, so that `rank(n, e) < keep`
// is known to hold once keep is N. Declared intervals settle nothing: a side they rule out is to be noticed.

import { type Branch, type Cond, constantOf, type Expr, type Names, type Section, sampleAxis } from '../formula/index.ts';

/** a + b N. */
type Linear = readonly [a: number, b: number];
interface Bounds { readonly low?: Linear | undefined; readonly high?: Linear | undefined }

const same = (x: Linear): Bounds => ({ low: x, high: x });
const scaled = (x: Linear | undefined, by: number): Linear | undefined => x && [x[0] * by, x[1] * by];
const added = (x: Linear | undefined, y: Linear | undefined): Linear | undefined => x && y && [x[0] + y[0], x[1] + y[1]];
/** At least 0 for every N ≥ 1. */
const nowhereBelow0 = ([a, b]: Linear): boolean => b >= 0 && a + b >= 0;
const nowhereBelow = (x: Linear, y: Linear): boolean => nowhereBelow0([x[0] - y[0], x[1] - y[1]]);

/** The numbers that scalars are known to be where a condition holds, by key. */
export function numbersIn(cond: Cond | null, section: Section, names: Names): ReadonlyMap<string, number> {
  const parts = cond === null ? [] : cond.kind === 'and' ? cond.all : [cond];
  return new Map(parts.flatMap((part) => {
    if (part.kind !== 'compare' || part.op !== '=' || part.left.kind !== 'name') return [];
    const [entity, value] = [names.resolve(part.left.name, section), constantOf(part.right)];
    return entity?.declaration?.type.kind === 'scalar' && value !== undefined ? [[entity.key, value] as const] : [];
  }));
}

/** Whether numbers settle the condition of a branch: true, false, or undefined when both can occur. */
export function settledByNumbers(
  { cond, section, given }: Pick<Branch, 'cond' | 'section' | 'given'>, names: Names, known: ReadonlyMap<string, number>,
): boolean | undefined {
  const settles = (c: Cond): boolean | undefined => {
    if (c.kind === 'not') {
      const inner = settles(c.of);
      return inner === undefined ? undefined : !inner;
    }
    if (c.kind === 'and') {
      const all = c.all.map(settles);
      return all.includes(false) ? false : all.every(Boolean) ? true : undefined;
    }
    const [left, right] = [bounds(c.left, section), bounds(c.right, section)];
    const [low, high] = [added(left.low, scaled(right.high, -1)), added(left.high, scaled(right.low, -1))];
    const atLeast = low !== undefined && nowhereBelow0(low);
    const atMost = high !== undefined && nowhereBelow0(scaled(high, -1)!);
    const above = low !== undefined && low[1] >= 0 && low[0] + low[1] > 0;
    const below = high !== undefined && high[1] <= 0 && high[0] + high[1] < 0;
    const either = (yes: boolean, no: boolean): boolean | undefined => (yes ? true : no ? false : undefined);
    switch (c.op) {
      case '<': return either(below, atLeast);
      case '<=': return either(atMost, above);
      case '>': return either(above, atMost);
      case '>=': return either(atLeast, below);
      case '=': return either(atLeast && atMost, above || below);
      case '!=': return either(above || below, atLeast && atMost);
    }
  };
  const values = new Map<string, Bounds>();
  const bounds = (e: Expr, at: Section): Bounds => {
    switch (e.kind) {
      case 'number': return same([e.value, 0]);
      case 'negate': return product(bounds(e.of, at), -1);
      case 'name': {
        const entity = names.resolve(e.name, at);
        if (entity === undefined) return {};
        const number = given.has(entity.key) ? given.get(entity.key) : known.get(entity.key);
        if (number !== undefined) return same([number, 0]);
        const value = entity.definition?.value;
        const found = values.get(entity.key) ?? (given.has(entity.key) || value === undefined ? {} : bounds(value, entity.section));
        values.set(entity.key, found);
        return found;
      }
      case 'binary': {
        const [left, right] = [bounds(e.left, at), bounds(e.right, at)];
        const [by, other] = numberOf(left) === undefined ? [numberOf(right), left] : [numberOf(left), right];
        if (e.op === '*') return by === undefined ? {} : product(other, by);
        if (e.op !== '+' && e.op !== '-') return {};
        const shift = e.op === '+' ? right : product(right, -1);
        return { low: added(left.low, shift.low), high: added(left.high, shift.high) };
      }
      case 'call': {
        const parts = e.args.map((arg) => bounds(arg, at));
        if (e.name === 'floor') return { low: floored(parts[0]!.low, 1), high: floored(parts[0]!.high, 0) };
        if (e.name !== 'max') return {};
        return { low: larger(parts[0]!.low, parts[1]!.low) ?? parts[0]!.low ?? parts[1]!.low, high: larger(parts[0]!.high, parts[1]!.high) };
      }
      case 'bound': {
        if ((names.indices(at).get(e.index) ?? e.index) !== sampleAxis) return {};
        if (e.op === 'rank') return { low: [0, 0], high: [-1, 1] };
        const each = numberOf(bounds(e.body, at));
        return e.op === 'sum' && e.where === null && each !== undefined ? same([0, each]) : {};
      }
      default: return {};
    }
  };
  return settles(cond);
}

/** The one number that is always meant, if there is one. */
function numberOf({ low, high }: Bounds): number | undefined {
  return low !== undefined && high !== undefined && low[1] === 0 && high[1] === 0 && low[0] === high[0] ? low[0] : undefined;
}

const product = ({ low, high }: Bounds, by: number): Bounds =>
  (by < 0 ? { low: scaled(high, by), high: scaled(low, by) } : { low: scaled(low, by), high: scaled(high, by) });

/** Of a whole multiple of N only what is added is rounded down; anything else may lose up to `loss`. */
function floored(x: Linear | undefined, loss: number): Linear | undefined {
  return x && (Number.isInteger(x[1]) ? [Math.floor(x[0]), x[1]] : [x[0] - loss, x[1]]);
}

/** The one of two that is nowhere below the other. */
function larger(x: Linear | undefined, y: Linear | undefined): Linear | undefined {
  return x && y && (nowhereBelow(x, y) ? x : nowhereBelow(y, x) ? y : undefined);
}
