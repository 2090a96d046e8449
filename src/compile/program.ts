// A recorded graph and what the passes make of it: simplified graph, schedule, plan, kernels; each can be printed. A run
// copies its inputs in, runs the stages and copies its results out, except for what lies in memory already: inputs
// that stay there, results that are written over an input, results that are left where they are.

import { described } from '../base/demand.ts';
import { allocate } from '../base/dtype.ts';
import { DomainError, message, ShapeError } from '../base/errors.ts';
import { denseStrides, sameShape, shapeText, sizeOf } from '../base/shape.ts';
import { type Fragment, printGraph, Value } from '../graph/index.ts';
import type { HostInput, HostStep, Placed, Schedule } from './kernels/group.ts';
import { Kernels, type Linked, printKernels, processWorkshop } from './emit.ts';
import { printSchedule } from './passes/listing.ts';
import { type Plan, plan, printPlan, writesOf } from './passes/plan.ts';
import { Block } from './resident.ts';
import { schedule } from './passes/schedule.ts';
import { Sights } from './passes/sight.ts';
import { type Check, simplify, type Simplified } from './passes/simplify.ts';
import { windows } from './passes/windows.ts';
import { limitBytes, type Scratch } from './wasm/memory.ts';

const passes = ['graph', 'windows', 'simplified', 'schedule', 'plan', 'emit'] as const;
export type Pass = typeof passes[number];

/** What stays in memory between runs, by the positions of inputs and outputs. */
export interface Stays {
  /** The output that is written over an input, by input. */
  readonly updated: ReadonlyMap<number, number>;
  readonly kept: ReadonlySet<number>;
  /** Whether the other outputs are left in memory too. */
  readonly leave: boolean;
  /** How many outputs, the last ones, are no results but must be finite for anything to be written over an input. */
  readonly guards: number;
}

/** A guard found a number that is not finite; no input was changed. */
export class NotFinite extends Error {}

/** An index that comes from an input is out of range. */
export class Outside extends Error {
  readonly input: number;

  constructor(input: number, cause: unknown) {
    super('', { cause });
    this.input = input;
  }
}

export class Program {
  readonly #graph: Fragment;
  readonly #simplified: Simplified;
  readonly #schedule: Schedule;
  readonly #plan: Plan;
  readonly #stays: Stays;
  readonly #checks: readonly Checked[];
  /** The input an output is written over, by output. */
  readonly #updates: ReadonlyMap<number, number>;
  /** The output that is left in the very buffer it is computed in, by buffer. */
  readonly #pinned: ReadonlyMap<number, number>;
  #kernels: Kernels | undefined;
  #linked: Linked | undefined;
  /** Where outputs are left, by output. */
  readonly #left = new Map<number, Block>();
  #base = 0;
  #hasSpoilt = false;
  #inputs: readonly (Value | Block)[] = [];

  constructor(graph: Fragment, stays: Stays) {
    this.#graph = graph;
    this.#stays = stays;
    this.#simplified = simplify(windows(graph));
    const scheduled = schedule(this.#simplified);
    this.#schedule = scheduled;
    this.#updates = new Map([...stays.updated].map(([input, output]) => [output, input]));
    const { inputs, outputs, constants } = scheduled;
    const outside = new Set([...stays.updated.keys(), ...stays.kept].flatMap((i) => inputs[i] ?? []));
    for (const { buffer } of constants) outside.add(buffer);
    this.#pinned = this.#findPinned();
    for (const buffer of this.#pinned.keys()) outside.add(buffer);
    const wanted = new Map([...(stays.guards === 0 ? stays.updated : [])].flatMap(([input, output]): [number, number][] => {
      const [from, to] = [inputs[input], bufferOf(outputs[output]!, scheduled)];
      return from === undefined || to === undefined || from === to ? [] : [[to, from]];
    }));
    this.#plan = plan(scheduled, { outside, wanted });
    const sights = new Sights(this.#simplified.graph);
    this.#checks = this.#simplified.checks.map((check) => {
      const { base, offset, strides } = sights.of(check.index);
      const { shape } = this.#simplified.graph.steps[check.index]!;
      const input = this.#simplified.inputs.indexOf(base);
      return { check, input, see: (x) => new Value(x.dtype, shape, x.data(), offset, strides) };
    });
  }

  /** What a pass made, as text. */
  print(pass: Pass): string {
    switch (pass) {
      case 'graph': return printGraph(this.#graph);
      case 'windows': return printGraph(windows(this.#graph));
      case 'simplified': return printGraph(this.#simplified);
      case 'schedule': return printSchedule(this.#schedule);
      case 'plan': return printPlan(this.#plan);
      case 'emit': return printKernels(this.#plan);
    }
  }

  /** True when the run that broke off may have left an updated input half written. */
  get hasSpoilt(): boolean {
    return this.#hasSpoilt;
  }

  /**
   * Runs on values, and on blocks for inputs that stay. A result is a fresh value, the block of the input it was written
   * over, or the block it was left in.
   */
  run(inputs: readonly (Value | Block)[], threads: number): (Value | Block)[] {
    this.#hasSpoilt = false;
    for (const { check, input, see } of this.#checks) {
      try {
        refuseOutside(check, see(valueOf(inputs[input]!)));
      } catch (error) {
        throw new Outside(input, error);
      }
    }
    this.#kernels ??= new Kernels(this.#plan);
    if (this.#stays.leave) this.#holdLeft();
    const { scratch, runner } = processWorkshop();
    const top = scratch.top;
    try {
      this.#base = this.#arena(scratch);
      this.#inputs = inputs;
      const restart = (): void => this.#schedule.inputs.forEach((buffer, i) => {
        const x = inputs[i];
        if (buffer !== undefined && x instanceof Value) this.#view(buffer).set(x.data());
      });
      restart();
      const { stages, scratchBytes } = this.#link();
      const writesResident = this.#plan.updates.size > 0;
      this.#hasSpoilt = writesResident;
      for (const output of this.#pinned.values()) this.#left.get(output)!.consume();
      runner.run(stages, { threads, scratchBytes, writesResident, restart });
      return this.#results();
    } finally {
      this.#inputs = [];
      scratch.release(top);
    }
  }

  /** Gives back what the program holds; it may run again, and will hold it again. */
  release(): void {
    this.#kernels?.release();
    this.#kernels = this.#linked = undefined;
    for (const block of this.#left.values()) block.release();
    this.#left.clear();
  }

  #arena(scratch: Scratch): number {
    const { bytes } = this.#plan;
    try {
      return scratch.take(bytes);
    } catch {
      const [largest] = this.#schedule.buffers.filter(({ step }) => step !== undefined).sort((a, b) => b.size - a.size);
      const { primitive, dtype, shape } = largest!.step!;
      throw new ShapeError(message(
        `compile: ${primitive.name} ${dtype}${shapeText(shape)} and what is needed beside it take ${bytes} bytes`,
        `WebAssembly memory has at most ${limitBytes} bytes, or what the host gives`, 'Split the batch or the classes'));
    }
  }

  #link(): Linked {
    const blocks = this.#inputs.map((x) => (x instanceof Block ? x.address : ''));
    const places = [this.#base, ...blocks, ...[...this.#left.values()].map((block) => block.address)].join(' ');
    if (this.#linked?.places !== places) {
      this.#linked = this.#kernels!.link(places, this.#base, (buffer) => this.#address(buffer), (step) => this.#runOnHost(step));
    }
    return this.#linked!;
  }

  /** Results, and guards. */
  #split(): readonly [readonly HostInput[], readonly HostInput[]] {
    const { outputs } = this.#schedule;
    const count = outputs.length - this.#stays.guards;
    return [outputs.slice(0, count), outputs.slice(count)];
  }

  /** Outputs that can be left in the very buffer they are computed in, by buffer: from there on nothing may refuse the call. */
  #findPinned(): Map<number, number> {
    const pinned = new Map<number, number>();
    if (!this.#stays.leave || this.#stays.guards > 0) return pinned;
    const { inputs, constants, groups } = this.#schedule;
    const early = groups.slice(0, groups.findLastIndex(({ kind }) => kind === 'host') + 1).flatMap(writesOf);
    const taken = new Set<number | undefined>([...inputs, ...constants.map(({ buffer }) => buffer), ...early]);
    this.#split()[0].forEach((output, i) => {
      const buffer = bufferOf(output, this.#schedule);
      if (buffer === undefined || taken.has(buffer) || this.#updates.has(i)) return;
      taken.add(buffer);
      pinned.set(buffer, i);
    });
    return pinned;
  }

  #holdLeft(): void {
    this.#split()[0].forEach((output, i) => {
      if (!this.#updates.has(i) && !this.#left.has(i)) this.#left.set(i, new Block(output));
    });
  }

  #address(buffer: number): number {
    const offset = this.#plan.offsets[buffer];
    if (offset !== undefined) return this.#base + offset;
    const constant = this.#kernels!.constants.get(buffer);
    if (constant !== undefined) return constant;
    const output = this.#pinned.get(buffer);
    if (output !== undefined) return this.#left.get(output)!.address;
    const input = this.#inputs[this.#schedule.inputs.indexOf(this.#plan.updates.get(buffer) ?? buffer)];
    return (input as Block).address;
  }

  /** The numbers of a buffer, in memory. */
  #view(buffer: number): Float32Array | Int32Array {
    const { dtype, size } = this.#schedule.buffers[buffer]!;
    const address = this.#address(buffer);
    const words = processWorkshop().scratch.words(address, size);
    return dtype === 'i32' ? words : new Float32Array(words.buffer, address, size);
  }

  #see(input: HostInput): Value {
    if (!isPlaced(input)) return input;
    const { access: { buffer, offset, strides }, shape, dtype } = input;
    return new Value(dtype, shape, this.#view(buffer), offset, strides);
  }

  #runOnHost({ step, inputs, out }: HostStep): void {
    // A step on the host runs before any update is written (see the plan), so what it refuses is as it was.
    this.#hasSpoilt = false;
    const result = step.primitive.run(inputs.map((input) => this.#see(input)), step.params);
    this.#view(out).set(result.data());
    this.#hasSpoilt = this.#plan.updates.size > 0;
  }

  #results(): (Value | Block)[] {
    const [outputs, guards] = this.#split();
    for (const guard of guards) if (!Number.isFinite(this.#see(guard).data()[0])) throw new NotFinite();
    const targets = outputs.map((_, i) => this.#left.get(i) ?? this.#inputs[this.#updates.get(i) ?? -1] as Block | undefined);
    const results = outputs.map((output, i) => {
      const target = targets[i];
      const buffer = bufferOf(output, this.#schedule);
      if (target !== undefined && buffer !== undefined && this.#address(buffer) === target.address) return target;
      const { shape, dtype } = output;
      const array = allocate(dtype, sizeOf(shape));
      array.set(this.#see(output).data());
      return new Value(dtype, shape, array);
    });
    // Nothing is written over before everything has been read.
    return results.map((result, i) => {
      const target = targets[i];
      if (target === undefined || result instanceof Block) return result;
      target.consume();
      target.write(result);
      return target;
    });
  }
}

/** Refuses what is no pass. */
export function demandPass(pass: Pass): void {
  if (passes.includes(pass)) return;
  throw new DomainError(message(`print: ${described(pass)} for a pass`, `Passes are ${passes.join(', ')}`, 'Choose one of them'));
}

const isPlaced = (input: HostInput): input is Placed => 'access' in input;
const valueOf = (input: Value | Block): Value => (input instanceof Block ? input.value : input);

/** The buffer that a result is, from its first element to its last. */
function bufferOf(output: HostInput, { buffers }: Schedule): number | undefined {
  if (!isPlaced(output)) return undefined;
  const { access: { buffer, offset, strides }, shape } = output;
  const moving = (steps: readonly number[]): number[] => shape.map((n, axis) => (n === 1 ? 0 : steps[axis]!));
  const isDense = sameShape(moving(denseStrides(shape)), moving(strides));
  return offset === 0 && isDense && buffers[buffer]!.size === sizeOf(shape) ? buffer : undefined;
}

/** A check, and which part of which input it looks at. */
interface Checked {
  readonly check: Check;
  readonly input: number;
  readonly see: (input: Value) => Value;
}

/** Throws what the step itself would throw for an index out of range. */
function refuseOutside({ primitive, params, of }: Check, index: Value): void {
  const size = of.shape[params['axis'] as number]!;
  if (index.data().every((place) => place >= 0 && place < size)) return;
  const still = (shape: readonly number[]): Value => new Value(of.dtype, shape, allocate(of.dtype, 1), 0, shape.map(() => 0));
  primitive.run([still(of.shape), index, still(index.shape)], params);
}
