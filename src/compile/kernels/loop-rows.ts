// Where a loop reads and writes: the address of a row in every access, and lanes moved between a row and a local: four
// neighbours at once where they are neighbours, one by one where they are not or where the row ends. Nothing outside
// an access is touched.
// A position in a row is counted in bytes of dense 32-bit elements, so that it is an address where the stride is 1.

import type { Code, Local } from '../wasm/assembler.ts';
import type { Access } from './group.ts';

/** Lanes of a row: how many, and how many elements they stand after the position. */
export interface Lot {
  readonly lanes: 1 | 2 | 3 | 4;
  readonly after: number;
}

/** The address of the current row, for every access; accesses that are alike share one. */
export class RowPointers {
  readonly #code: Code;
  readonly #addresses: ReadonlyMap<number, Local>;
  readonly #places = new Map<string, {
    readonly at: Local; readonly base: Local; readonly offset: number; readonly steps: readonly number[];
  }>();

  constructor(code: Code, addresses: ReadonlyMap<number, Local>) {
    this.#code = code;
    this.#addresses = addresses;
  }

  /** The local with the address of the first element in the current row. */
  of(access: Access, elementBytes: 4 | 8 = 4): Local {
    const steps = access.strides.slice(0, -1).map((s) => s * elementBytes);
    const key = `${access.buffer} ${access.offset * elementBytes} ${steps.join(' ')}`;
    const found = this.#places.get(key);
    if (found !== undefined) return found.at;
    const at = this.#code.local('i32');
    this.#places.set(key, { at, base: this.#addresses.get(access.buffer)!, offset: access.offset * elementBytes, steps });
    return at;
  }

  /** Sets the addresses that are the same in every row. */
  writeFixed(): void {
    for (const { at, base, offset, steps } of this.#places.values()) {
      if (steps.every((s) => s === 0)) this.#code.get(base).i32(offset).op('i32.add').set(at);
    }
  }

  /** Sets the others, given where the row lies on each axis. */
  writeRow(coordinates: readonly Local[]): void {
    const code = this.#code;
    for (const { at, base, offset, steps } of this.#places.values()) {
      if (steps.every((s) => s === 0)) continue;
      code.get(base).i32(offset).op('i32.add');
      steps.forEach((step, axis) => {
        if (step !== 0) code.get(coordinates[axis]!).i32(step).op('i32.mul').op('i32.add');
      });
      code.set(at);
    }
  }
}

/** Writes the place of a row on every axis, the last of `sizes` running fastest. */
export function writeCoordinates(code: Code, row: Local, sizes: readonly number[], coordinates: readonly Local[]): void {
  if (sizes.length === 0) return;
  const rest = coordinates[0]!;
  code.get(row).set(rest);
  for (let axis = sizes.length - 1; axis > 0; axis--) {
    code.get(rest).i32(sizes[axis]!).op('i32.rem_u').set(coordinates[axis]!);
    code.get(rest).i32(sizes[axis]!).op('i32.div_u').set(rest);
  }
}

/** Puts on the stack the address of the lowest lane of a lot; gives what lies between it and each lane, in bytes. */
function lowest(code: Code, start: Local, at: Local, stride: number, lot: Lot): number[] {
  const offsets = Array.from({ length: lot.lanes }, (_, lane) => 4 * stride * (lot.after + lane));
  const least = Math.min(...offsets, 0);
  code.get(start).get(at);
  if (stride !== 1) code.i32(stride).op('i32.mul');
  code.op('i32.add');
  if (least !== 0) code.i32(least).op('i32.add');
  return offsets.map((offset) => offset - least);
}

/** Loads a lot; lanes beyond it hold its first element, so that they change no maximum and meet no special case. */
export function loadLot(code: Code, start: Local, at: Local, stride: number, lot: Lot, to: Local): void {
  if (stride === 1 && lot.lanes === 4) {
    const [offset] = lowest(code, start, at, 1, lot);
    code.memory('v128.load', offset).set(to);
    return;
  }
  if (stride === 2 && lot.lanes === 4) {
    // The second vector begins at an element that is not wanted, so as not to end beyond the last that is.
    for (const before of [0, 12]) {
      const [offset] = lowest(code, start, at, 2, lot);
      code.memory('v128.load', offset! + before);
    }
    code.shuffle([0, 2, 5, 7]).set(to);
    return;
  }
  for (let lane = 0; lane < lot.lanes; lane++) {
    const offset = lowest(code, start, at, stride, lot)[lane]!;
    if (lane === 0) code.memory('v128.load32_splat', offset);
    else code.get(to).memoryLane('v128.load32_lane', lane, offset);
    code.set(to);
  }
}

/** Loads a lot of a row that meets every element 2 or 4 times; lots begin at multiples of 4 and hold an even number. */
export function loadRepeated(code: Code, start: Local, at: Local, times: 2 | 4, lot: Lot, to: Local): void {
  const address = (): Code => code.get(start).get(at).i32(Math.log2(times)).op('i32.shr_u').op('i32.add');
  const offset = (4 * lot.after) / times;
  if (times === 2 && lot.lanes === 4) {
    address().memory('v128.load64_zero', offset).set(to);
    code.get(to).get(to).shuffle([0, 0, 1, 1]).set(to);
  } else address().memory('v128.load32_splat', offset).set(to);
}

/** Stores the lanes of a lot. */
export function storeLot(code: Code, start: Local, at: Local, stride: number, lot: Lot, from: Local): void {
  if (stride === 1 && lot.lanes === 4) {
    const [offset] = lowest(code, start, at, 1, lot);
    code.get(from).memory('v128.store', offset);
    return;
  }
  for (let lane = 0; lane < lot.lanes; lane++) {
    const offset = lowest(code, start, at, stride, lot)[lane]!;
    code.get(from).memoryLane('v128.store32_lane', lane, offset);
  }
}

/** Leaves the positions of a lot as words; lanes beyond it repeat its first. */
export function positions(code: Code, at: Local, lot: Lot): void {
  const words = [0, 1, 2, 3].map((lane) => lot.after + (lane < lot.lanes ? lane : 0));
  code.get(at).op('i32x4.splat').i32(2).op('i32x4.shr_u').v128(words).op('i32x4.add');
}
