// What runs: a stage is one kernel over a number of units that do not depend on each other, so any thread may take any
// of them, in any order, to the same bits. A thread that finds nothing left of a stage goes on to the next, when what that
// one reads and writes over is done with.

/** A kernel is called as kernel(first, last, scratch, ...args) and does units first … last − 1. */
export interface KernelStage {
  readonly kind: 'kernel';
  /** Which loaded module holds the kernel. */
  readonly module: number;
  readonly kernel: string;
  readonly units: number;
  /** Estimated nanoseconds of one unit: what chunks of work are sized by; no result depends on it. */
  readonly unitCost: number;
  /** Addresses and other i32 words. */
  readonly args: readonly number[];
  /** How many stages, counted from the first of the run, must be over before this one begins; without it, all before it. */
  readonly needs?: number;
}

/** Work of the main thread alone. */
interface HostStage {
  readonly kind: 'host';
  readonly run: () => void;
}

export type Stage = KernelStage | HostStage;

export interface RunOptions {
  readonly threads: number;
  /** What each thread needs for itself. */
  readonly scratchBytes: number;
  /** The stages change bytes that outlive the call: a run that breaks off cannot be done again. */
  readonly writesResident: boolean;
  /** Puts everything the stages read back as it was, so that a run that broke off can be done again from the first stage. */
  readonly restart?: () => void;
}

/** Runs stages. `load` compiles a module and links it with the memory, on every thread; the number is its name. */
export interface Runner {
  load(bytes: Uint8Array<ArrayBuffer>): number;
  /** Forgets a module. */
  drop(module: number): void;
  run(stages: readonly Stage[], options: RunOptions): void;
}
