// Writes a program as text and reads it again, losslessly: one line per step, its type, primitive, inputs, numbers and
// parameters; behind # what explain needs (label, role, scope, origin, source). The programs inside a custom step are
// indented below it. Reading derives every type again and compares it with the printed one, so a text that was edited
// by hand cannot lie about a shape. Not here: formulas for people, which each primitive prints itself.
//
//   graph (%0) -> (%2)
//     %0: f64[2, 3] = input [1, 2, 3, 4, 5, 6] {shape, dtype}
//     %1: f64[2, 1] = sum %0 {axes: [1]}  # label 'q' scope 'norm'
//     %2: f64[2, 1] = sqrt %1

import { demandText } from '../base/demand.ts';
import { dtypes } from '../base/dtype.ts';
import { FormatError, MarginaliaError, message } from '../base/errors.ts';
import { checkSize, sameShape, type Shape, shapeText } from '../base/shape.ts';
import { type Fragment, Graph, type Step } from './graph.ts';
import { keyText, Line, literalText, namedOnce, stringText, valueText } from './literals.ts';
import type { Params, Primitive, Typed } from './primitive.ts';
import { Value } from './value.ts';

const isFragment = (x: unknown): x is Fragment =>
  typeof x === 'object' && x !== null && 'graph' in x && x.graph instanceof Graph;

const ids = (list: readonly number[]): string => list.map((id) => `%${id}`).join(', ');

/** The program as text. Throws FormatError for a parameter that text cannot hold. */
export function printGraph(fragment: Fragment): string {
  return fragmentLines('graph', fragment).join('\n');
}

function fragmentLines(name: string, { graph, inputs, outputs }: Fragment): string[] {
  const lines = [`${name} (${ids(inputs)}) -> (${ids(outputs)})`];
  for (const step of graph.steps) lines.push(...stepLines(step).map((line) => `  ${line}`));
  return lines;
}

function stepLines(step: Step): string[] {
  const parts = [`%${step.id}: ${typeText(step)} = ${step.primitive.name}`, ...step.inputs.map((id) => `%${id}`)];
  const own: string[] = [];
  const nested: string[] = [];
  for (const [key, value] of Object.entries(step.params)) {
    if (value === undefined) continue;
    if (isFragment(value)) nested.push(...fragmentLines(keyText(key), value).map((line) => `  ${line}`));
    else if (key === 'value' && value instanceof Value && sameType(value, step)) parts.push(valueText(value));
    else if (isOwn(key, value, step)) own.push(key);
    else own.push(`${keyText(key)}: ${literalText(value) ?? unwritable(step, key)}`);
  }
  if (own.length > 0) parts.push(`{${own.join(', ')}}`);
  const notes = noteText(step);
  if (notes !== '') parts.push(` # ${notes}`);
  return [parts.join(' '), ...nested];
}

/** A parameter that repeats the step's own shape or type is written without its value. */
function isOwn(key: string, value: unknown, step: Step): boolean {
  if (key === 'dtype') return value === step.dtype;
  return key === 'shape' && Array.isArray(value) && sameShape(value as Shape, step.shape);
}

function unwritable(step: Step, key: string): never {
  throw new FormatError(message(`step %${step.id} (${step.primitive.name}) has the parameter ${key}`,
    "Parameters are numbers, texts, lists and records; numbers under 'value' have the step's own type", 'Pass it as an input'));
}

function noteText({ label, role, scope, origin, source }: Step): string {
  const quoted = (name: string, text: string | undefined): string[] => (text === undefined ? [] : [`${name} ${stringText(text)}`]);
  return [
    ...quoted('label', label),
    ...quoted('role', role),
    ...quoted('scope', scope),
    ...(origin === undefined ? [] : [`origin %${origin.step}.${origin.input}`]),
    ...quoted('source', source),
  ].join(' ');
}

const sameType = (a: Typed, b: Typed): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape);
const typeText = (x: Typed): string => `${x.dtype}${shapeText(x.shape)}`;

/**
 * Reads what `printGraph` wrote.
 *
 * Edges     blank lines are skipped; parameters become records without a prototype
 * Throws    FormatError with line and column: a line that does not follow the form, an unknown primitive, an input that
 *           comes later, a type that the primitive does not give for these inputs
 */
export function parseGraph(text: string, primitivesByName: ReadonlyMap<string, Primitive>): Fragment {
  demandText(text, 'parseGraph');
  const lines = text.split(/\r?\n/).map((line, i) => new Line(line, i + 1)).filter((line) => !line.atEnd);
  const reader = new Reader(lines, primitivesByName);
  const { name, head, fragment } = reader.fragment(0);
  if (name !== 'graph') throw head.fail(`the name ${stringText(name.slice(0, 40))}`, ...firstLine, 0);
  const rest = reader.peek();
  if (rest !== undefined) throw rest.fail('a line after the graph', 'A text holds one graph', 'Remove it');
  return fragment;
}

const firstLine = ['A graph begins with graph (…) -> (…)', 'Give the text that printGraph wrote'] as const;

interface Named {
  readonly name: string;
  readonly head: Line;
  readonly fragment: Fragment;
}

class Reader {
  readonly #lines: readonly Line[];
  readonly #primitives: ReadonlyMap<string, Primitive>;
  #at = 0;

  constructor(lines: readonly Line[], primitives: ReadonlyMap<string, Primitive>) {
    this.#lines = lines;
    this.#primitives = primitives;
  }

  /** The next line, when it is indented by at least this much. */
  peek(indent = 0): Line | undefined {
    const line = this.#lines[this.#at];
    return line !== undefined && line.indent >= indent ? line : undefined;
  }

  #line(indent: number): Line {
    const line = this.#lines[this.#at++];
    if (line === undefined) throw new FormatError(message('line 1, column 1: an empty text', ...firstLine));
    if (line.indent !== indent) {
      throw line.fail(`a line indented by ${line.indent}`, `It belongs at ${indent} spaces`, 'Indent what is inside by two');
    }
    return line;
  }

  /** A program and its name, which stands where `indent` says; its steps stand two further in. */
  fragment(indent: number): Named {
    const head = this.#line(indent);
    const name = head.readKey('the name of a program');
    const inputs = readIds(head);
    head.expect('->');
    const outputs = readIds(head);
    if (!head.atEnd) throw head.missing('the end of the line');
    const graph = new Graph();
    while (this.peek(indent + 1) !== undefined) this.#step(graph, indent + 2);
    for (const id of [...inputs, ...outputs]) {
      if (id < graph.steps.length) continue;
      throw head.fail(`%${id} in a program of ${graph.steps.length} steps`, 'Inputs and outputs are steps', 'Name steps that are there', indent);
    }
    return { name, head, fragment: { graph, inputs, outputs } };
  }

  #step(graph: Graph, indent: number): void {
    const line = this.#line(indent);
    const at = line.place;
    if (readId(line) !== graph.steps.length) {
      throw line.fail('a step out of order', `The next one is %${graph.steps.length}`, 'Number the steps from 0 without gaps', at);
    }
    line.expect(':');
    const printed = readType(line);
    line.expect('=');
    const nameAt = line.place;
    const name = line.take(/\S+/y) ?? '';
    const primitive = this.#primitives.get(name);
    if (primitive === undefined) {
      throw line.fail(`the primitive ${stringText(name.slice(0, 40))}`, 'It is not in the list', 'Check its name', nameAt);
    }
    const inputs: number[] = [];
    while (!line.atEnd && line.text[line.place] === '%') inputs.push(readInput(line, graph.steps.length));
    const params = Object.create(null) as Record<string, unknown>;
    if (/[-\d[NI]/.test(line.text[line.place] ?? '')) params['value'] = line.readValue(printed.shape, printed.dtype);
    const own: Params = { shape: printed.shape, dtype: printed.dtype };
    if (line.text[line.place] === '{') {
      const read = line.readRecord(() => line.readLiteral(), (key) => (Object.hasOwn(own, key) ? own[key] : undefined));
      if ('value' in read) {
        throw line.fail('value among the parameters', 'The numbers of a step stand behind its name', 'Write them there', nameAt);
      }
      Object.assign(params, read);
    }
    const notes = line.accept('#') ? readNotes(line, graph.steps) : {};
    if (!line.atEnd) throw line.missing('# or the end of the line');
    while (this.peek(indent + 1) !== undefined) {
      const { name: key, head, fragment } = this.fragment(indent + 2);
      if (key in params) throw head.fail(`a second ${keyText(key)}`, ...namedOnce, indent + 2);
      params[key] = fragment;
    }
    const operands = inputs.map((id) => graph.steps[id]!);
    const refusal = refusalOf(primitive, operands, params, printed);
    if (refusal !== undefined) {
      throw line.fail(refusal, 'A type follows from the primitive, its inputs and its parameters', 'Mend the line', at);
    }
    const { origin, ...texts } = notes;
    Object.assign(graph.append(primitive, inputs, params, printed, origin), texts);
  }
}

const readIds = (line: Line): number[] => line.readList(() => readId(line), '(', ')');

function readId(line: Line): number {
  const text = line.take(/%\d{1,9}/y);
  if (text === undefined) throw line.missing('a step such as %3');
  return Number(text.slice(1));
}

function readInput(line: Line, before: number): number {
  const at = line.place;
  const id = readId(line);
  if (id >= before) throw line.fail(`the input %${id}`, 'The inputs of a step stand before it', `Name one of %0 … %${before - 1}`, at);
  return id;
}

function readType(line: Line): Typed {
  const at = line.place;
  const dtype = dtypes.find((name) => line.accept(name));
  if (dtype === undefined) throw line.missing("a type such as f64[2, 3]");
  const shape = line.readList(() => line.readNumber());
  const refusal = refused(() => checkSize(shape, dtype, 'a step'));
  if (refusal !== undefined) throw line.fail(refusal, 'A shape is a list of sizes', 'Check the sizes', at);
  return { shape, dtype };
}

type Notes = Partial<Pick<Step, 'label' | 'role' | 'scope' | 'source' | 'origin'>>;

function readNotes(line: Line, steps: readonly Step[]): Notes {
  const notes: { -readonly [name in keyof Notes]: Notes[name] } = {};
  for (let at = line.place; !line.atEnd; at = line.place) {
    const word = line.take(/label|role|scope|source|origin/y) as keyof Notes | undefined;
    if (word === undefined) throw line.missing('label, role, scope, origin or source');
    if (word in notes) throw line.fail(`a second ${word}`, 'A step has one of each', 'Remove one of them', at);
    if (word !== 'origin') notes[word] = line.readString();
    else {
      const step = readInput(line, steps.length);
      line.expect('.');
      const input = line.readNumber();
      if (!(input in steps[step]!.inputs)) {
        throw line.fail(`the input ${input} of %${step}`, 'An origin names a step and one of its inputs', 'Count them from 0', at);
      }
      notes.origin = { step, input };
    }
  }
  return notes;
}

/** Why a step is not what its primitive makes of these inputs and parameters; undefined when it is. */
function refusalOf(primitive: Primitive, inputs: readonly Typed[], params: Params, printed: Typed): string | undefined {
  const { name, kind, vjp } = primitive;
  const anyNumber = kind === 'copy' || kind === 'control';
  if (!anyNumber && inputs.length !== vjp.length) return `${name} with ${inputs.length} of ${vjp.length} inputs`;
  return refused(() => {
    const typed = primitive.type(inputs, params);
    if (!sameType(typed, printed)) throw new FormatError(`${name} gives ${typeText(typed)} here and not ${typeText(printed)}`);
    if (kind === 'control' && primitive.control === 'custom' && !programsFit(inputs, printed, params)) {
      throw new FormatError(`the programs of ${name} do not fit its inputs ${inputs.map(typeText).join(', ')}`);
    }
  });
}

/** A custom step's value begins with its inputs; its rule with these, the result and the cotangent. */
function programsFit(inputs: readonly Typed[], out: Typed, { forward, backward }: Params): boolean {
  if (!isFragment(forward) || !isFragment(backward)) return false;
  const fit = ({ graph }: Fragment, steps: readonly number[], types: readonly Typed[]): boolean =>
    steps.length === types.length && steps.every((id, i) => sameType(graph.steps[id]!, types[i]!));
  return fit(forward, forward.inputs, inputs) && fit(forward, forward.outputs, [out])
    && fit(backward, backward.inputs, [...inputs, out, out]) && fit(backward, backward.outputs, inputs);
}

/** The sentence of the error that a check throws. Any other error means parameters of a kind the primitive never made. */
function refused(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return error instanceof MarginaliaError ? error.message.replace(/\.$/, '') : 'parameters that do not fit';
  }
}
