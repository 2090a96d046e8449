// Packing an operand of a product into panels: 4 rows of the left operand, or 8 columns of the right one, with K
// consecutive groups of 4 (or 8). Operands are read through tables of byte offsets, so any strides do; where four (or
// eight) neighbours in the table are neighbours in memory, which a table of runs says, they are read as one vector.
// A scale is applied on the way: every element is multiplied once, and rounded, as a map before the product would.
// The last panel repeats a row that is there in place of those that are not; nobody reads their products.

import type { Code, Local, Module } from '../wasm/assembler.ts';
import { i32s, move, quotient, remainder, times } from '../wasm/writing.ts';

/** What the scale of an operand follows: its free axes, its summed axes, or there is none. */
export type Scaling = 'none' | 'free' | 'sum';

/** Consecutive positions of K that one entry in the table of runs speaks of. */
export const runLength = 4;

/** The parameters of a pack function, in order. */
const parameters = ['base', 'free', 'freeRuns', 'sum', 'sumRuns', 'panels', 'depth', 'to', 'scale', 'scaleTable'] as const;

type PackParameter = (typeof parameters)[number];

export interface Packer {
  readonly width: number;
  readonly scaling: Scaling;
  /** Writes a call; every function pushes one argument. */
  call(code: Code, push: Readonly<Record<PackParameter, () => void>>): void;
}

/** Elements that are packed together where several panels lie side by side: a line of the cache. */
const lineElements = 16;

type Squares = readonly [number, number, number, number];

const address = (code: Code, base: Local, table: Local, offset = 0): Code =>
  code.get(base).get(table).memory('i32.load', offset).op('i32.add');

/**
 * A function that packs `panels` panels with `depth` positions of K. `free` and `freeRuns` are where the tables speak of
 * the first panel, `sum` and `sumRuns` where they speak of the first position of K; `scaleTable` follows one or the other.
 */
export function packer(module: Module, width: number, scaling: Scaling): Packer {
  const callable = module.function(`panels${width}`, i32s(parameters.length), [], (code, ...given) => {
    const at = Object.fromEntries(parameters.map((name, i) => [name, given[i]!])) as Record<PackParameter, Local>;
    const words = (count: number): Local[] => Array.from({ length: count }, () => code.local('i32'));
    const vectors = (count: number): Local[] => Array.from({ length: count }, () => code.local('v128'));
    const [n, table, runs, offset, from] = words(5) as [Local, Local, Local, Local, Local];
    const rows = words(width);
    const [square, mixed] = [vectors(4), vectors(4)];
    const x = code.local('v128');
    const scales = scaling === 'none' ? [] : vectors(scaling === 'free' ? lineElements / 4 : 1);
    /** Where the scales of the coming positions of K stand in their table. */
    const scaleAt = code.local('i32');
    const groups = Array.from({ length: width / 4 }, (_, g) => g);
    /** Panels of one line, and where the next elements of each of them go. */
    const side = lineElements / width;
    const targets = words(side);

    /** Stores elements 4·g … 4·g + 3 of the panel at the k-th of the coming positions, scaled. */
    const store = (k: number, g: number, elements: () => void): void => {
      code.get(at.to);
      elements();
      if (scaling !== 'none') code.get(scales[scaling === 'free' ? g : 0]!).op('f32x4.mul');
      code.memory('v128.store', 4 * (k * width + 4 * g));
    };
    const loadScale = (k: number): void => {
      if (scaling === 'sum') address(code, at.scale, scaleAt, 4 * k).memory('v128.load32_splat').set(scales[0]!);
    };
    const advance = (count: number): void => {
      move(code, table, 4 * count);
      move(code, at.to, 4 * width * count);
      if (scaling === 'sum') move(code, scaleAt, 4 * count);
    };
    const gather = (base: (lane: number) => void, into: Local): void => {
      base(0);
      code.memory('v128.load32_zero').set(into);
      for (let lane = 1; lane < 4; lane++) {
        base(lane);
        code.get(into).memoryLane('v128.load32_lane', lane).set(into);
      }
    };
    /** One position of K, `k` positions ahead, row by row. */
    const gatherOne = (k: number): void => {
      code.get(table).memory('i32.load', 4 * k).set(offset);
      loadScale(k);
      for (const g of groups) {
        gather((lane) => code.get(rows[4 * g + lane]!).get(offset).op('i32.add'), x);
        store(k, g, () => code.get(x));
      }
    };
    /** Four positions of K that lie side by side: squares of 4×4 are transposed. */
    const transpose = (): void => {
      code.get(table).memory('i32.load').set(offset);
      const mix = (a: number, b: number, order: Squares, into: number): void => {
        code.get(square[a]!).get(square[b]!).shuffle(order).set(mixed[into]!);
      };
      for (const g of groups) {
        square.forEach((s, i) => code.get(rows[4 * g + i]!).get(offset).op('i32.add').memory('v128.load').set(s));
        mix(0, 1, [0, 4, 1, 5], 0);
        mix(2, 3, [0, 4, 1, 5], 1);
        mix(0, 1, [2, 6, 3, 7], 2);
        mix(2, 3, [2, 6, 3, 7], 3);
        for (let k = 0; k < 4; k++) {
          const [low, high] = k < 2 ? [mixed[0]!, mixed[1]!] : [mixed[2]!, mixed[3]!];
          loadScale(k);
          store(k, g, () => code.get(low).get(high).shuffle(k % 2 === 0 ? [0, 1, 4, 5] : [2, 3, 6, 7]));
        }
      }
    };
    /** A panel whose rows lie side by side. */
    const across = (): void => {
      address(code, at.base, at.free).set(from);
      code.get(at.depth).set(n);
      times(code, n, () => {
        address(code, from, table).set(offset);
        loadScale(0);
        for (const g of groups) store(0, g, () => code.get(offset).memory('v128.load', 16 * g));
        advance(1);
      });
    };
    /** The same for all panels of a line of memory, which is read once. */
    const acrossLine = (): void => {
      address(code, at.base, at.free).set(from);
      targets.forEach((target, i) => {
        code.get(at.depth).i32(4 * width * i).op('i32.mul').get(at.to).op('i32.add').set(target);
      });
      code.get(at.depth).set(n);
      times(code, n, () => {
        address(code, from, table).set(offset);
        loadScale(0);
        targets.forEach((target, i) => {
          for (const g of groups) {
            const place = g + i * groups.length;
            code.get(target).get(offset).memory('v128.load', 16 * place);
            if (scaling !== 'none') code.get(scales[scaling === 'free' ? place : 0]!).op('f32x4.mul');
            code.memory('v128.store', 16 * g);
          }
        });
        move(code, table, 4);
        if (scaling === 'sum') move(code, scaleAt, 4);
        for (const target of targets) move(code, target, 4 * width);
      });
      code.get(targets.at(-1)!).set(at.to);
    };
    /** Pushes whether the next panels fill a line. */
    const isLine = (): void => {
      code.get(at.panels).i32(side).op('i32.ge_u').set(n);
      code.get(n).if(() => {
        for (let i = 0; i < side; i++) {
          code.get(at.freeRuns).memory('i32.load', 4 * i).get(n).op('i32.and').set(n);
          code.get(at.free).memory('i32.load', 4 * width * i).get(at.free).memory('i32.load').op('i32.sub').i32(4 * width * i);
          code.op('i32.eq').get(n).op('i32.and').set(n);
        }
      });
      code.get(n);
    };
    const along = (): void => {
      rows.forEach((row, i) => address(code, at.base, at.free, 4 * i).set(row));
      code.get(at.sumRuns).set(runs);
      quotient(code, at.depth, 2, n);
      times(code, n, () => {
        code.get(runs).memory('i32.load').if(transpose, () => {
          for (let k = 0; k < runLength; k++) gatherOne(k);
        });
        advance(runLength);
        move(code, runs, 4);
      });
      remainder(code, at.depth, 2, n);
      times(code, n, () => {
        gatherOne(0);
        advance(1);
      });
    };

    /** Packs the next panels, so many. */
    const pack = (count: number, how: () => void): void => {
      code.get(at.sum).set(table);
      if (scaling === 'sum') code.get(at.scaleTable).set(scaleAt);
      if (scaling === 'free') {
        for (let g = 0; g < (count * width) / 4; g++) {
          gather((lane) => address(code, at.scale, at.scaleTable, 4 * (4 * g + lane)), scales[g]!);
        }
        move(code, at.scaleTable, 4 * width * count);
      }
      how();
      move(code, at.free, 4 * width * count);
      move(code, at.freeRuns, 4 * count);
      code.get(at.panels).i32(count).op('i32.sub').set(at.panels);
    };
    code.get(at.panels).if(() => {
      code.loop((again) => {
        isLine();
        code.if(
          () => pack(side, acrossLine),
          () => pack(1, () => code.get(at.freeRuns).memory('i32.load').if(across, along)),
        );
        code.get(at.panels).branchIf(again);
      });
    });
  });
  return {
    width, scaling, call: (code, push) => {
      for (const name of parameters) push[name]();
      code.call(callable);
    },
  };
}
