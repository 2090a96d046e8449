// The threads that run stages: this one, and workers that are started when a run first asks for them. Workers sleep
// between runs, do not keep the process alive, and are replaced when they stop answering. Node only; where there are no
// workers, or their built file is missing, one thread does the same with the same bits. How work is shared out is in
// `crew.ts`, what a worker does in `worker.ts`.

import type { MessagePort, Worker } from 'node:worker_threads';
import { message, PoolError } from '../base/errors.ts';
import { Crew, type CrewStage } from './crew.ts';
import { mapImports } from './kernels/map-kernel.ts';
import { processMemory, type Scratch } from './wasm/memory.ts';
import type { KernelStage, RunOptions, Runner, Stage } from './kernels/stage.ts';
import { compileModule, linkModule, type WasmFunction, type WasmMemory } from './wasm/webassembly.ts';

/** Below this, in nanoseconds, waking a thread costs more than it brings. */
const worthWaking = 40_000;
/** Without progress for so long, and much longer than any chunk should take, the pool is taken for dead. */
const defaultPatienceMs = 1000;
const patiencePerCost = 20;
/** More threads than this have not been seen to help. */
const mostThreads = 8;

/** What a worker is started with. */
export interface WorkerData {
  readonly memory: WasmMemory;
  readonly crew: SharedArrayBuffer;
  /** Its number; 0 is this thread. */
  readonly thread: number;
  readonly port: MessagePort;
  readonly modules: readonly (readonly [number, object])[];
}

/** What a worker is told between runs. */
export type WorkerMessage = { readonly load: number; readonly module: object } | { readonly drop: number };

export type StartWorker = (data: WorkerData) => Worker;

interface PoolOptions {
  /** Starts a worker; without it, the one that was built beside this file. */
  readonly start?: StartWorker;
  readonly patienceMs?: number;
}

interface Loaded {
  readonly module: object;
  readonly names: readonly string[];
  readonly kernels: readonly WasmFunction[];
}

/** What a run does one after the other: a step on the host, or kernels that are published at once. */
type Batch = (() => void) | { readonly crew: readonly CrewStage[]; readonly cost: number };

interface Member {
  readonly worker: Worker;
  readonly port: MessagePort;
}

/** A module of Node's, where this is Node. */
export const builtin = <T>(name: string): T | undefined =>
  (globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } }).process?.getBuiltinModule?.(name) as T | undefined;

const workerThreads = (): typeof import('node:worker_threads') | undefined => builtin('node:worker_threads');

/** The threads a program takes unless it is told: one per core, at most eight. */
export const defaultThreads = (): number =>
  Math.min(builtin<typeof import('node:os')>('node:os')?.availableParallelism() ?? 1, mostThreads);

/** How to start the built worker, or why it cannot be. */
function builtWorker(): StartWorker | string {
  const [threads, fs] = [workerThreads(), builtin<typeof import('node:fs')>('node:fs')];
  if (threads === undefined || fs === undefined) return 'this host has no worker threads';
  if (typeof SharedArrayBuffer !== 'function') return 'this host has no shared memory';
  const file = new URL('./worker.js', import.meta.url);
  if (!fs.existsSync(file)) return 'the worker was not built (npm run build)';
  const settings = { execArgv: [], name: 'marginalia' };
  return (data) => new threads.Worker(file, { ...settings, workerData: data, transferList: [data.port] });
}

export class Pool implements Runner {
  readonly #memory: Scratch;
  readonly #patienceMs: number;
  #start: StartWorker | string | undefined;
  readonly #modules = new Map<number, Loaded>();
  #nextModule = 0;
  /** Of stages that run again and again. */
  readonly #batches = new WeakMap<readonly Stage[], readonly Batch[]>();
  #crew: Crew | undefined;
  #members: Member[] = [];
  #status: string | undefined;

  constructor(memory: Scratch, { start, patienceMs = defaultPatienceMs }: PoolOptions = {}) {
    this.#memory = memory;
    this.#start = start;
    this.#patienceMs = patienceMs;
  }

  /** What programs run on, in one sentence; undefined while none has asked for several threads. */
  get status(): string | undefined {
    return this.#status;
  }

  load(bytes: Uint8Array<ArrayBuffer>): number {
    const module = compileModule(bytes);
    const exports = linkModule(module, { ...mapImports, memory: this.#memory.memory });
    const number = this.#nextModule++;
    this.#modules.set(number, { module, names: Object.keys(exports), kernels: Object.values(exports) });
    this.#tell({ load: number, module });
    return number;
  }

  drop(module: number): void {
    this.#modules.delete(module);
    this.#tell({ drop: module });
  }

  run(stages: readonly Stage[], { threads, scratchBytes, writesResident, restart }: RunOptions): void {
    const { top } = this.#memory;
    const each = Math.ceil(scratchBytes / 64) * 64;
    const scratch = this.#memory.take(each * threads);
    try {
      if (this.#runOn(stages, threads, scratch, each)) return;
      if (writesResident || restart === undefined) {
        throw new PoolError(message(
          'a thread stopped answering in the middle of a run', 'What the run had changed is lost',
          'Start again from the last checkpoint'));
      }
      restart();
      this.#runOn(stages, 1, scratch, each);
    } finally {
      this.#memory.release(top);
    }
  }

  /** Ends all workers; the next run starts new ones. */
  async close(): Promise<void> {
    await Promise.all(this.#dismiss());
  }

  /** False when the pool died on the way. */
  #runOn(stages: readonly Stage[], threads: number, scratch: number, each: number): boolean {
    let batches = this.#batches.get(stages);
    if (batches === undefined) this.#batches.set(stages, (batches = this.#batchesOf(stages)));
    for (const batch of batches) {
      if (typeof batch === 'function') {
        batch();
        continue;
      }
      const crew = threads > 1 && batch.cost >= worthWaking ? this.#assemble(threads) : undefined;
      if (crew === undefined) {
        for (const { module, kernel, units, args } of batch.crew) {
          if (units > 0) this.#find(module, kernel)(0, units, scratch, ...args);
        }
      } else if (!this.#share(crew, batch.crew, threads, scratch, each)) return false;
    }
    return true;
  }

  #batchesOf(stages: readonly Stage[]): Batch[] {
    const batches: Batch[] = [];
    for (let at = 0; at < stages.length;) {
      const stage = stages[at]!;
      if (stage.kind === 'host') {
        batches.push(() => stage.run());
        at++;
        continue;
      }
      const from = at;
      const together = kernelStages(stages, from);
      at += together.length;
      batches.push({
        cost: together.reduce((sum, { units, unitCost }) => sum + units * unitCost, 0),
        crew: together.map((kernel, i) => ({
          ...kernel, kernel: this.#position(kernel.module, kernel.kernel), needs: Math.max(0, (kernel.needs ?? from + i) - from),
        })),
      });
    }
    return batches;
  }

  #share(crew: Crew, stages: readonly CrewStage[], threads: number, scratch: number, each: number): boolean {
    const find = this.#find.bind(this);
    const run = crew.publish(stages, threads, scratch, each);
    let over = 0;
    const awaitStages = (end: number): boolean => {
      for (; over < end; over++) {
        const { unitCost, units } = stages[over]!;
        const slowest = (patiencePerCost * Math.min(unitCost * units, Math.max(unitCost, 5e6))) / 1e6;
        if (crew.finish(over, units, Math.max(this.#patienceMs, slowest))) continue;
        if (crew.hasFailed) {
          throw new PoolError(message('a kernel failed on a worker', 'Kernels stay inside the memory', 'Report the program'));
        }
        this.#dismiss();
        return false;
      }
      return true;
    };
    try {
      return stages.every(({ needs }, i) => awaitStages(needs) && (crew.work(run, i, 0, find), true))
        && awaitStages(stages.length);
    } catch (error) {
      // The others must not go on with what this thread has left.
      this.#dismiss();
      throw error;
    }
  }

  #find(module: number, kernel: number): WasmFunction {
    return this.#modules.get(module)!.kernels[kernel]!;
  }

  #position(module: number, kernel: string): number {
    return this.#modules.get(module)!.names.indexOf(kernel);
  }

  /** The crew with as many workers as are wanted; undefined where there can be none. */
  #assemble(threads: number): Crew | undefined {
    this.#start ??= builtWorker();
    if (typeof this.#start === 'string') {
      this.#status ??= `programs run on one thread: ${this.#start}`;
      return undefined;
    }
    this.#crew ??= new Crew();
    try {
      while (this.#members.length < threads - 1) this.#members.push(this.#hire(this.#start, this.#crew));
    } catch (error) {
      this.#start = `this host starts no workers (${String(error)})`;
      this.#status = `programs run on one thread: ${this.#start}`;
      this.#dismiss();
      return undefined;
    }
    this.#status = `programs run on ${this.#members.length + 1} threads`;
    return this.#crew;
  }

  #hire(start: StartWorker, crew: Crew): Member {
    const { MessageChannel } = workerThreads()!;
    const { port1: port, port2 } = new MessageChannel();
    const modules = [...this.#modules].map(([number, { module }]) => [number, module] as const);
    const thread = this.#members.length + 1;
    const { memory } = this.#memory;
    const worker = start({ memory, crew: crew.words.buffer as SharedArrayBuffer, thread, port: port2, modules });
    const leave = (): void => {
      if (this.#members.some((member) => member.worker === worker)) this.#dismiss();
    };
    worker.on('error', leave);
    worker.on('exit', leave);
    worker.unref();
    port.unref();
    return { worker, port };
  }

  #tell(what: WorkerMessage): void {
    for (const { port } of this.#members) port.postMessage(what);
  }

  /** Sends all workers away. Their words are theirs: the next crew gets new ones. */
  #dismiss(): Promise<number>[] {
    const members = this.#members;
    this.#members = [];
    this.#crew = undefined;
    return members.map(({ worker, port }) => {
      port.close();
      return worker.terminate();
    });
  }
}

/** The kernel stages from one on that can be published at once. */
function kernelStages(stages: readonly Stage[], from: number): KernelStage[] {
  const found: KernelStage[] = [];
  let args = 0;
  for (let at = from; at < stages.length; at++) {
    const stage = stages[at]!;
    if (stage.kind === 'host') break;
    args += stage.args.length;
    if (found.length > 0 && !Crew.fits(found.length + 1, args)) break;
    found.push(stage);
  }
  return found;
}

let ofProcess: Pool | undefined;

/** The threads of the process, over its memory. */
export const processRunner = (): Pool => (ofProcess ??= new Pool(processMemory()));
