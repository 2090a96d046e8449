// Which steps run together. A step joins the loop of an operand when it runs through the same space, or has one number
// per row of it, reads what the loop makes at the very place where it is made, and waits for nothing that waits for the
// loop. Loops that a step reads both of become one where nothing lies between them. A comparison of positions, labels
// and rows costs less than its bytes: it is worked out again in every loop that asks, from the same bits.
// What no loop can do is a product, a reduction over columns, or a step on the host.

import { denseStrides, sizeOf } from '../../base/shape.ts';
import type { MapPrimitive, Params, Step } from '../../graph/index.ts';
import { literalText } from '../../graph/literals.ts';
import { isReadable } from '../kernels/loop-lanes.ts';
import { type LoopNode, type Node, ordered, type StepNode, waitsFor } from './nodes.ts';
import { combineOf, isLine, Operands, type Use } from './operands.ts';
import { constantOf, counts, isInput, signOf, uniform } from './reading.ts';
import { squeezed } from './sight.ts';

/** A sum over a whole space of at least this size is shared among threads: its block sums are combined apart. */
const sharedFrom = 4096;

export class Grouping {
  readonly operands: Operands;
  /** Where a step's result is made; inputs and constants have no home. */
  readonly home = new Map<number, Node>();
  readonly #nodes: Node[] = [];
  readonly #checked: ReadonlySet<number>;
  readonly #cheap = new Set<number>();
  /** Contractions that are part of a fold. */
  readonly #folded: ReadonlySet<number>;
  #nextId = 0;

  constructor(operands: Operands) {
    this.operands = operands;
    const { program } = operands;
    this.#checked = new Set(program.checks.map((check) => check.index));
    this.#folded = new Set([...operands.foldings.values()].map(({ contraction }) => contraction.id));
    const live = program.graph.live(program.outputs);
    for (const step of program.graph.steps) if (live[step.id]) this.#visit(step);
    for (const id of program.outputs) this.#settle(operands.sights.of(id).base);
  }

  get nodes(): Node[] {
    return ordered(this.#nodes);
  }

  /** The strides of a member's dense result over the space of a loop; 0 along a row for one number per row. */
  ownStrides(node: LoopNode, id: number): number[] {
    const step = this.operands.step(id);
    const shape = step.primitive.kind === 'view' ? this.operands.spaceOf(step) : squeezed(step.shape);
    return [...denseStrides(shape), ...new Array<number>(node.space.length - shape.length).fill(0)];
  }

  #visit(step: Step): void {
    const { operands } = this;
    const { primitive } = step;
    if (operands.absorbed.has(step.id) || this.#folded.has(step.id)) return;
    if (primitive.kind === 'view' && !operands.sights.moves(step)) return;
    if (constantOf(step) !== undefined || isInput(step) || counts(step)) return;
    if (this.#isCheap(step)) this.#cheap.add(step.id);
    else if (this.#runsInLoop(step)) this.#join(step);
    else if (primitive.kind === 'contract' && step.dtype === 'f32' && this.#hasElements(step)) this.#product(step);
    else if (operands.foldings.has(step.id)) this.#alone('product', step, operands.foldings.get(step.id)!.contraction.inputs);
    else if (this.#runsOverColumns(step)) this.#alone('columns', step, step.inputs);
    else this.#alone('host', step, step.inputs);
  }

  #hasElements(step: Step): boolean {
    return [step, ...step.inputs.map((id) => this.operands.step(id))].every((x) => sizeOf(x.shape) > 0);
  }

  #isMap(step: Step): boolean {
    const from = this.operands.step(step.inputs[0] ?? 0).dtype;
    const { primitive, params, dtype } = step;
    return primitive.kind === 'map' && from !== 'f64' && dtype !== 'f64' && hasLanes(primitive, params, from, dtype);
  }

  #runsInLoop(step: Step): boolean {
    const { primitive } = step;
    if (!this.#hasElements(step)) return false;
    // A source that counts is made anew wherever it is asked for, but only along an axis.
    const isExpressible = this.operands.usesOf(step).every((use) => !this.#isCounting(use.base) || alongAxis(use) !== undefined);
    if (!isExpressible) return false;
    switch (primitive.kind) {
      case 'map': return this.#isMap(step);
      case 'view': return step.dtype !== 'f64';
      case 'reduce': return step.dtype === 'f32' && combineOf(step) !== 'argmax' && this.operands.rowOf(step) !== undefined;
      case 'index': return this.#picksPerRow(step);
      case 'copy': return step.dtype !== 'f64' && this.operands.placementOf(step) !== undefined;
      default: return false;
    }
  }

  /** One element per row, at a place the host has looked at. */
  #picksPerRow(step: Step): boolean {
    const { operands } = this;
    const { primitive, inputs, params } = step;
    const [x, index] = inputs.map((id) => operands.step(id));
    const last = x!.shape.length - 1;
    return primitive.kind === 'index' && primitive.linearIn.length === 1 && step.dtype === 'f32' && this.#checked.has(inputs[1]!)
      && params['axis'] === last && x!.shape[last]! > 1
      && index!.shape.every((n, axis) => n === (axis === last ? 1 : x!.shape[axis]));
  }

  #isCheap(step: Step): boolean {
    const { primitive, params, shape } = step;
    if (!this.#isMap(step) || !this.#hasElements(step)) return false;
    const map = primitive as MapPrimitive;
    if (map.decides !== 'output' && signOf(map, params) !== 'copy') return false;
    const size = sizeOf(shape);
    return this.operands.usesOf(step).every((use) => {
      const source = this.operands.step(use.base);
      if (uniform(source) !== undefined || this.#cheap.has(use.base)) return true;
      if (this.#isCounting(use.base)) return alongAxis(use) !== undefined;
      return (isInput(source) || constantOf(source) !== undefined) && 2 * sizeOf(source.shape) <= size;
    });
  }

  #isCounting(id: number): boolean {
    return counts(this.operands.step(id));
  }

  /** Puts a step into a loop: that of an operand, or a new one. */
  #join(step: Step): void {
    const uses = this.operands.usesOf(step);
    const row = this.#rowAsked(step);
    const homes = new Set(uses.map((use) => this.home.get(use.base)));
    const candidates = [...homes].filter((node): node is LoopNode => node?.kind === 'loop').sort((a, b) => b.id - a.id);
    let target: LoopNode | undefined;
    for (const node of candidates) {
      if (target === undefined) {
        if (this.#fits(node, step, row)) target = node;
      } else if (this.#fits(node, step, row) && this.#canMerge(target, node)) this.#merge(target, node);
    }
    target ??= this.#newLoop(this.operands.spaceOf(step));
    this.#add(target, step, row);
  }

  /** The trailing axes a step needs as a row; undefined for a map. */
  #rowAsked(step: Step): number | undefined {
    if (step.primitive.kind === 'reduce') return this.operands.rowOf(step);
    return step.primitive.kind === 'index' ? 1 : undefined;
  }

  #newLoop(space: readonly number[]): LoopNode {
    const id = this.#nextId++;
    const node: LoopNode = { kind: 'loop', id, space, row: undefined, members: new Set(), blocks: new Set(), after: new Set() };
    this.#nodes.push(node);
    return node;
  }

  #fits(node: LoopNode, step: Step, asked: number | undefined): boolean {
    const space = this.operands.spaceOf(step);
    const row = asked ?? node.row;
    if (asked !== undefined && node.row !== undefined && asked !== node.row) return false;
    const perRow = node.row === undefined ? node.space.length : node.space.length - node.row;
    if (space.length !== node.space.length && (space.length !== perRow || asked !== undefined)) return false;
    if (space.some((n, axis) => n !== node.space[axis])) return false;
    if (asked !== undefined && node.row === undefined && !this.#membersRunAlong(node, node.members, asked)) return false;
    return this.#storesAlong(node, step, row) && this.operands.usesOf(step).every((use) => this.#canRead(node, use, row));
  }

  /** Strides of what a member reads or stores over the whole space of a loop. */
  #spread(node: LoopNode, { strides }: Pick<Use, 'strides'>): number[] {
    return [...strides, ...new Array<number>(node.space.length - strides.length).fill(0)];
  }

  #canRead(node: LoopNode, use: Use, row: number | undefined): boolean {
    const { base } = use;
    if (uniform(this.operands.step(base)) !== undefined) return true;
    if (node.members.has(base) || this.#cheap.has(base)) {
      const strides = this.#spread(node, use);
      const own = this.ownStridesIn(node, base, row);
      const direct = use.offset === 0 && own !== undefined && own.every((s, axis) => s === strides[axis]);
      if (!this.#cheap.has(base)) return direct;
      if (direct && this.operands.usesOf(this.operands.step(base)).every((inner) => this.#canRead(node, inner, row))) return true;
    }
    const home = this.home.get(base);
    return (home === undefined || !waitsFor(home, node)) && this.#runsAlong(node, use, row);
  }

  /** The strides of a step's dense result over a loop's space, if it has the space or one number per row of it. */
  ownStridesIn(node: LoopNode, id: number, row: number | undefined): number[] | undefined {
    const step = this.operands.step(id);
    if (step.primitive.kind === 'copy') return undefined;
    const shape = squeezed(step.shape);
    const fits = shape.length === node.space.length || (row !== undefined && shape.length === node.space.length - row);
    return fits && shape.every((n, axis) => n === node.space[axis]) ? this.ownStrides(node, id) : undefined;
  }

  /** Whether the axes of a row can be crossed as one. */
  #runsAlong(node: LoopNode, use: Use, row: number | undefined): boolean {
    if (row === undefined) return true;
    const strides = this.#spread(node, use);
    if (this.#isCounting(use.base) && row > 1) return strides.slice(-row).every((s) => s === 0);
    return isLine(strides, node.space, row);
  }

  /** The same for where a copy puts what it moves: the interior of a padded image is no line, however the image lies. */
  #storesAlong(node: LoopNode, step: Step, row: number | undefined): boolean {
    const placement = this.operands.placementOf(step);
    return placement === undefined || row === undefined || isLine(this.#spread(node, placement), node.space, row);
  }

  /** Whether steps that are, or will be, members of a loop stay right when it gets a row. */
  #membersRunAlong(node: LoopNode, members: Iterable<number>, row: number | undefined): boolean {
    return [...members].every((id) => {
      const step = this.operands.step(id);
      return this.#storesAlong(node, step, row) && this.operands.usesOf(step).every((use) => this.#runsAlong(node, use, row));
    });
  }

  /** Loops that a step fits into both: what it reads waits for neither, so they do not wait for each other. */
  #canMerge(into: LoopNode, node: LoopNode): boolean {
    if (into.space.length !== node.space.length || into.space.some((n, axis) => n !== node.space[axis])) return false;
    const row = into.row ?? node.row;
    if (node.row !== undefined && node.row !== row) return false;
    return this.#membersRunAlong(into, [...into.members, ...node.members], row);
  }

  #merge(into: LoopNode, node: LoopNode): void {
    into.row ??= node.row;
    for (const id of node.members) {
      into.members.add(id);
      if (this.home.get(id) === node) this.home.set(id, into);
    }
    for (const id of node.blocks) into.blocks.add(id);
    for (const before of node.after) into.after.add(before);
    for (const other of this.#nodes) if (other.after.delete(node)) other.after.add(into);
    this.#nodes.splice(this.#nodes.indexOf(node), 1);
  }

  #add(node: LoopNode, step: Step, row: number | undefined): void {
    node.row ??= row;
    for (const use of this.operands.usesOf(step)) this.#take(node, use);
    const isSum = step.primitive.kind === 'reduce' && combineOf(step) === 'sum';
    const isWhole = row === node.space.length && sizeOf(node.space) >= sharedFrom;
    const isShared = isSum && (isWhole || this.operands.runsOf(step).length > 1);
    if (!isShared) {
      node.members.add(step.id);
      this.home.set(step.id, node);
      return;
    }
    node.blocks.add(step.id);
    this.#put({ kind: 'combine', id: this.#nextId++, step: step.id, after: new Set([node]) });
  }

  /** Makes an operand available to a loop: worked out again, or waited for. */
  #take(node: LoopNode, use: Use): void {
    const { base } = use;
    if (node.members.has(base) || this.#isCounting(base)) return;
    if (this.#cheap.has(base) && this.#canBeCopied(node, use)) {
      for (const inner of this.operands.usesOf(this.operands.step(base))) this.#take(node, inner);
      node.members.add(base);
      return;
    }
    this.#waitFor(node, base);
  }

  #canBeCopied(node: LoopNode, use: Use): boolean {
    const own = this.ownStridesIn(node, use.base, node.row);
    const strides = this.#spread(node, use);
    return use.offset === 0 && own !== undefined && own.every((s, axis) => s === strides[axis])
      && this.operands.usesOf(this.operands.step(use.base)).every((inner) => this.#canRead(node, inner, node.row));
  }

  #waitFor(node: Node, base: number): void {
    this.#settle(base);
    const home = this.home.get(base);
    if (home !== undefined && home !== node) node.after.add(home);
  }

  /** A cheap step, or a count, whose bytes somebody wants after all gets a place where it is made. */
  #settle(base: number): void {
    if (this.home.has(base)) return;
    const step = this.operands.step(base);
    if (this.#isCounting(base)) this.#alone('host', step, []);
    else if (this.#cheap.has(base)) this.#add(this.#newLoop(this.operands.spaceOf(step)), step, undefined);
  }

  #product(step: Step): void {
    const bases = ([0, 1] as const).flatMap((side) => {
      const scaled = this.operands.scaled(step, side);
      return scaled === undefined ? [this.operands.sights.of(step.inputs[side]!).base] : [scaled.x.base, scaled.factor.base];
    });
    this.#put(this.#after('product', step, bases));
  }

  #runsOverColumns(step: Step): boolean {
    if (step.primitive.kind !== 'reduce' || step.dtype !== 'f32' || combineOf(step) === 'argmax') return false;
    return this.#hasElements(step) && this.operands.runsOf(step).length === 1;
  }

  #alone(kind: StepNode['kind'], step: Step, inputs: readonly number[]): void {
    this.#put(this.#after(kind, step, inputs.map((id) => this.operands.sights.of(id).base)));
  }

  #after(kind: StepNode['kind'], step: Step, bases: readonly number[]): StepNode {
    const node: StepNode = { kind, id: this.#nextId++, step: step.id, after: new Set() };
    for (const base of bases) this.#waitFor(node, base);
    return node;
  }

  #put(node: StepNode): void {
    this.#nodes.push(node);
    this.home.set(node.step, node);
  }
}

const known = new WeakMap<MapPrimitive, Map<string, boolean>>();

/** Whether lanes can compute a map; worked out once. */
function hasLanes(primitive: MapPrimitive, params: Params, from: 'f32' | 'i32', to: 'f32' | 'i32'): boolean {
  let answers = known.get(primitive);
  if (answers === undefined) known.set(primitive, (answers = new Map()));
  const key = `${from} ${to} ${literalText(params)}`;
  let answer = answers.get(key);
  if (answer === undefined) answers.set(key, (answer = isReadable(primitive, params, from, to)));
  return answer;
}

/** The axis a count runs along, −1 for none; undefined where it is shown in another way. */
export function alongAxis({ offset, strides }: Use): number | undefined {
  const moving = strides.flatMap((s, axis) => (s === 0 ? [] : [axis]));
  if (offset !== 0 || moving.length > 1) return undefined;
  return moving.length === 0 ? -1 : strides[moving[0]!] === 1 ? moving[0]! : undefined;
}
