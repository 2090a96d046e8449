// The second pass: a simplified graph to a schedule. `grouping.ts` has decided what runs together; here every node
// becomes a group over buffers, and only what another group, or the caller, reads gets a buffer at all.
// Views are gone: they are offsets and strides of whoever reads.

import { sizeOf } from '../../base/shape.ts';
import { type DType } from '../../base/dtype.ts';
import type { ReducePrimitive, Step } from '../../graph/index.ts';
import { numberText } from '../../graph/literals.ts';
import type { ContractAxes } from '../../primitives/index.ts';
import { fillLoop, isJoin, joinLoops } from './copies.ts';
import type { Folding } from './folding.ts';
import type {
  Access, Axis, Buffer, Fold, FoldedProduct, Group, HostInput, Loop, Operand, Product, Quantity, Schedule, Store,
} from '../kernels/group.ts';
import { alongAxis, Grouping } from './grouping.ts';
import type { LoopNode, Node, StepNode } from './nodes.ts';
import { Operands, type Use } from './operands.ts';
import { constantOf, counts, uniform } from './reading.ts';
import { blockCount } from '../kernels/reduce-kernel.ts';
import type { Sight } from './sight.ts';
import type { Simplified } from './simplify.ts';

export function schedule(program: Simplified): Schedule {
  return new Scheduler(program).schedule();
}

class Scheduler {
  readonly #program: Simplified;
  readonly #operands: Operands;
  readonly #grouping: Grouping;
  readonly #buffers: Buffer[] = [];
  readonly #places = new Map<number, number>();
  readonly #constants: { buffer: number; value: NonNullable<ReturnType<typeof constantOf>> }[] = [];
  readonly #groups: Group[] = [];

  constructor(program: Simplified) {
    this.#program = program;
    this.#operands = new Operands(program);
    this.#grouping = new Grouping(this.#operands);
  }

  schedule(): Schedule {
    const { inputs, outputs } = this.#program;
    const { nodes } = this.#grouping;
    const wanted = new Set(nodes.flatMap((node) => this.#reads(node)));
    for (const id of outputs) wanted.add(this.#operands.sights.of(id).base);
    const places = inputs.map((id) => (wanted.has(id) ? this.#place(id) : undefined));
    for (const node of nodes) {
      if (node.kind === 'loop') this.#loop(node, wanted);
      else this.#alone(node);
    }
    const results = outputs.map((id) => this.#hostInput(id));
    return { buffers: this.#buffers, groups: this.#groups, inputs: places, constants: this.#constants, outputs: results };
  }

  #step(id: number): Step {
    return this.#operands.step(id);
  }

  /** The steps whose buffers a node reads. */
  #reads(node: Node): number[] {
    const { sights } = this.#operands;
    if (node.kind === 'loop') {
      return [...node.members, ...node.blocks].flatMap((id) => this.#operands.usesOf(this.#step(id)))
        .map((use) => use.base).filter((base) => !node.members.has(base));
    }
    if (node.kind === 'combine') return [];
    const step = this.#operands.foldings.get(node.step)?.contraction ?? this.#step(node.step);
    return step.inputs.flatMap((id, side) => {
      const scaled = node.kind === 'product' ? this.#operands.scaled(step, side as 0 | 1) : undefined;
      return scaled === undefined ? [sights.of(id).base] : [scaled.x.base, scaled.factor.base];
    });
  }

  #buffer(dtype: DType, size: number, step?: Step): number {
    const id = this.#buffers.length;
    this.#buffers.push({ id, dtype, size, ...(step !== undefined && { step }) });
    return id;
  }

  /** The buffer of a step's dense result. */
  #place(base: number): number {
    const known = this.#places.get(base);
    if (known !== undefined) return known;
    const step = this.#step(base);
    const value = constantOf(step);
    const buffer = this.#buffer(step.dtype, uniform(step) === undefined ? sizeOf(step.shape) : 1, step);
    if (value !== undefined) this.#constants.push({ buffer, value });
    this.#places.set(base, buffer);
    return buffer;
  }

  #access({ base, offset, strides }: Sight): Access {
    const isOne = uniform(this.#step(base)) !== undefined;
    return { buffer: this.#place(base), offset: isOne ? 0 : offset, strides: isOne ? strides.map(() => 0) : strides };
  }

  #hostInput(id: number): HostInput {
    const sight = this.#operands.sights.of(id);
    const { shape, dtype } = this.#step(id);
    const value = constantOf(this.#step(sight.base));
    return value !== undefined && sight.base === id ? value : { access: this.#access(sight), shape, dtype };
  }

  #alone(node: StepNode): void {
    const step = this.#step(node.step);
    const folding = this.#operands.foldings.get(node.step);
    if (folding !== undefined) this.#groups.push(this.#foldedProduct(step, folding));
    else if (node.kind === 'product') this.#groups.push(this.#product(step));
    else if (node.kind === 'columns') this.#columns(step);
    else if (node.kind === 'host' && isFold(step)) {
      const { size, stride, dilation } = step.params as unknown as Pick<Fold, 'size' | 'stride' | 'dilation'>;
      const [windows] = step.inputs.map((id) => this.#operands.sights.of(id));
      const space = this.#step(step.inputs[0]!).shape;
      this.#groups.push({ kind: 'fold', space, from: this.#access(windows!), size, stride, dilation, to: this.#place(step.id) });
    } else if (node.kind === 'host' && isJoin(step)) {
      const inputs = step.inputs.map((id) =>
        ({ shape: this.#step(id).shape, access: this.#access(this.#operands.sights.of(id)) }));
      this.#groups.push(...joinLoops(step, inputs, this.#place(step.id)));
    } else if (node.kind === 'host') {
      this.#groups.push({ kind: 'host', step, inputs: step.inputs.map((id) => this.#hostInput(id)), out: this.#place(step.id) });
    }
  }

  #columns(step: Step): void {
    const space = this.#operands.spaceOf(step);
    const [{ from, to } = { from: 0, to: 0 }] = this.#operands.runsOf(step);
    const [outer, length, inner] = [sizeOf(space.slice(0, from)), sizeOf(space.slice(from, to)), sizeOf(space.slice(to))];
    const source = this.#place(this.#operands.sights.of(step.inputs[0]!).base);
    const { combine } = step.primitive as ReducePrimitive;
    const shape = { outer, length, inner };
    if (combine !== 'sum') {
      this.#groups.push({ kind: 'columns', combine: 'max', from: source, to: this.#place(step.id), ...shape });
      return;
    }
    const count = blockCount(length);
    const sums = this.#buffer('f64', outer * count * inner);
    this.#groups.push({ kind: 'columns', combine, from: source, to: sums, ...shape });
    this.#groups.push({ kind: 'combine', from: sums, to: this.#place(step.id), outer, count, inner });
  }

  #product(step: Step): Product {
    const pairs = step.params as unknown as ContractAxes;
    const operand = (side: 0 | 1): Operand => {
      const { shape } = this.#step(step.inputs[side]!);
      const scaled = this.#operands.scaled(step, side);
      const sight = scaled?.x ?? this.#operands.sights.of(step.inputs[side]!);
      const { buffer, offset, strides } = this.#access(sight);
      const batch = pairs.batch.map((pair) => pair[side]);
      const sum = pairs.sum.map((pair) => pair[side]);
      const free = shape.flatMap((_, axis) => (batch.includes(axis) || sum.includes(axis) ? [] : [axis]));
      const axes = (list: readonly number[]): Axis[] => list.map((axis) => ({ size: shape[axis]!, stride: strides[axis]! }));
      const placed = { buffer, offset, batch: axes(batch), free: axes(free), sum: axes(sum) };
      if (scaled === undefined) return placed;
      const factor = this.#access(scaled.factor);
      const along = scaled.along === 'free' ? free : sum;
      return { ...placed, scale: { along: scaled.along, access: factor, strides: along.map((axis) => factor.strides[axis]!) } };
    };
    return { kind: 'product', left: operand(0), right: operand(1), out: this.#place(step.id) };
  }

  #foldedProduct(step: Step, { contraction, channels, places, window, group, planes }: Folding): FoldedProduct {
    const { batch, sum } = contraction.params as unknown as ContractAxes;
    const operand = (side: 0 | 1, free: Folding['places']): Operand => {
      const id = contraction.inputs[side]!;
      const { buffer, offset, strides } = this.#access(this.#operands.sights.of(id));
      const { shape } = this.#step(id);
      const axes = (parts: Folding['places'], axisOf: (part: { axis: number }) => number): Axis[] => parts.map((part) =>
        (part === undefined ? { size: 1, stride: 0 } : { size: part.size, stride: part.step * strides[axisOf(part)]! }));
      return {
        buffer, offset, batch: axes([group], ({ axis }) => batch[axis]![side]), free: axes(free, ({ axis }) => axis),
        sum: sum.map((pair) => ({ size: shape[pair[side]]!, stride: strides[pair[side]]! })),
      };
    };
    const { size, stride, dilation } = step.params as unknown as Pick<Fold, 'size' | 'stride' | 'dilation'>;
    const [left, right] = [operand(channels, window), operand(channels === 0 ? 1 : 0, places)];
    return { kind: 'foldedProduct', left, right, size, stride, dilation, planes, out: this.#place(step.id) };
  }

  /** Block sums lie [axes that are kept, axes that are summed before the row, blocks of a row]: one sum after another. */
  #blockLayout(node: LoopNode, step: Step): { strides: number[]; outer: number; count: number } {
    const lead = node.space.slice(0, node.space.length - node.row!);
    const isSummed = (axis: number): boolean => this.#operands.runsOf(step).some(({ from, to }) => from <= axis && axis < to);
    const order = [...lead.keys()].sort((a, b) => Number(isSummed(a)) - Number(isSummed(b)) || a - b);
    const blocks = blockCount(sizeOf(node.space.slice(lead.length)));
    const strides = new Array<number>(lead.length + 1).fill(1);
    let size = blocks;
    for (const axis of order.reverse()) {
      strides[axis] = size;
      size *= lead[axis]!;
    }
    const outer = sizeOf(lead.filter((_, axis) => !isSummed(axis)));
    return { strides, outer, count: size / outer };
  }

  #loop(node: LoopNode, wanted: ReadonlySet<number>): void {
    const writer = new LoopWriter(node, this.#operands, (sight) => this.#access(sight));
    const steps = [...node.members, ...node.blocks].sort((a, b) => a - b);
    for (const id of steps) writer.write(this.#step(id));
    for (const id of steps) {
      if (node.blocks.has(id) || !wanted.has(id) || this.#grouping.home.get(id) !== node) continue;
      const buffer = this.#place(id);
      const placement = this.#operands.placementOf(this.#step(id));
      if (placement === undefined) writer.store(id, { buffer, offset: 0, strides: this.#grouping.ownStrides(node, id) });
      else {
        const { offset, strides } = placement;
        this.#groups.push(fillLoop(this.#step(id), buffer));
        const rest = new Array<number>(node.space.length - strides.length).fill(0);
        writer.store(id, { buffer, offset, strides: [...strides, ...rest] });
      }
    }
    const combines: Group[] = [];
    for (const id of node.blocks) {
      const { strides, ...shape } = this.#blockLayout(node, this.#step(id));
      const sums = this.#buffer('f64', shape.outer * shape.count);
      writer.storeBlocks(id, { buffer: sums, offset: 0, strides });
      combines.push({ kind: 'combine', from: sums, to: this.#place(id), ...shape, inner: 1 });
    }
    this.#groups.push(writer.loop(), ...combines);
  }
}

/** Writes the steps of a node as the quantities of a loop. */
class LoopWriter {
  readonly #node: LoopNode;
  readonly #operands: Operands;
  readonly #access: (sight: Sight) => Access;
  readonly #quantities: Quantity[] = [];
  readonly #shared = new Map<string, number>();
  readonly #places = new Map<number, number>();
  readonly #stores: Store[] = [];

  constructor(node: LoopNode, operands: Operands, access: (sight: Sight) => Access) {
    this.#node = node;
    this.#operands = operands;
    this.#access = access;
  }

  loop(): Loop {
    return { kind: 'loop', space: this.#merged(this.#node.space), quantities: this.#quantities, stores: this.#stores };
  }

  write(step: Step): void {
    const { primitive, params } = step;
    const dtype = step.dtype as 'f32' | 'i32';
    const uses = this.#operands.usesOf(step);
    const inputs = (): number[] => uses.map((use) => this.#quantity(use));
    if (primitive.kind === 'map') this.#put(step.id, { op: 'map', dtype, primitive, params, inputs: inputs() });
    else if (primitive.kind === 'reduce') {
      this.#put(step.id, { op: 'reduce', dtype: 'f32', combine: primitive.combine as 'sum' | 'max', input: inputs()[0]! });
    } else if (primitive.kind === 'index') {
      const [of, index] = uses;
      const own = this.#places.get(of!.base);
      this.#put(step.id, { op: 'element', dtype, of: own ?? this.#load(of!), index: this.#quantity(index!) });
    } else this.#places.set(step.id, this.#quantity(uses[0]!));
  }

  store(id: number, access: Access): void {
    const strides = this.#strides(access.strides);
    this.#stores.push({ quantity: this.#places.get(id)!, as: 'whole', access: { ...access, strides } });
  }

  storeBlocks(id: number, access: Access): void {
    this.#stores.push({ quantity: this.#places.get(id)!, as: 'blocks', access });
  }

  #put(id: number, quantity: Quantity): void {
    this.#places.set(id, this.#quantities.push(quantity) - 1);
  }

  /** The quantity a step reads: one of this loop, a number, a count, or a load. */
  #quantity(use: Use): number {
    const own = this.#places.get(use.base);
    if (own !== undefined) return own;
    const step = this.#operands.step(use.base);
    const dtype = step.dtype as 'f32' | 'i32';
    const number = uniform(step);
    if (number !== undefined) return this.#once(`${dtype} ${numberText(number)}`, { op: 'constant', dtype, value: number });
    if (counts(step)) {
      const axis = alongAxis(use)!;
      if (axis < 0) return this.#once(`${dtype} 0`, { op: 'constant', dtype, value: 0 });
      const lead = this.#node.space.length - (this.#node.row ?? 1);
      return this.#once(`iota ${dtype} ${axis}`, { op: 'iota', dtype, axis: Math.min(axis, lead) });
    }
    const access = this.#load(use);
    return this.#once(`load ${access.buffer} ${access.offset} ${access.strides.join(' ')}`, { op: 'load', dtype, access });
  }

  #once(key: string, quantity: Quantity): number {
    let known = this.#shared.get(key);
    if (known === undefined) this.#shared.set(key, (known = this.#quantities.push(quantity) - 1));
    return known;
  }

  #load(use: Use): Access {
    const strides = [...use.strides, ...new Array<number>(this.#node.space.length - use.strides.length).fill(0)];
    const access = this.#access({ ...use, strides });
    return { ...access, strides: this.#strides(access.strides) };
  }

  /** The axes of a row are one axis. */
  #merged(space: readonly number[]): number[] {
    const { row } = this.#node;
    if (row === undefined || row === 0) return [...space];
    const lead = space.length - row;
    return [...space.slice(0, lead), sizeOf(space.slice(lead))];
  }

  #strides(strides: readonly number[]): number[] {
    const { row } = this.#node;
    if (row === undefined || row === 0) return [...strides];
    return [...strides.slice(0, strides.length - row), strides.at(-1)!];
  }
}

/** Windows of Float32 are added back by a kernel. */
const isFold = ({ primitive, dtype }: Step): boolean => primitive.kind === 'fold' && dtype === 'f32';

