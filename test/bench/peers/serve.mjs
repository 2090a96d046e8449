// One engine in one process: answers requests on standard input with one line of JSON each. `prepare` sets a workload
// up, runs it to warm up and answers with numbers of its result; `sample` warms up again for a moment and answers with the
// milliseconds of one call.

import { createInterface } from 'node:readline';
import { headOf, workloads } from './workloads.mjs';

/**
 * `engine.name` and `engine.version` say who answers; `engine[kind](workload)` gives `{ call, result }`: `call` does
 * the work to its end (a promise where the engine is asynchronous), `result` reads numbers of what the last call made.
 */
export async function serve(engine) {
  const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
  let ready;
  answer({ name: engine.name, version: engine.version, node: process.version });
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    try {
      if (request.prepare !== undefined) {
        const { prepare } = request;
        const workload = prepare.startsWith('head ') ? headOf(prepare.slice(5)) : workloads.find((w) => w.name === prepare);
        if (engine[workload.kind] === undefined) {
          answer({ missing: engine.missing?.[workload.kind] ?? 'not offered' });
          continue;
        }
        ready = { ...(await engine[workload.kind](workload, workload.inputs())), calls: workload.calls };
        await ready.call();
        const result = Array.from(await ready.result());
        const start = performance.now();
        await ready.call();
        const ms = performance.now() - start;
        // Short calls are made often enough for the host to compile what they run.
        for (let i = 0; i < Math.min(10 * ready.calls, 1000 / ms); i++) await ready.call();
        ready.before = ms > 1000 ? 0 : Math.min(20 * ready.calls, Math.ceil(60 / ms));
        answer({ result, ms });
      } else {
        // While others had their turn this process slept. Its threads may wake on one core, and are spread only after a while.
        for (let i = 0; i < ready.before; i++) await ready.call();
        const start = performance.now();
        for (let i = 0; i < ready.calls; i++) {
          // To wait for what is already there takes a tenth of a microsecond.
          const going = ready.call();
          if (going !== undefined) await going;
        }
        answer({ ms: (performance.now() - start) / ready.calls, peakMiB: process.resourceUsage().maxRSS / 1024 });
      }
    } catch (error) {
      answer({ missing: String(error?.message ?? error).split('\n')[0].slice(0, 100) });
    }
  }
}
