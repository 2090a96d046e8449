// Multiplying packed panels. One tile of the result, 4×8, stays in eight registers while K runs; more of them spill. A
// panel holds 4 rows of the left operand (or 8 columns of the right one) with K consecutive groups of 4 (or 8). Where
// panels come from, and which are multiplied, stands in `product-kernel.ts`.

import type { Callable, Code, Local, Module } from '../wasm/assembler.ts';
import { i32s, move, namedWords, splat, times } from '../wasm/writing.ts';

export const tileRows = 4;
export const tileColumns = 8;
const rowBytes = 4 * tileColumns;
/** A tile on the edge of the result goes through this many bytes. */
export const spareBytes = tileRows * rowBytes;

type Tile = readonly (readonly [Local, Local])[];

const newTile = (code: Code): Tile => Array.from({ length: tileRows }, () => [code.local('v128'), code.local('v128')]);

/**
 * Steps of K before the loop turns, each with a way out. V8 places all loads of a stretch of code before its arithmetic,
 * so that even two steps in one stretch need more registers than there are (31 GFLOP/s instead of 46); a way out after
 * each keeps its sums where they are, and the stack is checked once for all of them (50).
 */
const stepsPerTurn = 6;

/** Sums one tile: `a` and `b` move through their panels until `b` is at the end of its own. */
function sumTile(code: Code, tile: Tile, a: Local, b: Local, end: Local): void {
  const [x, y0, y1] = [code.local('v128'), code.local('v128'), code.local('v128')];
  for (const sum of tile.flat()) splat(code, 0).set(sum);
  code.block((done) => {
    code.loop((nextK) => {
      for (let step = 1; step <= stepsPerTurn; step++) {
        code.get(b).memory('v128.load').set(y0).get(b).memory('v128.load', 16).set(y1);
        tile.forEach((sums, r) => {
          code.get(a).memory('v128.load32_splat', 4 * r).set(x);
          for (const [v, y] of [y0, y1].entries()) code.get(sums[v]!).get(x).get(y).op('f32x4.mul').op('f32x4.add').set(sums[v]!);
        });
        move(code, a, 4 * tileRows);
        move(code, b, rowBytes);
        if (step < stepsPerTurn) code.get(b).get(end).op('i32.eq').branchIf(done);
      }
      code.get(b).get(end).op('i32.lt_u').branchIf(nextK);
    });
  });
}

/** Stores a tile row by row from `to` on, added to what is there or not. */
function storeTile(code: Code, tile: Tile, to: Local, step: Local | number, add: boolean): void {
  for (const sums of tile) {
    sums.forEach((sum, v) => {
      code.get(to);
      if (add) code.get(to).memory('v128.load', 16 * v).get(sum).op('f32x4.add');
      else code.get(sum);
      code.memory('v128.store', 16 * v);
    });
    move(code, to, step);
  }
}

/**
 * edge(a, b, K, out, outRowBytes, rows, columns, add, spare): a tile that is not all inside the result. It goes through
 * 128 spare bytes, and what lies inside is moved element by element.
 */
function edgeFunction(module: Module): Callable {
  return module.function('edge', i32s(9), [], (code, a, b, K, out, outRowBytes, rows, columns, add, spare) => {
    const tile = newTile(code);
    const { end, from, to, m, n } = namedWords(code, 'end', 'from', 'to', 'm', 'n');
    const value = code.local('f32');
    code.get(K!).i32(rowBytes).op('i32.mul').get(b!).op('i32.add').set(end);
    sumTile(code, tile, a!, b!, end);
    code.get(spare!).set(to);
    storeTile(code, tile, to, rowBytes, false);
    const least = (count: Local, most: number, into: Local): void => {
      code.get(count).i32(most).op('i32.lt_s').if(() => code.get(count).set(into), () => code.i32(most).set(into));
    };
    least(rows!, tileRows, m);
    times(code, m, () => {
      code.get(spare!).set(from).get(out!).set(to);
      least(columns!, tileColumns, n);
      times(code, n, () => {
        code.get(from).memory('f32.load').set(value);
        code.get(add!).if(() => code.get(to).memory('f32.load').get(value).op('f32.add').set(value));
        code.get(to).get(value).memory('f32.store');
        move(code, to, 4);
        move(code, from, 4);
      });
      move(code, out!, outRowBytes!);
      move(code, spare!, rowBytes);
    });
  });
}

/**
 * whole(left, right, out, outRowBytes, rows, columns, K, add): the tiles that lie inside the result. A function of its
 * own, and with little else in it, so that the loop keeps its numbers in registers.
 */
function wholeFunction(module: Module): Callable {
  return module.function('whole', i32s(8), [], (code, left, right, out, outRowBytes, rows, columns, K, add) => {
    const { a, b, end, panelBytes } = namedWords(code, 'a', 'b', 'end', 'panelBytes');
    const { column, at, rowsLeft } = namedWords(code, 'column', 'at', 'rowsLeft');
    const tile = newTile(code);
    code.get(K!).i32(rowBytes).op('i32.mul').set(panelBytes);
    code.get(out!).set(column);
    code.loop((nextColumns) => {
      code.get(left!).set(a).get(column).set(at).get(rows!).set(rowsLeft);
      code.loop((nextRows) => {
        code.get(right!).tee(b).get(panelBytes).op('i32.add').set(end);
        sumTile(code, tile, a, b, end);
        const store = (adding: boolean) => (): void => storeTile(code, tile, at, outRowBytes!, adding);
        code.get(add!).if(store(true), store(false));
        code.get(rowsLeft).i32(tileRows).op('i32.sub').tee(rowsLeft).branchIf(nextRows);
      });
      code.get(end).set(right!);
      move(code, column, rowBytes);
      code.get(columns!).i32(tileColumns).op('i32.sub').tee(columns!).branchIf(nextColumns);
    });
  });
}

/**
 * tiles(left, right, out, outRowBytes, rows, columns, K, add, spare): the product of packed panels into a block of the
 * result, added to it when `add` is not 0; nothing outside the block is touched.
 */
export function tileFunction(module: Module): Callable {
  const [whole, edge] = [wholeFunction(module), edgeFunction(module)];
  return module.function('tiles', i32s(9), [], (code, left, right, out, outRowBytes, rows, columns, K, add, spare) => {
    const { wholeRows, wholeColumns } = namedWords(code, 'wholeRows', 'wholeColumns');
    const { a, b, column, at, rowsLeft } = namedWords(code, 'a', 'b', 'column', 'at', 'rowsLeft');
    const moveBy = (pointer: Local, size: Local, count: number): void =>
      void code.get(size).i32(count).op('i32.mul').get(pointer).op('i32.add').set(pointer);
    code.get(rows!).i32(-tileRows).op('i32.and').set(wholeRows).get(columns!).i32(-tileColumns).op('i32.and').set(wholeColumns);
    code.get(wholeRows).get(wholeColumns).op('i32.mul').if(() => {
      for (const word of [left!, right!, out!, outRowBytes!, wholeRows, wholeColumns, K!, add!]) code.get(word);
      code.call(whole);
    });
    code.get(rows!).get(wholeRows).op('i32.sub').get(columns!).get(wholeColumns).op('i32.sub').op('i32.add').if(() => {
      code.get(right!).set(b).get(out!).set(column);
      code.loop((nextColumns) => {
        code.get(left!).set(a).get(column).set(at).get(rows!).set(rowsLeft);
        code.loop((nextRows) => {
          code.get(rowsLeft).i32(tileRows).op('i32.lt_s').get(columns!).i32(tileColumns).op('i32.lt_s').op('i32.add').if(() => {
            for (const word of [a, b, K!, at, outRowBytes!, rowsLeft, columns!, add!, spare!]) code.get(word);
            code.call(edge);
          });
          moveBy(a, K!, 4 * tileRows);
          moveBy(at, outRowBytes!, tileRows);
          code.get(rowsLeft).i32(tileRows).op('i32.sub').tee(rowsLeft).i32(0).op('i32.gt_s').branchIf(nextRows);
        });
        moveBy(b, K!, rowBytes);
        move(code, column, rowBytes);
        code.get(columns!).i32(tileColumns).op('i32.sub').tee(columns!).i32(0).op('i32.gt_s').branchIf(nextColumns);
      });
    });
  });
}
