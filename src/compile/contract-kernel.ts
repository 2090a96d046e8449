// The parts of a matrix product: packing operands into panels, and multiplying panels.
// Letters: M rows of the first operand, N columns of the second, K summed. A panel holds 4 rows of the first operand
// (or 8 columns of the second) with K consecutive groups of 4 (or 8); missing rows are zeros. One tile of the result,
// 4×8, stays in eight registers while K runs: more registers spill, and an unrolled loop loses 40 % in older V8.
// Every element of the result is a sum in order within a block of K, and blocks are added in order, so tiles may be
// computed by anyone, in any order, to the same bits. Operands are read through tables of offsets, so any strides do.

import { type Callable, type Code, type Local, Module } from './assembler.ts';
import { memoryType } from './memory.ts';
import { i32s, move, quotient, remainder, splat, times } from './writing.ts';

export const tileRows = 4;
export const tileColumns = 8;
const rowBytes = 4 * tileColumns;

const address = (code: Code, base: Local, table: Local, offset = 0): Code =>
  code.get(base).get(table).memory('i32.load', offset).op('i32.add');

/** packGather(base, rowTable, rows, kTable, K, to, width): any strides, and the zeros of the last panel. */
function packGather(module: Module): Callable {
  return module.function('packGather', i32s(7), [], (code, base, rowTable, rows, kTable, K, to, width) => {
    const [panelRow, panelBytes, stepBytes] = [code.local('i32'), code.local('i32'), code.local('i32')];
    const [n, at, table, from] = [code.local('i32'), code.local('i32'), code.local('i32'), code.local('i32')];
    const row = (element: () => void): void => {
      code.get(to!).get(panelRow).i32(2).op('i32.shl').op('i32.add').set(at);
      code.get(kTable!).set(table).get(K!).set(n);
      times(code, n, () => {
        code.get(at);
        element();
        code.memory('i32.store');
        move(code, at, stepBytes);
        move(code, table, 4);
      });
      code.get(panelRow).i32(1).op('i32.add').tee(panelRow).get(width!).op('i32.eq').if(() => {
        code.i32(0).set(panelRow);
        move(code, to!, panelBytes);
      });
    };
    code.get(width!).i32(2).op('i32.shl').tee(stepBytes).get(K!).op('i32.mul').set(panelBytes);
    times(code, rows!, () => {
      address(code, base!, rowTable!).set(from);
      row(() => address(code, from, table).memory('i32.load'));
      move(code, rowTable!, 4);
    });
    code.block((done) => {
      code.loop((again) => {
        code.get(panelRow).op('i32.eqz').branchIf(done);
        row(() => code.i32(0));
        code.i32(1).branchIf(again);
      });
    });
  });
}

/** packAcross…(base, panels, kTable, K, to): rows of a panel lie side by side in memory. */
function packAcross(module: Module, width: number): Callable {
  return module.function(`packAcross${width}`, i32s(5), [], (code, base, panels, kTable, K, to) => {
    const [n, table, from] = [code.local('i32'), code.local('i32'), code.local('i32')];
    times(code, panels!, () => {
      code.get(kTable!).set(table).get(K!).set(n);
      times(code, n, () => {
        address(code, base!, table).set(from);
        for (let i = 0; i < width; i += 4) code.get(to!).get(from).memory('v128.load', 4 * i).memory('v128.store', 4 * i);
        move(code, to!, 4 * width);
        move(code, table, 4);
      });
      move(code, base!, 4 * width);
    });
  });
}

/** packAlong…(base, panels, rowTable, K, to): K lies side by side in memory; 4×4 squares are transposed. */
function packAlong(module: Module, width: number): Callable {
  return module.function(`packAlong${width}`, i32s(5), [], (code, base, panels, rowTable, K, to) => {
    const n = code.local('i32');
    const rows = Array.from({ length: width }, () => code.local('i32'));
    const square = [0, 1, 2, 3].map(() => code.local('v128'));
    const mixed = [0, 1, 2, 3].map(() => code.local('v128'));
    const mix = (a: number, b: number, words: readonly [number, number, number, number], into: number): void => {
      code.get(square[a]!).get(square[b]!).shuffle(words).set(mixed[into]!);
    };
    times(code, panels!, () => {
      rows.forEach((row, i) => address(code, base!, rowTable!, 4 * i).set(row));
      quotient(code, K!, 2, n);
      times(code, n, () => {
        for (let g = 0; g < width; g += 4) {
          square.forEach((x, i) => code.get(rows[g + i]!).memory('v128.load').set(x));
          mix(0, 1, [0, 4, 1, 5], 0);
          mix(2, 3, [0, 4, 1, 5], 1);
          mix(0, 1, [2, 6, 3, 7], 2);
          mix(2, 3, [2, 6, 3, 7], 3);
          for (let k = 0; k < 4; k++) {
            const [x, y] = k < 2 ? [mixed[0]!, mixed[1]!] : [mixed[2]!, mixed[3]!];
            const words = k % 2 === 0 ? [0, 1, 4, 5] as const : [2, 3, 6, 7] as const;
            code.get(to!).get(x).get(y).shuffle(words).memory('v128.store', 4 * (k * width + g));
          }
        }
        for (const row of rows) move(code, row, 16);
        move(code, to!, 16 * width);
      });
      remainder(code, K!, 2, n);
      times(code, n, () => {
        rows.forEach((row, i) => {
          code.get(to!).get(row).memory('i32.load').memory('i32.store', 4 * i);
          move(code, row, 4);
        });
        move(code, to!, 4 * width);
      });
      move(code, rowTable!, 4 * width);
    });
  });
}

/**
 * multiply(left, right, out, outRowBytes, rows, columns, K, add, spare): the product of packed panels into a block of
 * the result, added to it when `add` is not 0. Tiles on the edge go through 128 spare bytes, so that nothing outside
 * the block is touched.
 */
function multiply(module: Module): Callable {
  return module.function('multiply', i32s(9), [], (code, left, right, out, outRowBytes, rows, columns, K, add, spare) => {
    const locals = (count: number): Local[] => Array.from({ length: count }, () => code.local('i32'));
    const [a, b, end, panelBytes, column, tileAt, rowsLeft, columnsLeft] = locals(8);
    const tile = Array.from({ length: tileRows }, () => [code.local('v128'), code.local('v128')]);
    const [x, y0, y1] = [code.local('v128'), code.local('v128'), code.local('v128')];
    code.get(K!).i32(rowBytes).op('i32.mul').set(panelBytes!);
    code.get(columns!).set(columnsLeft!).get(out!).set(column!);
    code.loop((nextColumns) => {
      code.get(left!).set(a!).get(column!).set(tileAt!).get(rows!).set(rowsLeft!);
      code.loop((nextRows) => {
        for (const sum of tile.flat()) splat(code, 0).set(sum);
        code.get(right!).tee(b!).get(panelBytes!).op('i32.add').set(end!);
        code.loop((nextK) => {
          code.get(b!).memory('v128.load').set(y0).get(b!).memory('v128.load', 16).set(y1);
          tile.forEach((sums, r) => {
            code.get(a!).memory('v128.load32_splat', 4 * r).set(x);
            for (const [v, y] of [y0, y1].entries()) code.get(sums[v]!).get(x).get(y).op('f32x4.mul').op('f32x4.add').set(sums[v]!);
          });
          move(code, a!, 4 * tileRows);
          move(code, b!, rowBytes);
          code.get(b!).get(end!).op('i32.lt_u').branchIf(nextK);
        });
        storeTile(code, tile, { at: tileAt!, rowStep: outRowBytes!, rowsLeft: rowsLeft!, columnsLeft: columnsLeft!, add: add!, spare: spare! });
        code.get(tileAt!).get(outRowBytes!).i32(2).op('i32.shl').op('i32.add').set(tileAt!);
        code.get(rowsLeft!).i32(tileRows).op('i32.sub').tee(rowsLeft!).i32(0).op('i32.gt_s').branchIf(nextRows);
      });
      code.get(end!).set(right!);
      move(code, column!, rowBytes);
      code.get(columnsLeft!).i32(tileColumns).op('i32.sub').tee(columnsLeft!).i32(0).op('i32.gt_s').branchIf(nextColumns);
    });
  });
}

interface Place {
  readonly at: Local;
  readonly rowStep: Local;
  readonly rowsLeft: Local;
  readonly columnsLeft: Local;
  readonly add: Local;
  readonly spare: Local;
}

function storeTile(code: Code, tile: readonly (readonly Local[])[], place: Place): void {
  const to = code.local('i32');
  const whole = (start: Local, step: Local | number, add: boolean): void => {
    code.get(start).set(to);
    for (const sums of tile) {
      sums.forEach((sum, v) => {
        code.get(to);
        if (add) code.get(to).memory('v128.load', 16 * v).get(sum).op('f32x4.add');
        else code.get(sum);
        code.memory('v128.store', 16 * v);
      });
      move(code, to, step);
    }
  };
  code.get(place.rowsLeft).i32(tileRows).op('i32.ge_s').get(place.columnsLeft).i32(tileColumns).op('i32.ge_s').op('i32.and').if(() => {
    code.get(place.add).if(() => whole(place.at, place.rowStep, true), () => whole(place.at, place.rowStep, false));
  }, () => {
    whole(place.spare, rowBytes, false);
    copyEdge(code, place);
  });
}

/** Moves the part of the spare tile that lies inside the result, element by element. */
function copyEdge(code: Code, place: Place): void {
  const [row, n, m, from, to, offset] = Array.from({ length: 6 }, () => code.local('i32'));
  const value = code.local('f32');
  const least = (left: Local, most: number, into: Local): void => {
    code.i32(most).set(into).get(left).i32(most).op('i32.lt_s').if(() => code.get(left).set(into));
  };
  code.get(place.at).set(row!).i32(0).set(offset!);
  least(place.rowsLeft, tileRows, m!);
  times(code, m!, () => {
    code.get(row!).set(to!).get(place.spare).get(offset!).op('i32.add').set(from!);
    least(place.columnsLeft, tileColumns, n!);
    times(code, n!, () => {
      code.get(from!).memory('f32.load').set(value);
      code.get(place.add).if(() => code.get(to!).memory('f32.load').get(value).op('f32.add').set(value));
      code.get(to!).get(value).memory('f32.store');
      move(code, to!, 4);
      move(code, from!, 4);
    });
    move(code, row!, place.rowStep);
    move(code, offset!, rowBytes);
  });
}

export function contractModule(): Module {
  const module = new Module(memoryType);
  packGather(module);
  for (const width of [tileRows, tileColumns]) {
    packAcross(module, width);
    packAlong(module, width);
  }
  multiply(module);
  return module;
}
