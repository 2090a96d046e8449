// A loop as a kernel: kernel(first, last, scratch, ...addresses) runs units first … last − 1. A unit is some whole rows;
// or, where no row's reduction is needed in the loop, a segment of one row that begins at a block of sums.
// A row is done in passes (`loop-pass.ts`); before each of them, what is one number for the row is computed, in all four
// lanes of a local. Sizes and strides are constants of the code; addresses come with the call.

import { message, ShapeError } from '../../base/errors.ts';
import type { Callable, Code, Local } from '../wasm/assembler.ts';
import type { Access, Store } from './group.ts';
import type { Expression, Hosts, LaneCode } from '../wasm/lane-code.ts';
import { readMap, typeOfInputs } from './loop-lanes.ts';
import { type Cut, writePass } from './loop-pass.ts';
import { accessOf, inputsOf, type Passes, type Pick, type RowQuantity, type Rows } from './loop-passes.ts';
import { loadLot, RowPointers, writeCoordinates } from './loop-rows.ts';
import { blockSize } from './reduce-kernel.ts';

interface KernelParts {
  readonly rows: Rows;
  readonly passes: Passes;
  readonly cut: Cut;
  readonly lanes: LaneCode;
  readonly hosts: Hosts;
  /** combine(address, count, step in bytes): block sums added pairwise. */
  readonly combine: Callable;
  /** The buffers whose addresses the kernel is given, in order. */
  readonly buffers: readonly number[];
}

/** What each thread needs for itself: the rows kept for later passes, and the block sums of a pass. */
export function scratchBytes(rows: Rows, { passes }: Passes): number {
  const kept = passes.reduce((sum, pass) => sum + pass.keeps.length, 0);
  const isSum = (i: number): boolean => {
    const q = rows.quantities[i]!;
    return q.op === 'reduce' && q.combine === 'sum';
  };
  const sums = Math.max(...passes.map((pass) => pass.reductions.filter(isSum).length));
  return kept * keptBytes(rows) + sums * sumBytes(rows);
}

const keptBytes = ({ length }: Rows): number => 16 * Math.ceil(length / 4);
/** The block sums of a row; one block needs no room. */
const sumBytes = ({ length }: Rows): number => (length > blockSize ? 16 * Math.ceil(length / blockSize / 2) : 0);

export function writeLoop(code: Code, parts: KernelParts): void {
  const { rows, cut } = parts;
  const [first, last] = code.parameters;
  const writer = new RowWriter(code, parts);
  const [unit, end] = [code.local('i32'), code.local('i32')];
  const clip = (local: Local, most: number): Code => code.get(local).i32(most).op('i32.gt_u').if(() => code.i32(most).set(local));
  code.get(first!).set(unit).get(last!).set(end);
  if (cut.by === 'rows') {
    for (const local of [unit, end]) code.get(local).i32(cut.rows).op('i32.mul').set(local);
    clip(end, rows.lead.reduce((n, size) => n * size, 1));
  }
  const one = (): void => {
    if (cut.by === 'rows') {
      writer.writeRow(unit);
      return;
    }
    const [row, from, to] = [code.local('i32'), code.local('i32'), code.local('i32')];
    const segments = Math.ceil(rows.length / cut.elements);
    code.get(unit).i32(segments).op('i32.div_u').set(row);
    code.get(unit).i32(segments).op('i32.rem_u').i32(4 * cut.elements).op('i32.mul').tee(from);
    code.i32(4 * cut.elements).op('i32.add').set(to);
    clip(to, 4 * rows.length);
    writer.writeRow(row, { from, to });
  };
  writer.writeOnce();
  code.block((done) => {
    code.get(unit).get(end).op('i32.ge_u').branchIf(done);
    code.loop((again) => {
      one();
      code.get(unit).i32(1).op('i32.add').tee(unit).get(end).op('i32.lt_u').branchIf(again);
    });
  });
}

/** The part of a row that a unit does, in bytes of the row. */
export interface Segment {
  readonly from: Local;
  readonly to: Local;
}

/** Writes what happens once for a row, and knows where everything is while its passes are written. */
export class RowWriter {
  readonly code: Code;
  readonly parts: KernelParts;
  readonly #pointers: RowPointers;
  readonly #coordinates: readonly Local[];
  readonly #numbers = new Map<number, Local>();
  readonly #kept = new Map<number, number>();

  constructor(code: Code, parts: KernelParts) {
    this.code = code;
    this.parts = parts;
    const { rows, passes, buffers } = parts;
    this.#pointers = new RowPointers(code, new Map(buffers.map((buffer, i) => [buffer, code.parameters[3 + i]!])));
    this.#coordinates = rows.lead.map(() => code.local('i32'));
    for (const q of passes.passes.flatMap((pass) => pass.keeps)) this.#kept.set(q, this.#kept.size * keptBytes(rows));
    for (const i of passes.needed) {
      const access = accessOf(rows.quantities[i]!);
      if (access !== undefined) this.pointer(access);
    }
    for (const store of rows.stores) this.pointer(store.access, store.as === 'blocks' ? 8 : 4);
  }

  /** The local with the address of an access in the current row. */
  pointer(access: Access, elementBytes: 4 | 8 = 4): Local {
    return this.#pointers.of(access, elementBytes);
  }

  /** Where in scratch memory a kept quantity lies. */
  keptAt(q: number): number {
    return this.#kept.get(q)!;
  }

  /** Where the block sums of the n-th reduction of a pass lie. */
  sumsAt(n: number): number {
    return this.#kept.size * keptBytes(this.parts.rows) + n * sumBytes(this.parts.rows);
  }

  /** The local of a quantity that is one number for a row. */
  number(q: number): Local {
    const found = this.#numbers.get(q) ?? this.code.local('v128');
    this.#numbers.set(q, found);
    return found;
  }

  isFull(q: number): boolean {
    return this.parts.passes.levels[q] === 'full';
  }

  /** A quantity as an expression over inputs: what is one number for a row, what is loaded, and what `leaf` says. */
  expression(q: number, leaf: (q: number) => boolean, known = new Map<number, Expression>()): Expression {
    const found = known.get(q);
    if (found !== undefined) return found;
    const made = this.#expression(q, leaf, known);
    known.set(q, made);
    return made;
  }

  /** The locals an expression may ask for: the rows' numbers, and some of full quantities. */
  operands(full: ReadonlyMap<number, Local>): ReadonlyMap<number, Local> {
    return new Map([...this.#numbers, ...full]);
  }

  /** What is the same for all rows. */
  writeOnce(): void {
    this.#pointers.writeFixed();
    this.#writeNumbers('once', 0);
  }

  writeRow(row: Local, segment?: Segment): void {
    const { rows, passes } = this.parts;
    writeCoordinates(this.code, row, rows.lead, this.#coordinates);
    this.#pointers.writeRow(this.#coordinates);
    for (let stage = 0; stage <= passes.passes.length; stage++) {
      this.#writeNumbers('row', stage);
      const stores = passes.rowStores.filter((store) => passes.stages[store.quantity] === stage);
      const write = (): void => stores.forEach((store) => this.#storeNumber(store));
      // One of the segments of a row stores what the row has once.
      if (segment === undefined) write();
      else if (stores.length > 0) this.code.get(segment.from).op('i32.eqz').if(write);
      if (stage < passes.passes.length) writePass(this, passes.passes[stage]!, segment);
    }
  }

  #expression(q: number, leaf: (q: number) => boolean, known: Map<number, Expression>): Expression {
    const { lanes, rows: { quantities } } = this.parts;
    const quantity = quantities[q]!;
    if (quantity.op === 'constant') return quantity.dtype === 'f32' ? lanes.constant(quantity.value) : lanes.word(quantity.value);
    if (quantity.op !== 'map' || leaf(q)) return lanes.input(q);
    const inputs = quantity.inputs.map((input) => this.expression(input, leaf, known));
    return readMap(lanes, quantity.primitive, quantity.params, inputs, typeOfInputs(quantity.inputs, quantities), quantity.dtype);
  }

  /** Writes the numbers of one level known before a pass; reductions were set when their pass ended. */
  #writeNumbers(level: 'once' | 'row', stage: number): void {
    const { rows: { quantities }, passes: { levels, stages, needed } } = this.parts;
    quantities.forEach((q, i) => {
      if (needed.has(i) && levels[i] === level && stages[i] === stage) this.#writeNumber(q, i);
    });
  }

  #writeNumber(q: RowQuantity, i: number): void {
    const { code } = this;
    switch (q.op) {
      case 'constant':
      case 'reduce': return;
      case 'load':
        code.get(this.pointer(q.access)).memory('v128.load32_splat').set(this.number(i));
        return;
      case 'iota': {
        const axis = this.parts.rows.iotaStrides.get(i)!.findIndex((s) => s !== 0);
        if (axis < 0) code.i32(0);
        else code.get(this.#coordinates[axis]!);
        code.op('i32x4.splat');
        if (q.dtype === 'f32') code.op('f32x4.convert_i32x4_s');
        code.set(this.number(i));
        return;
      }
      case 'pick':
      case 'element':
        this.#writeElement(q, i);
        return;
      case 'map':
        this.#set(this.number(i), this.expression(i, (input) => input !== i));
    }
  }

  /** Sets `to` to the four bytes times the number of a row, which is an i32. */
  writeOffset(q: number, to: Local): void {
    this.parts.lanes.emit(this.code, this.expression(q, () => true), this.operands(new Map()), this.parts.hosts);
    this.code.lane('i32x4.extract_lane', 0).i32(2).op('i32.shl').set(to);
  }

  #set(to: Local, value: Expression, full: ReadonlyMap<number, Local> = new Map()): void {
    this.parts.lanes.emit(this.code, value, this.operands(full), this.parts.hosts);
    this.code.set(to);
  }

  /** What the element is of is computed once more, at the index alone. */
  #writeElement(q: Pick | (RowQuantity & { readonly op: 'element' }), i: number): void {
    const { code, parts: { lanes, rows: { length } } } = this;
    if (this.isFull(q.index)) {
      throw new ShapeError(message(
        'a loop: an element at an index per element', 'An element is one number for its row',
        'Give the index one number per row'));
    }
    const [index, clamped, at] = [code.local('v128'), code.local('v128'), code.local('i32')];
    this.#set(index, this.expression(q.index, () => true));
    code.get(index).i32(0).op('i32x4.splat').op('i32x4.max_s').i32(length - 1).op('i32x4.splat').op('i32x4.min_s');
    code.tee(clamped).lane('i32x4.extract_lane', 0).i32(2).op('i32.shl').set(at);
    const to = this.number(i);
    if (typeof q.of !== 'number') {
      this.#loadElement(q.of, at, to);
      return;
    }
    this.#set(to, this.expression(q.of, (input) => !this.isFull(input)), this.#leavesAt(q.of, clamped, at));
    if (q.op !== 'pick') return;
    const [x, inside] = [lanes.input(0), lanes.equalWords(lanes.input(1), lanes.input(2))];
    const scattered = lanes.select(inside, lanes.add(x, lanes.constant(0)), lanes.constant(0));
    lanes.emit(code, scattered, [to, index, clamped], this.parts.hosts);
    code.set(to);
  }

  #loadElement(access: Access, at: Local, to: Local): void {
    loadLot(this.code, this.pointer(access), at, access.strides.at(-1)!, { lanes: 1, after: 0 }, to);
  }

  /** What a full quantity is computed from, at one position of the row. */
  #leavesAt(of: number, position: Local, at: Local): ReadonlyMap<number, Local> {
    const { code, parts: { rows: { quantities } } } = this;
    const full = new Map<number, Local>();
    for (const leaf of this.#fullLeaves(of)) {
      const source = quantities[leaf]!;
      const local = code.local('v128');
      full.set(leaf, local);
      if (source.op === 'load') this.#loadElement(source.access, at, local);
      else {
        code.get(position);
        if (source.dtype === 'f32') code.op('f32x4.convert_i32x4_s');
        code.set(local);
      }
    }
    return full;
  }

  /** The full quantities that one is computed from and that are computed from none. */
  #fullLeaves(root: number): ReadonlySet<number> {
    const leaves = new Set<number>();
    const visit = (q: number): void => {
      const inputs = inputsOf(this.parts.rows.quantities[q]!);
      if (!this.isFull(q)) return;
      if (inputs.length === 0) leaves.add(q);
      else inputs.forEach(visit);
    };
    visit(root);
    return leaves;
  }

  #storeNumber({ quantity, access }: Store): void {
    this.code.get(this.pointer(access));
    this.parts.lanes.emit(this.code, this.expression(quantity, () => true), this.operands(new Map()), this.parts.hosts);
    this.code.memoryLane('v128.store32_lane', 0);
  }
}
