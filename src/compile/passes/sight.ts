// Where the numbers of a step lie: in the dense result of another step, seen through an offset and strides. Views are
// followed back by running them on a value without numbers, so no view needs to be known here. A reshape that strides
// cannot express has to move numbers; it is a step with a result of its own.

import { denseStrides, sameShape, type Shape, sizeOf } from '../../base/shape.ts';
import { type Graph, type Params, type Step, Value } from '../../graph/index.ts';

/** Element i₀, i₁, … of a step is element offset + Σ iⱼ·stridesⱼ of the dense result of `base`. */
export interface Sight {
  readonly base: number;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Numbers on their way into a dense result, in row-major order of this shape. */
interface Source {
  readonly shape: Shape;
  readonly sight: Sight;
}

/** Follows the steps of one graph. */
export class Sights {
  readonly #graph: Graph;
  readonly #known: Sight[] = [];
  readonly #sources = new Map<number, Source>();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  of(id: number): Sight {
    return (this.#known[id] ??= this.#find(this.#graph.steps[id]!));
  }

  /** True for a view that has to move numbers. */
  moves(step: Step): boolean {
    return step.primitive.kind === 'view' && this.of(step.id).base === step.id;
  }

  /** Gives a view a result of its own, with numbers moved into it. */
  settle(id: number): void {
    this.#sources.set(id, { shape: this.#graph.steps[id]!.shape, sight: this.of(id) });
    this.#known[id] = this.#own(this.#graph.steps[id]!);
  }

  /** What a view that moves numbers reads, in the order in which it writes them. */
  source(id: number): Source {
    return this.#sources.get(id)!;
  }

  /** A step that shows another as it is. */
  isSame(id: number, other: number): boolean {
    const [a, b] = [this.of(id), this.of(other)];
    const steps = this.#graph.steps;
    return a.base === b.base && a.offset === b.offset && sameShape(steps[id]!.shape, steps[other]!.shape)
      && steps[id]!.shape.every((n, axis) => n <= 1 || a.strides[axis] === b.strides[axis]);
  }

  #find(step: Step): Sight {
    if (step.primitive.kind !== 'view') return this.#own(step);
    const from = this.of(step.inputs[0]!);
    const { shape } = this.#graph.steps[step.inputs[0]!]!;
    const seen = sizeOf(step.shape) === 0 ? undefined : seenThrough(step, shape, from);
    if (seen !== undefined) return { base: from.base, ...seen };
    this.#sources.set(step.id, { shape, sight: from });
    return this.#own(step);
  }

  #own(step: Step): Sight {
    return { base: step.id, offset: 0, strides: denseStrides(step.shape) };
  }
}

/** A view of a value at `sight`, or undefined where it has to move numbers. */
function seenThrough(step: Step, shape: Shape, sight: Sight): Omit<Sight, 'base'> | undefined {
  const nowhere = new Float32Array(0);
  const seen = step.primitive.run([new Value('f32', shape, nowhere, sight.offset, sight.strides)], step.params as Params);
  return seen.array === nowhere ? { offset: seen.offset, strides: seen.strides } : undefined;
}

/** Strides of an operand over a shape it is stretched to, axes of size 1 left out. */
export function over(shape: Shape, own: Shape, strides: readonly number[]): number[] {
  const lead = shape.length - own.length;
  return shape.flatMap((n, axis) => {
    if (n === 1) return [];
    return [axis < lead || own[axis - lead] === 1 ? 0 : strides[axis - lead]!];
  });
}

export const squeezed = (shape: Shape): number[] => shape.filter((n) => n !== 1);

