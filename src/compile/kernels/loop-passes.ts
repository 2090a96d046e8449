// How a loop runs over one row: which quantities are one number for a row, in which pass over the row every other one
// is computed, and what a pass keeps in scratch memory for a later one. A reduction ends a pass; what follows from it
// belongs to the next. What is cheap is computed again in every pass that asks for it, to the same bits.
// Nothing here is written as code; `loop-kernel.ts` does that.

import { message, ShapeError } from '../../base/errors.ts';
import { mergeAxes } from '../../graph/index.ts';
import type { Access, Loop, Quantity, Store } from './group.ts';
import { costOf } from './loop-lanes.ts';

/** `once`: the same for all rows; `row`: one number for a row; `full`: one for every element. */
export type Level = 'once' | 'row' | 'full';

/** Like an element, but +0 where the index is outside the row, and where the element is −0. */
export interface Pick {
  readonly op: 'pick';
  readonly dtype: 'f32';
  readonly of: number;
  readonly index: number;
}

export type RowQuantity = Quantity | Pick;

/** A loop whose axes are merged as far as its accesses allow: the last one is the row, the others count the rows. */
export interface Rows {
  readonly lead: readonly number[];
  readonly length: number;
  readonly quantities: readonly RowQuantity[];
  readonly stores: readonly Store[];
  /** For an iota, its steps along the merged axes. */
  readonly iotaStrides: ReadonlyMap<number, readonly number[]>;
  /** Loads that meet every element of their own row so many times in a row. */
  readonly repeats: ReadonlyMap<number, Repeat>;
  /** Quantities that are 1 where the position in the row is an index, one number per row, and 0 elsewhere; with the index. */
  readonly marks: ReadonlyMap<number, number>;
}

/** As many elements as share a vector load evenly. */
type Repeat = 2 | 4;

export interface Pass {
  readonly reductions: readonly number[];
  readonly stores: readonly Store[];
  /** Quantities that a later pass reads from scratch memory. */
  readonly keeps: readonly number[];
  /** Quantities of earlier passes that this one reads from scratch memory. */
  readonly reads: readonly number[];
  /** What it begins with: loads, positions and what it reads. */
  readonly leaves: readonly number[];
}

export interface Passes {
  readonly levels: readonly Level[];
  /** The pass a quantity can first be computed in; one per row, it is known before that pass. */
  readonly stages: readonly number[];
  /** What some store needs. */
  readonly needed: ReadonlySet<number>;
  readonly passes: readonly Pass[];
  /** Stores of one number per row. */
  readonly rowStores: readonly Store[];
}

/** From this many vector instructions on, a quantity is kept for later passes rather than computed again. */
const keptFrom = 8;

/** The inputs of a quantity among the quantities of its loop. */
export function inputsOf(q: RowQuantity): readonly number[] {
  switch (q.op) {
    case 'map': return q.inputs;
    case 'reduce': return [q.input];
    case 'pick': return [q.of, q.index];
    case 'element': return typeof q.of === 'number' ? [q.of, q.index] : [q.index];
    default: return [];
  }
}

/** Where a quantity reads memory. */
export const accessOf = (q: RowQuantity): Access | undefined =>
  (q.op === 'load' ? q.access : q.op === 'element' && typeof q.of !== 'number' ? q.of : undefined);

/** Merges axes; a loop without reductions and elements has no need of its row and may run as one long one. */
export function mergeRows(loop: Loop): Rows {
  const { space, quantities, stores } = loop;
  const rank = space.length;
  const keepsRow = rank > 0 && quantities.some((q) => q.op === 'reduce' || q.op === 'element');
  const unit = (axis: number): number[] => space.map((_, i) => (i === axis ? 1 : 0));
  const all = [
    ...quantities.map((q) => accessOf(q)?.strides ?? (q.op === 'iota' ? unit(q.axis) : space.map(() => 0))),
    ...stores.map((s) => s.access.strides),
  ];
  const merged = mergeAxes(keepsRow ? space.slice(0, -1) : space, keepsRow ? all.map((s) => s.slice(0, -1)) : all);
  const repeats = keepsRow ? new Map<number, Repeat>() : mergeRepeats(merged, (i) => quantities[i]?.op === 'load');
  const lead = keepsRow ? merged.sizes : merged.sizes.slice(0, -1);
  const length = keepsRow ? space[rank - 1]! : merged.sizes.at(-1)!;
  // One element is one number for its row, whatever its stride.
  const strides = all.map((own, i) => {
    const steps = merged.steps[i]!.map((step, axis) => (merged.sizes[axis] === 1 ? 0 : step));
    return keepsRow ? [...steps, length === 1 ? 0 : own[rank - 1]!] : steps;
  });
  const moved = (access: Access, i: number): Access => ({ ...access, strides: strides[i]! });
  return {
    lead, length,
    quantities: quantities.map((q, i) => {
      if (q.op === 'load') return { ...q, access: moved(q.access, i) };
      return q.op === 'element' && typeof q.of !== 'number' ? { ...q, of: moved(q.of, i) } : q;
    }),
    stores: stores.map((s, i) => ({ ...s, access: moved(s.access, quantities.length + i) })),
    iotaStrides: new Map(quantities.flatMap((q, i) => (q.op === 'iota' ? [[i, strides[i]!] as const] : []))),
    repeats,
    marks: new Map(),
  };
}

/**
 * Merges the last two axes where some loads stand still on the last one, which is short, and run densely along the one
 * before it, as a number per window does over the elements of its window. Everything else crosses both as one.
 */
function mergeRepeats(
  { sizes, steps }: { sizes: number[]; steps: number[][] },
  mayRepeat: (i: number) => boolean,
): Map<number, Repeat> {
  const repeats = new Map<number, Repeat>();
  const times = sizes.at(-1)!;
  if (sizes.length < 2 || (times !== 2 && times !== 4)) return repeats;
  for (const [i, own] of steps.entries()) {
    const [before, last] = own.slice(-2) as [number, number];
    if (before === times * last) continue;
    if (before !== 1 || last !== 0 || !mayRepeat(i)) return new Map();
    repeats.set(i, times);
  }
  for (const [i, own] of steps.entries()) own.splice(-2, 2, repeats.has(i) ? 1 : own.at(-1)!);
  sizes.splice(-2, 2, sizes.at(-2)! * times);
  return repeats;
}

export function planPasses(rows: Rows): Passes {
  const { quantities, stores } = rows;
  const levels = levelsOf(rows);
  const stages: number[] = [];
  const costs: number[] = [];
  quantities.forEach((q, i) => {
    const inputs = inputsOf(q);
    const latest = Math.max(0, ...inputs.map((input) => stages[input]!));
    stages.push(q.op === 'reduce' ? latest + 1 : latest);
    // A mark is worked out at one step of the row alone.
    costs.push(rows.marks.has(i) ? 0 : costOf(q, quantities));
  });
  const needed = new Set<number>();
  const need = (i: number): void => {
    if (needed.has(i)) return;
    needed.add(i);
    inputsOf(quantities[i]!).forEach(need);
  };
  for (const store of stores) need(store.quantity);

  const passOf = (i: number): number => (quantities[i]!.op === 'reduce' ? stages[i]! - 1 : levels[i] === 'full' ? stages[i]! : 0);
  const isRowStore = (s: Store): boolean => levels[s.quantity] !== 'full' && s.access.strides.at(-1) === 0;
  const passStores = stores.filter((s) => s.as === 'whole' && !isRowStore(s));
  if (rows.length > 1 && passStores.some((s) => s.access.strides.at(-1) === 0)) {
    throw new ShapeError(message(
      'a loop: a quantity per element stored at one place per row', 'The last stride of its access is not 0',
      'Give every element a place'));
  }
  const count = 1 + Math.max(0, ...[...needed].map(passOf), ...passStores.map((s) => stages[s.quantity]!));
  const passes = Array.from({ length: count }, (_, pass) => ({
    reductions: [...needed].filter((i) => quantities[i]!.op === 'reduce' && stages[i] === pass + 1).sort((a, b) => a - b),
    stores: passStores.filter((s) => stages[s.quantity] === pass),
    keeps: [] as number[],
    reads: [] as number[],
    leaves: [] as number[],
  }));
  const computedIn = new Map<number, number>();
  const kept = new Set<number>();
  passes.forEach((pass, number) => {
    const seen = new Set<number>();
    const known = new Map<number, number>();
    /** The instructions to compute a quantity once more, given what is kept. */
    const again = (i: number): number => {
      if (levels[i] !== 'full') return 0;
      if (kept.has(i)) return 1;
      if (!known.has(i)) known.set(i, inputsOf(quantities[i]!).reduce((sum, input) => sum + again(input), costs[i]!));
      return known.get(i)!;
    };
    const visit = (i: number): void => {
      if (levels[i] !== 'full' || seen.has(i)) return;
      seen.add(i);
      const before = computedIn.get(i);
      if (kept.has(i) || (before !== undefined && again(i) >= keptFrom)) {
        if (!kept.has(i)) passes[before!]!.keeps.push(i);
        kept.add(i);
        pass.reads.push(i);
        pass.leaves.push(i);
        return;
      }
      if (before === undefined) computedIn.set(i, number);
      const inputs = inputsOf(quantities[i]!);
      if (inputs.length === 0) pass.leaves.push(i);
      else inputs.forEach(visit);
    };
    for (const i of pass.reductions) inputsOf(quantities[i]!).forEach(visit);
    for (const store of pass.stores) visit(store.quantity);
  });
  return { levels, stages, needed, passes, rowStores: stores.filter((s) => s.as === 'whole' && isRowStore(s)) };
}

export function levelsOf(rows: Rows): Level[] {
  const levels: Level[] = [];
  rows.quantities.forEach((q, i) => levels.push(levelOf(rows, i, inputsOf(q).map((input) => levels[input]!))));
  return levels;
}

function levelOf(rows: Rows, i: number, inputs: readonly Level[]): Level {
  const q = rows.quantities[i]!;
  switch (q.op) {
    case 'constant': return 'once';
    case 'load': return levelOfStrides(q.access.strides);
    case 'iota': return levelOfStrides(rows.iotaStrides.get(i)!);
    case 'map': return inputs.includes('full') ? 'full' : inputs.includes('row') ? 'row' : 'once';
    default: return 'row';
  }
}

const levelOfStrides = (strides: readonly number[]): Level =>
  (strides.at(-1) !== 0 ? 'full' : strides.some((s) => s !== 0) ? 'row' : 'once');
