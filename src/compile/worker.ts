// A thread of the pool: sleeps until a run is published, takes part in it, and sleeps again. It never returns to its
// event loop, so what it is told (modules to load and to forget) is read from its port before every run.

import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { Crew } from './crew.ts';
import { mapImports } from './kernels/map-kernel.ts';
import type { WorkerData, WorkerMessage } from './pool.ts';
import { linkModule, type WasmFunction } from './wasm/webassembly.ts';

const { memory, crew: buffer, thread, port, modules } = workerData as WorkerData;
const crew = new Crew(buffer);
const kernels = new Map<number, WasmFunction[]>();
const load = (number: number, module: object): void => {
  kernels.set(number, Object.values(linkModule(module, { ...mapImports, memory })));
};
for (const [number, module] of modules) load(number, module);

for (let run = 0; ;) {
  run = crew.nextRun(run);
  for (let told = receiveMessageOnPort(port); told !== undefined; told = receiveMessageOnPort(port)) {
    const what = told.message as WorkerMessage;
    if ('load' in what) load(what.load, what.module);
    else kernels.delete(what.drop);
  }
  crew.takePart(run, thread, (module, kernel) => kernels.get(module)![kernel]!);
}
