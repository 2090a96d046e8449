// compile: a function to programs, one for every signature it is called with. The function is recorded once without
// numbers; what it captures stays as it was then. Inside any trace a compiled function is simply the function, so it
// can be differentiated, checked and compiled again.
// A program with Float64 steps, and every program on a host without WebAssembly vectors, is evaluated by the reference.

import { DomainError, message, ShapeError } from '../base/errors.ts';
import { sameShape, shapeText } from '../base/shape.ts';
import { type Flat, flatten } from '../base/tree.ts';
import {
  currentRecorder, evaluate, type Fragment, fromValue, isTensor, printGraph, type Tensor, trace, Value,
} from '../graph/index.ts';
import { appendGuards, blame } from './guard.ts';
import { obstacle } from './machine.ts';
import { type CompileOptions, demandArguments, readOptions } from './options.ts';
import { processRunner } from './pool.ts';
import { demandPass, NotFinite, Outside, type Pass, Program, type Stays } from './program.ts';
import { Block, HeldArray, heldBy, keptBlock, releaseKept, updatable } from './resident.ts';
import { type Call, readCall } from './signature.ts';
import { compilation } from './wasm/webassembly.ts';

/** Numbers and typed arrays stand for tensors. */
type Given<T> = T extends Tensor ? Tensor | number | Float32Array | Float64Array | Int32Array : T;
type GivenAll<P extends readonly unknown[]> = { [I in keyof P]: Given<P[I]> };
type Arguments<F extends (...args: never[]) => unknown> = GivenAll<Parameters<F>>;

export interface Compiled<F extends (...args: never[]) => unknown> {
  (...args: Arguments<F>): ReturnType<F>;
  /** The program these arguments run, and what each pass made of it. */
  readonly program: (...args: Arguments<F>) => CompiledProgram;
  /** What is worth knowing about how it runs, each thing said once: on the reference and why, too many signatures. */
  readonly status: () => readonly string[];
}

export interface CompiledProgram {
  /**
   * What a pass made, as text: the recorded graph, the graph with windows taken apart, the simplified graph, the schedule,
   * the plan of its memory, the code of its kernels. The reference runs the graph as it was recorded.
   */
  readonly print: (pass: Pass) => string;
}

/** Programs of one function that are kept. */
const largestCache = 16;

interface Entry {
  /** Or why the reference runs it. */
  readonly program: Program | string;
  readonly stays: Stays;
  readonly graph: Fragment;
  readonly result: Flat<unknown>;
  /** What the last call on the reference left. */
  readonly left: HeldArray[];
}

/**
 * f as a program: fused kernels over one arena, made once for every signature.
 *
 * Shapes    the arguments and results of f; numbers and typed arrays are inputs like tensors, strings and booleans
 *           belong to the signature
 * Gradient  `grad(compile(f))` and `compile(grad(f))` are what they would be without compile
 * Edges     a step whose result nobody needs is not run, and refuses nothing; captured tensors keep the numbers they had when
 *           a signature was first met; Float64 runs on the reference;
 *           a number among the arguments is a float, also beside integers alone: pass tensor(2, { dtype: 'i32' }) there;
 *           a tensor that is kept (`keep`) is read once, and must not be written through `.data` afterwards;
 *           a plain number among the results comes as a tensor of rank 0; f is recorded once, so that `if (greater(a, 0))`
 *           asks whether there is a tensor, and is always true; handles nobody has any more are given back when the host
 *           collects them, which it does only while a loop waits (`await`)
 * Throws    DTypeError and DomainError for options that are none; TraceError when f reads a value; what f throws;
 *           DomainError for an index out of range, at every call, in the words of f, which is run on the arguments for them;
 *           StaleError for a handle that was consumed; PoolError where a worker died in the middle of an update, which
 *           leaves the handles stale; ShapeError for a resident argument whose result is another tree
 */
export function compile<F extends (...args: never[]) => unknown>(f: F, options: CompileOptions = {}): Compiled<F> {
  const compiled = new CompiledFunction(f as unknown as (...args: unknown[]) => unknown, options);
  const call = (...args: unknown[]): unknown => (currentRecorder() === undefined ? compiled.call(args) : compiled.f(...args));
  collected.register(call, compiled.entries);
  return Object.assign(call, {
    program: (...args: unknown[]): CompiledProgram => compiled.program(args),
    status: () => compiled.status(),
  }) as unknown as Compiled<F>;
}

/** What the programs of a function hold in memory is given back when nobody can call it any more. */
const collected = new FinalizationRegistry<ReadonlyMap<string, Entry>>((entries) => {
  for (const entry of entries.values()) release(entry);
});

class CompiledFunction {
  readonly f: (...args: unknown[]) => unknown;
  readonly #threads: number;
  readonly #resident: ReadonlySet<number>;
  readonly #keep: ReadonlySet<number>;
  readonly #leave: boolean;
  readonly #guard: boolean;
  readonly entries = new Map<string, Entry>();
  readonly #said = new Set<string>();
  readonly #kept = new Map<number, Tensor>();

  constructor(f: (...args: unknown[]) => unknown, options: CompileOptions) {
    const { threads, resident, keep, leave, guard } = readOptions(f, options);
    this.f = f;
    this.#threads = threads;
    this.#resident = new Set(resident);
    this.#keep = new Set(keep);
    this.#leave = leave;
    this.#guard = guard;
  }

  call(args: readonly unknown[]): unknown {
    const call = this.#read(args);
    const entry = this.#entryOf(call);
    return typeof entry.program === 'string' ? this.#evaluate(call, entry) : this.#run(call, entry, entry.program);
  }

  #read(args: readonly unknown[]): Call {
    demandArguments(this.#resident, args.length);
    demandArguments(this.#keep, args.length);
    return readCall(args);
  }

  #run(call: Call, entry: Entry, program: Program): unknown {
    const { stays: { updated }, result } = entry;
    const inputs: (Value | Block)[] = [];
    let isBegun = false;
    try {
      const before = [...this.#kept.values()];
      call.inputs.forEach((x, i) => inputs.push(this.#inputOf(x, i, call, updated)));
      // Only now: the same tensor may be kept at another position than before.
      const isKept = new Set(this.#kept.values());
      for (const x of before) if (!isKept.has(x)) releaseKept(x);
      refuseShared(inputs.map((x) => (x instanceof Block ? x : undefined)), updated);
      isBegun = true;
      const results = program.run(inputs, this.#threads);
      for (const i of updated.keys()) heldBy(call.inputs[i]!)?.consume();
      const isUpdated = new Set(updated.values());
      const shown = (x: Value | Block, i: number): Tensor =>
        (x instanceof Block ? x.handle('compile', { isOwner: isUpdated.has(i) }) : fromValue(x));
      return result.rebuild(results.map(shown));
    } catch (error) {
      const given = (): Value[] => inputs.map((x) => (x instanceof Block ? x.value : x));
      const refusal = isBegun ? this.#refusal(error, call, entry, given) : error;
      const hasSpoilt = isBegun && program.hasSpoilt;
      inputs.forEach((x, i) => {
        if (x instanceof Block && updated.has(i) && (hasSpoilt || heldBy(call.inputs[i]!) !== x)) x.release();
      });
      throw refusal;
    }
  }

  /** What a broken call throws: of an index out of range, what f itself says, which knows the loss or op it was given to. */
  #refusal(error: unknown, { args, inputs, owners }: Call, { graph, stays: { guards } }: Entry, given: () => Value[]): unknown {
    if (error instanceof NotFinite) return notFiniteError(graph, given(), guards);
    const own = error instanceof Outside ? error.cause : error;
    if (!(own instanceof DomainError)) return own;
    let said = own;
    try {
      this.f(...args);
    } catch (eager) {
      if (eager instanceof DomainError) said = eager;
    }
    if (!(error instanceof Outside)) return said;
    const owner = owners[error.input]!;
    const { leaves, paths } = flatten(args[owner], isTensor, `program argument ${owner}`);
    return new DomainError(`${paths[leaves.indexOf(inputs[error.input]!)]!}: ${said.message}`, { cause: said });
  }

  /** A call on the reference. Handles begin and end as they do where kernels run. */
  #evaluate(call: Call, entry: Entry): unknown {
    const { inputs, owners } = call;
    const { graph, stays: { updated, guards, leave }, result, left } = entry;
    const held = inputs.map((x, i) => (updated.has(i) || this.#keep.has(owners[i]!) ? heldBy(x) : undefined));
    refuseShared(held, updated);
    const given = inputs.map((x) => x.read());
    let values: Value[];
    try {
      values = evaluated(graph, given, guards);
    } catch (error) {
      throw this.#refusal(error, call, entry, () => given);
    }
    for (const i of updated.keys()) held[i]?.release();
    for (const numbers of left.splice(0)) numbers.release();
    const isUpdated = new Set(updated.values());
    return result.rebuild(values.map((value, i) => {
      if (!isUpdated.has(i) && !leave) return fromValue(value);
      const numbers = new HeldArray(value);
      if (!isUpdated.has(i)) left.push(numbers);
      return numbers.handle('compile', { isOwner: isUpdated.has(i) });
    }));
  }

  program(args: readonly unknown[]): CompiledProgram {
    const { program, graph } = this.#entryOf(this.#read(args));
    return {
      print: (pass) => {
        demandPass(pass);
        return typeof program !== 'string' ? program.print(pass) : pass === 'graph' ? printGraph(graph) : program;
      },
    };
  }

  status(): readonly string[] {
    const usesKernels = [...this.entries.values()].some(({ program }) => typeof program !== 'string');
    const threads = usesKernels && this.#threads > 1 ? processRunner().status : undefined;
    const width = usesKernels ? compilation.width : undefined;
    return [...this.#said, ...[threads, width].filter((said) => said !== undefined)];
  }

  #inputOf(x: Tensor, i: number, { owners }: Call, updated: ReadonlyMap<number, number>): Value | Block {
    if (updated.has(i)) return updatable(x);
    if (!this.#keep.has(owners[i]!)) return x.read();
    this.#kept.set(i, x);
    return keptBlock(x);
  }

  #entryOf(call: Call): Entry {
    const known = this.entries.get(call.key);
    this.entries.delete(call.key);
    const entry = known ?? this.#record(call);
    this.entries.set(call.key, entry);
    if (this.entries.size > largestCache) {
      const [key, oldest] = this.entries.entries().next().value!;
      release(oldest);
      this.entries.delete(key);
      this.#said.add(`more than ${largestCache} signatures: programs are made again and again; pad the batches to one shape`);
    }
    return entry;
  }

  /** Records f without numbers, for the types of one call. */
  #record(call: Call): Entry {
    const f = this.f as (...args: never[]) => unknown;
    const { graph, inputs, outputs, result, recorder } = trace(f, call.args, { mode: 'abstract' });
    const updated = this.#updates(call, result);
    const guards = this.#guard ? appendGuards(recorder, outputs) : [];
    const kept = new Set(call.owners.flatMap((owner, i) => (this.#keep.has(owner) ? [i] : [])));
    const stays = { updated, kept, leave: this.#leave, guards: guards.length };
    const whole = { graph, inputs, outputs: [...outputs, ...guards] };
    const reason = graph.steps.some((step) => step.dtype === 'f64') ? 'Float64 steps are computed by the reference' : obstacle();
    const program = reason === undefined ? new Program(whole, stays) : `a program runs on the reference: ${reason}`;
    if (typeof program === 'string') this.#said.add(program);
    return { program, graph: whole, stays, result, left: [] };
  }

  /** Pairs the leaves of resident arguments with those of the results of the same number. */
  #updates({ args, owners }: Call, result: Flat<Tensor>): Map<number, number> {
    const updates = new Map<number, number>();
    for (const argument of this.#resident) {
      const { leaves, paths } = flatten(args[argument], isTensor, `[${argument}]`);
      const first = owners.indexOf(argument);
      const places = result.paths.flatMap((path, output) => (path.startsWith(`[${argument}]`) ? [output] : []));
      const fits = leaves.length > 0 && leaves.length === places.length && leaves.every((x, i) => {
        const y = result.leaves[places[i]!]!;
        return result.paths[places[i]!] === paths[i] && sameShape(x.shape, y.shape) && x.dtype === y.dtype;
      });
      if (!fits) {
        throw new ShapeError(message(
          `compile: argument ${argument} is ${textOf(leaves)}, result ${argument} is ${
            textOf(places.map((i) => result.leaves[i]!))}`,
          'A resident argument and the result of its number are trees of the same form, shapes and types',
          'Return [new argument 0, new argument 1, …]'));
      }
      leaves.forEach((_, i) => updates.set(first + i, places[i]!));
    }
    return updates;
  }
}

function release({ program }: Entry): void {
  if (typeof program !== 'string') program.release();
}

/** Refuses numbers that are to be updated and are another argument as well; given what is held for each input, if anything. */
function refuseShared(held: readonly unknown[], updated: ReadonlyMap<number, number>): void {
  for (const i of updated.keys()) {
    if (held[i] === undefined || (held.indexOf(held[i]) === i && held.lastIndexOf(held[i]) === i)) continue;
    throw new DomainError(message(
      'compile: one handle is passed twice, and updated', 'An update has its bytes for itself',
      'Pass a copy: tensor(x.data, { shape: x.shape })'));
  }
}

/** The program on the reference. */
function evaluated(program: Fragment, given: readonly Value[], guards: number): Value[] {
  const { graph, inputs, outputs } = program;
  const all = evaluate(graph, outputs, new Map(inputs.map((id, i) => [id, given[i]!])));
  const values = outputs.map((id) => new Value(graph.steps[id]!.dtype, graph.steps[id]!.shape, all[id]!.data().slice()));
  const results = values.slice(0, values.length - guards);
  if (values.slice(results.length).some((guard) => !Number.isFinite(guard.array[0]))) throw new NotFinite();
  return results;
}

function notFiniteError(program: Fragment, given: readonly Value[], guards: number): DomainError {
  const reason = blame({ ...program, outputs: program.outputs.slice(0, -guards) }, given);
  return new DomainError(message(
    `compile: a result is not finite: ${reason}`, 'A guarded call changes nothing then',
    'Lower the rate, or mend the step; the arguments are as they were'));
}

const textOf = (leaves: readonly Tensor[]): string =>
  leaves.map((x) => `${x.dtype}${shapeText(x.shape)}`).join(', ') || 'no tensors';
