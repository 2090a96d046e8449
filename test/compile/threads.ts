// What tests of threads share: workers are the built ones, because Node 20 starts no TypeScript.

import { Worker } from 'node:worker_threads';
import type { StartWorker } from '../../src/compile/pool.ts';

const built = new URL('../../dist/compile/worker.js', import.meta.url);

/** Words of the memory, from byte 12 on: how a worker is to die, after how many chunks it has taken, and who did. */
export const [kindWord, struckWord] = [3, 5] as const;
const leftWord = 4;
/** `wait` is for ever, and for somebody else to end it; the other deaths are the worker's own. */
export const deaths = ['', 'wait', 'throw', 'exit', 'hang', 'memory'] as const;

/** Starts built workers that die as the words of the memory say, with a chunk in their hands, and remembers them. */
export function startDoomed(started: Worker[]): StartWorker {
  const code = `
    const { workerData } = require('node:worker_threads');
    const words = new Int32Array(workerData.memory.buffer, 0, 8);
    const strike = {
      wait: () => Atomics.wait(words, 7, 0),
      throw: () => { throw new Error('on purpose'); },
      exit: () => process.exit(3),
      hang: () => { for (;;); },
      memory: () => { for (const all = []; ;) all.push(new Array(1e5).fill(Math.E)); },
    };
    const exchange = Atomics.compareExchange;
    Atomics.compareExchange = (...args) => {
      const found = exchange(...args);
      const kind = ${JSON.stringify(deaths)}[Atomics.load(words, ${kindWord})];
      if (found === args[2] && kind !== '' && Atomics.sub(words, ${leftWord}, 1) === 1) {
        Atomics.store(words, ${struckWord}, workerData.thread);
        strike[kind]();
      }
      return found;
    };
    import(${JSON.stringify(built.href)});`;
  return (data) => {
    const resourceLimits = { maxOldGenerationSizeMb: 64 };
    const worker = new Worker(code, { eval: true, workerData: data, transferList: [data.port], execArgv: [], resourceLimits });
    started.push(worker);
    return worker;
  };
}

/** Starts built workers and remembers them. */
export function startBuilt(started: Worker[] = []): StartWorker {
  return (data) => {
    const worker = new Worker(built, { workerData: data, transferList: [data.port], execArgv: [] });
    started.push(worker);
    return worker;
  };
}
