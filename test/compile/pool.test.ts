import { spawnSync } from 'node:child_process';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { PoolError } from '../../src/base/errors.ts';
import { type Code, type Local, Module } from '../../src/compile/wasm/assembler.ts';
import { productOf } from '../../src/compile/kernels/contract.ts';
import { memoryType, processMemory, Scratch } from '../../src/compile/wasm/memory.ts';
import { defaultThreads, Pool, processRunner, type StartWorker } from '../../src/compile/pool.ts';
import { planProduct } from '../../src/compile/kernels/product.ts';
import { productModule } from '../../src/compile/kernels/product-kernel.ts';
import type { KernelStage, RunOptions, Stage } from '../../src/compile/kernels/stage.ts';
import { i32s, move, times } from '../../src/compile/wasm/writing.ts';
import { runs } from '../values.ts';
import { bitsOf, randomArray, randomNumbers } from './kernels.ts';
import { deaths, kindWord, startBuilt, startDoomed, struckWord } from './threads.ts';

/**
 * Kernels of one argument after `scratch`, the address of words, one per unit: `sign` writes the thread's scratch
 * address, `bump` adds 1, `labour` does so after some 20 µs, `echo` copies one of the first 16 words, by turns,
 * 16 words behind its own;
 * `dawdle` is `labour` on this thread, whose scratch is the one in the word at address 8, and `bump` on workers; `fail`
 * touches what is not there and `hang` never ends on workers, both are `bump` on this thread; `meet` waits some seconds
 * for the word 16 words behind its own to change, and is `bump` if it does.
 */
function testModule(): Module {
  const module = new Module(memoryType);
  const kernel = (name: string, unit: (code: Code, at: Local, scratch: Local, words: Local) => void): void => {
    module.function(name, i32s(4), [], (code, first, last, scratch, words) => {
      const [at, n] = [code.local('i32'), code.local('i32')];
      code.get(words!).get(first!).i32(2).op('i32.shl').op('i32.add').set(at);
      code.get(last!).get(first!).op('i32.sub').set(n);
      times(code, n, () => {
        unit(code, at, scratch!, words!);
        move(code, at, 4);
      });
    });
  };
  const bump = (code: Code, at: Local): Code => code.get(at).get(at).memory('i32.load').i32(1).op('i32.add').memory('i32.store');
  const elsewhere = (code: Code, scratch: Local): Code => code.get(scratch).i32(8).memory('i32.load').op('i32.eq').op('i32.eqz');
  kernel('sign', (code, at, scratch) => code.get(at).get(scratch).memory('i32.store'));
  kernel('bump', bump);
  const labour = (code: Code): void => {
    const turns = code.local('i32');
    code.i32(20_000).set(turns);
    times(code, turns, () => {});
  };
  kernel('labour', (code, at) => {
    labour(code);
    bump(code, at);
  });
  kernel('dawdle', (code, at, scratch) => {
    elsewhere(code, scratch).if(() => {}, () => labour(code));
    bump(code, at);
  });
  kernel('echo', (code, at, _, words) => {
    code.get(at).get(at).get(words).op('i32.sub').i32(60).op('i32.and').get(words).op('i32.add').memory('i32.load').memory('i32.store', 64);
  });
  kernel('meet', (code, at) => {
    const turns = code.local('i32');
    code.i32(2 ** 30).set(turns);
    code.loop((again) => {
      code.get(turns).i32(1).op('i32.sub').tee(turns).op('i32.eqz').op('i32.eqz');
      code.get(at).memory('i32.load', 64).op('i32.eqz').op('i32.and').branchIf(again);
    });
    code.get(at).memory('i32.load', 64).if(() => bump(code, at));
  });
  kernel('fail', (code, at, scratch) => {
    elsewhere(code, scratch).if(() => code.i32(-16).i32(0).memory('i32.store'));
    bump(code, at);
  });
  kernel('hang', (code, at, scratch) => {
    elsewhere(code, scratch).if(() => code.loop((again) => code.i32(1).branchIf(again)));
    bump(code, at);
  });
  return module;
}

interface Options {
  readonly patienceMs?: number;
  readonly start?: (started: Worker[]) => StartWorker;
}

/** A pool over its own memory, with words to work on. */
function house({ start = startBuilt, ...options }: Options = {}) {
  const memory = new Scratch();
  const workers: Worker[] = [];
  const pool = new Pool(memory, { start: start(workers), ...options });
  const module = pool.load(testModule().bytes());
  const at = memory.hold(4 * 4096);
  const words = (): Int32Array => memory.words(at, 4096);
  // Where the scratch of this thread will be.
  memory.words(8, 1)[0] = memory.top;
  const stage = (kernel: string, units: number, unitCost = 1e6): KernelStage => ({ kind: 'kernel', module, kernel, units, unitCost, args: [at] });
  const run = (stages: readonly Stage[], threads: number, more: Partial<RunOptions> = {}): void =>
    pool.run(stages, { threads, scratchBytes: 64, writesResident: false, ...more });
  return { memory, pool, workers, words, stage, run };
}

const open: Pool[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(open.splice(0).map((pool) => pool.close()));
});

function opened(options?: Options): ReturnType<typeof house> {
  const made = house(options);
  open.push(made.pool);
  return made;
}

/** Runs a stage until some of its units were done by another thread. */
function untilShared({ stage, run, words }: ReturnType<typeof house>, threads: number): void {
  for (let others = 0; others < 1;) {
    run([stage('sign', 512, 1e6)], threads);
    others = new Set(words().subarray(0, 512)).size - 1;
  }
}

describe('a pool', () => {
  it('shares the units of a stage, each of them done once', () => {
    const made = opened();
    const { stage, run, words, pool, workers } = made;
    untilShared(made, 2);
    words().fill(0);
    for (let i = 0; i < 50; i++) run([stage('bump', 1000, 1e5), stage('bump', 4096, 1e5), stage('bump', 0), stage('bump', 1, 1e7)], 2);
    expect([...new Set(words().subarray(1, 1000))]).toEqual([100]);
    expect([...new Set(words().subarray(1000))]).toEqual([50]);
    expect(words()[0]).toBe(150);
    expect(workers.length).toBe(1);
    expect(pool.status).toBe('programs run on 2 threads');
  });

  it('runs stages in order, host stages between them, and more of them than fit at once', () => {
    const { stage, run, words } = opened();
    const seen: number[] = [];
    const look: Stage = { kind: 'host', run: () => seen.push(words()[77]!) };
    run([look, ...Array.from({ length: 600 }, (): Stage => stage('bump', 100, 1e4)), look, stage('bump', 100), look], 2);
    expect(seen).toEqual([0, 600, 601]);
  });

  it('begins no stage before the one before is over, on any thread', () => {
    const made = opened();
    const { stage, run, words } = made;
    untilShared(made, 2);
    for (let i = 0; i < 300; i++) {
      words().fill(0);
      run([stage('dawdle', 16), stage('echo', 200)], 2);
      expect([...new Set(words().subarray(0, 216))]).toEqual([1]);
    }
  });

  it('begins a stage as soon as those it needs are over, while others are still going on', () => {
    const made = opened();
    const { stage, run, words } = made;
    untilShared(made, 2);
    words().fill(0);
    const behind = stage('bump', 1);
    run([stage('meet', 1), { ...behind, args: [behind.args[0]! + 64], needs: 0 }, stage('bump', 1)], 2);
    expect([words()[0], words()[16]]).toEqual([2, 1]);
  });

  it('starts no worker for one thread, and none for work too small to share', () => {
    const { stage, run, words, workers, pool } = opened();
    run([stage('bump', 100)], 1);
    run([stage('bump', 100, 10)], 4);
    expect(words()[99]).toBe(2);
    expect(workers).toEqual([]);
    expect(pool.status).toBeUndefined();
  });

  it('loads and forgets modules on threads that are already there', () => {
    const made = opened();
    untilShared(made, 2);
    const { pool, memory, run, words } = made;
    words().fill(0);
    const module = pool.load(testModule().bytes());
    const at = memory.hold(4096);
    memory.words(at, 1000).fill(5);
    for (let i = 0; i < 20; i++) run([{ kind: 'kernel', module, kernel: 'bump', units: 1000, unitCost: 1e5, args: [at] }], 2);
    expect([...new Set(memory.words(at, 1000))]).toEqual([25]);
    pool.drop(module);
    run([made.stage('bump', 1000)], 2);
    expect([...new Set(words().subarray(0, 1000))]).toEqual([1]);
    untilShared(made, 2);
  });

  it('gives back the scratch of its threads', () => {
    const { memory, stage, run } = opened();
    const { top } = memory;
    run([stage('bump', 10)], 3, { scratchBytes: 1000 });
    expect(memory.top).toBe(top);
  });

  it('runs on one thread from sources, where no worker was built, and says so', () => {
    const memory = new Scratch();
    const pool = new Pool(memory);
    const module = pool.load(testModule().bytes());
    const at = memory.hold(400);
    memory.words(at, 100).fill(0);
    pool.run([{ kind: 'kernel', module, kernel: 'bump', units: 100, unitCost: 1e6, args: [at] }], { threads: 4, scratchBytes: 0, writesResident: true });
    expect([...new Set(memory.words(at, 100))]).toEqual([1]);
    expect(pool.status).toBe('programs run on one thread: the worker was not built (npm run build)');
  });

  it('is one per process, over the memory of the process, with as many threads as cores', () => {
    expect(processRunner()).toBe(processRunner());
    expect(processMemory()).toBe(processMemory());
    expect(defaultThreads()).toBeGreaterThanOrEqual(1);
    expect(defaultThreads()).toBeLessThanOrEqual(8);
  });

  describe('in a process of its own', () => {
    /** A product of ones on two threads, with the built package; `before` runs first. */
    const script = (before: string): string => {
      const entry = new URL('../../dist/index.js', import.meta.url).href;
      return `${before}
        const { compile, matmul, ones } = await import('${entry}');
        const product = compile((a, b) => matmul(a, b), { threads: 2 });
        let result;
        for (let i = 0; i < 30; i++) result = product(ones([300, 300]), ones([300, 300]));
        process.stdout.write(product.status().join(', ') + ', ' + result.data[89999]);`;
    };
    const outcome = (before: string): unknown[] => {
      const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script(before)], { encoding: 'utf8' });
      return [stderr, stdout, status];
    };

    it('does not keep it alive when it is idle', () => {
      expect(outcome('')).toEqual(['', 'programs run on 2 threads, 300', 0]);
    });

    it('is one thread without shared memory, without workers, and where workers are refused', () => {
      expect(outcome('delete globalThis.SharedArrayBuffer;')).toEqual(['', 'programs run on one thread: this host has no shared memory, 300', 0]);
      expect(outcome('process.getBuiltinModule = undefined;')).toEqual(['', 'programs run on one thread: this host has no worker threads, 300', 0]);
      const refuse = "process.getBuiltinModule('node:worker_threads').Worker = class { constructor() { throw new Error('not here'); } };";
      expect(outcome(refuse)).toEqual(['', 'programs run on one thread: this host starts no workers (Error: not here), 300', 0]);
    });
  });
});

describe('the bits of a product', () => {
  it('are the same for 1, 2, 3, 4 and 7 threads, twice each', () => {
    const { memory, pool } = opened();
    for (const [M, N, K] of [[150, 70, 600], [33, 500, 129]] as const) {
      const dense = (shape: readonly [number, number], buffer: number) => ({ buffer, offset: 0, shape, strides: [shape[1], 1] });
      const plan = planProduct(productOf(dense([M, K], 0), dense([K, N], 1), { batch: [], sum: [[1, 0]] }, 2));
      const [a, b, out, tables, panels] = [4 * M * K, 4 * K * N, 4 * M * N, plan.tableBytes, plan.panelBytes].map((bytes) => memory.hold(bytes)) as [number, number, number, number, number];
      memory.floats.set(randomArray(M * K, 1), a / 4);
      memory.floats.set(randomArray(K * N, 2), b / 4);
      plan.writeTables(memory.words(tables, plan.tableBytes / 4), tables);
      const stages = plan.stages(pool.load(productModule(plan.module).bytes()), { address: (buffer) => [a, b, out][buffer]!, tables, panels });
      const results = [1, 1, 2, 2, 3, 3, 4, 4, 7, 7].map((threads) => {
        memory.floats.fill(NaN, out / 4, out / 4 + M * N);
        pool.run(stages, { threads, scratchBytes: plan.scratchBytes, writesResident: false });
        return bitsOf(memory.floats.slice(out / 4, out / 4 + M * N));
      });
      for (const result of results) expect(result).toEqual(results[0]);
    }
  });
});

describe('a worker that dies', () => {
  // With a chunk in its hands, by itself or while it waits for its end; ended from outside, wherever it is; by a trap.
  const kinds = ['throw', 'exit', 'hang', 'wait', 'ended', 'trap'] as const;
  const rarer = process.env['RUNS'] === undefined ? [] : ['memory'] as const;

  it('law: in any way leaves the right result or a PoolError within two seconds, the next run is right, and no thread is left', async () => {
    const ends: Promise<unknown>[] = [];
    const made = opened({
      start: (started) => {
        const start = startDoomed(started);
        return (data) => {
          const worker = start(data);
          ends.push(new Promise((resolve) => worker.once('exit', resolve)));
          return worker;
        };
      },
    });
    const { memory, pool, stage, run, words, workers } = made;
    const signs = memory.words(0, 8);
    const next = randomNumbers(4);
    const attempt = (kernel: string, writesResident: boolean): unknown => {
      words().fill(0);
      try {
        run(Array.from({ length: 4 }, () => stage(kernel, 128, 2e4)), 3, { writesResident, restart: () => void words().fill(0) });
        return [...new Set(words().subarray(0, 128))];
      } catch (error) {
        return error;
      }
    };
    const all = [...kinds, ...rarer];
    const count = Math.max(all.length, Math.ceil(runs.numRuns / 10));
    for (let death = 0; death < count; death++) {
      const kind = all[death % all.length]!;
      for (let isDead = false; !isDead;) {
        untilShared(made, 3);
        let waitedMs = 0;
        let ended: Promise<number> | undefined;
        const end = (thread: number): void => {
          Atomics.store(signs, struckWord, thread);
          ended ??= workers.at(thread - 3)!.terminate();
        };
        // Time runs ten times as fast for this thread, and only what it waits after the death is counted.
        const wait = Atomics.wait.bind(Atomics);
        const waits = vi.spyOn(Atomics, 'wait').mockImplementation(((array: Int32Array, at: number, value: number, ms: number) => {
          const result = wait(array, at, value, ms / 10);
          if (kind === 'wait' && signs[struckWord] !== 0) end(signs[struckWord]!);
          if (result === 'timed-out' && Atomics.load(signs, struckWord) !== 0) waitedMs += ms;
          return result;
        }) as typeof Atomics.wait);
        const exchange = Atomics.compareExchange.bind(Atomics);
        let left = 1 + Math.floor(20 * next());
        const takes = vi.spyOn(Atomics, 'compareExchange').mockImplementation(((...args: Parameters<typeof exchange>) => {
          if (kind === 'ended' && --left === 0) end(1 + (death % 2));
          return exchange(...args);
        }) as typeof Atomics.compareExchange);
        signs.set([Math.max(0, deaths.indexOf(kind as 'wait')), left, 0], kindWord);
        const writesResident = next() < 0.5;
        const result = attempt(kind === 'trap' ? 'fail' : 'labour', writesResident);
        takes.mockRestore();
        waits.mockRestore();
        isDead = kind === 'trap' ? result instanceof PoolError : signs[struckWord] !== 0;
        signs.fill(0, kindWord, struckWord + 1);
        await ended;
        if (!(result instanceof PoolError && (writesResident || kind === 'trap'))) expect(result, kind).toEqual([4]);
        expect(waitedMs, kind).toBeLessThan(2000);
        expect(attempt('labour', false), kind).toEqual([4]);
      }
    }
    await pool.close();
    expect(workers.length).toBeGreaterThanOrEqual(2 * count);
    await Promise.all(ends);
  });

  it('in the middle of a chunk has the run done again from its start', () => {
    const made = opened({ patienceMs: 300 });
    const { stage, run, words, workers } = made;
    untilShared(made, 2);
    words().fill(0);
    let restarts = 0;
    const log: string[] = [];
    const host: Stage = { kind: 'host', run: () => log.push('host') };
    for (let i = 0; restarts === 0; i++) {
      words().fill(0);
      log.length = 0;
      run([stage('bump', 512), host, stage('hang', 512)], 2, { restart: () => { restarts++; words().fill(0); } });
      expect([...new Set(words().subarray(0, 512))]).toEqual([2]);
    }
    expect(restarts).toBe(1);
    expect(log).toEqual(['host', 'host']);
    run([stage('bump', 512)], 2);
    expect([...new Set(words().subarray(0, 512))]).toEqual([3]);
    untilShared(made, 2);
    expect(workers.length).toBeGreaterThanOrEqual(2);
  });

  it('in a run that writes resident bytes, or that cannot be put back, is a PoolError', () => {
    for (const options of [{ writesResident: true, restart: () => expect.unreachable() }, { writesResident: false }]) {
      const made = opened({ patienceMs: 300 });
      const { stage, run, words } = made;
      untilShared(made, 2);
      expect(() => {
        for (;;) run([stage('hang', 512)], 2, options);
      }).toThrow(new PoolError('a thread stopped answering in the middle of a run. What the run had changed is lost. Start again from the last checkpoint.'));
      words().fill(0);
      run([stage('bump', 512)], 2);
      expect([...new Set(words().subarray(0, 512))]).toEqual([1]);
    }
  });

  it('by a kernel that reaches outside the memory is an error at once', () => {
    const made = opened();
    const { stage, run, words } = made;
    untilShared(made, 2);
    expect(() => {
      for (;;) run([stage('fail', 512)], 2);
    }).toThrow(new PoolError('a kernel failed on a worker. Kernels stay inside the memory. Report the program.'));
    words().fill(0);
    run([stage('bump', 512)], 2);
    expect([...new Set(words().subarray(0, 512))]).toEqual([1]);
  });
});
