// Reductions that are stages of their own: block sums added pairwise, and reductions over an axis that is not the row.
// The kernels of columns are those of `reduce-kernel.ts`; here they are given parts of the work as units: a block of
// rows and a range of columns each. One module serves every program: sizes are arguments.

import { type Callable, type Code, type Local, Module } from '../wasm/assembler.ts';
import type { Columns, Combine } from './group.ts';
import { memoryType } from '../wasm/memory.ts';
import { blockCount, blockSize, maxColumns, sumColumns } from './reduce-kernel.ts';
import type { KernelStage } from './stage.ts';
import { i32s, move, times } from '../wasm/writing.ts';

/** A stage but for the module its kernel was loaded in. */
export type ReduceStage = Omit<KernelStage, 'kind' | 'module'>;

/** Nanoseconds: of a combined number per block, of an element of a column, and what a unit should take. */
const [combineCost, elementCost, wantedCost] = [2, 0.3, 20_000];

/** combineBlocks(address, count, step in bytes): doubles added pairwise, the first half (rounded up) before the second. */
export function combineFunction(module: Module): Callable {
  return recursion(module, 'combineBlocks', 'f64', (code, at) => code.get(at).memory('f64.load'), (code) => code.op('f64.add'));
}

/** The same for two neighbouring doubles at once. */
function combinePairs(module: Module): Callable {
  return recursion(module, 'combinePairs', 'v128',
    (code, at) => code.get(at).memory('v128.load'), (code) => code.op('f64x2.add'));
}

function recursion(
  module: Module, name: string, type: 'f64' | 'v128',
  load: (code: Code, at: Local) => Code, add: (code: Code) => Code,
): Callable {
  return module.function(name, i32s(3), [type], (code, at, count, step) => {
    const [half, result] = [code.local('i32'), code.local(type)];
    code.get(count!).i32(1).op('i32.eq').if(() => load(code, at!).set(result), () => {
      code.get(count!).i32(1).op('i32.add').i32(1).op('i32.shr_u').set(half);
      code.get(at!).get(half).get(step!).recurse();
      code.get(at!).get(half).get(step!).op('i32.mul').op('i32.add').get(count!).get(half).op('i32.sub').get(step!).recurse();
      add(code).set(result);
    });
    code.get(result);
  });
}

/** Splits what is left of a number into a quotient, which stays in it, and a remainder. */
function takeOff(code: Code, number: Local, size: Local, remainder: Local): void {
  code.get(number).get(size).op('i32.rem_u').set(remainder);
  code.get(number).get(size).op('i32.div_u').set(number);
}

/** to ← least(most − from, size) */
function setLeft(code: Code, most: Local, from: Local, size: Local, to: Local): void {
  code.get(most).get(from).op('i32.sub').tee(to).get(size).op('i32.gt_u').if(() => code.get(size).set(to));
}

const unitsOf = (code: Code, first: Local, last: Local, body: (unit: Local) => void): void => {
  const [count, unit, rest] = [code.local('i32'), code.local('i32'), code.local('i32')];
  code.get(last).get(first).op('i32.sub').set(count);
  code.get(first).set(unit);
  times(code, count, () => {
    code.get(unit).set(rest);
    body(rest);
    move(code, unit, 1);
  });
};

/** combine(first, last, scratch, from, to, count, inner, width): a unit is up to `width` neighbouring numbers. */
function combine(module: Module, one: Callable, two: Callable): void {
  module.function('combine', i32s(8), [], (code, first, last, _scratch, from, to, count, inner, width) => {
    const [strips, column, columns, source, target, step, n] = Array.from({ length: 7 }, () => code.local('i32'));
    code.get(inner!).get(width!).op('i32.add').i32(1).op('i32.sub').get(width!).op('i32.div_u').set(strips!);
    code.get(inner!).i32(8).op('i32.mul').set(step!);
    unitsOf(code, first!, last!, (outer) => {
      takeOff(code, outer, strips!, column!);
      code.get(column!).get(width!).op('i32.mul').set(column!);
      setLeft(code, inner!, column!, width!, columns!);
      code.get(from!).get(outer).get(count!).op('i32.mul').get(step!).op('i32.mul').op('i32.add');
      code.get(column!).i32(8).op('i32.mul').op('i32.add').set(source!);
      code.get(to!).get(outer).get(inner!).op('i32.mul').get(column!).op('i32.add')
        .i32(4).op('i32.mul').op('i32.add').set(target!);
      code.get(columns!).i32(2).op('i32.shr_u').set(n!);
      times(code, n!, () => {
        code.get(target!);
        for (const offset of [0, 16]) {
          code.get(source!).i32(offset).op('i32.add').get(count!).get(step!).call(two).op('f32x4.demote_f64x2_zero');
        }
        code.shuffle([0, 1, 4, 5]).memory('v128.store');
        move(code, source!, 32);
        move(code, target!, 16);
      });
      code.get(columns!).i32(3).op('i32.and').set(n!);
      times(code, n!, () => {
        code.get(target!).get(source!).get(count!).get(step!).call(one).op('f32.demote_f64').memory('f32.store');
        move(code, source!, 8);
        move(code, target!, 4);
      });
    });
  });
}

/**
 * name(first, last, scratch, from, to, length, inner, depth, width): a unit is `depth` rows of `width` columns; from
 * each comes one row of results.
 */
function columns(module: Module, name: string, reduce: Callable, resultBytes: 4 | 8): void {
  module.function(name, i32s(9), [], (code, first, last, _scratch, from, to, length, inner, depth, width) => {
    const [strips, parts, column, part, rows, count] = Array.from({ length: 6 }, () => code.local('i32'));
    const ratio = (a: Local, b: Local, to: Local): Code =>
      code.get(a).get(b).op('i32.add').i32(1).op('i32.sub').get(b).op('i32.div_u').set(to);
    ratio(inner!, width!, strips!);
    ratio(length!, depth!, parts!);
    unitsOf(code, first!, last!, (outer) => {
      takeOff(code, outer, strips!, column!);
      takeOff(code, outer, parts!, part!);
      code.get(column!).get(width!).op('i32.mul').set(column!);
      setLeft(code, inner!, column!, width!, count!);
      const place = (start: Local, row: () => void, bytes: number): void => {
        code.get(start);
        row();
        code.get(inner!).op('i32.mul').get(column!).op('i32.add').i32(bytes).op('i32.mul').op('i32.add');
      };
      const firstRow = (): Code => code.get(part!).get(depth!).op('i32.mul');
      firstRow().set(rows!);
      place(from!, () => code.get(outer).get(length!).op('i32.mul').get(rows!).op('i32.add'), 4);
      setLeft(code, length!, rows!, depth!, rows!);
      code.get(rows!).get(count!).get(inner!).i32(4).op('i32.mul');
      place(to!, () => code.get(outer).get(parts!).op('i32.mul').get(part!).op('i32.add'), resultBytes);
      code.call(reduce);
    });
  });
}

/** The kernels `combine`, `columnSums` and `columnMaxima`. */
export function reduceStageModule(): Module {
  const module = new Module(memoryType);
  combine(module, combineFunction(module), combinePairs(module));
  columns(module, 'columnSums', sumColumns(module), 8);
  columns(module, 'columnMaxima', maxColumns(module), 4);
  return module;
}

/** The addresses are bytes. */
export function combineStage({ outer, count, inner }: Combine, from: number, to: number): ReduceStage {
  const width = Math.min(inner, 4 * Math.ceil(wantedCost / (4 * combineCost * count)));
  const units = outer * Math.ceil(inner / width);
  return { kernel: 'combine', units, unitCost: width * count * combineCost, args: [from, to, count, inner, width] };
}

/** Writes the block sums of a sum (Float64), the results of a maximum. */
export function columnsStage({ combine: by, outer, length, inner }: Columns, from: number, to: number): ReduceStage {
  const depth = by === 'sum' ? blockSize : length;
  const width = Math.min(inner, 16 * Math.ceil(wantedCost / (16 * elementCost * Math.min(depth, length))));
  const parts = by === 'sum' ? blockCount(length) : 1;
  return {
    kernel: by === 'sum' ? 'columnSums' : 'columnMaxima', units: outer * parts * Math.ceil(inner / width),
    unitCost: Math.min(depth, length) * width * elementCost, args: [from, to, length, inner, depth, width],
  };
}
