// A recorded graph and what the passes make of it: simplified graph, schedule, plan, kernels; each can be printed. A run
// copies its inputs in, runs the stages and copies its results out, except for what lies in memory already: inputs
// that stay there, results that are written over an input, results that are left where they are.

import { described } from '../base/demand.ts';
import { allocate } from '../base/dtype.ts';
import { DomainError, message } from '../base/errors.ts';
import { denseStrides, sameShape, sizeOf } from '../base/shape.ts';
import { type Fragment, printGraph, Value } from '../graph/index.ts';
import type { HostInput, HostStep, Placed, Schedule } from './kernels/group.ts';
import { Kernels, type Linked, processWorkshop } from './kernels.ts';
import { printSchedule } from './passes/listing.ts';
import { type Plan, plan, printPlan } from './passes/plan.ts';
import { Block } from './resident.ts';
import { schedule } from './passes/schedule.ts';
import { Sights } from './passes/sight.ts';
import { type Check, simplify, type Simplified } from './passes/simplify.ts';
import { windows } from './passes/windows.ts';

export type Pass = 'graph' | 'simplified' | 'schedule' | 'plan';

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
      return { check, input: this.#simplified.inputs.indexOf(base), see: (x) => new Value(x.dtype, shape, x.data(), offset, strides) };
    });
  }

  /** What a pass made, as text. */
  print(pass: Pass): string {
    switch (pass) {
      case 'graph': return printGraph(this.#graph);
      case 'simplified': return printGraph(this.#simplified);
      case 'schedule': return printSchedule(this.#schedule);
      case 'plan': return printPlan(this.#plan);
      default: throw new DomainError(message(
        `print: the pass ${described(pass)}`, "Passes are 'graph', 'simplified', 'schedule' and 'plan'", 'Choose one of them'));
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
    for (const { check, input, see } of this.#checks) refuseOutside(check, see(valueOf(inputs[input]!)));
    this.#kernels ??= new Kernels(this.#plan);
    if (this.#stays.leave) this.#holdLeft();
    const { scratch, runner } = processWorkshop();
    const top = scratch.top;
    try {
      this.#base = scratch.take(this.#plan.bytes);
      this.#inputs = inputs;
      const restart = (): void => this.#schedule.inputs.forEach((buffer, i) => {
        const x = inputs[i];
        if (buffer !== undefined && x instanceof Value) this.#view(buffer).set(x.data());
      });
      restart();
      const { stages, scratchBytes } = this.#link();
      const writesResident = this.#plan.updates.size > 0;
      this.#hasSpoilt = writesResident;
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

  /** Outputs that can be left in the very buffer they are computed in, by buffer. */
  #findPinned(): Map<number, number> {
    const pinned = new Map<number, number>();
    if (!this.#stays.leave) return pinned;
    const taken = new Set<number | undefined>([...this.#schedule.inputs, ...this.#schedule.constants.map(({ buffer }) => buffer)]);
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
      if (this.#updates.has(i)) return;
      const block = this.#left.get(i);
      if (block === undefined) this.#left.set(i, new Block(output));
      else block.consume();
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
      target.write(result);
      return target;
    });
  }
}

const isPlaced = (input: HostInput): input is Placed => 'access' in input;
const valueOf = (input: Value | Block): Value => (input instanceof Block ? input.value : input);

/** The buffer that a result is, from its first element to its last. */
function bufferOf(output: HostInput, { buffers }: Schedule): number | undefined {
  if (!isPlaced(output)) return undefined;
  const { access: { buffer, offset, strides }, shape } = output;
  const own = denseStrides(shape);
  const isDense = sameShape(shape.map((n, axis) => (n === 1 ? 0 : own[axis]!)), shape.map((n, axis) => (n === 1 ? 0 : strides[axis]!)));
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
  const indices = index.data();
  if (indices.every((place) => place >= 0 && place < size)) return;
  const still = (shape: readonly number[]): Value => new Value(of.dtype, shape, allocate(of.dtype, 1), 0, shape.map(() => 0));
  primitive.run([still(of.shape), index, still(index.shape)], params);
}
