// What each step reads, as a schedule sees it: operands followed through views to the step that holds the numbers, and
// stretched over the space the step runs through. Also which products can apply a factor while they pack an operand,
// so that the scaled operand is never stored.

import { denseStrides, sizeOf } from '../../base/shape.ts';
import type { ReducePrimitive, Step } from '../../graph/index.ts';
import type { ContractAxes } from '../../primitives/index.ts';
import { type Folding, foldingOf } from './folding.ts';
import { signOf, uniform } from './reading.ts';
import { over, type Sight, Sights, squeezed } from './sight.ts';
import type { Simplified } from './simplify.ts';

/** Numbers a step reads: where they lie, with strides over the step's own space. */
export interface Use extends Sight {
  /** The step as the graph names it, which may be a view of the base. */
  readonly step: number;
}

/** An operand of a product that is x · factor, element by element; both with strides over the operand's own axes. */
interface Scaled {
  readonly x: Sight;
  readonly factor: Sight;
  readonly along: 'free' | 'sum';
}

export class Operands {
  readonly program: Simplified;
  readonly sights: Sights;
  /** Products of two tensors that only contractions read, which multiply while they pack. */
  readonly absorbed: ReadonlySet<number>;
  /** Folds that take their windows from a contraction nobody else reads, which is then no step of its own. */
  readonly foldings: ReadonlyMap<number, Folding>;
  readonly #uses: (readonly Use[])[] = [];

  constructor(program: Simplified) {
    this.program = program;
    this.sights = new Sights(program.graph);
    for (const step of program.graph.steps) if (step.primitive.kind === 'reduce') this.#settleOperand(step);
    const readers = this.#findReaders();
    this.absorbed = this.#findAbsorbed(readers);
    this.foldings = this.#findFoldings(readers);
  }

  step(id: number): Step {
    return this.program.graph.steps[id]!;
  }

  /** The space a step runs through, axes of size 1 left out: a reduction through what it reduces. */
  spaceOf(step: Step): number[] {
    const { kind } = step.primitive;
    if (kind === 'view') return squeezed(this.sights.source(step.id).shape);
    return squeezed(kind === 'reduce' || kind === 'index' || kind === 'copy' ? this.step(step.inputs[0]!).shape : step.shape);
  }

  /** What a step of a loop reads, with strides over `spaceOf` it, or over the axes of the result where that has fewer. */
  usesOf(step: Step): readonly Use[] {
    return (this.#uses[step.id] ??= this.#findUses(step));
  }

  #findUses(step: Step): Use[] {
    const { kind } = step.primitive;
    if (kind === 'view') {
      const { shape, sight } = this.sights.source(step.id);
      return [{ ...sight, step: step.inputs[0]!, strides: over(shape, shape, sight.strides) }];
    }
    const isOwn = (i: number): boolean => kind === 'reduce' || kind === 'copy' || (kind === 'index' && i === 0);
    return step.inputs.map((id, i) => this.use(id, isOwn(i) ? this.step(id).shape : step.shape));
  }

  /** A step's numbers stretched over a shape. */
  use(id: number, shape: readonly number[]): Use {
    const sight = this.sights.of(id);
    return { step: id, base: sight.base, offset: sight.offset, strides: over(shape, this.step(id).shape, sight.strides) };
  }

  /**
   * How many trailing axes of its space a reduction covers, undefined for none. A sum may cover others as well: it is
   * summed along rows, and the sums of rows are combined.
   */
  rowOf(step: Step): number | undefined {
    const runs = this.runsOf(step);
    const last = runs.at(-1);
    const ends = last?.to === this.spaceOf(step).length && (runs.length === 1 || combineOf(step) === 'sum');
    return ends ? last!.to - last!.from : undefined;
  }

  /** Where a copy that moves one operand apart puts it: an access of its dense result, with strides over its space. */
  placementOf(step: Step): { readonly offset: number; readonly strides: readonly number[] } | undefined {
    const edges = step.params['edges'] as readonly (readonly [number, number, number])[] | undefined;
    if (step.primitive.kind !== 'copy' || edges === undefined || edges.flat().some((n) => n < 0)) return undefined;
    const own = denseStrides(step.shape);
    const strides = own.map((s, axis) => s * (edges[axis]![2] + 1));
    const { shape } = this.step(step.inputs[0]!);
    return { offset: edges.reduce((sum, [before], axis) => sum + before * own[axis]!, 0), strides: over(shape, shape, strides) };
  }

  /** The reduced axes of the space of a reduction, as runs of neighbours. */
  runsOf(step: Step): { from: number; to: number }[] {
    const axes = step.params['axes'] as readonly number[];
    const runs: { from: number; to: number }[] = [];
    let at = 0;
    this.step(step.inputs[0]!).shape.forEach((n, axis) => {
      if (n === 1) return;
      if (axes.includes(axis)) {
        if (runs.at(-1)?.to === at) runs.at(-1)!.to++;
        else runs.push({ from: at, to: at + 1 });
      }
      at++;
    });
    return runs;
  }

  /** A reduction reads along rows, or dense columns: a view that is neither is made dense first. */
  #settleOperand(step: Step): void {
    const operand = step.inputs[0]!;
    if (sizeOf(this.step(operand).shape) === 0) return;
    const space = this.spaceOf(step);
    const { offset, strides } = this.use(operand, this.step(operand).shape);
    const row = this.rowOf(step);
    const isDense = offset === 0 && denseStrides(space).every((s, axis) => s === strides[axis]);
    const isFit = row === undefined ? isDense : isLine(strides, space, row);
    if (!isFit && this.step(operand).primitive.kind === 'view') this.sights.settle(operand);
  }

  /** An operand of a contraction as x · factor, where a product absorbs it. */
  scaled(step: Step, side: 0 | 1): Scaled | undefined {
    const sight = this.sights.of(step.inputs[side]!);
    return this.absorbed.has(sight.base) ? this.#scaled(step, side, this.step(sight.base)) : undefined;
  }

  #scaled(contraction: Step, side: 0 | 1, product: Step): Scaled | undefined {
    const operand = this.step(contraction.inputs[side]!);
    const sight = this.sights.of(operand.id);
    const own = denseStrides(product.shape);
    // The axis of the product that each axis of the operand shows.
    const shown = (n: number, stride: number): number => product.shape.findIndex((m, a) => m === n && own[a] === stride);
    const axes = operand.shape.map((n, axis) => (n === 1 ? -1 : shown(n, sight.strides[axis]!)));
    if (sight.offset !== 0 || operand.shape.some((n, axis) => n !== 1 && axes[axis]! < 0)) return undefined;
    const seen = product.inputs.map((id): Sight => {
      const from = this.sights.of(id);
      const { shape } = this.step(id);
      const lead = product.shape.length - shape.length;
      const stretched = product.shape.map((n, a) =>
        (a < lead || (n !== 1 && shape[a - lead] === 1) ? 0 : from.strides[a - lead]!));
      return { ...from, strides: axes.map((axis) => (axis < 0 ? 0 : stretched[axis]!)) };
    });
    const pairs = contraction.params as unknown as ContractAxes;
    const summed = pairs.sum.map((pair) => pair[side]);
    const batch = pairs.batch.map((pair) => pair[side]);
    const moves = (x: Sight, which: (axis: number) => boolean): boolean =>
      operand.shape.some((n, axis) => n !== 1 && which(axis) && x.strides[axis] !== 0);
    const isFree = (axis: number): boolean => !summed.includes(axis) && !batch.includes(axis);
    for (const [x, factor] of [[seen[0]!, seen[1]!], [seen[1]!, seen[0]!]] as const) {
      const isHeld = [x, factor].every(({ base }) => uniform(this.step(base)) === undefined && !this.#isCounted(base));
      if (!isHeld || moves(factor, (axis) => batch.includes(axis))) continue;
      if (!moves(factor, isFree)) return { x, factor, along: 'sum' };
      if (!moves(factor, (axis) => summed.includes(axis))) return { x, factor, along: 'free' };
    }
    return undefined;
  }

  /** A source that holds no bytes of its own. */
  #isCounted(id: number): boolean {
    const { primitive, inputs } = this.step(id);
    return primitive.kind === 'source' && inputs.length === 0 && !this.program.inputs.includes(id);
  }

  /** The steps that read what a step holds, through views; none where it is a result. */
  #findReaders(): Map<number, Step[]> {
    const { graph, outputs } = this.program;
    const readers = new Map<number, Step[]>();
    for (const step of graph.steps) {
      if (step.primitive.kind === 'view' && !this.sights.moves(step)) continue;
      for (const id of step.inputs) {
        const { base } = this.sights.of(id);
        const known = readers.get(base);
        if (known === undefined) readers.set(base, [step]);
        else known.push(step);
      }
    }
    for (const id of outputs) readers.delete(this.sights.of(id).base);
    return readers;
  }

  #findFoldings(readers: ReadonlyMap<number, readonly Step[]>): Map<number, Folding> {
    const found = new Map<number, Folding>();
    for (const step of this.program.graph.steps) {
      if (step.primitive.kind !== 'fold' || step.dtype !== 'f32') continue;
      const sight = this.sights.of(step.inputs[0]!);
      const contraction = this.step(sight.base);
      const { primitive, inputs, shape } = contraction;
      const operands = inputs.map((id) => this.step(id)) as [Step, Step];
      const isProduct = primitive.kind === 'contract' && [shape, ...operands.map((x) => x.shape)].every((s) => sizeOf(s) > 0)
        && ([0, 1] as const).every((side) => this.scaled(contraction, side) === undefined);
      if (!isProduct || readers.get(contraction.id)?.length !== 1) continue;
      const folding = foldingOf(step, this.step(step.inputs[0]!), sight, contraction, operands);
      if (folding !== undefined) found.set(step.id, folding);
    }
    return found;
  }

  #findAbsorbed(readers: ReadonlyMap<number, readonly Step[]>): Set<number> {
    const found = new Set<number>();
    for (const step of this.program.graph.steps) {
      const { primitive, inputs, dtype, params } = step;
      if (primitive.kind !== 'map' || inputs.length !== 2 || dtype !== 'f32' || sizeOf(step.shape) === 0) continue;
      if (signOf(primitive, params) !== 'product' || inputs.some((id) => found.has(this.sights.of(id).base))) continue;
      const all = readers.get(step.id) ?? [];
      const absorbs = (reader: Step): boolean => reader.primitive.kind === 'contract' && ([0, 1] as const).every((side) =>
        this.sights.of(reader.inputs[side]!).base !== step.id || this.#scaled(reader, side, step) !== undefined);
      if (all.length > 0 && all.every(absorbs)) found.add(step.id);
    }
    return found;
  }
}

/** Whether the last axes of a space are crossed as one: standing still, or with one stride throughout. */
export function isLine(strides: readonly number[], space: readonly number[], axes: number): boolean {
  const from = space.length - axes;
  const still = strides.slice(from).every((s) => s === 0);
  return still
    || strides.every((s, axis) => axis < from || axis === space.length - 1 || s === strides[axis + 1]! * space[axis + 1]!);
}

/** The combining of a reduction. */
export const combineOf = (step: Step): ReducePrimitive['combine'] => (step.primitive as ReducePrimitive).combine;
