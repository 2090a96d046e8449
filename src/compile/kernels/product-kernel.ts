// The kernels of a matrix product: packing panels for everybody, and multiplying blocks of the result.
// Letters: M rows of the left operand, N columns of the right one, K summed. Every element of the result is a sum in
// order within a block of K, and blocks are added in order, so parts may be computed by anyone, in any order, to the
// same bits. How the work is cut is decided in `product.ts`; the tile itself is in `product-tile.ts`.

import { type Callable, type Code, type Local, Module } from '../wasm/assembler.ts';
import { memoryType } from '../wasm/memory.ts';
import { type Packer, packer, runLength, type Scaling } from './product-pack.ts';
import { spareBytes, tileColumns, tileFunction, tileRows } from './product-tile.ts';
import { i32s, namedWords } from '../wasm/writing.ts';

/** Part of the meaning: sums are accumulated within blocks of K, and the blocks added in order. */
export const blockK = 256;
/** Packed rows that stay in the second cache while a panel of columns passes. */
export const blockM = 128;

export type Side = 'left' | 'right';
export const widths: Record<Side, number> = { left: tileRows, right: tileColumns };

const sideWords = ['Free', 'FreeRuns', 'Sum', 'SumRuns', 'Batch', 'Scales'] as const;

/** The header of a product: words both kernels read. Tables are given by their addresses. */
export const headerWords = [
  'M', 'N', 'blockRows', 'blockColumns', 'stepColumns', 'rightOffset',
  ...(['left', 'right'] as const).flatMap((side) => sideWords.map((word): `${Side}${typeof word}` => `${side}${word}`)),
] as const;
type HeaderWord = (typeof headerWords)[number];

/**
 * What both kernels take after `scratch`: the address of the header, of both operands, of the result and of the scales;
 * which operand is packed for everybody (1 left, 2 right, 0 none) and where its panels are; the part of the result that
 * is computed (from batch `batch`, rows, columns) and the part of K that is summed, from `k` to `kEnd`.
 */
export const placeWords = ['header', 'left', 'right', 'out', 'leftScale', 'rightScale', 'shared', 'panels'] as const;
export const partWords = ['batch', 'row', 'rows', 'column', 'columns', 'k', 'kEnd'] as const;
const stageWords = [...placeWords, ...partWords];
type Words = Record<(typeof stageWords)[number], Local>;

export interface ProductModuleOptions {
  readonly left: Scaling;
  readonly right: Scaling;
}

/** One kernel in the making: its code, its parameters by name, and words of the header. */
export interface Kernel {
  readonly code: Code;
  readonly first: Local;
  readonly last: Local;
  readonly scratch: Local;
  readonly at: Words;
  read(word: HeaderWord): Code;
}

export function kernel(module: Module, name: string, write: (kernel: Kernel) => void): void {
  module.function(name, i32s(3 + stageWords.length), [], (code, first, last, scratch, ...rest) => {
    const at = Object.fromEntries(stageWords.map((word, i) => [word, rest[i]!])) as Words;
    const read = (word: HeaderWord): Code => code.get(at.header).memory('i32.load', 4 * headerWords.indexOf(word));
    write({ code, first: first!, last: last!, scratch: scratch!, at, read });
  });
}

/** Sets a local to the lesser of two numbers, which are pushed once or twice. */
export function least(a: () => Code, b: () => Code, into: Local): void {
  a();
  b().op('i32.lt_s').if(() => a().set(into), () => b().set(into));
}

/** The count on the stack in units of `size`, the last one perhaps not full. */
const inUnits = (code: Code, size: number): Code => code.i32(size - 1).op('i32.add').i32(Math.log2(size)).op('i32.shr_u');
const scaled = (code: Code, by: number): Code => code.i32(Math.log2(by)).op('i32.shl');

interface Panels {
  readonly side: Side;
  readonly packer: Packer;
  readonly batch: Local;
  /** The row or column the first panel begins with. */
  readonly free: Local;
  /** Pushes how many. */
  readonly count: () => void;
  readonly k: Local;
  readonly depth: Local;
  readonly to: () => void;
}

export function pack({ code, at, read }: Kernel, { side, packer, batch, free, count, k, depth, to }: Panels): void {
  const wordOf = (table: HeaderWord, index: Local, of = 1): void => {
    read(table).get(index).i32(Math.log2(of)).op('i32.shr_u');
    scaled(code, 4).op('i32.add');
  };
  packer.call(code, {
    base: () => {
      wordOf(`${side}Batch`, batch);
      code.memory('i32.load').get(at[side]).op('i32.add');
    },
    free: () => wordOf(`${side}Free`, free),
    freeRuns: () => wordOf(`${side}FreeRuns`, free, packer.width),
    sum: () => wordOf(`${side}Sum`, k),
    sumRuns: () => wordOf(`${side}SumRuns`, k, runLength),
    panels: count,
    depth: () => void code.get(depth),
    to,
    scale: () => void code.get(at[`${side}Scale`]),
    scaleTable: () => wordOf(`${side}Scales`, packer.scaling === 'sum' ? k : free),
  });
}

/** Packs the shared operand: a unit is one panel of one block of K. */
export function packKernel(module: Module, side: Side, packer: Packer): void {
  kernel(module, side === 'left' ? 'packLeft' : 'packRight', (kernel) => {
    const { code, first, last, at } = kernel;
    const { panels, block, panel, count, free } = namedWords(code, 'panels', 'block', 'panel', 'count', 'free');
    const { k, depth } = namedWords(code, 'k', 'depth');
    inUnits(code.get(side === 'left' ? at.rows : at.columns), packer.width).set(panels);
    code.loop((again) => {
      code.get(first).get(panels).op('i32.div_u').set(block);
      code.get(first).get(panels).op('i32.rem_u').set(panel);
      code.get(panels).get(panel).op('i32.sub').set(count);
      least(() => code.get(last).get(first).op('i32.sub'), () => code.get(count), count);
      code.get(at.k);
      scaled(code.get(block), blockK).op('i32.add').set(k);
      least(() => code.get(at.kEnd).get(k).op('i32.sub'), () => code.i32(blockK), depth);
      code.get(side === 'left' ? at.row : at.column);
      scaled(code.get(panel), packer.width).op('i32.add').set(free);
      pack(kernel, {
        side, packer, batch: at.batch, free, count: () => void code.get(count), k, depth,
        to: () => {
          scaled(code.get(block), blockK).get(panels).op('i32.mul').get(panel).get(depth).op('i32.mul').op('i32.add');
          scaled(code, 4 * packer.width).get(at.panels).op('i32.add');
        },
      });
      code.get(first).get(count).op('i32.add').tee(first).get(last).op('i32.lt_u').branchIf(again);
    });
  });
}

/** Multiplies: a unit is one block of the result, of all rows or columns where only one operand is cut. */
function multiplyKernel(module: Module, packers: Record<Side, Packer>, tiles: Callable): void {
  kernel(module, 'multiply', (kernel) => {
    const { code, first, last, scratch, at, read } = kernel;
    const { grid, blocks, batch, block } = namedWords(code, 'grid', 'blocks', 'batch', 'block');
    const { row, rows, column, columns } = namedWords(code, 'row', 'rows', 'column', 'columns');
    // Where the piece at hand begins, and its size, in rows, columns and positions of K.
    const { r, height, c, width, k, depth } = namedWords(code, 'r', 'height', 'c', 'width', 'k', 'depth');
    const { left, right } = namedWords(code, 'left', 'right');
    const isShared = (side: Side): Code => code.get(at.shared).i32(side === 'left' ? 1 : 2).op('i32.eq');
    /** Pushes where the panels of a side are that everybody uses: from row or column `free` of the part. */
    const sharedPanels = (side: Side, free: Local): Code => {
      code.get(k).get(at.k).op('i32.sub');
      scaled(inUnits(code.get(side === 'left' ? at.rows : at.columns), widths[side]), widths[side]).op('i32.mul');
      code.get(free).get(side === 'left' ? at.row : at.column).op('i32.sub').get(depth).op('i32.mul').op('i32.add');
      return scaled(code, 4).get(at.panels).op('i32.add');
    };
    /** Sets `into` to the panels of a side, packed into scratch at `own` unless everybody has them. */
    const ready = (side: Side, free: Local, count: Local, own: () => Code, into: Local): void => {
      isShared(side).if(() => sharedPanels(side, free).set(into), () => {
        own().set(into);
        pack(kernel, {
          side, packer: packers[side], batch, free, k, depth,
          count: () => void inUnits(code.get(count), widths[side]), to: () => void code.get(into),
        });
      });
    };
    /** Steps a local from `from` to `end`, `step` at a time, with `size` what is left of the step. */
    const steps = (at: Local, from: Local, end: () => Code, step: () => Code, size: Local, body: () => void): void => {
      code.get(from).set(at);
      code.loop((again) => {
        least(() => end().get(at).op('i32.sub'), step, size);
        body();
        code.get(at).get(size).op('i32.add').tee(at);
        end().op('i32.lt_u').branchIf(again);
      });
    };
    code.get(at.columns);
    read('blockColumns').op('i32.add').i32(1).op('i32.sub');
    read('blockColumns').op('i32.div_u').tee(grid);
    code.get(at.rows);
    read('blockRows').op('i32.add').i32(1).op('i32.sub');
    read('blockRows').op('i32.div_u').op('i32.mul').set(blocks);
    code.loop((again) => {
      code.get(first).get(blocks).op('i32.div_u').get(at.batch).op('i32.add').set(batch);
      code.get(first).get(blocks).op('i32.rem_u').set(block);
      const range = (index: () => Code, size: HeaderWord, from: Local, count: Local, start: Local, length: Local): void => {
        index();
        read(size).op('i32.mul').set(start);
        least(() => code.get(count).get(start).op('i32.sub'), () => read(size), length);
        code.get(from).get(start).op('i32.add').set(start);
      };
      range(() => code.get(block).get(grid).op('i32.div_u'), 'blockRows', at.row, at.rows, row, rows);
      range(() => code.get(block).get(grid).op('i32.rem_u'), 'blockColumns', at.column, at.columns, column, columns);
      code.get(row).get(rows).op('i32.add').set(rows).get(column).get(columns).op('i32.add').set(columns);
      steps(c, column, () => code.get(columns), () => read('stepColumns'), width, () => {
        steps(k, at.k, () => code.get(at.kEnd), () => code.i32(blockK), depth, () => {
          ready('right', c, width, () => read('rightOffset').get(scratch).op('i32.add'), right);
          steps(r, row, () => code.get(rows), () => code.i32(blockM), height, () => {
            ready('left', r, height, () => code.get(scratch).i32(spareBytes).op('i32.add'), left);
            code.get(left).get(right);
            read('M').get(batch).op('i32.mul').get(r).op('i32.add');
            read('N').op('i32.mul').get(c).op('i32.add');
            scaled(code, 4).get(at.out).op('i32.add');
            scaled(read('N'), 4).get(height).get(width).get(depth).get(k).get(scratch).call(tiles);
          });
        });
      });
      code.get(first).i32(1).op('i32.add').tee(first).get(last).op('i32.lt_u').branchIf(again);
    });
  });
}

/** Kernels `packLeft`, `packRight` and `multiply` for products whose operands are scaled in these ways. */
export function productModule({ left, right }: ProductModuleOptions): Module {
  const module = new Module(memoryType);
  const packers = { left: packer(module, widths.left, left), right: packer(module, widths.right, right) };
  packKernel(module, 'left', packers.left);
  packKernel(module, 'right', packers.right);
  multiplyKernel(module, packers, tileFunction(module));
  return module;
}
