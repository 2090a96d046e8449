// The three primitives a graph cannot do without: `input`, `constant` (how numbers from outside enter) and `alias`
// (the same value as a new step, so that it can bear a label or be differentiated on its own).
// All others are in `primitives/`, which lists these three with its own.

import type { ControlPrimitive, Params, SourcePrimitive, Typed } from './primitive.ts';
import type { Value } from './value.ts';

/** A placeholder; evaluation is given its value. */
export const input: SourcePrimitive = {
  name: 'input',
  kind: 'source',
  vjp: [],
  print: () => 'input',
  type: (_, params) => params as unknown as Typed,
  run: (_, params) => params['value'] as Value,
};

/** Numbers snapshotted when the trace met them. */
export const constant: SourcePrimitive = {
  name: 'constant',
  kind: 'source',
  vjp: [],
  print: (_, params) => constantText(params),
  type: (_, params) => params['value'] as Value,
  run: (_, params) => params['value'] as Value,
};

export const alias: ControlPrimitive = {
  name: 'alias',
  kind: 'control',
  control: 'alias',
  vjp: [({ grad }) => grad],
  print: ([x]) => x!,
  type: ([x]) => x!,
  run: ([x]) => x!,
};

function constantText(params: Params): string {
  const value = params['value'] as Value;
  if (value.shape.length === 0) return String(value.array[value.offset]);
  return `constant${JSON.stringify(value.shape)}`;
}
