// explain: runs a function once, takes the derivative of its result for every quantity on the way, and writes down what
// was computed, what came back and what was taken for granted. The adjoints are the steps that the gradient itself
// appends, so what is printed is what runs.

import { demandSort } from '../base/demand.ts';
import { gradient } from '../autodiff/index.ts';
import { isFloat } from '../base/dtype.ts';
import { message, ShapeError } from '../base/errors.ts';
import { shapeText } from '../base/shape.ts';
import { flatten } from '../base/tree.ts';
import { filled, isTensor, type Operand, record, type Step, type Tensor, trace, type Trace } from '../graph/index.ts';
import { assumptionsOf } from './assumptions.ts';
import { type Adjoint, type Explanation, explanationVersion, type Line } from './explanation.ts';
import { AdjointFormulas, constantText, Formulas, type Named, type Use } from './formulas.ts';
import { numbersOf } from './numbers.ts';
import { keepProgram } from './program.ts';

export interface ExplainOptions {
  /** Names for the arguments, in order; a label given by the function wins. */
  readonly names?: readonly string[];
  /** Tensors of up to this many numbers are given whole, larger ones summarised. Default 64. */
  readonly whole?: number;
}

/** What a use of a step, as which of its inputs, sent to it. */
interface Part extends Use {
  readonly input: number;
  readonly tensor: Tensor;
}

/**
 * Every step on the way to a number: its formula, its value, its adjoint and the rules that made that, and what the
 * derivative assumes.
 *
 * Shapes    f(...inputs) → one element; inputs are tensors or trees of them
 * Gradient  none: the explanation is plain data
 * Edges     a line that no derivative reaches has the adjoint null; constants stand inside the formulas
 * Throws    ShapeError for a result that is not one float; whatever f throws
 */
export function explain(
  f: (...inputs: never[]) => unknown, inputs: readonly unknown[], options: ExplainOptions = {},
): Explanation {
  demandSort('record', { options }, 'explain');
  const { names = [], whole = 64 } = options;
  const traced = trace(f, inputs, { positions: true });
  const [result] = traced.result.leaves;
  if (traced.outputs.length !== 1 || result!.size !== 1 || !isFloat(result!.dtype)) {
    const found = traced.result.leaves.map((x) => `${x.dtype}${shapeText(x.shape)}`).join(', ');
    throw new ShapeError(message(`explain: the function returned ${found}`, 'The derivative of one float is explained', 'Reduce with sum or mean, or choose an entry'));
  }
  const given = leafNames(inputs, names);
  const labelled = { steps: traced.graph.steps, names: namesOf(traced, given) };
  const first = labelled.steps.length;
  const forward = forwardSteps(traced, labelled);
  const { totals, parts } = adjointsOf(traced, forward);
  const writing = (program: Named): Writing => {
    const formulas = new Formulas(program);
    return { formulas, rules: new AdjointFormulas(formulas, first, totals, parts) };
  };

  // What cannot be written out is found first, then named, then everything is written in these names.
  const main = mainLines(forward, traced, writing(labelled), parts);
  const { formulas, rules } = writing({ ...labelled, names: withShortNames(labelled.names, main) });
  const adjointOf = (id: number): Adjoint | null => {
    const total = totals.get(id);
    return total === undefined ? null : {
      value: numbersOf(total.tensor.data, whole),
      contributions: (parts.get(id) ?? []).map((part) => ({
        from: part.use, input: part.input, formula: rules.short(part), expanded: rules.expanded(part),
        value: numbersOf(part.tensor.data, whole),
      })),
    };
  };
  const known = new Set(forward.map(({ id }) => id));
  const lines = forward.map((step): Line => ({
    number: step.id,
    name: formulas.name(step.id),
    ...(step.label !== undefined && { label: step.label }),
    ...(step.role !== undefined && { role: step.role }),
    ...(step.scope !== undefined && { scope: step.scope }),
    ...(step.source !== undefined && { source: step.source }),
    operands: [...new Set(step.inputs)].filter((id) => known.has(id)),
    formula: formulas.short(step.id),
    expanded: formulas.expanded(step.id),
    main: main.has(step.id),
    shape: step.shape,
    dtype: step.dtype,
    value: numbersOf(traced.recorder.tensors[step.id]!.data, whole),
    adjoint: adjointOf(step.id),
  }));
  const reached = (id: number): boolean => totals.has(id);
  return keepProgram({
    version: explanationVersion, inputs: traced.inputs, result: traced.outputs[0]!, lines,
    assumptions: assumptionsOf(traced, forward, formulas, reached),
  }, traced, given);
}

/** The inputs and everything the result needs but plain numbers, which stand inside the formulas. */
function forwardSteps({ graph, inputs, outputs }: Trace, program: Named): Step[] {
  const live = graph.live(outputs);
  return graph.steps.filter(({ id }) => inputs.includes(id) || outputs.includes(id) || (live[id] && constantText(program, id) === undefined));
}

/** A name per leaf of the arguments: that of the argument, and the way to the leaf. */
function leafNames(inputs: readonly unknown[], names: readonly string[]): string[] {
  return inputs.flatMap((tree, i) => {
    const name = names[i] ?? (inputs.length === 1 ? 'x' : `x${i + 1}`);
    const { paths } = flatten(tree, (x): x is Operand => isTensor(x) || typeof x === 'number');
    return paths.map((path) => (path === '' || path.startsWith('[') ? name + path : `${name}.${path}`));
  });
}

/** What is called by a name: the result, the inputs, and every label, which wins. */
function namesOf({ graph, inputs, outputs }: Trace, given: readonly string[]): Map<number, string> {
  const names = new Map([[outputs[0]!, 'result']]);
  inputs.forEach((id, i) => names.set(id, given[i]!));
  const taken = new Map<string, number>();
  for (const { id, label } of graph.steps) {
    if (label === undefined) continue;
    const before = taken.get(label) ?? 0;
    taken.set(label, before + 1);
    // A label that was given several times says which time is meant.
    names.set(id, before === 0 ? label : `${label}#${before + 1}`);
  }
  return names;
}

/** The adjoint of every float step that depends on an input, and what it is the sum of. */
function adjointsOf({ recorder, graph, inputs, outputs }: Trace, forward: readonly Step[]) {
  const touched = graph.dependents(inputs);
  const wrt = forward.filter((step) => touched[step.id] && isFloat(step.dtype)).map((step) => step.id);
  const parts = new Map<number, Part[]>();
  const totals = new Map<number, { readonly tensor: Tensor; readonly step: number }>();
  if (wrt.length === 0) return { totals, parts };
  record(recorder, () => {
    const result = graph.steps[outputs[0]!]!;
    const seed = { step: result.id, cotangent: filled(1, result.shape, result.dtype) };
    const found = gradient(recorder, [seed], wrt, {
      observe: ({ step: use, input }, tensor) => {
        const id = graph.steps[use]!.inputs[input]!;
        parts.set(id, [...(parts.get(id) ?? []), { use, input, tensor, step: recorder.stepOf(tensor).id }]);
      },
    });
    found.forEach((tensor, i) => tensor !== null && totals.set(wrt[i]!, { tensor, step: recorder.stepOf(tensor).id }));
  });
  return { totals, parts };
}

interface Writing {
  readonly formulas: Formulas;
  readonly rules: AdjointFormulas;
}

/** u1, u2 … for the lines that have no name of their own, in their order. */
function withShortNames(names: ReadonlyMap<number, string>, main: ReadonlySet<number>): Map<number, string> {
  const all = new Map(names);
  const taken = new Set(names.values());
  let count = 0;
  for (const id of [...main].sort((a, b) => a - b)) {
    if (all.has(id)) continue;
    do count++; while (taken.has(`u${count}`));
    all.set(id, `u${count}`);
  }
  return all;
}

/** The lines to show: what has a name, the result, and whatever their formulas cannot write out. */
function mainLines(
  forward: readonly Step[], { outputs }: Trace, { formulas, rules }: Writing, parts: ReadonlyMap<number, readonly Part[]>,
): Set<number> {
  const main = new Set(forward.filter(({ id }) => formulas.hasName(id) || id === outputs[0]).map(({ id }) => id));
  const known = new Set(forward.map(({ id }) => id));
  for (const id of main) {
    formulas.expanded(id);
    for (const part of parts.get(id) ?? []) rules.expanded(part);
    for (const needed of [...formulas.needed, ...rules.needed]) if (known.has(needed)) main.add(needed);
  }
  return main;
}
