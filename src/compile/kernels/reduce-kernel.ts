// Sums and maxima of rows (the reduced axis is innermost) and of columns (it is not). A sum is accumulated in Float64
// in blocks of 128 with four accumulators, one per position modulo 4, exactly as the reference does; the sums of the
// blocks are combined pairwise by `combineBlocks`. So the shape of a sum follows from shapes alone, blocks can be
// given to whoever is free, and the bits are the reference's.
// A maximum has no order to keep: NaN wins, and +0 is above −0.

import { type Callable, type Code, type Local, Module } from '../wasm/assembler.ts';
import { memoryType } from '../wasm/memory.ts';
import { i32s, move, quotient, remainder, splat, times } from '../wasm/writing.ts';

/** Elements of one block of a sum. */
export const blockSize = 128;

/** Calls `part(size)` for every block of `length` elements: the full ones, then the rest. */
function blocks(code: Code, length: Local, part: (size: Local) => void): void {
  const [count, size] = [code.local('i32'), code.local('i32')];
  code.get(length).i32(blockSize - 1).op('i32.add').i32(7).op('i32.shr_u').set(count);
  const left = code.local('i32');
  code.get(length).set(left);
  times(code, count, () => {
    code.i32(blockSize).set(size);
    code.get(left).i32(blockSize).op('i32.lt_u').if(() => code.get(left).set(size));
    part(size);
    move(code, left, -blockSize);
  });
}

/** sumRows(from, rows, length, rowBytes, to): the block sums of every row, one Float64 after another. */
function sumRows(module: Module): Callable {
  return module.function('sumRows', i32s(5), [], (code, from, rows, length, rowBytes, to) => {
    const [at, n] = [code.local('i32'), code.local('i32')];
    const [even, odd, x] = [code.local('v128'), code.local('v128'), code.local('v128')];
    const first = code.local('f64');
    times(code, rows!, () => {
      code.get(from!).set(at);
      blocks(code, length!, (size) => {
        for (const sum of [even, odd]) splat(code, 0).set(sum);
        quotient(code, size, 2, n);
        times(code, n, () => {
          code.get(at).memory('v128.load').set(x);
          code.get(even).get(x).op('f64x2.promote_low_f32x4').op('f64x2.add').set(even);
          code.get(odd).get(x).get(x).shuffle([2, 3, 2, 3]).op('f64x2.promote_low_f32x4').op('f64x2.add').set(odd);
          move(code, at, 16);
        });
        code.get(even).lane('f64x2.extract_lane', 0).set(first);
        remainder(code, size, 2, n);
        times(code, n, () => {
          code.get(first).get(at).memory('f32.load').op('f64.promote_f32').op('f64.add').set(first);
          move(code, at, 4);
        });
        code.get(to!).get(first).get(even).lane('f64x2.extract_lane', 1).op('f64.add');
        for (const lane of [0, 1]) code.get(odd).lane('f64x2.extract_lane', lane);
        code.op('f64.add').op('f64.add').memory('f64.store');
        move(code, to!, 8);
      });
      move(code, from!, rowBytes!);
    });
  });
}

/** sumColumns(from, rows, columns, rowBytes, to): for every block of rows, the block sums of all columns. */
export function sumColumns(module: Module): Callable {
  return module.function('sumColumns', i32s(5), [], (code, from, rows, columns, rowBytes, to) => {
    const [at, strip, n, left] = [code.local('i32'), code.local('i32'), code.local('i32'), code.local('i32')];
    const low = [0, 1, 2, 3].map(() => code.local('v128'));
    const high = [0, 1, 2, 3].map(() => code.local('v128'));
    const x = code.local('v128');
    const addRow = (i: number, width: 1 | 4): void => {
      code.get(at).memory(width === 4 ? 'v128.load' : 'v128.load32_zero').set(x);
      code.get(low[i]!).get(x).op('f64x2.promote_low_f32x4').op('f64x2.add').set(low[i]!);
      if (width === 4) {
        code.get(high[i]!).get(x).get(x).shuffle([2, 3, 2, 3]).op('f64x2.promote_low_f32x4').op('f64x2.add').set(high[i]!);
      }
      move(code, at, rowBytes!);
    };
    const total = (sums: readonly Local[]): void => {
      const [a, b, c, d] = sums;
      code.get(a!).get(b!).op('f64x2.add').get(c!).get(d!).op('f64x2.add').op('f64x2.add');
    };
    const stripOf = (size: Local, width: 1 | 4): void => {
      for (const sum of [...low, ...high]) splat(code, 0).set(sum);
      code.get(strip).set(at);
      quotient(code, size, 2, n);
      times(code, n, () => [0, 1, 2, 3].forEach((i) => addRow(i, width)));
      remainder(code, size, 2, n);
      times(code, n, () => addRow(0, width));
      code.get(to!);
      total(low);
      if (width === 1) code.lane('f64x2.extract_lane', 0).memory('f64.store');
      else {
        code.memory('v128.store').get(to!);
        total(high);
        code.memory('v128.store', 16);
      }
      move(code, to!, 8 * width);
      move(code, strip, 4 * width);
    };
    blocks(code, rows!, (size) => {
      code.get(from!).set(strip);
      quotient(code, columns!, 2, left);
      times(code, left, () => stripOf(size, 4));
      remainder(code, columns!, 2, left);
      times(code, left, () => stripOf(size, 1));
      code.get(from!).get(size).get(rowBytes!).op('i32.mul').op('i32.add').set(from!);
    });
  });
}

/** maxRows(from, rows, length, rowBytes, to): the largest element of every row. */
function maxRows(module: Module): Callable {
  return module.function('maxRows', i32s(5), [], (code, from, rows, length, rowBytes, to) => {
    const [at, n] = [code.local('i32'), code.local('i32')];
    const best = code.local('v128');
    const fold = (load: 'v128.load' | 'v128.load32_splat', bytes: number): void => {
      times(code, n, () => {
        code.get(best).get(at).memory(load).op('f32x4.max').set(best);
        move(code, at, bytes);
      });
    };
    times(code, rows!, () => {
      code.get(from!).set(at);
      splat(code, -Infinity).set(best);
      quotient(code, length!, 2, n);
      fold('v128.load', 16);
      remainder(code, length!, 2, n);
      fold('v128.load32_splat', 4);
      code.get(best).get(best).get(best).shuffle([2, 3, 2, 3]).op('f32x4.max').set(best);
      code.get(to!).get(best).get(best).get(best).shuffle([1, 1, 1, 1]).op('f32x4.max').memoryLane('v128.store32_lane', 0);
      move(code, to!, 4);
      move(code, from!, rowBytes!);
    });
  });
}

/** maxColumns(from, rows, columns, rowBytes, to): the largest element of every column; row after row into the result. */
export function maxColumns(module: Module): Callable {
  return module.function('maxColumns', i32s(5), [], (code, from, rows, columns, rowBytes, to) => {
    const [at, out, n] = [code.local('i32'), code.local('i32'), code.local('i32')];
    const row = (combine: (wide: boolean) => void): void => {
      code.get(from!).set(at).get(to!).set(out);
      for (const wide of [true, false]) {
        (wide ? quotient : remainder)(code, columns!, 2, n);
        times(code, n, () => {
          code.get(out);
          combine(wide);
          if (wide) code.memory('v128.store');
          else code.memoryLane('v128.store32_lane', 0);
          move(code, at, wide ? 16 : 4);
          move(code, out, wide ? 16 : 4);
        });
      }
      move(code, from!, rowBytes!);
    };
    const load = (wide: boolean, pointer: Local): Code => code.get(pointer).memory(wide ? 'v128.load' : 'v128.load32_zero');
    row((wide) => load(wide, at));
    move(code, rows!, -1);
    times(code, rows!, () => row((wide) => {
      load(wide, out);
      load(wide, at).op('f32x4.max');
    }));
  });
}

/** All four kernels; the lengths reduced are at least 1. */
export function reduceModule(): Module {
  const module = new Module(memoryType);
  sumRows(module);
  sumColumns(module);
  maxRows(module);
  maxColumns(module);
  return module;
}

export const blockCount = (length: number): number => Math.ceil(length / blockSize);

/** Adds block sums pairwise, the first half (rounded up) before the second; `step` apart. */
export function combineBlocks(sums: Float64Array, from: number, count: number, step: number): number {
  if (count === 1) return sums[from]!;
  const half = Math.ceil(count / 2);
  return combineBlocks(sums, from, half, step) + combineBlocks(sums, from + half * step, count - half, step);
}
