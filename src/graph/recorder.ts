// Tracing by context. At most one recorder is open; while it is, every applied primitive becomes a step. A concrete
// recorder also computes, an abstract one only records, and reading a value of it throws. Outside a trace nothing is
// recorded. The recorder maps tensors to steps and dies with the trace, so an eager loop keeps nothing.

import { demandFunction, demandOptions, demandText } from '../base/demand.ts';
import { DTypeError, message, TraceError } from '../base/errors.ts';
import { checkSize } from '../base/shape.ts';
import { callerPosition } from './caller.ts';
import { Graph, type Origin, type Step } from './graph.ts';
import { alias, constant } from './intrinsics.ts';
import type { Params, Primitive, Typed } from './primitive.ts';
import { demandTensor, fromValue, isTensor, Tensor } from './tensor.ts';
import type { Storage, Value } from './value.ts';

export type Mode = 'concrete' | 'abstract';

/** Runs a primitive on values at hand. An engine may take some over; `undefined` leaves them to the reference. */
export type Engine = (primitive: Primitive, inputs: readonly Value[], params: Params) => Value | undefined;
let engine: Engine | undefined;

/** Lets an engine run large eager steps; `undefined` goes back to the reference alone. */
export function useEngine(given: Engine | undefined): void {
  engine = given;
}

export function runPrimitive(primitive: Primitive, inputs: readonly Value[], params: Params): Value {
  return engine?.(primitive, inputs, params) ?? primitive.run(inputs, params);
}

export class Recorder {
  readonly graph: Graph;
  readonly mode: Mode;
  readonly outer: Recorder | undefined;
  /** The tensor of each step; an entry is dropped when nothing will read it again. */
  readonly tensors: (Tensor | undefined)[] = [];
  readonly #steps = new Map<Tensor, Step>();
  #origin: Origin | undefined;
  #scope: string | undefined;
  /** Whether new steps remember the line of source that wrote them. */
  positions = false;

  constructor(mode: Mode, options: { graph?: Graph; outer?: Recorder | undefined } = {}) {
    this.mode = mode;
    this.graph = options.graph ?? new Graph();
    this.outer = options.outer;
  }

  append(primitive: Primitive, inputs: readonly Tensor[], params: Params, typed: Typed): Tensor {
    const ids = inputs.map((x) => this.stepOf(x).id);
    const step = this.graph.append(primitive, ids, params, typed, this.#origin);
    if (this.#scope !== undefined) step.scope = this.#scope;
    this.place(step);
    const result = this.mode === 'concrete'
      ? fromValue(runPrimitive(primitive, inputs.map((x) => x.read()), params))
      : new Tensor(typed.shape, typed.dtype, unread(step));
    this.bind(result, step);
    return result;
  }

  /** Notes the line of source a step is from, where these are kept and it has none yet. */
  place(step: Step): void {
    if (!this.positions || step.source !== undefined) return;
    const source = callerPosition();
    if (source !== undefined) step.source = source;
  }

  bind(tensor: Tensor, step: Step): void {
    this.#steps.set(tensor, step);
    this.tensors[step.id] = tensor;
  }

  /** Forgets a tensor whose value no later rule reads. */
  release(id: number): void {
    const tensor = this.tensors[id];
    if (tensor !== undefined) this.#steps.delete(tensor);
    this.tensors[id] = undefined;
  }

  knows(tensor: Tensor): boolean {
    return this.#steps.has(tensor);
  }

  /** The step of a tensor; one from outside enters as a constant. */
  stepOf(tensor: Tensor): Step {
    const known = this.#steps.get(tensor);
    if (known !== undefined) return known;
    for (let outer = this.outer; outer !== undefined; outer = outer.outer) {
      if (outer.knows(tensor)) {
        throw new TraceError(message('a function traced on its own uses a tensor of the surrounding trace',
          'A custom or compiled function sees the outside only through its arguments', 'Pass the tensor as an argument'));
      }
    }
    const value = tensor.read();
    const step = this.graph.append(constant, [], { value }, tensor);
    this.place(step);
    this.bind(tensor, step);
    return step;
  }

  /** Runs `body` with every new step marked as the adjoint of a forward step. */
  from<T>(origin: Origin, body: () => T): T {
    const before = this.#origin;
    this.#origin = origin;
    try {
      return body();
    } finally {
      this.#origin = before;
    }
  }

  /** Runs `body` with every new step inside a named scope. */
  inScope<T>(name: string, body: () => T): T {
    const before = this.#scope;
    this.#scope = before === undefined ? name : `${before}/${name}`;
    try {
      return body();
    } finally {
      this.#scope = before;
    }
  }
}

let current: Recorder | undefined;

export function currentRecorder(): Recorder | undefined {
  return current;
}

/** Opens a recorder for the time of `body`. The body must be synchronous: a trace cannot outlive its call. */
export function record<T>(recorder: Recorder, body: () => T): T {
  const before = current;
  current = recorder;
  try {
    const result = body();
    refusePromise(result);
    return result;
  } finally {
    current = before;
  }
}

/** Applies a primitive: checks types and shapes, computes or records, or both. */
export function apply(primitive: Primitive, inputs: readonly Tensor[], params: Params = {}): Tensor {
  for (const x of inputs) {
    if (!isTensor(x)) {
      throw new DTypeError(message(`${primitive.name}: an operand of type ${x === null ? 'null' : typeof x}`, 'Operands are tensors or numbers', 'Wrap the values with tensor(…)'));
    }
  }
  const typed = primitive.type(inputs, params);
  checkSize(typed.shape, typed.dtype, primitive.name);
  if (current !== undefined) return current.append(primitive, inputs, params, typed);
  return fromValue(runPrimitive(primitive, inputs.map((x) => x.read()), params));
}

/**
 * Gives a tensor the paper's symbol (and role) in the trace that is open; without a trace it only passes it on.
 * A step that already bears another label gets an alias, so both names stay.
 */
export function label(x: Tensor, name: string, options: { role?: string } = {}): Tensor {
  demandTensor(x, 'label');
  if (current === undefined) return x;
  demandText(name, 'label');
  demandOptions(options, ['role'], 'label');
  const step = current.stepOf(x);
  if (step.label !== undefined && step.label !== name) {
    const again = apply(alias, [x]);
    return label(again, name, options);
  }
  step.label = name;
  // What came in from outside has its place where a loss names it.
  current.place(step);
  if (options.role !== undefined) step.role = options.role;
  return x;
}

/** A name for the part of a formula that `body` computes; printers fold by it. */
export function scope<T>(name: string, body: () => T): T {
  demandText(name, 'scope');
  demandFunction(body, 'scope', 'the body');
  return current === undefined ? body() : current.inScope(name, body);
}

/** What an async function returns instead of its result. */
export function refusePromise(x: unknown): void {
  if (typeof x === 'object' && x !== null && 'then' in x && typeof x.then === 'function') {
    throw new TraceError(message('the traced function is async', 'A trace ends when the function returns', 'Load data before, and trace a plain function'));
  }
}

function unread(step: Step): Storage {
  return {
    read(): never {
      const name = step.label ?? `%${step.id}`;
      throw new TraceError(message(
        `the value of ${name} (${step.primitive.name}) was read while the program is only being recorded`,
        'A compiled or custom function is recorded without numbers',
        'Use where(…) instead of if, and read values outside the function'));
    },
  };
}
