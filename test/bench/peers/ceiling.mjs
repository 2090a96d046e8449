// The ceiling of one thread or two, which takes its turns like an engine: a kernel that does nothing but multiply and add
// in registers runs on every thread for some milliseconds. `node ceiling.mjs THREADS BYTES FLOPS`: the module in base64,
// and what one round of its `run` computes. Answers with GFLOP/s.

import { createInterface } from 'node:readline';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

const [, , threads, bytes, flops] = isMainThread ? process.argv : ['', '', '1', ...workerData.kernel];
const { run } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(bytes, 'base64'))).exports;
const rounds = 2 ** 16;
const batch = (times) => {
  for (let i = 0; i < times; i++) run(rounds);
};

if (isMainThread) {
  const others = Number(threads) - 1;
  // Which turn it is, how many batches it takes, and how many threads are done with it.
  const words = new Int32Array(new SharedArrayBuffer(12));
  for (let i = 0; i < others; i++) new Worker(new URL(import.meta.url), { workerData: { words, kernel: [bytes, flops] } }).unref();
  const turn = (times) => {
    words[1] = times;
    words[2] = 0;
    Atomics.add(words, 0, 1);
    Atomics.notify(words, 0);
    batch(times);
    for (let done = Atomics.load(words, 2); done < others; done = Atomics.load(words, 2)) Atomics.wait(words, 2, done);
  };
  const timed = (times) => {
    const start = performance.now();
    turn(times);
    return performance.now() - start;
  };
  const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
  answer({ name: 'ceiling', version: '' });
  let times = 1;
  while (timed(times) < 5) times *= 2;
  const requests = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  while (!(await requests.next()).done) {
    // Threads that slept may wake on one core, and are spread only after a while.
    for (let spent = 0; spent < 60;) spent += timed(times);
    const ms = timed(4 * times);
    answer({ rate: (Number(flops) * rounds * 4 * times * Number(threads)) / ms / 1e6 });
  }
} else {
  const { words } = workerData;
  for (let seen = 0; ;) {
    Atomics.wait(words, 0, seen);
    seen = Atomics.load(words, 0);
    batch(words[1]);
    Atomics.add(words, 2, 1);
    Atomics.notify(words, 2);
  }
}
