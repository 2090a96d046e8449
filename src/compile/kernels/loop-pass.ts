// One pass over a row: loads what it reads, computes, adds to its reductions, stores. Several times four elements are
// taken at once, then four at a time, then what is left of the row as one partial four.
// With sums over more than a block, the pass runs block by block and ends each with its sum.

import type { Code, Local } from '../wasm/assembler.ts';
import type { Store } from './group.ts';
import type { Expression } from '../wasm/lane-code.ts';
import type { RowWriter, Segment } from './loop-kernel.ts';
import { expressionsIn, sizeOf } from './loop-lanes.ts';
import type { Pass } from './loop-passes.ts';
import { loadLot, loadRepeated, type Lot, positions, storeLot } from './loop-rows.ts';
import { BlockSum, Maximum } from './loop-sums.ts';
import { blockCount, blockSize } from './reduce-kernel.ts';

/** Bytes of the elements of a block. */
const blockBytes = 4 * blockSize;

/** What a unit is: whole rows, or a segment of so many elements (whole blocks). */
export type Cut = { readonly by: 'rows'; readonly rows: number } | { readonly by: 'segments'; readonly elements: number };

interface Sum {
  readonly quantity: number;
  /** What is summed. */
  readonly of: number;
  readonly block: BlockSum;
  /** What is left of the row, in hand. */
  readonly x: Local;
  /** Where its block sums go when they are a result of the loop. */
  readonly store: Store | undefined;
  /** Where the next block sum goes. */
  readonly to: Local;
}

/** What is computed of every element: the values of quantities, and what has to be loaded for them. */
interface Work {
  readonly values: ReadonlyMap<number, Expression>;
  readonly leaves: readonly number[];
}

/** What is left of the work where no mark is: all of a row but the step that begins at `index`, in bytes. */
interface Unmarked {
  readonly work: Work;
  readonly index: Local;
}

/** From this many elements on, a row is done apart from where it is marked and where it is not. */
const apartFrom = 256;

export function writePass(row: RowWriter, pass: Pass, segment: Segment | undefined): void {
  if (pass.reductions.length + pass.stores.length === 0) return;
  new PassWriter(row, pass).write(segment);
}

class PassWriter {
  readonly #row: RowWriter;
  readonly #code: Code;
  readonly #pass: Pass;
  readonly #length: number;
  readonly #sums: readonly Sum[];
  readonly #maxima: readonly { readonly quantity: number; readonly of: number; readonly best: Maximum }[];
  readonly #keeps: readonly { readonly at: number; readonly of: number }[];
  readonly #work: Work;
  readonly #unmarked: Unmarked | undefined;
  /** How many times four elements the main part takes at once. */
  readonly #copies: number;
  /** The position in the row, in bytes. */
  readonly #at: Local;

  constructor(row: RowWriter, pass: Pass) {
    const { code, parts: { rows } } = row;
    this.#row = row;
    this.#code = code;
    this.#pass = pass;
    this.#length = rows.length;
    this.#at = code.local('i32');
    const reductions = pass.reductions.flatMap((quantity) => {
      const q = rows.quantities[quantity]!;
      return q.op === 'reduce' ? [{ quantity, of: q.input, combine: q.combine }] : [];
    });
    const roots = [...reductions.map(({ of }) => of), ...pass.stores.map((s) => s.quantity), ...pass.keeps];
    this.#work = this.#workOf(roots, new Map());
    const size = sizeOf([...this.#work.values.values()]);
    const wanted = size <= 160 ? 4 : size <= 320 ? 2 : 1;
    this.#copies = rows.length >= 4 * wanted ? wanted : 1;
    this.#sums = reductions.filter(({ combine }) => combine === 'sum').map(({ quantity, of }) => ({
      quantity, of, block: new BlockSum(code), x: code.local('v128'), to: code.local('i32'),
      store: rows.stores.find((s) => s.as === 'blocks' && s.quantity === quantity),
    }));
    this.#maxima = reductions.filter(({ combine }) => combine === 'max')
      .map((reduce) => ({ ...reduce, best: new Maximum(code) }));
    this.#keeps = pass.keeps.map((of) => ({ at: row.keptAt(of), of }));
    this.#unmarked = this.#findUnmarked(roots);
  }

  #workOf(roots: readonly number[], known: Map<number, Expression>): Work {
    const { parts: { lanes } } = this.#row;
    const isLeaf = (q: number): boolean => !this.#row.isFull(q) || this.#pass.reads.includes(q);
    const values = new Map(roots.map((q) => [q, this.#row.expression(q, isLeaf, known)]));
    const read = expressionsIn([...values.values()]);
    return { values, leaves: this.#pass.leaves.filter((q) => read.has(lanes.input(q))) };
  }

  /** The work of a long row but for one position, if there is one that every mark it reads is set at. */
  #findUnmarked(roots: readonly number[]): Unmarked | undefined {
    const { lanes, rows: { marks } } = this.#row.parts;
    const work = this.#workOf(roots, new Map([...marks.keys()].map((q) => [q, lanes.word(0)])));
    const indices = new Set(marks.values());
    if (this.#length < apartFrom || indices.size !== 1 || work.leaves.length === this.#work.leaves.length) return undefined;
    const index = this.#code.local('i32');
    this.#row.writeOffset([...indices][0]!, index);
    this.#code.get(index).i32(-16 * this.#copies).op('i32.and').set(index);
    return { work, index };
  }

  write(segment: Segment | undefined): void {
    const code = this.#code;
    const bytes = 4 * this.#length;
    const blocked = this.#sums.length > 0 && (this.#length > blockSize || segment !== undefined);
    for (const { best } of this.#maxima) best.reset();
    if (segment === undefined) code.i32(0).set(this.#at);
    else code.get(segment.from).set(this.#at);
    const step = blocked || segment !== undefined ? blockBytes : 16 * this.#copies;
    const main = Math.floor(bytes / step) * step;
    // The main part ends where the last whole step of the row does, or the segment before it.
    const end = code.local('i32');
    code.i32(main).set(end);
    if (segment !== undefined) code.get(segment.to).get(end).op('i32.lt_u').if(() => code.get(segment.to).set(end));
    const rest = (): void => this.#rest((bytes - main) / 4, blocked);
    if (!blocked) this.#sums.forEach(({ block }) => block.reset());
    if (main > 0) (blocked ? this.#until(end, () => this.#block()) : this.#main(end));
    if (segment === undefined) rest();
    else if (main < bytes) code.get(segment.to).i32(bytes).op('i32.eq').if(rest);
    this.#finish(blocked);
  }

  /** Runs the body while the position is below the end. */
  #until(end: Local, body: () => void): void {
    const code = this.#code;
    code.block((done) => {
      code.get(this.#at).get(end).op('i32.ge_u').branchIf(done);
      code.loop((again) => {
        body();
        code.get(this.#at).get(end).op('i32.lt_u').branchIf(again);
      });
    });
  }

  /** Whole steps up to `end`: those without a mark in a loop of their own. */
  #main(end: Local): void {
    const code = this.#code;
    const whole = (work: Work) => (): void => this.#fours(this.#copies, work);
    if (this.#unmarked === undefined) {
      this.#until(end, whole(this.#work));
      return;
    }
    const { work, index } = this.#unmarked;
    const stop = code.local('i32');
    code.loop((again) => {
      code.get(end).set(stop);
      code.get(index).get(this.#at).op('i32.sub').get(end).get(this.#at).op('i32.sub').op('i32.lt_u')
        .if(() => code.get(index).set(stop));
      this.#until(stop, whole(work));
      code.get(this.#at).get(end).op('i32.lt_u').if(() => {
        this.#fours(this.#copies);
        code.get(this.#at).get(end).op('i32.lt_u').branchIf(again);
      });
    });
  }

  /** Some fours side by side, and the step behind them. */
  #fours(copies: number, work = this.#work): void {
    this.#lots(Array.from({ length: copies }, (_, copy) => ({ lanes: 4, after: 4 * copy })), work);
    this.#code.get(this.#at).i32(16 * copies).op('i32.add').set(this.#at);
  }

  /** One whole block of the sums. */
  #block(): void {
    const end = this.#code.local('i32');
    this.#beginBlock();
    this.#code.get(this.#at).i32(blockBytes).op('i32.add').set(end);
    this.#main(end);
    for (const sum of this.#sums) this.#storeBlock(sum, () => sum.block.total());
  }

  #beginBlock(): void {
    const code = this.#code;
    for (const [n, sum] of this.#sums.entries()) {
      sum.block.reset();
      const { store } = sum;
      if (store === undefined) code.get(code.parameters[2]!).i32(this.#row.sumsAt(n));
      else code.get(this.#row.pointer(store.access, 8)).i32(0);
      code.op('i32.add').get(this.#at).i32(Math.log2(blockBytes)).op('i32.shr_u');
      code.i32(8 * (store?.access.strides.at(-1) ?? 1)).op('i32.mul').op('i32.add').set(sum.to);
    }
  }

  #storeBlock(sum: Sum, total: () => void): void {
    this.#code.get(sum.to);
    total();
    this.#code.memory('f64.store');
  }

  /** What the main part leaves of a row: fours, then a partial one. */
  #rest(elements: number, blocked: boolean): void {
    if (elements === 0 && blocked) return;
    const code = this.#code;
    if (blocked) this.#beginBlock();
    const fours = Math.floor(elements / 4);
    if (fours === 1) this.#fours(1);
    else if (fours > 1) {
      const end = code.local('i32');
      code.get(this.#at).i32(16 * fours).op('i32.add').set(end);
      this.#until(end, () => this.#fours(1));
    }
    const lanes = elements % 4;
    if (lanes > 0) this.#lots([{ lanes: lanes as 1 | 2 | 3, after: 0 }], this.#work);
    for (const sum of this.#sums) {
      const total = (): void => sum.block.total({ x: sum.x, lanes });
      if (blocked) this.#storeBlock(sum, total);
      else if (sum.store !== undefined) {
        code.get(this.#row.pointer(sum.store.access, 8));
        total();
        code.memory('f64.store');
      } else {
        total();
        this.#setSum(sum);
      }
    }
  }

  /** Sets a sum from the double on the stack. */
  #setSum(sum: Sum): void {
    this.#code.op('f32.demote_f64').op('f32x4.splat').set(this.#row.number(sum.quantity));
  }

  #finish(blocked: boolean): void {
    const code = this.#code;
    for (const { best, quantity } of this.#maxima) best.total(this.#row.number(quantity));
    if (!blocked) return;
    for (const [n, sum] of this.#sums.entries()) {
      if (sum.store !== undefined) continue;
      code.get(code.parameters[2]!).i32(this.#row.sumsAt(n)).op('i32.add');
      code.i32(blockCount(this.#length)).i32(8).call(this.#row.parts.combine);
      this.#setSum(sum);
    }
  }

  /**
   * Loads what the pass reads, computes, and hands the results on. All loads come first, so that a store may go where
   * something was loaded.
   */
  #lots(lots: readonly Lot[], { values, leaves }: Work): void {
    const code = this.#code;
    const sets = lots.map((lot) => this.#row.operands(new Map(leaves.map((q) => {
      const local = code.local('v128');
      this.#load(q, lot, local);
      return [q, local];
    }))));
    const { lanes, hosts } = this.#row.parts;
    const results = lanes.emitSideBySide(code, [...values.values()], sets, hosts);
    lots.forEach((lot, copy) => {
      const result = new Map([...values.keys()].map((q, i) => [q, results[copy]![i]!]));
      for (const { access, quantity } of this.#pass.stores) {
        storeLot(code, this.#row.pointer(access), this.#at, access.strides.at(-1)!, lot, result.get(quantity)!);
      }
      for (const output of this.#keeps) {
        code.get(code.parameters[2]!).get(this.#at).op('i32.add').get(result.get(output.of)!)
          .memory('v128.store', output.at + 4 * lot.after);
      }
      for (const output of this.#sums) {
        if (lot.lanes === 4) output.block.add(result.get(output.of)!);
        else code.get(result.get(output.of)!).set(output.x);
      }
      for (const output of this.#maxima) output.best.add(result.get(output.of)!);
    });
  }

  #load(q: number, lot: Lot, to: Local): void {
    const code = this.#code;
    const { quantities } = this.#row.parts.rows;
    const quantity = quantities[q]!;
    if (this.#pass.reads.includes(q)) {
      code.get(code.parameters[2]!).get(this.#at).op('i32.add').memory('v128.load', this.#row.keptAt(q) + 4 * lot.after).set(to);
    } else if (quantity.op === 'load') {
      const times = this.#row.parts.rows.repeats.get(q);
      const start = this.#row.pointer(quantity.access);
      if (times === undefined) loadLot(code, start, this.#at, quantity.access.strides.at(-1)!, lot, to);
      else loadRepeated(code, start, this.#at, times, lot, to);
    } else {
      positions(code, this.#at, lot);
      if (quantity.dtype === 'f32') code.op('f32x4.convert_i32x4_s');
      code.set(to);
    }
  }
}
