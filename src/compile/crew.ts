// How threads share out the stages of a run: one block of words that all of them see, and what each of them does. A
// unit of work is taken by an atomic compare-and-exchange on a word that also carries the number of the run, so a thread
// that comes late takes nothing of a run that is over, and nobody has to wait for it. A stage is over when all of its
// units are finished, whoever finished them. Nothing here knows how threads are started; see `pool.ts` and `worker.ts`.

import type { KernelStage } from './kernels/stage.ts';
import type { WasmFunction } from './wasm/webassembly.ts';

/** Words of the block, then records of stages, then their arguments. */
const runWord = 0;
const countWord = 1;
const threadsWord = 2;
const scratchWord = 3;
const scratchBytesWord = 4;
const failedWord = 5;
const firstRecord = 16;
/**
 * Of a record: module, kernel, units, units of a chunk, where the arguments are and how many, chunks taken, units finished,
 * stages that must be over.
 */
const recordWords = 16;
const [unitsWord, takenWord, finishedWord, needsWord] = [2, 6, 7, 8];
const mostStages = 256;
const firstArgument = firstRecord + recordWords * mostStages;
const mostArguments = 2 ** 15;

/** A word of taken chunks: the lower half counts them, the upper half is that of the run. */
const mostChunks = 2 ** 16 - 1;
const tagOf = (run: number): number => (run & 0xffff) << 16;

/** How long a thread turns before it sleeps. */
const spinMs = 0.02;
/** A chunk of work, in nanoseconds: worth taking, and not so long that others wait for it. */
const shortestChunk = 20_000;
const longestChunk = 5_000_000;
const chunksPerThread = 32;
/** A thread that waits for a stage of a run looks this often whether the run is still on, and anybody at work. */
const lookMs = 50;

/** A stage with the position of its kernel among the exports of its module, and how many stages before it must be over. */
export interface CrewStage extends Pick<KernelStage, 'module' | 'units' | 'unitCost' | 'args'> {
  readonly kernel: number;
  readonly needs: number;
}

type FindKernel = (module: number, kernel: number) => WasmFunction;

type SixNumbers = [number, number, number, number, number, number];

/** Units of a chunk: several chunks for every thread, of at most 5 ms. */
function chunkOf({ units, unitCost }: CrewStage, threads: number): number {
  const cost = Math.min(Math.max((units * unitCost) / (threads * chunksPerThread), shortestChunk), longestChunk);
  return Math.min(units, Math.max(1, Math.floor(cost / Math.max(unitCost, 1e-3)), Math.ceil(units / mostChunks)));
}

export class Crew {
  readonly words: Int32Array;
  /** The stages whose records the block holds, and for how many threads. */
  #published: readonly [readonly CrewStage[], number] | undefined;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(4 * (firstArgument + mostArguments))) {
    this.words = new Int32Array(buffer);
  }

  /** Whether so many stages and arguments can be published at once. */
  static fits(stages: number, args: number): boolean {
    return stages <= mostStages && args <= mostArguments;
  }

  /** Writes down stages for `threads` threads, wakes them, and gives the number of the run. */
  publish(stages: readonly CrewStage[], threads: number, scratch: number, scratchBytes: number): number {
    const { words } = this;
    const run = (words[runWord]! + 1) | 0;
    // Whoever is still looking at the run before takes nothing from here on.
    stages.forEach((_, i) => Atomics.store(words, firstRecord + i * recordWords + takenWord, tagOf(run) | mostChunks));
    if (this.#published?.[0] !== stages || this.#published[1] !== threads) this.#write(stages, threads);
    stages.forEach((_, i) => Atomics.store(words, firstRecord + i * recordWords + finishedWord, 0));
    words.set([stages.length, threads, scratch, scratchBytes], countWord);
    stages.forEach((_, i) => Atomics.store(words, firstRecord + i * recordWords + takenWord, tagOf(run)));
    Atomics.store(words, runWord, run);
    Atomics.notify(words, runWord);
    return run;
  }

  #write(stages: readonly CrewStage[], threads: number): void {
    const { words } = this;
    let next = firstArgument;
    stages.forEach((stage, i) => {
      const at = firstRecord + i * recordWords;
      words.set(stage.args, next);
      // One by one, so that nobody sees them before the end of the run before.
      const record = [stage.module, stage.kernel, stage.units, chunkOf(stage, threads), next, stage.args.length];
      record.forEach((word, j) => Atomics.store(words, at + j, word));
      Atomics.store(words, at + needsWord, stage.needs);
      next += stage.args.length;
    });
    this.#published = [stages, threads];
  }

  /** Waits until a run other than `last` is published, and gives its number. */
  nextRun(last: number): number {
    const { words } = this;
    const isNew = (): boolean => Atomics.load(words, runWord) !== last;
    if (!spinUntil(isNew)) while (!isNew()) Atomics.wait(words, runWord, last);
    return Atomics.load(words, runWord);
  }

  /** Takes part in a run as one of its threads, to the end. */
  takePart(run: number, thread: number, find: FindKernel): void {
    if (thread >= this.words[threadsWord]!) return;
    let over = 0;
    for (let stage = 0; stage < this.words[countWord]!; stage++) {
      const needs = Atomics.load(this.words, firstRecord + stage * recordWords + needsWord);
      for (; over < needs; over++) if (!this.#awaitStage(run, over)) return;
      if (!this.work(run, stage, thread, find)) return;
    }
  }

  /** Does chunks of a stage until none is left; false when the run is over. */
  work(run: number, stage: number, thread: number, find: FindKernel): boolean {
    const { words } = this;
    const at = firstRecord + stage * recordWords;
    const [module, kernel, units, chunk, from, count] = Array.from(words.subarray(at, at + takenWord)) as SixNumbers;
    const args = Array.from(words.subarray(from, from + count));
    const scratch = words[scratchWord]! + thread * words[scratchBytesWord]!;
    const tag = tagOf(run);
    for (;;) {
      const taken = Atomics.load(words, at + takenWord);
      if ((taken & ~mostChunks) !== tag) return false;
      const first = (taken & mostChunks) * chunk;
      if (first >= units) return true;
      if (Atomics.compareExchange(words, at + takenWord, taken, taken + 1) !== taken) continue;
      const last = Math.min(units, first + chunk);
      try {
        find(module, kernel)(first, last, scratch, ...args);
      } catch (error) {
        Atomics.store(words, failedWord, 1);
        Atomics.notify(words, at + finishedWord);
        throw error;
      }
      const done = Atomics.add(words, at + finishedWord, last - first) + last - first;
      if (done === units) Atomics.notify(words, at + finishedWord);
    }
  }

  /** Waits, as the thread that published it, for a stage; false when nothing moves for so long, or when a kernel failed. */
  finish(stage: number, units: number, patienceMs: number): boolean {
    const { words } = this;
    const at = firstRecord + stage * recordWords + finishedWord;
    const isOver = (): boolean => Atomics.load(words, at) === units || this.hasFailed;
    if (!spinUntil(isOver)) {
      // Short waits, so that what was finished just before a thread died does not double the time.
      for (let last = -1, quietMs = 0; !isOver();) {
        const finished = Atomics.load(words, at);
        if (finished === units) break;
        quietMs = finished === last ? quietMs + lookMs : 0;
        if (quietMs >= patienceMs) return false;
        last = finished;
        Atomics.wait(words, at, finished, lookMs);
      }
    }
    return !this.hasFailed;
  }

  get hasFailed(): boolean {
    return Atomics.load(this.words, failedWord) !== 0;
  }

  /** False when the run is over before the stage is. */
  #awaitStage(run: number, stage: number): boolean {
    const { words } = this;
    const record = firstRecord + stage * recordWords;
    const units = words[record + unitsWord]!;
    const isOff = (): boolean => Atomics.load(words, runWord) !== run;
    const finished = (): number => Atomics.load(words, record + finishedWord);
    if (!spinUntil(() => finished() === units || isOff())) {
      for (let done = finished(); done !== units && !isOff(); done = finished()) {
        Atomics.wait(words, record + finishedWord, done, lookMs);
      }
    }
    return !isOff();
  }
}

/** Asks again and again for a short while; false when the answer stays no. */
function spinUntil(isSo: () => boolean): boolean {
  if (isSo()) return true;
  const end = performance.now() + spinMs;
  do {
    for (let i = 0; i < 50; i++) if (isSo()) return true;
  } while (performance.now() < end);
  return false;
}
