// What is counted along the axes of a program: axes that hold the same things (samples, classes, features) have one number,
// whatever their sizes, for two sizes may be equal by chance. Steps that work place by place bring axes together; a product
// keeps those it does not sum over; views tell by their strides. What no rule here follows has an axis of its own.

import { denseStrides } from '../base/shape.ts';
import { type Fragment, type Graph, type Step, Value } from '../graph/index.ts';

/** An axis of size 1 holds one of anything. */
const single = 0;

/** The numbers of the axes of the steps up to the last one given. */
export function axesOf({ steps }: Graph, last: number): number[][] {
  const parents = [single];
  const fresh = (n: number): number => (n === 1 ? single : parents.push(parents.length) - 1);
  const root = (axis: number): number => (parents[axis] === axis ? axis : (parents[axis] = root(parents[axis]!)));
  const join = (a: number | undefined, b: number | undefined): void => {
    if (a !== undefined && b !== undefined && a !== single && b !== single) parents[root(b)] = root(a);
  };

  const walk = (own: readonly Step[], given: ReadonlyMap<number, number[]>): number[][] => {
    const axes: number[][] = [];
    for (const { id, primitive, inputs, params, shape } of own) {
      const mine = axes[id] = given.get(id) ?? shape.map(fresh);
      const operands = inputs.map((input) => ({ shape: own[input]!.shape, axes: axes[input]! }));
      if (primitive.kind === 'view') {
        const [{ shape: before, axes: theirs }] = operands as [(typeof operands)[0]];
        const { strides } = primitive.run([new Value('f64', before, new Float64Array(0))], params);
        const dense = denseStrides(before);
        shape.forEach((n, i) => join(mine[i], theirs[dense.findIndex((s, j) => before[j] === n && n > 1 && s === Math.abs(strides[i]!))]));
      } else if (primitive.kind === 'contract') {
        const { batch, sum } = params as unknown as Record<'batch' | 'sum', readonly (readonly [number, number])[]>;
        const free = operands.map(({ axes: theirs }, side) =>
          theirs.filter((_, axis) => ![...batch, ...sum].some((pair) => pair[side as 0 | 1] === axis)));
        for (const [a, b] of [...batch, ...sum]) join(operands[0]!.axes[a], operands[1]!.axes[b]);
        [...batch.map(([a]) => operands[0]!.axes[a]!), ...free.flat()].forEach((axis, i) => join(mine[i], axis));
      } else if (primitive.kind === 'control' && primitive.control === 'custom') {
        const { graph, inputs: bound, outputs } = params['forward'] as Fragment;
        walk(graph.steps, new Map(bound.map((inner, i) => [inner, axes[inputs[i]!]!])))[outputs[0]!]!.forEach((axis, i) => join(mine[i], axis));
      } else if (primitive.kind !== 'fold') {
        // Indices move numbers along one axis: there only what is in place already holds what the result does.
        const { moved, still } = primitive.kind === 'index'
          ? { moved: params['axis'], still: primitive.linearIn.length > 1 ? 0 : primitive.indexInput } : {};
        operands.forEach(({ shape: before, axes: theirs }, k) => {
          const lead = shape.length - before.length;
          before.forEach((n, i) => ((i + lead === moved && k !== still) || n !== shape[i + lead] ? undefined : join(mine[i + lead], theirs[i])));
        });
      }
    }
    return axes;
  };
  return walk(steps.slice(0, last + 1), new Map()).map((axes) => axes.map(root));
}
