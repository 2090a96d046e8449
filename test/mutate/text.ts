// How a step is written in tables and keys: primitive and operands down to labels and inputs, without the numbers that
// depend on shapes, so that a mutant keeps its key when steps before it come or go.

import type { Graph, Step, Value } from '../../src/graph/index.ts';

export interface TextOptions {
  /** Names of steps that are not written out. */
  readonly names: ReadonlyMap<number, string>;
  /** How many levels of operands are written; `…` stands for the rest. */
  readonly depth?: number;
}

/** A step as `name(operand, …)`. Views that only arrange are left out below the top. */
export function stepText(graph: Graph, id: number, { names, depth = Infinity }: TextOptions, top = true): string {
  const step = graph.steps[id]!;
  const name = names.get(id) ?? (top ? undefined : step.label);
  if (name !== undefined) return name;
  if (step.primitive.kind === 'source') return sourceText(step);
  if (!top && step.primitive.kind === 'view' && step.inputs.length === 1) return stepText(graph, step.inputs[0]!, { names, depth }, false);
  if (depth <= 0) return '…';
  const operands = step.inputs.map((i) => stepText(graph, i, { names, depth: depth - 1 }, false));
  return `${step.primitive.name}(${operands.join(', ')})`;
}

/** A constant is shown with the step that reads it. */
export function withReader(graph: Graph, id: number, options: TextOptions): string {
  const text = stepText(graph, id, options);
  const reader = graph.steps[id]!.primitive.kind === 'source' ? graph.steps.find(({ inputs }) => inputs.includes(id)) : undefined;
  return reader === undefined ? text : `${text} of ${stepText(graph, reader.id, options)}`;
}

function sourceText({ primitive, params }: Step): string {
  const data = (params['value'] as Value | undefined)?.data();
  if (data === undefined || data.some((x) => x !== data[0])) return primitive.name;
  return String(Number(data[0]!.toPrecision(4)));
}
