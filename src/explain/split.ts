// Where the program of an explanation is cut, so that a gradient entry splits: which labelled steps, what their axes mean, and
// which roles their elements have. A mask is a step with a role that holds zeros and ones and that no derivative moves;
// its axes say where samples and classes meet, and its first axis is the batch.

import { ruleOf } from '../autodiff/index.ts';
import { isFloat } from '../base/dtype.ts';
import { sizeOf } from '../base/shape.ts';
import type { Graph, Trace } from '../graph/index.ts';
import { axesOf } from './axes.ts';
import type { Explanation, Line } from './explanation.ts';

export interface Split {
  /** The labelled steps between the entry and the result, without those that lie nearer the entry than the split. */
  readonly steps: readonly number[];
  /** The sample an element of a step belongs to. */
  readonly sampleOf: (step: number, element: number) => number | null;
  /** The roles of the masks that hold at an element, `negative` where none does, null for a step without masks. */
  readonly roleOf: (step: number, element: number) => string | null;
  /** Roles of the steps themselves. */
  readonly roles: ReadonlyMap<number, string>;
  readonly notes: readonly string[];
}

/** The split for entries of one line. */
export function splitOf({ lines }: Explanation, traced: Trace, entry: Line): Split {
  const { graph, recorder, inputs, outputs } = traced;
  const byNumber = new Map(lines.map((line) => [line.number, line]));
  const moved = differentiable(graph, inputs);
  const ahead = differentiable(graph, [entry.number]);
  const onTheWay = lines.filter((line) => line.label !== undefined && line.number !== entry.number && line.adjoint !== null
    && ahead[line.number]! && !inputs.includes(line.number));
  const reachable = new Map(onTheWay.map(({ number }) => [number, differentiable(graph, [number])]));
  const leadsTo = (from: Line, to: Line): boolean => from !== to && reachable.get(from.number)![to.number]!;

  const masks = lines.filter(({ number, role, shape }) => role !== undefined && shape.length > 1 && !moved[number]
    && recorder.tensors[number]!.data.every((x) => x === 0 || x === 1));
  const axes = axesOf(graph, outputs[0]!);
  const isOver = (mask: Line, step: number): boolean => axes[mask.number]!.join() === axes[step]!.join();
  const meetings = onTheWay.filter(({ number }) => masks[0] !== undefined && isOver(masks[0], number));
  const hasRoles = meetings.length > 0;
  const batch = axes[(hasRoles ? masks[0] : onTheWay.findLast(({ shape }) => shape.length > 0))?.number ?? -1]?.[0];
  const lasting = onTheWay.filter(({ shape }) => shape.length > 0);
  const first = hasRoles ? meetings : lasting.filter((line) => !lasting.some((to) => leadsTo(line, to)));
  const steps = onTheWay
    .filter((line) => first.includes(line) || first.some((from) => leadsTo(from, line)) || !first.some((to) => leadsTo(line, to)))
    .map(({ number }) => number);

  const masksAt = new Map(steps.map((step) => [step, masks.filter((mask) => isOver(mask, step))
    .map(({ number, role }) => ({ role: role!, data: recorder.tensors[number]!.data }))]));
  return {
    steps,
    sampleOf: (step, element) => {
      const { shape } = byNumber.get(step)!;
      return batch === undefined || axes[step]![0] !== batch ? null : Math.floor(element / (sizeOf(shape) / shape[0]!));
    },
    roleOf: (step, element) => {
      const here = masksAt.get(step) ?? [];
      if (here.length === 0) return null;
      const held = new Set(here.filter(({ data }) => data[element] === 1).map(({ role }) => role));
      return held.size === 0 ? 'negative' : [...held].join(', ');
    },
    roles: new Map(steps.flatMap((step) => {
      const { role } = byNumber.get(step)!;
      return role === undefined ? [] : [[step, role] as const];
    })),
    notes: notesOf(onTheWay, first, hasRoles),
  };
}

function notesOf(onTheWay: readonly Line[], first: readonly Line[], hasRoles: boolean): string[] {
  if (hasRoles) return [];
  if (onTheWay.length === 0) return ['no line on the way bears a label, so the entry is one part; name quantities with label(x, name)'];
  if (first.length === 0) return ['no labelled line on the way has an axis, so there are paths and no samples'];
  const names = first.map(({ name }) => name).join(', ');
  return [`no mask with a role has the axes of a labelled line on the way, so the split is at ${names}, by its first axis`];
}

/** The steps a derivative carries to from any of these. */
function differentiable({ steps }: Graph, from: readonly number[]): boolean[] {
  const reached = new Array<boolean>(steps.length).fill(false);
  for (const id of from) if (isFloat(steps[id]!.dtype)) reached[id] = true;
  for (const { id, primitive, inputs, dtype } of steps) {
    if (!reached[id] && isFloat(dtype)) reached[id] = inputs.some((input, i) => reached[input]! && ruleOf(primitive, i) !== null);
  }
  return reached;
}
