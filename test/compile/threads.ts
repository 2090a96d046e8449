// What tests of threads share: workers are the built ones, because Node 20 starts no TypeScript.

import { Worker } from 'node:worker_threads';
import type { StartWorker } from '../../src/compile/pool.ts';

const built = new URL('../../dist/compile/worker.js', import.meta.url);

/** Starts built workers and remembers them. */
export function startBuilt(started: Worker[] = []): StartWorker {
  return (data) => {
    const worker = new Worker(built, { workerData: data, transferList: [data.port], execArgv: [] });
    started.push(worker);
    return worker;
  };
}
