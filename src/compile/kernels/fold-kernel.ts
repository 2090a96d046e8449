// Windows added back into their planes. A unit is one plane: its sums are kept as Float64 in the thread's scratch memory,
// the windows are added in their order, as the reference does, and the sums are rounded once at the end.
// Sizes and strides are constants of the code; a small window is written out, a large one is walked.

import { sizeOf } from '../../base/shape.ts';
import { mergeAxes } from '../../graph/index.ts';
import type { Code, Local } from '../wasm/assembler.ts';
import type { Fold } from './group.ts';
import { RowPointers, writeCoordinates } from './loop-rows.ts';
import { move, splat, times } from '../wasm/writing.ts';

/** Windows of up to so many elements are written out. */
const writtenOut = 64;

const planeSize = ({ size }: Fold): number => size[0] * size[1];

/** Bytes of the sums of a plane. */
export const foldScratch = (fold: Fold): number => 16 * Math.ceil(planeSize(fold) / 2);

/** Nanoseconds of a plane. */
export const foldCost = (fold: Fold): number => sizeOf(fold.space.slice(-4)) + planeSize(fold) / 2;

export const foldUnits = (fold: Fold): number => (sizeOf(fold.space) === 0 ? 0 : sizeOf(fold.space.slice(0, -4)));

/** kernel(first, last, scratch, from, to): planes first … last − 1. */
export function writeFold(code: Code, fold: Fold): void {
  const [first, last, scratch, from, to] = code.parameters;
  const { sizes, steps } = mergeAxes(fold.space.slice(0, -4), [fold.from.strides.slice(0, -4)]);
  const pointers = new RowPointers(code, new Map([[fold.from.buffer, from!]]));
  const start = pointers.of({ ...fold.from, strides: [...steps[0]!, 0] });
  const coordinates = sizes.map(() => code.local('i32'));
  const [plane, count, target] = [code.local('i32'), code.local('i32'), code.local('i32')];
  pointers.writeFixed();
  code.get(last!).get(first!).op('i32.sub').set(count);
  code.get(first!).set(plane);
  times(code, count, () => {
    writeCoordinates(code, plane, sizes, coordinates);
    pointers.writeRow(coordinates);
    clear(code, scratch!, foldScratch(fold));
    addWindows(code, fold, start, scratch!);
    code.get(to!).get(plane).i32(4 * planeSize(fold)).op('i32.mul').op('i32.add').set(target);
    round(code, scratch!, target, planeSize(fold));
    move(code, plane, 1);
  });
}

export function clear(code: Code, start: Local, bytes: number): void {
  const [at, count] = [code.local('i32'), code.local('i32')];
  code.get(start).set(at).i32(bytes / 16).set(count);
  times(code, count, () => {
    splat(code.get(at), 0).memory('v128.store');
    move(code, at, 16);
  });
}

/** Runs `body` for a row of positions of two pointers, which are moved on and put back. */
function walk(code: Code, count: number, pointers: readonly (readonly [Local, number])[], body: () => void): void {
  const n = code.local('i32');
  const starts = pointers.map(([pointer]) => {
    const start = code.local('i32');
    code.get(pointer).set(start);
    return start;
  });
  code.i32(count).set(n);
  times(code, n, () => {
    body();
    for (const [pointer, bytes] of pointers) move(code, pointer, bytes);
  });
  pointers.forEach(([pointer], i) => code.get(starts[i]!).set(pointer));
}

function addWindows(code: Code, { space, from, size, stride, dilation }: Fold, start: Local, sums: Local): void {
  const [rows, columns, height, width] = space.slice(-4) as [number, number, number, number];
  const [rowStep, columnStep, down, right] = from.strides.slice(-4).map((s) => 4 * s) as [number, number, number, number];
  const [x, sum] = [code.local('i32'), code.local('i32')];
  const line = 8 * size[1];
  code.get(start).set(x).get(sums).set(sum);
  const add = (xOffset: number, sumOffset: number): void => {
    code.get(sum).get(sum).memory('f64.load', sumOffset);
    code.get(x).memory('f32.load', xOffset).op('f64.promote_f32').op('f64.add').memory('f64.store', sumOffset);
  };
  const small = height * width <= writtenOut && down >= 0 && right >= 0;
  const window = (): void => {
    if (small) {
      for (let i = 0; i < height; i++) {
        for (let j = 0; j < width; j++) add(i * down + j * right, i * dilation[0] * line + 8 * j * dilation[1]);
      }
      return;
    }
    walk(code, height, [[x, down], [sum, dilation[0] * line]], () =>
      walk(code, width, [[x, right], [sum, 8 * dilation[1]]], () => add(0, 0)));
  };
  walk(code, rows, [[x, rowStep], [sum, stride[0] * line]], () =>
    walk(code, columns, [[x, columnStep], [sum, 8 * stride[1]]], window));
}

/** Rounds doubles to Float32, four at a time. */
export function round(code: Code, start: Local, to: Local, size: number): void {
  const [at, count] = [code.local('i32'), code.local('i32')];
  code.get(start).set(at).i32(Math.floor(size / 4)).set(count);
  times(code, count, () => {
    code.get(to);
    for (const offset of [0, 16]) code.get(at).memory('v128.load', offset).op('f32x4.demote_f64x2_zero');
    code.shuffle([0, 1, 4, 5]).memory('v128.store');
    move(code, at, 32);
    move(code, to, 16);
  });
  for (let i = 0; i < size % 4; i++) {
    code.get(to).get(at).memory('f64.load', 8 * i).op('f32.demote_f64').memory('f32.store', 4 * i);
  }
}
